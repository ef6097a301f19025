package object

import (
	"crypto/sha256"
	"runtime/debug"
)

// UnitsExcept returns the units of those objects that skip does not report
// true for, as Units would give them, without those where nothing is left. The
// bases of what is left are read and rebuilt as far as they are needed, but not
// yielded; a pack of which nothing is left is not even opened beyond its index.
//
// skip is called from this goroutine, once for each copy of an object, and pack
// by pack in ascending order of ids, so that it may go through a sorted list.
// It should report true only for objects that were yielded without an error
// before. Damage that belongs to no object, as bytes between the entries of a
// pack, is told again only where its neighbours are visited.
func (s *Store) UnitsExcept(skip func(ID) bool) []Unit {
	s.list()
	picks := make(map[*pack]*pick)
	for _, p := range s.packs {
		if left := p.except(skip); left != nil {
			picks[p] = &pick{want: left}
		}
	}
	var units []Unit
	if len(picks) > 0 {
		units = s.picked(picks)
	}
	var loose []looseObject
	for _, l := range s.loose {
		if !skip(l.id) {
			loose = append(loose, l)
		}
	}
	return append(units, looseUnits(loose)...)
}

// Listing returns a hash that tells which objects the store lists: it changes when
// one comes or goes. It is made of the checksums of the packs' indexes, and so
// needs no look at them. Where a pack has no index of its own it is unknown.
func (s *Store) Listing() (sum [sha256.Size]byte, known bool) {
	s.list()
	h := sha256.New()
	for _, p := range s.packs {
		if p.index == nil || p.index.sum == nil {
			return sum, false
		}
		h.Write(p.index.sum)
	}
	for _, l := range s.loose {
		h.Write(l.id.hash[:])
	}
	h.Sum(sum[:0])
	return sum, true
}

// picked narrows all units of packs.
func (s *Store) picked(picks map[*pack]*pick) (units []Unit) {
	all := s.Units()
	for p, k := range picks {
		k.plant(&p.forest)
	}
	for _, u := range all {
		if k := picks[u.pack]; k != nil {
			if u = k.narrow(u); len(u.starts) > 0 {
				units = append(units, u)
			}
		}
	}
	return units
}

// except returns which positions of the index are not skipped, nil if all are.
// Where the index cannot be read any more nothing is skipped, so that whoever
// visits the objects is told.
func (p *pack) except(skip func(ID) bool) bitset {
	left := newBitset(p.index.n)
	none := true
	fault := p.eachID(func(pos int, id ID) {
		if !skip(id) {
			left.set(pos)
			none = false
		}
	})
	if fault != nil {
		for pos := range p.index.n {
			left.set(pos)
		}
		return left
	}
	if none {
		return nil
	}
	return left
}

// eachID calls f for all lines of the index.
func (p *pack) eachID(f func(pos int, id ID)) (err error) {
	defer unguard(debug.SetPanicOnFault(true), &err)
	for pos := range p.index.n {
		f(pos, p.index.id(pos))
	}
	return nil
}

// A pick says which entries of a pack are wanted. The methods that the Reader
// calls take a nil pick for everything.
type pick struct {
	want bitset // by position in the index, and after plant by entry
	live bitset // by entry: it or something that is built on it is wanted
}

func (k *pick) itself(e int32) bool { return k == nil || k.want.has(int(e)) }

func (k *pick) below(e int32) bool { return k == nil || k.live.has(int(e)) }

// plant turns positions into entries and marks the way to each from where its
// unit begins.
func (k *pick) plant(f *forest) {
	byPos := k.want
	k.want, k.live = newBitset(len(f.pos)), newBitset(len(f.pos))
	for i, pos := range f.pos {
		if !byPos.has(int(pos)) || f.flags[i]&flagCopy != 0 {
			continue
		}
		k.want.set(i)
		for e := int32(i); !k.live.has(int(e)); e = f.base[e] {
			k.live.set(int(e))
			if f.base[e] < 0 || f.flags[e]&(flagCut|flagCycle) != 0 {
				break
			}
		}
	}
}

// narrow leaves out of a unit what is not wanted.
func (k *pick) narrow(u Unit) Unit {
	f := &u.pack.forest
	n := Unit{pack: u.pack, types: u.types, pick: k}
	var open []int32
	for _, start := range u.starts {
		if !k.below(start) {
			continue
		}
		n.starts = append(n.starts, start)
		open = append(open[:0], start)
		for len(open) > 0 {
			e := open[len(open)-1]
			open = open[:len(open)-1]
			off, end := f.extent(e)
			n.size += max(0, end-off)
			if k.itself(e) {
				n.objects++
			}
			for c := f.visit(f.child[e], k); c >= 0; c = f.visit(f.next[c], k) {
				open = append(open, c)
			}
		}
	}
	return n
}

// A bitset holds small numbers.
type bitset []uint64

func newBitset(n int) bitset { return make(bitset, (n+63)/64) }

func (b bitset) has(i int) bool { return b[i>>6]>>(i&63)&1 == 1 }
func (b bitset) set(i int)      { b[i>>6] |= 1 << (i & 63) }
