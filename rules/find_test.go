package rules

import (
	"bytes"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/assayhq/assay/report"
)

// A slowSet applies the definition of each rule directly, without the literal
// filter, the bounds of windows and the tests that spare a regular expression.
// It is what Set.Find must agree with.
type slowSet struct {
	*Set
	mu       sync.Mutex
	compiled map[string]*regexp.Regexp
}

func (s *slowSet) regexp(expr string) *regexp.Regexp {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.compiled[expr] == nil {
		s.compiled[expr] = regexp.MustCompile(expr)
	}
	return s.compiled[expr]
}

func (s *slowSet) find(data []byte) []Match {
	var found []Match
	var short []alike
	folded := lowerASCII(data)
	for i := range s.rules {
		r := &s.rules[i]
		switch {
		case r.Grammar != "":
			found = append(found, s.byGrammar(r, data, folded)...)
		case len(r.Prefixes) > 0:
			more, alike := s.byPrefix(r, data)
			found, short = append(found, more...), append(short, alike...)
		default:
			found = append(found, s.byWindow(r, data, folded)...)
		}
	}
	found = resolve(s.accompanied(data, found))
	for i := range found {
		m := &found[i]
		for _, a := range short {
			if a.start == m.Start && !m.typed && m.Confidence > report.ConfidenceLow {
				if least, _ := lengths(mustParse(a.rule.Pattern)); m.End-m.Start < least || a.unmistakable {
					m.Confidence, m.Doubt = report.ConfidenceLow, "short"
				}
			}
		}
	}
	s.pair(data, found)
	return found
}

// keywordHits returns where the keywords of r stand in a text in lower case, the
// shorter of two that start at one place first.
func keywordHits(r *compiled, folded []byte) []ruleHit {
	var hits []ruleHit
	for _, k := range r.Keywords {
		for _, i := range occurrences(folded, []byte(foldASCII(k))) {
			hits = append(hits, ruleHit{i, i + len(k), 0})
		}
	}
	return sortHits(hits)
}

func (s *slowSet) byGrammar(r *compiled, data, folded []byte) []Match {
	var found []Match
	for _, h := range keywordHits(r, folded) {
		from, to := view(r.grammar, string(data), h.start, h.end)
		data := data[from:to]
		c, ok := r.grammar.read(data, h.start-from, h.end-from)
		if !ok {
			continue
		}
		if confidence, kind, ok := judge(builtinModel, data, c); ok {
			found = append(found, Match{
				Rule: r.Rule, Start: from + c.start, End: from + c.end, form: c.form, class: classOfCandidate(data, c), kind: kind,
				Confidence: min(confidence, r.Confidence), specificity: r.specificity,
			})
		}
	}
	return found
}

// view returns what a grammar is shown around a keyword: its line, what it may see
// before, and the rest of the line that its reach ends on.
func view(g grammar, text string, start, end int) (from, to int) {
	from = strings.LastIndex(text[:start], "\n") + 1
	from = min(from, max(0, start-g.before))
	to = end + max(0, strings.Index(text[end:]+"\n", "\n"))
	if last := min(len(text), end+g.after); last > to {
		text = text[:min(len(text), last+maxRest)]
		to = last + strings.Index(text[last:]+"\n", "\n")
	}
	return from, to
}

func (s *slowSet) byPrefix(r *compiled, data []byte) (found []Match, short []alike) {
	re := s.regexp(`^(?:` + r.Pattern + `)`)
	for _, p := range r.Prefixes {
		for _, i := range occurrences(data, []byte(p)) {
			if r.Boundary == BoundaryWord && i > 0 && !startsAt(data, i) && !r.sealable() {
				continue
			}
			if loc := re.FindSubmatchIndex(data[i:]); loc != nil {
				found = append(found, s.accept(r, data, i, loc)...)
			} else if telling(data, i, i+len(p)) {
				short = append(short, alike{i, r, unmistakable([]byte(p)), false})
			}
		}
	}
	return found, short
}

