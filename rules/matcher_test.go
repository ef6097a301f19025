package rules

import (
	"regexp"
	"testing"

	"pgregory.net/rapid"
)

// A twin is an expression twice: as its matcher, which may be nil, and as package
// regexp knows it.
type twin struct {
	expr           string
	matcher        *matcher
	free, anchored *regexp.Regexp
}

func newTwin(expr string) *twin {
	return &twin{expr, newMatcher(mustParse(expr)), regexp.MustCompile(expr), regexp.MustCompile(`^(?:` + expr + `)`)}
}

func firstOf(re *regexp.Regexp, text []byte) (located, bool) {
	loc := re.FindSubmatchIndex(text)
	if loc == nil {
		return located{}, false
	}
	l := located{loc[0], loc[1], -1, -1}
	if g := re.SubexpIndex("secret"); g > 0 {
		l.group, l.groupEnd = loc[2*g], loc[2*g+1]
	}
	return l, true
}

// compare fails unless the matcher finds in text what the expression does.
func (w *twin) compare(t interface{ Fatalf(string, ...any) }, text []byte) {
	if w.matcher == nil {
		return
	}
	want, there := firstOf(w.free, text)
	if got, ok := w.matcher.search(text); ok != there || ok && got != want {
		t.Fatalf("%s in %q: %v %v, want %v %v", w.expr, text, got, ok, want, there)
	}
	want, there = firstOf(w.anchored, text)
	if got, ok := w.matcher.at(text, 0); ok != there || ok && got != want {
		t.Fatalf("%s at %q: %v %v, want %v %v", w.expr, text, got, ok, want, there)
	}
}

// matcherPatterns have, or just do not have, what lets a matcher go on without ever
// going back.
var matcherPatterns = []string{
	`ab[0-9]{3}`, `ab[0-9]{2,4}c`, `a*b`, `a*a`, `[a-c]{1,3}[d-f]+`, `[a-c]{1,3}[c-f]+`, `(?i)ab?c`, `(?i)key=(?P<secret>[a-c]+)`, `a|ab`, `ab|a`,
	`(?:a|ab)c`, `(?P<secret>a|bc)d?`, `\b[a-c]{2}\b`, `[a-c]{1,3}\b`, `[a-c-]{1,3}\b`, `[a-c]*\bd`, `[^a]{2}b`, `.b`, `.{1,2}é`, `[é-ü]{1,2}a`, `(?s).{2}b`,
	`a{2}(?:b{2}){2}`, `(?:ab)?c`, `(?:ab)+c`, `a??b`, `a{1,2}?b`, `(?P<secret>a)?b`, `(?P<secret>[a-c]{2}|d)`, `\Ba`, `^a`, `a$`, ``, `a?`, `[a-c]{0,2}d{0,2}é`, `\x{fffd}`, `[^b]`,
}

var matcherLetters = rapid.SliceOfN(rapid.SampledFrom([]string{"a", "b", "c", "ab", "d", "e", "é", "ü", "K", "k", "ſ", "K", "key=", "1", "234", "-", "=", "\n", "\xff", "\xc3", "\u00a9", " "}), 0, 12)

func TestMatchers(t *testing.T) {
	had := 0
	for _, expr := range matcherPatterns {
		both := newTwin(expr)
		if both.matcher != nil {
			had++
		}
		rapid.Check(t, func(t *rapid.T) {
			var text []byte
			for _, s := range matcherLetters.Draw(t, "text") {
				text = append(text, s...)
			}
			both.compare(t, text)
		})
	}
	if had < len(matcherPatterns)/2 {
		t.Errorf("only %d of %d expressions have a matcher", had, len(matcherPatterns))
	}
}

// The matchers of the built-in rules find what the expressions find, in what they
// match, in pieces of that and with something around it.
func TestMatchersBuiltin(t *testing.T) {
	had, all := 0, 0
	for _, r := range Builtin() {
		if r.Pattern == "" {
			continue
		}
		all++
		both := newTwin(r.Pattern)
		if both.matcher == nil {
			continue
		}
		had++
		fitting := rapid.StringMatching(r.Pattern)
		for seed := range 4 {
			rapid.Custom(func(t *rapid.T) int {
				text := fitting.Draw(t, "text")
				from := rapid.IntRange(0, len(text)).Draw(t, "from")
				to := rapid.IntRange(from, len(text)).Draw(t, "to")
				around := rapid.SampledFrom([]string{"", " ", "x", "-", "é", "\n", "0"})
				for _, s := range []string{text, text[from:], text[:to], text[:from] + "!" + text[from:], text + text} {
					both.compare(t, []byte(around.Draw(t, "before")+s+around.Draw(t, "behind")))
				}
				return 0
			}).Example(seed)
		}
	}
	if 2*had < all {
		t.Errorf("only %d of %d patterns have a matcher", had, all)
	}
}

func FuzzMatchers(f *testing.F) {
	for i := range matcherPatterns {
		f.Add(uint(i), []byte("abc key=abc\xff\xc3\xa9234d"))
	}
	var all []string
	for _, r := range Builtin() {
		if r.Pattern != "" {
			all = append(all, r.Pattern)
		}
	}
	all = append(append([]string{}, matcherPatterns...), all...)
	f.Fuzz(func(t *testing.T, i uint, text []byte) {
		newTwin(all[i%uint(len(all))]).compare(t, text[:min(len(text), 2*maxSearched)])
	})
}
