package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestRunTellsWrongUse(t *testing.T) {
	cache := t.TempDir()
	for _, test := range []struct {
		args []string
		code int
		says string
	}{
		{[]string{"--help"}, 0, ""},
		{[]string{"--cahce", "x"}, 2, "unknown flag"},
		{[]string{"run", "speed"}, 2, `no suite "speed"`},
		{[]string{"run", "folder", "--corpus", "linux"}, 2, `no corpus "linux"`},
		{[]string{"run", "accuracy"}, 2, "--creddata"},
		{[]string{"build", "linux"}, 2, `no corpus "linux"`},
		{[]string{"judge", "count", "no-such-file"}, 1, "no-such-file"},
	} {
		var out, errs strings.Builder
		code := run(t.Context(), append([]string{"--cache", cache}, test.args...), &out, &errs)
		if code != test.code || !strings.Contains(errs.String(), test.says) {
			t.Errorf("%v: exit %d, says %q, want exit %d and %q", test.args, code, errs.String(), test.code, test.says)
		}
		if lines := strings.Count(errs.String(), "\n"); lines > 1 {
			t.Errorf("%v: an error of %d lines", test.args, lines)
		}
	}
}

func TestHelpNamesAllCorporaAndSuites(t *testing.T) {
	var out, errs strings.Builder
	if code := run(t.Context(), []string{"--help"}, &out, &errs); code != 0 {
		t.Fatalf("exit %d: %s", code, errs.String())
	}
	for _, c := range corpora() {
		if !strings.Contains(out.String(), c.Name) {
			t.Errorf("the help does not name the corpus %s", c.Name)
		}
	}
	for _, s := range suites() {
		if !strings.Contains(out.String(), s.Name) {
			t.Errorf("the help does not name the suite %s", s.Name)
		}
	}
}

func TestHistoryIsLongEnough(t *testing.T) {
	versions := historyVersions()
	if len(versions) < 150 {
		t.Errorf("%d versions, want at least 150", len(versions))
	}
	seen := map[string]bool{}
	for _, v := range versions {
		if seen[v] || !strings.HasPrefix(v, "v0.") {
			t.Errorf("version %q is there twice or is none", v)
		}
		seen[v] = true
	}
}

func TestReadTree(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "a"), []byte("text"), 0o600); err != nil {
		t.Fatal(err)
	}
	var said strings.Builder
	if err := readTree(dir, &said); err != nil || said.String() != "" {
		t.Errorf("error %v, said %q", err, said.String())
	}
	if err := readTree(filepath.Join(dir, "none"), &said); err != nil || !strings.Contains(said.String(), "none") {
		t.Errorf("error %v, said %q of a folder that is not there", err, said.String())
	}
}

func TestLinkTree(t *testing.T) {
	from, to := t.TempDir(), filepath.Join(t.TempDir(), "copy")
	if err := os.MkdirAll(filepath.Join(from, "a", "b"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(from, "a", "b", "f"), []byte("text"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := linkTree(from, to); err != nil {
		t.Fatal(err)
	}
	if files, bytes, err := countFiles(to); files != 1 || bytes != 4 || err != nil {
		t.Errorf("%d files, %d bytes, %v", files, bytes, err)
	}
}

func TestPlantNote(t *testing.T) {
	plants := []plant{{Path: "a"}, {Path: "b"}, {Path: "c", Merge: true}}
	r := row{Tool: "x", last: scan{Spots: []spot{{Path: "/in/b"}, {Path: "b"}, {Path: "d"}}}}
	want := "planted credentials found by x: 1 of 2 from ordinary commits, 0 of 1 born in merges"
	if got := plantNote(place{Dir: "/in"}, plants, r); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