// byWindow searches the union of the windows of all keywords from left to right.
func (s *slowSet) byWindow(r *compiled, data, folded []byte) []Match {
	var found []Match
	re := s.regexp(r.Pattern)
	done := 0
	for _, h := range keywordHits(r, folded) {
		first, last := h.end, h.end+r.Window
		if r.Before == 0 && inWord(data, h.start) {
			continue
		}
		if r.Before > 0 {
			first = max(h.start-r.Before, bytes.LastIndexByte(data[:h.start], '\n')+1)
		}
		end := len(data)
		if n := bytes.IndexByte(data[h.end:], '\n'); n >= 0 {
			end = h.end + n
		}
		for i := max(first, done); i <= last && i < end; {
			loc := re.FindSubmatchIndex(data[i:end])
			if loc == nil || i+loc[0] > last {
				break
			}
			for _, m := range s.accept(r, data, i, loc) {
				m.raise(data, h.start, h.end, r.pattern().run)
				found = append(found, m)
			}
			i += loc[1]
			done = i
		}
		done = max(done, min(last+1, end))
	}
	return found
}

// accept judges what a pattern found, loc counted from base.
func (s *slowSet) accept(r *compiled, data []byte, base int, loc []int) []Match {
	group := max(0, s.regexp(r.Pattern).SubexpIndex("secret"))
	if loc[2*group] < 0 || loc[2*group] == loc[2*group+1] {
		return nil
	}
	start, end := base+loc[2*group], base+loc[2*group+1]
	touches := func(i int) bool { return isWord(data[i-1]) && isWord(data[i]) }
	sealed := r.sealed(data[start:end])
	overrun := !sealed && r.Boundary != BoundaryNone && end < len(data) && touches(end)
	if overrun && !r.overruns(data, start, end) ||
		!sealed && r.Boundary == BoundaryWord && start > 0 && touches(start) && !startsAt(data, start) {
		return nil
	}
	value := data[start:end]
	m := Match{Rule: r.Rule, Start: start, End: end, Confidence: r.Confidence, typed: true, specificity: r.specificity}
	for _, p := range r.Prefixes {
		if bytes.HasPrefix(value, []byte(p)) && len(p) < len(value) {
			m.Public = max(m.Public, len(p))
		}
	}
	if relativeEntropy(value[m.Public:]) < r.MinEntropy && (m.Public == 0 || len(value) < m.Public+leastCounted || !standsIn(value[m.Public:])) {
		return nil
	}
	inner := fits
	if r.Structure != "" {
		inner = structures[r.Structure].verify(value)
	}
	if inner.alien {
		return nil
	}
	documented := slices.ContainsFunc(r.Allowed, func(expr string) bool { return s.regexp(`^(?:` + expr + `)$`).Match(value) })
	tail := value[m.Public:]
	proved := inner.fits && structures[r.Structure].proves
	typed := len(tail) >= 16 && len(bytes.Trim(tail, "0123456789")) == 0 && r.pattern().bytes['a']
	switch {
	case documented || !proved && standsIn(tail):
		m.Confidence, m.Doubt = report.ConfidencePlaceholder, "placeholder"
	case !inner.fits:
		m.Confidence, m.Doubt = min(m.Confidence, inner.worst), inner.doubt
	case overrun:
		m.Confidence, m.Doubt = r.overrun(data, start, end).lower(m.Confidence)
		m.specificity = specificityOverrun
	case !proved && (madeUp(tail) || typed):
		m.Confidence, m.Doubt = min(m.Confidence, report.ConfidenceMedium), madeUpDoubt
	case !structures[r.Structure].proves && r.named(tail):
		m.Confidence, m.Doubt = lettersOnly.lower(m.Confidence)
	}
	return []Match{m}
}

// sameMatches compares all that matters to a caller.
var sameMatches = []cmp.Option{
	cmp.AllowUnexported(Match{}, allows{}, allows{}, wrapping{}, span{}),
	cmpopts.IgnoreFields(Match{}, "Rule", "Doubt"),
	cmpopts.EquateEmpty(),
}

