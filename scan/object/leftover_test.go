package object

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// list returns the files that match below the repository.
func (r repo) list(pattern string) []string {
	r.t.Helper()
	names, err := filepath.Glob(filepath.Join(r.dir, pattern))
	if err != nil {
		r.t.Fatal(err)
	}
	return names
}

// move renames a file or directory below the repository.
func (r repo) move(from, to string) {
	r.t.Helper()
	to = filepath.Join(r.dir, to)
	if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
		r.t.Fatal(err)
	}
	if err := os.Rename(from, to); err != nil {
		r.t.Fatal(err)
	}
}

// problemsWith counts the problems that hold a text.
func problemsWith(s *Store, text string) (n int) {
	for _, p := range s.Problems() {
		if strings.Contains(p.Err.Error(), text) {
			n++
		}
	}
	return n
}

// TestLeftoverPacks reads packs that never got a name or an index.
func TestLeftoverPacks(t *testing.T) {
	for _, format := range []string{"sha1", "sha256"} {
		r := newRepo(t, "--object-format="+format)
		r.fill(30)
		r.repack()
		want := r.objects()
		os.Remove(r.glob("objects/pack/*.idx"))
		r.move(r.glob("objects/pack/*.pack"), "objects/pack/tmp_pack_a1B2c3")
		path := r.glob("objects/pack/tmp_pack_*")
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		s := r.open(Options{})
		collect(t, s, true).same(t, want)
		noProblems(t, s)
		hash := s.HashSize()

		// Not yet counted, and cut before the trailer: nothing is lost.
		early := bytes.Clone(data[:len(data)-hash])
		clear(early[8:12])
		replace(t, path, early)
		s = r.open(Options{})
		collect(t, s, true).same(t, want)
		noProblems(t, s)

		// Cut within an entry: all before it is there.
		replace(t, path, data[:len(data)*3/4])
		s = r.open(Options{})
		got := collect(t, s, true)
		if len(got.objects) < len(want)/4 || len(got.objects) == len(want) || problemsWith(s, "cannot be read") == 0 {
			t.Errorf("%s: %d of %d objects, problems %v", format, len(got.objects), len(want), s.Problems())
		}
		replace(t, path, nil)
		s = r.open(Options{})
		collect(t, s, true).same(t, nil)
		noProblems(t, s)
	}
}

// TestLeftoverObjects reads loose objects that never got their name.
func TestLeftoverObjects(t *testing.T) {
	r := newRepo(t)
	r.fill(5)
	r.unpack()
	want := r.objects()
	for i, path := range r.list("objects/[0-9a-f][0-9a-f]/*") {
		dir := []string{filepath.Dir(path), filepath.Join(r.dir, "objects")}[i%2]
		if err := os.Rename(path, filepath.Join(dir, "tmp_obj_"+filepath.Base(path)[:6])); err != nil {
			t.Fatal(err)
		}
	}
	s := r.open(Options{})
	for hex, w := range want {
		id, _ := ParseID(hex)
		typ, data, err := s.Read(id)
		if err != nil || typ != w.Type || !bytes.Equal(data, w.Data) {
			t.Errorf("Read %v: %v, %v", id, typ, err)
		}
	}
	collect(t, s, true).same(t, want)
	noProblems(t, s)

	// The same object under its name as well: once. One that is cut: told.
	first := r.list("objects/*/tmp_obj_*")[0]
	data, err := os.ReadFile(first)
	if err != nil {
		t.Fatal(err)
	}
	put(t, r.dir, "objects/17/tmp_obj_twice", string(data))
	put(t, r.dir, "objects/17/tmp_obj_empty", "")
	put(t, r.dir, "objects/17/tmp_obj_cut", string(data[:len(data)-5]))
	s = r.open(Options{})
	collect(t, s, true).same(t, want)
	if p := s.Problems(); len(p) != 1 || !strings.HasSuffix(p[0].Subject, "tmp_obj_cut") || !errors.Is(p[0].Err, ErrDamaged) {
		t.Errorf("problems: %v", p)
	}
}

// TestQuarantine reads what was received and not yet let in.
func TestQuarantine(t *testing.T) {
	for _, name := range []string{"tmp_objdir-incoming-ab12CD", "incoming-ab12CD"} {
		for _, unpack := range []string{"packed", "loose"} {
			r := newRepo(t)
			r.fill(10)
			if unpack == "loose" {
				r.unpack()
			}
			want := r.objects()
			for _, dir := range r.list("objects/*") {
				if base := filepath.Base(dir); base != "info" {
					r.move(dir, "objects/"+name+"/"+base)
				}
			}
			s := r.open(Options{})
			collect(t, s, true).same(t, want)
			noProblems(t, s)
		}
	}
	r := newRepo(t)
	if err := os.Symlink(t.TempDir(), filepath.Join(r.dir, "objects", "incoming-link")); err != nil {
		t.Skip(err)
	}
	if s := r.open(Options{}); problemsWith(s, "symbolic link") != 1 {
		t.Errorf("problems: %v", s.Problems())
	}
}

// TestReceiving stops a push in its hook, while what came lies in quarantine.
func TestReceiving(t *testing.T) {
	r, to := newRepo(t), newRepo(t)
	r.fill(10)
	seen := filepath.Join(t.TempDir(), "seen")
	put(t, to.dir, "hooks/pre-receive", "#!/bin/sh\ncp -R \""+to.dir+"/objects\" \""+seen+"\"\n")
	if err := os.Chmod(filepath.Join(to.dir, "hooks/pre-receive"), 0o700); err != nil {
		t.Fatal(err)
	}
	r.run(nil, "push", "-q", to.dir, "main", "v1")
	copied := repo{t, filepath.Dir(seen)}
	copied.move(seen, "objects")
	s := copied.open(Options{})
	collect(t, s, true).same(t, to.objects())
	noProblems(t, s)
}

