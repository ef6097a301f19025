package object

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

// glob returns the one file that matches below the repository.
func (r repo) glob(pattern string) string {
	r.t.Helper()
	names, _ := filepath.Glob(filepath.Join(r.dir, pattern))
	if len(names) != 1 {
		r.t.Fatalf("%s: %d files", pattern, len(names))
	}
	return names[0]
}

func (r repo) repack(args ...string) {
	r.t.Helper()
	r.run(nil, append([]string{"-c", "pack.threads=1", "repack", "-q", "-a", "-d", "-f", "--depth=20", "--window=20"}, args...)...)
}

// unpack turns all packs into loose objects.
func (r repo) unpack() {
	r.t.Helper()
	packs, _ := filepath.Glob(filepath.Join(r.dir, "objects/pack/*.pack"))
	for _, p := range packs {
		data, err := os.ReadFile(p)
		if err != nil {
			r.t.Fatal(err)
		}
		os.Remove(p)
		os.Remove(strings.TrimSuffix(p, ".pack") + ".idx")
		r.run(bytes.NewReader(data), "unpack-objects", "-q")
	}
}

// TestStores compares what this package reads with what git reads.
func TestStores(t *testing.T) {
	tests := []struct {
		name  string
		args  []string // of git init
		build func(r repo)
	}{
		{"empty", nil, func(r repo) {}},
		{"as imported", nil, func(r repo) { r.fill(60) }},
		{"offset deltas", nil, func(r repo) { r.fill(60); r.repack() }},
		{"reference deltas", nil, func(r repo) {
			r.fill(60)
			r.run(nil, "-c", "repack.useDeltaBaseOffset=false", "repack", "-q", "-a", "-d", "-f")
		}},
		{"loose", nil, func(r repo) { r.fill(60); r.unpack() }},
		{"index of version 1", nil, func(r repo) {
			r.fill(60)
			r.repack()
			os.Remove(r.glob("objects/pack/*.idx"))
			r.run(nil, "index-pack", "--index-version=1", r.glob("objects/pack/*.pack"))
		}},
		{"64-bit offsets", nil, func(r repo) {
			r.fill(60)
			r.repack()
			os.Remove(r.glob("objects/pack/*.idx"))
			r.run(nil, "index-pack", "--index-version=2,0x40", r.glob("objects/pack/*.pack"))
		}},
		{"copies over packs and loose", nil, func(r repo) {
			r.fill(40)
			r.repack()
			r.fill(60)
			packs, _ := filepath.Glob(filepath.Join(r.dir, "objects/pack/*.pack"))
			for i, path := range packs {
				pack, _ := os.ReadFile(path)
				away := path + ".away"
				if i == 0 { // else git finds that it has the objects
					os.Rename(path, away)
					r.run(bytes.NewReader(pack), "unpack-objects", "-q")
					os.Rename(away, path)
				}
			}
			r.run(strings.NewReader("refs/heads/main\n"), "pack-objects", "-q", "--revs", r.dir+"/objects/pack/pack")
		}},
		{"sha256", []string{"--object-format=sha256"}, func(r repo) { r.fill(60); r.repack() }},
		{"sha256 loose", []string{"--object-format=sha256"}, func(r repo) { r.fill(20); r.unpack() }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := newRepo(t, tt.args...)
			tt.build(r)
			want := r.objects()
			for _, opts := range both {
				s := r.open(opts)
				for _, p := range s.packs {
					if opts.unmapped && p.content.data != nil {
						t.Error("the pack is mapped all the same")
					}
				}
				collect(t, s, true).same(t, want)
				collect(t, s, false).same(t, want)
				noProblems(t, s)
				checkAccess(t, s, want)
			}
		})
	}
}

// both ways in which files are read.
var both = []Options{{}, {unmapped: true}}

