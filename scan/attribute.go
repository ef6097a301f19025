package scan

import (
	"cmp"
	"context"
	"errors"
	"fmt"
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
	roots   []uint32 // by number of the commit
	parents []uint32 // what parentTrees returned
	holds   [][]int  // by what a treeEntry says of a blob: the credentials in it, ascending
	stays   map[spanKey]*stay
	tally   []tally // of the commit at hand
	placed  map[object.ID]bool
	told    map[int]*report.Commit          // descriptions made so far, by number of the commit
	changes map[spanKey][]report.StayChange // nil: nobody asks for them
}

type spanKey struct {
	path       string
	credential int
}

// A stay is what is known of a credential at a path while commits are compared.
type stay struct {
	introduced int // number of the commit
	removed    int // number of the commit, none if it was not removed or came back
	blind      bool
	atHead     bool
	refs       []string
	refsMore   int
}

// none is the number of no commit.
const none = -1

// A tally counts the parents against which a commit adds or removes a credential.
type tally struct {
	spanKey
	added, removed int
}

// maxStays bounds the stays of a history, and the paths at which one commit may
// change something about a credential; some 1,300 bytes each until they are reported.
const maxStays = 200_000

// maxRefs is how many refs a span names.
const maxRefs = report.MaxRefs

// attribute works out the spans of all credentials in held. Trees and commits
// must have been added.
func (h *historian) attribute(ctx context.Context, held []Held) (Attribution, error) {
	h.stays = map[spanKey]*stay{}
	h.placed, h.told = map[object.ID]bool{}, map[int]*report.Commit{}
	h.holds = make([][]int, len(h.trees.blobID))
	for _, o := range held {
		if n, ok := h.trees.blobs.number(o.ID); ok {
			h.holds[h.trees.contents(n)] = o.Credentials
		}
	}
	h.commits.sort()
	for i := range h.commits.list {
		if ctx.Err() != nil {
			return Attribution{}, nil
		}
		h.compare(i)
	}
	h.trees.within = h.folders()
	h.markHead()
	h.markRefs()
	a := Attribution{Spans: h.spans(), describe: h.describe, Commits: map[object.ID]*report.Commit{}}
	if !h.trees.limited {
		a.Placed = h.placed
		for n, placed := range h.trees.placed {
			if placed {
				a.Placed[h.trees.blobID[n]] = true
			}
		}
	}
	h.describeHeld(held, a.Commits)
	return a, errors.Join(h.trees.gaps...)
}

// spans returns the stays by credential, sorted by path.
func (h *historian) spans() map[int][]Span {
	count := map[int]int{}
	for key := range h.stays {
		count[key.credential]++
	}
	all := make(map[int][]Span, len(count))
	for credential, n := range count {
		all[credential] = make([]Span, 0, n)
	}
	for key, s := range h.stays {
		span := Span{
			Path: key.path, Blob: h.blobOf(key, s), Age: s.introduced,
			AtHead: s.atHead, Refs: s.refs, RefsMore: s.refsMore,
		}
		if !s.blind {
			span.Introduced = h.describe(s.introduced)
		}
		if s.removed != none {
			span.Removed = h.describe(s.removed)
		}
		if !s.atHead { // else nothing took it away
			span.Changes = h.changes[key]
		}
		all[key.credential] = append(all[key.credential], span)
	}
	for _, spans := range all {
		slices.SortFunc(spans, func(x, y Span) int { return strings.Compare(x.Path, y.Path) })
	}
	return all
}

// blobOf returns a blob that holds a credential at its path: the one at HEAD, or
// else the first. It is zero where a tree says two things of one path.
func (h *historian) blobOf(key spanKey, s *stay) object.ID {
	tree := h.commits.list[s.introduced].tree
	if s.atHead {
		tree, _ = h.treeOf(h.repo.head)
	}
	n, ok := h.trees.blobAt(tree, key.path)
	if !ok || !contains(h.credentials(h.trees.contents(n)), key.credential) {
		return object.ID{}
	}
	return h.trees.blobID[n]
}

