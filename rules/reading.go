package rules

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"math/bits"
	"slices"
)

// A Reading is what a Set has seen in one text, before it is decided which of
// the matches that overlap stay. It holds offsets only. A Reading is good for
// the next text that is an edit of this one: see [Set.Reread].
type Reading struct {
	size  int // of the text
	found []sighting
	alike []alike // ordered by start
	far   []far
}

// A sighting is a match and the offset of the literal that led to it.
type sighting struct {
	hit   int
	match Match
	far   bool // it depends on more than what is near its literal
}

// A far is a literal at which a rule looks beyond the literal's line.
type far struct {
	start, end int // of the literal
	from, to   int // what the rule may have seen
	rule       int
}

// A Copy says that Len bytes of the text before the edit, from From on, stand at
// To afterwards.
type Copy struct{ From, To, Len int }

// Read fills r with what the rules see in data.
func (s *Set) Read(r *Reading, data []byte) {
	v := s.visit(r, data)
	v.look(0, len(data))
	s.leave(v)
}

// Reread fills r with what the rules see in data, which is an edit of the text
// that base was read from: all that is not in copies is new. copies are ascending
// by To and do not overlap there. What is seen is the same that Read sees, but
// only the lines that the edit touched are looked at.
//
// That works because a rule decides by what is near its literal. Patterns see
// one line, save those that can match a line break; grammars see their reach.
// So what was seen in lines that were copied as a whole is carried over, unless it
// rests on more than a line and not all of that was copied.
func (s *Set) Reread(r, base *Reading, data []byte, copies []Copy) {
	v := s.visit(r, data)
	v.compare(base.size, copies)
	done := 0 // the lines before are read
	for _, c := range v.changes {
		// Nothing is gone through twice, however many changes a long line has.
		from := done
		if c.from > done {
			from = done + wholeLine(data[done:], c.from-done)
		}
		v.carry(base, c.before, done, from)
		if c.to >= done {
			done = restOfLine(data, c.to)
		}
		v.look(from, done)
	}
	v.carry(base, v.last, done, len(data))
	if len(r.far) > 0 { // what they brought came later than what lies near them
		slices.SortStableFunc(r.found, func(a, b sighting) int { return a.hit - b.hit })
		slices.SortStableFunc(r.alike, func(a, b alike) int { return a.start - b.start })
	}
	s.leave(v)
}

// wholeLine returns the start of the line that offset i of data is on.
// It looks at eight bytes at a time, which bytes.LastIndexByte does not.
func wholeLine(data []byte, i int) int {
	const ones, low = 0x0101010101010101, 0x7f7f7f7f7f7f7f7f
	for ; i >= 8; i -= 8 {
		x := binary.LittleEndian.Uint64(data[i-8:]) ^ '\n'*ones
		if zero := ^((x&low + low) | x | low); zero != 0 { // the high bit of each byte that was a newline
			return i - bits.LeadingZeros64(zero)/8
		}
	}
	for i > 0 && data[i-1] != '\n' {
		i--
	}
	return i
}

// restOfLine returns the end of the line that offset i of data is on.
func restOfLine(data []byte, i int) int {
	if n := bytes.IndexByte(data[i:], '\n'); n >= 0 {
		return i + n
	}
	return len(data)
}

// Matches appends to dst the matches of a reading of data that stay, ordered by
// Start; they do not overlap. Pairs are found here, after all of the text was
// read, so that a half may stand on any line near the other.
func (s *Set) Matches(dst []Match, r *Reading, data []byte) []Match {
	first := len(dst)
	for i := range r.found {
		dst = append(dst, r.found[i].match)
	}
	if len(dst) == first && s.free == nil {
		return dst
	}
	found := r.resolve(s.accompanied(data, dst[first:]))
	s.pair(data, found)
	found = s.unlisted(data, found)
	if s.free != nil && !hasNUL(data) {
		found = s.free.merge(found, s.free.find(data))
	}
	return append(dst[:first], found...)
}

// unlisted drops the matches that the lists of their rules allow, and notes on the
// others which lists count.
func (s *Set) unlisted(data []byte, found []Match) []Match {
	if !s.listed {
		return found
	}
	kept := found[:0]
	var lines lineMemory
	for _, m := range found {
		r := s.lookup(m.Rule.ID)
		lines.find(data, m.Start)
		if r.Free != nil || r.judgeText(&m, quote(data, &m, lines.from, m.End, &lines)) {
			kept = append(kept, m)
		}
	}
	return kept
}

// single returns the matches of a reading without pairing them: that is done where
// the text that was decoded stands, with what stands beside it.
func (r *Reading) single() []Match {
	var found []Match
	for i := range r.found {
		found = append(found, r.found[i].match)
	}
	return r.resolve(found)
}

