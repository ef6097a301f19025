package scan

import (
	"encoding/binary"
	"slices"

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
	from  *Trees
	to    *trees
	known map[string]uint32 // trees by their entries
	key   []byte
	stack []rawFrame
}

// A rawFrame is a tree that is being reduced and its next entry.
type rawFrame struct {
	number uint32
	next   int
}

// grown returns the trees, reduced, when all units were read.
func (t *Trees) grown() *trees {
	p := &pruner{from: t, to: t.trees, known: map[string]uint32{}}
	p.to.name, p.to.names = t.name, t.names
	p.to.find = p.find
	return p.to
}

// find returns the number of what remains of a tree, noTree if nothing does.
func (p *pruner) find(id object.ID) uint32 {
	n, ok := p.from.folders.lookup(id)
	if !ok {
		return noTree
	}
	return p.reduce(n)
}

// reduce reduces a tree after all that it holds, with a stack of its own: nothing
// bounds how deep folders are nested. A tree that holds itself, which only a
// forged index can say, is empty there.
func (p *pruner) reduce(n uint32) uint32 {
	folders := &p.from.folders
	if raw := folders.at(n); raw.state == rawDone {
		return raw.tree
	}
	p.stack = append(p.stack[:0], rawFrame{number: n})
	folders.at(n).state = rawOpen
	for len(p.stack) > 0 {
		top := &p.stack[len(p.stack)-1]
		raw := folders.at(top.number)
		if top.next == len(raw.entries) {
			raw.tree, raw.state = p.reduced(raw.entries), rawDone
			p.stack = p.stack[:len(p.stack)-1]
			continue
		}
		e := raw.entries[top.next]
		top.next++
		if !e.blob && folders.at(e.child).state == rawUnseen {
			folders.at(e.child).state = rawOpen
			p.stack = append(p.stack, rawFrame{number: e.child})
		}
	}
	return folders.at(n).tree
}

// reduced returns the number of the tree with those of the entries that remain.
func (p *pruner) reduced(entries []treeEntry) uint32 {
	keep := p.to.scratch[:0]
	for _, e := range entries {
		if !e.blob {
			folder := p.from.folders.at(e.child)
			if folder.state != rawDone || folder.tree == noTree {
				continue
			}
			e.child = folder.tree
		}
		keep = append(keep, e)
	}
	p.to.scratch = keep
	if len(keep) == 0 {
		return noTree
	}
	slices.SortFunc(keep, compareEntries)
	if len(keep) > maxAlike {
		return p.add(keep)
	}
	p.key = appendKey(p.key[:0], keep)
	n, ok := p.known[string(p.key)]
	if !ok {
		n = p.add(keep)
		p.known[string(p.key)] = n
	}
	return n
}

// maxAlike is how many entries a reduced tree may have for another one like it to
// be looked for. With more it mostly is the only one, and its parts are compared
// soon enough.
const maxAlike = 8

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

func (p *pruner) add(entries []treeEntry) uint32 {
	p.to.nodes = append(p.to.nodes, node{entries: p.to.keep(entries), loaded: true})
	return uint32(len(p.to.nodes) - 1)
}
