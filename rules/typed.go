package rules

import (
	"bytes"

	"github.com/assayhq/assay/report"
)

// match judges what the pattern found: a credential at data[from:to], both
// counted from base, and negative where its group did not take part.
func (r *compiled) match(data []byte, base, from, to int) (Match, bool) {
	start, end := base+from, base+to
	if from < 0 || start == end {
		return Match{}, false
	}
	bounded := r.bounded(data, start, end) || r.sealed(data[start:end])
	if !bounded && !r.overruns(data, start, end) {
		return Match{}, false
	}
	value := data[start:end]
	m := Match{Rule: r.Rule, Start: start, End: end, Confidence: r.Confidence, typed: true, specificity: r.specificity}
	m.Public = r.public(value)
	tail := value[m.Public:]
	inner := fits
	if r.structure.verify != nil {
		inner = r.structure.verify(value)
	}
	if inner.alien {
		return Match{}, false
	}
	if r.MinEntropy > 0 && relativeEntropy(tail) < r.MinEntropy && !blank(m.Public, tail) {
		return Match{}, false
	}
	m.Confidence, m.Doubt = r.tell(m.Confidence, value, inner)
	switch {
	case m.Confidence == report.ConfidencePlaceholder, !inner.fits:
	case !bounded:
		m.Confidence, m.Doubt = r.overrun(data, start, end).lower(m.Confidence)
		m.specificity = specificityOverrun
	case m.Doubt == "" && !r.structure.proves && r.named(tail):
		m.Confidence, m.Doubt = lettersOnly.lower(m.Confidence)
	}
	return m, true
}

var lettersOnly = inspection{worst: report.ConfidenceLow, doubt: "It is made of letters only, as names are."}

// named reports whether a long value has no digit although the rule lets some stand
// in it, and its letters are of one case, or, with a keyword only to speak for it, have the
// humps of an identifier.
func (r *compiled) named(tail []byte) bool {
	const long, hump = 16, 5 // letters; every second one of a random text is a capital
	if in := &r.pattern().bytes; len(tail) < long || !in['0'] || !in['a'] || !in['A'] {
		return false
	}
	capitals, adjacent, seen := 0, false, byte(0)
	for i, c := range tail {
		seen |= classes[c]
		if is(c, isUpper) {
			capitals++
			adjacent = adjacent || i > 0 && is(tail[i-1], isUpper)
		}
	}
	if seen&isDigit != 0 {
		return false
	}
	return seen&isLetter != isLetter || len(r.Prefixes) == 0 && seen == isLetter && !adjacent && capitals*hump <= len(tail)
}

const maskedDoubt = "It is a placeholder or a documented example."

// specificityOverrun lets an assignment win, which has read all that stands there.
const specificityOverrun = 1

// overrun says what to think of a credential that letters or digits follow. The next
// one may, joined without a separator.
func (r *compiled) overrun(data []byte, start, end int) inspection {
	if prefix := data[start : start+r.public(data[start:end])]; bytes.HasPrefix(data[end:], prefix) {
		return odd("Another one follows without a separator.")
	}
	return inspection{worst: report.ConfidenceLow, doubt: "Letters or digits follow that do not belong to it."}
}

// overruns reports whether data[start:end] is a credential although letters or
// digits follow: its prefix is of one vendor only, and its length is fixed. Text that
// was joined without a separator looks so, and so does what somebody made up.
func (r *compiled) overruns(data []byte, start, end int) bool {
	const least = 30 // bytes
	n := r.public(data[start:end])
	p := r.pattern()
	return n >= leastTelling && end-start >= least && p.shortest == p.longest && is(data[start+n-1], isNameMark) &&
		(r.Boundary != BoundaryWord || startsAt(data, start))
}

// sealable reports whether a checksum can tell credentials of the rule from all other
// text: they have the prefix of one vendor and one length, and chance passes the check
// once in four billion times. Then it does not matter what they touch: colours of a
// terminal, the neighbour in a program's memory, the length before a string.
func (r *compiled) sealable() bool {
	p := r.pattern()
	return r.structure.proves && r.structure.verify != nil && len(r.Prefixes) > 0 && p.shortest == p.longest
}

// sealed reports whether value is such a credential.
func (r *compiled) sealed(value []byte) bool {
	return r.sealable() && r.public(value) >= leastTelling && r.structure.verify(value).fits
}

// public returns the length of the literal prefix that value starts with.
func (r *compiled) public(value []byte) int {
	n := 0
	for _, p := range r.Prefixes {
		if len(p) > n && len(p) < len(value) && string(value[:len(p)]) == p {
			n = len(p)
		}
	}
	return n
}

func (r *compiled) bounded(data []byte, start, end int) bool {
	if start > 0 && (data[start-1] == '+' || data[start-1] == '/') && midBase64(data, start) {
		return false
	}
	if r.window() && inARN(data, start) {
		return false
	}
	if r.Boundary != BoundaryNone && end < len(data) && isWord(data[end]) && isWord(data[end-1]) {
		return false
	}
	return r.Boundary != BoundaryWord || startsAt(data, start)
}

// midBase64 reports whether what stands before data[start] is encoded in base64, and
// what starts there looks like a credential by chance. A path has dots or a scheme soon.
func midBase64(data []byte, start int) bool {
	const least = 64
	for i := start - 1; i >= start-least; i-- {
		if b := at(data, i); !is(b, isAlnum) && b != '+' && b != '/' {
			return false
		}
	}
	return true
}

// window reports whether the rule searches around a keyword.
func (r *compiled) window() bool { return len(r.Prefixes) == 0 }

// raise lifts a match of a rule of low confidence to medium where the keyword
// data[start:end] is a part of the credential's name, and nothing but a separator
// stands between: ACME_TOKEN=, acme secret key - ". A shape of run bytes that is found by
// chance has no such name, unless it is short.
func (m *Match) raise(data []byte, start, end, run int) {
	const least = 20 // bytes of a shape that says something
	if m.Confidence == report.ConfidenceLow && m.Rule.Confidence == report.ConfidenceLow && m.Doubt == "" && run >= least &&
		names(data, start, end, m.Start) && !sequence(data[m.Start:m.End]) {
		m.Confidence = report.ConfidenceMedium
	}
}

// names reports whether data[start:value] is a name with the keyword
// data[start:end] in it that credentials have, of up to three words, and what separates
// a name from its value.
func names(data []byte, start, end, value int) bool {
	if value < end {
		return false
	}
	const separators = 8
	last := value
	for last > end && value-last < separators && !is(data[last-1], isAlnum) {
		last--
	}
	if last == value || !is(data[last-1], isAlnum) || bytes.IndexByte(data[last:value], '<') >= 0 {
		return false
	}
	first, blanks := start, 0
	for i := end; i < last; i++ {
		switch {
		case data[i] == ' ':
			first = i + 1
			blanks++
		case !is(data[i], isName):
			return false
		}
	}
	return blanks <= 2 && classify(data[first:last]) != nameNone
}
