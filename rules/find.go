package rules

import (
	"bytes"
	"cmp"
	"slices"
	"strings"

	"github.com/assayhq/assay/report"
)

// A Match is a place in the text that a rule says is a credential, or has the
// shape of one.
type Match struct {
	Rule       *Rule
	Start, End int // offsets of the credential itself
	// Public is the number of bytes at Start that every credential of the rule
	// begins with, and that may be shown.
	Public     int
	Confidence report.Confidence
	// Doubt says in a sentence why the confidence is below the rule's, "" if not.
	Doubt string
	// Beside is where the companion stands, the other half of a pair.
	Beside Beside

	half  bool           // it is the companion of another match
	coats [maxCoats]coat // that the credential wears, the outermost first
	wrap  *wrapping      // how they are taken off; nil where there are none

	allows allows // of the lists of its rule

	typed       bool // found by a pattern; else by a grammar, and form says how it is written
	form        form
	class       nameClass
	kind        valueKind
	specificity int
}

// Typed reports whether the match has the format of one provider, and is not
// just a value next to a telling name.
func (m Match) Typed() bool { return m.typed }

// Find appends to dst what the rules find in data, ordered by Start; matches do
// not overlap, save those in one packed text, which have the same place.
// Placeholders are found too, with their confidence, and the halves
// of pairs, see Match.Half and Accompany. Find keeps
// nothing of data and may be called from several goroutines.
func (s *Set) Find(dst []Match, data []byte) []Match {
	v := s.visit(nil, data)
	v.look(0, len(data))
	dst = s.Matches(dst, v.reading, data)
	s.leave(v)
	return dst
}

// doubtAlike lowers what only a name speaks for, where the value begins with a
// vendor's prefix and is too short for what the vendor issues.
func doubtAlike(found []Match, places []alike) {
	for _, a := range places {
		i, ok := slices.BinarySearchFunc(found, a.start, func(m Match, start int) int { return m.Start - start })
		if !ok {
			continue
		}
		m := &found[i]
		short := m.End-m.Start < a.rule.pattern().shortest
		switch {
		case m.typed, m.wrap != nil, m.Confidence <= report.ConfidenceLow:
		case short:
			m.Confidence = report.ConfidenceLow
			m.Doubt = "It begins like " + withArticle(a.rule.Title) + " but is too short to be one."
		case a.unmistakable:
			m.Confidence = report.ConfidenceLow
			m.Doubt = "It begins like " + withArticle(a.rule.Title) + " but does not have its shape."
		}
	}
}

func withArticle(title string) string {
	if strings.IndexByte("AEIOU", title[0]) >= 0 {
		return "an " + title
	}
	return "a " + title
}

// An alike is a place where a prefix of a rule stands and its pattern does not
// match.
type alike struct {
	start        int
	rule         *compiled
	unmistakable bool // the prefix is one that nobody else uses
	far          bool // the pattern looks beyond the line
}

// unmistakable reports whether a prefix is long enough, and set off from what
// follows, to be of one vendor only.
func unmistakable(prefix []byte) bool {
	last := prefix[len(prefix)-1]
	return len(prefix) > leastTelling && (last == '-' || last == '_')
}

// A prefix of leastTelling bytes tells whose credential follows. A shorter one is
// met by chance, as in db-admin, unless leastRun letters and digits follow it.
const (
	leastTelling = 4
	leastRun     = 16
)

// telling reports whether the prefix data[start:end] tells whose credential it begins.
func telling(data []byte, start, end int) bool {
	return end-start >= leastTelling || skip(data, end, isAlnum, leastRun)-end == leastRun
}

// try runs one rule at a literal, data[start:end].
func (v *visit) try(i, start, end int) {
	if i < 0 {
		v.tryCoat(i, start, end)
		return
	}
	r := &v.set.rules[i]
	if v.witness != nil {
		v.witness.places[i]++
	}
	switch {
	case r.grammar.read != nil:
		v.tryGrammar(i, start, end)
	case len(r.Prefixes) > 0:
		v.tryPrefix(i, start, end)
	default:
		v.tryWindow(i, start, end)
	}
}

