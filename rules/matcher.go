package rules

import (
	"regexp/syntax"
	"unicode/utf8"
)

// A matcher finds what a regular expression finds, without a machine that follows all
// ways at once or tries one after the other: it goes through the text byte by byte and
// never back. It allocates nothing, and no expression has to be compiled.
//
// Nearly all formats of credentials are of that kind: texts and runs of characters
// that follow each other, where what follows a run cannot be part of it. Alternatives
// are written out, in the order in which the expression prefers them.
type matcher struct {
	ways  []way
	first byteSet // the bytes that a match may begin with
}

// A way is one of the alternatives of an expression.
type way []part

type partKind uint8

const (
	partText     partKind = iota
	partRun               // so many characters of a class
	partBoundary          // \b
	partGroup             // the credential begins
	partGroupEnd
)

type part struct {
	kind        partKind
	text        string
	class       *class
	least, most int // characters of a run
}

// A class is a set of characters.
type class struct {
	bytes  byteSet // those of ASCII
	beyond []rune  // the first and last of each range of the others
}

// Bounds beyond which an expression is left to package regexp.
const (
	maxWays  = 32
	maxParts = 64 // of one way
)

// A located is where an expression matches, and where in it the credential stands;
// group is -1 where that part of the expression took no part.
type located struct{ start, end, group, groupEnd int }

// newMatcher returns the matcher of an expression, or nil where it has none: where what
// follows a run may be a part of it, or there are too many alternatives.
func newMatcher(tree *syntax.Regexp) *matcher {
	ways, ok := waysOf(tree)
	if !ok {
		return nil
	}
	s := &matcher{ways: ways}
	for _, w := range ways {
		for i := range w {
			if w[i].kind == partRun && w[i].least < w[i].most && !endsRun(&w[i], w[i+1:]) {
				return nil
			}
		}
		if !w.begin(&s.first) {
			return nil
		}
	}
	return s
}

// search returns the first match in text. Where alternatives do not forbid it, it goes
// behind a run that led to nothing at once: from within it nothing else follows.
func (s *matcher) search(text []byte) (located, bool) {
	for i := 0; i < len(text); {
		b := text[i]
		if !s.first[b] || !utf8.RuneStart(b) && insideRune(text, i) {
			i++
			continue
		}
		if p, ok := s.at(text, i); ok {
			return p, true
		}
		i = max(i+1, s.behind(text, i))
	}
	return located{}, false
}

// behind returns the end of the run that every match from text[i] on begins with, if
// it has an end that does not depend on where it began, and i otherwise.
func (s *matcher) behind(text []byte, i int) int {
	if len(s.ways) > 1 {
		return i
	}
	for k := range s.ways[0] {
		switch p := &s.ways[0][k]; p.kind {
		case partGroup:
		case partRun:
			end, _ := p.run(text, i)
			if more, _ := (&part{class: p.class, most: 1}).run(text, end); more > end {
				return i
			}
			return end
		default:
			return i
		}
	}
	return i
}

// insideRune reports whether text[i] is a later byte of a character.
func insideRune(text []byte, i int) bool {
	for k := 1; k < utf8.UTFMax && k <= i; k++ {
		if utf8.RuneStart(text[i-k]) {
			_, size := utf8.DecodeRune(text[i-k:])
			return size > k
		}
	}
	return false
}

// at returns the match that begins at text[start].
func (s *matcher) at(text []byte, start int) (located, bool) {
	for _, w := range s.ways {
		if p, ok := w.at(text, start); ok {
			return p, true
		}
	}
	return located{}, false
}

func (w way) at(text []byte, start int) (located, bool) {
	p := located{start: start, end: start, group: -1, groupEnd: -1}
	for i := range w {
		switch s := &w[i]; s.kind {
		case partText:
			if len(text)-p.end < len(s.text) || string(text[p.end:p.end+len(s.text)]) != s.text {
				return p, false
			}
			p.end += len(s.text)
		case partRun:
			end, ok := s.run(text, p.end)
			if !ok {
				return p, false
			}
			p.end = end
		case partBoundary:
			if word(text, p.end-1) == word(text, p.end) {
				return p, false
			}
		case partGroup:
			p.group = p.end
		case partGroupEnd:
			p.groupEnd = p.end
		}
	}
	return p, true
}

func word(text []byte, i int) bool { return i >= 0 && i < len(text) && isWord(text[i]) }

// run returns the end of the run at text[i]; it is as long as can be.
func (s *part) run(text []byte, i int) (end int, ok bool) {
	n := 0
	for ; n < s.most && i < len(text); n++ {
		if s.class.bytes[text[i]] {
			i++
			continue
		}
		size := s.class.wide(text[i:])
		if size == 0 {
			break
		}
		i += size
	}
	return i, n >= s.least
}

// wide returns the length of the character beyond ASCII that text begins with, or 0
// if it is none of the class. A byte that is part of none counts as U+FFFD.
func (c *class) wide(text []byte) int {
	if text[0] < utf8.RuneSelf || len(c.beyond) == 0 {
		return 0
	}
	r, size := utf8.DecodeRune(text)
	for i := 0; i < len(c.beyond); i += 2 {
		if c.beyond[i] <= r && r <= c.beyond[i+1] {
			return size
		}
	}
	return 0
}
