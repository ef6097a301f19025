package object

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Git may pack a store anew while it is read. The packs that were open stay readable,
// for they are open; but what lay loose when they were listed may lie in a new pack
// when loose objects are listed, and a file that was listed may be gone. So packs are
// looked for again: where one vanished before it could be opened, after loose objects
// were listed, and where an object is not found.

// maxListings bounds how often the packs of a store are listed: in a store that lacks
// objects, as a partial clone does, each of these would have them listed again.
const maxListings = 64

// addPacks opens the packs of a directory that are not known, in the order of their
// names, and once more where some vanished meanwhile.
func (s *Store) addPacks(dir string) []*pack {
	s.packing.Lock()
	defer s.packing.Unlock()
	return s.addPacksLocked(dir)
}

func (s *Store) addPacksLocked(dir string) (added []*pack) {
	for s.listings++; ; s.listings++ {
		entries, err := readDir(dir)
		if err != nil {
			if !errors.Is(err, os.ErrNotExist) && !s.known[dir] {
				s.known[dir] = true
				s.problem(dir, err)
			}
			return added
		}
		found, gone := s.openPacks(dir, entries)
		added = append(added, found...)
		if len(gone) == 0 || s.listings >= maxListings {
			s.tell(gone)
			return added
		}
	}
}

// openPacks opens what entries of a directory are not known yet. gone are the
// problems with files that vanished before they were opened.
func (s *Store) openPacks(dir string, entries []os.DirEntry) (found []*pack, gone []Problem) {
	names := make(map[string]bool, len(entries))
	for _, e := range entries {
		names[e.Name()] = true
	}
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		if s.known[path] {
			continue
		}
		s.known[path] = true
		switch ext := filepath.Ext(path); {
		case ext == ".idx":
			if !names[strings.TrimSuffix(e.Name(), ".idx")+".pack"] {
				s.problem(path, fmt.Errorf("the pack of this index is missing"))
			}
		case strings.HasPrefix(e.Name(), leftoverPack) && s.opts.LookUp:
		case ext == ".pack" || strings.HasPrefix(e.Name(), leftoverPack):
			p, problems := openPack(path, s.opts)
			if p == nil && len(problems) > 0 && errors.Is(problems[0].Err, os.ErrNotExist) {
				gone = append(gone, problems...)
				continue
			}
			s.tell(problems)
			if p != nil {
				found = append(found, p)
			}
		case ext == ".promisor":
			s.missing(path, "")
		}
	}
	return found, gone
}

// list lists loose objects, and the packs into which some may have gone since the
// store was opened. It is called before objects are visited, and by one goroutine.
func (s *Store) list() {
	s.listed.Do(s.listLoose)
	s.caughtUp.Do(func() {
		s.packing.Lock()
		late := s.late
		s.late = nil
		s.packing.Unlock()
		for _, dir := range s.dirs {
			late = append(late, s.addPacks(filepath.Join(dir, "pack"))...)
		}
		if len(late) == 0 {
			return
		}
		s.packs = append(s.packs, late...)
		s.rescueAll()
		s.dropPacked()
	})
}

// dropPacked forgets loose objects that are packed as well.
func (s *Store) dropPacked() {
	s.loose = slices.DeleteFunc(s.loose, func(l looseObject) bool {
		return slices.ContainsFunc(s.packs, func(p *pack) bool {
			_, ok := p.lookup(l.id)
			return ok
		})
	})
}

// latePacks returns packs that came after the store was opened and that no unit is
// of. It is asked where an object is in no other place.
func (s *Store) latePacks() []*pack {
	s.packing.Lock()
	defer s.packing.Unlock()
	for _, dir := range s.dirs {
		if s.listings < maxListings {
			s.late = append(s.late, s.addPacksLocked(filepath.Join(dir, "pack"))...)
		}
	}
	return s.late
}
