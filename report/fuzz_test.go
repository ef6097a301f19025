package report

import (
	"bytes"
	"strings"
	"testing"
)

// FuzzKnown reads what other programs list as known. Whatever is taken names a path,
// and no error quotes the file, which may hold credentials.
func FuzzKnown(f *testing.F) {
	f.Add([]byte("# comment\na/b.txt:rule:3\n" + strings.Repeat("a", 40) + ":a:b.txt:rule:0\n"))
	f.Add([]byte(`[{"RuleID":"r","File":"a","Commit":"","Secret":"x","StartLine":1}]`))
	f.Add([]byte(`{"version":"1","plugins_used":[],"results":{"a":[{"type":"t","hashed_secret":"` + strings.Repeat("0", 40) + `","line_number":2,"is_secret":false}]}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		list, notes := ParseGitleaksIgnore(data)
		if lines := bytes.Count(data, []byte("\n")) + 1; len(list)+len(notes) > lines {
			t.Errorf("%d entries and %d notes of %d lines", len(list), len(notes), lines)
		}
		for _, k := range list {
			if k.Path == "" || k.Rule == "" || k.Line < 0 {
				t.Errorf("entry %+v", k)
			}
		}
		known, err := ParseGitleaksReport(data)
		if err == nil && KnownFormatOf(data) == KnownDetectSecrets {
			t.Errorf("%d findings of gitleaks in a baseline of detect-secrets", len(known))
		}
		if _, _, err := ParseSecretsBaseline(data); err == nil && KnownFormatOf(data) == KnownGitleaks {
			t.Error("a report of gitleaks was read as a baseline of detect-secrets")
		}
	})
}

// FuzzGlob compares patterns with a plain reading of what they mean.
func FuzzGlob(f *testing.F) {
	f.Add("a/**/b?.txt", "a/c/d/b1.txt")
	f.Add("**/", "a/b")
	f.Add("*[a](b)$", "x[a](b)$")
	f.Fuzz(func(t *testing.T, glob, path string) {
		re, err := globPattern(glob)
		if err != nil || len(glob) > 40 || len(path) > 40 || strings.Count(glob, "*") > 6 || !valid(glob, path) {
			return
		}
		if strings.HasSuffix(glob, "/") {
			glob += "**"
		}
		if got, want := re.MatchString(path), plainGlob([]rune(glob), []rune(path)); got != want {
			t.Errorf("%q matches %q: %v, want %v", glob, path, got, want)
		}
	})
}

func valid(texts ...string) bool {
	return strings.ToValidUTF8(strings.Join(texts, ""), "") == strings.Join(texts, "")
}

// plainGlob tries every way in which a pattern can be read.
func plainGlob(glob, path []rune) bool {
	begins := func(text string) bool { return strings.HasPrefix(string(glob), text) }
	some := func(rest []rune, most func(rune) bool) bool {
		for i := range len(path) + 1 {
			if plainGlob(rest, path[i:]) {
				return true
			}
			if i == len(path) || !most(path[i]) {
				return false
			}
		}
		return false
	}
	anything, inFolder := func(rune) bool { return true }, func(c rune) bool { return c != '/' }
	switch {
	case len(glob) == 0:
		return len(path) == 0
	case begins("**/"):
		for i := range path {
			if path[i] == '/' && plainGlob(glob[3:], path[i+1:]) {
				return true
			}
		}
		return plainGlob(glob[3:], path)
	case begins("**"):
		return some(glob[2:], anything)
	case begins("*"):
		return some(glob[1:], inFolder)
	case len(path) == 0:
		return false
	}
	return (glob[0] == '?' && path[0] != '/' || glob[0] != '?' && glob[0] == path[0]) && plainGlob(glob[1:], path[1:])
}
