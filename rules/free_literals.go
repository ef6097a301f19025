package rules

import (
	"regexp/syntax"
	"slices"
	"strings"
	"unicode/utf8"
)

// A free rule need not read a text where no match can be. Most expressions say
// themselves what every match holds: one of a few literals.

const (
	maxStrings   = 512 // texts that are followed through an expression
	maxCharacter = 64  // characters of a class that are written out
	maxJoined    = 64  // bytes of a text that is joined of several: more says no more
)

// longS is the one letter beyond ASCII, beside the Kelvin sign, that matches one of
// ASCII where case does not count.
const longS = 'ſ'

// held is what is known of all matches of an expression, in lower case.
type held struct {
	exact  []string // all that it can match; nil where that is too much
	prefix []string // what every match begins with
	within []string // one of these stands in every match; nil where nothing is known
}

// heldLiterals returns literals of minLiteral bytes and more of which every match
// of an expression holds one in some case of letters, or nil.
func heldLiterals(expr string) []string {
	tree, err := syntax.Parse(expr, syntax.Perl)
	if err != nil {
		return nil
	}
	h := heldBy(tree.Simplify())
	best := richer(h.within, richer(h.exact, h.prefix))
	if shortestOf(best) < minLiteral {
		return nil
	}
	for i, s := range best {
		best[i] = s[:min(len(s), maxLiteral)]
	}
	return best
}

func heldBy(re *syntax.Regexp) held {
	switch re.Op {
	case syntax.OpLiteral:
		s := []string{strings.ToLower(string(re.Rune))}
		return held{exact: s, prefix: s, within: s}
	case syntax.OpCharClass:
		return heldByClass(re.Rune)
	case syntax.OpCapture:
		return heldBy(re.Sub[0])
	case syntax.OpConcat:
		return heldBySequence(re.Sub)
	case syntax.OpAlternate:
		return heldByChoice(re.Sub)
	case syntax.OpPlus:
		h := heldBy(re.Sub[0])
		return held{prefix: h.prefix, within: h.within}
	case syntax.OpQuest:
		if h := heldBy(re.Sub[0]); h.exact != nil && len(h.exact) < maxStrings {
			return held{exact: append([]string{""}, h.exact...), prefix: []string{""}}
		}
	case syntax.OpEmptyMatch, syntax.OpBeginLine, syntax.OpEndLine, syntax.OpBeginText, syntax.OpEndText, syntax.OpWordBoundary, syntax.OpNoWordBoundary:
		return held{exact: []string{""}, prefix: []string{""}}
	}
	return held{prefix: []string{""}}
}

func heldByClass(ranges []rune) held {
	var list []string
	for i := 0; i < len(ranges); i += 2 {
		for c := ranges[i]; c <= ranges[i+1]; c++ {
			if len(list) == maxCharacter {
				return held{prefix: []string{""}}
			}
			if c != longS { // which is an s where case does not count
				list = append(list, strings.ToLower(string(c)))
			}
		}
	}
	slices.Sort(list)
	list = slices.Compact(list)
	return held{exact: list, prefix: list, within: list}
}

func heldByChoice(subs []*syntax.Regexp) (h held) {
	exact, within := true, true
	for _, sub := range subs {
		x := heldBy(sub)
		if x.exact == nil {
			exact = false
		}
		inner := richer(x.within, richer(x.exact, x.prefix))
		within = within && shortestOf(inner) > 0
		h.exact, h.prefix, h.within = append(h.exact, x.exact...), append(h.prefix, x.prefix...), append(h.within, inner...)
	}
	if !exact || len(h.exact) > maxStrings {
		h.exact = nil
	}
	if !within || len(h.within) > maxStrings {
		h.within = nil
	}
	if len(h.prefix) > maxStrings {
		h.prefix = []string{""}
	}
	return h
}

// heldBySequence joins the texts of parts that follow each other, as far as they are
// few.
func heldBySequence(subs []*syntax.Regexp) (h held) {
	run, first := []string{""}, true // the texts of the parts since the last that is not known
	for _, sub := range subs {
		x := heldBy(sub)
		if next := cross(run, x.exact); next != nil {
			run = next
			h.within = richer(h.within, x.within)
			continue
		}
		joined := run
		if next := cross(run, x.prefix); next != nil {
			joined = next
		}
		if first {
			h.prefix, first = joined, false
		}
		h.within = richer(richer(h.within, x.within), joined)
		run = []string{""}
		if len(x.exact) > 0 {
			run = x.exact // too many together, not alone
		}
	}
	h.within = richer(h.within, run)
	if first {
		h.exact, h.prefix = run, run
	}
	return h
}

// cross returns each of a followed by each of b, nil if there are too many or none, or
// they get too long.
func cross(a, b []string) (all []string) {
	if b == nil || len(a)*len(b) > maxStrings {
		return nil
	}
	for _, x := range a {
		for _, y := range b {
			if len(x) > 0 && len(y) > 0 && len(x)+len(y) > maxJoined {
				return nil
			}
			all = append(all, x+y)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// richer returns what says more: the list whose shortest text is the longer, or else
// that with fewer texts.
func richer(a, b []string) []string {
	x, y := min(shortestOf(a), 8), min(shortestOf(b), 8)
	if x > y || x == y && len(a) <= len(b) && a != nil {
		return a
	}
	return b
}

func shortestOf(list []string) int {
	if len(list) == 0 {
		return 0
	}
	n := len(list[0])
	for _, s := range list {
		n = min(n, len(s))
	}
	return n
}

// ascii reports whether all texts are: others have letters whose case the literals
// do not know.
func ascii(list []string) bool {
	return !slices.ContainsFunc(list, func(s string) bool {
		return strings.ContainsFunc(s, func(c rune) bool { return c >= utf8.RuneSelf })
	})
}

// A hold is what is known of a free rule before its expression is compiled.
type hold struct {
	literals []string
	reach    int  // bytes of the longest match; less than maxMatch
	lines    bool // a match has no bound, and lies on one line
}

// holdOf returns where matches of a pattern can be; literals is empty where that is
// anywhere.
func holdOf(expr string) (h hold) {
	literals := heldLiterals(expr)
	if len(literals) == 0 || !ascii(literals) {
		return h
	}
	tree, err := syntax.Parse(expr, syntax.Perl)
	if err != nil {
		return h
	}
	_, h.reach = lengths(tree)
	if h.reach >= maxMatch {
		if h.lines = !breaks(tree); !h.lines {
			return hold{}
		}
	}
	h.literals = literals
	return h
}

// breaks reports whether a match can hold a line break.
func breaks(re *syntax.Regexp) bool {
	switch re.Op {
	case syntax.OpAnyChar:
		return true
	case syntax.OpLiteral:
		return slices.Contains(re.Rune, '\n')
	case syntax.OpCharClass:
		for i := 0; i < len(re.Rune); i += 2 {
			if re.Rune[i] <= '\n' && '\n' <= re.Rune[i+1] {
				return true
			}
		}
	}
	return slices.ContainsFunc(re.Sub, breaks)
}

// window returns the part of data in which a match around the literal at
// data[start:end] lies, with a margin so that its edges are seen as they are.
func (h *hold) window(data []byte, start, end int) span {
	const margin = utf8.UTFMax
	if h.lines {
		return span{max(0, wholeLine(data, start)-margin), min(len(data), restOfLine(data, end)+margin)}
	}
	return span{max(0, end-h.reach-margin), min(len(data), start+h.reach+margin)}
}
