package rules

import (
	"fmt"
	"regexp/syntax"
	"slices"
	"strings"
)

// A Problem is what lint has to say of a rule that works.
type Problem struct {
	Origin string // file and line of the rule
	Rule   string // its id
	Text   string // what is wrong, and how to mend it
}

// String returns the problem on one line.
func (p Problem) String() string { return fmt.Sprintf("%s: rule %q: %s", p.Origin, p.Rule, p.Text) }

// Lint returns what is wrong with rules that Parse accepted, beside the rules
// known already, in the order of the rules: what makes scans slow, what finds too
// much, and what people will miss. The examples are run too.
func Lint(rules, known []Rule) []Problem {
	beside := slices.DeleteFunc(slices.Clone(known), func(k Rule) bool {
		return slices.ContainsFunc(rules, func(r Rule) bool { return r.ID == k.ID })
	})
	set, err := Compile(slices.Concat(rules, beside))
	var all []Problem
	for i := range rules {
		l := linter{rule: &rules[i]}
		if rules[i].Free == nil { // it is slow and takes what it says
			l.literals()
			l.pattern()
		}
		l.prose()
		l.ids(rules[:i], rules, known)
		l.needs(rules, known)
		if err == nil { // else two rules have one id or a need is not met, which was said
			l.examples(set)
		}
		all = append(all, l.problems...)
	}
	return all
}

// needs says which needs no rule can meet.
func (l *linter) needs(rules, known []Rule) {
	if l.rule.Free == nil {
		return
	}
	for _, n := range l.rule.Free.Needs {
		meets := func(r Rule) bool { return r.ID == n.Rule && r.Free != nil && r.Pattern != "" }
		if !slices.ContainsFunc(rules, meets) && !slices.ContainsFunc(known, meets) {
			l.bad("%s", unmetNeed(n))
		}
	}
}

type linter struct {
	rule     *Rule
	problems []Problem
}

func (l *linter) bad(format string, args ...any) {
	l.problems = append(l.problems, Problem{l.rule.Origin, l.rule.ID, fmt.Sprintf(format, args...)})
}

// commonWords stand on so many lines of source and prose that a rule which has one
// for its literal is tried all the time.
var commonWords = wordSet(`
	access account address api app application array auth author body bool boolean break bytes case char class client
	code config const context data date default delete else email end error false file for format from function get
	group hash header host href html http https id import index info init input int integer item json key kind label
	length line link list load local log login main map message meta method mode model name new nil node not null
	number object option options order output package page param parse path plugin port post print private project
	property public query read ref remove report request require response result return root row run scope script
	search secret select self server service session set size source start state static status string struct style
	table tag target task template test text this time title token true type undefined update url use user util uuid
	value var version view void warn web while width with word world write xml`)

// shortLiteral is the length, in bytes, up to which a literal is met by chance in
// most files.
const shortLiteral = 3

func (l *linter) literals() {
	for _, literal := range slices.Concat(l.rule.Prefixes, l.rule.Keywords) {
		switch word := strings.Trim(strings.ToLower(literal), " _-.:=\"'/"); {
		case commonWords().has([]byte(word)):
			l.bad("literal %q is a common word, so the rule is tried on many lines and makes every scan slower; take the vendor's name or the token's own beginning", literal)
		case len(literal) <= shortLiteral:
			l.bad("literal %q has %d bytes and is met by chance all the time, which makes every scan slower; take four or more if the format has them", literal, len(literal))
		}
	}
}

// longPattern is more than any credential takes but keys in PEM.
const longPattern = 8 << 10

func (l *linter) pattern() {
	if l.rule.Grammar != "" {
		return
	}
	tree, err := syntax.Parse(l.rule.Pattern, syntax.Perl)
	if err != nil {
		l.bad("pattern: %v", err)
		return
	}
	p := compilePattern(l.rule.Pattern)
	if p.group == 0 && len(l.rule.Keywords) > 0 && l.rule.Before == 0 && (p.all['='] || p.all[':'] || p.all[' ']) {
		l.bad("pattern has no group named secret, so blanks and operators count as the credential; write (?P<secret>...) around the value")
	}
	if p.longest >= longPattern && !strings.Contains(l.rule.Pattern, `\n`) {
		l.bad("pattern has no upper bound, so a long line is read again at every literal; write {20,200} instead of + and *")
	}
	if l.rule.MinEntropy == 0 && l.rule.Structure == "" && len(l.rule.Keywords) > 0 {
		l.bad("min_entropy and structure are both absent, so words and repeated characters are found too; 0.5 is a good beginning")
	}
	for _, prefix := range l.rule.Prefixes {
		if !mayStart(tree, prefix) {
			l.bad("prefix %q never matches: the pattern begins otherwise", prefix)
		}
	}
}

// mayStart reports whether a match may begin with the prefix, as far as the literal
// beginning of the pattern tells.
func mayStart(tree *syntax.Regexp, prefix string) bool {
	tree = tree.Simplify()
	for tree.Op == syntax.OpConcat || tree.Op == syntax.OpCapture {
		tree = tree.Sub[0]
	}
	switch {
	case tree.Op == syntax.OpAlternate:
		return slices.ContainsFunc(tree.Sub, func(sub *syntax.Regexp) bool { return mayStart(sub, prefix) })
	case tree.Op == syntax.OpLiteral && tree.Flags&syntax.FoldCase == 0:
		begin := string(tree.Rune)
		return strings.HasPrefix(begin, prefix) || strings.HasPrefix(prefix, begin)
	}
	return true
}

func (l *linter) prose() {
	r := l.rule
	if r.Remedy == "" {
		l.bad("remedy is missing; say where to revoke the credential and how to replace it")
	}
	if len(r.References) == 0 && r.Grammar == "" {
		l.bad("references is missing; give the address of the vendor's documentation of the format")
	}
	if len(r.Examples) == 0 {
		l.bad("examples is missing, so nothing shows that the rule finds anything; write two, as templates such as \"acme_{base62:32}\"")
	}
	if len(r.NonExamples) == 0 {
		l.bad("non_examples is missing; write what looks alike and must not be found")
	}
}

// ids looks for two rules of one id, and companions that no rule has.
func (l *linter) ids(before, own, known []Rule) {
	named := func(id string) func(Rule) bool { return func(r Rule) bool { return r.ID == id } }
	if i := slices.IndexFunc(before, named(l.rule.ID)); i >= 0 {
		l.bad("the id stands in %s too; give one of them another", before[i].Origin)
	} else if i := slices.IndexFunc(known, named(l.rule.ID)); i >= 0 && !strings.HasSuffix(l.rule.Origin, known[i].Origin) {
		l.bad("a built-in rule has this id; give yours another, or switch the other off with extend-builtin = false")
	}
	for _, id := range l.rule.Companion.Rules {
		if !slices.ContainsFunc(own, named(id)) && !slices.ContainsFunc(known, named(id)) {
			l.bad("companion names the rule %q, which does not exist; assay rules list shows the ids", id)
		}
	}
}

func (l *linter) examples(set *Set) {
	for _, f := range set.TestExamples(l.rule.ID) {
		l.bad("%s", f.says())
	}
}
