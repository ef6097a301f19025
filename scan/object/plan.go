package object

import "runtime/debug"

const (
	// planned is how many entries are looked ahead: enough for waits to overlap,
	// and few enough for what was loaded to be still near. Measured: 64 and 128
	// are alike, 16 and 32 are slower.
	planned = 64
	// Of each entry so much is brought near, a line of the processor's caches at
	// a time. Most deltas are shorter.
	nearBytes = 256
	cacheLine = 64
)

// A plan holds what the next entries of a walk need from memory. Entries are
// visited family by family while an index is sorted by id and a pack by
// neither, so almost every load would be waited for. A plan loads for many
// entries at once, so that the waits overlap. It is no more than a guess: the
// walk does not follow it, and reads for itself what is not there.
type plan struct {
	starts  []int32 // those of the unit, from the family being visited on
	entries [planned]int32
	lines   [planned]line
	n, at   int
	sum     byte // of what is loaded early only to be near; without it the compiler would not load
}

// A line is what an index says of an entry.
type line struct {
	id  ID
	crc uint32 // 0 if there is none
}

// begin forgets what was planned.
func (l *plan) begin() { l.n, l.at = 0, 0 }

// take returns the line of the entry that is visited now, or nil where it has
// to be read.
func (l *plan) take(p *pack, e int32, k *pick) *line {
	if p.index.made != nil { // its ids may change at any time
		return nil
	}
	if l.at == l.n || l.entries[l.at] != e {
		l.make(&p.forest, e, k)
		if l.fetch(p) != nil {
			l.n, l.at = 0, 0
			return nil
		}
	}
	l.at++
	return &l.lines[l.at-1]
}

// make lists the entries that will be visited from e on.
func (l *plan) make(f *forest, e int32, k *pick) {
	starts := l.starts
	for l.n, l.at = 0, 0; l.n < planned; l.n++ {
		l.entries[l.n] = e
		if e = f.after(e, starts[0], k); e >= 0 {
			continue
		}
		if starts = starts[1:]; len(starts) == 0 {
			l.n++
			return
		}
		e = starts[0]
	}
}

// after returns the entry that is visited after e in the family of start, or
// noBase.
func (f *forest) after(e, start int32, k *pick) int32 {
	next := f.visit(f.child[e], k)
	for next < 0 && e != start {
		next = f.visit(f.next[e], k)
		e = f.base[e]
	}
	return next
}

// fetch loads the lines of the entries, and touches the entries themselves.
func (l *plan) fetch(p *pack) (err error) {
	defer unguard(debug.SetPanicOnFault(true), &err)
	for i, e := range l.entries[:l.n] {
		at := int(p.forest.pos[e])
		l.lines[i].id.set(p.index.name(at), p.index.hashSize)
		l.lines[i].crc, _ = p.index.crc(at)
	}
	data := p.content.data
	for _, e := range l.entries[:l.n] {
		end := min(p.forest.offs[e+1], p.forest.offs[e]+nearBytes, int64(len(data)))
		for at := p.forest.offs[e]; at < end; at += cacheLine {
			l.sum += data[at]
		}
	}
	return nil
}
