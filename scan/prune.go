package scan

import (
	"cmp"
	"encoding/binary"
	"math/bits"
	"slices"
	"strings"

	"github.com/assayhq/assay/scan/object"
)

// Of a history most trees hold nothing that matters, and of those that do most
// are alike in that. So before commits are compared each tree is reduced to the
// blobs that hold credentials and the folders that lead to them. Trees that are
// then the same get the same number, and comparing them costs nothing.

// A rawState tells how far the reduction of a tree is.
type rawState uint8

const (
	rawUnseen rawState = iota
	rawOpen            // its folders are being reduced
	rawDone
)

// A pruner reduces trees when they are asked for.
type pruner struct {
	from           []*planter
	bits           int // of a number that tell the planter
	table          *idTable
	to             *trees
	known          map[string]uint32 // small trees by their entries
	key            []byte
	stack          []rawFrame
	removed, added []treeEntry
}

// A rawFrame is a tree that is being reduced, and which of the trees that it rests
// on is next: its base, then its edits.
type rawFrame struct {
	number uint32
	next   int
}

// grown returns the trees, reduced, when all units were read.
func (t *Trees) grown() *trees {
	p := &pruner{from: t.planters, bits: bits.Len(uint(len(t.planters))), to: t.trees, known: map[string]uint32{}}
	p.to.name, p.to.names = t.name, t.names
	p.to.find, p.to.seek = p.find, p.seek
	p.to.placed = make([]bool, len(p.to.blobID))
	for _, planter := range t.planters {
		for n, placed := range planter.placed {
			p.to.placed[n] = p.to.placed[n] || placed
		}
	}
	p.link()
	return p.to
}

// link gives every tree its number in the place of its planter's own.
func (p *pruner) link() {
	n := 0
	for _, planter := range p.from {
		n += planter.raw.n
	}
	p.table = newIDTable(n, func(number uint32) object.ID {
		return *p.from[number&(1<<p.bits-1)].ids.at(int(number >> p.bits))
	})
	for k, planter := range p.from {
		for i := range planter.ids.n {
			p.table.add(*planter.ids.at(i), p.global(k, uint32(i)))
		}
	}
	for k, planter := range p.from {
		numbers := make([]uint32, planter.folders.n)
		for i := range numbers {
			n, ok := p.table.number(*planter.folders.at(i))
			if !ok {
				n = noTree
			}
			numbers[i] = n
		}
		planter.folders = pieces[object.ID]{}
		for i := range planter.raw.n {
			raw := planter.raw.at(i)
			if raw.base != noTree {
				raw.base = p.global(k, raw.base)
			}
			for j := range raw.edits {
				if e := &raw.edits[j]; !e.blob {
					e.child = numbers[e.child]
				}
			}
		}
	}
}

func (p *pruner) global(planter int, number uint32) uint32 { return number<<p.bits | uint32(planter) }

func (p *pruner) raw(number uint32) *rawTree {
	return p.from[number&(1<<p.bits-1)].raw.at(int(number >> p.bits))
}

// find returns the number of what remains of a tree, noTree if nothing does.
func (p *pruner) find(id object.ID) uint32 {
	n, ok := p.table.number(id)
	if !ok {
		return noTree
	}
	return p.reduce(n)
}

// seek returns the number of the blob at a path of a tree.
func (p *pruner) seek(tree object.ID, path string) (blob uint32, ok bool) {
	n, ok := p.table.number(tree)
	for ok {
		part, rest, more := strings.Cut(path, "/")
		var name uint32
		if name, ok = p.to.names[part]; !ok {
			break
		}
		if n, ok = p.child(n, name, !more); ok && !more {
			return n, true
		}
		path = rest
	}
	return 0, false
}

// child returns the number of the folder or the blob of a name in a tree.
func (p *pruner) child(n, name uint32, blob bool) (child uint32, ok bool) {
	named := func(e treeEntry) bool { return e.name == name && e.blob == blob }
	for n != noTree {
		raw := p.raw(n)
		if i := slices.IndexFunc(raw.edits[raw.removed:], named); i >= 0 {
			return raw.edits[int(raw.removed)+i].child, true
		}
		if slices.ContainsFunc(raw.edits[:raw.removed], named) {
			return 0, false
		}
		n = raw.base
	}
	return 0, false
}

