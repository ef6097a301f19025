package scan

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestPatterns(t *testing.T) {
	for _, c := range []struct {
		patterns, path string
		folder, want   bool
	}{
		{"a", "a", false, true},
		{"a", "b/a", false, true},
		{"a", "a/b/c", false, true},
		{"/a", "b/a", false, false},
		{"b/a", "c/b/a", false, false},
		{"a/", "a", false, false},
		{"a/", "a", true, true},
		{"a/", "a/b", false, true},
		{"*.pem\n!own.pem", "x/own.pem", false, false},
		{"!own.pem\n*.pem", "x/own.pem", false, true},
		{"out\n!out/kept", "out/kept", false, true},
		{"a/**", "a", true, false},
		{"a/**", "a/b", false, true},
		{"**/a", "a", false, true},
		{"**/a/b", "c/d/a/b", false, true},
		{"a/**/b", "a/b", false, true},
		{"a/**/b", "a/c/d/b", false, true},
		{"a/**/b/*", "a/b/x/b/c", false, true},
		{"a**c", "abbc", false, true},
		{"a*/b", "a/c/b", false, false},
		{"# a", "# a", false, false},
		{`\#a`, "#a", false, true},
		{`\!a`, "!a", false, true},
		{"a  ", "a", false, true},
		{`a\ `, "a ", false, true},
		{"a\r\nb\r\n", "b", false, true},
		{"\ufeffa", "a", false, true},
		{"", "a", false, false},
		{"/", "a", true, false},
		{"!", "a", false, false},
		{"[]a]", "]", false, true},
		{"[!a-c]", "b", false, false},
		{"[^a-c]", "d", false, true},
		{"[a", "a", false, false},
		{"[a", "[a", false, false},
		{"[[:digit:][:upper:]]", "7", false, true},
		{"[[:odd:]]", "o", false, false},
		{`[\]]`, "]", false, true},
		{"[a-]", "-", false, true},
		{`a\`, "a", false, false},
		{`a\/b`, "a/b", false, true},
		{"a[/b]/c", "ab/c", false, true},
		{"??", "ä", false, true},
		{strings.Repeat("*a", 40) + "b", strings.Repeat("a", 200), false, false}, // in no time
	} {
		if got := ParsePatterns(c.patterns, "").Match(c.path, c.folder); got != c.want {
			t.Errorf("%q ignores %q, a folder %v: %v", c.patterns, c.path, c.folder, got)
		}
	}
}

// Patterns ignore what Git ignores.
func TestPatternsGit(t *testing.T) {
	r := newRepo(t)
	name := rapid.StringOfN(rapid.SampledFrom([]rune("ab.-A1")), 1, 3, -1)
	part := rapid.OneOf(name, rapid.StringOfN(rapid.SampledFrom([]rune(`ab.*?[]!^-\1A`)), 1, 5, -1),
		rapid.SampledFrom([]string{"**", "*", "a*", "*.b", "[a-b]", "[!a]", "[[:alpha:]]*", "[[:digit:]]"}))
	line := rapid.Custom(func(t *rapid.T) string {
		return rapid.SampledFrom([]string{"", "", "!", "/", "#"}).Draw(t, "mark") +
			strings.Join(rapid.SliceOfN(part, 1, 3).Draw(t, "parts"), "/") + rapid.SampledFrom([]string{"", "", "/", " "}).Draw(t, "end")
	})
	rapid.Check(t, func(t *rapid.T) {
		path := strings.Join(rapid.SliceOfN(name, 1, 4).Draw(t, "path"), "/")
		if strings.Contains("/"+path+"/", "/./") || strings.Contains("/"+path+"/", "/../") {
			t.Skip("no path of a repository")
		}
		root := strings.Join(rapid.SliceOfN(line, 1, 3).Draw(t, "lines"), "\n")
		inner := strings.Join(rapid.SliceOfN(line, 0, 2).Draw(t, "inner"), "\n")
		folder, _, deep := strings.Cut(path, "/")
		all := ParsePatterns(root, "")
		write(t, filepath.Join(r.dir, ".gitignore"), root)
		if deep {
			all = append(all, ParsePatterns(inner, folder)...)
			write(t, filepath.Join(r.dir, folder, ".gitignore"), inner)
			defer os.RemoveAll(filepath.Join(r.dir, folder))
		}
		pattern := checkIgnore(t, r, path)
		want := pattern != "" && !strings.HasPrefix(pattern, "!")
		if got := all.Match(path, false); got != want {
			t.Errorf("%q and %q ignore %q: %v, and Git says %v", root, inner, path, got, want)
		}
	})
}

// checkIgnore returns the pattern that decides about a path, as Git sees it.
func checkIgnore(t *rapid.T, r *repo, path string) string {
	cmd := exec.Command("git", "check-ignore", "--no-index", "-z", "-v", "-n", "--stdin")
	cmd.Dir, cmd.Env, cmd.Stdin = r.dir, r.env, strings.NewReader(path+"\x00")
	out, _ := cmd.Output() // it fails where nothing is ignored
	fields := strings.Split(string(out), "\x00")
	if len(fields) != 5 {
		t.Fatalf("git check-ignore: %q", out)
	}
	return fields[2]
}

func write(t *rapid.T, file, text string) {
	if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
}
