//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package fetch

import (
	"context"
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// TestTemporary: what runs left that were killed is removed, and nothing else.
func TestTemporary(t *testing.T) {
	parent := t.TempDir()
	t.Setenv("TMPDIR", parent)
	for _, name := range []string{"clones-17/x.git", "clones-mine", "clones-", "other-17", "clones-18", "clones-19", "elsewhere"} {
		if err := os.MkdirAll(filepath.Join(parent, name), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("elsewhere", filepath.Join(parent, "clones-20")); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(filepath.Join(parent, "clones-19"), 0o777); err != nil { // somebody else may have a use for it
		t.Fatal(err)
	}
	live, err := Hold(filepath.Join(parent, "clones-18"))
	if err != nil {
		t.Fatal(err)
	}
	defer live()
	first, release, err := Temporary("clones-")
	if err != nil {
		t.Fatal(err)
	}
	second, release2, err := Temporary("clones-")
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"clones-", "clones-18", "clones-19", "clones-20", "clones-mine", "elsewhere", filepath.Base(first), "other-17", filepath.Base(second)}
	checkNames(t, parent, want)
	release() // as the end of a process does
	third, release3, err := Temporary("clones-")
	if err != nil {
		t.Fatal(err)
	}
	want[6] = filepath.Base(third)
	checkNames(t, parent, want)
	release2()
	release3()
}

func checkNames(t *testing.T, dir string, want []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range entries {
		got = append(got, e.Name())
	}
	if want = slices.Sorted(slices.Values(want)); !slices.Equal(got, want) {
		t.Errorf("there is %q, want %q", got, want)
	}
}

// TestMirrorInUse: two runs do not write into one repository.
func TestMirrorInUse(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "m.git")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	release, err := Hold(dir)
	if err != nil {
		t.Fatal(err)
	}
	r := &Remote{base: &url.URL{}}
	if err := r.Mirror(context.Background(), dir); !errors.Is(err, ErrInUse) {
		t.Errorf("%v, want %v", err, ErrInUse)
	}
	release()
	if err := r.Mirror(context.Background(), dir); err != nil { // there are no refs
		t.Error(err)
	}
}
