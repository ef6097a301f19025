package rules

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/assayhq/assay/report"
)

// good is a rule to which the cases below add or from which they take.
const good = `[[rule]]
id = "acme-token"
title = "Acme token"
prefixes = ["acme_"]
pattern = 'acme_[a-z]{8}'
`

func TestParse(t *testing.T) {
	rules, err := Parse("dir/acme.toml", []byte("\n"+good+`
[[rule]]
id = "acme-key"
title = "Acme key"
text = "A key."
severity = "critical"
confidence = "low"
keywords = ["acme"]
before = 5
window = 0
pattern = 'x(?P<secret>[a-z]{8})'
boundary = "none"
min_entropy = 0.5
structure = "jwt"
allowed = ['x{8}']
specificity = 7
paths = ['.*\.env']
remedy = "Revoke it."
references = ["https://acme.example/docs"]
tags = ["saas"]
since = "0.1.0"
examples = ["acme x{lower:8}"]
non_examples = ["acme x"]
`))
	if err != nil {
		t.Fatal(err)
	}
	want := []Rule{{
		Rule:     report.Rule{ID: "acme-token", Title: "Acme token", Severity: report.SeverityHigh, Confidence: report.ConfidenceMedium},
		Provider: "acme", Prefixes: []string{"acme_"}, Window: 60, Pattern: "acme_[a-z]{8}", Origin: "dir/acme.toml:2",
	}, {
		Rule: report.Rule{
			ID: "acme-key", Title: "Acme key", Text: "A key.", Remedy: "Revoke it.", Severity: report.SeverityCritical,
			Confidence: report.ConfidenceLow, Tags: []string{"saas"}, References: []string{"https://acme.example/docs"},
		},
		Provider: "acme", Keywords: []string{"acme"}, Before: 5, Pattern: "x(?P<secret>[a-z]{8})", Boundary: BoundaryNone,
		MinEntropy: 0.5, Structure: "jwt", Allowed: []string{"x{8}"}, Specificity: 7, Paths: []string{`.*\.env`}, Since: "0.1.0",
		Examples: []string{"acme x{lower:8}"}, NonExamples: []string{"acme x"}, Origin: "dir/acme.toml:8",
	}}
	if diff := cmp.Diff(want, rules); diff != "" {
		t.Error(diff)
	}
}

