package rules

import (
	"errors"
	"fmt"
	"regexp"
	"regexp/syntax"
	"slices"
	"sort"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"github.com/assayhq/assay/report"
)

// maxMatch bounds a match of a pattern that has no bound of its own, in bytes:
// an RSA key of 16,384 bits in PEM has some 12,800.
const maxMatch = 32 << 10

// A Set is rules made ready for matching. It is safe for concurrent use.
type Set struct {
	rules    []compiled
	literals literals
	visits   sync.Pool // *visit
	model    func() *Model
	coats    int // how many are taken off
	allow    []Allow
	listed   bool       // a list is about some rule
	free     *freeRules // nil for none
	off      *Set       // rules whose matches are masked and not found, see WithMasks; nil for none
}

// compiled is a rule with what matching needs. What takes time to make is made
// when it is first asked for: a hook's run meets few of the rules.
type compiled struct {
	*Rule
	grammar     grammar
	structure   structure
	specificity int
	allowLists  []*allowing

	once struct{ pattern, allowed, paths, beside, free sync.Once }
	made struct {
		pattern        *pattern
		allowed, paths []*regexp.Regexp
		beside, free   *regexp.Regexp
	}
}

// A pattern is a rule's regular expression made ready.
type pattern struct {
	matcher   *matcher              // nil where only a regular expression will do
	anchored  func() *regexp.Regexp // at the start of the text
	searching func() *regexp.Regexp
	group     int     // that holds the credential; 0 is the whole match
	bytes     byteSet // the bytes that a credential is made of
	run       int     // how many of them stand in a row in every credential
	all       byteSet // the bytes that a match is made of
	shortest  int     // bytes of the shortest match
	longest   int     // bytes of the longest match
}

// Specificities by the way that a rule finds, unless the rule names its own.
const (
	specificityGrammar = 10
	specificityKeyword = 50
	specificityPrefix  = 100
)

// Compile makes a Set of rules that came from Parse or Builtin. Ids must be
// unique. The Set keeps the slice, which must not be changed afterwards.
func Compile(rules []Rule, options ...Option) (*Set, error) {
	byID := func(a, b Rule) int { return strings.Compare(a.ID, b.ID) }
	if !slices.IsSortedFunc(rules, byID) {
		rules = slices.Clone(rules)
		slices.SortStableFunc(rules, byID)
	}
	s := &Set{rules: make([]compiled, len(rules)), model: builtinModel, coats: maxCoats}
	for _, o := range options {
		o(s)
	}
	index := newIndexer(&s.literals)
	for i := range rules {
		if rules[i].Free != nil {
			continue
		}
		for _, text := range rules[i].Prefixes {
			index.count(text)
		}
		for _, text := range rules[i].Keywords {
			index.count(text)
		}
	}
	var errs []error
	for i := range rules {
		r := &rules[i]
		if i > 0 && rules[i-1].ID == r.ID {
			errs = append(errs, fmt.Errorf("%s: rule %q stands in %s too; give it another id, or disable that one", r.Origin, r.ID, rules[i-1].Origin))
		}
		s.rules[i].init(r)
		if r.Free != nil {
			continue
		}
		for _, p := range r.Prefixes {
			index.add(p, true, i)
		}
		for _, k := range r.Keywords {
			index.add(k, false, i)
		}
	}
	for _, e := range escapeLiterals {
		index.add(e.text, true, -int(e.coat))
	}
	for _, l := range numberLiterals {
		index.add(l.text, true, -int(l.coat))
	}
	errs = append(errs, s.distribute())
	if err := s.checkSteps(); err != nil {
		return nil, errors.Join(append(errs, err)...)
	}
	if s.free = freeOf(s); s.free != nil {
		errs = append(errs, s.free.checkNeeds())
	}
	s.visits.New = func() any { return &visit{set: s, done: make([]int, len(rules))} }
	return s, errors.Join(errs...)
}

// An Option changes how a Set judges.
type Option func(*Set)

// WithModel lets m decide about the candidates of grammars, instead of the model
// that assay brings along; with nil, the tables that were set by hand decide.
func WithModel(m *Model) Option {
	return func(s *Set) { s.model = func() *Model { return m } }
}

func (c *compiled) init(r *Rule) {
	c.Rule, c.grammar, c.structure, c.specificity = r, grammars[r.Grammar], structures[r.Structure], r.Specificity
	if c.specificity == 0 {
		c.specificity = defaultSpecificity(r)
	}
}

func (c *compiled) pattern() *pattern {
	c.once.pattern.Do(func() { c.made.pattern = compilePattern(c.Pattern) })
	return c.made.pattern
}

