package scan

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"slices"

	"github.com/go-git/go-git/v5/plumbing/filemode"
	"github.com/go-git/go-git/v5/plumbing/format/index"

	"github.com/assayhq/assay/scan/object"
)

// Staged is the source of what the next commit would bring: the index's entries
// that differ from HEAD, all of them on an unborn branch. The working copy is not
// looked at.
type Staged struct {
	repo    *Repository
	entries []stagedEntry
	gaps    []error

	exclude  func(path string, folder bool) bool
	excluded int
}

type stagedEntry struct {
	path string
	id   object.ID
}

// OpenStaged opens the repository that holds path for a staged scan, as a hook
// finds it: GIT_DIR, GIT_WORK_TREE and GIT_INDEX_FILE, taken from getenv, say
// where the parts lie.
func (r *Repository) Staged(getenv func(string) string, exclude func(path string, folder bool) bool) (*Staged, error) {
	file := getenv("GIT_INDEX_FILE")
	if file == "" {
		file = filepath.Join(r.gitDir, "index")
	} else if !filepath.IsAbs(file) {
		file = filepath.Join(r.Worktree, file)
	}
	entries, err := readIndex(file)
	if err != nil {
		return nil, fmt.Errorf("index %s: %w", filepath.Base(file), err)
	}
	s := &Staged{repo: r, exclude: exclude}
	committed, err := s.committed()
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		if committed[e.path] == e.id {
			continue
		}
		if exclude != nil && exclude(e.path, false) {
			s.excluded++
			continue
		}
		s.entries = append(s.entries, e)
	}
	return s, nil
}

// readIndex returns the entries that a commit would hold, sorted by path. A file
// that git add --intent-to-add announced has no content yet.
func readIndex(file string) (entries []stagedEntry, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = errors.New("damaged: the decoder gave up")
		}
	}()
	f, err := os.Open(file)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil // nothing was ever added
	}
	if err != nil {
		return nil, plain(err)
	}
	defer f.Close()
	var idx index.Index
	if err := index.NewDecoder(io.Reader(f)).Decode(&idx); err != nil {
		return nil, err
	}
	for _, e := range idx.Entries {
		if e.IntentToAdd || e.Mode == filemode.Submodule {
			continue
		}
		id, err := object.ParseID(e.Hash.String())
		if err != nil {
			return nil, err
		}
		entries = append(entries, stagedEntry{path: e.Name, id: id})
	}
	slices.SortFunc(entries, func(a, b stagedEntry) int { return compareNames(a.path, b.path) })
	return entries, nil
}

// committed returns the blobs of HEAD by path.
func (s *Staged) committed() (map[string]object.ID, error) {
	all := map[string]object.ID{}
	if s.repo.head.IsZero() {
		return all, nil
	}
	c, err := s.repo.readCommit(s.repo.head)
	if err != nil {
		return nil, err
	}
	t := newTrees()
	t.store, t.all = s.repo.store, true
	t.diff(noTree, t.tree(c.Tree), func(path []byte, _, blob uint32) { all[string(path)] = t.blobID[blob] })
	s.gaps = t.gaps
	return all, nil
}

// Units implements Source.
func (s *Staged) Units(context.Context) iter.Seq2[Unit, error] {
	return func(yield func(Unit, error) bool) {
		for _, g := range s.gaps {
			if !yield(nil, g) {
				return
			}
		}
		for part := range slices.Chunk(s.entries, rangeBatch) {
			if !yield(s.unit(part), nil) {
				return
			}
		}
	}
}

func (s *Staged) unit(entries []stagedEntry) Unit {
	return func() iter.Seq2[Blob, error] {
		return func(yield func(Blob, error) bool) {
			for _, e := range entries {
				_, data, err := s.repo.store.Read(e.id)
				if err != nil {
					if !yield(Blob{}, &Gap{Subject: e.path, Err: fmt.Errorf("object %s: %w", e.id, cause(err))}) {
						return
					}
					continue
				}
				if !yield(Blob{Path: e.path, ID: e.id, Type: object.Blob, Content: data}, nil) {
					return
				}
			}
		}
	}
}

// Skipped implements Counter.
func (s *Staged) Skipped() (int, map[string]int) { return s.excluded, nil }