// checkAccess compares random access with what is wanted.
func checkAccess(t *testing.T, s *Store, want map[string]Object) {
	t.Helper()
	for hex, w := range want {
		id, err := ParseID(hex)
		if err != nil {
			t.Fatal(err)
		}
		typ, data, err := s.Read(id)
		if err != nil || typ != w.Type || !bytes.Equal(data, w.Data) {
			t.Errorf("Read %v: %v %v", id, typ, err)
		}
		if ids := s.Prefix(hex[:12]); len(ids) != 1 || ids[0] != id {
			t.Errorf("Prefix %s: %v", hex[:12], ids)
		}
	}
}

func TestWantSelectsTypes(t *testing.T) {
	r := newRepo(t)
	r.fill(30)
	packed := r.objects()
	r.repack()
	for _, loose := range []string{"packed", "loose"} {
		if loose == "loose" {
			r.unpack()
		}
		s := r.open(Options{})
		for _, typ := range []Type{Commit, Tree, Blob, Tag} {
			want, got := 0, 0
			for _, o := range packed {
				if o.Type == typ {
					want++
				}
			}
			reader := s.NewReader()
			for _, u := range s.Units() {
				if !u.Has(typ) {
					continue
				}
				for o, err := range reader.Objects(u, func(t Type) bool { return t == typ }) {
					if err != nil || o.Type != typ {
						t.Fatalf("%v, %v", o.Type, err)
					}
					got++
				}
			}
			if got != want {
				t.Errorf("%s: %d objects of type %v, want %d", loose, got, typ, want)
			}
		}
	}
}

// TestPackWithoutIndex reads packs front to back.
func TestPackWithoutIndex(t *testing.T) {
	for _, offsets := range []string{"true", "false"} {
		r := newRepo(t)
		r.fill(50)
		r.run(nil, "-c", "repack.useDeltaBaseOffset="+offsets, "repack", "-q", "-a", "-d", "-f", "--depth=9")
		want := r.objects()
		idx := r.glob("objects/pack/*.idx")
		os.Remove(idx)
		for _, opts := range both {
			s := r.open(opts)
			collect(t, s, true).same(t, want)
			if p := s.Problems(); len(p) != 1 || !errors.Is(p[0].Err, os.ErrNotExist) {
				t.Errorf("problems: %v", p)
			}
		}
	}
}

// TestThinPack keeps a pack whose bases lie in another one, or loose.
func TestThinPack(t *testing.T) {
	for _, bases := range []string{"packed", "loose"} {
		r := newRepo(t)
		r.fill(20)
		old := strings.TrimSpace(string(r.run(nil, "rev-parse", "main")))
		r.repack()
		first := r.glob("objects/pack/*.pack")
		r.fill(40)
		thin := r.run(strings.NewReader("refs/heads/main\nrefs/tags/v1\n^"+old+"\n"), "pack-objects", "-q", "--thin", "--revs", "--stdout", "--no-reuse-delta")
		want := r.objects()
		names, _ := filepath.Glob(filepath.Join(r.dir, "objects/pack/*"))
		for _, name := range names {
			if !strings.HasPrefix(name, strings.TrimSuffix(first, ".pack")) {
				os.Remove(name)
			}
		}
		if bases == "loose" {
			r.unpack()
		}
		path := filepath.Join(r.dir, "objects/pack/pack-thin.pack")
		if err := os.WriteFile(path, thin, 0o600); err != nil {
			t.Fatal(err)
		}
		for _, opts := range both {
			collect(t, r.open(opts), true).same(t, want)
		}
	}
}

// TestPacksOnOneAnother has thin packs without an index whose bases lie in
// each other, and chains that change over between them many times.
func TestPacksOnOneAnother(t *testing.T) {
	for _, format := range []string{"sha1", "sha256"} {
		for _, opts := range both {
			r := newRepo(t, "--object-format="+format)
			opts.HashSize = len(r.open(Options{}).Hash(Blob, nil).Bytes())
			for _, first := range []string{"packed", "loose"} {
				want := crossed(t, r, opts.HashSize, first, 20)
				s := r.open(opts)
				collect(t, s, true).same(t, want)
				if len(s.Problems()) != 2 || problemsWith(s, "pack-") != 2 { // the indexes are missing
					t.Errorf("%s, first %s: problems %v", format, first, s.Problems())
				}
				checkAccess(t, s, want)
			}
		}
	}
}