// tryGrammar lets the grammar see no more than its reach, so that what it says
// can depend on nothing else.
func (v *visit) tryGrammar(i, start, end int) {
	r := &v.set.rules[i]
	if begins := r.grammar.begins; begins != nil {
		v.findLine(start, end)
		if !begins(v.data[v.line.start:v.line.end], start-v.line.start, end-v.line.start) {
			return
		}
	}
	from, to := v.visible(r.grammar, start, end)
	wide := r.grammar.far()
	if wide {
		v.reading.far = append(v.reading.far, far{start, end, from, to, i})
	}
	data := v.data[from:to]
	c, ok := r.grammar.read(data, start-from, end-from)
	if !ok || v.again(r, c, from) {
		return
	}
	if v.witness != nil {
		v.witness.proposed(r, data, c, from)
	}
	confidence, kind, ok := judge(v.set.model, data, c)
	var m Match
	if ok {
		m = Match{
			Rule: r.Rule, Start: from + c.start, End: from + c.end, form: c.form, class: classOfCandidate(data, c), kind: kind,
			Confidence: min(confidence, r.Confidence), specificity: r.specificity,
		}
	}
	if coated, better := v.tryValue(r, data, c, from, m); better {
		m, ok = coated, true
	}
	if ok {
		v.found(start, m, wide)
	}
}

// again reports whether another keyword of the same name brought the candidate.
// c counts from base.
func (v *visit) again(r *compiled, c candidate, base int) bool {
	c.nameStart, c.nameEnd, c.start, c.end = c.nameStart+base, c.nameEnd+base, c.start+base, c.end+base
	this := proposal{r, c}
	if slices.Contains(v.recent[:min(v.proposals, len(v.recent))], this) {
		return true
	}
	v.recent[v.proposals%len(v.recent)] = this
	v.proposals++
	return false
}

// A proposal is a candidate that a rule brought.
type proposal struct {
	rule *compiled
	c    candidate
}

func (v *visit) tryPrefix(i, start, end int) {
	r := &v.set.rules[i]
	starts := r.Boundary != BoundaryWord || startsAt(v.data, start)
	if !starts && !r.sealable() {
		return
	}
	p := r.pattern()
	wide := p.all['\n']
	if wide {
		v.reading.far = append(v.reading.far, far{start, end, max(0, start-escapeReach), min(len(v.data), start+p.longest), i})
	}
	loc, ok := p.at(v.data, start)
	if !ok {
		if starts && telling(v.data, start, end) {
			sure := unmistakable(v.data[start:end])
			joined := (sure || r.sealable()) && v.tryJoined(i, start, end, wide)
			v.reading.alike = append(v.reading.alike, alike{start, r, sure, wide || joined})
		}
		return
	}
	if m, ok := r.match(v.data, start, loc.group, loc.groupEnd); ok {
		v.found(start, m, wide)
	}
}

// tryWindow searches the window around the keyword data[start:end]. Windows of
// one rule that overlap are searched once.
func (v *visit) tryWindow(i, start, end int) {
	r, data := &v.set.rules[i], v.data
	if r.Before == 0 && inWord(data, start) {
		return
	}
	p := r.pattern()
	from := max(end, v.done[i])
	if r.Before > 0 {
		line := max(0, start-r.Before)
		line += 1 + bytes.LastIndexByte(data[line:start], '\n')
		from = max(line, v.done[i])
	}
	last := end + r.Window // a match starts here at the latest
	limit := min(len(data), last+p.longest)
	if from >= limit {
		return
	}
	if n := bytes.IndexByte(data[max(from, end):limit], '\n'); n >= 0 {
		limit = max(from, end) + n
	}
	v.searched(i, min(last+1, limit))
	for from < limit && from <= last {
		if !hasRun(data[from:limit], &p.bytes, p.run) {
			return
		}
		loc, ok := p.search(data[from:limit])
		if !ok || from+loc.start > last {
			return
		}
		if m, ok := r.match(data, from, loc.group, loc.groupEnd); ok {
			m.raise(data, start, end, p.run)
			v.found(start, m, false)
		}
		from += max(loc.end, loc.start+1)
		v.searched(i, from)
	}
}

// inWord reports whether a keyword at data[start] is the end of some other word:
// es_api_key in COMMODITIES_API_KEY. A keyword that begins with a long word of its
// own is not met so by chance, and myAcmeKey has a hump before the keyword.
func inWord(data []byte, start int) bool {
	const short = 4 // letters
	if start == 0 || !is(data[start-1], isLetter) || !is(data[start], isLetter) || skip(data, start, isLetter, short+1)-start > short {
		return false
	}
	return is(data[start], isUpper) == is(data[start-1], isUpper)
}

