package report

import (
	"net/url"
	"testing"
)

// A path is a relative reference wherever it comes from: no drive is a scheme, no
// backslash a slash, and it comes back as it was.
func TestRelativeURI(t *testing.T) {
	for path, want := range map[string]string{
		"src/a b.go":          "src/a%20b.go",
		"C:/work/a.env":       "C%3A/work/a.env",
		`C:\work\a.env`:       "C%3A%5Cwork%5Ca.env",
		`dir\name`:            "dir%5Cname",
		"javascript:alert(1)": "javascript%3Aalert%281%29",
		"a?b#c%20":            "a%3Fb%23c%2520",
		"straße/\xff":         "stra%C3%9Fe/%FF",
		"":                    "-",
	} {
		got := relativeURI(Location{Path: path})
		if got != want {
			t.Errorf("%q becomes %s, not %s", path, got, want)
		}
		u, err := url.Parse(got)
		if err != nil || u.IsAbs() || path != "" && u.Path != path {
			t.Errorf("%q comes back as %q, %v", path, u.Path, err)
		}
	}
}
