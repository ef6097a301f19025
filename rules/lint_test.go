package rules

import (
	"strings"
	"testing"
)

// A rule that nothing is to be said of; the cases spoil it line by line.
const soundRule = `[[rule]]
id = "acme-token"
title = "Acme token"
prefixes = ["acme_"]
pattern = "acme_[0-9a-f]{32}"
remedy = "Revoke it."
references = ["https://docs.example.com"]
examples = ["acme_{hex:32}"]
non_examples = ["acme_{hex:20}"]
`

func lint(t *testing.T, text string) string {
	t.Helper()
	own, err := Parse("acme.toml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, p := range Lint(own, Builtin()) {
		all = append(all, p.String())
	}
	return strings.Join(all, "\n")
}

func TestLint(t *testing.T) {
	if got := lint(t, soundRule); got != "" {
		t.Errorf("a sound rule: %s", got)
	}
	keyword := strings.NewReplacer(
		`prefixes = ["acme_"]`, "keywords = [\"acme\"]\nmin_entropy = 0.5", `"acme_[0-9a-f]{32}"`, `"=(?P<secret>[0-9a-f]{32})"`, "acme_{", "acme={",
	).Replace(soundRule)
	if got := lint(t, keyword); got != "" {
		t.Errorf("a sound rule with a keyword: %s", got)
	}
	for _, c := range []struct{ base, from, to, want string }{
		{soundRule, `["acme_"]`, `["acm"]`, `literal "acm" has 3 bytes`},
		{soundRule, `["acme_"]`, `["acme_", "token_"]`, `literal "token_" is a common word`},
		{soundRule, `["acme_"]`, `["acme_", "zcme_"]`, `prefix "zcme_" never matches`},
		{soundRule, `{32}"`, `{32,}"`, "no upper bound"},
		{soundRule, `remedy = "Revoke it."`, "", "remedy is missing"},
		{soundRule, `references = ["https://docs.example.com"]`, "", "references is missing"},
		{soundRule, `examples = ["acme_{hex:32}"]` + "\n", "", "examples is missing"},
		{soundRule, `non_examples = ["acme_{hex:20}"]`, "", "non_examples is missing"},
		{soundRule, `["acme_{hex:32}"]`, `["acme_{hex:16}"]`, `example "acme_{hex:16}" is not found: too short`},
		{soundRule, `["acme_{hex:32}"]`, `["ACME_{hex:32}"]`, `is not found: none of its literals`},
		{soundRule, `["acme_{hex:20}"]`, `["x acme_{hex:32}"]`, `non-example "x acme_{hex:32}" is found`},
		{soundRule, `"acme-token"`, `"github-personal-access-token"`, "a built-in rule has this id"},
		{soundRule, "remedy", "companion = { rules = [\"acme-id\"] }\nremedy", `companion names the rule "acme-id"`},
		{soundRule, "[[rule]]", soundRule + "[[rule]]", "the id stands in acme.toml:1 too"},
		{keyword, `(?P<secret>[0-9a-f]{32})`, `[0-9a-f]{32}`, "no group named secret"},
		{keyword, "min_entropy = 0.5\n", "", "min_entropy and structure are both absent"},
	} {
		if !strings.Contains(c.base, c.from) {
			t.Fatalf("%q is not in the rule", c.from)
		}
		if got := lint(t, strings.Replace(c.base, c.from, c.to, 1)); !strings.Contains(got, c.want) || !strings.HasPrefix(got, "acme.toml:") {
			t.Errorf("%s: %q, want %q", c.to, got, c.want)
		}
	}
}

// No built-in prefix is one that its pattern cannot begin with, and no built-in
// companion is missing.
func TestLintBuiltin(t *testing.T) {
	for _, r := range Builtin() {
		l := linter{rule: &r}
		l.ids(nil, nil, Builtin())
		l.pattern()
		for _, p := range l.problems {
			if strings.Contains(p.Text, "never matches") || strings.Contains(p.Text, "does not exist") {
				t.Error(p)
			}
		}
	}
}
