package rules

import (
	"cmp"
	"math"
	"slices"

	"github.com/assayhq/assay/report"
)

// An Explanation says in words why a value was reported or not. It holds none of
// the text.
type Explanation struct {
	Rule       *Rule
	Start, End int    // of the value
	Form       string // how name and value are written
	Name       string // what the name says
	Value      string // what the value looks like
	Verdict    string
	Confidence report.Confidence
	Reported   bool // with Confidence, before the path is looked at
	// Probability is how likely the value is a credential, from 0 to 1: what share of
	// the values with its score were credentials in repositories that the model had
	// not seen. Influences are what moved the score most, the strongest first. Both are
	// empty for what was decided without the model.
	Probability float64
	Influences  []Influence
}

// An Influence is what one trait did to the probability: the logarithm of the
// factor on the odds, above 0 if it speaks for a credential.
type Influence struct {
	Trait string
	Value int
	Log   float64
}

// Factor returns by what the trait multiplies the odds.
func (f Influence) Factor() float64 { return math.Exp(f.Log) }

// A Trial says at how many literals in the text a rule was tried.
type Trial struct {
	Rule   *Rule
	Places int
}

// A witness is told what a visit does.
type witness struct {
	places   map[int]int // tries by rule
	proposed func(r *compiled, data []byte, c candidate, base int)
}

// Explain returns the rules that were tried in data, sorted by id, and why each
// value that a grammar proposed was reported or not, in the order of the text.
func (s *Set) Explain(data []byte) ([]Trial, []Explanation) {
	var all []Explanation
	places := map[int]int{}
	s.witness(data, &witness{places, func(r *compiled, data []byte, c candidate, base int) {
		all = append(all, s.explain(r, data, c, base))
	}})
	var trials []Trial
	for i := range s.rules {
		if n := places[i]; n > 0 {
			trials = append(trials, Trial{s.rules[i].Rule, n})
		}
	}
	slices.SortStableFunc(all, func(a, b Explanation) int { return cmp.Compare(a.Start, b.Start) })
	return trials, all
}

// witness reads data and tells w of it.
func (s *Set) witness(data []byte, w *witness) {
	v := s.visit(nil, data)
	v.witness = w
	v.look(0, len(data))
	v.witness = nil
	s.leave(v)
}

func (s *Set) explain(r *compiled, data []byte, c candidate, base int) Explanation {
	var buf [64]byte
	value := c.plain(buf[:0], data)
	e, o := screen(data, c, value)
	x := Explanation{
		Rule: r.Rule, Start: base + c.start, End: base + c.end,
		Form: formWords[c.form], Name: classWords[e.class], Value: kindWords[e.kind],
	}
	switch o {
	case ruledOut:
		x.Verdict = "ruled out: " + e.reason
		if e.class == nameNone {
			x.Value = "" // nobody looked
		}
		return x
	case settled:
		x.Verdict, x.Confidence, x.Reported = e.reason, min(e.settled, r.Confidence), true
		return x
	}
	m := s.model()
	if m == nil {
		x.Verdict = "decided by the tables that were set by hand"
		x.Confidence, x.Reported = decide(e)
	} else {
		x.Verdict = "decided by the model"
		var t Traits
		t.observe(data, c, value, e)
		score := m.score(&t)
		x.Confidence, x.Reported = m.confidence(score)
		x.Probability = m.probability(score)
		x.Influences = m.influences(&t)
	}
	x.Confidence = min(x.Confidence, r.Confidence)
	return x
}

// influences attributes each step down a tree to the trait that it asked about.
func (m *Model) influences(t *Traits) []Influence {
	var by [TraitCount]int32
	for _, i := range m.roots {
		for n := &m.nodes[i]; n.trait != TraitCount; n = &m.nodes[i] {
			i = n.next(i, t)
			by[n.trait] += m.nodes[i].value - n.value
		}
	}
	var all []Influence
	for trait, log := range by {
		if log != 0 {
			all = append(all, Influence{traitTexts[trait].words, int(t[trait]), float64(log) / 1000})
		}
	}
	slices.SortStableFunc(all, func(a, b Influence) int { return cmp.Compare(math.Abs(b.Log), math.Abs(a.Log)) })
	return all
}

var formWords = [...]string{
	formQuoted: "a value in quotes", formBacktick: "a value in back-ticks", formBare: "a value without quotes",
	formComment: "a value without quotes in a comment", formQuery: "a value inside a longer text", formElement: "the text of an element",
	formPair: "a value beside its name", formCall: "an argument of a call", formFlag: "the argument of a flag",
	formHeader: "a value behind the scheme of a header", formBasic: "a pair behind Basic", formURL: "the password of a URL",
	formUser: "a value behind a user", formSQL: "a password in SQL", formLiteral: "an argument that only a credential can be",
}

var classWords = [...]string{
	nameNone: "no name of a credential", nameWeak: "a name of something that is seldom a credential", nameToken: "a name of something that is often a credential",
	nameSecret: "the name of a secret", namePassword: "the name of a password",
}

var kindWords = [...]string{
	kindCode: "code", kindText: "a text", kindWord: "words", kindListed: "one of several strings in a row", kindNumber: "digits", kindUUID: "a UUID", kindHuman: "what people choose as a password",
	kindRandom: "random text", kindHex: "random text in hexadecimal digits",
}
