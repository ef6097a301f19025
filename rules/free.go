package rules

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"regexp"
	"slices"
	"sync"
	"unicode/utf8"
)

// A Free rule is searched in all of a text that holds one of its keywords, or in
// every text if it has none: the way of rules that were written for gitleaks. Its
// pattern sees the whole text, and what it takes is reported beside what other rules
// take. That is slow; a rule that knows where its credential stands is not free.
//
// The credential is the group that Group names, or else the first group that is not
// empty, or else the match. A free rule without a pattern is about the path alone.
type Free struct {
	Group   int     // of the pattern, from 1; 0 for the first that is not empty
	MinBits float64 // Shannon entropy of the credential, bits per character, must be above; 0 is not asked
	Needs   []Need  // what must be found beside it
	Hidden  bool    // it is there for the needs of others, and not reported
}

// A Need is a rule that must find something near a match.
type Need struct {
	Rule    string
	Lines   *int // at most so many lines apart; nil: in the same text
	Columns *int // at most so many columns apart, whatever the line
}

// specificityFree has what the rules of a user find in encoded text win.
const specificityFree = 150

// freeRules are the free rules of a Set.
type freeRules struct {
	rules    []*compiled
	needed   map[string]*compiled
	keywords *wordList
	holds    []hold      // by rule
	places   *wordList   // the literals of the holds
	paths    []*compiled // without a pattern
	memory   sync.Pool   // *freeMemory
}

// freeOf collects the free rules of s, nil if there is none.
func freeOf(s *Set) *freeRules {
	f := &freeRules{needed: map[string]*compiled{}}
	type word struct {
		text string
		rule int
	}
	var words []word
	for i := range s.rules {
		r := &s.rules[i]
		switch {
		case r.Free == nil:
			continue
		case r.Pattern == "":
			f.paths = append(f.paths, r)
			continue
		}
		for _, k := range r.Keywords {
			words = append(words, word{k, len(f.rules)})
		}
		f.rules = append(f.rules, r)
		f.needed[r.ID] = r
	}
	if len(f.rules)+len(f.paths) == 0 {
		return nil
	}
	list := func(words []word) *wordList {
		return newWordList(len(words), func(i int) (string, int) { return words[i].text, words[i].rule })
	}
	f.keywords = list(words)
	words = nil
	for i, r := range f.rules {
		f.holds = append(f.holds, holdOf(r.Pattern))
		for _, l := range f.holds[i].literals {
			words = append(words, word{l, i})
		}
	}
	f.places = list(words)
	f.memory.New = func() any { return &freeMemory{make([]bool, len(f.rules)), make([][]span, len(f.rules))} }
	return f
}

// checkNeeds reports the needs that no rule can meet: a rule with such a need would
// never find anything, in silence.
func (f *freeRules) checkNeeds() error {
	var errs []error
	for _, r := range f.rules {
		for _, n := range r.Free.Needs {
			if f.needed[n.Rule] == nil {
				errs = append(errs, fmt.Errorf("%s: rule %q: %s", r.Origin, r.ID, unmetNeed(n)))
			}
		}
	}
	return errors.Join(errs...)
}

func unmetNeed(n Need) string {
	return fmt.Sprintf("it needs %q, and no free rule with a pattern has that id", n.Rule)
}

// Only returns the rules that keep keeps, and beside them, hidden, the free rules that
// those need.
func Only(all []Rule, keep func(r *Rule) bool) (kept []Rule) {
	needed := map[string]bool{}
	for i := range all {
		if r := &all[i]; keep(r) && r.Free != nil {
			for _, n := range r.Free.Needs {
				needed[n.Rule] = true
			}
		}
	}
	for i := range all {
		switch r := &all[i]; {
		case keep(r):
			kept = append(kept, *r)
		case r.Free != nil && needed[r.ID]:
			free := *r.Free
			free.Hidden, free.Needs = true, nil // what is needed is not asked for its own needs
			kept = append(kept, *r)
			kept[len(kept)-1].Free = &free
		}
	}
	return kept
}

// A freeMemory is what one text leaves behind while it is read, by rule.
type freeMemory struct {
	called  []bool   // a keyword stands in the text
	windows [][]span // where matches can be, ascending and apart
}

// look notes which rules are called, and where.
func (f *freeRules) look(m *freeMemory, data []byte) {
	any := false
	f.keywords.present(data, func(rule int, _, _ int) bool { m.called[rule], any = true, true; return true })
	for i, r := range f.rules {
		if len(r.Keywords) == 0 {
			m.called[i], any = true, true
		}
	}
	if !any {
		return
	}
	f.places.present(data, func(rule, start, end int) bool {
		if !m.called[rule] {
			return true
		}
		w, list := f.holds[rule].window(data, start, end), m.windows[rule]
		if n := len(list); n > 0 && w.from <= list[n-1].to {
			list[n-1] = span{min(w.from, list[n-1].from), max(w.to, list[n-1].to)}
		} else {
			m.windows[rule] = append(list, w)
		}
		return true
	})
}