// resolve orders the matches of r and drops those that overlap a better one.
func (r *Reading) resolve(found []Match) []Match {
	found = resolve(found)
	if len(r.alike) > 0 {
		slices.SortStableFunc(r.alike, func(a, b alike) int { return cmp.Or(a.start-b.start, cmp.Compare(a.rule.ID, b.rule.ID)) })
		doubtAlike(found, r.alike)
	}
	return found
}

// A visit is the making of one reading; it is reused.
type visit struct {
	set     *Set
	reading *Reading
	passing Reading // what reading is where nobody keeps it
	data    []byte
	hits    []hit
	done    []int // by rule: the offset up to which its windows were searched
	touched []int // rules for which done is not 0
	changes []change
	last    Copy
	mark    mark                     // in the text before: where the next copy begins
	tried   []int                    // literals of the text before that are tried again
	line    struct{ start, end int } // of the last hit

	depth   int        // coats that data wore
	escaped [coats]int // offsets up to which escapes were decoded; see tryEscapes
	text    []byte     // memory for what is decoded
	named   []byte     // the same with what stands around it

	witness   *witness    // is told of all that is done, unless it is nil
	proposals int         // how many there were
	recent    [4]proposal // the last of them, at their number modulo the length
}

// visit begins to make a reading; r is nil where nobody keeps it.
func (s *Set) visit(r *Reading, data []byte) *visit {
	v := s.visits.Get().(*visit)
	if r == nil {
		r = &v.passing
	}
	r.size, r.found, r.alike, r.far = len(data), r.found[:0], r.alike[:0], r.far[:0]
	v.reading, v.data = r, data
	v.line.start, v.line.end = 0, -1
	v.depth, v.escaped = 0, [coats]int{}
	v.mark = mark{}
	return v
}

// leave ends a visit. The text is not held on to.
func (s *Set) leave(v *visit) {
	for _, i := range v.touched {
		v.done[i] = 0
	}
	v.touched = v.touched[:0]
	v.proposals = 0
	v.reading, v.data = nil, nil
	s.visits.Put(v)
}

// look tries every literal in data[from:to].
func (v *visit) look(from, to int) {
	v.lookLiterals(from, to)
	if v.depth < v.set.coats {
		v.lookCoats(from, to)
	}
}

// stretch is how many bytes are searched for literals before these are tried: few
// enough that the text is still in a cache near by, and that a text full of keywords
// does not fill memory with their places.
const stretch = 64 << 10

func (v *visit) lookLiterals(from, to int) {
	for ; from < to; from += stretch {
		end := min(from+stretch, to)
		v.hits = v.set.literals.find(v.hits[:0], v.data[from:min(end+maxLiteral-1, to)])
		if len(v.hits) > 0 {
			v.tryAll(from, end)
		}
	}
}

// tryAll tries the literals that were hit, counted from base, and that begin before end.
func (v *visit) tryAll(base, end int) {
	// Of keywords that start at one place the shorter comes first: its window
	// holds that of the longer.
	slices.SortFunc(v.hits, func(a, b hit) int { return cmp.Or(a.start-b.start, a.end-b.end, a.entry-b.entry) })
	for _, h := range v.hits {
		if base+h.start >= end {
			return // the next stretch has them, too
		}
		for _, i := range v.set.literals.entries[h.entry].rules {
			v.try(i, base+h.start, base+h.end)
		}
	}
}

func (v *visit) found(hit int, m Match, far bool) {
	v.reading.found = append(v.reading.found, sighting{hit, m, far})
}

// searched notes that the windows of a rule are done up to an offset.
func (v *visit) searched(rule, offset int) {
	if v.done[rule] == 0 {
		v.touched = append(v.touched, rule)
	}
	v.done[rule] = max(v.done[rule], offset)
}

// findLine finds the line of the keyword at data[start:end], once for all of it.
func (v *visit) findLine(start, end int) {
	if start < v.line.start || end > v.line.end {
		v.line.start, v.line.end = wholeLine(v.data, start), restOfLine(v.data, end)
	}
}

// visible returns what a grammar may see around the keyword at data[start:end].
func (v *visit) visible(g grammar, start, end int) (from, to int) {
	v.findLine(start, end)
	from, to = v.line.start, v.line.end
	if g.before > 0 {
		from = min(from, max(0, start-g.before))
	}
	if g.after > 0 && end+g.after > to {
		last := min(end+g.after, len(v.data))
		to = restOfLine(v.data[:min(last+maxRest, len(v.data))], last)
	}
	return from, to
}

// maxRest bounds what a grammar is shown of the last line in its reach: two values,
// and not all of a line of megabytes for every keyword before it.
const maxRest = 2 * maxValue

// A change is a part data[from:to] that is new, or, where that is empty, a place
// where pieces of the text before meet that were apart.
type change struct {
	from, to int
	before   Copy // what ends where the change begins, of length 0 if nothing does
}