// TestPacksWithoutEnd has more changes between packs than are followed: what is
// not named is told.
func TestPacksWithoutEnd(t *testing.T) {
	r := newRepo(t)
	want := crossed(t, r, 20, "packed", 4*maxRounds)
	s := r.open(Options{})
	got := collect(t, s, false)
	if len(got.objects) < maxRounds || len(got.objects) >= len(want) || len(s.Problems()) < 3 {
		t.Errorf("%d of %d objects, %d problems", len(got.objects), len(want), len(s.Problems()))
	}
}

// crossed writes two packs without an index. Each object but the first is built
// on the one before, which lies in the other pack. The first may be loose.
func crossed(t *testing.T, r repo, hashSize int, first string, n int) map[string]Object {
	hash := func(data []byte) ID { return hashWith(newHash(hashSize), Blob, data) }
	packs := [2]*handPack{{hashSize: hashSize}, {hashSize: hashSize}}
	want := make(map[string]Object)
	content := []byte("first of a chain")
	if first == "loose" {
		src, end := deflated(t, append([]byte("blob 16\x00"), content...), 6)
		name := hash(content).String()
		put(t, r.dir, "objects/"+name[:2]+"/"+name[2:], string(src[:end]))
	} else {
		packs[0].add(hash(content), byte(Blob), nil, content)
	}
	for i := range n {
		base := content
		content = fmt.Appendf(nil, "%06d", i)
		content = append(content, base[:10]...)
		delta := append([]byte{byte(len(base)), byte(len(content)), 6}, content[:6]...)
		delta = append(delta, 0x90, 10)
		want[hash(base).String()] = Object{Type: Blob, Data: base}
		packs[1-i%2].add(hash(content), kindRef, hash(base).Bytes(), delta)
	}
	want[hash(content).String()] = Object{Type: Blob, Data: content}
	for i, p := range packs {
		replace(t, filepath.Join(r.dir, fmt.Sprintf("objects/pack/pack-%d.pack", i)), p.sealed())
	}
	return want
}

