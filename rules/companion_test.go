package rules

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/assayhq/assay/report"
)

// pairRules make credentials that are easy to read: idNN and secretNN belong
// together, tokNN needs an id beside it, passNN has a user.
const pairRules = `
[[rule]]
id = "an-id"
title = "Key id"
prefixes = ["id_"]
pattern = 'id_[0-9]{2}'

[[rule]]
id = "a-secret"
title = "Secret"
prefixes = ["secret_"]
pattern = 'secret_[0-9]{2}'
companion = { rules = ["an-id"], within = 2 }

[[rule]]
id = "a-token"
title = "Token"
prefixes = ["tok_"]
pattern = 'tok_[0-9]{2}'
requires = { rules = ["an-id"], within = 1 }

[[rule]]
id = "a-pass"
title = "Pass"
prefixes = ["pass_"]
pattern = 'pass_[0-9]{2}'
allowed = ["pass_00"]
companion = { title = "user", pattern = 'user=(?P<secret>\w+)', within = 1 }

[[rule]]
id = "a-code"
title = "Code"
prefixes = ["code_"]
pattern = 'code_[0-9]{2}'
requires = { title = "user", pattern = 'user=(?P<secret>\w+)', within = 0 }
`

func pairSet(t testing.TB) *Set {
	t.Helper()
	all, err := Parse("pairs.toml", []byte(pairRules))
	if err != nil {
		t.Fatal(err)
	}
	set, err := Compile(all)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// pairsIn tells what is found: "secret_1+id_1", and "id_1" for what is alone.
func pairsIn(s *Set, text string) string {
	data := []byte(text)
	var all []string
	for _, m := range s.Find(nil, data) {
		if m.Half() {
			continue
		}
		m = s.Accompany(data, m)
		what := text[m.Start:m.End]
		if b := m.Beside; b.Title != "" {
			what += "+" + text[b.Start:b.End]
		}
		all = append(all, what)
	}
	return strings.Join(all, " ")
}

func TestPairs(t *testing.T) {
	s := pairSet(t)
	for _, c := range []struct{ name, text, want string }{
		{"id first", "id_17\nsecret_17\n", "secret_17+id_17"},
		{"secret first", "secret_17\nid_17\n", "secret_17+id_17"},
		{"one line", "id_17,secret_17", "secret_17+id_17"},
		{"a lone id", "id_17\n", "id_17"},
		{"a lone secret", "secret_17\n", "secret_17"},
		{"too many lines", "id_17\n1\n2\nsecret_17\n", "id_17 secret_17"},
		{"too far on a line", "id_17" + strings.Repeat(" ", companionReach+1) + "secret_17", "id_17 secret_17"},
		{"two records", "id_17\nsecret_17\nid_25\nsecret_25\n", "secret_17+id_17 secret_25+id_25"},
		{"two records, secrets first", "secret_17\nid_17\nsecret_25\nid_25\n", "secret_17+id_17 secret_25+id_25"},
		{"records on lines, the first half broken", "secret_17\nid_25,secret_25\n", "secret_17 secret_25+id_25"},
		{"an empty line parts records", "secret_17\n\nid_25\nsecret_25\n", "secret_17 secret_25+id_25"},
		{"a heading parts records", "secret_17\n[two]\nid_25\nsecret_25\n", "secret_17 secret_25+id_25"},
		{"a brace parts records", "{secret_17},\n{id_25,\nsecret_25}", "secret_17 secret_25+id_25"},
		{"over the end of a record, where nothing else is near", "{id_17}\n{secret_17}", "secret_17+id_17"},
		{"what is required is there", "id_17\ntok_17\n", "tok_17+id_17"},
		{"what is required is too far", "id_17\n\ntok_17\n", "id_17"},
		{"what is required is not there", "tok_17", ""},
		{"a user", "user=ann\npass_17\n", "pass_17+ann"},
		{"the nearer user", "user=ann, some words\npass_17 user=bob", "pass_17+bob"},
		{"the user of the record", "user=ann\n pass_17}user=bob", "pass_17+ann"},
		{"no user", "user=null\npass_17\nuser=x\n\nuser=y", "pass_17+x"},
		{"no user but a call", "user=ann(1)\npass_17\n", "pass_17"},
		{"a user too far", "user=ann\n\npass_17\n\nuser=x", "pass_17"},
		{"a placeholder has no user", "user=ann\npass_00\n", "pass_00"},
		{"a user is required", "user=ann code_17\ncode_25\n", "code_17+ann"},
	} {
		if got := pairsIn(s, c.text); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

// A pair is surer than its secret alone.
func TestPairConfidence(t *testing.T) {
	s := pairSet(t)
	for text, want := range map[string]report.Confidence{
		"secret_17": report.ConfidenceMedium, "id_17 secret_17": report.ConfidenceHigh,
	} {
		matches := s.Find(nil, []byte(text))
		if got := matches[len(matches)-1].Confidence; got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
}

// Whatever the text: halves and companions are the same matches, each id serves one
// secret, and reading an edit tells the same pairs.
func TestPairsOfAnyText(t *testing.T) {
	s := pairSet(t)
	pieces := []string{"id_17", "secret_25", "tok_38", "pass_49", "pass_00", "user=ann", "code_52", "\n", "\n\n", "}", " ", ",", "\r\n", "\n[x]\n"}
	draw := func(t *rapid.T) []byte {
		return []byte(strings.Join(rapid.SliceOfN(rapid.SampledFrom(pieces), 0, 20).Draw(t, "pieces"), " "))
	}
	rapid.Check(t, func(t *rapid.T) {
		data := draw(t)
		found := s.Find(nil, data)
		taken := map[int]bool{}
		for _, m := range found {
			if b := m.Beside; b.Title != "" {
				if taken[b.Start] {
					t.Fatalf("%q: the companion at %d serves twice", data, b.Start)
				}
				taken[b.Start] = true
			}
		}
		for _, m := range found {
			if m.Half() != taken[m.Start] {
				t.Fatalf("%q: half %t at %d, taken %t", data, m.Half(), m.Start, taken[m.Start])
			}
			delete(taken, m.Start)
		}
		if len(taken) > 0 {
			t.Fatalf("%q: companions that are no match: %v", data, taken)
		}
		r, next := new(Reading), new(Reading)
		s.Read(r, data)
		cut := rapid.IntRange(0, len(data)).Draw(t, "cut")
		after := fmt.Appendf(nil, "%s%s%s", data[:cut], draw(t), data[cut:])
		tail := len(after) - (len(data) - cut)
		s.Reread(next, r, after, []Copy{{0, 0, cut}, {cut, tail, len(data) - cut}})
		if diff := cmp.Diff(s.Find(nil, after), s.Matches(nil, next, after), sameMatches...); diff != "" {
			t.Fatalf("%q as an edit of %q:\n%s", after, data, diff)
		}
	})
}

// Around is the lines in reach, and no more.
func TestAround(t *testing.T) {
	text := "1\n2\n3\nx\n5\n6\n7"
	for within, want := range []string{"x", "3\nx\n5", "2\n3\nx\n5\n6", text, text} {
		c := Companion{Within: within}
		at := strings.Index(text, "x")
		from, to := c.Around([]byte(text), at, at+1)
		if text[from:to] != want {
			t.Errorf("within %d: %q, want %q", within, text[from:to], want)
		}
	}
}

// The rules that built-in rules name as companions exist.
func TestCompanionsExist(t *testing.T) {
	set := compileBuiltin(t)
	ids := map[string]bool{}
	for _, r := range set.Rules() {
		ids[r.ID] = true
	}
	for _, r := range set.Rules() {
		for _, id := range r.Companion.Rules {
			if !ids[id] {
				t.Errorf("rule %q: its companion %q does not exist", r.ID, id)
			}
		}
	}
}
