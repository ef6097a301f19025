package scan

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// What is staged and not committed is reported under the path that the index has
// for it, once, whether it is in the working tree or not, and whether a tree that no
// commit has holds it too or not.
func TestIndexed(t *testing.T) {
	for i := range 4 {
		gone, written := i&1 != 0, i&2 != 0
		r := newRepo(t)
		r.commit("start", "harmless")
		r.write("dir/f", token(t, 1))
		r.git("add", "dir")
		if written {
			r.git("write-tree")
		}
		if gone {
			r.write("dir/f", "harmless")
		}
		got := r.all(Options{}).complete(t)
		if want := []string{"dir/f:1:1"}; !slices.Equal(got.places(), want) {
			t.Fatalf("found %v, want %v", got.places(), want)
		}
		at := got.findings[0].Occurrences[0]
		if !slices.Equal(at.Refs, []string{"index"}) || at.InWorktree == gone || at.AtHead {
			t.Errorf("%+v", at)
		}
		r.git("rm", "-q", "-f", "--cached", "dir/f")
		if at := r.all(Options{}).findings[0].Occurrences; len(at[0].Refs) > 0 {
			t.Errorf("not in the index any more: %+v", at)
		}
	}
}

// A linked working tree has an index of its own.
func TestIndexedElsewhere(t *testing.T) {
	r := newRepo(t)
	r.commit("start", "harmless")
	other := filepath.Join(t.TempDir(), "other")
	r.git("worktree", "add", "-q", other)
	if err := os.WriteFile(filepath.Join(other, "f"), []byte(token(t, 1)), 0o666); err != nil {
		t.Fatal(err)
	}
	r.git("-C", other, "add", "f")
	if got := r.all(Options{}).complete(t).places(); !slices.Equal(got, []string{"f:1:1"}) {
		t.Errorf("found %v", got)
	}
}

// Names in an index of version 4 are cut where they begin as the one before does.
func TestStagedNames(t *testing.T) {
	r := newRepo(t)
	name := token(t, 1)
	for _, n := range []string{name[:20] + "!", name} {
		r.write(n, "harmless")
		r.git("add", "--intent-to-add", "--", n)
	}
	r.git("update-index", "--index-version", "4")
	for _, n := range []string{name[:20] + "!", name} {
		if err := os.Remove(filepath.Join(r.dir, n)); err != nil {
			t.Fatal(err)
		}
	}
	if got := r.all(Options{}).complete(t).places(); !slices.Equal(got, []string{".git/index:2:1"}) {
		t.Errorf("found %v", got)
	}
	// One that cannot be read is named.
	index := filepath.Join(r.dir, ".git/index")
	data, err := os.ReadFile(index)
	if err != nil {
		t.Fatal(err)
	}
	data[len(data)-1] ^= 1
	if err := os.WriteFile(index, data, 0o666); err != nil {
		t.Fatal(err)
	}
	r.all(Options{}).noticed(t, ".git/index", "")
}
