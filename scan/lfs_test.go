package scan

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// pointerTo returns the pointer that Git LFS commits in place of content, and
// where it keeps that.
func pointerTo(content string) (pointer, path string) {
	hash := fmt.Sprintf("%x", sha256.Sum256([]byte(content)))
	return fmt.Sprintf("version https://git-lfs.github.com/spec/v1\noid sha256:%s\nsize %d\n", hash, len(content)),
		".git/lfs/objects/" + hash[:2] + "/" + hash[2:4] + "/" + hash
}

// Content that Git LFS has not fetched is named once, in history or staged; what
// it has is examined.
func TestPointers(t *testing.T) {
	r := newRepo(t)
	here, path := pointerTo(token(t, 1))
	absent, _ := pointerTo("absent 1")
	staged, _ := pointerTo("absent two")
	r.commit("a", here, "b", absent)
	r.commit("b", "", "c", absent+"x-other 1\n")
	r.write("d", staged)
	r.git("add", "d")
	r.write(path, token(t, 1))
	got := r.all(Options{})
	got.noticed(t, "Git LFS", "the content of 2 file(s), 18 bytes")
	if len(got.notices) != 1 || !slices.Equal(got.places(), []string{path + ":1:1"}) {
		t.Errorf("found %v, notices %v", got.places(), got.notices)
	}
}

// A file of the right name and another size is not the content.
func TestPointerToPart(t *testing.T) {
	r := newRepo(t)
	pointer, path := pointerTo("the whole content")
	r.commit("a", pointer)
	r.write(path, "the whole con")
	r.all(Options{}).noticed(t, "Git LFS", "1 file(s)")
	r.write(path, "the whole content")
	r.all(Options{}).complete(t)
}

// A run that remembers objects asks again for content that was not there.
func TestPointersRemembered(t *testing.T) {
	r := newRepo(t)
	pointer, path := pointerTo("content")
	r.commit("a", pointer)
	file := filepath.Join(t.TempDir(), "state")
	scan := func() *record {
		h := r.open().History()
		h.Remember(NewState(file, "test"))
		return run(t, Options{}, h)
	}
	for range 2 {
		scan().noticed(t, "Git LFS", "1 file(s)")
	}
	r.write(path, "content")
	scan().complete(t)
}

func TestPointersOfModules(t *testing.T) {
	pointer, path := pointerTo("content")
	r := withModule(t, "a", func(m *repo) { m.commit("f", pointer) })
	r.write(path, "content") // this is the other repository's
	r.all(Options{}).noticed(t, ".git/modules/a: Git LFS", "1 file(s)")
}

func TestParsePointer(t *testing.T) {
	good, _ := pointerTo("content")
	for _, c := range []struct {
		name, text string
		want       bool
	}{
		{"good", good, true},
		{"CRLF", strings.ReplaceAll(good, "\n", "\r\n"), true},
		{"before 1.0", strings.Replace(good, "git-lfs.github.com", "hawser.github.com", 1), true},
		{"with extension", strings.Replace(good, "oid", "ext-0-x sha256:00\noid", 1), true},
		{"other version", strings.Replace(good, "v1", "v2", 1), false},
		{"no size", good[:strings.Index(good, "size")], false},
		{"size no number", strings.Replace(good, "size 7", "size x", 1), false},
		{"negative size", strings.Replace(good, "size 7", "size -7", 1), false},
		{"short hash", strings.Replace(good, "sha256:", "sha256:0", 1), false},
		{"path as hash", strings.Replace(good, "sha256:", "sha256:../../", 1), false},
		{"version later", "oid x\n" + good, false},
		{"empty", "", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, _, ok := parsePointer(c.text); ok != c.want {
				t.Errorf("a pointer: %t, want %t", ok, c.want)
			}
		})
	}
}

// What is no pointer costs next to nothing.
func BenchmarkNoPointer(b *testing.B) {
	var p pointers
	content := []byte(strings.Repeat("version of an ordinary text\n", 20))
	for b.Loop() {
		if p.lacks(content) {
			b.Fatal("taken for a pointer")
		}
	}
}

func FuzzPointer(f *testing.F) {
	good, _ := pointerTo("content")
	f.Add(good)
	p := pointers{common: filepath.Join(os.TempDir(), "no such folder")}
	f.Fuzz(func(t *testing.T, text string) {
		hash, size, ok := parsePointer(text)
		if ok && (len(hash) != 64 || size < 0 || strings.Trim(hash, "0123456789abcdef") != "") {
			t.Errorf("hash %q, size %d", hash, size)
		}
		if p.lacks([]byte(text)) && !ok {
			t.Error("lacks what is no pointer")
		}
	})
}

// Where the files of Git LFS are not examined for themselves, what is staged or
// brought is.
func TestPointersFollowed(t *testing.T) {
	r := newRepo(t)
	old, oldPath := pointerTo(token(t, 1))
	r.write(oldPath, token(t, 1))
	r.commit("kept", old, "other", "harmless")
	content := token(t, 1) + "\n" + token(t, 2)
	pointer, path := pointerTo(content)
	absent, _ := pointerTo("absent")
	r.write(path, content)
	r.write("kept", pointer)
	r.write("gone", absent)
	r.git("add", "kept", "gone")

	staged, err := r.open().Staged(StagedOptions{})
	if err != nil {
		t.Fatal(err)
	}
	got := run(t, Options{}, staged)
	got.noticed(t, "gone", "Git LFS keeps elsewhere")
	if want := []string{"kept:2:1"}; !slices.Equal(got.places(), want) || len(got.notices) != 1 {
		t.Errorf("staged: found %v, want %v; notices %v", got.places(), want, got.notices)
	}

	r.commit()
	brought, err := r.open().Range("HEAD~1..HEAD")
	if err != nil {
		t.Fatal(err)
	}
	got = run(t, Options{}, brought)
	got.noticed(t, "object", "Git LFS keeps elsewhere")
	if want := []string{"kept:2:1"}; !slices.Equal(got.places(), want) || len(got.notices) != 1 {
		t.Errorf("range: found %v, want %v; notices %v", got.places(), want, got.notices)
	}
}

// A symbolic link to content elsewhere is not followed.
func TestPointerBehindLink(t *testing.T) {
	r := newRepo(t)
	pointer, path := pointerTo("content")
	r.commit("a", pointer)
	r.write(path, "content")
	lfs, moved := filepath.Join(r.dir, ".git/lfs"), filepath.Join(t.TempDir(), "lfs")
	if err := errors.Join(os.Rename(lfs, moved), os.Symlink(moved, lfs)); err != nil {
		t.Fatal(err)
	}
	r.all(Options{}).noticed(t, "Git LFS", "1 file(s)")
	r.write("b", pointer+"\n")
	r.git("add", "b")
	s, err := r.open().Staged(StagedOptions{})
	if err != nil {
		t.Fatal(err)
	}
	run(t, Options{}, s).noticed(t, "b", "Git LFS keeps elsewhere")
}
