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
// that differ from HEAD, all of them on an unborn branch, and while a merge is
// concluded those that differ from all its parents. The working copy is not looked
// at. A credential that a parent has at the same path is not reported.
type Staged struct {
	repo    *Repository
	entries []stagedEntry
	gaps    []error

	excluded int
}

// A stagedEntry is a file that the next commit brings.
type stagedEntry struct {
	path   string
	id     object.ID
	before []object.ID // what the parents have at the path
}

// StagedOptions say which index is meant and what of it counts.
type StagedOptions struct {
	// Getenv tells the variables that Git sets for a hook: GIT_INDEX_FILE says where
	// the index lies if Git put it elsewhere. nil: there are none.
	Getenv func(string) string
	// Merged are the ids of commits that the next commit merges, beside those that
	// MERGE_HEAD names: Git writes that file after the hook pre-merge-commit.
	Merged []string
	// Exclude, which may be nil, says which paths the user leaves out.
	Exclude func(path string, folder bool) bool
	// Fresh, which may be nil, is told the path of every file that is staged and
	// that no parent has.
	Fresh func(path string)
}

// Staged returns what is staged as a source.
func (r *Repository) Staged(o StagedOptions) (*Staged, error) {
	file := filepath.Join(r.gitDir, "index")
	if o.Getenv != nil && o.Getenv("GIT_INDEX_FILE") != "" {
		if file = o.Getenv("GIT_INDEX_FILE"); !filepath.IsAbs(file) {
			file = filepath.Join(r.Worktree, file)
		}
	}
	s := &Staged{repo: r}
	var found []stagedEntry
	f, err := openIndex(file)
	if err == nil {
		defer f.Close()
		err = object.Mapped(f, func(data []byte) (err error) {
			found, err = s.compareIndex(data, r.merging(o.Merged))
			return err
		})
	}
	if err != nil && !errors.Is(err, os.ErrNotExist) { // without the file nothing was ever added
		return nil, fmt.Errorf("index %s: %w", filepath.Base(file), plain(err))
	}
	for _, e := range found {
		if o.Exclude != nil && o.Exclude(e.path, false) {
			s.excluded++
			continue
		}
		s.entries = append(s.entries, e)
		if o.Fresh != nil && len(e.before) == 0 {
			o.Fresh(e.path)
		}
	}
	return s, nil
}

// compareIndex finds what the index with these bytes adds to HEAD and to the commits
// that are merged. Its checksum is not computed, which would take as long as all the
// rest: Git does not do so either before it commits, so that what is read here is
// what the commit will hold.
func (s *Staged) compareIndex(data []byte, merged []object.ID) ([]stagedEntry, error) {
	x, err := parseIndex(data, s.repo.store.HashSize())
	if err != nil {
		return nil, err
	}
	if s.repo.head.IsZero() && s.repo.lostHead != nil {
		s.gaps = append(s.gaps, s.repo.lostHead)
	}
	found := s.against(x, s.treeOf("HEAD", s.repo.head))
	for _, id := range merged {
		found = inBoth(found, s.against(x, s.treeOf("MERGE_HEAD", id)))
	}
	return found, nil
}

// merging returns the commits that the next commit merges into HEAD: those named,
// and those in MERGE_HEAD.
func (r *Repository) merging(named []string) (ids []object.ID) {
	text, _ := readSmall(filepath.Join(r.gitDir, "MERGE_HEAD")) // without it more is examined
	for _, line := range append(strings.Fields(text), named...) {
		if id, err := object.ParseID(line); err == nil && id != r.head && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	return ids
}

// treeOf returns the tree of a commit, zero on an unborn branch. If it cannot be
// read everything counts as staged.
func (s *Staged) treeOf(name string, commit object.ID) object.ID {
	if commit.IsZero() {
		return object.ID{}
	}
	c, err := s.repo.readCommit(commit)
	if err != nil {
		s.gaps = append(s.gaps, &Gap{Subject: name, Err: err})
	}
	return c.Tree
}

// against returns what the index brings that the tree of a commit does not have.
func (s *Staged) against(x *gitIndex, tree object.ID) []stagedEntry {
	c := &comparison{Staged: s, index: x}
	if n, ok := c.remembered(x.entries, x.cached, tree, ""); !ok || n < len(x.entries) {
		c.compare(x.entries, x.cached, tree, "", 0)
	}
	return c.found
}

// inBoth returns the entries that stand in both lists, with what both say was there
// before.
func inBoth(a, b []stagedEntry) (both []stagedEntry) {
	at := map[string]stagedEntry{}
	for _, e := range b {
		at[e.path] = e
	}
	for _, e := range a {
		if other, ok := at[e.path]; ok && other.id == e.id {
			e.before = slices.Concat(e.before, other.before)
			both = append(both, e)
		}
	}
	return both
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

// Before implements Reviser.
func (s *Staged) Before(wanted func(path string) bool) Source {
	var older []stagedEntry
	for _, e := range s.entries {
		if len(e.before) > 0 && wanted(e.path) {
			for _, id := range e.before {
				older = append(older, stagedEntry{path: e.path, id: id})
			}
		}
	}
	return &Staged{repo: s.repo, entries: older}
}