func compareFind(t interface {
	Helper()
	Fatalf(string, ...any)
}, set *slowSet, data []byte) {
	t.Helper()
	want, got := set.find(data), set.Find(nil, data)
	diff := cmp.Diff(want, got, sameMatches...)
	for i := range min(len(want), len(got)) {
		if want[i].Rule != got[i].Rule || (want[i].Doubt == "") != (got[i].Doubt == "") {
			diff += want[i].Rule.ID + " " + want[i].Doubt + ", not " + got[i].Rule.ID + " " + got[i].Doubt + "\n"
		}
	}
	if diff != "" {
		t.Fatalf("%q:\n%s", data, diff)
	}
	checkMatches(t, data, got)
}

// checkMatches holds what Find promises about any input.
func checkMatches(t interface {
	Helper()
	Fatalf(string, ...any)
}, data []byte, matches []Match) {
	t.Helper()
	end := 0
	for _, m := range matches {
		if m.opaque() && m.End == end {
			continue // beside another
		}
		if m.Start < end || m.End <= m.Start || m.End > len(data) || m.Public < 0 || m.Public >= m.End-m.Start || m.Rule == nil {
			t.Fatalf("%q: a match of %s at %d-%d, %d public, after %d", data, m.Rule.ID, m.Start, m.End, m.Public, end)
		}
		end = m.End
	}
}

var slowBuiltin = sync.OnceValue(func() *slowSet {
	rules := Builtin()
	set, err := Compile(rules, withoutCoats)
	if err != nil {
		panic(err)
	}
	return &slowSet{Set: set, compiled: map[string]*regexp.Regexp{}}
})

// withoutCoats leaves the coats on, as the definition does.
func withoutCoats(s *Set) { s.coats = 0 }

// drawText assembles a text from examples of rules, pieces of them, their
// literals and noise.
func drawText(t *rapid.T, all []Rule) []byte {
	noise := rapid.SampledFrom([]string{
		"\n", "\n", " ", " ", "=", ": ", "\"", "'", ",", ";", "\\n", "%3D", "/", "_", "-", ".", "x", "A1b2C3", "0000", "é", "\xff", "\x00", "\r\n", "  - ", "// ", "://", "@",
	})
	var text strings.Builder
	for range rapid.IntRange(0, 8).Draw(t, "parts") {
		r := rapid.SampledFrom(all).Draw(t, "rule")
		literals := slices.Concat(r.Prefixes, r.Keywords)
		part := rapid.SampledFrom(literals).Draw(t, "literal")
		how := rapid.IntRange(0, 5).Draw(t, "how")
		if templates := slices.Concat(r.Examples, r.NonExamples); how <= 2 && len(templates) > 0 {
			var err error
			part, err = r.Expand(rapid.SampledFrom(templates).Draw(t, "template"), rapid.Uint64().Draw(t, "seed"))
			if err != nil {
				t.Fatal(err)
			}
			if how == 2 {
				part = part[rapid.IntRange(0, len(part)).Draw(t, "from"):]
				part = part[:rapid.IntRange(0, len(part)).Draw(t, "to")]
			}
		}
		if how == 3 {
			part = strings.ToUpper(part)
		}
		text.WriteString(part)
		for range rapid.IntRange(0, 3).Draw(t, "noises") {
			text.WriteString(noise.Draw(t, "noise"))
		}
	}
	return []byte(text.String())
}

func TestFindAgainstDefinition(t *testing.T) {
	set := slowBuiltin()
	all := set.Rules()
	rapid.Check(t, func(t *rapid.T) { compareFind(t, set, drawText(t, all)) })
}

// Each rule by itself on texts made for it: windows that overlap, literals
// within matches, matches that touch.
func TestFindEachRule(t *testing.T) {
	for i, r := range Builtin() {
		if testing.Short() && i%8 > 0 {
			continue
		}
		set, err := Compile([]Rule{r}, withoutCoats)
		if err != nil {
			t.Fatal(err)
		}
		slow := &slowSet{Set: set, compiled: map[string]*regexp.Regexp{}}
		var parts []string
		for seed, template := range slices.Concat(r.Examples, r.NonExamples) {
			part, err := r.Expand(template, uint64(seed))
			if err != nil {
				t.Fatal(err)
			}
			parts = append(parts, part)
		}
		for _, between := range []string{"", " ", "\n", ";" + slices.Concat(r.Prefixes, r.Keywords)[0] + "="} {
			compareFind(t, slow, []byte(strings.Join(parts, between)))
		}
	}
}

