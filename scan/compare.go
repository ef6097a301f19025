package scan

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/assayhq/assay/scan/object"
)

// A comparison of the index with the trees of a commit: HEAD, or one that is merged.
// Both are sorted in the same way, so that one pass over the two suffices. Where the index remembers the tree
// of a folder, that is what Git would commit: two ids are compared, and neither
// the folder's entries nor the trees below it are looked at.
type comparison struct {
	*Staged
	index *gitIndex
	found []stagedEntry // sorted as the index is, by path
}

// compare finds what entries bring, all of which lie in folder, that the tree head
// does not have. cached is what the index remembers of the folder.
func (c *comparison) compare(entries []indexEntry, cached *cachedTree, head object.ID, folder string, depth int) {
	if depth > maxDepth { // deeper than any commit may be; nothing must be missed
		for _, e := range entries {
			c.compareEntry(e, object.ID{})
		}
		return
	}
	committed := c.tree(head)
	for len(entries) > 0 {
		e := entries[0]
		name, below, deeper := bytes.Cut(c.index.path(e)[len(folder):], slash)
		if !deeper || len(below) == 0 {
			c.compareEntry(e, committed.find(name, deeper))
			entries = entries[1:]
			continue
		}
		sub, tree, path := cached.child(name), committed.find(name, true), folder+string(name)+"/"
		n, ok := c.remembered(entries, sub, tree, path)
		if !ok {
			n = c.index.below(entries, path)
			c.compare(entries[:n], sub, tree, path, depth+1)
		}
		entries = entries[n:]
	}
}

var slash = []byte{'/'}

// remembered compares a folder by the tree that the index remembers for it, and
// returns how many of entries, the first of which lies in it, that is about.
func (c *comparison) remembered(entries []indexEntry, cached *cachedTree, head object.ID, folder string) (n int, ok bool) {
	if cached == nil || cached.id.IsZero() || !c.index.spans(entries, cached.entries, folder) {
		return 0, false
	}
	return cached.entries, c.compareTrees(cached.id, head, folder)
}

// compareEntry decides about one entry: a file, or a folder of a sparse index.
func (c *comparison) compareEntry(e indexEntry, committed object.ID) {
	id, mode, path := c.index.id(e), c.index.mode(e)&modeMask, string(c.index.path(e))
	switch {
	case committed == id, mode == modeGitlink:
	case mode != modeFolder:
		c.add(path, id, committed)
	case !c.compareTrees(id, committed, path):
		c.gaps = append(c.gaps, &Gap{Subject: path, Err: fmt.Errorf("tree %s cannot be read", id)})
	}
}

// add notes that the index has an object at a path where the commit has another one,
// or none.
func (c *comparison) add(path string, id, committed object.ID) {
	e := stagedEntry{path: path, id: id}
	if !committed.IsZero() {
		e.before = []object.ID{committed}
	}
	c.found = append(c.found, e)
}

// compareTrees adds the files of the tree now that the tree head does not have.
// It reports false if now cannot be read.
func (c *comparison) compareTrees(now, head object.ID, folder string) bool {
	if now == head {
		return true
	}
	if kind, _, err := c.repo.store.Read(now); err != nil || kind != object.Tree {
		return false
	}
	t := newTrees()
	t.store, t.all = c.repo.store, true
	from := noTree
	if !head.IsZero() {
		from = t.tree(head)
	}
	var changed []stagedEntry
	t.diff(from, t.tree(now), func(path []byte, old, blob uint32) {
		if blob == noTree {
			return
		}
		e := stagedEntry{path: folder + string(path), id: t.blobID[blob]}
		if old != noTree {
			e.before = []object.ID{t.blobID[old]}
		}
		changed = append(changed, e)
	})
	slices.SortFunc(changed, func(a, b stagedEntry) int { return strings.Compare(a.path, b.path) })
	c.found = append(c.found, changed...)
	c.gaps = append(c.gaps, t.gaps...)
	return true
}

// A treeCursor goes through the entries of a tree. Where the tree cannot be read,
// or is not sorted, less is found in it than there is: then what HEAD holds is
// examined once more, and nothing is missed.
type treeCursor struct {
	rest     []byte // from the current entry on
	hashSize int
}

func (c *comparison) tree(id object.ID) *treeCursor {
	if id.IsZero() {
		return &treeCursor{}
	}
	kind, data, err := c.repo.store.Read(id)
	if err == nil && kind != object.Tree {
		err = errNoTree
	}
	if err != nil {
		c.gaps = append(c.gaps, &Gap{Subject: "tree " + id.String(), Err: cause(err)})
		return &treeCursor{}
	}
	return &treeCursor{data, id.Size()}
}

// find returns the object that the tree has for a name, zero if it has none. Names
// must be asked for in the order of trees.
func (t *treeCursor) find(name []byte, folder bool) object.ID {
	for len(t.rest) > 0 {
		e, n, err := object.ParseTreeEntry(t.rest, t.hashSize)
		if err != nil {
			t.rest = nil
			break
		}
		switch order := compareNames(e.Name, e.Mode&modeMask == modeFolder, name, folder); {
		case order == 0:
			return e.ID
		case order > 0:
			return object.ID{}
		}
		t.rest = t.rest[n:]
	}
	return object.ID{}
}

// compareNames orders names as trees do: those of folders as if a slash stood at
// their end.
func compareNames(a []byte, aFolder bool, b []byte, bFolder bool) int {
	n := min(len(a), len(b))
	if order := bytes.Compare(a[:n], b[:n]); order != 0 {
		return order
	}
	return cmp.Compare(after(a, n, aFolder), after(b, n, bFolder))
}

// after returns the byte of a name at n, which may be its end.
func after(name []byte, n int, folder bool) byte {
	switch {
	case n < len(name):
		return name[n]
	case folder:
		return '/'
	}
	return 0
}
