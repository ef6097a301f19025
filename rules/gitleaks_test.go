package rules

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// shapes are configurations as projects write them, and what they find in texts. The
// rules with the ids of the default configuration stand for the built-in ones.
var shapes = []struct {
	name, config string
	cases        []shapeCase
}{
	{"one rule of one's own beside the default", `
title = "acme"
[extend]
useDefault = true
[[rules]]
id = "acme-key"
description = "Acme key"
regex = '''acme_[a-z]{6}'''
keywords = ["acme_"]`, []shapeCase{{"", "x = acme_abcdef", "", "acme-key=acme_abcdef"}, {"", "x = ACME_abcdef", "", ""}}},
	{"keyword elsewhere in the file", `
[[rules]]
id = "k"
regex = '''tok-[0-9]{4}'''
keywords = ["Acme"]`, []shapeCase{{"", "tok-1234", "", ""}, {"", "ACME\n\n\ntok-1234", "", "k=tok-1234"}}},
	{"no keywords", `
[[rules]]
id = "k"
regex = '''tok-[0-9]{4}'''`, []shapeCase{{"", "a tok-1234 b tok-5678", "", "k=tok-1234 k=tok-5678"}}},
	{"secretGroup and entropy", `
[[rules]]
id = "k"
regex = '''(pin|pass) = "([a-z0-9]+)"'''
secretGroup = 2
entropy = 2.5`, []shapeCase{{"", `pin = "aaaabbbb"`, "", ""}, {"", `pin = "a1b2c3d4"`, "", "k=a1b2c3d4"}}},
	{"first group that is not empty", `
[[rules]]
id = "k"
regex = '''(?:a=([a-z]+)|b=([a-z]+))'''`, []shapeCase{{"", "b=xyz", "", "k=xyz"}, {"", "a=uvw", "", "k=uvw"}}},
	{"numbers as texts, keys in other cases", `
[[Rules]]
ID = "k"
Regex = '''v=([a-z0-9]+)'''
SecretGroup = "1"
Entropy = "2"
Keywords = "V="`, []shapeCase{{"", "v=aaaa", "", ""}, {"", "v=abcd1234", "", "k=abcd1234"}}},
	{"the old allowlist of a rule", `
[[rules]]
id = "k"
regex = '''tok-[a-z]{4}'''
[rules.allowlist]
regexes = ['''tok-test''']
stopwords = ["demo"]
paths = ['''_test\.go$''']`, []shapeCase{{"", "tok-test", "", ""}, {"", "tok-demo", "", ""}, {"a_test.go", "tok-abcd", "", ""}, {"a.go", "tok-abcd", "", "k=tok-abcd"}}},
	{"the old global allowlist", `
[allowlist]
description = "vendored"
paths = ['''(^|/)vendor/''', '''\.lock$''']
[[rules]]
id = "k"
regex = '''tok-[a-z]{4}'''`, []shapeCase{{"vendor/a.go", "tok-abcd", "", ""}, {"go.lock", "tok-abcd", "", ""}, {"src/a.go", "tok-abcd", "", "k=tok-abcd"}}},
	{"allowlists with AND", `
[[rules]]
id = "k"
regex = '''tok-[a-z]{4}'''
[[rules.allowlists]]
condition = "AND"
paths = ['''^docs/''']
regexes = ['''tok-a''']
[[rules.allowlists]]
condition = "&&"
commits = ["` + commitA + `"]
stopwords = ["zz"]`, []shapeCase{
		{"docs/x", "tok-abcd", "", ""}, {"docs/x", "tok-bcde", "", "k=tok-bcde"}, {"src/x", "tok-abcd", "", "k=tok-abcd"},
		{"src/x", "tok-zzzz", commitA, ""}, {"src/x", "tok-zzzz", "", "k=tok-zzzz"},
	}},
	{"commits", `
[[allowlists]]
commits = ["` + strings.ToUpper(commitA) + `"]
[[rules]]
id = "k"
regex = '''tok-[a-z]{4}'''`, []shapeCase{{"x", "tok-abcd", commitA, ""}, {"x", "tok-abcd", strings.Repeat("b", 40), "k=tok-abcd"}}},
	{"regexTarget match and line", `
[[rules]]
id = "k"
regex = '''key\s*=\s*"([a-z]+)"'''
[[rules.allowlists]]
regexTarget = "match"
regexes = ['''key  =''']
[[rules.allowlists]]
regexTarget = "line"
regexes = ['''# fine$''']`, []shapeCase{{"", `key  = "abc"`, "", ""}, {"", `key = "abc" # fine`, "", ""}, {"", `key = "abc"`, "", "k=abc"}}},
	{"targetRules", `
[[allowlists]]
targetRules = ["one"]
regexes = ['''abcd''']
[[rules]]
id = "one"
regex = '''one-[a-z]{4}'''
[[rules]]
id = "two"
regex = '''two-[a-z]{4}'''`, []shapeCase{{"", "one-abcd two-abcd", "", "two=two-abcd"}}},
	{"path with regex", `
[[rules]]
id = "k"
regex = '''tok-[a-z]{4}'''
path = '''(?i)\.env$'''`, []shapeCase{{"a/b.ENV", "tok-abcd", "", "k=tok-abcd"}, {"a.go", "tok-abcd", "", ""}}},
	{"path alone", `
[[rules]]
id = "keystore"
path = '''\.jks$'''
[[rules]]
id = "k"
regex = '''tok-[a-z]{4}'''`, []shapeCase{{"a/b.jks", "", "", "keystore@"}, {"a.go", "tok-abcd", "", "k=tok-abcd"}}},
	{"required within lines", `
[[rules]]
id = "secret"
regex = '''sec-[a-z]{4}'''
[[rules.required]]
id = "name"
withinLines = 1
[[rules]]
id = "name"
regex = '''nam-[a-z]{4}'''
skipReport = true`, []shapeCase{{"", "nam-abcd\nsec-abcd", "", "secret=sec-abcd"}, {"", "nam-abcd\n\n\nsec-abcd", "", ""}, {"", "sec-abcd", "", ""}, {"", "nam-abcd", "", ""}}},
	{"required within columns", `
[[rules]]
id = "secret"
regex = '''sec-[a-z]{4}'''
[[rules.required]]
id = "name"
withinColumns = 12
[[rules]]
id = "name"
regex = '''nam-[a-z]{4}'''`, []shapeCase{{"", "nam-abcd sec-abcd", "", "name=nam-abcd secret=sec-abcd"}, {"", "nam-abcd                sec-abcd", "", "name=nam-abcd"}}},
	{"generic gives way", `
[[rules]]
id = "generic-api-key"
regex = '''key=([a-z-]{8,})'''
[[rules]]
id = "acme"
regex = '''acme-[a-z]{4}'''`, []shapeCase{{"", "key=acme-abcd", "", "acme=acme-abcd"}, {"", "key=abcdefgh", "", "generic-api-key=abcdefgh"}, {"", "key=abcdefgh\nacme-abcd", "", "acme=acme-abcd generic-api-key=abcdefgh"}}},
	{"two rules on one place", `
[[rules]]
id = "one"
regex = '''tok-[a-z]{4}'''
[[rules]]
id = "two"
regex = '''[a-z]{3}-abcd'''`, []shapeCase{{"", "tok-abcd", "", "one=tok-abcd two=tok-abcd"}}},
	{"several lines", `
[[rules]]
id = "block"
regex = '''(?s)BEGIN ACME.+?END ACME'''
keywords = ["begin acme"]`, []shapeCase{{"", "x\nBEGIN ACME\nabc\nEND ACME\n", "", "block=BEGIN ACME\nabc\nEND ACME"}}},
	{"extended from a file, a rule changed and one switched off", `
[extend]
path = "base.toml"
disabledRules = ["off"]
[[rules]]
id = "base"
[[rules.allowlists]]
stopwords = ["sample"]`, []shapeCase{{"", "base-abcd off-abcd", "", "base=base-abcd"}, {"", "base-sample", "", ""}}},
	{"keys of other versions", `
[[rules]]
id = "k"
regex = '''tok-[a-z]{4}'''
severity = "high"
file = "x"`, []shapeCase{{"", "tok-abcd", "", "k=tok-abcd"}}},
	{"an id with blanks, tags", `
[[rules]]
id = "My Rule"
description = "Mine."
regex = '''tok-[a-z]{4}'''
tags = ["key", "Acme"]`, []shapeCase{{"", "tok-abcd", "", "My Rule=tok-abcd"}}},
}

