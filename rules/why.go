package rules

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"sort"
	"strings"
)

// A Step says what came of trying a rule at one place. It holds none of the text.
type Step struct {
	Start, End int // of the value that the pattern took, else of the literal
	Value      bool
	// Found says that the rule finds a credential there, Outcome how sure it is of
	// it, or why there is none.
	Found   bool
	Outcome string
}

// Why says why the rule with an id, which has a pattern, finds something in data or
// does not, in the order of the text. There is no step where none of its literals
// stands in data. It reports false where no rule of the set has the id, or where
// its grammar decides: Explain tells of those.
func (s *Set) Why(data []byte, id string) ([]Step, bool) {
	i, ok := sort.Find(len(s.rules), func(i int) int { return strings.Compare(id, s.rules[i].ID) })
	if !ok || s.rules[i].Grammar != "" {
		return nil, false
	}
	w := asking{set: s, rule: &s.rules[i], data: data, found: s.Find(nil, data)}
	for _, h := range w.literals() {
		w.at(h)
	}
	steps := w.steps[:0]
	for _, x := range w.steps { // keywords that stand close to each other have one window
		if !slices.Contains(steps, x) {
			steps = append(steps, x)
		}
	}
	slices.SortStableFunc(steps, func(a, b Step) int { return cmp.Compare(a.Start, b.Start) })
	return steps, true
}

// asking is one question to one rule.
type asking struct {
	set   *Set
	rule  *compiled
	data  []byte
	found []Match // what the set finds
	steps []Step
}

// literals returns where the literals of the rule stand, as start and end.
func (w *asking) literals() [][2]int {
	var index literals
	x := newIndexer(&index)
	for _, p := range w.rule.Prefixes {
		x.add(p, true, 0)
	}
	for _, k := range w.rule.Keywords {
		x.add(k, false, 0)
	}
	var places [][2]int
	for _, h := range index.find(nil, w.data) {
		places = append(places, [2]int{h.start, h.end})
	}
	return places
}

func (w *asking) say(start, end int, outcome string) {
	w.steps = append(w.steps, Step{Start: start, End: end, Outcome: outcome})
}

// at tries the rule at a literal.
func (w *asking) at(literal [2]int) {
	start, end := literal[0], literal[1]
	r, p := w.rule, w.rule.pattern()
	if len(r.Prefixes) == 0 {
		w.window(start, end)
		return
	}
	if r.Boundary == BoundaryWord && !startsAt(w.data, start) && !r.sealable() {
		w.say(start, end, "a letter, digit or underscore stands right before the literal, so it is the middle of a word")
		return
	}
	loc, ok := p.at(w.data, start)
	if !ok {
		n := 0
		for n < len(w.data)-start && n < p.longest && p.all[w.data[start+n]] {
			n++
		}
		if n < p.shortest {
			w.say(start, end, fmt.Sprintf("too short: the pattern takes %s and more, and only %d that it allows stand there", characters(p.shortest), n))
			return
		}
		w.say(start, end, "the literal stands there, and the pattern does not match what follows it")
		return
	}
	w.value(start, loc.group, loc.groupEnd)
}

// window tries the rule in the window of a keyword.
func (w *asking) window(start, end int) {
	r, p := w.rule, w.rule.pattern()
	from, last := end, end+r.Window
	if r.Before > 0 {
		line := max(0, start-r.Before)
		from = line + 1 + bytes.LastIndexByte(w.data[line:start], '\n')
	}
	limit := min(len(w.data), last+p.longest)
	if n := bytes.IndexByte(w.data[end:max(end, limit)], '\n'); n >= 0 {
		limit = end + n
	}
	matched := false
	for from < limit && from <= last {
		text := w.data[from:limit]
		if !hasRun(text, &p.bytes, p.run) {
			break
		}
		loc, ok := p.search(text)
		if !ok || from+loc.start > last {
			break
		}
		w.value(from, loc.group, loc.groupEnd)
		matched = true
		from += max(loc.end, loc.start+1)
	}
	switch {
	case matched:
	case !hasRun(w.data[end:max(end, limit)], &p.bytes, p.run):
		w.say(start, end, fmt.Sprintf("the keyword stands there, and after it, on its line, no %s in a row that a credential could be made of", characters(p.run)))
	default:
		w.say(start, end, fmt.Sprintf("the keyword stands there, and the pattern does not match in its window, from %d bytes before it to %d behind it on its line", r.Before, r.Window))
	}
}

// value judges what the pattern took.
func (w *asking) value(base, from, to int) {
	start, end := base+from, base+to
	if from < 0 || start == end {
		w.say(base, base, "the pattern matches, and its group secret is empty")
		return
	}
	x := Step{Start: start, End: end, Value: true}
	x.Found, x.Outcome = w.judge(base, from, to)
	w.steps = append(w.steps, x)
}

// judge says what comes of a value, in the order in which match asks.
func (w *asking) judge(base, from, to int) (found bool, outcome string) {
	m, ok := w.rule.match(w.data, base, from, to)
	if !ok {
		return false, w.refusal(base+from, base+to)
	}
	if w.rule.allows(w.data[m.Start:m.End]) {
		return true, "placeholder: one of the rule's allowed patterns matches the value"
	}
	kept, by := w.fate(m)
	switch {
	case kept == nil && by == nil:
		return false, "the value has the rule's shape, and no companion stands near it: " + w.wanted()
	case kept == nil:
		return false, fmt.Sprintf("the value has the rule's shape, and the rule %q, which is more specific, takes the same text", by.Rule.ID)
	case kept.Half():
		return true, "it is the companion of another match, and reported with that"
	case m.Doubt != "":
		return true, m.Confidence.String() + " confidence: " + m.Doubt
	}
	return true, kept.Confidence.String() + " confidence"
}

// refusal says why match refuses the value data[start:end].
func (w *asking) refusal(start, end int) string {
	r, value := w.rule, w.data[start:end]
	tail := value[r.public(value):]
	switch h := relativeEntropy(tail); {
	case !r.bounded(w.data, start, end) && !r.sealed(value) && !r.overruns(w.data, start, end):
		return "the pattern matches, and a letter, digit or underscore touches the value: it is a part of a longer word (boundary)"
	case r.structure.verify != nil && r.structure.verify(value).alien:
		return "the value has the pattern's form, and its inner form is that of something else"
	default:
		return fmt.Sprintf("the value is not random enough: its relative entropy is %.2f and min_entropy is %.2f", h, r.MinEntropy)
	}
}

// fate returns what the set made of a match of the rule: the match itself, or else
// the one that took its place.
func (w *asking) fate(m Match) (kept, by *Match) {
	for i := range w.found {
		switch f := &w.found[i]; {
		case f.Start >= m.End || f.End <= m.Start:
		case f.Rule.ID == m.Rule.ID && f.Start == m.Start && f.End == m.End:
			return f, nil
		default:
			by = f
		}
	}
	return nil, by
}

// wanted names the companions that the rule may have.
func (w *asking) wanted() string {
	c := &w.rule.Companion
	what := c.Title
	if len(c.Rules) > 0 {
		what = strings.Join(c.Rules, " or ")
	}
	return fmt.Sprintf("%s, at most %d lines away", what, c.Within)
}

func characters(n int) string {
	if n == 1 {
		return "1 character"
	}
	return fmt.Sprintf("%d characters", n)
}
