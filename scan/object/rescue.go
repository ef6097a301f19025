package object

import (
	"encoding/binary"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
)

// A pack whose index is missing or damaged is read front to back: entries
// follow one another without gaps, and ids come from hashing. After a damaged
// entry the next one is found by trying.

// rescueAll makes indexes for the packs that have none.
func (s *Store) rescueAll() {
	for _, p := range s.packs {
		if p.index == nil {
			n := rescuer{store: s, pack: p, waiting: make(map[ID][]int32)}
			n.run()
		}
	}
}

type rescuer struct {
	store   *Store
	pack    *pack
	offs    []int64 // of the entries that can be decoded
	waiting map[ID][]int32
	told    []bool // the entry was reported
	reports int
}

// maxReports is how many problems of one pack are told one by one.
const maxReports = 100

// report tells what is lost at an offset, up to maxReports times.
func (n *rescuer) report(off int64, err error) {
	if n.reports++; n.reports <= maxReports {
		n.store.problem(n.pack.name, &DamageError{Pack: n.pack.name, Offset: off, Err: err})
	}
}

func (n *rescuer) run() {
	n.findEntries()
	x := &index{n: len(n.offs), hashSize: n.store.opts.HashSize, madeOff: n.offs}
	x.made, n.told = make([]ID, x.n), make([]bool, x.n)
	for i := range x.made {
		x.made[i].size = uint8(x.hashSize)
	}
	n.pack.index = x
	n.link()
	n.name()
	n.finish()
	if more := n.reports - maxReports; more > 0 {
		n.store.problem(n.pack.name, damagedf("%d more places like these", more))
	}
}

// findEntries fills offs.
func (n *rescuer) findEntries() {
	k := n.store.spare.Get().(*scratch)
	defer n.store.spare.Put(k)
	p := n.pack
	budget := int64(4 << 30) // bytes that may be decoded while searching
	for off := int64(packHead); off < p.end; {
		next, err := n.try(k, off)
		if err == nil {
			n.offs = append(n.offs, off)
			off = next
			continue
		}
		resumed := n.resync(k, off+1, &budget)
		n.report(off, fmt.Errorf("%d bytes cannot be read: %w", resumed-off, err))
		off = resumed
	}
	if err := n.checkCount(); err != nil {
		n.store.problem(p.name, err)
	}
}

// checkCount compares what was found with what the pack says.
func (n *rescuer) checkCount() (err error) {
	defer unguard(debug.SetPanicOnFault(true), &err)
	var buf []byte
	head, err := n.pack.content.at(0, packHead, &buf)
	if err != nil {
		return err
	}
	if count := binary.BigEndian.Uint32(head[8:]); int64(count) != int64(len(n.offs)) {
		return damagedf("the pack counts %d objects, %d were found", count, len(n.offs))
	}
	return nil
}

// resync returns the first offset from off on where an entry can be decoded,
// or the end. Every try takes its size off the budget.
func (n *rescuer) resync(k *scratch, off int64, budget *int64) int64 {
	for ; off < n.pack.end && *budget > 0; off++ {
		size := plausible(k, n.pack, off, n.store.opts.HashSize)
		if size < 0 {
			continue
		}
		if end, err := n.try(k, off); err == nil {
			return n.likeliest(k, off, end)
		}
		*budget -= min(size, trusted)
	}
	return n.pack.end
}

// likeliest chooses between several readings of the head before the same
// compressed data: the bytes that end the damaged entry may by chance make a
// head that is longer than the true one.
func (n *rescuer) likeliest(k *scratch, off, end int64) int64 {
	best, bestRank := off, n.rank(k, off)
	for other := off + 1; other < min(end, off+maxEntryHead); other++ {
		rank := n.rank(k, other)
		if rank <= bestRank {
			continue
		}
		if otherEnd, err := n.try(k, other); err == nil && otherEnd == end {
			best, bestRank = other, rank
		}
	}
	return best
}