var commitA = strings.Repeat("a", 40)

// A shapeCase is a text at a path, brought by a commit, and what is found: ID=VALUE, or
// ID@ for a path.
type shapeCase struct{ path, text, commit, want string }

func openBase(path string) ([]byte, error) {
	if path != "base.toml" {
		return nil, errors.New("not there")
	}
	return []byte("[[rules]]\nid = \"base\"\nregex = '''base-[a-z]{4,}'''\n[[rules]]\nid = \"off\"\nregex = '''off-[a-z]{4}'''\n"), nil
}

func foundAt(s *Set, c shapeCase) string {
	var got []string
	for _, m := range append(s.Find(nil, []byte(c.text)), s.AtPath(c.path)...) {
		if c.path != "" {
			var ok bool
			if m, ok = s.At(c.path, m); !ok {
				continue
			}
		}
		if _, allowed := s.Allowed(m, c.path, c.commit); allowed {
			continue
		}
		if m.Rule.Pattern == "" {
			got = append(got, m.Rule.ID+"@")
			continue
		}
		got = append(got, m.Rule.ID+"="+string(m.Value([]byte(c.text))))
	}
	slices.Sort(got)
	return strings.Join(got, " ")
}

func TestGitleaksShapes(t *testing.T) {
	if len(shapes) < 20 {
		t.Fatalf("%d shapes", len(shapes))
	}
	for _, shape := range shapes {
		t.Run(shape.name, func(t *testing.T) {
			if !LooksLikeGitleaks([]byte(shape.config)) {
				t.Error("not told from our own configuration")
			}
			g, err := ParseGitleaks("a.toml", []byte(shape.config), openBase)
			if err != nil {
				t.Fatal(err)
			}
			s, err := Compile(g.Rules, WithAllow(g.Allow))
			if err != nil {
				t.Fatal(err)
			}
			for _, c := range shape.cases {
				if got := foundAt(s, c); got != c.want {
					t.Errorf("%s: %q: got %q, want %q", c.path, c.text, got, c.want)
				}
			}
			written(t, g, shape.cases)
		})
	}
}

