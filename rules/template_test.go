package rules

import (
	"regexp"
	"strings"
	"testing"
)

func TestExpand(t *testing.T) {
	r := Rule{Structure: "github", Origin: "acme.toml:1"}
	r.ID = "acme-token"
	for template, want := range map[string]string{
		"plain {text} {} {a:b:c} { x }": `plain \{text\} \{\} \{a:b:c\} \{ x \}`,
		"{digit:3}{hex:2}{HEX:2}":       `\d{3}[0-9a-f]{2}[0-9A-F]{2}`,
		"{lower:9}-{upper:9}":           `[a-z]{9}-[A-Z]{9}`,
		"{base62:50}":                   `[0-9A-Za-z]{50}`,
		"{base32:50}":                   `[A-Z2-7]{50}`,
		"{base64:50}":                   `[0-9A-Za-z+/]{50}`,
		"{base64url:50}":                `[0-9A-Za-z_-]{50}`,
		"{loweralnum:5}{upperalnum:5}":  `[0-9a-z]{5}[0-9A-Z]{5}`,
		"{uuid}":                        `[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-a[0-9a-f]{3}-[0-9a-f]{12}`,
		"{base62}":                      `\{base62\}`,
		"{pem:EC x}":                    `-----BEGIN EC x-----\n[0-9A-Za-z+/=\n]+\n-----END EC x-----\n`,
	} {
		got, err := r.Expand(template, 7)
		if err != nil || !regexp.MustCompile(`^(?:`+want+`)$`).MatchString(got) {
			t.Errorf("%s: %q, %v", template, got, err)
		}
		if again, _ := r.Expand(template, 7); again != got {
			t.Errorf("%s: another text from the same seed", template)
		}
		if other, _ := r.Expand(template, 8); strings.Contains(template, ":50}") && other == got {
			t.Errorf("%s: the same text from another seed", template)
		}
	}
}

// The seal covers the token before it and nothing else.
func TestExpandSeal(t *testing.T) {
	r := Rule{Structure: "github"}
	for _, before := range []string{"", "x = ", `"`, "'", "`", "key=", "https://user:", "(", ",", "<b>", "a@"} {
		text, err := r.Expand(before+"gh"+"p_{base62:30}{seal}", 1)
		if err != nil {
			t.Fatal(err)
		}
		if v := verifyCRC32Base62([]byte(text[len(before):])); !v.fits {
			t.Errorf("after %q: %s", before, v.doubt)
		}
	}
	if v := verifyJWT([]byte(expandOne(t, "{jwt}"))); !v.fits {
		t.Error(v.doubt)
	}
	for _, label := range []string{"RSA", "EC", "OPENSSH", "PGP", "ENCRYPTED"} {
		if v := verifyPEM([]byte(expandOne(t, "{pem:"+label+" PRIVATE KEY}"))); !v.fits {
			t.Errorf("%s: %s", label, v.doubt)
		}
	}
}

func expandOne(t *testing.T, template string) string {
	t.Helper()
	text, err := new(Rule).Expand(template, 1)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestExpandErrors(t *testing.T) {
	r := Rule{Structure: "pem", Origin: "acme.toml:1"}
	r.ID = "acme-token"
	for template, want := range map[string]string{
		"{hex:0}":     `acme.toml:1: rule "acme-token": example "{hex:0}": {hex:0} needs a number of characters from 1 to 32768`,
		"{hex:x}":     `acme.toml:1: rule "acme-token": example "{hex:x}": {hex:x} needs a number of characters from 1 to 32768`,
		"{hex:99999}": `acme.toml:1: rule "acme-token": example "{hex:99999}": {hex:99999} needs a number of characters from 1 to 32768`,
		"x{seal}":     `acme.toml:1: rule "acme-token": example "x{seal}": {seal} needs a structure with a checksum; "pem" has none`,
	} {
		if _, err := r.Expand(template, 1); err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

// An example that its rule does not find fails, and so does a non-example in
// which it finds something.
func TestExamplesFail(t *testing.T) {
	set := parseRules(t, good+"examples = ['acme_{lower:8}', 'acme_{lower:7}', 'acme_{seal}']\nnon_examples = ['acme_', 'x acme_{lower:8}', 'acme_{hex:x}']")
	want := []string{
		`acme.toml:1: rule "acme-token": example "acme_{lower:7}" is not found: too short: the pattern takes 13 characters and more, and only 12 that it allows stand there`,
		`acme.toml:1: rule "acme-token": example "acme_{seal}": {seal} needs a structure with a checksum; "" has none`,
		`acme.toml:1: rule "acme-token": non-example "x acme_{lower:8}" is found: medium confidence`,
		`acme.toml:1: rule "acme-token": non-example "acme_{hex:x}": {hex:x} needs a number of characters from 1 to 32768`,
	}
	errs := set.TestExamples()
	for i := range max(len(errs), len(want)) {
		if i >= len(errs) || i >= len(want) || errs[i].Error() != want[i] {
			t.Fatalf("got %q, want %q", errs, want)
		}
	}
}
