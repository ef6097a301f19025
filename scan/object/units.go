package object

import (
	"bytes"
	"cmp"
	"runtime/debug"
	"slices"
)

// A Unit is a piece of work: some objects of a store, those of a pack or loose
// ones. The units of a store hold every object once.
type Unit struct {
	pack    *pack
	starts  []int32 // entries; a unit holds what is built on them, too
	pick    *pick   // nil if all of these are wanted
	loose   []looseObject
	types   uint8 // one bit for each type that may occur
	size    int64
	objects int
}

// Has reports whether the unit may hold objects of type t. Deltas are of their
// base's type, so a unit of a pack holds one type; a unit of loose objects, or
// of entries that are damaged, may hold any.
func (u Unit) Has(t Type) bool { return u.types>>t&1 == 1 }

// Objects returns how many objects the unit holds.
func (u Unit) Objects() int { return u.objects }

// Size is a measure of the work: packed bytes, and something for each byte
// that is copied from a base.
func (u Unit) Size() int64 { return u.size }

const (
	unitSize = 4 << 20
	// looseUnit is how many loose objects make a unit.
	looseUnit = 512
	// copyShare is how many bytes can be copied from a base in the time in
	// which one packed byte is inflated. Measured: 16 to 30.
	copyShare = 16
	// rebuildShare is how much larger than the cost of its bases, which have
	// to be rebuilt, a piece must be to be cut off.
	rebuildShare = 32
)

// Units returns the partition of the store, the same one for each call and
// each run on the same files.
func (s *Store) Units() []Unit {
	s.planted.Do(s.partition)
	return s.units
}

func (s *Store) partition() {
	k := s.spare.Get().(*scratch)
	defer s.spare.Put(k)
	s.list()
	for _, p := range s.packs {
		if err := p.plant(k); err != nil {
			s.problem(p.name, err)
		}
	}
	if len(s.packs) > 1 || len(s.packs) == 1 && s.packs[0].index.repeats {
		if err := s.markCopies(); err != nil {
			s.problem("indexes", err)
		}
	}
	for _, p := range s.packs {
		s.units = append(s.units, p.units()...)
	}
	s.units = append(s.units, looseUnits(s.loose)...)
}

func looseUnits(loose []looseObject) (units []Unit) {
	for batch := range slices.Chunk(loose, looseUnit) {
		units = append(units, Unit{loose: batch, types: 0xff, objects: len(batch), size: int64(len(batch)) * 2048})
	}
	return units
}

// indexed is one line of one pack's index.
type indexed struct{ pack, pos int }

// markCopies flags the entries whose object is visited in an earlier pack, or
// earlier in the same one.
func (s *Store) markCopies() (err error) {
	defer unguard(debug.SetPanicOnFault(true), &err)
	copies := make([][]bool, len(s.packs)) // by pack and position
	for i, p := range s.packs {
		copies[i] = make([]bool, p.index.n)
	}
	var lines []indexed
	for first := range 256 {
		lines = s.bucket(lines[:0], byte(first))
		for i := 1; i < len(lines); i++ {
			if bytes.Equal(s.name(lines[i-1]), s.name(lines[i])) {
				copies[lines[i].pack][lines[i].pos] = true
			}
		}
	}
	for i, p := range s.packs {
		for e, pos := range p.forest.pos {
			if copies[i][pos] {
				p.forest.flags[e] |= flagCopy
			}
		}
	}
	return nil
}

func (s *Store) name(l indexed) []byte { return s.packs[l.pack].index.name(l.pos) }

// bucket appends the lines of all indexes whose ids begin with first, sorted
// by id, then pack.
func (s *Store) bucket(lines []indexed, first byte) []indexed {
	for i, p := range s.packs {
		lo, hi := p.index.bucket(first)
		for pos := lo; pos < hi; pos++ {
			lines = append(lines, indexed{i, pos})
		}
	}
	slices.SortFunc(lines, func(a, b indexed) int {
		return cmp.Or(bytes.Compare(s.name(a), s.name(b)), a.pack-b.pack, a.pos-b.pos)
	})
	return lines
}

// units cuts the forest of a pack into pieces of about unitSize.
func (p *pack) units() []Unit {
	f := &p.forest
	pieces := f.cut(f.bases())
	f.size = nil
	var units []Unit
	var open [typeBits + 1]Unit // by type
	flush := func(t Type) {
		if len(open[t].starts) > 0 {
			units = append(units, open[t])
		}
		open[t] = Unit{pack: p, types: 1 << t}
		if t == 0 {
			open[t].types = 0xff
		}
	}
	for t := range Type(len(open)) {
		flush(t)
	}
	for e := range int32(len(f.pos)) {
		if f.base[e] >= 0 && f.flags[e]&(flagCut|flagCycle) == 0 || f.flags[e]&flagSkip != 0 {
			continue
		}
		t := f.typ(e)
		open[t].starts = append(open[t].starts, e)
		open[t].size += pieces[e].weight
		open[t].objects += int(pieces[e].objects)
		if open[t].size >= unitSize {
			flush(t)
		}
	}
	for t := range Type(len(open)) {
		flush(t)
	}
	return units
}

// A piece is an entry with all that is built on it, up to the cuts.
type piece struct {
	weight  int64
	objects int32 // those that are visited here
	depth   int32 // bases below the entry
}

// cut decides where families are divided: where a piece would grow over
// unitSize, unless it costs too much to rebuild the bases a second time.
func (f *forest) cut(order []int32) []piece {
	pieces := make([]piece, len(f.pos))
	for e := range pieces {
		off, end := f.extent(int32(e))
		pieces[e].weight = max(0, end-off) + int64(f.size[e])/copyShare
		if f.flags[e]&flagCopy == 0 {
			pieces[e].objects = 1
		}
	}
	for _, e := range order {
		if b := f.base[e]; b >= 0 {
			pieces[e].depth = pieces[b].depth + 1
		}
	}
	for _, e := range slices.Backward(order) {
		p, b := pieces[e], f.base[e]
		if p.objects == 0 {
			f.flags[e] |= flagSkip
		}
		if b < 0 {
			continue
		}
		rebuild := int64(p.depth) * int64(f.size[e]) / copyShare
		if p.weight > unitSize/8 && p.weight+pieces[b].weight > unitSize && p.weight > rebuildShare*rebuild {
			f.flags[e] |= flagCut
			continue
		}
		pieces[b].weight += p.weight
		pieces[b].objects += p.objects
	}
	return pieces
}