func FuzzFind(f *testing.F) {
	for i, r := range Builtin() {
		if i%20 == 0 {
			text, err := r.Expand(r.Examples[0]+"\n"+r.NonExamples[0], 1)
			if err != nil {
				f.Fatal(err)
			}
			f.Add([]byte(text))
		}
	}
	f.Add([]byte("key=\\u003d%3Dtoken: \xff\x00\"\"''``-----BEGIN"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 4<<10 {
			t.Skip() // the definition takes quadratic time
		}
		compareFind(t, slowBuiltin(), data)
	})
}

func TestFindConcurrently(t *testing.T) {
	set := compileBuiltin(t)
	all := set.Rules()
	rapid.Check(t, func(t *rapid.T) {
		texts := [][]byte{drawText(t, all), drawText(t, all)}
		want := [][]Match{set.Find(nil, texts[0]), set.Find(nil, texts[1])}
		var wg sync.WaitGroup
		for i := range 4 {
			wg.Go(func() {
				for range 3 {
					got := set.Find(nil, texts[i%2])
					if !cmp.Equal(want[i%2], got, sameMatches...) {
						t.Errorf("%q: not the same in several goroutines", texts[i%2])
					}
				}
			})
		}
		wg.Wait()
	})
}

// Find appends, and keeps what stands in dst.
func TestFindAppends(t *testing.T) {
	set := parseRules(t, good)
	text := []byte("acme_abcdwxyz")
	dst := set.Find(nil, text)
	if dst = set.Find(dst, text); len(dst) != 2 || dst[0] != dst[1] {
		t.Errorf("got %d matches", len(dst))
	}
}