// Each case replaces a line of the good rule, or adds one at its end, and must
// bring the message. Line breaks in want part the messages of one file.
var parseErrors = []struct{ name, old, new, want string }{
	{"bad id", `id = "acme-token"`, `id = "Acme_Token"`, `acme.toml:1: rule "Acme_Token": id must be words of a-z and 0-9 joined by hyphens, such as "acme-api-token"`},
	{"no id", `id = "acme-token"`, ``, `acme.toml:1: rule "": id must be words of a-z and 0-9 joined by hyphens, such as "acme-api-token"`},
	{"no title", `title = "Acme token"`, ``, `acme.toml:1: rule "acme-token": title is missing; write what the credential is, such as "Acme API token"`},
	{"boundary", ``, `boundary = "left"`, `acme.toml:1: rule "acme-token": boundary "left" is unknown; use word, right or none`},
	{"entropy in bits", ``, `min_entropy = 3.5`, `acme.toml:1: rule "acme-token": min_entropy is relative to the length, from 0 to 1, not 3.5 bits`},
	{"negative entropy", ``, `min_entropy = -1`, `acme.toml:1: rule "acme-token": min_entropy is relative to the length, from 0 to 1, not -1 bits`},
	{"structure", ``, `structure = "crc"`, `acme.toml:1: rule "acme-token": structure "crc" is unknown; use one of ["atlassian" "aws-key-id" "azure" "base58check" "bech32" "cloudflare" "confluent" "discord" "dropbox" "extended-key" "github" "gitlab-routable" "grafana" "grafana-cloud" "jwt" "mnemonic" "nkey" "npm" "onepassword" "pem" "pypi" "sentry" "slack" "zuplo"]`},
	{"no literal", `prefixes = ["acme_"]`, ``, `acme.toml:1: rule "acme-token": prefixes or keywords are missing; without a literal the rule would have to be tried on every byte`},
	{"both literals", ``, `keywords = ["acme"]`, `acme.toml:1: rule "acme-token": prefixes and keywords exclude each other; write two rules`},
	{"short literal", `prefixes = ["acme_"]`, `prefixes = ["ac"]`, `acme.toml:1: rule "acme-token": literal "ac" must have 3 to 255 bytes`},
	{"hex", ``, `prefixes_hex = ["fe ed"]`, `acme.toml:1: rule "acme-token": prefixes_hex "fe ed": encoding/hex: invalid byte: U+0020 ' '`},
	{"window", ``, `window = -1`, `acme.toml:1: rule "acme-token": window must be from 0 to 32768 bytes`},
	{"before too far", `prefixes = ["acme_"]`, "keywords = [\"acme\"]\nbefore = 40000", `acme.toml:1: rule "acme-token": before must be from 0 to 32768 bytes`},
	{"before with prefixes", ``, `before = 5`, `acme.toml:1: rule "acme-token": before goes with keywords and a pattern only`},
	{"pattern and grammar", ``, `grammar = "assignment"`, `acme.toml:1: rule "acme-token": pattern and grammar exclude each other; write two rules`},
	{"grammar", `pattern = 'acme_[a-z]{8}'`, `grammar = "poetry"`, "acme.toml:1: rule \"acme-token\": grammar \"poetry\" is unknown\n" +
		`acme.toml:1: rule "acme-token": a grammar takes keywords, not prefixes`},
	{"no pattern", `pattern = 'acme_[a-z]{8}'`, ``, `acme.toml:1: rule "acme-token": pattern is missing; write a regular expression (RE2) of the credential`},
	{"look-ahead", `pattern = 'acme_[a-z]{8}'`, `pattern = 'acme_(?=x)'`, "acme.toml:1: rule \"acme-token\": pattern: invalid or unsupported Perl syntax: `(?=` (RE2 has no look-around and no back-references)"},
	{"unclosed", `pattern = 'acme_[a-z]{8}'`, `pattern = 'acme_('`, "acme.toml:1: rule \"acme-token\": pattern: missing closing ): `acme_(` (RE2 has no look-around and no back-references)"},
	{"wrong group", `pattern = 'acme_[a-z]{8}'`, `pattern = 'acme_(?P<token>[a-z]{8})'`, `acme.toml:1: rule "acme-token": pattern has groups but none named secret; write (?P<secret>...) around the credential and (?:...) elsewhere`},
	{"unnamed group", `pattern = 'acme_[a-z]{8}'`, `pattern = 'acme_([a-z]{8})'`, `acme.toml:1: rule "acme-token": pattern has groups but none named secret; write (?P<secret>...) around the credential and (?:...) elsewhere`},
	{"empty match", `pattern = 'acme_[a-z]{8}'`, `pattern = '[a-z]*'`, `acme.toml:1: rule "acme-token": pattern matches the empty text; ask for at least one character`},
	{"bad allowed", ``, `allowed = ['[']`, "acme.toml:1: rule \"acme-token\": allowed and paths: missing closing ]: `[` (RE2 has no look-around and no back-references)"},
	{"bad path", ``, `paths = ['*']`, "acme.toml:1: rule \"acme-token\": allowed and paths: missing argument to repetition operator: `*` (RE2 has no look-around and no back-references)"},
	{"unknown key", ``, `entropy = 1`, `acme.toml:6: unknown key "rule.entropy"`},
	{"unknown keys", ``, "regex = 'x'\nkeyword = ['y']", "acme.toml:6: unknown key \"rule.regex\"\nacme.toml:7: unknown key \"rule.keyword\""},
	{"unknown table", ``, "[allowlist]\npaths = ['x']", "acme.toml:6: unknown key \"allowlist\""},
	{"severity", ``, `severity = "blocker"`, `acme.toml:6:12: unknown severity "blocker", use one of ["info" "low" "medium" "high" "critical"]`},
	{"wrong type", `prefixes = ["acme_"]`, `prefixes = "acme_"`, `acme.toml:4:12: rule.prefixes cannot be of type string`},
	{"no TOML", `title = "Acme token"`, `title = Acme`, `acme.toml:3:9: unexpected character U+0041 'A' at start of value`},
	{"several", `title = "Acme token"`, `boundary = "x"`, "acme.toml:1: rule \"acme-token\": title is missing; write what the credential is, such as \"Acme API token\"\n" +
		`acme.toml:1: rule "acme-token": boundary "x" is unknown; use word, right or none`},
}

func TestParseErrors(t *testing.T) {
	for _, c := range parseErrors {
		text := good + c.new + "\n"
		if c.old != "" {
			if !strings.Contains(good, c.old+"\n") {
				t.Fatalf("%s: the good rule has no line %q", c.name, c.old)
			}
			text = strings.Replace(good, c.old, c.new, 1)
		}
		_, err := Parse("acme.toml", []byte(text))
		if err == nil {
			t.Errorf("%s: no error", c.name)
		} else if diff := cmp.Diff(c.want, err.Error()); diff != "" {
			t.Errorf("%s: %s", c.name, diff)
		}
	}
}

// The line of a message is that of the rule's own table.
func TestParseErrorLine(t *testing.T) {
	text := good + "\n# [[rule]]\n" + good + "allowed = ['''\n[[rule]]\n''']\n\n[[ rule ]]\nid = 'x'\n"
	_, err := Parse("rules/acme.toml", []byte(text))
	if err == nil || !strings.HasPrefix(err.Error(), `rules/acme.toml:17: rule "x": title is missing`) {
		t.Error(err)
	}
	_, err = Parse("acme.toml", []byte("rule = [{id = 'x'}]"))
	if want := "acme.toml: rules are written as [[rule]] tables, not as a list"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

// What Parse accepts compiles, whatever stands in it.
func FuzzParse(f *testing.F) {
	f.Add([]byte(good))
	f.Add([]byte("rule = [{id = 'x', title = 'y'}]"))
	f.Add([]byte("[[rule]]\n[[rule.examples]]\n"))
	for _, c := range parseErrors {
		f.Add([]byte(good + c.new))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		rules, err := Parse("acme.toml", data)
		if err != nil {
			return
		}
		set, err := Compile(rules)
		if err != nil {
			return // two rules of one id
		}
		set.Find(nil, data)
		set.TestExamples()
	})
}