// hasRun reports whether text holds n of the bytes in a row. It spares
// most windows the regular expression.
func hasRun(text []byte, in *byteSet, n int) bool {
	for end := n - 1; end < len(text); {
		// Count back from where a run would end: a byte that does not belong
		// rules out all runs over it at once.
		i := end
		for i > end-n && in[text[i]] {
			i--
		}
		if i == end-n {
			return true
		}
		end = i + n
	}
	return n == 0
}

// resolve orders matches and drops those that overlap a better one that stays.
func resolve(found []Match) []Match {
	slices.SortFunc(found, func(a, b Match) int {
		return cmp.Or(
			a.Start-b.Start, b.End-a.End, cmp.Compare(a.Rule.ID, b.Rule.ID),
			cmp.Compare(b.Confidence, a.Confidence), cmp.Compare(a.form, b.form), cmp.Compare(a.class, b.class), cmp.Compare(a.kind, b.kind),
			cmp.Compare(b.masked(), a.masked()), slices.Compare(a.coats[:], b.coats[:]), compareCuts(a, b),
		)
	})
	out := found[:0]
	for len(found) > 0 {
		n, end := 1, found[0].End
		for n < len(found) && found[n].Start < end {
			end = max(end, found[n].End)
			n++
		}
		out = append(out, best(found[:n], end)...)
		found = found[n:]
	}
	return out
}

// best returns what stays of matches that touch each other, the first of which
// starts first and the last of which ends at end. It orders them anew.
func best(touching []Match, end int) []Match {
	if len(touching) == 1 {
		return touching
	}
	from := touching[0].Start
	taken := make([]bool, end-from)
	slices.SortStableFunc(touching, better)
	n := 0
	for i, m := range touching {
		if place := taken[m.Start-from : m.End-from]; !slices.Contains(place, true) || m.opaque() && beside(touching[:n], m) {
			for k := range place {
				place[k] = true
			}
			touching[n], touching[i] = m, touching[n]
			n++
		}
	}
	stay := touching[:n]
	slices.SortFunc(stay, func(a, b Match) int { return a.Start - b.Start })
	for _, m := range touching[n:] {
		i, _ := slices.BinarySearchFunc(stay, m.Start, func(s Match, start int) int { return cmp.Compare(s.End, start+1) })
		for ; i < n && stay[i].Start < m.End; i++ {
			stay[i].support(&m)
		}
	}
	return stay
}

// support raises the confidence of m to that of a match which it displaces: a
// rare format in an assignment that would have been enough by itself. Where neither
// is enough, a format next to its provider's name and an assignment to a name that
// credentials have are enough together. A doubt about m stands.
func (m *Match) support(displaced *Match) {
	if m.Doubt != "" {
		return
	}
	m.Confidence = max(m.Confidence, displaced.Confidence)
	if m.typed && len(m.Rule.Keywords) > 0 && !displaced.typed && displaced.Confidence == report.ConfidenceLow {
		m.Confidence = max(m.Confidence, report.ConfidenceMedium)
	}
}

// better orders matches: the higher specificity first, then the higher
// confidence, then the longer.
func better(a, b Match) int {
	return cmp.Or(
		cmp.Compare(b.specificity, a.specificity),
		cmp.Compare(min(b.worn(), 1), min(a.worn(), 1)), // who looked beneath knows more
		cmp.Compare(a.worn(), b.worn()),
		cmp.Compare(b.Confidence, a.Confidence),
		cmp.Compare(b.End-b.Start, a.End-a.Start),
		cmp.Compare(b.masked(), a.masked()),
	)
}

// startsAt reports whether a word may start at data[i]: at the start, after a
// character that is no part of a word, or after an escape sequence (\n, \x3d,
// \u003d, %3D), whose last letter would look like one.
func startsAt(data []byte, i int) bool {
	if i == 0 || !isWord(data[i-1]) || !isWord(data[i]) {
		return true
	}
	back := data[max(0, i-escapeReach):i]
	n := len(back)
	switch {
	case n >= 2 && back[n-2] == '\\':
		return true
	case n >= 3 && back[n-3] == '%' && isHex(back[n-2]) && isHex(back[n-1]):
		return true
	case n >= 4 && back[n-4] == '\\' && back[n-3] == 'x' && isHex(back[n-2]) && isHex(back[n-1]):
		return true
	case n >= 6 && back[n-6] == '\\' && back[n-5] == 'u' && isHex(back[n-4]) && isHex(back[n-3]) && isHex(back[n-2]) && isHex(back[n-1]):
		return true
	}
	return false
}

// escapeReach is the length of the longest escape sequence, \u003d.
const escapeReach = 6

func isWord(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c == '_'
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}