// In a text of findCases the match stands between angle quotes.
var findCases = []struct{ name, rule, text string }{
	{"the whole match", "prefixes = ['acme_']\npattern = 'acme_[a-z]{4}'", "x = «acme_qwzk»"},
	{"the group", "prefixes = ['acme_']\npattern = 'acme_(?P<secret>[a-z]{4})'\nboundary = 'right'", "acme_«qwzk»"},
	{"case of a prefix", "prefixes = ['acme_']\npattern = '(?i)acme_[a-z]{4}'", "ACME_qwzk"},
	{"case of a keyword", "keywords = ['acme']\npattern = '[0-9]{4}'", "x.AcMe(«2847»)"},
	{"a word before", "prefixes = ['acme_']\npattern = 'acme_[a-z]{4}'", "xacme_qwzk"},
	{"a word after", "prefixes = ['acme_']\npattern = 'acme_[a-z]{4}'", "acme_qwzkx"},
	{"no boundary", "prefixes = ['acme_']\npattern = 'acme_[a-z]{4}'\nboundary = 'none'", "x«acme_qwzk»x"},
	{"right boundary", "prefixes = ['acme_']\npattern = 'acme_[a-z]{4}'\nboundary = 'right'", "x«acme_qwzk»"},
	{"escaped break before", "prefixes = ['acme_']\npattern = 'acme_[a-z]{4}'", `"\n«acme_qwzk»\n"`},
	{"percent escape before", "prefixes = ['acme_']\npattern = 'acme_[a-z]{4}'", "a%3D«acme_qwzk»"},
	{"percent escape at the start", "prefixes = ['acme_']\npattern = 'acme_[a-z]{4}'", "%3D«acme_qwzk»"},
	{"hex escape before", "prefixes = ['acme_']\npattern = 'acme_[a-z]{4}'", `\x3d«acme_qwzk»`},
	{"Unicode escape before", "prefixes = ['acme_']\npattern = 'acme_[a-z]{4}'", `\u003d«acme_qwzk»`},
	{"window", "keywords = ['acme']\nwindow = 5\npattern = '[0-9]{4}'", "acme-----«2847»"},
	{"behind the window", "keywords = ['acme']\nwindow = 5\npattern = '[0-9]{4}'", "acme------2847"},
	{"next line", "keywords = ['acme']\npattern = '[0-9]{4}'", "acme\n2847"},
	{"before a keyword", "keywords = ['acme']\npattern = '[0-9]{4}'", "2847 acme"},
	{"several in a window", "keywords = ['acme']\npattern = '[0-9]{4}'", "acme «2847» «1690» acme «5538»"},
	{"infix", "keywords = ['.x1.']\nbefore = 4\nwindow = 0\npattern = '[a-z]{4}\\.x1\\.[a-z]{4}'", "= «qwzk.x1.vbjf»"},
	{"infix in another case", "keywords = ['.x1.']\nbefore = 4\nwindow = 0\npattern = '[a-z]{4}\\.x1\\.[a-z]{4}'", "= qwzk.X1.vbjf"},
	{"infix, too long in front", "keywords = ['.x1.']\nbefore = 4\nwindow = 0\npattern = '[a-z]{4}\\.x1\\.[a-z]{4}'", "= aqwzk.x1.vbjf"},
	{"infix across lines", "keywords = ['.x1.']\nbefore = 4\nwindow = 0\npattern = '[a-z\\s]{4}\\.x1\\.[a-z]{4}'", "q\nzk.x1.vbjf"},
	{"infix at the start", "keywords = ['.x1.']\nbefore = 9\nwindow = 0\npattern = '[a-z]{2,9}\\.x1\\.[a-z]{4}'", "«qw.x1.vbjf»"},
	{"infix twice", "keywords = ['.x1.']\nbefore = 9\nwindow = 0\npattern = '[a-z]{2,9}\\.x1\\.[a-z]{4}'", "«qw.x1.vbjf» «zk.x1.vbjf»"},
	{"infix after a window", "keywords = ['.x1.']\nbefore = 4\nwindow = 6\npattern = '[a-z]{4}(?:\\.x1\\.[a-z]{4})?'", "«qwzk.x1.vbjf» «plmn»"},
	{"entropy", "prefixes = ['acme_']\npattern = 'acme_[a-z]{5}'\nmin_entropy = 0.9", "acme_bccbb «acme_abcde»"},
	{"one character is a placeholder", "prefixes = ['acme_']\npattern = 'acme_[a-z]{8}'\nmin_entropy = 0.5", "«acme_aaaaaaaa»"},
	{"too long, of fixed length", "prefixes = ['acme_']\npattern = 'acme_[a-z]{28}'", "«acme_qwzkvbjfplmnqwzkvbjfplmnrtya»xx"},
	{"too long, of any length", "prefixes = ['acme_']\npattern = 'acme_[a-z]{28,29}'", "acme_qwzkvbjfplmnqwzkvbjfplmnrtyaxx"},
	{"too long, of a common prefix", "prefixes = ['acme']\npattern = 'acme[a-z]{28}'", "acmeqwzkvbjfplmnqwzkvbjfplmnrtyaxx"},
	{"word that ends in a keyword", "keywords = ['es_key']\npattern = '[0-9]{4}'", "NOTES_KEY=2847 ES_KEY=«2847» myEs_key=«2847»"}, // assay:allow made up
}

func TestFind(t *testing.T) {
	for _, c := range findCases {
		set := parseRules(t, "[[rule]]\nid = 'acme-token'\ntitle = 'Acme token'\n"+c.rule)
		text := []byte(strings.NewReplacer("«", "", "»", "").Replace(c.text))
		marked, at := "", 0
		for _, m := range set.Find(nil, text) {
			marked += string(text[at:m.Start]) + "«" + string(text[m.Start:m.End]) + "»"
			at = m.End
		}
		if marked += string(text[at:]); marked != c.text {
			t.Errorf("%s: %s, want %s", c.name, marked, c.text)
		}
		compareFind(t, &slowSet{Set: set, compiled: map[string]*regexp.Regexp{}}, text)
	}
}

