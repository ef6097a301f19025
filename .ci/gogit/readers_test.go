// Package gogit compares the reader of package object with that of go-git, where this
// one is safe, with git itself as the judge.
package gogit

import (
	"bytes"
	"crypto/sha1"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/assayhq/assay/scan/object"
	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/format/packfile"
	"github.com/go-git/go-git/v5/storage/memory"
)

// A content is what an object holds.
type content struct {
	kind object.Type
	data []byte
}

// readWithGoGit returns the objects of a pack as go-git reads them.
func readWithGoGit(pack []byte) (all map[string]content, err error) {
	defer func() {
		if p := recover(); p != nil { // its own affair
			err = fmt.Errorf("%v", p)
		}
	}()
	store := memory.NewStorage()
	parser, err := packfile.NewParserWithStorage(packfile.NewScanner(bytes.NewReader(pack)), store)
	if err != nil {
		return nil, err
	}
	if _, err := parser.Parse(); err != nil {
		return nil, err
	}
	types := map[plumbing.ObjectType]object.Type{
		plumbing.CommitObject: object.Commit, plumbing.TreeObject: object.Tree, plumbing.BlobObject: object.Blob, plumbing.TagObject: object.Tag,
	}
	all = map[string]content{}
	for hash, o := range store.Objects {
		r, err := o.Reader()
		if err != nil {
			return nil, err
		}
		data, err := io.ReadAll(r)
		if err != nil {
			return nil, err
		}
		all[hash.String()] = content{types[o.Type()], data}
	}
	return all, nil
}

// readOwn returns the objects of a pack as this package reads them, without an index,
// and whether nothing is wrong with it.
func readOwn(t testing.TB, pack []byte) (map[string]content, bool) {
	t.Helper()
	dir := t.TempDir()
	packs := filepath.Join(dir, "objects", "pack")
	if err := os.MkdirAll(packs, 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(packs, "pack-1.pack"), pack, 0o666); err != nil {
		t.Fatal(err)
	}
	s, err := object.OpenWith(dir, object.Options{MaxSize: 1 << 20, MaxUnit: 1 << 24})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	all, good := map[string]content{}, true
	r := s.NewReader()
	for _, u := range s.Units() {
		for o, err := range r.Objects(u, func(object.Type) bool { return true }) {
			if err != nil {
				good = false
				continue
			}
			all[o.ID.String()] = content{o.Type, bytes.Clone(o.Data)}
		}
	}
	return all, good && len(s.Problems()) == 0
}

// compareReaders fails where both readers take a pack and read something else.
func compareReaders(t *testing.T, pack []byte) {
	t.Helper()
	theirs, err := readWithGoGit(pack)
	if err != nil {
		return
	}
	ours, good := readOwn(t, pack)
	for id, want := range theirs {
		got, ok := ours[id]
		if !ok && good {
			t.Errorf("%s is not read, and nothing is said", id)
		}
		if ok && (got.kind != want.kind || !bytes.Equal(got.data, want.data)) {
			t.Errorf("%s: %v of %d bytes, want %v of %d", id, got.kind, len(got.data), want.kind, len(want.data))
		}
	}
	if good && len(ours) > len(theirs) {
		t.Errorf("%d objects, go-git reads %d", len(ours), len(theirs))
	}
}

// FuzzAsGoGit compares this reader with that of go-git, from 5.19.3 on, which earlier
// ones could be made to panic. A pack is damaged and then given the checksum that it
// needs to be looked at.
func FuzzAsGoGit(f *testing.F) {
	pack, _ := somePack(f)
	f.Add(pack)
	f.Fuzz(func(t *testing.T, pack []byte) {
		if claimsMuch(pack) {
			return
		}
		compareReaders(t, sealed(pack))
	})
}

// claimsMuch reports whether a pack says that it holds more objects than it has bytes:
// go-git takes memory for them.
func claimsMuch(pack []byte) bool {
	return len(pack) < 32 || uint64(pack[8])<<24|uint64(pack[9])<<16|uint64(pack[10])<<8|uint64(pack[11]) > uint64(len(pack))
}

