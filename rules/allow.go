package rules

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// An Allow is a list of what is no finding although rules match it. Its conditions
// are about the value and about the place; any of them is enough, unless All is
// set.
type Allow struct {
	Rules   []string // ids that it is about; all rules if there is none
	All     bool     // every condition that is given has to hold
	Paths   []string // expressions that match somewhere in the path
	Commits []string // that brought it, whole ids
	Values  []string // expressions that match somewhere in what Target names
	Target  Target
	Words   []string // that stand in the credential, in any case
	Origin  string   // file and line, for messages
}

// A Target says what the Values of an Allow are matched against.
type Target uint8

const (
	TargetSecret Target = iota // the credential
	TargetMatch                // all that the pattern of the rule matched
	TargetLine                 // the lines that the match stands on
)

var targets = map[string]Target{"": TargetSecret, "secret": TargetSecret, "match": TargetMatch, "line": TargetLine}

// maxAllows bounds the lists that are about one rule: Match has a bit for each.
const maxAllows = 64

// check returns what is wrong with a list.
func (a *Allow) check() error {
	if len(a.Paths)+len(a.Commits)+len(a.Values)+len(a.Words) == 0 {
		return fmt.Errorf("%s: an allowlist without paths, commits, expressions or words", a.Origin)
	}
	for _, expr := range slices.Concat(a.Paths, a.Values) {
		if _, err := parseExpression(expr); err != nil {
			return fmt.Errorf("%s: allowlist: %w", a.Origin, err)
		}
	}
	return nil
}

// allowing is an Allow made ready.
type allowing struct {
	*Allow
	own    bool // it belongs to one rule, and is a part of it
	paths  func() []*regexp.Regexp
	values func() []*regexp.Regexp
	words  func() *wordList
}

func newAllowing(a *Allow, own bool) *allowing {
	compile := func(list []string) func() []*regexp.Regexp {
		return sync.OnceValue(func() (all []*regexp.Regexp) {
			for _, expr := range list {
				all = append(all, regexp.MustCompile(expr))
			}
			return all
		})
	}
	return &allowing{
		Allow: a, own: own, paths: compile(a.Paths), values: compile(a.Values),
		words: sync.OnceValue(func() *wordList {
			return newWordList(len(a.Words), func(i int) (string, int) { return a.Words[i], i })
		}),
	}
}

// A quoted match is what the lists are asked about.
type quoted struct {
	value, match []byte
	data         []byte // in which the match starts and ends
	start, end   int
	lines        *lineMemory // of data
}

// A lineMemory is the line on which matches of one text stand, one after the other. A
// line may be long and hold many, and is looked for and asked about once.
type lineMemory struct {
	known    bool
	from, to int
	matches  map[*allowing]bool // what lists said of it
}

// find makes the line of data[i] the one that is remembered.
func (l *lineMemory) find(data []byte, i int) {
	if l.known && l.from <= i && i <= l.to {
		return
	}
	*l = lineMemory{true, wholeLine(data, i), restOfLine(data, i), map[*allowing]bool{}}
}

// onLine asks a list about the lines that the match stands on.
func (a *allowing) onLine(q quoted) bool {
	l := q.lines
	if l.find(q.data, q.start); q.end > l.to {
		return a.matches(q.data[l.from:restOfLine(q.data, q.end)])
	}
	is, known := l.matches[a]
	if !known {
		is = a.matches(q.data[l.from:l.to])
		l.matches[a] = is
	}
	return is
}

// text says what the conditions on the text make of a match: it is allowed
// wherever it stands, or it is at the places that the list names.
func (a *allowing) text(q quoted) (everywhere, somewhere bool) {
	placed := len(a.Paths)+len(a.Commits) > 0
	value, word := a.hasValue(q), a.hasWord(q.value)
	if !a.All {
		return value || word, placed
	}
	if len(a.Values) > 0 && !value || len(a.Words) > 0 && !word {
		return false, false
	}
	return !placed, placed
}

func (a *allowing) hasValue(q quoted) bool {
	switch {
	case len(a.Values) == 0:
		return false
	case a.Target == TargetMatch:
		return a.matches(q.match)
	case a.Target == TargetLine:
		return a.onLine(q)
	}
	return a.matches(q.value)
}

func (a *allowing) matches(text []byte) bool {
	return len(text) > 0 && slices.ContainsFunc(a.values(), func(re *regexp.Regexp) bool { return re.Match(text) })
}

func (a *allowing) hasWord(value []byte) (has bool) {
	if len(a.Words) > 0 {
		a.words().present(value, func(int, int, int) bool { has = true; return false })
	}
	return has
}

// place reports whether the conditions on the place hold. path and commit may be
// empty where they are not known.
func (a *allowing) place(path, commit string) bool {
	at := path != "" && slices.ContainsFunc(a.paths(), func(re *regexp.Regexp) bool { return re.MatchString(path) })
	by := commit != "" && slices.ContainsFunc(a.Commits, func(c string) bool { return strings.EqualFold(strings.TrimSpace(c), commit) })
	if !a.All {
		return at || by
	}
	return (len(a.Paths) == 0 || at) && (len(a.Commits) == 0 || by)
}

// allows are the lists that a match is subject to, by bit.
type allows struct {
	everywhere uint64 // lists that allow it
	somewhere  uint64 // lists that allow it at certain places
}

// judgeText asks the lists of the rule about a match. It reports false where the
// rule itself says that this is no credential.
func (r *compiled) judgeText(m *Match, q quoted) bool {
	for i, a := range r.allowLists {
		everywhere, somewhere := a.text(q)
		switch {
		case everywhere && a.own:
			return false
		case everywhere:
			m.allows.everywhere |= 1 << i
		case somewhere:
			m.allows.somewhere |= 1 << i
		}
	}
	return true
}

// Allowed reports whether a list allows a match at a place, and where that list
// stands: its file. commit is the one that brought the match there. Both may be
// empty where they are not known.
func (s *Set) Allowed(m Match, path, commit string) (by string, allowed bool) {
	if m.allows == (allows{}) {
		return "", false
	}
	for i, a := range s.lookup(m.Rule.ID).allowLists {
		bit := uint64(1) << i
		if m.allows.everywhere&bit != 0 || m.allows.somewhere&bit != 0 && a.place(path, commit) {
			by, _, _ = strings.Cut(a.Origin, ":")
			return by, true
		}
	}
	return "", false
}

// WithAllow has lists count for the rules that they name.
func WithAllow(lists []Allow) Option {
	return func(s *Set) { s.allow = append(s.allow, lists...) }
}

// distribute gives each rule the lists that are about it.
func (s *Set) distribute() error {
	global := make([]*allowing, len(s.allow))
	for i := range s.allow {
		global[i] = newAllowing(&s.allow[i], false)
	}
	for i := range s.rules {
		r := &s.rules[i]
		for k := range r.Allow {
			r.allowLists = append(r.allowLists, newAllowing(&r.Allow[k], true))
		}
		for _, g := range global {
			if len(g.Rules) == 0 || slices.Contains(g.Rules, r.ID) {
				r.allowLists = append(r.allowLists, g)
			}
		}
		s.listed = s.listed || len(r.allowLists) > 0
		if len(r.allowLists) > maxAllows {
			return fmt.Errorf("%s: rule %q has more than %d allowlists; put their expressions together", r.Origin, r.ID, maxAllows)
		}
	}
	return nil
}

// quote is what the lists are asked about for a match whose pattern took
// data[start:end].
func quote(data []byte, m *Match, start, end int, lines *lineMemory) quoted {
	return quoted{m.Value(data), data[start:end], data, start, end, lines}
}