// allowed are the patterns of values that are no credential.
func (c *compiled) allowed() []*regexp.Regexp {
	c.once.allowed.Do(func() { c.made.allowed = compileWhole(c.Allowed) })
	return c.made.allowed
}

// paths are the patterns of paths that the rule is limited to.
func (c *compiled) paths() []*regexp.Regexp {
	c.once.paths.Do(func() { c.made.paths = compileWhole(c.Paths) })
	return c.made.paths
}

// beside is the pattern of the companion, and its group that holds the companion.
func (c *compiled) beside() (*regexp.Regexp, int) {
	c.once.beside.Do(func() { c.made.beside = regexp.MustCompile(c.Companion.Pattern) })
	return c.made.beside, max(0, c.made.beside.SubexpIndex("secret"))
}

// compilePattern compiles an expression that Parse has checked.
func compilePattern(expr string) *pattern {
	tree, err := syntax.Parse(expr, syntax.Perl)
	if err != nil {
		panic(err) // a Rule that did not come from Parse
	}
	p := &pattern{group: max(0, slices.Index(tree.CapNames(), "secret"))}
	_, p.longest = lengths(tree)
	p.all, p.shortest = credentialRun(tree)
	p.bytes, p.run = credentialRun(secretGroup(tree))
	p.matcher = newMatcher(tree)
	// A rule needs one of them at most, and mostly none: few places pass what is
	// asked before, and most rules have a matcher.
	p.anchored = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^(?:` + expr + `)`) })
	p.searching = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(expr) })
	return p
}

// at matches the pattern at data[start]. Offsets count from there.
func (p *pattern) at(data []byte, start int) (located, bool) {
	text := data[start:min(len(data), start+p.longest)]
	if len(text) < p.shortest {
		return located{}, false
	}
	// Most of what follows a short prefix is ruled out by a byte that no match
	// holds.
	for _, c := range text[:p.shortest] {
		if !p.all[c] {
			return located{}, false
		}
	}
	if p.matcher != nil {
		return p.whole(p.matcher.at(text, 0))
	}
	return p.groups(p.anchored().FindSubmatchIndex(text))
}

// maxSearched is the length up to which a match is searched for by trying one offset
// after the other, in bytes: more could take long in a text that is made for that.
const maxSearched = 512

// search returns the first match of the pattern in text.
func (p *pattern) search(text []byte) (located, bool) {
	if p.matcher != nil && p.longest <= maxSearched {
		return p.whole(p.matcher.search(text))
	}
	return p.groups(p.searching().FindSubmatchIndex(text))
}

// whole takes all of a match for the credential where the pattern has no group.
func (p *pattern) whole(l located, ok bool) (located, bool) {
	if p.group == 0 {
		l.group, l.groupEnd = l.start, l.end
	}
	return l, ok
}

// groups reads what package regexp found.
func (p *pattern) groups(loc []int) (located, bool) {
	if loc == nil {
		return located{}, false
	}
	return located{loc[0], loc[1], loc[2*p.group], loc[2*p.group+1]}, true
}

func defaultSpecificity(r *Rule) int {
	switch {
	case r.Free != nil:
		return specificityFree
	case r.Grammar != "":
		return specificityGrammar
	case len(r.Keywords) > 0:
		return specificityKeyword
	}
	return specificityPrefix
}

// compileWhole compiles patterns that must match a whole text.
func compileWhole(patterns []string) []*regexp.Regexp {
	var all []*regexp.Regexp
	for _, p := range patterns {
		all = append(all, regexp.MustCompile(`^(?:`+p+`)$`))
	}
	return all
}

// lengths returns the least and the greatest number of bytes that a pattern can
// match; the greatest is maxMatch where there is none.
func lengths(re *syntax.Regexp) (least, most int) {
	switch re.Op {
	case syntax.OpLiteral:
		n := len(string(re.Rune))
		if re.Flags&syntax.FoldCase != 0 {
			return n, n + 2*len(re.Rune) // K folds to the three bytes of the Kelvin sign
		}
		return n, n
	case syntax.OpCharClass:
		return 1, widest(re.Rune)
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		return 1, 4
	case syntax.OpCapture:
		return lengths(re.Sub[0])
	case syntax.OpStar, syntax.OpPlus, syntax.OpQuest, syntax.OpRepeat:
		return repeated(re)
	case syntax.OpConcat:
		for _, sub := range re.Sub {
			l, m := lengths(sub)
			least, most = least+l, min(most+m, maxMatch)
		}
		return least, most
	case syntax.OpAlternate:
		least = maxMatch
		for _, sub := range re.Sub {
			l, m := lengths(sub)
			least, most = min(least, l), max(most, m)
		}
		return least, most
	}
	return 0, 0 // empty-width assertions
}

func repeated(re *syntax.Regexp) (least, most int) {
	l, m := lengths(re.Sub[0])
	switch re.Op {
	case syntax.OpStar:
		return 0, maxMatch
	case syntax.OpPlus:
		return l, maxMatch
	case syntax.OpQuest:
		return 0, m
	}
	if re.Max < 0 {
		return l * re.Min, maxMatch
	}
	return l * re.Min, min(m*re.Max, maxMatch)
}

// secretGroup returns the part of a pattern that matches the credential.
func secretGroup(re *syntax.Regexp) *syntax.Regexp {
	if found := namedGroup(re); found != nil {
		return found
	}
	return re
}

func namedGroup(re *syntax.Regexp) *syntax.Regexp {
	if re.Op == syntax.OpCapture && re.Name == "secret" {
		return re.Sub[0]
	}
	for _, sub := range re.Sub {
		if found := namedGroup(sub); found != nil {
			return found
		}
	}
	return nil
}

// A byteSet is a set of bytes.
type byteSet [256]bool

// credentialRun returns the bytes that a pattern can match and the length of its
// shortest match: text without that many of those bytes in a row needs no
// regular expression.
func credentialRun(re *syntax.Regexp) (a byteSet, run int) {
	a.add(re)
	run, _ = lengths(re)
	return a, run
}

func (a *byteSet) add(re *syntax.Regexp) {
	switch re.Op {
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		a.addRange(0, 0xff)
	case syntax.OpLiteral:
		for _, c := range re.Rune {
			for f := unicode.SimpleFold(c); re.Flags&syntax.FoldCase != 0 && f != c; f = unicode.SimpleFold(f) {
				a.addRange(f, f)
			}
			a.addRange(c, c)
		}
	case syntax.OpCharClass:
		for i := 0; i < len(re.Rune); i += 2 {
			a.addRange(re.Rune[i], re.Rune[i+1])
		}
	}
	for _, sub := range re.Sub {
		a.add(sub)
	}
}

// addRange adds the bytes of the characters from lo to hi. Those beyond ASCII
// are all taken for the same.
func (a *byteSet) addRange(lo, hi rune) {
	for c := lo; c <= min(hi, utf8.RuneSelf-1); c++ {
		a[c] = true
	}
	for c := utf8.RuneSelf; hi >= utf8.RuneSelf && c < len(a); c++ {
		a[c] = true
	}
}

// widest returns the bytes of the widest character of a class.
func widest(ranges []rune) int {
	if len(ranges) == 0 {
		return 1
	}
	switch top := ranges[len(ranges)-1]; {
	case top < 0x80:
		return 1
	case top < 0x800:
		return 2
	case top < 0x10000:
		return 3
	}
	return 4
}

func (r *compiled) allows(value []byte) bool {
	for _, re := range r.allowed() {
		if re.Match(value) {
			return true
		}
	}
	return false
}

// At adjusts a match to the path that it was found under: a rule may be limited
// to paths, and an unquoted word is a value in a configuration file and none in
// source code. It reports false where the match does not count there at all.
func (s *Set) At(path string, m Match) (Match, bool) {
	r := s.lookup(m.Rule.ID)
	if paths := r.paths(); len(paths) > 0 && !slices.ContainsFunc(paths, func(re *regexp.Regexp) bool { return re.MatchString(path) }) {
		return m, false
	}
	if !m.typed && r.Free == nil && m.Confidence > report.ConfidencePlaceholder {
		m.Confidence = atPath(path, m)
	}
	return m, true
}

// Len returns how many rules the set has.
func (s *Set) Len() int { return len(s.rules) }

// Descriptions returns what reports say of the rules of the set and of more, which
// are not in it, sorted by id.
func (s *Set) Descriptions(more ...report.Rule) []report.Rule {
	all := make([]report.Rule, len(s.rules), len(s.rules)+len(more))
	for i := range s.rules {
		all[i] = s.rules[i].Rule.Rule
	}
	for _, r := range more {
		i, _ := slices.BinarySearchFunc(all, r.ID, func(r report.Rule, id string) int { return strings.Compare(r.ID, id) })
		all = slices.Insert(all, i, r)
	}
	return all
}

// Rules returns the rules of the set, sorted by id.
func (s *Set) Rules() []Rule {
	all := make([]Rule, len(s.rules))
	for i := range s.rules {
		all[i] = *s.rules[i].Rule
	}
	return all
}

// lookup returns the rule with an id that is known to be in the set.
func (s *Set) lookup(id string) *compiled {
	i := sort.Search(len(s.rules), func(i int) bool { return s.rules[i].ID >= id })
	return &s.rules[i]
}
