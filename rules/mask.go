package rules

import (
	"cmp"
	"fmt"
	"slices"
	"unicode/utf8"
)

// Mask returns text with every match of the set in it replaced by its public
// prefix and the number of characters hidden. Whatever a report prints of the
// input, such as a path or an author's name, passes through it.
func (s *Set) Mask(text string) string {
	data := []byte(text)
	matches := s.Hidden(s.Find(nil, data), data, 0, len(data))
	if len(matches) == 0 {
		return text
	}
	return string(AppendMasked(nil, data, 0, len(data), matches))
}

// WithMasks has what the rules of another set find masked too: who switches rules off
// wants no finding of theirs, and still no password shown beside another's.
func WithMasks(off *Set) Option { return func(s *Set) { s.off = off } }

// Hidden appends to matches, which Find gave for data, what only the rules of WithMasks
// find in data[from:to], and orders all for AppendMasked.
func (s *Set) Hidden(matches []Match, data []byte, from, to int) []Match {
	if s.off == nil {
		return matches
	}
	for _, m := range s.off.Find(nil, data[from:to]) {
		m.Start, m.End = m.Start+from, m.End+from
		matches = append(matches, m)
	}
	slices.SortStableFunc(matches, func(a, b Match) int { return cmp.Or(a.Start-b.Start, b.End-a.End) })
	return matches
}

// AppendMasked appends data[start:end] to dst with all matches masked, and long
// runs of letters and digits that no rule knows too. matches must be sorted as
// Find returns them. A match is widened to the blanks or
// quotes around it: what stands next to the bytes that a pattern took may belong
// to the credential too.
func AppendMasked(dst, data []byte, start, end int, matches []Match) []byte {
	for _, m := range matches {
		if from, to := m.Extent(); to <= start || from >= end {
			continue
		}
		public := 0
		from, to := widen(data, m)
		if from == m.Start {
			public = m.Public
		}
		if from > start {
			dst = appendPlain(dst, data[start:min(from, end)])
		}
		if from >= start {
			dst = append(dst, data[from:from+public]...)
		}
		dst = fmt.Appendf(dst, "<%d characters>", utf8.RuneCount(data[from+public:to]))
		start = max(start, to)
	}
	if start < end {
		dst = appendPlain(dst, data[start:end])
	}
	return dst
}

// opaque is the length from which a run of letters and digits that no rule knows
// is hidden beside one that is, in characters: it may be a credential's copy
// that a word was glued to, or the other half of a pair.
const opaque = 20

// appendPlain appends text without a match, and hides opaque runs.
func appendPlain(dst, text []byte) []byte {
	for len(text) > 0 {
		n, digits, letters := 0, false, false
		for n < len(text) && isToken(text[n]) {
			digits = digits || is(text[n], isDigit)
			letters = letters || is(text[n], isLetter)
			n++
		}
		if runes := utf8.RuneCount(text[:n]); digits && letters && runes >= opaque {
			dst = fmt.Appendf(dst, "<%d characters>", runes)
		} else {
			dst = append(dst, text[:n]...)
		}
		if text = text[n:]; len(text) > 0 {
			dst, text = append(dst, text[0]), text[1:]
		}
	}
	return dst
}

// widenLimit bounds how far a mask is widened to each side, in bytes.
const widenLimit = 512

// widen extends a match over the characters of a token on both sides.
func widen(data []byte, m Match) (from, to int) {
	from, to = m.Extent()
	if m.wrap == nil && !m.typed && m.form == formURL {
		return from, to // user, colon and at-sign around a password are no part of it
	}
	for least := max(0, from-widenLimit); from > least && isToken(data[from-1]); {
		from--
	}
	for most := min(len(data), to+widenLimit); to < most && isToken(data[to]); {
		to++
	}
	return from, joinedStrings(data, to)
}

// joinedStrings returns where the strings end that a shell joins to the one whose closing
// quote is data[to]: 'a'"'"'b'. They are the rest of the credential.
func joinedStrings(data []byte, to int) int {
	for most := min(len(data), to+widenLimit); to < most && is(data[to], isQuote) && is(at(data, to+1), isQuote); {
		_, end, ok := readQuoted(data, to+1, 0)
		if !ok {
			break
		}
		to = end
	}
	return to
}

// isToken reports whether c may be a character of an encoded credential. The
// operators and separators that stand before one are not among them.
func isToken(c byte) bool { return isWord(c) || c == '-' || c == '+' || c == '~' || c >= 0x80 }
