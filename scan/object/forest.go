package object

import (
	"fmt"
	"math"
	"math/bits"
	"runtime/debug"
	"sort"
)

// A forest is the order of a pack's entries by offset, and which of them are
// built on which. Entries are numbered by offset.
type forest struct {
	offs  []int64  // ascending; one more than entries: the end of the last
	pos   []uint32 // position in the index
	base  []int32  // number of the base, or noBase, or outside
	child []int32  // first child, or noBase
	next  []int32  // next child of the same base, or noBase
	flags []uint8
	size  []uint32 // bytes of whole objects, at most 4 GiB; only while units are made
}

const (
	noBase  = -1
	outside = -2 // named by id, and not in this pack
)

// Flags of an entry; the lowest three bits are its type, 0 where that is known
// only when the base is.
const (
	typeBits    = 7
	flagCopy    = 8   // the object is visited elsewhere
	flagCut     = 16  // a unit begins here, though the entry is a delta
	flagSkip    = 32  // nothing below, up to the cuts, has to be visited
	flagDamaged = 64  // head or base cannot be made out
	flagCycle   = 128 // built on itself
)

func (f *forest) typ(e int32) Type { return Type(f.flags[e] & typeBits) }

// search returns the first entry at off.
func (f *forest) search(off int64) (int32, bool) {
	n := len(f.pos)
	i := sort.Search(n, func(i int) bool { return f.offs[i] >= off })
	return int32(i), i < n && f.offs[i] == off
}

// searchBack is search for an offset that lies before that of e, near by as a
// rule.
func (f *forest) searchBack(e int32, off int64) (int32, bool) {
	lo, hi := int(e), int(e)
	for step := 1; lo > 0 && f.offs[lo] > off; step *= 2 {
		hi = lo
		lo = max(0, lo-step)
	}
	i := lo + sort.Search(hi-lo, func(i int) bool { return f.offs[lo+i] >= off })
	return int32(i), f.offs[i] == off && i < int(e)
}

// extent returns where an entry begins, and where the next one does.
func (f *forest) extent(e int32) (off, end int64) {
	off = f.offs[e]
	for end = off; end == off && int(e) < len(f.pos); end = f.offs[e] {
		e++
	}
	return off, end
}

// plant orders the entries and reads their heads. An error means that the
// index could not be read any more.
func (p *pack) plant(k *scratch) (err error) {
	defer unguard(debug.SetPanicOnFault(true), &err)
	if p.forest, err = newForest(p.index, p.end); err != nil {
		return err
	}
	p.plantEntries(k)
	p.forest.link()
	return nil
}

// newForest sorts the entries of an index. Those that claim to lie behind the
// end count as lying there.
func newForest(x *index, end int64) (forest, error) {
	shift := bits.Len(uint(x.n))
	if bits.Len64(uint64(end))+shift > 64 {
		return forest{}, fmt.Errorf("%w: %d objects in a pack of %d bytes", ErrLimit, x.n, end)
	}
	lines := make([]uint64, x.n) // offset, and below it the position in the index
	for i := range lines {
		lines[i] = uint64(min(x.offset(i), end))<<shift | uint64(i)
	}
	f := forest{
		offs: make([]int64, x.n+1), pos: make([]uint32, x.n), base: make([]int32, x.n),
		child: make([]int32, x.n), next: make([]int32, x.n), flags: make([]uint8, x.n), size: make([]uint32, x.n),
	}
	for i, l := range sortAbove(lines, shift) {
		f.offs[i], f.pos[i] = int64(l>>shift), uint32(l&(1<<shift-1))
	}
	f.offs[x.n] = end
	return f, nil
}

// sortAbove sorts by the bits from the given one up, by radix from the lowest
// digit: an index may have millions of lines. Lines that are alike in these
// bits keep their order.
func sortAbove(lines []uint64, from int) []uint64 {
	const digit = 11 // bits
	largest := uint64(0)
	for _, l := range lines {
		largest = max(largest, l)
	}
	other := make([]uint64, len(lines))
	for shift := from; largest>>shift > 0; shift += digit {
		var at [1 << digit]int
		for _, l := range lines {
			at[l>>shift&(1<<digit-1)]++
		}
		sum := 0
		for i, n := range at {
			at[i], sum = sum, sum+n
		}
		for _, l := range lines {
			d := l >> shift & (1<<digit - 1)
			other[at[d]] = l
			at[d]++
		}
		lines, other = other, lines
	}
	return lines
}