// rank says how much speaks for an entry's head: most for a base offset that
// hits an entry, least for an id that can be any bytes.
func (n *rescuer) rank(k *scratch, off int64) int {
	if plausible(k, n.pack, off, n.store.opts.HashSize) < 0 {
		return -1
	}
	h, err := k.safeHead(n.pack, off, n.store.opts.HashSize)
	switch {
	case err != nil:
		return -1
	case h.kind == kindRef:
		return 1
	case h.kind != kindOffset:
		return 2
	}
	if _, ok := slices.BinarySearch(n.offs, off-h.back); ok {
		return 3
	}
	return 0
}

// try decodes the entry at off and returns where it ends.
func (n *rescuer) try(k *scratch, off int64) (end int64, err error) {
	defer unguard(debug.SetPanicOnFault(true), &err)
	h, err := k.head(n.pack, off, n.store.opts.HashSize)
	if err != nil {
		return 0, err
	}
	_, end, err = k.inflateAt(n.pack, off, h)
	return end, err
}

// plausible looks at the first bytes at off, and returns the size that an
// entry there declares; -1 if there is none for certain.
func plausible(k *scratch, p *pack, off int64, hashSize int) (size int64) {
	var err error
	defer unguard(debug.SetPanicOnFault(true), &err)
	h, err := k.head(p, off, hashSize)
	if err != nil {
		return -1
	}
	b, err := p.content.at(off+int64(h.len), 2, &k.win)
	if err != nil || b[0]&0x8f != 8 || (uint(b[0])<<8|uint(b[1]))%31 != 0 {
		return -1
	}
	return h.size
}

// link plants the forest of entries that have no ids yet.
func (n *rescuer) link() {
	k := n.store.spare.Get().(*scratch)
	defer n.store.spare.Put(k)
	n.pack.forest = newForest(n.pack.index, n.pack.end)
	f := &n.pack.forest
	for e := range int32(len(f.pos)) {
		if err := n.pack.plantEntry(k, e); err != nil {
			f.flags[e], f.base[e] = flagDamaged, noBase
			continue
		}
		if f.base[e] == outside {
			if h, err := k.safeHead(n.pack, f.offs[e], n.store.opts.HashSize); err == nil {
				n.waiting[h.base] = append(n.waiting[h.base], e)
			}
		}
	}
	f.link()
}

// name hashes what can be rebuilt: first the families that begin with a whole
// object, then those whose base is not in this pack.
func (n *rescuer) name() {
	r := n.store.NewReader()
	f := &n.pack.forest
	for _, base := range []int32{noBase, outside} {
		for e := range int32(len(f.pos)) {
			if f.base[e] != base || f.flags[e]&flagDamaged != 0 || !n.pack.index.made[e].IsZero() {
				continue
			}
			r.spent = 0
			r.family(n.pack, e, anyType, func(o Object, err error) bool {
				return n.named(r, o, err)
			})
		}
	}
}

// named takes the next object of a family. The entry is the one whose turn it
// is, which the object cannot say.
func (n *rescuer) named(r *Reader, o Object, err error) bool {
	e := r.current
	if err != nil {
		n.told[e] = true
		n.report(n.pack.forest.offs[e], errors.Unwrap(err))
		return true
	}
	id := n.store.Hash(o.Type, o.Data)
	n.pack.index.made[e] = id
	f := &n.pack.forest
	for _, c := range slices.Backward(n.waiting[id]) {
		if f.base[c] == outside {
			f.base[c] = e
			f.next[c], f.child[e] = f.child[e], c
		}
	}
	delete(n.waiting, id)
	return true
}

// finish sorts the index by id and leaves out what has none.
func (n *rescuer) finish() {
	type line struct {
		id  ID
		off int64
	}
	x := n.pack.index
	lines := make([]line, 0, x.n)
	for i, id := range x.made {
		if id.IsZero() {
			if !n.told[i] {
				n.report(x.madeOff[i], damagedf("the base cannot be found"))
			}
			continue
		}
		lines = append(lines, line{id, x.madeOff[i]})
	}
	slices.SortFunc(lines, func(a, b line) int { return a.id.Compare(b.id) })
	x.n, x.made, x.madeOff = len(lines), make([]ID, len(lines)), make([]int64, len(lines))
	for i, l := range lines {
		x.made[i], x.madeOff[i] = l.id, l.off
		x.repeats = x.repeats || i > 0 && x.made[i-1] == l.id
	}
	n.pack.forest = forest{}
}
