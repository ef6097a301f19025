package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spf13/pflag"

	"github.com/assayhq/assay/report"
	"github.com/assayhq/assay/rules"
	"github.com/assayhq/assay/scan"
)

func emptyRepository(t *testing.T, dir string) {
	t.Helper()
	for _, sub := range []string{"objects", "refs"} {
		if err := os.MkdirAll(filepath.Join(dir, sub), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "HEAD"), []byte("ref: refs/heads/main\n"), 0o600); err != nil {
		t.Fatal(err)
	}
}

func namesOf(places []place) (names []string) {
	for _, p := range places {
		names = append(names, p.name)
	}
	return names
}

// TestPlaces: each repository is there once, under a name that is its own.
func TestPlaces(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, dir := range []string{"a/api.git", "b/api.git", "a/web/.git", "a/web/deep/inner.git", "other.git"} {
		emptyRepository(t, dir)
	}
	if err := os.Symlink("../other.git", "a/link"); err != nil {
		t.Fatal(err)
	}
	list := "\ufeff# what we have\n\na/web\n./a/web/\nother.git\nhttps://git.example/team/lib.git\nhttps://git.example/team/lib\n  https://me@git.example/gone  \n"
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	full := strings.TrimPrefix(filepath.ToSlash(resolved(here)), "/")
	mask := func(s string) string { return strings.ReplaceAll(s, "gone", "<4 characters>") }
	for _, c := range []struct {
		name  string
		many  manyFlags
		paths []string
		want  []string
	}{
		{"folder", manyFlags{folders: []string{"a"}}, nil, []string{"api.git", "web"}},
		{"same names", manyFlags{folders: []string{"a", "b"}}, nil, []string{full + "/a/api.git", "web", full + "/b/api.git"}},
		{"list", manyFlags{lists: []string{"-"}}, nil, []string{"a/web", "other.git", "git.example/team/lib", "git.example/<4 characters>"}},
		{"again", manyFlags{folders: []string{"."}, urls: []string{"file://" + filepath.ToSlash(here) + "/other.git"}}, []string{"a/web"},
			[]string{"a/web", "a/api.git", "b/api.git", "other.git"}},
		{"outside", manyFlags{}, []string{"../" + filepath.Base(here) + "/other.git", "a/api.git"}, []string{filepath.Base(here) + "/other.git", "a/api.git"}},
		{"escapes", manyFlags{urls: []string{"https://git.example/a/b", "https://git.example/a%2Fb", "https://git.example/a/b.git/"}}, nil,
			[]string{"https/git.example/a/b", "https/git.example/a/b-2"}},
		{"schemes", manyFlags{urls: []string{"http://git.example:8080/x", "https://git.example:8080/x"}}, nil, []string{"http/git.example:8080/x", "https/git.example:8080/x"}},
	} {
		a := &app{stdin: strings.NewReader(list)}
		places, err := a.places(&scanFlags{many: c.many}, c.paths, mask)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
		} else if got := namesOf(places); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

// TestUnreadableFolder: what could not be looked into is not called "no repository".
func TestUnreadableFolder(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "closed"), 0o300); err != nil {
		t.Fatal(err)
	}
	if _, err := os.ReadDir(filepath.Join(dir, "closed")); err == nil {
		t.Skip("this user may read everything")
	}
	places, err := (&app{}).places(&scanFlags{many: manyFlags{folders: []string{dir}}}, nil, strings.Clone)
	if err != nil || len(places) != 1 || !errors.Is(places[0].err, os.ErrPermission) {
		t.Errorf("%+v, %v", places, err)
	}
}