// plantEntries sets base and type of all entries.
func (p *pack) plantEntries(k *scratch) {
	f := &p.forest
	for e := int32(0); int(e) < len(f.pos); e++ {
		if err := p.plantFrom(k, &e); err != nil {
			f.flags[e] |= flagDamaged
			f.base[e] = noBase
		}
	}
}

// plantFrom plants the entries from e on, up to the first that cannot be
// planted or the last. It leaves e there.
func (p *pack) plantFrom(k *scratch, e *int32) (err error) {
	defer unguard(debug.SetPanicOnFault(true), &err)
	for last := int32(len(p.forest.pos)) - 1; ; *e++ {
		if err := p.plantEntry(k, *e); err != nil || *e >= last {
			return err
		}
	}
}

// plantEntry sets base and type of one entry. Callers must be prepared for a
// fault.
func (p *pack) plantEntry(k *scratch, e int32) error {
	f := &p.forest
	h, err := k.head(p, f.offs[e], p.index.hashSize)
	if err != nil {
		return err
	}
	switch h.kind {
	case kindOffset:
		b, ok := f.searchBack(e, f.offs[e]-h.back)
		if !ok {
			return damagedf("no entry at the base offset")
		}
		f.base[e] = b
	case kindRef:
		f.base[e] = outside
		id, err := k.baseID(p, f.offs[e], h, p.index.hashSize)
		if err != nil {
			return err
		}
		if pos, ok := p.index.find(id); ok {
			if b, ok := f.search(p.index.offset(pos)); ok {
				f.base[e] = b
			}
		}
	default:
		f.base[e] = noBase
		f.flags[e] |= h.kind
		f.size[e] = uint32(min(h.size, math.MaxUint32))
	}
	return nil
}

// link fills child and next, so that children come in the order of offsets.
func (f *forest) link() {
	for e := range f.child {
		f.child[e], f.next[e] = noBase, noBase
	}
	for e := int32(len(f.pos)) - 1; e >= 0; e-- {
		if b := f.base[e]; b >= 0 {
			f.next[e], f.child[b] = f.child[b], e
		}
	}
}

// bases returns all entries in an order in which a base comes before what is
// built on it, hands down type and size, and marks what is in no such order.
func (f *forest) bases() []int32 {
	order, ok := f.byOffset()
	if !ok {
		order = f.byDepth(order[:0])
	}
	for _, e := range order {
		if b := f.base[e]; b >= 0 {
			f.flags[e] |= f.flags[b] & typeBits
			f.size[e] = f.size[b]
		}
	}
	if len(order) < len(f.pos) {
		f.markCycles(order)
	}
	return order
}

// byOffset returns the entries as they lie in the pack, and whether all bases
// come first then. They do in most packs, and memory is read in order.
func (f *forest) byOffset() (order []int32, ok bool) {
	order, ok = make([]int32, len(f.pos)), true
	for e, b := range f.base {
		order[e] = int32(e)
		ok = ok && b < int32(e)
	}
	return order, ok
}

// byDepth appends the entries without a base, what is built on these, and so
// on. Cycles are left out.
func (f *forest) byDepth(order []int32) []int32 {
	for e, b := range f.base {
		if b < 0 {
			order = append(order, int32(e))
		}
	}
	for i := 0; i < len(order); i++ {
		for c := f.child[order[i]]; c >= 0; c = f.next[c] {
			order = append(order, c)
		}
	}
	return order
}

// markCycles flags every entry that order does not hold.
func (f *forest) markCycles(order []int32) {
	reached := make([]bool, len(f.pos))
	for _, e := range order {
		reached[e] = true
	}
	for e, ok := range reached {
		if !ok {
			f.flags[e] |= flagCycle
		}
	}
}
