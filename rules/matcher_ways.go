package rules

import (
	"regexp/syntax"
	"slices"
	"unicode"
	"unicode/utf8"
)

// waysOf writes out the alternatives of an expression. It reports false where there
// are too many or it does not know a part.
func waysOf(re *syntax.Regexp) ([]way, bool) {
	switch re.Op {
	case syntax.OpEmptyMatch:
		return []way{nil}, true
	case syntax.OpLiteral:
		return literalWay(re)
	case syntax.OpCharClass, syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		return []way{{{kind: partRun, class: classOfChars(re), least: 1, most: 1}}}, true
	case syntax.OpCapture:
		return captureWays(re)
	case syntax.OpStar, syntax.OpPlus, syntax.OpQuest, syntax.OpRepeat:
		return repeatWays(re)
	case syntax.OpWordBoundary:
		return []way{{{kind: partBoundary}}}, true
	case syntax.OpConcat:
		all := []way{nil}
		for _, sub := range re.Sub {
			next, ok := waysOf(sub)
			if !ok {
				return nil, false
			}
			if all, ok = follow(all, next); !ok {
				return nil, false
			}
		}
		return all, true
	case syntax.OpAlternate:
		var all []way
		for _, sub := range re.Sub {
			next, ok := waysOf(sub)
			if !ok || len(all)+len(next) > maxWays {
				return nil, false
			}
			all = append(all, next...)
		}
		return all, true
	}
	return nil, false
}

// follow returns every way of heads with every way of tails behind it.
func follow(heads, tails []way) ([]way, bool) {
	if len(heads)*len(tails) > maxWays {
		return nil, false
	}
	var all []way
	for _, head := range heads {
		for _, tail := range tails {
			if len(head)+len(tail) > maxParts {
				return nil, false
			}
			all = append(all, slices.Concat(head, tail))
		}
	}
	return all, true
}

func literalWay(re *syntax.Regexp) ([]way, bool) {
	if re.Flags&syntax.FoldCase == 0 {
		return []way{{{kind: partText, text: string(re.Rune)}}}, !slices.Contains(re.Rune, utf8.RuneError)
	}
	var w way
	for _, r := range re.Rune {
		c := new(class)
		c.add(r, r)
		for f := unicode.SimpleFold(r); f != r; f = unicode.SimpleFold(f) {
			c.add(f, f)
		}
		w = append(w, part{kind: partRun, class: c, least: 1, most: 1})
	}
	return []way{w}, len(w) <= maxParts
}

func captureWays(re *syntax.Regexp) ([]way, bool) {
	ways, ok := waysOf(re.Sub[0])
	if re.Name != "secret" || !ok {
		return ways, ok
	}
	ways, ok = follow([]way{{{kind: partGroup}}}, ways)
	if !ok {
		return nil, false
	}
	return follow(ways, []way{{{kind: partGroupEnd}}})
}

// repeatWays are those of a run, or of a part that is there or not.
func repeatWays(re *syntax.Regexp) ([]way, bool) {
	sub, least, most := re.Sub[0], re.Min, re.Max
	switch re.Op {
	case syntax.OpStar:
		least, most = 0, -1
	case syntax.OpPlus:
		least, most = 1, -1
	case syntax.OpQuest:
		least, most = 0, 1
	}
	if most < 0 {
		most = maxMatch
	}
	lazy := re.Flags&syntax.NonGreedy != 0 && least < most
	if c := oneCharacter(sub); c != nil && !lazy {
		return []way{{{kind: partRun, class: c, least: least, most: most}}}, true
	}
	once, ok := waysOf(sub)
	all := []way{nil}
	for range least {
		if len(once) > 1 || !ok { // each time anew: few such are worth it
			return nil, false
		}
		if all, ok = follow(all, once); !ok {
			return nil, false
		}
	}
	if least == most || !ok {
		return all, ok
	}
	if least != 0 || most != 1 || lazy {
		return nil, false
	}
	return append(slices.Clone(once), nil), len(once) < maxWays
}

// oneCharacter returns the class of an expression for one character, or nil.
func oneCharacter(re *syntax.Regexp) *class {
	switch ways, ok := waysOf(re); {
	case !ok || len(ways) != 1 || len(ways[0]) != 1:
	case ways[0][0].kind == partRun && ways[0][0].most == 1 && ways[0][0].least == 1:
		return ways[0][0].class
	case ways[0][0].kind == partText && utf8.RuneCountInString(ways[0][0].text) == 1:
		c := new(class)
		r, _ := utf8.DecodeRuneInString(ways[0][0].text)
		c.add(r, r)
		return c
	}
	return nil
}

func classOfChars(re *syntax.Regexp) *class {
	c := new(class)
	switch re.Op {
	case syntax.OpCharClass:
		for i := 0; i < len(re.Rune); i += 2 {
			c.add(re.Rune[i], re.Rune[i+1])
		}
	case syntax.OpAnyCharNotNL:
		c.add(0, '\n'-1)
		c.add('\n'+1, utf8.MaxRune)
	case syntax.OpAnyChar:
		c.add(0, utf8.MaxRune)
	}
	return c
}

func (c *class) add(lo, hi rune) {
	for r := lo; r <= min(hi, utf8.RuneSelf-1); r++ {
		c.bytes[r] = true
	}
	if hi >= utf8.RuneSelf {
		c.beyond = append(c.beyond, max(lo, utf8.RuneSelf), hi)
	}
}

// apart reports whether no character is in both classes. Those beyond ASCII are
// all taken for the same.
func (c *class) apart(other *class) bool {
	for i := range utf8.RuneSelf {
		if c.bytes[i] && other.bytes[i] {
			return false
		}
	}
	return len(c.beyond) == 0 || len(other.beyond) == 0
}

// words reports whether all characters of c are such that \b counts for words.
func (c *class) words() bool {
	for i := range utf8.RuneSelf {
		if c.bytes[i] && !isWord(byte(i)) {
			return false
		}
	}
	return len(c.beyond) == 0
}

// endsRun reports whether rest can match nowhere but behind the last character of a
// run, so that no shorter run has to be tried.
func endsRun(run *part, rest []part) bool {
	for i := range rest {
		switch s := &rest[i]; s.kind {
		case partText:
			first, _ := utf8.DecodeRuneInString(s.text)
			one := new(class)
			one.add(first, first)
			return run.class.apart(one)
		case partBoundary:
			return run.least > 0 && run.class.words()
		case partRun:
			if !run.class.apart(s.class) {
				return false
			}
			if s.least > 0 {
				return true
			}
		}
	}
	return true
}

// begin adds the bytes that a match of the way begins with. It reports false where
// that may be none.
func (w way) begin(first *byteSet) bool {
	for i := range w {
		switch s := &w[i]; s.kind {
		case partText:
			first[s.text[0]] = true
			return true
		case partRun:
			for b := range first {
				first[b] = first[b] || s.class.bytes[b] || b >= utf8.RuneSelf && len(s.class.beyond) > 0
			}
			if s.least > 0 {
				return true
			}
		}
	}
	return false
}
