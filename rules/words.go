package rules

import (
	"bytes"
	"strings"
)

// wordList finds which of some words stand in a text, in any case of ASCII letters.
type wordList struct {
	literals *literals
	short    []string // words that the literals cannot hold, in lower case
	shortAt  []int    // what they stand for
}

// newWordList makes a list of words; the second value of each pair is what
// present is told of it.
func newWordList(count int, word func(i int) (text string, what int)) *wordList {
	l := &wordList{literals: &literals{}}
	index := newIndexer(l.literals)
	fits := func(text string) bool { return len(text) >= minLiteral && len(text) <= maxLiteral }
	for i := range count {
		if text, _ := word(i); fits(text) {
			index.count(text)
		}
	}
	for i := range count {
		text, what := word(i)
		if fits(text) {
			index.add(text, false, what)
		} else if text != "" {
			l.short, l.shortAt = append(l.short, strings.ToLower(text)), append(l.shortAt, what)
		}
	}
	return l
}

// present calls found for what each word in data stands for and where it stands, in
// the order of the text. Words that the literals cannot hold come first, once, and
// without a place. It stops where found returns false.
func (l *wordList) present(data []byte, found func(what, start, end int) bool) {
	for i, text := range l.short {
		if containsFold(data, text) && !found(l.shortAt[i], 0, 0) {
			return
		}
	}
	var memory [64]hit
	hits := memory[:0]
	for from := 0; from < len(data); from += stretch {
		hits = l.literals.find(hits[:0], data[from:min(from+stretch+maxLiteral-1, len(data))])
		for _, h := range hits {
			if h.start >= stretch {
				continue // the next stretch has it, too
			}
			for _, what := range l.literals.entries[h.entry].rules {
				if !found(what, from+h.start, from+h.end) {
					return
				}
			}
		}
	}
}

// containsFold reports whether text, in lower case, stands in data in any case.
func containsFold(data []byte, text string) bool {
	if len(text) > maxLiteral {
		return bytes.Contains(bytes.ToLower(data), []byte(text))
	}
	first := text[0]
	for i := 0; i+len(text) <= len(data); i++ {
		if lower(data[i]) == first && foldASCII(string(data[i:i+len(text)])) == text {
			return true
		}
	}
	return false
}