// describe returns the description of commit i, made once.
func (h *historian) describe(i int) *report.Commit {
	if h.told[i] == nil {
		h.told[i] = h.commits.list[i].describe(h.repo.set)
	}
	return h.told[i]
}

// compare notes what commit i brought and took away. It brought what none of its
// parents has. It took away what it lacks and any parent has, unless an earlier
// commit did and the merge just followed that side.
func (h *historian) compare(i int) {
	to := h.root(i)
	parents, blind := h.parentTrees(&h.commits.list[i])
	for _, from := range parents {
		h.trees.diff(from, to, h.count)
		h.addUp()
	}
	for _, t := range h.tally {
		h.change(&t, i, len(parents))
		s := h.stays[t.spanKey]
		switch {
		case t.added == len(parents):
			h.brought(t.spanKey, i, blind)
		case s != nil && t.removed > 0 && (t.removed == len(parents) || s.removed == none):
			s.removed = i
		}
	}
	h.tally = h.tally[:0]
}

// change notes what commit i does to a credential at a path.
func (h *historian) change(t *tally, i, parents int) {
	if h.changes == nil || t.added == t.removed {
		return
	}
	h.changes[t.spanKey] = append(h.changes[t.spanKey], report.StayChange{Number: i, Parents: parents, Net: t.added - t.removed})
}

// addUp makes one tally of those for the same credential at a path. Most commits
// change one or none.
func (h *historian) addUp() {
	if len(h.tally) < 2 {
		return
	}
	slices.SortFunc(h.tally, func(a, b tally) int {
		return cmp.Or(strings.Compare(a.path, b.path), cmp.Compare(a.credential, b.credential))
	})
	n := 0
	for _, t := range h.tally[1:] {
		if last := &h.tally[n]; last.spanKey == t.spanKey {
			last.added, last.removed = last.added+t.added, last.removed+t.removed
			continue
		}
		n++
		h.tally[n] = t
	}
	h.tally = h.tally[:n+1]
}

// parentTrees returns the trees of the parents that the store has; a commit
// without any is compared with nothing. It is blind where a parent is missing:
// nobody knows then what this commit brought.
func (h *historian) parentTrees(c *commit) (parents []uint32, blind bool) {
	parents = h.parents[:0]
	for k, p := range c.parents {
		if c.at[k] != none {
			parents = append(parents, h.root(c.at[k]))
		} else if tree, ok := h.treeOf(p); ok {
			parents = append(parents, h.trees.tree(tree))
		} else {
			blind = true
		}
	}
	if len(parents) == 0 {
		parents = append(parents, noTree)
	}
	h.parents = parents
	return parents, blind
}

// root returns the tree of commit i.
func (h *historian) root(i int) uint32 {
	for len(h.roots) < len(h.commits.list) {
		h.roots = append(h.roots, unknownRoot)
	}
	if h.roots[i] == unknownRoot {
		h.roots[i] = h.trees.tree(h.commits.list[i].tree)
	}
	return h.roots[i]
}

// unknownRoot stands for a tree that was not asked for yet.
const unknownRoot = noTree - 1

// treeOf returns the tree of a commit, also of one outside the range looked at.
func (h *historian) treeOf(id object.ID) (object.ID, bool) {
	if i, ok := h.commits.number(id); ok {
		return h.commits.list[i].tree, true
	}
	if h.trees.store == nil {
		return object.ID{}, false
	}
	c, err := h.repo.readCommit(id)
	return c.Tree, err == nil
}

// count adds one path that differs from one parent to the tally.
func (h *historian) count(path []byte, from, to uint32) {
	if len(h.tally) >= h.repo.stays() {
		h.limit() // then it is not asked what is placed
		return
	}
	old, new := h.credentials(from), h.credentials(to)
	if h.trees.placed == nil {
		h.place(old, from)
		h.place(new, to)
	}
	for _, credential := range new {
		if !contains(old, credential) {
			h.tally = append(h.tally, tally{spanKey: spanKey{string(path), credential}, added: 1})
		}
	}
	for _, credential := range old {
		if !contains(new, credential) {
			h.tally = append(h.tally, tally{spanKey: spanKey{string(path), credential}, removed: 1})
		}
	}
}

