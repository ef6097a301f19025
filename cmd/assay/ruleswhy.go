package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/assayhq/assay/report"
	"github.com/assayhq/assay/rules"
)

// maxExplained bounds the text that explain --why reads.
const maxExplained = 16 << 20

// shownInfluences is how many traits are named for each value.
const shownInfluences = 6

// A whyQuery says what is asked about the text on standard input.
type whyQuery struct {
	rule    string // its id, "" for all
	file    string // of rules to add, "" for none
	noModel bool
}

// explainText says why the text on standard input is reported or not. What it
// writes holds none of the text.
func (a *app) explainText(q whyQuery) error {
	set, err := q.compile()
	if err != nil {
		return err
	}
	text, err := io.ReadAll(io.LimitReader(a.stdin, maxExplained+1))
	if err != nil {
		return fmt.Errorf("standard input: %w", err)
	}
	if len(text) > maxExplained {
		return withHint(errors.New("standard input: more than 16 MiB"), "cut out the part in question")
	}
	if q.rule != "" {
		return a.explainRule(set, q.rule, text)
	}
	trials, values := set.Explain(text)
	w, line := a.labelled()
	line("tried", triedRules(trials))
	at := spots{text: text}
	for _, m := range set.Find(nil, text) {
		if m.Typed() {
			fmt.Fprintln(w)
			explainMatch(line, at, set.Accompany(text, m))
		}
	}
	for _, x := range values {
		fmt.Fprintln(w)
		explainValue(line, at, x)
	}
	return w.Flush()
}

// compile compiles the rules that are asked. Those of the file replace built-in
// ones with their ids.
func (q whyQuery) compile() (*rules.Set, error) {
	all := rules.Builtin()
	if q.file != "" {
		own, err := readRules(q.file)
		if err != nil {
			return nil, err
		}
		all = beside(own, all)
	}
	if q.rule != "" {
		if err := known(all, []string{q.rule}, "--rule"); err != nil {
			return nil, err
		}
	}
	return compileFor(rules.File{Rules: all}, q.noModel)
}

func explainMatch(line func(label, text string), at spots, m rules.Match) {
	line("value", at.of(m.Start, m.End))
	line("rule", m.Rule.ID)
	if m.Half() {
		line("verdict", "a half of a pair: reported with the other")
		return
	}
	line("verdict", confidenceOf(m.Confidence, true)+", by its format")
	line("doubt", m.Doubt)
	if b := m.Beside; b.Title != "" {
		line("with", b.Title+", "+at.of(b.Start, b.End))
	}
}

// explainRule says what one rule makes of a text.
func (a *app) explainRule(set *rules.Set, id string, text []byte) error {
	w, line := a.labelled()
	at := spots{text: text}
	line("rule", id)
	steps, typed := set.Why(text, id)
	for _, x := range steps {
		fmt.Fprintln(w)
		what, verdict := "literal", "not found: "
		if x.Value {
			what = "value"
		}
		if x.Found {
			verdict = "found: "
		}
		line(what, at.of(x.Start, x.End))
		line("verdict", verdict+x.Outcome)
	}
	said := len(steps)
	if !typed {
		trials, values := set.Explain(text)
		trials = slices.DeleteFunc(trials, func(t rules.Trial) bool { return t.Rule.ID != id })
		values = slices.DeleteFunc(values, func(x rules.Explanation) bool { return x.Rule.ID != id })
		for _, x := range values {
			fmt.Fprintln(w)
			explainValue(line, at, x)
		}
		if said = len(values); said == 0 && len(trials) > 0 {
			line("verdict", "not found: its keywords stand in the text, and its grammar reads no value beside them")
			said = len(trials)
		}
	}
	if said == 0 {
		line("verdict", "not found: none of its literals stands in the text")
	}
	return w.Flush()
}

func explainValue(line func(label, text string), at spots, x rules.Explanation) {
	line("value", at.of(x.Start, x.End))
	line("rule", x.Rule.ID)
	line("form", x.Form)
	line("name", x.Name)
	line("looks like", x.Value)
	verdict := x.Verdict
	if x.Reported || x.Probability > 0 {
		verdict = confidenceOf(x.Confidence, x.Reported) + ": " + verdict
	}
	line("verdict", verdict)
	if x.Probability == 0 {
		return
	}
	line("score", fmt.Sprintf("%.0f of 100", 100*x.Probability))
	for i, f := range x.Influences[:min(shownInfluences, len(x.Influences))] {
		label := ""
		if i == 0 {
			label = "because"
		}
		line(label, fmt.Sprintf("%s %s (%d): odds times %.2g", direction(f.Log), f.Trait, f.Value, f.Factor()))
	}
}

func direction(log float64) string {
	if log > 0 {
		return "for:    "
	}
	return "against:"
}

func confidenceOf(c report.Confidence, reported bool) string {
	if !reported {
		return "not reported"
	}
	return c.String() + " confidence"
}

// triedRules names the rules that were tried, and at how many places.
func triedRules(trials []rules.Trial) string {
	if len(trials) == 0 {
		return "no rule: none of their literals stands in the text"
	}
	var out bytes.Buffer
	for i, t := range trials {
		if i > 0 {
			out.WriteByte('\n')
		}
		fmt.Fprintf(&out, "%s (%d)", t.Rule.ID, t.Places)
	}
	return out.String()
}

// spots turns offsets into lines and columns.
type spots struct{ text []byte }

func (p spots) of(start, end int) string {
	line := 1 + bytes.Count(p.text[:start], []byte{'\n'})
	column := start - bytes.LastIndexByte(p.text[:start], '\n')
	return fmt.Sprintf("line %d, byte %d, %d bytes long", line, column, end-start)
}
