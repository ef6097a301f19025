package scan

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/assayhq/assay/scan/object"
)

// Staged is the source of what the next commit would bring: the index's entries
// that differ from HEAD, all of them on an unborn branch. The working copy is not
// looked at.
type Staged struct {
	repo    *Repository
	index   *gitIndex
	entries []stagedEntry
	gaps    []error

	exclude  func(path string, folder bool) bool
	excluded int
}

// A stagedEntry is a file that the next commit brings.
type stagedEntry struct {
	path string
	id   object.ID
}

// maxIndex bounds an index file: some ten million entries.
const maxIndex = 1 << 30

// Staged returns what is staged as a source. GIT_INDEX_FILE, taken from getenv,
// says where the index lies if Git put it elsewhere for a hook. exclude, which
// may be nil, says which paths the user leaves out.
func (r *Repository) Staged(getenv func(string) string, exclude func(path string, folder bool) bool) (*Staged, error) {
	file := getenv("GIT_INDEX_FILE")
	if file == "" {
		file = filepath.Join(r.gitDir, "index")
	} else if !filepath.IsAbs(file) {
		file = filepath.Join(r.Worktree, file)
	}
	idx, err := readIndex(file, r.store.HashSize())
	if err != nil {
		return nil, fmt.Errorf("index %s: %w", filepath.Base(file), err)
	}
	s := &Staged{repo: r, index: idx, exclude: exclude}
	s.compare(idx.entries, idx.cached, s.headTree(), "", 0)
	return s, nil
}

// headTree returns the tree that HEAD holds, zero on an unborn branch. If it
// cannot be read everything counts as staged.
func (s *Staged) headTree() object.ID {
	if s.repo.head.IsZero() {
		return object.ID{}
	}
	c, err := s.repo.readCommit(s.repo.head)
	if err != nil {
		s.gaps = append(s.gaps, &Gap{Subject: "HEAD", Err: err})
	}
	return c.Tree
}

func readIndex(file string, hashSize int) (*gitIndex, error) {
	info, err := os.Stat(file)
	if errors.Is(err, os.ErrNotExist) {
		return &gitIndex{}, nil // nothing was ever added
	}
	if err != nil {
		return nil, plain(err)
	}
	if !info.Mode().IsRegular() || info.Size() > maxIndex {
		return nil, errNotRegular
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, plain(err)
	}
	return parseIndex(data, hashSize)
}

// compare finds what the entries of a folder bring that the tree head does not
// have. Where the index remembers the folder's tree, that is what Git would
// commit, and the two trees are compared; where it is the same tree, nothing has
// to be read at all.
func (s *Staged) compare(entries []indexEntry, cached *cachedTree, head object.ID, folder string, depth int) {
	if len(entries) == 0 || depth > maxDepth {
		return
	}
	if cached != nil && !cached.id.IsZero() && s.compareTrees(cached.id, head, folder) {
		return
	}
	committed := s.children(head)
	for len(entries) > 0 {
		e := entries[0]
		name, _, deeper := strings.Cut(s.index.path(e)[len(folder):], "/")
		if !deeper || s.index.mode(e)&modeMask == modeFolder {
			entries = entries[1:]
			s.compareEntry(e, strings.TrimSuffix(name, "/"), committed, folder)
			continue
		}
		n := s.index.below(entries, folder+name+"/")
		inside := entries[:n]
		entries = entries[n:]
		s.compare(inside, cached.child(name), committed[name], folder+name+"/", depth+1)
	}
}

// compareEntry decides about one entry: a file, or a folder of a sparse index.
func (s *Staged) compareEntry(e indexEntry, name string, committed map[string]object.ID, folder string) {
	id, mode := s.index.id(e), s.index.mode(e)&modeMask
	switch {
	case committed[name] == id, mode == modeGitlink:
	case mode == modeFolder:
		if !s.compareTrees(id, committed[name], folder+name+"/") {
			s.gaps = append(s.gaps, &Gap{Subject: s.index.path(e), Err: fmt.Errorf("tree %s cannot be read", id)})
		}
	default:
		s.add(stagedEntry{s.index.path(e), id})
	}
}

func (s *Staged) add(e stagedEntry) {
	if s.exclude != nil && s.exclude(e.path, false) {
		s.excluded++
		return
	}
	s.entries = append(s.entries, e)
}

// compareTrees adds the files of the tree now that the tree head does not have.
// It reports false if now cannot be read.
func (s *Staged) compareTrees(now, head object.ID, folder string) bool {
	if now == head {
		return true
	}
	if kind, _, err := s.repo.store.Read(now); err != nil || kind != object.Tree {
		return false
	}
	t := newTrees()
	t.store, t.all = s.repo.store, true
	from := noTree
	if !head.IsZero() {
		from = t.tree(head)
	}
	var changed []stagedEntry
	t.diff(from, t.tree(now), func(path []byte, _, blob uint32) {
		if blob != noTree {
			changed = append(changed, stagedEntry{folder + string(path), t.blobID[blob]})
		}
	})
	slices.SortFunc(changed, func(a, b stagedEntry) int { return strings.Compare(a.path, b.path) })
	for _, e := range changed {
		s.add(e)
	}
	s.gaps = append(s.gaps, t.gaps...)
	return true
}

// children returns the entries of a tree by name; a tree that cannot be read is
// a gap, and everything staged counts as new.
func (s *Staged) children(tree object.ID) map[string]object.ID {
	all := map[string]object.ID{}
	if tree.IsZero() {
		return all
	}
	kind, data, err := s.repo.store.Read(tree)
	if err != nil || kind != object.Tree {
		// Nothing is missed: what HEAD holds there is examined once more.
		return all
	}
	for e, err := range object.ParseTree(data, tree.Size()) {
		if err != nil {
			break
		}
		all[string(e.Name)] = e.ID
	}
	return all
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
				if !s.repo.object(e.path, Blob{Path: e.path, ID: e.id}, yield) {
					return
				}
			}
		}
	}
}

// Skipped implements Counter.
func (s *Staged) Skipped() (int, map[string]int) { return s.excluded, nil }