// place notes that a blob with credentials stands in a commit.
func (h *historian) place(credentials []int, blob uint32) {
	if len(credentials) > 0 {
		h.placed[h.trees.blobID[blob]] = true
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

func (h *historian) brought(key spanKey, i int, blind bool) {
	if s := h.stays[key]; s != nil {
		s.removed = none
		return
	}
	if len(h.stays) >= h.repo.stays() {
		h.limit()
		return
	}
	h.stays[key] = &stay{introduced: i, removed: none, blind: blind}
}

func (h *historian) limit() {
	if h.trees.limited {
		return // a text for each of a thousand million paths takes minutes
	}
	h.trees.limit(fmt.Sprintf("credentials stand at more than %d paths in it; the other places are given by object id", h.repo.stays()))
}

// folders returns those that lead to where credentials stand: the tips of refs
// need not be looked at elsewhere.
func (h *historian) folders() map[string]bool {
	all := map[string]bool{}
	for key := range h.stays {
		for folder := key.path; ; {
			i := strings.LastIndexByte(folder, '/')
			if i < 0 || all[folder[:i+1]] {
				break
			}
			all[folder[:i+1]] = true
			folder = folder[:i]
		}
	}
	return all
}

// markHead notes what stands in the commit that HEAD names.
func (h *historian) markHead() {
	tree, ok := h.treeOf(h.repo.head)
	if !ok {
		return
	}
	h.trees.diff(noTree, h.trees.tree(tree), func(path []byte, _, blob uint32) {
		for _, credential := range h.credentials(blob) {
			if s := h.stays[spanKey{string(path), credential}]; s != nil {
				s.atHead, s.removed = true, none
			}
		}
	})
}

// markRefs notes what the tips of refs hold. Each is compared with the one
// before it, since most differ in little.
func (h *historian) markRefs() {
	var names []string
	since := map[*stay]int{} // the first ref of those in a row that hold it
	last := noTree
	for _, tip := range h.repo.tips() {
		tree, ok := h.treeOf(tip.commit)
		if !ok {
			continue
		}
		next := h.trees.tree(tree)
		h.trees.diff(last, next, func(path []byte, from, to uint32) {
			h.turn(since, names, path, from, to)
		})
		last = next
		names = append(names, h.repo.set.Mask(tip.name))
	}
	for s, first := range since {
		s.addRefs(names[first:])
	}
}

// turn notes which credentials at path end and begin to be held with the ref
// after names.
func (h *historian) turn(since map[*stay]int, names []string, path []byte, from, to uint32) {
	old, new := h.credentials(from), h.credentials(to)
	for _, credential := range old {
		if s := h.stays[spanKey{string(path), credential}]; s != nil && !contains(new, credential) {
			s.addRefs(names[since[s]:])
			delete(since, s)
		}
	}
	for _, credential := range new {
		if s := h.stays[spanKey{string(path), credential}]; s != nil && !contains(old, credential) {
			since[s] = len(names)
		}
	}
}

func (s *stay) addRefs(names []string) {
	room := min(len(names), maxRefs-len(s.refs))
	s.refs = append(s.refs, names[:room]...)
	s.refsMore += len(names) - room
}

// describeHeld describes the commits and tags that hold a credential in their
// own text.
func (h *historian) describeHeld(held []Held, into map[object.ID]*report.Commit) {
	for _, o := range held {
		switch o.Type {
		case object.Commit:
			if i, ok := h.commits.number(o.ID); ok {
				into[o.ID] = h.describe(i)
			}
		case object.Tag:
			if _, data, err := h.repo.store.Read(o.ID); err == nil {
				if tag, err := object.ParseTag(data, o.ID.Size()); err == nil {
					into[o.ID] = &report.Commit{ID: o.ID.String(), Author: h.repo.set.Mask(string(appendName(nil, tag.Tagger))), Date: tag.Tagger.When}
				}
			}
		}
	}
}
