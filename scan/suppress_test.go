package scan

import (
	"strings"
	"testing"
)

func TestComments(t *testing.T) {
	k := token(t, 1)
	long := strings.Repeat("x ", commentReach)
	for _, c := range []struct {
		content    string
		suppressed bool
	}{
		{"KEY", false},
		{"KEY # assay:allow", true},
		{"/* assay:allow */ KEY", true},
		{"KEY # assay:allow revoked in 2023", true},
		{"KEY # assay:allow[github-personal-access-token] reason", true},
		{"KEY # assay:allow[github]", true},
		{"KEY # assay:allow[slack, github]", true},
		{"KEY # assay:allow[slack]", false},
		{"KEY # assay:allow[]", false},
		{"KEY # assay:allow[git]", false},
		{"KEY # assay:allow[github", true},
		{"KEY # assay:allow[slack] assay:allow[github]", true},
		{"KEY # assay:allowed", false},
		{"KEY # assay:allow-list", false},
		{"KEY # assay:allow-next-line", false},
		{"KEY # assay:allow-next-line assay:allow", true},
		{"# assay:allow\nKEY", false},
		{"# assay:allow-next-line\nKEY", true},
		{"# assay:allow-next-line[github] reason\r\nKEY", true},
		{"# assay:allow-next-line\rKEY", true},
		{"# assay:allow-next-line[slack]\nKEY", false},
		{"# assay:allow-next-line\n\nKEY", false},
		{"KEY\n# assay:allow", false},
		{"KEY # gitleaks:allow", true},
		{"KEY # betterleaks:allow", true},
		{"KEY # trufflehog:ignore", true},
		{"KEY # ggignore", true},
		{"KEY # kingfisher:ignore", true},
		{"KEY # kingfisher:allow", true},
		{"KEY # secretlint-disable-line", true},
		{"KEY # pragma: allowlist secret", true},
		{"KEY # pragma: whitelist secret", true},
		{"// secretlint-disable-next-line\nKEY", true},
		{"# pragma: allowlist nextline secret\nKEY", true},
		{"# pragma: whitelist nextline secret\nKEY", true},
		{"# gitleaks:allow\nKEY", false},
		{"KEY\nKEY # gitleaks:allow", false},
		{"KEY # gitleaks:allow\nKEY", false},
		{long + "KEY # gitleaks:allow", false},
		{"KEY " + long + "# gitleaks:allow", false},
		{long + "\nKEY # gitleaks:allow\n" + long, true},
	} {
		got := text(t, "a.txt", strings.ReplaceAll(c.content, "KEY", k))
		if suppressed := len(got.findings) == 0; suppressed != c.suppressed || got.summary.Suppressed == 0 && suppressed {
			t.Errorf("%.80q: suppressed %v, want %v", c.content, suppressed, c.suppressed)
		}
	}
}

// A comment on either end of a key of several lines is meant for the key.
func TestCommentsOfManyLines(t *testing.T) {
	pem := strings.TrimSpace(expand(t, "privatekey-rsa", "{pem:RSA PRIVATE KEY}", 1))
	for content, suppressed := range map[string]bool{
		pem:                                      false,
		pem + " # assay:allow":                   true,
		"# assay:allow-next-line\n" + pem:        true,
		"assay:allow: " + pem + "\n":             true,
		pem + "\n# assay:allow":                  false,
		"# assay:allow\n" + pem:                  false,
		"# assay:allow-next-line\n\n" + pem + "": false,
	} {
		if got := text(t, "a.pem", content); (len(got.findings) == 0) != suppressed {
			t.Errorf("%.40q: suppressed %v, want %v", content, !suppressed, suppressed)
		}
	}
}

// Comments of whoever wrote the text can be refused.
func TestCommentsIgnored(t *testing.T) {
	s := Stream{Name: "-", Reader: strings.NewReader(token(t, 1) + " # assay:allow")}
	if got := run(t, Options{IgnoreInlineAllow: true}, s); len(got.findings) != 1 || got.summary.Suppressed != 0 {
		t.Errorf("%+v", got.summary)
	}
}
