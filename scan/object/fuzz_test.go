package object

import (
	"bytes"
	"encoding/binary"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// smallPack returns a pack and its index, in both versions.
func smallPack(f *testing.F) (pack, idx2, idx1 []byte) {
	f.Helper()
	r := newRepo(f)
	r.fill(3)
	r.repack()
	path := r.glob("objects/pack/*.pack")
	pack, _ = os.ReadFile(path)
	idx2, _ = os.ReadFile(r.glob("objects/pack/*.idx"))
	os.Remove(r.glob("objects/pack/*.idx"))
	r.run(nil, "index-pack", "--index-version=1", path)
	idx1, _ = os.ReadFile(r.glob("objects/pack/*.idx"))
	return pack, idx2, idx1
}

// sealed gives an index the checksum that it needs to be looked at.
func sealed(idx []byte, hashSize int) []byte {
	if len(idx) < hashSize {
		return idx
	}
	idx = bytes.Clone(idx)
	h := newHash(hashSize)
	h.Write(idx[:len(idx)-hashSize])
	return h.Sum(idx[:len(idx)-hashSize])
}

func FuzzIndex(f *testing.F) {
	_, idx2, idx1 := smallPack(f)
	f.Add(idx2, false)
	f.Add(idx1, false)
	f.Add(idx2, true)
	f.Fuzz(func(t *testing.T, data []byte, long bool) {
		size := 20
		if long {
			size = 32
		}
		x, err := parseIndex(sealed(data, size), size)
		if err != nil {
			return
		}
		for i := range x.n {
			x.offset(i)
			x.crc(i)
			if at, ok := x.find(x.id(i)); !ok || x.id(at) != x.id(i) {
				t.Fatalf("the id at %d is not found", i)
			}
		}
	})
}

// FuzzPack reads any bytes as a pack, with an index that fits as far as can be
// and without one. What is yielded must hang together.
func FuzzPack(f *testing.F) {
	pack, idx2, idx1 := smallPack(f)
	f.Add(pack, idx2)
	f.Add(pack, idx1)
	f.Add(pack, []byte{})
	f.Fuzz(func(t *testing.T, pack, idx []byte) {
		dir := t.TempDir()
		put(t, dir, "objects/pack/pack-1.pack", string(pack))
		if len(idx) > 0 {
			put(t, dir, "objects/pack/pack-1.idx", string(sealed(idx, 20)))
		}
		s, err := OpenWith(dir, Options{MaxSize: 1 << 20, MaxUnit: 1 << 24})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		r := s.NewReader()
		odd := func(id ID) bool { return id.hash[19]&1 == 1 }
		for _, u := range append(s.UnitsExcept(odd), s.Units()...) {
			var w walk
			for o, err := range r.Objects(u, anyType) {
				if err == nil {
					w.step(t, o)
					s.Read(o.ID)
				}
			}
		}
	})
}

func FuzzEntryHead(f *testing.F) {
	f.Add([]byte{0x95, 0x0a, 0x78}, false)
	f.Add([]byte{0x65, 0x81, 0x02}, false)
	f.Add(append([]byte{0x75}, make([]byte, 20)...), false)
	f.Fuzz(func(t *testing.T, data []byte, long bool) {
		size := 20
		if long {
			size = 32
		}
		h, err := parseEntry(data, size)
		if err == nil && (h.size < 0 || h.back < 0 || h.len > len(data)) {
			t.Fatalf("%+v of %d bytes", h, len(data))
		}
	})
}

// FuzzDelta compares with an application that takes one byte at a time.
func FuzzDelta(f *testing.F) {
	base := []byte("The quick brown fox jumps over the lazy dog")
	f.Add(base, []byte{43, 10, 0x91, 4, 5, 3, 'a', 'b', 'c', 0x90, 2})
	f.Add(base, copyAll(43))
	f.Fuzz(func(t *testing.T, base, delta []byte) {
		_, size, ops, err := deltaSizes(delta)
		if err != nil || size > 1<<20 {
			return
		}
		dst := make([]byte, size)
		var d edits
		if err := applyDelta(dst, base, ops, &d); err != nil {
			return
		}
		checkEdits(t, dst, base, d.copies, d.fresh)
		if got := deltaLength(ops); got != size {
			t.Fatalf("deltaLength is %d, the result has %d bytes", got, size)
		}
		want, fresh := slowDelta(base, ops)
		if !bytes.Equal(dst, want) {
			t.Fatalf("got %q, want %q", dst, want)
		}
		for _, s := range d.fresh {
			for i := s.Start; i < s.End; i++ {
				if !fresh[i] {
					t.Fatalf("byte %d is a copy: %v", i, d.fresh)
				}
				fresh[i] = false
			}
		}
		if i := bytes.IndexByte(asBytes(fresh), 1); i >= 0 {
			t.Fatalf("byte %d is new: %v", i, d.fresh)
		}
	})
}

func asBytes(flags []bool) []byte {
	b := make([]byte, len(flags))
	for i, f := range flags {
		if f {
			b[i] = 1
		}
	}
	return b
}

// slowDelta applies valid instructions, and tells which bytes are inserted.
func slowDelta(base, ops []byte) (out []byte, fresh []bool) {
	for len(ops) > 0 {
		c := ops[0]
		ops = ops[1:]
		if c < 0x80 {
			for range c {
				out, fresh, ops = append(out, ops[0]), append(fresh, true), ops[1:]
			}
			continue
		}
		var args [8]byte // 4 of offset, 3 of size
		for bit := range 7 {
			if c&(1<<bit) != 0 {
				args[bit], ops = ops[0], ops[1:]
			}
		}
		off, size := binary.LittleEndian.Uint32(args[:]), binary.LittleEndian.Uint32(args[4:])
		if size == 0 {
			size = 1 << 16
		}
		for i := range size {
			out, fresh = append(out, base[off+i]), append(fresh, false)
		}
	}
	return out, fresh
}

func FuzzLoose(f *testing.F) {
	for _, content := range []string{"blob 3\x00abc", "tree 0\x00", "blob 99\x00abc", "commit -1\x00"} {
		src, end := deflated(f, []byte(content), 6)
		f.Add(src[:end])
	}
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, data []byte) {
		path := filepath.Join(dir, "object")
		put(t, dir, "object", string(data))
		k := &scratch{opts: Options{MaxSize: 1 << 20}.withDefaults()}
		typ, content, err := k.loose(path, anyType, slack)
		if err == nil && (typ < Commit || typ > Tag || content == nil) {
			t.Fatalf("type %v, content %v", typ, content)
		}
	})
}

