package object

import (
	"encoding/binary"
	"runtime/debug"
)

// A Presence tells which objects a store lists, at the cost of one look into memory.
// It keeps eight bytes for each object, and half of an id: of 4 billion objects that
// are not there it takes one for present.
type Presence struct {
	slots []uint32 // the second four bytes of an id; 0 for a free slot
	empty [2]ID    // the tree and the blob without content, which need not be stored
}

// Presence lists what the store has now. It is nil where the store is known to lack
// something, or has problems, for then much may be missing that was told already.
func (s *Store) Presence() (p *Presence) {
	s.Units() // lists everything
	if s.partial || len(s.Problems()) > 0 {
		return nil
	}
	n := len(s.loose)
	for _, k := range s.packs {
		n += k.index.n
	}
	p = &Presence{slots: make([]uint32, 2*n+1), empty: [2]ID{s.Hash(Tree, nil), s.Hash(Blob, nil)}}
	for _, l := range s.loose {
		p.add(l.id)
	}
	for _, k := range s.packs {
		if err := p.addPack(k, s.opts.HashSize); err != nil {
			return nil // the scan of its objects tells
		}
	}
	return p
}

func (p *Presence) addPack(k *pack, hashSize int) (err error) {
	defer unguard(debug.SetPanicOnFault(true), &err)
	for i := range k.index.n {
		p.add(idFrom(k.index.name(i), hashSize))
	}
	return nil
}

// slot returns where the search for an id begins and what it searches.
func (p *Presence) slot(id *ID) (at int, tag uint32) {
	first := binary.BigEndian.Uint32(id.hash[:])
	return int(uint64(first) * uint64(len(p.slots)) >> 32), max(1, binary.BigEndian.Uint32(id.hash[4:]))
}

func (p *Presence) add(id ID) {
	at, tag := p.slot(&id)
	for p.slots[at] != 0 {
		if at++; at == len(p.slots) {
			at = 0
		}
	}
	p.slots[at] = tag
}

// Has reports whether the store lists an object.
func (p *Presence) Has(id ID) bool {
	at, tag := p.slot(&id)
	for p.slots[at] != 0 {
		if p.slots[at] == tag {
			return true
		}
		if at++; at == len(p.slots) {
			at = 0
		}
	}
	return id == p.empty[0] || id == p.empty[1]
}
