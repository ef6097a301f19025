package scan

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

// A snapshot is of its commit, whatever the tree holds, and follows no link.
func TestSnapshot(t *testing.T) {
	r := newRepo(t)
	r.write("a.txt", "old")
	r.write("sub/b.txt", "below")
	if err := os.Symlink("a.txt", filepath.Join(r.dir, "link")); err != nil {
		t.Skip(err)
	}
	r.git("add", ".")
	r.git("commit", "-q", "-m", "first")
	id := r.git("rev-parse", "HEAD")
	r.commit("a.txt", "new", "sub/b.txt", "")
	r.git("gc", "-q")
	for _, revision := range []string{id, id[:9], "HEAD~1", "main^"} {
		s, err := OpenSnapshot(filepath.Join(r.dir), revision)
		if err != nil {
			t.Fatal(err)
		}
		for name, want := range map[string]string{"a.txt": "old", "sub/b.txt": "below", "./sub/../a.txt": "old"} {
			if got, err := s.ReadFile(name, 10); err != nil || string(got) != want {
				t.Errorf("%s:%s is %q, %v", revision, name, got, err)
			}
		}
		for name, want := range map[string]error{"c.txt": fs.ErrNotExist, "a.txt/b": fs.ErrNotExist, "link/b": fs.ErrNotExist, "../a.txt": fs.ErrNotExist, "link": errNoFile, "sub": errNoFile} {
			if _, err := s.ReadFile(name, 10); !errors.Is(err, want) {
				t.Errorf("%s:%s: %v, want %v", revision, name, err, want)
			}
		}
		if _, err := s.ReadFile("a.txt", 2); err == nil {
			t.Error("a file beyond the limit is read")
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestSnapshotOf(t *testing.T) {
	r := newRepo(t)
	r.commit("sub/b.txt", "below")
	r.write("sub/deep/c.txt", "not committed")
	for folder, want := range map[string]string{".": ".", "sub": "sub", "sub/deep": "sub/deep", ".git": "."} {
		s, err := OpenSnapshot(filepath.Join(r.dir, folder), "HEAD")
		if err != nil {
			t.Fatal(err)
		}
		if s.Folder != want {
			t.Errorf("%s is %q in the commit, want %q", folder, s.Folder, want)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
	if _, err := OpenSnapshot(r.dir, "nowhere"); err == nil {
		t.Error("a revision that is not there is opened")
	}
	if _, err := OpenSnapshot(t.TempDir(), "HEAD"); !errors.Is(err, ErrNoRepository) {
		t.Errorf("outside a repository: %v", err)
	}
}
