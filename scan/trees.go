package scan

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/assayhq/assay/scan/object"
)

// trees knows what stands where: for every tree object its entries that matter,
// by name. Trees, blobs and names are numbered, because a history holds each of
// them thousands of times.
//
// There are two ways to fill it. For a whole history every tree of the store was
// read before, and a pruner adds what matters of those that are asked for. For a
// range of commits a tree is read when a comparison first descends into it.
type trees struct {
	store  *object.Store // where missing trees are read; nil if all were added
	number map[object.ID]uint32
	find   func(object.ID) uint32 // instead of number, if all trees are known
	ids    []object.ID            // by tree number, for store
	nodes  []node                 // by tree number
	blobs  *idTable               // of blobID
	blobID []object.ID
	// sets, if not nil, holds by blob number a number that blobs with the same
	// credentials have in common. Entries of nodes then say that in place of the blob.
	sets   []uint32
	placed []bool                                                   // with sets: by blob number, whether a tree holds the blob
	seek   func(tree object.ID, path string) (blob uint32, ok bool) // with sets
	all    bool                                                     // blobs that were not announced are numbered too
	names  map[string]uint32
	name   []string
	latest []lastFolder // by number of name
	gaps   []error

	steps   int         // entries that comparisons may still look at
	limited bool        // a limit was hit, gaps says which
	scratch []treeEntry // of add
	arena   []treeEntry // where the entries of nodes lie
	// within, if set, holds the folders, with a slash at the end, that
	// comparisons look into.
	within map[string]bool
	// fresh, if set, is told the name of every entry that a comparison finds on
	// its right side only, and the number of the tree that it stands in.
	fresh func(tree, name uint32)
}

type node struct {
	entries []treeEntry // sorted by number of name, folders first
	loaded  bool
}

// A treeEntry is a folder (number in nodes) or a blob (number in blobID or sets).
type treeEntry struct {
	name  uint32
	child uint32
	blob  bool
}

// A lastFolder is the folder that was met last under a name. The next tree that
// has the name mostly has the same folder there.
type lastFolder struct {
	id     object.ID
	number uint32
}

// Limits of what comparisons follow. A real history stays far below them; a few
// trees that hold each other many times over describe more paths than there are
// atoms.
const (
	maxSteps = 1 << 30 // entries looked at, some ten seconds
	maxDepth = 4096    // folders in each other
	maxPaths = 1 << 21 // of one commit that are held at a time
)

func newTrees() *trees {
	t := &trees{number: map[object.ID]uint32{}, names: map[string]uint32{}, steps: maxSteps}
	t.blobs = newIDTable(0, func(n uint32) object.ID { return t.blobID[n] })
	return t
}

// announce numbers a blob that entries shall be kept for.
func (t *trees) announce(id object.ID) uint32 {
	n, ok := t.blobs.number(id)
	if !ok {
		n = uint32(len(t.blobID))
		t.blobID = append(t.blobID, id)
		t.blobs.add(id, n)
	}
	return n
}

// announceSets announces the blobs that hold credentials, and numbers the sets of
// credentials.
func (t *trees) announceSets(held []Held) {
	known := map[string]uint32{}
	var key []byte
	t.sets = []uint32{}
	for _, o := range held {
		if o.Type != object.Blob {
			continue
		}
		key = key[:0]
		for _, c := range o.Credentials {
			key = binary.LittleEndian.AppendUint32(key, uint32(c))
		}
		n, ok := known[string(key)]
		if !ok {
			n = uint32(len(known))
			known[string(key)] = n
		}
		if t.announce(o.ID) == uint32(len(t.sets)) {
			t.sets = append(t.sets, n)
		}
	}
}

// contents returns what entries say of a blob.
func (t *trees) contents(blob uint32) uint32 {
	if t.sets != nil {
		return t.sets[blob]
	}
	return blob
}

// blobAt returns the number of the blob at a path of a tree.
func (t *trees) blobAt(tree object.ID, path string) (blob uint32, ok bool) {
	if t.seek != nil {
		return t.seek(tree, path)
	}
	n := t.tree(tree)
	for {
		part, rest, more := strings.Cut(path, "/")
		name, ok := t.names[part]
		i := slices.IndexFunc(t.entries(n), func(e treeEntry) bool { return e.name == name && e.blob != more })
		if !ok || i < 0 {
			return 0, false
		}
		if n = t.entries(n)[i].child; !more {
			return n, true
		}
		path = rest
	}
}