func TestAlternates(t *testing.T) {
	a, b, c := newRepo(t), newRepo(t), newRepo(t)
	a.fill(10)
	b.fill(25)
	b.unpack()
	rel, err := filepath.Rel(filepath.Join(a.dir, "objects"), filepath.Join(b.dir, "objects"))
	if err != nil {
		t.Fatal(err)
	}
	c.run(strings.NewReader("only here"), "hash-object", "-w", "--stdin")
	link := func(r repo, line string) {
		path := filepath.Join(r.dir, "objects/info/alternates")
		if err := os.WriteFile(path, []byte("# where else\n"+line+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	link(a, rel)
	link(b, filepath.Join(c.dir, "objects"))
	want := a.objects()
	link(c, filepath.Join(a.dir, "objects")) // a loop, which git refuses
	s := a.open(Options{})
	collect(t, s, true).same(t, want)
	noProblems(t, s)
	link(b, filepath.Join(c.dir, "missing"))
	s = a.open(Options{})
	if p := s.Problems(); len(p) != 1 || !strings.Contains(p[0].Subject, "missing") {
		t.Errorf("problems: %v", p)
	}
}

// TestProblemsAreBounded names more alternates than anybody reads about.
func TestProblemsAreBounded(t *testing.T) {
	r := newRepo(t)
	var lines strings.Builder
	for i := range maxProblems + 7 {
		fmt.Fprintf(&lines, "/nowhere/%d\n", i)
	}
	if err := os.WriteFile(filepath.Join(r.dir, "objects/info/alternates"), []byte(lines.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	s := r.open(Options{})
	if p := s.Problems(); len(p) != maxProblems+1 || !strings.HasPrefix(p[maxProblems].Err.Error(), "7 more") {
		t.Errorf("%d problems, the last %v", len(p), p[len(p)-1])
	}
}

// TestHeldIsBounded gives the Reader no room, so that it must drop and rebuild
// every base.
func TestHeldIsBounded(t *testing.T) {
	r := newRepo(t)
	r.fill(80)
	r.repack()
	for _, opts := range both {
		opts.Held = 1
		collect(t, r.open(opts), true).same(t, r.objects())
	}
}

func TestReadNotFound(t *testing.T) {
	s := newRepo(t).open(Options{})
	for _, id := range []ID{{}, Hash(Blob, []byte("x")), HashSHA256(Blob, []byte("x"))} {
		if _, _, err := s.Read(id); !errors.Is(err, ErrNotFound) {
			t.Errorf("%v: %v", id, err)
		}
	}
}

// cutFamily has one family of several megabytes, which must be shared out to
// several units.
func cutFamily(t *testing.T) repo {
	r := newRepo(t)
	var in bytes.Buffer
	text := noise(0, 300_000)
	for c := range 40 {
		copy(text[c*5000:], noise(c+1, 100_000))
		fmt.Fprintf(&in, "commit refs/heads/main\ncommitter C <c@example.org> %d +0000\ndata 1\nx\n", c)
		fmt.Fprintf(&in, "M 100644 inline f\ndata %d\n%s\n", len(text), text)
	}
	r.run(&in, "-c", "fastimport.unpackLimit=0", "fast-import", "--quiet", "--depth=100")
	return r
}

func TestFamilyIsCut(t *testing.T) {
	r := cutFamily(t)
	s := r.open(Options{})
	cuts := 0
	for _, u := range s.Units() {
		for _, e := range u.starts {
			if u.pack.forest.base[e] >= 0 {
				cuts++
			}
		}
	}
	if cuts == 0 {
		t.Error("no family was cut")
	}
	collect(t, s, true).same(t, r.objects())
	collect(t, r.open(Options{Held: 1}), true).same(t, r.objects())
	collect(t, r.open(Options{Held: 1, unmapped: true}), true).same(t, r.objects())
}

// noise returns bytes that do not compress.
func noise(seed, n int) []byte {
	rnd := rand.NewChaCha8([32]byte{byte(seed)})
	b := make([]byte, n)
	rnd.Read(b)
	return b
}

// TestConcurrent has several readers and random access at work together.
func TestConcurrent(t *testing.T) {
	r := newRepo(t)
	r.fill(60)
	r.repack()
	want := r.objects()
	s := r.open(Options{Cache: 4096})
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			n := 0
			reader := s.NewReader()
			for _, u := range s.Units() {
				for o, err := range reader.Objects(u, anyType) {
					n++
					_, data, err2 := s.Read(o.ID)
					if err != nil || err2 != nil || !bytes.Equal(data, o.Data) {
						t.Errorf("%v: %v, %v", o.ID, err, err2)
					}
				}
			}
			if n != len(want) {
				t.Errorf("%d objects, want %d", n, len(want))
			}
		})
	}
	wg.Wait()
}

// TestStopEarly leaves iterations in the middle, which must not spoil the
// Reader.
func TestStopEarly(t *testing.T) {
	r := newRepo(t)
	r.fill(60)
	r.repack()
	s := r.open(Options{})
	reader := s.NewReader()
	for stop := range 40 {
		for _, u := range s.Units() {
			n := 0
			for o, err := range reader.Objects(u, anyType) {
				if err != nil || Hash(o.Type, o.Data) != o.ID {
					t.Fatalf("%v: %v", o.ID, err)
				}
				if n++; n > stop {
					break
				}
			}
		}
	}
}

func TestUnitsAreDeterministic(t *testing.T) {
	r := newRepo(t)
	r.fill(60)
	visit := func() (ids []ID) {
		s := r.open(Options{})
		reader := s.NewReader()
		for _, u := range s.Units() {
			for o := range reader.Objects(u, anyType) {
				ids = append(ids, o.ID)
			}
		}
		return ids
	}
	if a, b := visit(), visit(); !slices.Equal(a, b) {
		t.Error("two visits gave different orders")
	}
}