// compare lists the changes that an edit makes to a text of size bytes, and in
// last the copy that ends the new text, of length 0 if none does.
func (v *visit) compare(size int, copies []Copy) {
	v.changes = v.changes[:0]
	v.last = Copy{}
	for _, c := range copies {
		at, from := v.last.To+v.last.Len, v.last.From+v.last.Len
		if c.To == at && c.From == from {
			v.last.Len += c.Len // they follow each other before and after
			continue
		}
		v.changes = append(v.changes, change{at, c.To, v.last})
		v.last = c
	}
	at, from := v.last.To+v.last.Len, v.last.From+v.last.Len
	if at != len(v.data) || from != size {
		v.changes = append(v.changes, change{at, len(v.data), v.last})
		v.last = Copy{}
	}
}

// carry adds what base saw where data[from:to] was copied from, whole lines of
// the copy c.
func (v *visit) carry(base *Reading, c Copy, from, to int) {
	if from >= to {
		return
	}
	shift := c.To - c.From
	from, to = from-shift, to-shift
	at, r := &v.mark, v.reading
	at.move(base, from)
	v.retry(base, c, to)
	for ; at.found < len(base.found) && base.found[at.found].hit < to; at.found++ {
		if f := base.found[at.found]; !f.far || !slices.Contains(v.tried, f.hit) {
			f.hit, f.match.Start, f.match.End = f.hit+shift, f.match.Start+shift, f.match.End+shift
			r.found = append(r.found, f)
		}
	}
	for ; at.alike < len(base.alike) && base.alike[at.alike].start < to; at.alike++ {
		if a := base.alike[at.alike]; !a.far || !slices.Contains(v.tried, a.start) {
			a.start += shift
			r.alike = append(r.alike, a)
		}
	}
	at.offset = to
}

// A mark tells which element of each list of a reading is the first at an offset
// or behind.
type mark struct{ offset, found, alike, far int }

// step is how far a mark is moved element by element, in bytes. It is searched for
// beyond: an edit may be made to go to and fro.
const step = 2 << 10

// move moves the mark to an offset, which mostly lies near: pieces are copied in
// their order.
func (m *mark) move(r *Reading, offset int) {
	if offset < m.offset-step || offset > m.offset+step {
		*m = mark{offset, firstFrom(r.found, offset, sighting.at), firstFrom(r.alike, offset, alike.at), firstFrom(r.far, offset, far.at)}
		return
	}
	for m.found > 0 && r.found[m.found-1].hit >= offset {
		m.found--
	}
	for m.alike > 0 && r.alike[m.alike-1].start >= offset {
		m.alike--
	}
	for m.far > 0 && r.far[m.far-1].start >= offset {
		m.far--
	}
	for m.found < len(r.found) && r.found[m.found].hit < offset {
		m.found++
	}
	for m.alike < len(r.alike) && r.alike[m.alike].start < offset {
		m.alike++
	}
	for m.far < len(r.far) && r.far[m.far].start < offset {
		m.far++
	}
	m.offset = offset
}

// firstFrom returns the index of the first element that is at an offset or behind.
func firstFrom[T any](list []T, offset int, at func(T) int) int {
	if n := len(list); n == 0 || at(list[n-1]) < offset {
		return n
	}
	i, _ := slices.BinarySearchFunc(list, offset, func(x T, offset int) int { return at(x) - offset })
	return i
}

func (f sighting) at() int { return f.hit }
func (a alike) at() int    { return a.start }
func (f far) at() int      { return f.start }

// retry lets the rules that look beyond a line try once more where not all that
// they may see was copied, from the mark up to an offset in the text before. At a
// literal in tried nothing is carried over of what rests on more than a line.
func (v *visit) retry(base *Reading, c Copy, to int) {
	v.tried = v.tried[:0]
	first := v.mark.far
	for ; v.mark.far < len(base.far) && base.far[v.mark.far].start < to; v.mark.far++ {
		if f := base.far[v.mark.far]; !v.copied(base, c, f.from, f.to) {
			v.tried = append(v.tried, f.start)
		}
	}
	shift := c.To - c.From
	for _, f := range base.far[first:v.mark.far] {
		if slices.Contains(v.tried, f.start) {
			v.try(f.rule, f.start+shift, f.end+shift)
			continue
		}
		f.start, f.end, f.from, f.to = f.start+shift, f.end+shift, f.from+shift, f.to+shift
		v.reading.far = append(v.reading.far, f)
	}
}

// copied reports whether the copy c holds from to to of the text before, with the
// bytes on both sides or with the ends of both texts.
func (v *visit) copied(base *Reading, c Copy, from, to int) bool {
	head := from > c.From || from == 0 && c.From == 0 && c.To == 0
	end := c.From + c.Len
	tail := to < end || to == base.size && end == base.size && c.To+c.Len == len(v.data)
	return head && tail
}
