package object

import (
	"bytes"
	"compress/zlib"
	"crypto/sha1"
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// entryOf returns the entry that the byte at off belongs to, -1 for none.
func entryOf(f *forest, off int64) int32 {
	for e := range int32(len(f.pos)) {
		if f.offs[e] <= off && off < f.offs[e+1] {
			return e
		}
	}
	return -1
}

// hit returns the ids of an entry and of all that is built on it.
func hit(p *pack, e int32) map[string]bool {
	ids := map[string]bool{}
	var add func(e int32)
	add = func(e int32) {
		ids[p.id(e).String()] = true
		for c := p.forest.child[e]; c >= 0; c = p.forest.next[c] {
			add(c)
		}
	}
	if e >= 0 {
		add(e)
	}
	return ids
}

// A smallStore is a sound pack with its index, as bytes.
type smallStore struct {
	name   string
	format string // object format
	files  map[string][]byte
	want   map[string]Object
	sound  *Store
}

// smallStores builds one for each format of ids and each kind of index.
func smallStores(t *testing.T) (stores []smallStore) {
	for _, format := range []string{"sha1", "sha256"} {
		r := newRepo(t, "--object-format="+format)
		r.fill(4)
		r.repack()
		pack := r.glob("objects/pack/*.pack")
		idx := strings.TrimSuffix(pack, ".pack") + ".idx"
		want, sound := r.objects(), r.open(Options{})
		sound.Units()
		for _, index := range []string{"--index-version=2", "--index-version=2,0x100", "--index-version=1", "none"} {
			os.Remove(idx)
			files := map[string][]byte{".pack": readAll(t, pack)}
			if index != "none" {
				r.run(nil, "index-pack", index, pack)
				files[".idx"] = readAll(t, idx)
			}
			stores = append(stores, smallStore{format + " " + index, format, files, want, sound})
		}
	}
	return stores
}

func readAll(t *testing.T, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// TestFlippedBytes changes each structural byte of a small pack and each byte
// of its index, one at a time: one bit in one format, all in the other. What the byte does not belong to must be found
// all the same, and what it belongs to must be found or reported.
func TestFlippedBytes(t *testing.T) {
	for _, s := range smallStores(t) {
		for ext := range s.files {
			t.Run(s.name+ext, func(t *testing.T) {
				t.Parallel()
				s.flip(t, ext)
			})
		}
	}
}

// flip changes one of the two files.
func (s smallStore) flip(t *testing.T, changed string) {
	dir := t.TempDir()
	put(t, dir, "config", "[core]\nrepositoryformatversion = 1\n[extensions]\nobjectformat = "+s.format+"\n")
	for ext, data := range s.files {
		put(t, dir, "objects/pack/pack-1"+ext, string(data))
	}
	f := &s.sound.packs[0].forest
	path := filepath.Join(dir, "objects/pack/pack-1"+changed)
	for off := range s.files[changed] {
		e := int32(-1)
		if changed == ".pack" {
			e = entryOf(f, int64(off))
			if !structural(s.sound, e, off) {
				continue
			}
		}
		flipped := bytes.Clone(s.files[changed])
		if s.format == "sha1" {
			flipped[off] ^= 1 << (off % 8)
		} else {
			flipped[off] ^= 0xff
		}
		replace(t, path, flipped)
		s.check(t, dir, e, off)
	}
}

// structural reports whether a byte of a pack is more than compressed content:
// it is in the head of an entry, in the first bytes or the checksum of its data,
// or in no entry. Of the others every tenth is taken.
func structural(s *Store, e int32, off int) bool {
	if e < 0 || off%10 == 0 {
		return true
	}
	start, end := s.packs[0].forest.extent(e)
	k := s.spare.Get().(*scratch)
	defer s.spare.Put(k)
	h, err := k.safeHead(s.packs[0], start, s.HashSize())
	return err != nil || int64(off) < start+int64(h.len)+4 || int64(off) >= end-4
}

// replace writes a new file under a name, so that mappings of the old one stay
// whole.
func replace(t *testing.T, name string, data []byte) {
	t.Helper()
	os.Remove(name)
	if err := os.WriteFile(name, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

// check opens the store in which the byte at off, which belongs to entry e if
// that is not negative, was changed.
func (s smallStore) check(t *testing.T, dir string, e int32, off int) {
	t.Helper()
	hit := hit(s.sound.packs[0], e)
	opened, err := OpenWith(dir, Options{unmapped: off%2 == 1})
	if err != nil {
		t.Fatal(err)
	}
	defer opened.Close()
	got := collect(t, opened, false)
	for id, w := range s.want {
		g, ok := got.objects[id]
		if ok && (g.Type != w.Type || !bytes.Equal(g.Data, w.Data)) {
			t.Errorf("byte %d: other content for %s", off, id)
		}
		if !ok && !hit[id] {
			t.Errorf("byte %d: %s %s was lost: %v, %v", off, w.Type, id, opened.Problems(), got.damage)
		}
	}
	if len(got.objects) < len(s.want) && len(got.damage)+len(opened.Problems()) == 0 {
		t.Errorf("byte %d: %d objects lost without a word", off, len(s.want)-len(got.objects))
	}
	for id := range got.objects {
		// Without an index a changed type gives an object that has its own id.
		if _, ok := s.want[id]; !ok && s.files[".idx"] != nil {
			t.Errorf("byte %d: invented %s", off, id)
		}
	}
}

// TestOtherCopies damages a pack whose objects exist elsewhere, too.
func TestOtherCopies(t *testing.T) {
	r := newRepo(t)
	r.fill(20)
	r.repack()
	want := r.objects()
	path := r.glob("objects/pack/*.pack")
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	os.Rename(path, path+".away")
	r.run(bytes.NewReader(data), "unpack-objects", "-q")
	for off := 100; off < len(data)-20; off += 200 {
		data[off] ^= 0x55
	}
	os.WriteFile(path, data, 0o600)
	s := r.open(Options{})
	collect(t, s, false).same(t, want)
}

func TestTruncated(t *testing.T) {
	r := newRepo(t)
	r.fill(10)
	r.repack()
	path := r.glob("objects/pack/*.pack")
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	want := r.objects()
	for _, cut := range []int{0, 11, 31, 32, 60, len(data) / 2, len(data) - 20, len(data) - 1} {
		replace(t, path, data[:cut])
		s := r.open(Options{})
		got := collect(t, s, false)
		if len(s.Problems()) == 0 {
			t.Errorf("cut to %d: no problem", cut)
		}
		if cut == len(data)-20 && len(got.objects) != len(want) {
			t.Errorf("without its trailer the pack gave %d of %d objects", len(got.objects), len(want))
		}
	}
}

// TestCutWhileOpen shortens a pack under the mapping.
func TestCutWhileOpen(t *testing.T) {
	r := newRepo(t)
	r.fill(100)
	r.repack()
	s := r.open(Options{})
	s.Units()
	if err := os.Truncate(r.glob("objects/pack/*.pack"), 0); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(r.glob("objects/pack/*.idx"), 0); err != nil {
		t.Fatal(err)
	}
	got := collect(t, s, false)
	if len(got.damage) == 0 {
		t.Error("no damage was reported")
	}
	s.Read(Hash(Blob, nil))
}

func TestDamagedLoose(t *testing.T) {
	r := newRepo(t)
	hex := strings.TrimSpace(string(r.run(strings.NewReader(strings.Repeat("text\n", 9)), "hash-object", "-w", "--stdin")))
	other := strings.TrimSpace(string(r.run(strings.NewReader("other"), "hash-object", "-w", "--stdin")))
	id, _ := ParseID(hex)
	path := loosePath(filepath.Join(r.dir, "objects"), id)
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for off := range data {
		flipped := bytes.Clone(data)
		flipped[off] ^= 1 << (off % 8)
		replace(t, path, flipped)
		s := r.open(Options{})
		got := collect(t, s, true)
		if _, ok := got.objects[other]; !ok {
			t.Errorf("byte %d: the other object was lost", off)
		}
		if _, ok := got.objects[hex]; !ok && len(got.damage) != 1 {
			t.Errorf("byte %d: damage %v", off, got.damage)
		}
	}
}

// handPack builds packs entry by entry.
type handPack struct {
	bytes.Buffer
	hashSize int // 20 if zero
	count    uint32
	ids      []ID
	offs     []uint32
}

// sealed ends the pack.
func (h *handPack) sealed() []byte {
	pack := h.Bytes()
	binary.BigEndian.PutUint32(pack[8:], h.count)
	sum := newHash(h.hashSize)
	sum.Write(pack)
	return sum.Sum(pack)
}

// add appends an entry with the given head behind the type and size byte, and
// has the index say that it is id.
func (h *handPack) add(id ID, kind byte, head, data []byte) {
	h.count++
	if h.Len() == 0 {
		h.Write([]byte("PACK\x00\x00\x00\x02\x00\x00\x00\x00"))
	}
	h.ids, h.offs = append(h.ids, id), append(h.offs, uint32(h.Len()))
	size := len(data)
	c := kind<<4 | byte(size&15)
	for size >>= 4; size > 0; size >>= 7 {
		h.WriteByte(c | 0x80)
		c = byte(size & 0x7f)
	}
	h.WriteByte(c)
	h.Write(head)
	w := zlib.NewWriter(h)
	w.Write(data)
	w.Close()
}

// write ends the pack and writes it with an index of version 1.
func (h *handPack) write(t *testing.T, dir string) {
	t.Helper()
	pack := h.sealed()
	sum := pack[len(pack)-sha1.Size:]
	var idx bytes.Buffer
	for first := range 256 {
		n := uint32(0)
		for _, id := range h.ids {
			if int(id.hash[0]) <= first {
				n++
			}
		}
		binary.Write(&idx, binary.BigEndian, n)
	}
	for _, i := range sortedBy(h.ids) {
		binary.Write(&idx, binary.BigEndian, h.offs[i])
		idx.Write(h.ids[i].Bytes())
	}
	idx.Write(sum)
	isum := sha1.Sum(idx.Bytes())
	idx.Write(isum[:])
	os.MkdirAll(filepath.Join(dir, "pack"), 0o700)
	for ext, data := range map[string][]byte{".pack": pack, ".idx": idx.Bytes()} {
		if err := os.WriteFile(filepath.Join(dir, "pack", "pack-hand"+ext), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func sortedBy(ids []ID) []int {
	order := make([]int, len(ids))
	for i, id := range ids {
		for _, other := range ids {
			if other.Compare(id) < 0 {
				order[i]++
			}
		}
	}
	at := make([]int, len(ids))
	for i, o := range order {
		at[o] = i
	}
	return at
}

// hand opens a repository that holds nothing but the pack.
func (h *handPack) open(t *testing.T, opts Options) *Store {
	t.Helper()
	dir := t.TempDir()
	h.write(t, filepath.Join(dir, "objects"))
	s, err := OpenWith(dir, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// copyAll is a delta that copies a base of n bytes, n below 128.
func copyAll(n byte) []byte { return []byte{n, n, 0x90, n} }

func TestCycle(t *testing.T) {
	a, b, c := Hash(Blob, []byte("a")), Hash(Blob, []byte("b")), Hash(Blob, []byte("c"))
	self, good := Hash(Blob, []byte("self")), Hash(Blob, []byte("good"))
	var h handPack
	h.add(a, kindRef, b.Bytes(), copyAll(5))
	h.add(b, kindRef, a.Bytes(), copyAll(5))
	h.add(c, kindRef, a.Bytes(), copyAll(5)) // built on the cycle
	h.add(self, kindRef, self.Bytes(), copyAll(5))
	h.add(good, byte(Blob), nil, []byte("good"))
	s := h.open(t, Options{})
	got := collect(t, s, false)
	if len(got.objects) != 1 || got.objects[good.String()].ID != good {
		t.Errorf("objects: %v", got.objects)
	}
	if len(got.damage) != 4 {
		t.Errorf("damage: %v", got.damage)
	}
	for _, d := range got.damage {
		if !errors.Is(d, ErrCycle) {
			t.Errorf("%v", d)
		}
	}
	for _, id := range []ID{a, c, self} {
		if _, _, err := s.Read(id); !errors.Is(err, ErrCycle) {
			t.Errorf("Read: %v", err)
		}
	}
	// The same without an index, where ids are not known.
	os.Remove(filepath.Join(filepath.Dir(s.dirs[0]), "objects/pack/pack-hand.idx"))
	s, err := Open(filepath.Dir(s.dirs[0]))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if got := collect(t, s, false); len(got.objects) != 1 || len(s.Problems()) != 5 {
		t.Errorf("%d objects, problems %v", len(got.objects), s.Problems())
	}
}

func TestLimits(t *testing.T) {
	base := bytes.Repeat([]byte("x"), 100)
	id := Hash(Blob, base)
	huge := []byte{100, 0xff, 0xff, 0xff, 0xff, 0x0f, 0x90, 100}                                    // declares 4 GiB, gives 100
	bomb := append([]byte{100, 0x80, 0x80, 0x80, 0x08}, bytes.Repeat([]byte{0x90, 100}, 167772)...) // 16 MiB of 100 bytes each
	tests := []struct {
		name  string
		opts  Options
		delta []byte
		want  error
	}{
		{"declared size over the limit", Options{}, huge, ErrLimit},
		{"declared size not reached", Options{MaxSize: 1 << 40}, huge, ErrDamaged},
		{"result over the limit", Options{MaxSize: 1 << 20}, bomb, ErrLimit},
		{"unit over the limit", Options{MaxUnit: 99}, copyAll(100), ErrLimit},
		{"base of another size", Options{}, copyAll(99), ErrDamaged},
		{"copy from outside", Options{}, []byte{100, 8, 0x91, 99, 8}, ErrDamaged},
		{"insert cut off", Options{}, []byte{100, 8, 8, 'x'}, ErrDamaged},
		{"reserved instruction", Options{}, []byte{100, 8, 0}, ErrDamaged},
		{"no instructions", Options{}, []byte{100, 8}, ErrDamaged},
		{"empty", Options{}, nil, ErrDamaged},
	}
	for _, tt := range tests {
		var h handPack
		h.add(id, byte(Blob), nil, base)
		h.add(Hash(Blob, []byte("result")), kindRef, id.Bytes(), tt.delta)
		got := collect(t, h.open(t, tt.opts), false)
		if len(got.objects) != 1 || len(got.damage) != 1 || !errors.Is(got.damage[0], tt.want) {
			t.Errorf("%s: %d objects, damage %v", tt.name, len(got.objects), got.damage)
		}
	}
}

// TestForgedIndex has an index lie about an object: the content is handed over
// with ErrMismatch if ids are verified, and by Read in any case.
func TestForgedIndex(t *testing.T) {
	var h handPack
	lie := Hash(Blob, []byte("something else"))
	h.add(lie, byte(Blob), nil, []byte("content"))
	s := h.open(t, Options{})
	r := s.NewReader()
	r.Verify = true
	n := 0
	for _, u := range s.Units() {
		for o, err := range r.Objects(u, anyType) {
			n++
			if !errors.Is(err, ErrMismatch) || string(o.Data) != "content" || o.ID != lie {
				t.Errorf("%v %q %v", o.ID, o.Data, err)
			}
		}
	}
	if _, data, err := s.Read(lie); n != 1 || !errors.Is(err, ErrMismatch) || string(data) != "content" {
		t.Errorf("%d objects; Read: %q, %v", n, data, err)
	}
}
