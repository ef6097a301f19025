package scan

import (
	"bytes"
	"slices"
	"sort"
	"strings"

	"github.com/assayhq/assay/rules"
)

// Excerpts show at most this much of the line around a match, in bytes. To see
// that a line goes on, a little more of it is looked at.
const (
	excerptBefore = 100
	excerptAfter  = 40
	excerptReach  = 4 << 10
	excerptCoat   = 256 // of encoded text around the credential, which is masked
)

// excerpt returns the line of m with every match on it masked.
func (e *examiner) excerpt(data []byte, m rules.Match) string {
	start, _ := lineStart(data, m.Start, excerptReach)
	end, _ := lineEnd(data, m.End, excerptReach)
	first, last := m.Extent()
	first, last = max(start, first, m.Start-excerptCoat), min(end, last, m.End+excerptCoat)
	from, to := max(start, first-excerptBefore), min(end, last+excerptAfter)
	text := e.scratch[:0]
	if from > start {
		text = append(text, "..."...)
		from = skipToken(data, from, first)
	}
	if to < end {
		to = dropToken(data, last, to)
	}
	text = rules.AppendMasked(text, data, from, to, e.masks(data, from, to))
	if to < end {
		text = append(text, "..."...)
	}
	e.scratch = text
	return strings.ToValidUTF8(string(bytes.TrimSpace(text)), "\uFFFD")
}

// repeated is how many matches before and after an excerpt are looked for once
// more in it.
const repeated = 32

// masks returns the matches in data[from:to], and wherever the value of one of
// them, or of one near by, stands there once more: a rule that needs a name in
// front does not see it.
func (e *examiner) masks(data []byte, from, to int) []rules.Match {
	first := sort.Search(len(e.matches), func(i int) bool { return e.matches[i].End > from })
	last := first
	for last < len(e.matches) && e.matches[last].Start < to {
		last++
	}
	e.near = append(e.near[:0], e.matches[first:last]...)
	shown := bytesOf(data[from:to])
	least, most := max(0, first-repeated), min(len(e.matches), last+repeated)
	for i := least; i < most; i++ {
		m := &e.matches[i]
		if start, end := m.Extent(); (i < first || i >= last) && start < to && from < end {
			e.near = append(e.near, *m) // encoded text, of which the credential is elsewhere
		}
	}
	for i := least; i < most; i++ {
		m := &e.matches[i]
		if i > least && bytes.Equal(data[m.Start:m.End], data[e.matches[i-1].Start:e.matches[i-1].End]) {
			continue // the same again
		}
		if value := data[m.Start+m.Public : m.End]; shown.all(value) {
			e.repeats(*m, value, data, from, to)
		}
		if value := m.Value(data); m.Coats() != "" && len(value) > 0 && shown.all(value) {
			e.repeats(*m, value, data, from, to)
		}
	}
	slices.SortStableFunc(e.near, func(a, b rules.Match) int { return a.Start - b.Start })
	e.near = e.set.Hidden(e.near, data, max(0, from-excerptReach), min(len(data), to+excerptReach))
	return e.near
}

// A byteSet is a set of bytes. Most credentials have one that a text lacks, and
// need not be searched for in it.
type byteSet [256]bool

func bytesOf(text []byte) (s byteSet) {
	for _, c := range text {
		s[c] = true
	}
	return s
}

// all reports whether all bytes of a value are in the set.
func (s *byteSet) all(value []byte) bool {
	for _, c := range value {
		if !s[c] {
			return false
		}
	}
	return true
}

// repeats adds to near where value, the secret part of m, stands in data[from:to]
// apart from the matches.
func (e *examiner) repeats(m rules.Match, value, data []byte, from, to int) {
	for {
		i := bytes.Index(data[from:to], value)
		if i < 0 {
			return
		}
		again := m.Placeless()
		again.Start, again.End = from+i, from+i+len(value)
		if !slices.ContainsFunc(e.near, func(n rules.Match) bool { return n.Start < again.End && again.Start < n.End }) {
			e.near = append(e.near, again)
		}
		from = again.End
	}
}

// skipToken moves from, a cut in the middle of a line, behind the token that it
// cuts: half of something that no rule knows is not shown.
func skipToken(data []byte, from, limit int) int {
	for from < limit && data[from] > ' ' {
		from++
	}
	return from
}

// dropToken moves to back to the end of the last whole token.
func dropToken(data []byte, limit, to int) int {
	for to > limit && data[to-1] > ' ' {
		to--
	}
	return to
}
