package object

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A store that is only looked things up in believes an index whose checksum is
// wrong; still no object comes out of it under another id.
func TestLookUpDamaged(t *testing.T) {
	r := newRepo(t)
	r.fill(4)
	r.repack()
	want := r.objects()
	path := r.glob("objects/pack/*.idx")
	sound := readAll(t, path)
	lost := 0
	for off := range sound {
		bad := bytes.Clone(sound)
		bad[off] ^= 1 << (off % 8)
		replace(t, path, bad)
		s, err := OpenWith(r.dir, Options{LookUp: true})
		if err != nil {
			t.Fatal(err)
		}
		for hex, w := range want {
			id, err := ParseID(hex)
			if err != nil {
				t.Fatal(err)
			}
			typ, data, err := s.Read(id)
			switch {
			case err != nil:
				lost++
			case typ != w.Type || !bytes.Equal(data, w.Data):
				t.Errorf("byte %d changed: %v is another object", off, id)
			}
		}
		s.Close()
	}
	if lost == 0 || lost > len(sound)*len(want)/2 {
		t.Errorf("%d of %d look-ups failed", lost, len(sound)*len(want))
	}
}

// What an interrupted write left is no part of what Git knows.
func TestLookUpLeftover(t *testing.T) {
	r := newRepo(t)
	put(t, r.dir, "objects/pack/tmp_pack_x", "PACK and then nothing")
	if s := r.open(Options{LookUp: true}); len(s.packs) != 0 || len(s.Problems()) != 0 {
		t.Errorf("%d packs, %v", len(s.packs), s.Problems())
	}
}

func TestHead(t *testing.T) {
	id, other := strings.Repeat("1", 40), strings.Repeat("2", 40)
	const main = "ref: refs/heads/main\n"
	for name, c := range map[string]struct {
		head, loose, packed string
		want                string // "" for an unborn branch
		odd                 bool   // Refs has to be asked
	}{
		"loose":            {head: main, loose: id, packed: other + " refs/heads/main\n", want: id},
		"packed":           {head: main, packed: "# pack-refs with: peeled\n" + other + " refs/heads/a\n" + id + " refs/heads/main\n^" + other + "\n", want: id},
		"packed first":     {head: main, packed: id + " refs/heads/main\n", want: id},
		"longer names":     {head: main, packed: other + " refs/heads/main2\n" + other + " x refs/heads/main\n" + id + " refs/heads/main\n", odd: true},
		"unborn":           {head: main, packed: other + " refs/heads/other\n"},
		"nothing packed":   {head: main},
		"detached":         {head: id + "\n", want: id},
		"nonsense":         {head: "nonsense\n", odd: true},
		"nothing":          {head: "", odd: true},
		"outside":          {head: "ref: refs/heads/../../../secret\n", odd: true},
		"not a branch":     {head: "ref: ORIG_HEAD\n", odd: true},
		"leads further":    {head: main, loose: "ref: refs/heads/x\n", odd: true},
		"damaged branch":   {head: main, loose: "nonsense\n", odd: true},
		"packed nonsense":  {head: main, packed: "nonsense refs/heads/main\n", odd: true},
		"blank after name": {head: main, packed: id + " refs/heads/main \n"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			put(t, dir, "HEAD", c.head)
			put(t, filepath.Dir(dir), "secret", id)
			if c.loose != "" {
				put(t, dir, "refs/heads/main", c.loose)
			}
			if c.packed != "" {
				put(t, dir, "packed-refs", c.packed)
			}
			got, ok := Head(dir, dir)
			if ok == c.odd || got.IsZero() != (c.want == "") || c.want != "" && got.String() != c.want {
				t.Errorf("%v %v, want %q", got, ok, c.want)
			}
		})
	}
}

func TestMapped(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f")
	for _, content := range []string{"", "x", strings.Repeat("long ", 10_000)} {
		replace(t, path, []byte(content))
		f, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		err = Mapped(f, func(data []byte) error {
			if string(data) != content {
				t.Errorf("%d bytes, want %d", len(data), len(content))
			}
			return io.ErrNoProgress
		})
		if err != io.ErrNoProgress {
			t.Errorf("the error of use is lost: %v", err)
		}
		f.Close()
	}
}

// A file that is cut short while it is looked at costs an error, not the process, also
// where what is left ends on the same page: zeros follow there.
func TestMappedCut(t *testing.T) {
	for _, c := range []struct{ size, left int64 }{{1 << 16, 0}, {100, 10}} {
		path := filepath.Join(t.TempDir(), "f")
		replace(t, path, make([]byte, c.size))
		f, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		sum := 0
		err = Mapped(f, func(data []byte) error {
			if err := os.Truncate(path, c.left); err != nil {
				t.Fatal(err)
			}
			for _, b := range data {
				sum += int(b)
			}
			return nil
		})
		_, unmap := mapFile(f, 1)
		if unmap == nil {
			t.Skip("files are not mapped here")
		}
		if unmap(); err == nil {
			t.Errorf("%d bytes cut to %d: no error", c.size, c.left)
		}
	}
}
