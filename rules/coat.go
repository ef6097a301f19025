package rules

import (
	"cmp"
	"strings"
)

// A coat is a way to write a text so that it does not show: an encoding. A
// credential may wear several, one over the other.
//
// Coats are taken off while a text is read (visit.look): what looks like one is
// decoded, the rules read what was in it, and what they find is lifted back to
// where it is written, layer by layer. A match then says which coats it wears and
// how to take them off again; it never holds what was decoded.
type coat uint8

const (
	coatNone coat = iota
	coatBase64
	coatHex
	coatPercent    // %41
	coatBackslash  // \u0041, \x41, \101, \/
	coatReferences // &#65; &#x41; &quot;
	coatUTF16LE
	coatUTF16BE
	coatGzip
	coatJoined  // "ghp_" + "abc"
	coatPacked  // what zlib, bzip2 or zip pack
	coatNumbers // 103, 0x67, 'g'
	coatPairs   // 67,68
	coats       // how many there are
)

var coatNames = [coats]string{
	coatBase64: "base64", coatHex: "hexadecimal digits", coatPercent: "percent-encoding", coatBackslash: "escape sequences",
	coatReferences: "character references", coatUTF16LE: "UTF-16", coatUTF16BE: "UTF-16", coatGzip: "gzip", coatJoined: "pieces that are joined", coatPacked: "compression",
	coatNumbers: "a list of numbers", coatPairs: "a list of numbers",
}

// maxCoats bounds how many coats are taken off. The release that Helm keeps in a
// Secret of Kubernetes wears gzip in base64 in base64, and holds Secrets with base64.
const maxCoats = 4

// escapes reports whether the coat replaces single characters and leaves the
// others as they are.
func (k coat) escapes() bool {
	return k == coatPercent || k == coatBackslash || k == coatReferences || k == coatJoined
}

// packs reports whether all of the decoded text comes from all of the encoded one.
func (k coat) packs() bool { return k == coatGzip || k == coatPacked }

// A span is [from, to).
type span struct{ from, to int }

func (s span) shift(by int) span { return span{s.from + by, s.to + by} }

// A wrapping says how the coats of a match are taken off. All spans of the text
// count from the start of the match, so that a match can be moved.
type wrapping struct {
	tight span // what must be decoded to get the credential
	whole span // what must be masked to hide it
	// cuts are, for each coat from the outermost on, what of the decoded text is
	// decoded next; the last one is the credential.
	cuts [maxCoats]span
}

// tight returns what must be decoded to get the credential of m.
func (m *Match) tight() span {
	if m.wrap == nil {
		return span{m.Start, m.End}
	}
	return m.wrap.tight.shift(m.Start)
}

// Extent returns the part of the text that m is written in: the credential itself,
// or all of the encoded text that holds it. Nothing of it may be shown.
func (m *Match) Extent() (start, end int) {
	if m.wrap == nil {
		return m.Start, m.End
	}
	return m.Start + m.wrap.whole.from, m.Start + m.wrap.whole.to
}

// Coats names the encodings that the credential is written in, the innermost
// first: "UTF-16 in base64". It is empty where it stands in plain text.
func (m *Match) Coats() string {
	var names []string
	for i := m.worn() - 1; i >= 0; i-- {
		names = append(names, coatNames[m.coats[i]])
	}
	return strings.Join(names, " in ")
}

// worn returns how many coats the credential wears.
func (m *Match) worn() int {
	n := 0
	for n < len(m.coats) && m.coats[n] != coatNone {
		n++
	}
	return n
}

// Placeless returns m without its place in a text: what it says, and no more.
func (m Match) Placeless() Match {
	m.Start, m.End, m.Public, m.wrap = 0, 0, 0, nil
	m.Beside.Start, m.Beside.End = 0, 0
	return m
}

// Value returns the credential of m, a match that Find found in data. It is a part
// of data unless it was decoded.
func (m *Match) Value(data []byte) []byte {
	if m.wrap == nil {
		return data[m.Start:m.End]
	}
	at := m.tight()
	text := data[at.from:at.to]
	for i, k := range m.coats[:m.worn()] {
		cut := m.wrap.cuts[i]
		text, _ = k.decode(nil, text, cut.to)
		text = text[min(cut.from, len(text)):]
	}
	return text
}

// A lifter carries matches from a decoded text to the text that was decoded.
type lifter struct {
	coat coat
	at   span   // the encoded text
	src  []byte // what stands there
	// How far src was followed: decoded bytes and where the next one begins. It
	// lies where decoding can begin.
	decoded, used int
}