func (m *freeMemory) clear() {
	clear(m.called)
	for i := range m.windows {
		m.windows[i] = m.windows[i][:0]
	}
}

// A taken is a match of a free rule with what its pattern took.
type taken struct {
	Match
	start, end int
	value      []byte
}

// sniffed is how much of a text is looked at for a NUL, which makes it binary: there
// only formats of their own count, and free rules are not read.
const sniffed = 8000

func hasNUL(data []byte) bool { return bytes.IndexByte(data[:min(sniffed, len(data))], 0) >= 0 }

// find returns what the free rules find in data.
func (f *freeRules) find(data []byte) []Match {
	var all []taken
	m := f.memory.Get().(*freeMemory)
	f.look(m, data)
	for i, r := range f.rules {
		if !m.called[i] || r.Free.Hidden {
			continue
		}
		windows := m.windows[i]
		if len(f.holds[i].literals) == 0 {
			windows = append(windows, span{0, len(data)})
		}
		all = append(all, f.withNeeds(data, r, r.takeAll(data, windows))...)
	}
	m.clear()
	f.memory.Put(m)
	all = withoutOutdone(data, all)
	list := make([]Match, len(all))
	for i := range all {
		list[i] = all[i].Match
	}
	return list
}

// expression is the pattern of a free rule.
func (r *compiled) expression() *regexp.Regexp {
	r.once.free.Do(func() { r.made.free = regexp.MustCompile(r.Pattern) })
	return r.made.free
}

// takeAll returns all that the pattern of a free rule takes in the windows, and its
// lists leave.
func (r *compiled) takeAll(data []byte, windows []span) (all []taken) {
	var lines lineMemory
	for _, w := range windows {
		for _, loc := range r.expression().FindAllIndex(data[w.from:w.to], -1) {
			if t, ok := r.take(data, w.from+loc[0], w.from+loc[1], &lines); ok {
				all = append(all, t)
			}
		}
	}
	return all
}

// take judges what the pattern took, data[start:end]. Groups are those of the match
// read by itself, without what stands around it.
func (r *compiled) take(data []byte, start, end int, lines *lineMemory) (t taken, ok bool) {
	for start < end && data[start] == '\n' {
		start++
	}
	for start < end && data[end-1] == '\n' {
		end--
	}
	from, to := start, end
	if groups := r.expression().FindSubmatchIndex(data[start:end]); len(groups) > 2 {
		if a, b, found := chosen(groups, r.Free.Group); found {
			from, to = start+a, start+b
		}
	}
	if from == to {
		return t, false
	}
	t = taken{Match{Rule: r.Rule, Start: from, End: to, Confidence: r.Confidence, specificity: r.specificity}, start, end, data[from:to]}
	if r.Free.MinBits > 0 && entropyBits(t.value) <= r.Free.MinBits {
		return t, false
	}
	return t, r.judgeText(&t.Match, quote(data, &t.Match, start, end, lines))
}

// chosen returns the group that holds the credential.
func chosen(groups []int, group int) (from, to int, ok bool) {
	if group > 0 {
		return max(0, groups[2*group]), max(0, groups[2*group+1]), true
	}
	for i := 2; i < len(groups); i += 2 {
		if groups[i] >= 0 && groups[i] < groups[i+1] {
			return groups[i], groups[i+1], true
		}
	}
	return 0, 0, false
}

// entropyBits is the Shannon entropy of the characters of value in bits, where each
// character weighs what share of the bytes it is, as gitleaks has it.
func entropyBits(value []byte) (bits float64) {
	counts := map[rune]int{}
	for i := 0; i < len(value); {
		c, size := utf8.DecodeRune(value[i:])
		counts[c]++
		i += size
	}
	for _, n := range counts {
		share := float64(n) / float64(len(value))
		bits -= share * math.Log2(share)
	}
	return bits
}

// merge puts what the free rules found beside what the others did, ordered by start.
// What a grammar found at such a place gives way: the free rule names it better.
func (f *freeRules) merge(found, free []Match) []Match {
	found = slices.DeleteFunc(found, func(m Match) bool {
		return !m.typed && m.Rule.Free == nil && slices.ContainsFunc(free, func(o Match) bool { return o.Start < m.End && m.Start < o.End })
	})
	found = append(found, free...)
	slices.SortStableFunc(found, func(a, b Match) int { return a.Start - b.Start })
	return found
}

// AboutPaths reports whether the set has rules that are about a path alone.
func (s *Set) AboutPaths() bool { return s.free != nil && len(s.free.paths) > 0 }

// AtPath returns the matches of rules that are about a path alone. Match.Start and
// Match.End are 0.
func (s *Set) AtPath(path string) (list []Match) {
	if s.free == nil || path == "" {
		return nil
	}
	for _, r := range s.free.paths {
		m := Match{Rule: r.Rule, Confidence: r.Confidence, typed: true, specificity: r.specificity}
		if !r.judgeText(&m, quoted{lines: &lineMemory{}}) || !slices.ContainsFunc(r.paths(), func(re *regexp.Regexp) bool { return re.MatchString(path) }) {
			continue
		}
		list = append(list, m)
	}
	return list
}