// What begins with a vendor's prefix and is too short is no assignment either.
func TestFindAlike(t *testing.T) {
	set := parseRules(t, `
[[rule]]
id = "acme-token"
title = "Acme token"
prefixes = ["acme_"]
pattern = 'acme_[0-9A-Za-z]{30}'
[[rule]]
id = "generic-token"
title = "Token"
keywords = ["token"]
grammar = "assignment"
`)
	// The same values each time: of others one in some hundred looks like a word.
	rng := rand.New(rand.NewPCG(1, 2))
	word := func(n int) string {
		const letters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
		b := make([]byte, n)
		for i := range b {
			b[i] = letters[rng.IntN(len(letters))]
		}
		return string(b)
	}
	cases := []struct {
		value, rule string
		confidence  report.Confidence
		doubt       string
	}{
		{"acme_" + word(30), "acme-token", report.ConfidenceMedium, ""},
		{"acme_" + word(20), "generic-token", report.ConfidenceLow, "It begins like an Acme token but is too short to be one."},
		{"acme_" + word(29) + "-", "generic-token", report.ConfidenceLow, "It begins like an Acme token but does not have its shape."},
		{"acme_" + word(40), "generic-token", report.ConfidenceMedium, ""},
		{word(5) + "acme_" + word(20), "generic-token", report.ConfidenceMedium, ""},
	}
	for _, c := range cases {
		matches := set.Find(nil, []byte(`token = "`+c.value+`"`))
		if len(matches) != 1 || matches[0].Rule.ID != c.rule || matches[0].Confidence != c.confidence || matches[0].Doubt != c.doubt {
			t.Errorf("%d bytes: %s", len(c.value), describeMatches(matches, []byte(c.value)))
		}
	}
}

// A rare format is as sure as the assignment that it stands in, unless there is
// a doubt about it.
func TestFindSupport(t *testing.T) {
	set := parseRules(t, `
[[rule]]
id = "acme-id"
title = "Acme id"
confidence = "low"
prefixes = ["acme_"]
pattern = 'acme_[0-9A-Za-z]{30}'
allowed = ['acme_A.*']
[[rule]]
id = "generic-token"
title = "Token"
keywords = ["token"]
grammar = "assignment"
`)
	random := strings.NewReplacer("+", "x", "/", "y").Replace(string(randomBase64(t, 29)))
	for text, want := range map[string]report.Confidence{
		"acme_B" + random:                report.ConfidenceLow,
		`token = "acme_B` + random + `"`: report.ConfidenceMedium,
		`token = "acme_A` + random + `"`: report.ConfidencePlaceholder,
	} {
		matches := set.Find(nil, []byte(text))
		if len(matches) != 1 || matches[0].Rule.ID != "acme-id" || matches[0].Confidence != want {
			t.Errorf("%d bytes: %s, want %s", len(text), describeMatches(matches, []byte(text)), want)
		}
	}
}

// The best of overlapping matches stays; what is left touches nothing.
func TestResolve(t *testing.T) {
	ids := []*Rule{{Rule: report.Rule{ID: "a"}}, {Rule: report.Rule{ID: "b"}}, {Rule: report.Rule{ID: "c"}}}
	match := rapid.Custom(func(t *rapid.T) Match {
		start := rapid.IntRange(0, 12).Draw(t, "start")
		return Match{
			Rule: rapid.SampledFrom(ids).Draw(t, "rule"), Start: start, End: start + rapid.IntRange(1, 6).Draw(t, "length"),
			Confidence: report.Confidence(rapid.IntRange(0, 3).Draw(t, "confidence")), specificity: rapid.IntRange(1, 3).Draw(t, "specificity"),
		}
	})
	rapid.Check(t, func(t *rapid.T) {
		found := rapid.SliceOf(match).Draw(t, "found")
		all := slices.Clone(found)
		out := resolve(found)
		for i := 1; i < len(out); i++ {
			if out[i].Start < out[i-1].End {
				t.Fatalf("%v overlap", out)
			}
		}
		for _, m := range all {
			overlaps := func(n Match) bool { return n.Start < m.End && m.Start < n.End }
			if !slices.ContainsFunc(out, overlaps) {
				t.Fatalf("%v was dropped for nothing: %v", m, out)
			}
			top := !slices.ContainsFunc(all, func(n Match) bool { return overlaps(n) && n.specificity >= m.specificity && n != m })
			if top && !slices.ContainsFunc(out, func(n Match) bool { return n.Start == m.Start && n.End == m.End && n.Rule == m.Rule }) {
				t.Fatalf("the most specific, %v, is not in %v", m, out)
			}
		}
	})
}
