package rules

import "bytes"

const (
	nameReach = 80      // bytes on the line of an encoded text that are taken for the name of what is in it
	restReach = 32      // bytes behind it that may tell of it
	simple    = 1 << 10 // bytes up to which a decoded text may be the value of a name
	sharedRun = 8 << 10 // bytes that two pieces of a run share, so that none cuts a credential
	groupOf   = 4       // digits that are decoded together, at most
	maxOpaque = 64      // matches in packed text that are reported: each is unpacked again
)

// undress takes the coat off data[at.from:at.to], lets the rules read what is
// beneath, and notes what they find there. hit is where the coat was met. A longer run
// of text is taken piece by piece; what was packed in one is not read beyond the first.
func (v *visit) undress(k coat, at span, hit int, far bool) {
	for from := at.from; ; {
		used, text := v.undressPiece(k, span{from, min(at.to, from+maxRun)}, hit, far)
		if !text || from+used >= at.to || used <= sharedRun {
			return
		}
		from += (used - sharedRun) &^ (groupOf - 1)
	}
}

// undressPiece undresses what may be decoded at once. It returns how many bytes were,
// and whether a text is beneath.
func (v *visit) undressPiece(k coat, at span, hit int, far bool) (used int, text bool) {
	content, used := k.decode(v.text[:0], v.data[at.from:at.to], maxRun)
	v.text = content
	l := lifter{coat: k, src: v.data[at.from : at.from+used], at: span{at.from, v.padded(at.from + used)}}
	v.beneath(content, v.depth+1, v.surroundings(l.at), func(m Match) {
		if m, ok := l.lift(m); ok {
			v.found(hit, m, far)
		}
	})
	text = encodingOf(content) == coatNone && readable(content[:min(len(content), peek/4*3)])
	clear(content)
	return used, text
}

// padded returns the offset behind the padding that may stand at i.
func (v *visit) padded(i int) int {
	for range 2 {
		if at(v.data, i) == '=' {
			i++
		}
	}
	return i
}

// surroundings are what stands on the line of an encoded text, before and behind it.
type surroundings struct{ name, rest []byte }

// apart reports whether there is a name that does not run into the decoded value, as
// the length of a string does and the x before digits.
func (s surroundings) apart(value []byte) bool {
	n := len(s.name)
	return n > 0 && len(value) > 0 && !(isWord(s.name[n-1]) && isWord(value[0]))
}

func (v *visit) surroundings(of span) surroundings {
	before := v.data[max(0, of.from-nameReach):of.from]
	before = before[bytes.LastIndexByte(before, '\n')+1:]
	behind := v.data[of.to:min(len(v.data), of.to+restReach)]
	if i := bytes.IndexByte(behind, '\n'); i >= 0 {
		behind = behind[:i]
	}
	return surroundings{before, behind}
}

// beneath reads content that depth coats were taken off from. Bytes may wear one
// more coat that only bytes can.
func (v *visit) beneath(content []byte, depth int, by surroundings, found func(Match)) {
	k := encodingOf(content)
	if k == coatNone {
		if readable(content[:min(len(content), peek/4*3)]) {
			v.readText(content, depth, by, found)
		}
		return
	}
	if depth >= v.set.coats {
		return
	}
	text, used := k.decode(nil, content, 2*maxRun)
	l := lifter{coat: k, src: content[:used], at: span{0, used}}
	lifted := 0
	v.readText(text, depth+1, by, func(m Match) {
		if lifted++; k.packs() && lifted > maxOpaque {
			return
		}
		if m, ok := l.lift(m); ok {
			found(m)
		}
	})
}

// readText lets the rules read a decoded text. If that is a single word, it is read in
// its surroundings: there may be a name before it.
func (v *visit) readText(text []byte, depth int, by surroundings, found func(Match)) {
	name, length := 0, len(text)
	if value := bytes.TrimRight(text, "\r\n"); isValue(value) && by.apart(value) {
		name, length = len(by.name), len(value)
		v.named = append(append(append(v.named[:0], by.name...), value...), by.rest...)
		text = v.named
	}
	w := v.set.visit(nil, text)
	w.depth = depth
	w.look(0, len(text))
	matches := w.reading.single()
	if v.set.free != nil {
		matches = append(matches, v.set.free.find(text)...)
	}
	v.set.leave(w)
	for _, m := range matches {
		m.move(-name)
		from, to := m.Extent()
		if at := m.tight(); at.from >= 0 && at.to <= length {
			if m.wrap != nil && (from < 0 || to > length) {
				m.wrap.whole = span{max(from, 0), min(to, length)}.shift(-m.Start)
			}
			found(m)
		}
	}
}

// isValue reports whether a decoded text may be the value of a name: one word, and
// no number of an account.
func isValue(text []byte) bool {
	return len(text) <= simple && !bytes.ContainsAny(text, " \t\n\"'`{}<>") && skip(text, 0, isDigit, len(text)) < len(text)
}

func (m *Match) move(by int) { m.Start, m.End = m.Start+by, m.End+by }
