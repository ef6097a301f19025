package main

import (
	"archive/tar"
	"compress/gzip"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestJudgedTrees(t *testing.T) {
	groups, origins := map[judged]int{}, map[string]bool{}
	form := regexp.MustCompile(`^((npm|deb):[a-z0-9@/.+-]+|[a-zA-Z0-9./-]+)@[^@]+$`)
	for _, c := range judgedTrees() {
		groups[c.Judged]++
		if origins[c.Origin] || !form.MatchString(c.Origin) || !c.OnRequest {
			t.Errorf("%s: origin %q", c.Name, c.Origin)
		}
		origins[c.Origin] = true
	}
	if groups[deciding] < 10 || groups[tuning] < 10 || groups[notJudged] != 0 {
		t.Errorf("%d trees decide, %d are for tuning, %d neither; want 10 of each at least", groups[deciding], groups[tuning], groups[notJudged])
	}
}

func TestTreesNamed(t *testing.T) {
	unasked, err := treesNamed(nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range unasked {
		if c.Judged != deciding {
			t.Errorf("%s is judged unasked", c.Name)
		}
	}
	named, err := treesNamed([]string{"vault", "kubernetes"})
	if err != nil || len(named) != 2 {
		t.Errorf("%d trees, error %v", len(named), err)
	}
	if _, err := treesNamed([]string{"linux"}); err == nil {
		t.Error("a tree that is not there is found")
	}
}

func TestTreeVersionNamesTheCache(t *testing.T) {
	c := debianTree("x", "xsource", "1:2.0-1", tuning, "")
	if got, want := (&bench{}).version(c), "deb_xsource@1_2.0-1"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestUnpackAll(t *testing.T) {
	if _, err := exec.LookPath("tar"); err != nil {
		t.Skip("tar is not installed")
	}
	work, dir := t.TempDir(), filepath.Join(t.TempDir(), "tree")
	if err := unpackAll(t.Context(), filepath.Join(work, "*.tgz"), dir); err == nil {
		t.Error("nothing was fetched, and that is no error")
	}
	writeArchive(t, filepath.Join(work, "p-1.tgz"), "package/lib/a.js", "text")
	if err := os.WriteFile(filepath.Join(work, "p-1.tgz.asc"), []byte("no archive"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := unpackAll(t.Context(), filepath.Join(work, "*.tgz*"), dir); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(filepath.Join(dir, "lib", "a.js")); string(got) != "text" {
		t.Errorf("got %q, error %v", got, err)
	}
}

func writeArchive(t *testing.T, file, name, text string) {
	t.Helper()
	f, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z := gzip.NewWriter(f)
	w := tar.NewWriter(z)
	if err := w.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: int64(len(text))}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestLoudOf(t *testing.T) {
	ours := scan{Spots: []spot{{Finding: 0}, {Finding: 0}, {Finding: 1}}}
	theirs := scan{Spots: []spot{{Finding: 0, Rule: "r", Secret: "a"}, {Finding: 1, Rule: "r", Secret: "a"}, {Finding: 2, Rule: "q", Secret: "a"}}}
	for _, s := range []scan{ours, theirs} {
		if diff := cmp.Diff(loud{Findings: 2, Places: 3}, loudOf(s)); diff != "" {
			t.Error(diff)
		}
	}
}

func TestTreeTableSumsUp(t *testing.T) {
	if treeTable(nil) != nil {
		t.Error("a table of nothing")
	}
	var out strings.Builder
	err := treeTable([]treeScore{
		{Tree: "a", Files: 1000, Ours: loud{1, 5}, Gitleaks: loud{4, 4}},
		{Tree: "b", Files: 3000, Ours: loud{5, 5}, Gitleaks: loud{8, 8}},
	}).write(&out)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	want := "all 4000 6 1.5 12 3.0 10 2.5 12 3.0"
	if got := strings.Join(strings.Fields(lines[len(lines)-1]), " "); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