// written writes what a configuration says as a rule file of ours, which has to mean
// the same.
func written(t *testing.T, g *Gitleaks, cases []shapeCase) {
	t.Helper()
	for _, r := range g.Rules {
		if Kebab(r.ID) != r.ID {
			return // migrate gives it another id
		}
	}
	text, err := WriteFile(File{g.Rules, g.Allow})
	if err != nil {
		t.Fatal(err)
	}
	f, err := ParseFile("own.toml", text)
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	if err := compileSchema(t).Validate(asJSON(t, text)); err != nil {
		t.Errorf("%v\n%s", err, text)
	}
	s, err := Compile(f.Rules, WithAllow(f.Allow))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		if got := foundAt(s, c); got != c.want {
			t.Errorf("written anew: %q: got %q, want %q\n%s", c.text, got, c.want, text)
		}
	}
}

func TestGitleaksErrors(t *testing.T) {
	for config, want := range map[string]string{
		"[[rules]]\nregex = 'x'\n":                                                                 "a.toml:1: a rule without an id",
		"\n[[rules]]\nid = 'k'\nregex = '('\n":                                                     `a.toml:2: rule "k": missing closing`,
		"[[rules]]\nid = 'k'\n":                                                                    `a.toml:1: rule "k": both regex and path are missing`,
		"[[rules]]\nid = 'k'\nregex = '(a)'\nsecretGroup = 2\n":                                    "secretGroup 2 is not in the expression",
		"[[rules]]\nid = 'k'\nregex = 'a'\n[[rules.allowlists]]\n":                                 "without paths, commits",
		"[[rules]]\nid = 'k'\nregex = 'a'\n[[rules.allowlists]]\ncondition = 'xor'\npaths=['a']\n": `condition "xor"`,
		"[[rules]]\nid = 'k'\nregex = 'a'\n[[rules.required]]\nid = 'none'\n":                      `the required rule "none" is not there`,
		"[extend]\nuseDefault = true\npath = 'x'\n":                                                "exclude each other",
		"[extend]\npath = 'x'\n":                                                                   "extend.path: not there",
		"[[rules]\n":                                                                               "a.toml:1",
		"[[rules]]\nid = 'k'\nregex = 'a'\nentropy = 'much'\n":                                     "entropy must be a number",
	} {
		_, err := ParseGitleaks("a.toml", []byte(config), openBase)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %q", config, err, want)
		}
	}
}

// What the default configuration's ids are bound to is there, and what a file changes
// of the default rules is said of the built-in ones.
func TestGitleaksDefaultRules(t *testing.T) {
	ids := map[string]bool{}
	for _, r := range Builtin() {
		ids[r.ID] = true
	}
	for theirs, ours := range gitleaksNames() {
		for _, id := range ours {
			if !ids[id] {
				t.Errorf("%s: there is no rule %q", theirs, id)
			}
		}
	}
	g, err := ParseGitleaks("a.toml", []byte(`
[extend]
useDefault = true
disabledRules = ["github-pat", "no-such-rule"]
[[rules]]
id = "generic-api-key"
entropy = 4
[[rules.allowlists]]
stopwords = ["abc"]
[[allowlists]]
targetRules = ["slack-webhook-url"]
paths = ["^x"]`), nil)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(g.Disabled, []string{"github-personal-access-token"}) || len(g.Rules) > 0 || len(g.Allow) != 2 || len(g.Notes) != 2 {
		t.Errorf("got %+v", g)
	}
}

// No bytes make the parser panic, and what it takes compiles and writes.
func FuzzParseGitleaks(f *testing.F) {
	for _, s := range shapes {
		f.Add([]byte(s.config))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		LooksLikeGitleaks(data)
		g, err := ParseGitleaks("a.toml", data, openBase)
		if err != nil {
			return
		}
		s, err := Compile(g.Rules, WithAllow(g.Allow))
		if err == nil {
			s.Find(nil, data)
		}
		if _, err := WriteFile(File{g.Rules, g.Allow}); err != nil {
			t.Error(err)
		}
	})
}

func TestWordList(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		words := rapid.SliceOfN(rapid.StringMatching(`[abAB]{1,4}`), 1, 6).Draw(t, "words")
		text := rapid.StringMatching(`[abABc]{0,40}`).Draw(t, "text")
		l := newWordList(len(words), func(i int) (string, int) { return words[i], i })
		got := make([]bool, len(words))
		l.present([]byte(text), func(i, _, _ int) bool { got[i] = true; return true })
		for i, w := range words {
			if want := strings.Contains(strings.ToLower(text), strings.ToLower(w)); want != got[i] {
				t.Fatalf("%q in %q: got %t", w, text, got[i])
			}
		}
	})
}
