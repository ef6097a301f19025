package object

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"slices"
)

// A pack whose index is missing or damaged is read front to back: entries
// follow one another without gaps, and ids come from hashing. After a damaged
// entry the next one is found by trying.

// maxRounds bounds how often packs are gone through for bases that others of
// them hold, and with it how many times a chain of deltas may change over from
// pack to pack.
const maxRounds = 64

// rescueAll makes indexes for the packs that have none. Such packs may be built
// on one another.
func (s *Store) rescueAll() {
	var all []*rescuer
	for _, p := range s.packs {
		if p.index == nil {
			n := newRescuer(s, p)
			n.findEntries()
			n.begin()
			all = append(all, n)
		}
	}
	for range maxRounds {
		named := 0
		for _, n := range all {
			named += n.round(n.found)
		}
		if named == 0 {
			break
		}
	}
	for _, n := range all {
		n.round(n.any) // tells what is missing
		n.finish()
	}
}

func newRescuer(s *Store, p *pack) *rescuer {
	return &rescuer{store: s, pack: p, waiting: make(map[ID][]int32), stopped: func() bool { return false }}
}

type rescuer struct {
	store   *Store
	pack    *pack
	offs    []int64 // of the entries that can be decoded
	waiting map[ID][]int32
	told    []bool // the entry was reported
	named   int    // how many entries have an id
	rounds  int
	reports int
	large   map[int64]ID // by offset, of entries that cannot be held: ids, but of deltas
	stopped func() bool
}

// maxReports is how many problems of one pack are told one by one.
const maxReports = 100

// report tells what is lost at an offset, up to maxReports times.
func (n *rescuer) report(off int64, err error) {
	if n.reports++; n.reports <= maxReports {
		n.store.problem(n.pack.name, &DamageError{Pack: n.pack.name, Offset: off, Err: err})
	}
}

// begin names those of the entries that were found that are built on nothing else.
func (n *rescuer) begin() {
	x := &index{n: len(n.offs), hashSize: n.store.opts.HashSize, madeOff: n.offs}
	x.made, n.told = make([]ID, x.n), make([]bool, x.n)
	for i := range x.made {
		x.made[i].size = uint8(x.hashSize)
	}
	n.pack.index = x
	n.link()
	n.name(func(e int32) bool { return n.pack.forest.base[e] == noBase })
	n.publish()
}

// round names what is built on an object outside the pack, and returns how many
// entries have an id now that had none.
func (n *rescuer) round(ready func(e int32) bool) int {
	before := n.named
	n.rounds++
	n.name(ready)
	if n.named > before {
		n.publish()
	}
	return n.named - before
}

// found reports whether an entry is built on an object outside the pack that
// can be found by now. Loose objects are all there from the first round on.
func (n *rescuer) found(e int32) bool {
	if n.pack.forest.base[e] != outside {
		return false
	}
	k := n.store.spare.Get().(*scratch)
	defer n.store.spare.Put(k)
	id, err := k.safeBase(n.pack, n.pack.forest.offs[e], n.store.opts.HashSize)
	if err != nil {
		return false
	}
	for _, p := range n.store.packs {
		if _, ok := p.lookup(id); ok {
			return true
		}
	}
	return n.rounds == 1 && slices.ContainsFunc(n.store.dirs, func(dir string) bool {
		_, err := os.Lstat(loosePath(dir, id))
		return err == nil
	})
}

// any takes every entry that is built on an object outside the pack.
func (n *rescuer) any(e int32) bool { return n.pack.forest.base[e] == outside }

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
		if p.leftover && p.end-off == int64(n.store.opts.HashSize) {
			break // all but named: it has its trailer
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
func (n *rescuer) checkCount() error {
	count, err := n.pack.count()
	switch {
	case err != nil:
		return err
	case n.pack.leftover && count < int64(len(n.offs)):
		return nil // the count is written last
	case count != int64(len(n.offs)):
		return damagedf("the pack counts %d objects, %d were found", count, len(n.offs))
	}
	return nil
}

// count is how many objects the pack says it has.
func (p *pack) count() (n int64, err error) {
	defer unguard(debug.SetPanicOnFault(true), &err)
	var buf []byte
	head, err := p.content.at(0, packHead, &buf)
	if err != nil {
		return 0, err
	}
	return int64(binary.BigEndian.Uint32(head[8:])), nil
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
	var err error
	if n.pack.forest, err = newForest(n.pack.index, n.pack.end); err != nil {
		n.store.problem(n.pack.name, err)
	}
	f := &n.pack.forest
	n.pack.plantEntries(k)
	for e := range int32(len(f.pos)) {
		if f.base[e] == outside {
			if id, err := k.safeBase(n.pack, f.offs[e], n.store.opts.HashSize); err == nil {
				n.waiting[id] = append(n.waiting[id], e)
			}
		}
	}
	f.link()
}

// name rebuilds and hashes the families that begin with an entry that is ready
// and has no id yet.
func (n *rescuer) name(ready func(e int32) bool) {
	r := n.store.NewReader()
	defer r.unwind()
	f := &n.pack.forest
	for e := range int32(len(f.pos)) {
		if n.stopped() {
			return
		}
		if f.flags[e]&flagDamaged != 0 || n.told[e] || !n.pack.index.made[e].IsZero() || !ready(e) {
			continue
		}
		r.spent = 0
		r.family(n.pack, e, anyType, func(o Object, err error) bool {
			n.take(r.current, o, err)
			return !n.stopped()
		})
	}
}

// take names an entry that was built.
func (n *rescuer) take(e int32, o Object, err error) {
	if n.large != nil && errors.Is(err, ErrLimit) {
		return // it is rebuilt on the disk
	}
	if err != nil {
		n.told[e] = true
		n.report(n.pack.forest.offs[e], errors.Unwrap(err))
		return
	}
	n.call(e, n.store.Hash(o.Type, o.Data))
}

// call gives an entry its id, and links those that wait for it to it.
func (n *rescuer) call(e int32, id ID) {
	n.pack.index.made[e] = id
	n.named++
	f := &n.pack.forest
	for _, c := range slices.Backward(n.waiting[id]) {
		if f.base[c] == outside {
			f.base[c] = e
			f.next[c], f.child[e] = f.child[e], c
		}
	}
	delete(n.waiting, id)
}

// publish lets others find what has an id so far.
func (n *rescuer) publish() {
	type line struct {
		id  ID
		off int64
	}
	from := n.pack.index
	lines := make([]line, 0, n.named)
	for i, id := range from.made {
		if !id.IsZero() {
			lines = append(lines, line{id, from.madeOff[i]})
		}
	}
	slices.SortFunc(lines, func(a, b line) int { return a.id.Compare(b.id) })
	x := &index{n: len(lines), hashSize: from.hashSize, made: make([]ID, len(lines)), madeOff: make([]int64, len(lines))}
	for i, l := range lines {
		x.made[i], x.madeOff[i] = l.id, l.off
		x.repeats = x.repeats || i > 0 && x.made[i-1] == l.id
	}
	n.pack.found = x
}

// finish makes what was found the pack's index, and tells what has no id.
func (n *rescuer) finish() {
	x := n.pack.index
	for i, id := range x.made {
		if id.IsZero() && !n.told[i] {
			n.report(x.madeOff[i], damagedf("the base cannot be found"))
		}
	}
	if more := n.reports - maxReports; more > 0 {
		n.store.problem(n.pack.name, damagedf("%d more places like these", more))
	}
	n.pack.index, n.pack.found, n.pack.forest = n.pack.found, nil, forest{}
}