// reduce reduces a tree after all that it rests on, with a stack of its own:
// nothing bounds how deep folders are nested. A tree that holds itself, which only
// a forged index can say, is empty there.
func (p *pruner) reduce(n uint32) uint32 {
	p.stack = p.stack[:0]
	p.open(n)
	for len(p.stack) > 0 {
		top := &p.stack[len(p.stack)-1]
		raw := p.raw(top.number)
		if top.next > len(raw.edits) {
			raw.tree, raw.state = p.reduced(raw), rawDone
			p.stack = p.stack[:len(p.stack)-1]
			continue
		}
		top.next++
		if top.next == 1 {
			p.open(raw.base)
		} else if e := raw.edits[top.next-2]; !e.blob {
			p.open(e.child)
		}
	}
	return p.remains(n)
}

// open puts a tree onto the stack that was not seen before.
func (p *pruner) open(n uint32) {
	if n == noTree {
		return
	}
	if raw := p.raw(n); raw.state == rawUnseen {
		raw.state = rawOpen
		p.stack = append(p.stack, rawFrame{number: n})
	}
}

// reduced returns the number of what remains of a tree.
func (p *pruner) reduced(raw *rawTree) uint32 {
	base := p.remains(raw.base)
	p.removed = p.remaining(p.removed[:0], raw.edits[:raw.removed])
	p.added = p.remaining(p.added[:0], raw.edits[raw.removed:])
	if slices.Equal(p.removed, p.added) {
		return base
	}
	return p.number(p.edited(base))
}

// remains returns the number of what remains of a tree that was opened before.
func (p *pruner) remains(n uint32) uint32 {
	if n == noTree {
		return noTree
	}
	if raw := p.raw(n); raw.state == rawDone {
		return raw.tree
	}
	return noTree
}

// remaining appends what remains of entries, in the order of reduced trees.
func (p *pruner) remaining(dst, entries []treeEntry) []treeEntry {
	for _, e := range entries {
		if e.blob {
			e.child = p.to.sets[e.child]
		} else if e.child = p.remains(e.child); e.child == noTree {
			continue
		}
		dst = append(dst, e)
	}
	slices.SortFunc(dst, compareReduced)
	return dst
}

// compareReduced orders the entries of reduced trees as compareEntries does, and
// those of one name, which only a malformed tree has, by what they hold.
func compareReduced(a, b treeEntry) int {
	return cmp.Or(compareEntries(a, b), cmp.Compare(a.child, b.child))
}

// edited returns the entries of a reduced tree without removed and with added,
// valid until the next call.
func (p *pruner) edited(base uint32) []treeEntry {
	out := p.to.scratch[:0]
	removed, added := p.removed, p.added
	if base != noTree {
		for _, e := range p.to.nodes[base].entries {
			for len(removed) > 0 && compareReduced(removed[0], e) < 0 {
				removed = removed[1:]
			}
			if len(removed) > 0 && removed[0] == e {
				removed = removed[1:]
				continue
			}
			for len(added) > 0 && compareReduced(added[0], e) < 0 {
				out, added = append(out, added[0]), added[1:]
			}
			out = append(out, e)
		}
	}
	out = append(out, added...)
	p.to.scratch = out
	return out
}

// maxAlike is how many entries a reduced tree may have for another one like it to
// be looked for. With more it mostly is the only one, and its parts are compared
// soon enough.
const maxAlike = 8

// number returns the number of a reduced tree.
func (p *pruner) number(entries []treeEntry) uint32 {
	switch {
	case len(entries) == 0:
		return noTree
	case len(entries) > maxAlike:
		return p.add(entries)
	}
	p.key = appendKey(p.key[:0], entries)
	n, ok := p.known[string(p.key)]
	if !ok {
		n = p.add(entries)
		p.known[string(p.key)] = n
	}
	return n
}

func (p *pruner) add(entries []treeEntry) uint32 {
	p.to.nodes = append(p.to.nodes, node{entries: p.to.keep(entries), loaded: true})
	return uint32(len(p.to.nodes) - 1)
}

// appendKey appends what tells trees apart.
func appendKey(key []byte, entries []treeEntry) []byte {
	for _, e := range entries {
		key = binary.LittleEndian.AppendUint32(key, e.name)
		key = binary.LittleEndian.AppendUint32(key, e.child)
		if e.blob {
			key = append(key, 1)
		} else {
			key = append(key, 0)
		}
	}
	return key
}