// lift returns m, found in the decoded text, as a match in the text around at. It
// reports false where the coat does not touch the match: then it is found without.
func (l *lifter) lift(m Match) (Match, bool) {
	from, to := m.Extent()
	if l.coat.escapes() && !l.touches(from, to) {
		if !l.touches(from-escapeReach, to+escapeReach) {
			return m, false
		}
		// Only what stands beside it is escaped, and hid where it begins or ends.
		m.move(l.at.from + l.offset(from) - from)
		return m, true
	}
	inner, out := m.tight(), m
	out.Public, out.wrap = 0, &wrapping{}
	out.coats[0] = l.coat
	copy(out.coats[1:], m.coats[:])
	if m.wrap != nil {
		copy(out.wrap.cuts[1:], m.wrap.cuts[:])
	}
	tight, whole := l.at, l.at
	if l.coat.packs() {
		out.Start, out.End = l.at.from, l.at.to
		out.wrap.cuts[0] = inner
	} else {
		a := l.follow(inner.from)
		out.wrap.cuts[0] = inner.shift(-a)
		base := l.at.from + l.used
		tight = span{base, base + l.length(inner.to-a)}
		out.Start, out.End = base+l.start(m.Start-a), base+l.length(m.End-a)
	}
	if l.coat.escapes() {
		whole = span{l.at.from + l.offset(from), l.at.from + l.offset(to)}
	}
	out.wrap.tight, out.wrap.whole = tight.shift(-out.Start), whole.shift(-out.Start)
	return out, true
}

// touches reports whether one of the decoded bytes from to to was an escape.
func (l *lifter) touches(from, to int) bool {
	a := l.follow(max(0, from))
	text, used := l.coat.decode(nil, l.src[l.used:], to-a)
	return used != len(text)
}

// offset returns where the decoded byte n begins in src, for coats of escapes.
func (l *lifter) offset(n int) int {
	a := l.follow(n)
	return l.used + l.length(n-a)
}

// follow moves on to the last place up to n decoded bytes at which decoding can
// begin, and returns how many bytes are decoded before it.
func (l *lifter) follow(n int) int {
	n -= n % l.coat.unit()
	if n < l.decoded {
		l.decoded, l.used = 0, 0
	}
	var buf [3 << 10]byte
	for l.decoded < n {
		text, used := l.coat.decode(buf[:0], l.src[l.used:], min(n-l.decoded, len(buf)))
		if len(text) == 0 {
			break
		}
		l.decoded, l.used = l.decoded+len(text), l.used+used
	}
	return l.decoded
}

// length returns how many bytes of src the next n decoded ones take.
func (l *lifter) length(n int) int {
	if n <= 0 {
		return 0
	}
	_, used := l.coat.decode(nil, l.src[l.used:], n)
	return used
}

// start returns where among the bytes of src the decoded byte n begins.
func (l *lifter) start(n int) int {
	i := l.length(n)
	if l.coat == coatBase64 {
		if n%3 != 0 {
			return i - 1 // the digit is shared with the byte before
		}
		for src := l.src[l.used:]; i < len(src) && digits64[src[i]] == noDigit; i++ {
		}
	}
	return i
}

// unit is how many decoded bytes come from whole digits: decoding can begin after
// any number of units.
func (k coat) unit() int {
	if k == coatBase64 {
		return 3
	}
	return 1
}

// opaque reports whether the match stands in packed text, where all matches have
// the same place.
func (m *Match) opaque() bool {
	for _, k := range m.coats {
		if k.packs() {
			return true
		}
	}
	return false
}

// beside reports whether m stands in the same packed text as all of the matches
// that overlap it, apart from each of them.
func beside(stay []Match, m Match) bool {
	for i := range stay {
		s := &stay[i]
		if s.Start < m.End && m.Start < s.End && (s.Start != m.Start || s.End != m.End || s.coats != m.coats || compareCuts(*s, m) == 0) {
			return false
		}
	}
	return true
}

// masked returns how many bytes must be masked to hide m.
func (m *Match) masked() int {
	from, to := m.Extent()
	return to - from
}

// compareCuts orders matches by what is cut out of the decoded texts.
func compareCuts(a, b Match) int {
	if a.wrap == nil || b.wrap == nil {
		return 0
	}
	for i := range a.wrap.cuts {
		x, y := a.wrap.cuts[i], b.wrap.cuts[i]
		if c := cmp.Or(x.from-y.from, x.to-y.to); c != 0 {
			return c
		}
	}
	return 0
}
