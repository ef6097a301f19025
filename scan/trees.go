package scan

import (
	"bytes"
	"cmp"
	"slices"

	"github.com/assayhq/assay/scan/object"
)

// trees knows what stands where: for every tree object its entries that matter,
// by name. Trees, blobs and names are numbered, because a history holds each of
// them thousands of times.
//
// There are two ways to fill it. For a whole history every tree of the store is
// added in one pass, with the blobs that hold credentials only, and prune then
// forgets every folder without one. For a range of commits nothing is added
// beforehand: a tree is read when a comparison first descends into it.
type trees struct {
	store  *object.Store // where missing trees are read; nil if all were added
	number map[object.ID]uint32
	ids    []object.ID // by tree number
	nodes  []node      // by tree number
	blobs  map[object.ID]uint32
	blobID []object.ID
	all    bool // blobs that were not announced are numbered too
	names  map[string]uint32
	name   []string
	gaps   []error
}

type node struct {
	entries []treeEntry
	loaded  bool
}

// A treeEntry is a folder (number in nodes) or a blob (number in blobID).
type treeEntry struct {
	name  uint32
	child uint32
	blob  bool
}

func newTrees() *trees {
	return &trees{number: map[object.ID]uint32{}, blobs: map[object.ID]uint32{}, names: map[string]uint32{}}
}

// announce numbers a blob that entries shall be kept for.
func (t *trees) announce(id object.ID) uint32 {
	n, ok := t.blobs[id]
	if !ok {
		n = uint32(len(t.blobID))
		t.blobs[id] = n
		t.blobID = append(t.blobID, id)
	}
	return n
}

func (t *trees) tree(id object.ID) uint32 {
	n, ok := t.number[id]
	if !ok {
		n = uint32(len(t.nodes))
		t.number[id] = n
		t.ids = append(t.ids, id)
		t.nodes = append(t.nodes, node{})
	}
	return n
}

// Modes of tree entries that are folders and that are commits of submodules.
const (
	modeMask    = 0o170000
	modeFolder  = 0o040000
	modeGitlink = 0o160000
)

// add takes in one tree object.
func (t *trees) add(id object.ID, data []byte) {
	n := t.tree(id)
	if t.nodes[n].loaded {
		return
	}
	var entries []treeEntry
	for e, err := range object.ParseTree(data, id.Size()) {
		if err != nil {
			t.gaps = append(t.gaps, &Gap{Subject: "tree " + id.String(), Err: err})
			break
		}
		switch e.Mode & modeMask {
		case modeGitlink:
		case modeFolder:
			entries = append(entries, treeEntry{name: t.intern(e.Name), child: t.tree(e.ID)})
		default:
			b, ok := t.blobs[e.ID]
			if !ok && t.all {
				b, ok = t.announce(e.ID), true
			}
			if ok {
				entries = append(entries, treeEntry{name: t.intern(e.Name), child: b, blob: true})
			}
		}
	}
	t.nodes[n] = node{entries: slices.Clip(entries), loaded: true}
	t.order(n)
}

func (t *trees) intern(name []byte) uint32 {
	n, ok := t.names[string(name)]
	if !ok {
		n = uint32(len(t.name))
		s := string(name)
		t.names[s] = n
		t.name = append(t.name, s)
	}
	return n
}

// order sorts entries by number of name, folders first, for diff.
func (t *trees) order(n uint32) {
	slices.SortFunc(t.nodes[n].entries, compareEntries)
}

func compareEntries(a, b treeEntry) int {
	if c := cmp.Compare(a.name, b.name); c != 0 {
		return c
	}
	switch {
	case a.blob == b.blob:
		return 0
	case b.blob:
		return -1
	}
	return 1
}

// prune forgets the entries of folders in which no announced blob stands, at
// any depth.
func (t *trees) prune() {
	parents := make([][]uint32, len(t.nodes))
	var queue []uint32
	holds := make([]bool, len(t.nodes))
	for n := range t.nodes {
		for _, e := range t.nodes[n].entries {
			switch {
			case !e.blob:
				parents[e.child] = append(parents[e.child], uint32(n))
			case !holds[n]:
				holds[n] = true
				queue = append(queue, uint32(n))
			}
		}
	}
	for len(queue) > 0 {
		n := queue[len(queue)-1]
		queue = queue[:len(queue)-1]
		for _, p := range parents[n] {
			if !holds[p] {
				holds[p] = true
				queue = append(queue, p)
			}
		}
	}
	for n := range t.nodes {
		t.nodes[n].entries = slices.DeleteFunc(t.nodes[n].entries, func(e treeEntry) bool { return !e.blob && !holds[e.child] })
	}
}

// entries returns what a tree holds, reading it where that is still to be done.
// A tree that cannot be read has none; it was or becomes a gap.
func (t *trees) entries(n uint32) []treeEntry {
	if t.store != nil && !t.nodes[n].loaded {
		kind, data, err := t.store.Read(t.ids[n])
		if err != nil || kind != object.Tree {
			t.nodes[n].loaded = true
			t.gaps = append(t.gaps, &Gap{Subject: "tree " + t.ids[n].String(), Err: cmp.Or(err, errNoTree)})
			return nil
		}
		t.add(t.ids[n], data)
	}
	return t.nodes[n].entries
}

// maxDepth bounds how deep folders are followed: deeper ones are damage or malice.
const maxDepth = 4096

// diff calls changed for every path at which the blobs of the trees from and to
// differ. A tree may be absent (noTree), and so may a blob on one side (noTree).
func (t *trees) diff(from, to uint32, changed func(path []byte, from, to uint32)) {
	t.walk(from, to, nil, 0, changed)
}

// noTree stands for an absent tree or blob.
const noTree = ^uint32(0)

func (t *trees) walk(from, to uint32, path []byte, depth int, changed func([]byte, uint32, uint32)) {
	if from == to || depth > maxDepth {
		return
	}
	a, b := t.sideEntries(from), t.sideEntries(to)
	for len(a) > 0 || len(b) > 0 {
		order := 0
		switch {
		case len(a) == 0:
			order = 1
		case len(b) == 0:
			order = -1
		default:
			order = compareEntries(a[0], b[0])
		}
		old, new := noTree, noTree
		var e treeEntry
		if order <= 0 {
			e, old, a = a[0], a[0].child, a[1:]
		}
		if order >= 0 {
			e, new, b = b[0], b[0].child, b[1:]
		}
		if old == new {
			continue
		}
		next := append(path, t.name[e.name]...)
		if e.blob {
			changed(next, old, new)
		} else {
			t.walk(old, new, append(next, '/'), depth+1, changed)
		}
	}
}

func (t *trees) sideEntries(n uint32) []treeEntry {
	if n == noTree {
		return nil
	}
	return t.entries(n)
}

// lookup returns the blob at path below the tree root.
func (t *trees) lookup(root uint32, path string) (blob uint32, ok bool) {
	rest := []byte(path)
	for n := root; ; {
		part, tail, deeper := bytes.Cut(rest, []byte{'/'})
		name, known := t.names[string(part)]
		if !known && t.store == nil {
			return 0, false
		}
		entries := t.entries(n)
		if !known { // reading the tree may have brought the name
			if name, known = t.names[string(part)]; !known {
				return 0, false
			}
		}
		i, found := slices.BinarySearchFunc(entries, treeEntry{name: name, blob: !deeper}, compareEntries)
		if !found {
			return 0, false
		}
		if !deeper {
			return entries[i].child, true
		}
		n, rest = entries[i].child, tail
	}
}