func (t *trees) tree(id object.ID) uint32 {
	if t.find != nil {
		return t.find(id)
	}
	n, ok := t.number[id]
	if !ok {
		n = uint32(len(t.nodes))
		t.number[id] = n
		t.nodes = append(t.nodes, node{})
		if t.store != nil {
			t.ids = append(t.ids, id)
		}
	}
	return n
}

// folder returns the number of the tree that stands under a name.
func (t *trees) folder(name uint32, id object.ID) uint32 {
	last := &t.latest[name]
	if last.id != id {
		*last = lastFolder{id, t.tree(id)}
	}
	return last.number
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
	entries := t.scratch[:0]
	for e, err := range object.ParseTree(data, id.Size()) {
		if err != nil {
			t.gaps = append(t.gaps, &Gap{Subject: "tree " + id.String(), Err: err})
			break
		}
		switch e.Mode & modeMask {
		case modeGitlink:
		case modeFolder:
			name := t.intern(e.Name)
			entries = append(entries, treeEntry{name: name, child: t.folder(name, e.ID)})
		default:
			if b, ok := t.blob(e.ID); ok {
				entries = append(entries, treeEntry{name: t.intern(e.Name), child: b, blob: true})
			}
		}
	}
	slices.SortFunc(entries, compareEntries)
	t.scratch = entries
	t.nodes[n] = node{entries: t.keep(entries), loaded: true}
}

// blob returns the number of a blob, if entries are kept for it.
func (t *trees) blob(id object.ID) (uint32, bool) {
	if t.all {
		return t.announce(id), true
	}
	return t.blobs.number(id)
}

// keep copies entries to where they stay: few large pieces of memory instead of
// one for each tree.
func (t *trees) keep(entries []treeEntry) []treeEntry {
	if len(t.arena)+len(entries) > cap(t.arena) {
		t.arena = make([]treeEntry, 0, max(nextArena(cap(t.arena)), len(entries)))
	}
	start := len(t.arena)
	t.arena = append(t.arena, entries...)
	return t.arena[start:len(t.arena):len(t.arena)]
}

func (t *trees) intern(name []byte) uint32 {
	n, ok := t.names[string(name)]
	if !ok {
		n = uint32(len(t.name))
		s := string(name)
		t.names[s] = n
		t.name = append(t.name, s)
		t.latest = append(t.latest, lastFolder{})
	}
	return n
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

// entries returns what a tree holds, reading it where that is still to be done.
// A tree that cannot be read has none; it was or becomes a gap.
func (t *trees) entries(n uint32) []treeEntry {
	if n == noTree {
		return nil
	}
	if t.store != nil && !t.nodes[n].loaded {
		kind, data, err := t.store.Read(t.ids[n])
		if err == nil && kind != object.Tree {
			err = errNoTree
		}
		if err != nil {
			t.nodes[n].loaded = true
			t.gaps = append(t.gaps, &Gap{Subject: "tree " + t.ids[n].String(), Err: cause(err)})
			return nil
		}
		t.add(t.ids[n], data)
	}
	return t.nodes[n].entries
}

// limit notes once that a limit was hit.
func (t *trees) limit(why string) {
	if !t.limited {
		t.limited = true
		t.gaps = append(t.gaps, &Gap{Subject: "history", Err: errors.New(why)})
	}
}

// diff calls changed for every path at which the blobs of the trees from and to
// differ. A tree may be absent (noTree), and so may a blob on one side (noTree).
func (t *trees) diff(from, to uint32, changed func(path []byte, from, to uint32)) {
	t.walk(from, to, nil, 0, changed)
}

// noTree stands for an absent tree or blob.
const noTree = ^uint32(0)

func (t *trees) walk(from, to uint32, path []byte, depth int, changed func([]byte, uint32, uint32)) {
	if from == to {
		return
	}
	if depth > maxDepth {
		t.limit(fmt.Sprintf("folders more than %d deep were not followed", maxDepth))
		return
	}
	a, b := t.entries(from), t.entries(to)
	for len(a) > 0 || len(b) > 0 {
		if t.steps--; t.steps < 0 {
			t.limit("comparing its trees was given up: they describe too many paths")
			return
		}
		order := side(a, b)
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
		if old == noTree && t.fresh != nil {
			t.fresh(to, e.name)
		}
		next := append(path, t.name[e.name]...)
		if e.blob {
			changed(next, old, new)
		} else if next = append(next, '/'); t.within == nil || t.within[string(next)] {
			t.walk(old, new, next, depth+1, changed)
		}
	}
}

// side says which of two sorted lists has the next entry: the first (-1), the
// second (1) or both (0).
func side(a, b []treeEntry) int {
	switch {
	case len(a) == 0:
		return 1
	case len(b) == 0:
		return -1
	}
	return compareEntries(a[0], b[0])
}