// TestOnce: whatever the order, one working tree has the objects that several share.
func TestOnce(t *testing.T) {
	main := place{path: "m", is: scan.Identity{Common: "/m/.git", Worktree: "/m"}}
	inside := place{path: "m/.git", is: scan.Identity{Common: "/m/.git"}}
	linked := place{path: "l", is: scan.Identity{Common: "/m/.git", Worktree: "/l", Linked: true}}
	other := place{path: "k", is: scan.Identity{Common: "/m/.git", Worktree: "/k", Linked: true}}
	for _, c := range []struct {
		all  []place
		want []string
	}{
		{[]place{main, inside, linked, other, main}, []string{"m", "l files", "k files"}},
		{[]place{other, linked, inside, main}, []string{"k files", "l files", "m"}},
		{[]place{linked, other, linked}, []string{"l files", "k"}},
		{[]place{inside, linked}, []string{"m/.git", "l files"}},
	} {
		var got []string
		for _, p := range once(c.all) {
			if p.files {
				p.path += " files"
			}
			got = append(got, p.path)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}

// TestAway: a URL that is refused is refused without being quoted.
func TestAway(t *testing.T) {
	for _, text := range []string{
		"https://me:s3cret@git.example/x", "ssh://s3cret@git.example/x", "https://git.example/x?token=s3cret", "https://git.example/x#s3cret",
		"https://git.example/", "https://s3cret", "file://s3cret/x", "http://[s3cret/x", "ext::s3cret", "git://s3cret/x", "--upload-pack=s3cret://x",
	} {
		if _, err := away(text); err == nil || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// TestAuthorize: a token is for one host, or for those that somebody names.
func TestAuthorize(t *testing.T) {
	for _, c := range []struct {
		token, named string
		hosts, want  []string
		refused      bool
	}{
		{"t", "", []string{"a.example"}, []string{"a.example"}, false},
		{"t", "", []string{"a.example", "b.example"}, nil, true},
		{"t", "b.example, c.example", []string{"a.example", "b.example"}, []string{"b.example", "c.example"}, false},
		{"", "", []string{"a.example", "b.example"}, nil, false},
	} {
		var k clones
		err := k.authorize(func(name string) string {
			return map[string]string{"ASSAY_GIT_TOKEN": c.token, "ASSAY_GIT_HOST": c.named}[name]
		}, c.hosts)
		if c.refused != (err != nil) || err == nil && !slices.Equal(k.hosts, c.want) {
			t.Errorf("%+v: hosts %q, %v", c, k.hosts, err)
		}
	}
}

// TestTokenOfShards: a shard in which one host is left does not give it the token of
// another.
func TestTokenOfShards(t *testing.T) {
	list := "https://127.0.0.1:1/a\nhttps://127.0.0.1:1/b\nhttps://127.0.0.1:2/c\nhttps://127.0.0.1:2/d\n"
	for i := 1; i <= 9; i++ {
		var said bytes.Buffer
		getenv := func(name string) string { return map[string]string{"ASSAY_GIT_TOKEN": "t"}[name] }
		a := &app{stdin: strings.NewReader(list), stdout: io.Discard, stderr: &said, getenv: getenv, environ: func() []string { return nil }, now: time.Now}
		exit := a.run(t.Context(), []string{"scan", "--repos", "-", "--shard", fmt.Sprintf("%d/9", i)})
		if exit != exitUsage || !strings.Contains(said.String(), "several hosts") {
			t.Errorf("shard %d: exit %d: %s", i, exit, said.String())
		}
	}
}

// TestIdentity: parts are not taken over of a run whose rules found something else, also
// where a report says the same of them.
func TestIdentity(t *testing.T) {
	identity := func(pattern string) string {
		rule := rules.Rule{Rule: report.Rule{ID: "a", Title: "A", Text: "A.", Remedy: "A."}, Pattern: pattern}
		set, err := rules.Compile([]rules.Rule{rule})
		if err != nil {
			t.Fatal(err)
		}
		m := &manyScan{flags: &scanFlags{}, job: &scanJob{config: &config{}, set: set}, own: &suppressions{}}
		m.run = m.describe([]string{"a", "b"})
		return m.identity(pflag.NewFlagSet("", pflag.ContinueOnError), false)
	}
	first, again := identity("key-[a-f]{16}"), identity("key-[a-f]{16}")
	if first != again {
		t.Error("the same rules are not the same")
	}
	if first == identity("key-[a-f]{12}") {
		t.Error("other rules are the same")
	}
}

// TestListTooLong: the end of a list is not lost in silence.
func TestListTooLong(t *testing.T) {
	a := &app{stdin: strings.NewReader(strings.Repeat("# as long as a line may be\n", maxList/27+1))}
	if _, err := a.readList("-"); err == nil || !strings.Contains(err.Error(), "more than") {
		t.Errorf("a list over the bound: %v", err)
	}
}