func FuzzCommit(f *testing.F) {
	f.Add([]byte("tree " + someID + "\nparent " + someID + "\nauthor A <a@b> 1 +0000\n\nm"))
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := ParseCommit(data, 20)
		if err == nil && c.Tree.Size() != 20 {
			t.Fatalf("tree %v", c.Tree)
		}
		if _, jsonErr := c.Author.When.MarshalText(); jsonErr != nil {
			t.Fatalf("author's time: %v", jsonErr)
		}
		if !bytes.HasSuffix(data, c.Message) {
			t.Fatalf("message %q", c.Message)
		}
	})
}

func FuzzTag(f *testing.F) {
	f.Add([]byte("object " + someID + "\ntype commit\ntag v\ntagger A <a@b> 1 +0000\n\nm"))
	f.Fuzz(func(t *testing.T, data []byte) {
		tag, err := ParseTag(data, 20)
		if err == nil && tag.Target.Size() != 20 {
			t.Fatalf("target %v", tag.Target)
		}
	})
}

func FuzzTree(f *testing.F) {
	f.Add([]byte("100644 a\x00" + strings.Repeat("\x02", 20) + "40000 b\x00" + strings.Repeat("\x03", 20)))
	f.Fuzz(func(t *testing.T, data []byte) {
		taken := 0
		for e, err := range ParseTree(data, 20) {
			if err != nil {
				return
			}
			if len(e.Name) == 0 || bytes.IndexByte(e.Name, 0) >= 0 {
				t.Fatalf("name %q", e.Name)
			}
			taken += bytes.IndexByte(data[taken:], 0) + 21
		}
		if taken != len(data) {
			t.Fatalf("%d of %d bytes were taken", taken, len(data))
		}
	})
}

func FuzzPackedRefs(f *testing.F) {
	f.Add([]byte("# pack-refs with: peeled\n" + someID + " refs/heads/a\n^" + someID + "\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		l := refLister{packedAt: make(map[string]int)}
		bad, err := l.parsePacked(bytes.NewReader(data))
		if err == nil && len(l.refs)+bad > bytes.Count(data, []byte("\n"))+1 {
			t.Fatalf("%d refs and %d bad lines", len(l.refs), bad)
		}
		for _, r := range l.refs {
			if r.Name == "" || !validHashSize(r.ID.Size()) {
				t.Fatalf("%+v", r)
			}
		}
	})
}

func FuzzRef(f *testing.F) {
	f.Add([]byte("ref: refs/heads/main\n"))
	f.Add([]byte(someID + "\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		refs, err := parseRef(data, "x")
		if err == nil && (len(refs) == 0 || refs[0].Target == "" && !validHashSize(refs[0].ID.Size())) {
			t.Fatalf("%+v", refs)
		}
	})
}

func FuzzReflog(f *testing.F) {
	f.Add([]byte(someID + " " + someID + " A <a@b> 1 +0000\tmessage\nodd"))
	f.Fuzz(func(t *testing.T, data []byte) {
		for line := range bytes.Lines(data) {
			e := parseReflogLine(line)
			if e.New.Size() == 0 && e.Message != string(bytes.TrimSuffix(line, []byte("\n"))) {
				t.Fatalf("%q became %+v", line, e)
			}
		}
	})
}
