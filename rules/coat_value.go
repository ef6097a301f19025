package rules

import "bytes"

// shortest64 is how many characters a value needs that is no password: shorter
// ones are base64 by chance, or made up for a test.
const shortest64 = 8

// tryValue judges a candidate whose value is base64 of a text as if that text stood
// there: a password in the data of a Secret of Kubernetes. It reports whether that
// makes it a credential, and as sure a one as least. c counts in data, which begins at
// base in the text.
//
// Longer values are runs, which are decoded wherever they stand; see lookCoats.
func (v *visit) tryValue(r *compiled, data []byte, c candidate, base int, least Match) (Match, bool) {
	if v.depth >= v.set.coats || c.form == formURL || c.form == formBasic {
		return Match{}, false
	}
	end, ok := value64(data, c)
	if !ok {
		return Match{}, false
	}
	var buf [least64]byte
	text, _ := undoBase64(buf[:0], data[c.start:end], len(buf))
	text = bytes.TrimRight(text, "\r\n")
	m := Match{Start: base + c.start, End: base + end, Rule: r.Rule, form: c.form, specificity: r.specificity}
	m.coats[0] = coatBase64
	m.wrap = &wrapping{tight: span{0, end - c.start}, whole: span{0, end - c.start}}
	m.wrap.cuts[0] = span{0, len(text)}
	data, c = v.replaced(data, c, end, text)
	confidence, kind, ok := judge(v.set.model, data, c)
	m.Confidence, m.class, m.kind = min(confidence, r.Confidence), classOfCandidate(data, c), kind
	return m, ok && m.Confidence >= least.Confidence && (m.class == namePassword || len(text) >= shortest64)
}

// value64 reports whether the value of a candidate is base64 of a text, beyond what
// chance brings, and where its padding ends.
func value64(data []byte, c candidate) (end int, ok bool) {
	digits := c.start
	for digits < c.end && digits64[data[digits]] != noDigit {
		digits++
	}
	end = digits
	for at(data, end) == '=' && end-digits < 2 {
		end++
	}
	n := end - c.start
	if n < 8 || n > least64 || n&3 != 0 || c.end > end || digits == end && n < 12 {
		return 0, false
	}
	var buf [least64]byte
	text, _ := undoBase64(buf[:0], data[c.start:digits], len(buf))
	for _, b := range text {
		// Of words without padding one in 130,000 is base64 of nine characters that
		// passwords are made of.
		if !plain(b) || digits == end && !is(b, isAlnum|isNameMark) && b != '!' && b != '@' && b != '#' && b != '$' {
			return 0, false
		}
	}
	return end, true
}

// replaced returns the surroundings of a candidate with text in the place of
// data[c.start:end], and the candidate in them.
func (v *visit) replaced(data []byte, c candidate, end int, text []byte) ([]byte, candidate) {
	grown := len(text) - (end - c.start)
	from := max(0, min(c.start, c.nameStart)-nameReach)
	if c.nameEnd == 0 {
		from = max(0, c.start-nameReach)
	}
	to := min(len(data), max(end, c.nameEnd)+nameReach)
	v.named = append(append(append(v.named[:0], data[from:c.start]...), text...), data[end:to]...)
	if c.nameStart >= end {
		c.nameStart, c.nameEnd = c.nameStart+grown, c.nameEnd+grown
	}
	if c.nameEnd > 0 {
		c.nameStart, c.nameEnd = c.nameStart-from, c.nameEnd-from
	}
	c.start -= from
	c.end = c.start + len(text)
	return v.named, c
}
