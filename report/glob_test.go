package report

import (
	"strings"
	"testing"
	"time"
)

func TestGlobPattern(t *testing.T) {
	for _, c := range []struct {
		glob    string
		matches string // paths, separated by blanks
		not     string
	}{
		{"a.txt", "a.txt", "b/a.txt aXtxt a.txt.old"},
		{"*.txt", "a.txt .txt", "a/b.txt a.txt2"},
		{"**/*.txt", "a.txt a/b.txt a/b/c.txt", "a.text"},
		{"test/**", "test/a test/a/b", "test tests/a a/test/b"},
		{"test/", "test/a test/a/b", "test"},
		{"**/test/**", "test/a b/test/a", "btest/a"},
		{"a?c", "abc aéc", "a/c ac abbc"},
		{"a[b]{c}+(d)", "a[b]{c}+(d)", "ab"},
		{"a**b", "ab a/x/b", "ac"},
	} {
		pattern, err := globPattern(c.glob)
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range strings.Fields(c.matches) {
			if !pattern.MatchString(path) {
				t.Errorf("%s does not match %s", c.glob, path)
			}
		}
		for _, path := range strings.Fields(c.not) {
			if pattern.MatchString(path) {
				t.Errorf("%s matches %s", c.glob, path)
			}
		}
	}
	for _, bad := range []string{"", strings.Repeat("a", maxGlob+1)} {
		if _, err := globPattern(bad); err == nil {
			t.Errorf("a pattern of %d bytes is accepted", len(bad))
		}
	}
}

// A scanned tree writes patterns. None may take long.
func TestGlobPatternIsLinear(t *testing.T) {
	pattern, err := globPattern(strings.Repeat("**a", 300))
	if err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	if pattern.MatchString(strings.Repeat("a", 299)) {
		t.Error("299 are no 300")
	}
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("it took %s", took)
	}
}

func TestMatchesAnything(t *testing.T) {
	for glob, want := range map[string]bool{"*": true, "**": true, "**/*": true, "**/*.*": true, "*/": true, "a*": false, "**/a/**": false} {
		if got := matchesAnything(glob); got != want {
			t.Errorf("%s: %t", glob, got)
		}
	}
}
