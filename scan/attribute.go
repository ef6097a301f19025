package scan

import (
	"context"
	"slices"
	"strings"

	"github.com/assayhq/assay/report"
	"github.com/assayhq/assay/scan/object"
)

// A historian attributes credentials: it compares every commit with its parents
// at the paths where credentials stand, and notes which commit brought and which
// took away each of them.
type historian struct {
	repo    *Repository
	trees   *trees
	commits commits
	holds   [][]int // by blob number: the credentials in it, ascending
	spans   map[spanKey]*Span
	tally   map[spanKey]tally // of the commit at hand
}

type spanKey struct {
	path       string
	credential int
}

// A tally counts the parents against which a commit adds or removes a credential.
type tally struct {
	added, removed int
	blob           uint32
}

// maxRefs is how many refs a span names.
const maxRefs = 10

// attribute works out the spans of all credentials in held. Trees and commits
// must have been added.
func (h *historian) attribute(ctx context.Context, held []Held) (Attribution, error) {
	a := Attribution{Spans: map[int][]Span{}, Commits: map[object.ID]*report.Commit{}}
	h.spans, h.tally = map[spanKey]*Span{}, map[spanKey]tally{}
	h.holds = make([][]int, len(h.trees.blobID))
	for _, o := range held {
		if n, ok := h.trees.blobs[o.ID]; ok {
			h.holds[n] = o.Credentials
		}
	}
	h.commits.sort()
	for i := range h.commits.list {
		if ctx.Err() != nil {
			break
		}
		h.compare(i)
	}
	h.markTips()
	for key, s := range h.spans {
		a.Spans[key.credential] = append(a.Spans[key.credential], *s)
	}
	for _, spans := range a.Spans {
		slices.SortFunc(spans, func(x, y Span) int { return strings.Compare(x.Path, y.Path) })
	}
	h.describeHeld(held, a.Commits)
	return a, asJoined(h.trees.gaps)
}

// compare notes what commit i brought and took away: what it adds against every
// parent, and what it removes that every parent had.
func (h *historian) compare(i int) {
	c := &h.commits.list[i]
	clear(h.tally)
	to := h.trees.tree(c.tree)
	parents := h.parentTrees(c)
	for _, from := range parents {
		h.trees.diff(from, to, h.count)
	}
	for key, t := range h.tally {
		switch {
		case t.added == len(parents):
			h.brought(key, i, t.blob)
		case t.removed == len(parents):
			h.took(key, i)
		}
	}
}

// parentTrees returns the trees of the parents that the store has; a commit
// without any is compared with nothing.
func (h *historian) parentTrees(c *commit) []uint32 {
	var parents []uint32
	for _, p := range c.parents {
		if tree, ok := h.treeOf(p); ok {
			parents = append(parents, h.trees.tree(tree))
		}
	}
	if len(parents) == 0 {
		return []uint32{noTree}
	}
	return parents
}

// treeOf returns the tree of a commit, also of one outside the range looked at.
func (h *historian) treeOf(id object.ID) (object.ID, bool) {
	if i, ok := h.commits.number[id]; ok {
		return h.commits.list[i].tree, true
	}
	if h.trees.store == nil {
		return object.ID{}, false
	}
	kind, data, err := h.trees.store.Read(id)
	if err != nil || kind != object.Commit {
		return object.ID{}, false
	}
	parsed, err := object.ParseCommit(data, id.Size())
	return parsed.Tree, err == nil
}

// count adds one path that differs from one parent to the tally.
func (h *historian) count(path []byte, from, to uint32) {
	old, new := h.credentials(from), h.credentials(to)
	for _, credential := range new {
		if !contains(old, credential) {
			key := spanKey{string(path), credential}
			t := h.tally[key]
			t.added, t.blob = t.added+1, to
			h.tally[key] = t
		}
	}
	for _, credential := range old {
		if !contains(new, credential) {
			key := spanKey{string(path), credential}
			t := h.tally[key]
			t.removed++
			h.tally[key] = t
		}
	}
}

func contains(sorted []int, x int) bool {
	_, ok := slices.BinarySearch(sorted, x)
	return ok
}

func (h *historian) credentials(blob uint32) []int {
	if blob == noTree || int(blob) >= len(h.holds) {
		return nil
	}
	return h.holds[blob]
}

func (h *historian) brought(key spanKey, i int, blob uint32) {
	s := h.spans[key]
	if s == nil {
		s = &Span{Path: key.path, Blob: h.trees.blobID[blob], Age: i, Introduced: h.commits.list[i].describe(h.repo.set)}
		h.spans[key] = s
	}
	s.Removed = nil
}

func (h *historian) took(key spanKey, i int) {
	if s := h.spans[key]; s != nil {
		s.Removed = h.commits.list[i].describe(h.repo.set)
	}
}

// markTips finds out which spans reach HEAD and the tips of refs.
func (h *historian) markTips() {
	if tree, ok := h.treeOf(h.repo.head); ok {
		root := h.trees.tree(tree)
		for key, s := range h.spans {
			if blob, ok := h.trees.lookup(root, key.path); ok && contains(h.credentials(blob), key.credential) {
				s.AtHead, s.Removed, s.Blob = true, nil, h.trees.blobID[blob]
			}
		}
	}
	for _, tip := range h.repo.tips {
		tree, ok := h.treeOf(tip.commit)
		if !ok {
			continue
		}
		root := h.trees.tree(tree)
		for key, s := range h.spans {
			if blob, ok := h.trees.lookup(root, key.path); ok && contains(h.credentials(blob), key.credential) {
				s.addRef(h.repo.set.Mask(tip.name))
			}
		}
	}
}

func (s *Span) addRef(name string) {
	if len(s.Refs) == maxRefs {
		s.RefsMore++
		return
	}
	s.Refs = append(s.Refs, name)
}

// describeHeld describes the commits and tags that hold a credential in their
// own text.
func (h *historian) describeHeld(held []Held, into map[object.ID]*report.Commit) {
	for _, o := range held {
		switch o.Type {
		case object.Commit:
			if i, ok := h.commits.number[o.ID]; ok {
				into[o.ID] = h.commits.list[i].describe(h.repo.set)
			}
		case object.Tag:
			if _, data, err := h.repo.store.Read(o.ID); err == nil {
				if tag, err := object.ParseTag(data, o.ID.Size()); err == nil {
					into[o.ID] = describe(h.repo.set, o.ID, tag.Tagger)
				}
			}
		}
	}
}