// TestPartialClone has git leave out blobs.
func TestPartialClone(t *testing.T) {
	r := newRepo(t)
	r.fill(10)
	r.run(nil, "config", "uploadpack.allowFilter", "true")
	dir := filepath.Join(t.TempDir(), "c.git")
	r.run(nil, "clone", "-q", "--bare", "--filter=blob:none", "file://"+r.dir, dir)
	c := repo{t, dir}
	s := c.open(Options{})
	got := collect(t, s, true)
	if len(got.damage) > 0 || len(got.objects) == 0 || len(got.objects) >= len(r.objects()) {
		t.Errorf("%d objects, damage %v", len(got.objects), got.damage)
	}
	want := `"git fetch --refetch --no-filter origin"`
	if p := s.Problems(); len(p) != 1 || !strings.Contains(p[0].Err.Error(), want) {
		t.Errorf("problems: %v", p)
	}
	// What the problem says to do fetches everything.
	c.run(nil, "fetch", "-q", "--refetch", "--no-filter", "origin")
	collect(t, c.open(Options{}), true).same(t, r.objects())

	// Without the config the packs still say it.
	if err := os.Remove(filepath.Join(dir, "config")); err != nil {
		t.Fatal(err)
	}
	if s := c.open(Options{}); len(s.Problems()) != 1 || problemsWith(s, "--no-filter REMOTE") != 1 {
		t.Errorf("problems: %v", s.Problems())
	}
}

// TestManyAlternates: a file of a megabyte names as many directories.
func TestManyAlternates(t *testing.T) {
	r := newRepo(t)
	var lines strings.Builder
	for i := range 2 * maxDirs {
		name := filepath.Join(r.dir, "objects", fmt.Sprintf("a%d", i))
		if err := os.Mkdir(name, 0o700); err != nil {
			t.Fatal(err)
		}
		fmt.Fprintln(&lines, name)
	}
	put(t, r.dir, "objects/info/alternates", lines.String())
	s := r.open(Options{})
	if len(s.dirs) != maxDirs || problemsWith(s, "object directories") != 1 {
		t.Errorf("%d directories, %d problems", len(s.dirs), len(s.Problems()))
	}
}

func TestRemoteAlternates(t *testing.T) {
	tests := []struct {
		file, content string
		problems      int
	}{
		{"alternates", "https://user:word@example.org/objects\n", 1},
		{"http-alternates", "https://user:word@example.org/objects\n", 1},
		{"http-alternates", "\n", 0},
	}
	for _, tt := range tests {
		r := newRepo(t)
		r.fill(2)
		want := r.objects()
		put(t, r.dir, "objects/info/"+tt.file, tt.content)
		s := r.open(Options{})
		collect(t, s, true).same(t, want)
		if len(s.Problems()) != tt.problems || problemsWith(s, "another host") != tt.problems || problemsWith(s, "word") != 0 {
			t.Errorf("%s: problems %v", tt.file, s.Problems())
		}
	}
}

// TestLinkedStore has symbolic links in several places. The one to the store
// itself is followed, as git does and as it follows alternates; one that puts
// the store together from parts is not, and told.
func TestLinkedStore(t *testing.T) {
	r := newRepo(t)
	r.fill(5)
	want := r.objects()
	links := map[string]int{"objects": 0, "objects/pack": 1}
	for name, problems := range links {
		away := filepath.Join(t.TempDir(), "away")
		path := filepath.Join(r.dir, filepath.FromSlash(name))
		if err := os.Rename(path, away); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(away, path); err != nil {
			t.Skip(err)
		}
		s := r.open(Options{})
		if got := collect(t, s, true); problems == 0 {
			got.same(t, want)
		}
		if len(s.Problems()) != problems {
			t.Errorf("%s: problems %v", name, s.Problems())
		}
		os.Remove(path)
		if err := os.Rename(away, path); err != nil {
			t.Fatal(err)
		}
	}
	dir := t.TempDir()
	if err := os.Symlink(filepath.Join(dir, "nowhere"), filepath.Join(dir, "objects")); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(dir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a link to nowhere: %v", err)
	}
}

// TestReftable has the files that git writes where refs lie in tables.
func TestReftable(t *testing.T) {
	r := newRepo(t)
	r.fill(3)
	want := r.objects()
	os.RemoveAll(filepath.Join(r.dir, "refs"))
	put(t, r.dir, "refs/heads", "this repository uses the reftable format\n")
	put(t, r.dir, "HEAD", "ref: refs/heads/.invalid\n")
	put(t, r.dir, "reftable/tables.list", "0x000000000001-0x000000000001-00000000.ref\n")
	put(t, r.dir, "config", "[core]\n\trepositoryformatversion = 1\n[extensions]\n\trefstorage = reftable\n")
	refs, problems := Refs(r.dir, r.dir)
	if len(refs) != 0 || len(problems) != 1 || !strings.Contains(problems[0].Err.Error(), "git refs migrate") {
		t.Errorf("refs %v, problems %v", refs, problems)
	}
	s := r.open(Options{})
	collect(t, s, true).same(t, want)
	noProblems(t, s)
}