// Packs of random histories, whole and with a byte changed, are read as go-git and, where
// that refuses, as git reads them: what git unpacks is found.
func TestReadersAgree(t *testing.T) {
	pack, n := somePack(t)
	compareReaders(t, pack)
	theirs, err := readWithGoGit(pack)
	if err != nil || len(theirs) != n {
		t.Fatalf("go-git reads %d objects, git %d: %v", len(theirs), n, err)
	}
	rng := rand.New(rand.NewPCG(1, 2))
	rounds, judged := 60, 0
	if testing.Short() {
		rounds = 15
	}
	for round := range rounds {
		hurt := bytes.Clone(pack)
		hurt[12+rng.IntN(len(hurt)-32)] ^= 1 << rng.IntN(8)
		hurt = sealed(hurt)
		compareReaders(t, hurt)
		if round%10 == 0 {
			judged += judgeByGit(t, hurt)
		}
	}
	if judged == 0 {
		t.Error("git read nothing of any damaged pack")
	}
}

// judgeByGit lets git unpack what it can of a pack, and expects no less of the reader
// here. It returns how many objects git read.
func judgeByGit(t *testing.T, pack []byte) int {
	t.Helper()
	dir := newRepo(t)
	run(t, dir, pack, "unpack-objects", "-q", "-r") // fails where the pack is damaged, and keeps what it read
	out, err := run(t, dir, nil, "cat-file", "--batch-all-objects", "--batch-check=%(objectname) %(objecttype) %(objectsize)")
	if err != nil {
		t.Fatal(err)
	}
	ours, _ := readOwn(t, pack)
	n := 0
	for line := range strings.Lines(out) {
		var id, kind string
		var size int
		if _, err := fmt.Sscan(line, &id, &kind, &size); err != nil {
			t.Fatal(err)
		}
		n++
		if got, ok := ours[id]; !ok || got.kind.String() != kind || len(got.data) != size {
			t.Errorf("git reads %s, a %s of %d bytes; here it is %v of %d, read: %v", id, kind, size, got.kind, len(got.data), ok)
		}
	}
	return n
}

func newRepo(t testing.TB) string {
	t.Helper()
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("git is not installed")
	}
	dir := t.TempDir()
	if _, err := run(t, dir, nil, "init", "-q", "--bare", "-b", "main"); err != nil {
		t.Fatal(err)
	}
	return dir
}

func run(t testing.TB, dir string, stdin []byte, args ...string) (string, error) {
	t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir, cmd.Stdin = dir, bytes.NewReader(stdin)
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir, "GIT_DIR=" + dir, "GIT_CONFIG_GLOBAL=" + os.DevNull, "GIT_CONFIG_NOSYSTEM=1", "LC_ALL=C"}
	out, err := cmd.Output()
	return string(out), err
}

// somePack returns a pack with deltas of both kinds of objects that change in place, and
// how many objects it holds.
func somePack(t testing.TB) (pack []byte, objects int) {
	t.Helper()
	dir := newRepo(t)
	var s strings.Builder
	lines := make([]string, 100)
	for i := range lines {
		lines[i] = fmt.Sprintf("line %d: %x", i, i*i*7919)
	}
	for c := range 20 {
		lines[c*37%len(lines)] = fmt.Sprintf("changed in %d", c)
		text := strings.Join(lines, "\n")
		fmt.Fprintf(&s, "commit refs/heads/main\ncommitter C <c@example.org> %d +0000\ndata 1\nm\n", 1700000000+c)
		fmt.Fprintf(&s, "M 100644 inline dir/f%d\ndata %d\n%s\n", c%3, len(text), text)
	}
	s.WriteString("tag v1\nfrom refs/heads/main\ntagger T <t@example.org> 1700000000 +0200\ndata 3\ntag\n")
	for _, step := range [][]string{{"fast-import", "--quiet"}, {"-c", "pack.threads=1", "repack", "-q", "-a", "-d", "-f", "--depth=20"}} {
		if _, err := run(t, dir, []byte(s.String()), step...); err != nil {
			t.Fatal(err)
		}
	}
	out, err := run(t, dir, nil, "cat-file", "--batch-all-objects", "--batch-check=x")
	if err != nil {
		t.Fatal(err)
	}
	names, err := filepath.Glob(filepath.Join(dir, "objects", "pack", "*.pack"))
	if err != nil || len(names) != 1 {
		t.Fatalf("%d packs: %v", len(names), err)
	}
	if pack, err = os.ReadFile(names[0]); err != nil {
		t.Fatal(err)
	}
	return pack, strings.Count(out, "\n")
}

// sealed gives a pack the checksum at its end that it needs to be looked at.
func sealed(pack []byte) []byte {
	body := pack[:len(pack)-sha1.Size]
	sum := sha1.Sum(body)
	return append(bytes.Clone(body), sum[:]...)
}
