package rules

import (
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/assayhq/assay/report"
)

func TestCompileDuplicate(t *testing.T) {
	var all []Rule
	for _, name := range []string{"a.toml", "b.toml"} {
		own, err := Parse(name, []byte(good))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, own...)
	}
	_, err := Compile(all)
	const want = `b.toml:1: rule "acme-token" stands in a.toml:1 too; give it another id, or disable that one`
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	if all[0].Origin != "a.toml:1" {
		t.Error("Compile has changed its argument")
	}
}

func TestRules(t *testing.T) {
	set := parseRules(t, strings.Replace(good, "acme-token", "z", 1)+strings.Replace(good, "acme-token", "a", 1))
	if all := set.Rules(); len(all) != 2 || all[0].ID != "a" || all[1].ID != "z" {
		t.Errorf("got %v", all)
	}
}

func TestAt(t *testing.T) {
	set := parseRules(t, good+`paths = ['(?:.*/)?\.env', 'a/.*']`)
	matches := set.Find(nil, []byte("acme_qwzkvbjf"))
	if len(matches) != 1 {
		t.Fatalf("%d matches", len(matches))
	}
	for path, want := range map[string]bool{".env": true, "x/.env": true, "x.env": false, "a/b": true, "b/a/c": false, "": false} {
		if m, ok := set.At(path, matches[0]); ok != want || m.Confidence != report.ConfidenceMedium {
			t.Errorf("%q: %v", path, ok)
		}
	}
}

func mustParse(expr string) *syntax.Regexp {
	tree, err := syntax.Parse(expr, syntax.Perl)
	if err != nil {
		panic(err)
	}
	return tree
}

func TestLengths(t *testing.T) {
	for expr, want := range map[string][2]int{
		"abc":              {3, 3},
		"(?i)ab1":          {3, 9},
		"é":                {2, 2},
		"a|bcd":            {1, 3},
		"a?b{2,3}":         {2, 4},
		"(?:ab){2}":        {4, 4},
		"[a-f]{3}[é-ü]":    {4, 5},
		".":                {1, 4},
		"^a$":              {1, 1},
		"a*":               {0, maxMatch},
		"(?P<secret>a+)bc": {3, maxMatch},
		"a{5,}":            {5, maxMatch},
		"(?:a|b+)c":        {2, maxMatch},
		"(?:a{9}){0}":      {0, 0},
	} {
		if least, most := lengths(mustParse(expr)); least != want[0] || most != want[1] {
			t.Errorf("%s: %d to %d, want %v", expr, least, most, want)
		}
	}
}

// boundedPatterns are written with all that the syntax of RE2 has, for what the
// built-in rules do not use.
var boundedPatterns = []string{
	`(?i)kelvin[^a]{2}`, `a(?:b|cd*){0,3}é`, `(?s).{2,5}x?`, `[\x{800}-\x{10ffff}]{1,3}`, `(?P<secret>(?i:s)[k-s]{2})z`, `\d+?\D\w*\W`, `(?:x{2}){1,4}y??`,
}

// No text that a pattern matches is shorter or longer than lengths says, and the
// quick tests let it pass.
func checkPattern(t *rapid.T, expr, text string) {
	loc := regexp.MustCompile(expr).FindStringSubmatchIndex(text)
	if loc == nil {
		t.Fatalf("%s: the generator made %q", expr, text)
	}
	p := compilePattern(expr)
	match := text[loc[0]:loc[1]]
	if len(match) < p.shortest || len(match) > p.longest {
		t.Fatalf("%s: %q has %d bytes, the bounds are %d and %d", expr, match, len(match), p.shortest, p.longest)
	}
	if !hasRun([]byte(match), &p.bytes, p.run) {
		t.Fatalf("%s: hasRun rejects %q", expr, match)
	}
	if at, ok := p.at([]byte(match), 0); !ok || at.end != len(match) {
		t.Fatalf("%s: at finds %v in %q", expr, at, match)
	}
}

func TestPatterns(t *testing.T) {
	all := boundedPatterns
	for _, r := range Builtin() {
		if r.Pattern != "" {
			all = append(all, r.Pattern)
		}
	}
	for _, expr := range all {
		text := rapid.StringMatching(expr)
		for seed := range 3 {
			rapid.Custom(func(t *rapid.T) int { checkPattern(t, expr, text.Draw(t, "text")); return 0 }).Example(seed)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		expr := rapid.SampledFrom(all).Draw(t, "pattern")
		checkPattern(t, expr, rapid.StringMatching(expr).Draw(t, "text"))
	})
}

func TestHasRun(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringOf(rapid.SampledFrom([]rune("ab-"))).Draw(t, "text")
		n := rapid.IntRange(0, 6).Draw(t, "n")
		var in byteSet
		in['a'], in['b'] = true, true
		want := regexp.MustCompile(`[ab]{` + string(rune('0'+n)) + `}`).MatchString(text)
		if got := hasRun([]byte(text), &in, n); got != want {
			t.Errorf("%q, %d: %v", text, n, got)
		}
	})
}

// Descriptions of what is not in the set stand in the order of ids too.
func TestDescriptionsOfMore(t *testing.T) {
	all := compileBuiltin(t).Descriptions(report.Rule{ID: "a"}, report.Rule{ID: "zz"}, report.Rule{ID: "m-of-no-vendor"})
	if len(all) != len(Builtin())+3 || !slices.IsSortedFunc(all, func(a, b report.Rule) int { return strings.Compare(a.ID, b.ID) }) {
		t.Errorf("%d descriptions, or they are not sorted", len(all))
	}
}
