package rules

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

const whyRules = `
[[rule]]
id = "acme-token"
title = "Acme token"
prefixes = ["acme_"]
pattern = 'acme_[0-9a-z]{12,20}'
min_entropy = 0.6
allowed = ['acme_0example0.*']

[[rule]]
id = "acme-key"
title = "Acme key"
keywords = ["acmekey"]
window = 8
pattern = '=(?P<secret>[0-9a-f]{16})'

[[rule]]
id = "acme-pair"
title = "Acme pair"
prefixes = ["pair_"]
pattern = 'pair_[0-9a-f]{6}'
requires = { rules = ["acme-token"], within = 1 }

[[rule]]
id = "acme-special"
title = "Acme special"
keywords = ["acmekey"]
pattern = '=(?P<secret>[0-9a-f]{16})7'
boundary = "none"
specificity = 90

[[rule]]
id = "acme-password"
title = "Acme password"
keywords = ["password"]
grammar = "assignment"
`

func whySet(t testing.TB) *Set {
	t.Helper()
	all, err := Parse("why.toml", []byte(whyRules))
	if err != nil {
		t.Fatal(err)
	}
	set, err := Compile(all)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func TestWhy(t *testing.T) {
	s := whySet(t)
	for _, c := range []struct{ rule, text, want string }{
		{"acme-token", "nothing of it", ""},
		{"acme-token", "x = acme_k3v9q2m7w5", "too short: the pattern takes 17 characters and more, and only 15"},
		{"acme-token", "x = acme_k3v9q2m7w5x8", "medium confidence"},
		{"acme-token", "myacme_k3v9q2m7w5x8", "a letter, digit or underscore stands right before"},
		{"acme-token", "acme_k3v9q2m7w5x8k3v9q2m7w5x8", "touches the value"},
		{"acme-token", "acme_ppqqpqqpqppq", "relative entropy is 0.28 and min_entropy is 0.60"},
		{"acme-token", "acme_0example0q2m7w5", "placeholder"},
		{"acme-token", "acme_<your token here>", "too short: "},
		{"acme-key", "ACMEKEY = none", "no 16 characters in a row"},
		{"acme-key", "acmekey             = 1", "no 16 characters in a row"},
		{"acme-key", "acmekey: 4f1c9a27e35b8d60", "does not match in its window"}, // assay:allow made up
		{"acme-key", "acmekey=4f1c9a27e35b8d60", "medium confidence"},             // assay:allow made up
		{"acme-key", "acmekey=4f1c9a27e35b8d60 7 ", "medium confidence"},          // assay:allow made up
		{"acme-pair", "pair_4f1c9a", "no companion stands near it: acme-token, at most 1 lines away"},
		{"acme-pair", "acme_k3v9q2m7w5x8\npair_4f1c9a", "high confidence"},
	} {
		steps, ok := s.Why([]byte(c.text), c.rule)
		got := ""
		for _, x := range steps {
			got += x.Outcome
		}
		if !ok || !strings.Contains(got, c.want) || c.want == "" && got != "" {
			t.Errorf("%s, %q: %q, want %q", c.rule, c.text, got, c.want)
		}
	}
	for _, id := range []string{"acme-password", "no-such-rule"} {
		if _, ok := s.Why([]byte("password"), id); ok {
			t.Errorf("%s: answered", id)
		}
	}
}

// What Why calls found is what Find finds, in any text, and no more than that.
func TestWhyIsFind(t *testing.T) {
	s := whySet(t)
	pieces := []string{
		"acme_", "k3v9q2m7w5x8", "acmekey", "=", "4f1c9a27e35b8d60", "7", " ", "\n", "pair_", "4f1c9a", "acme_aaaaaaaaaaab", "acme_0example0q2m7w5", "_", "\"",
		"pair_4f1c9a ", "acme_k3v9q2m7w5x8 ",
	}
	rapid.Check(t, func(t *rapid.T) {
		text := []byte(strings.Join(rapid.SliceOfN(rapid.SampledFrom(pieces), 0, 14).Draw(t, "pieces"), ""))
		for _, r := range s.Rules() {
			var want, got []int
			for _, m := range s.Find(nil, text) {
				if m.Rule.ID == r.ID {
					want = append(want, m.Start)
				}
			}
			steps, ok := s.Why(text, r.ID)
			for _, x := range steps {
				if x.Found {
					got = append(got, x.Start)
				}
			}
			if ok && !slices.Equal(want, got) {
				t.Fatalf("%q: %s finds at %v, Why says %v: %+v", text, r.ID, want, got, steps)
			}
		}
	})
}
