package object

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"pgregory.net/rapid"
)

// testT is *testing.T or *rapid.T.
type testT interface {
	Helper()
	Fatal(args ...any)
	Fatalf(format string, args ...any)
	Errorf(format string, args ...any)
}

// indexHand indexes a pack in dir, of which no object over 1000 bytes can be held.
func indexHand(ctx context.Context, t testT, dir string, room int64, pack []byte) error {
	t.Helper()
	name := filepath.Join(dir, "objects", "pack", "pack-a")
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name+".pack", pack, 0o600); err != nil {
		t.Fatal(err)
	}
	err := indexPack(ctx, name+".pack", name+".idx", room, Options{HashSize: 20, MaxSize: 1000}.withDefaults())
	if left, _ := filepath.Glob(filepath.Join(dir, "objects", "pack", "*-object-*")); len(left) > 0 {
		t.Errorf("it left %s", left)
	}
	return err
}

// TestWriteIndexLarge: whole objects that cannot be held are in the index too.
func TestWriteIndexLarge(t *testing.T) {
	random := make([]byte, 700_000)
	for i := range random {
		random[i] = byte(rand.Uint32())
	}
	contents := [][]byte{[]byte("small"), bytes.Repeat([]byte("large "), 100_000), random, []byte("behind")}
	var h handPack
	for _, c := range contents {
		h.add(ID{}, byte(Blob), nil, c)
	}
	dir := t.TempDir()
	if err := indexHand(t.Context(), t, dir, 0, h.sealed()); err != nil {
		t.Fatal(err)
	}
	s, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for i, c := range contents {
		if _, data, err := s.Read(s.Hash(Blob, c)); err != nil || !bytes.Equal(data, c) {
			t.Errorf("object %d: %v", i, err)
		}
	}
	if p := s.Problems(); len(p) > 0 {
		t.Error(p)
	}
}

// TestWriteIndexRefused: nothing is looked for behind the first damage, no count is
// believed, and it ends when it is asked to.
func TestWriteIndexRefused(t *testing.T) {
	ended, end := context.WithCancelCause(t.Context())
	enough := errors.New("enough")
	end(enough)
	counts := func(n uint32) func([]byte) {
		return func(pack []byte) { binary.BigEndian.PutUint32(pack[8:], n) }
	}
	large := bytes.Repeat([]byte("large "), 1000)
	for name, c := range map[string]struct {
		ctx    context.Context
		change func(pack []byte)
		delta  bool
		want   error
	}{
		"ended":             {ended, func([]byte) {}, false, enough},
		"too many":          {t.Context(), counts(1 << 31), false, ErrLimit},
		"more than counted": {t.Context(), counts(1), false, ErrDamaged},
		"less than counted": {t.Context(), counts(3), false, ErrDamaged},
		"damaged":           {t.Context(), func(pack []byte) { pack[30] ^= 0xff }, false, ErrDamaged},
		"no room":           {t.Context(), func([]byte) {}, true, ErrLimit},
	} {
		t.Run(name, func(t *testing.T) {
			var h handPack
			h.add(ID{}, byte(Blob), nil, large)
			base := (&Store{opts: Options{HashSize: 20}}).Hash(Blob, large)
			if c.delta {
				h.add(ID{}, kindRef, base.Bytes(), []byte{0xf0, 0x2e, 1, 1, 'x'}) // 6000 bytes become one
			} else {
				h.add(ID{}, byte(Blob), nil, []byte("small"))
			}
			pack := h.sealed()
			c.change(pack)
			dir := t.TempDir()
			err := indexHand(c.ctx, t, dir, 5999, pack) // and the base has 6000
			if !errors.Is(err, c.want) {
				t.Errorf("%v, want %v", err, c.want)
			}
			if left, _ := filepath.Glob(filepath.Join(dir, "objects", "pack", "*.idx")); len(left) > 0 {
				t.Errorf("it left %s", left)
			}
		})
	}
}

// A handObject is a content, and the delta to one before it or after it, if it has a base.
type handObject struct {
	content, delta []byte
	base           int // -1 for none
	byID           bool
}

// drawObjects makes families of objects, many of which, or of whose deltas, cannot be
// held.
func drawObjects(t *rapid.T) []handObject {
	size := rapid.OneOf(rapid.IntRange(0, 900), rapid.IntRange(1001, 3000))
	list := make([]handObject, rapid.IntRange(1, 12).Draw(t, "objects"))
	for i := range list {
		o, own := &list[i], []byte{'#', byte(i)} // no two are the same
		if o.base = rapid.IntRange(-1, i-1).Draw(t, "base"); o.base < 0 {
			o.content = append(random(t, size.Draw(t, "size")), own...)
			continue
		}
		base := list[o.base].content
		o.byID = rapid.Bool().Draw(t, "by id")
		ops := append([]byte{byte(len(own))}, own...)
		o.content = bytes.Clone(own)
		for range rapid.IntRange(0, 4).Draw(t, "instructions") {
			if n := size.Draw(t, "copied"); n > 0 && n <= len(base) {
				off := rapid.IntRange(0, len(base)-n).Draw(t, "from")
				ops = append(ops, 0xb3, byte(off), byte(off>>8), byte(n), byte(n>>8))
				o.content = append(o.content, base[off:off+n]...)
			}
			for range rapid.IntRange(0, 12).Draw(t, "inserts") {
				text := random(t, 127)
				ops = append(append(ops, 127), text...)
				o.content = append(o.content, text...)
			}
		}
		o.delta = binary.AppendUvarint(nil, uint64(len(base)))
		o.delta = append(binary.AppendUvarint(o.delta, uint64(len(o.content))), ops...)
	}
	return list
}

func random(t *rapid.T, n int) []byte {
	var seed [32]byte
	binary.BigEndian.PutUint64(seed[:], rapid.Uint64().Draw(t, "seed"))
	text := make([]byte, n)
	rand.NewChaCha8(seed).Read(text)
	return text
}

// TestWriteIndexDeltas: what cannot be held is in the index too where it is a delta, and
// what is built on it, whatever the order.
func TestWriteIndexDeltas(t *testing.T) {
	parent := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		list := drawObjects(t)
		var numbers []int
		for i := range list {
			numbers = append(numbers, i)
		}
		s := &Store{opts: Options{HashSize: 20}}
		var h handPack
		placed := map[int]int{}
		for _, i := range rapid.Permutation(numbers).Draw(t, "order") {
			o, here := list[i], max(h.Len(), packHead)
			off, before := placed[o.base]
			switch {
			case o.base < 0:
				h.add(ID{}, byte(Blob), nil, o.content)
			case before && !o.byID:
				h.add(ID{}, kindOffset, back(here-off), o.delta)
			default:
				h.add(ID{}, kindRef, s.Hash(Blob, list[o.base].content).Bytes(), o.delta)
			}
			placed[i] = here
		}
		dir, err := os.MkdirTemp(parent, "")
		if err != nil {
			t.Fatal(err)
		}
		defer os.RemoveAll(dir)
		if err := indexHand(context.Background(), t, dir, 1<<20, h.sealed()); err != nil {
			t.Fatal(err)
		}
		if s, err = Open(dir); err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		for i, o := range list {
			if _, data, err := s.Read(s.Hash(Blob, o.content)); err != nil || !bytes.Equal(data, o.content) {
				t.Errorf("object %d of %d bytes: %v", i, len(o.content), err)
			}
		}
		if p := s.Problems(); len(p) > 0 {
			t.Errorf("problems: %v", p)
		}
	})
}

// back says how far before an entry its base lies, as a pack has it.
func back(n int) []byte {
	text := []byte{byte(n & 0x7f)}
	for n >>= 7; n > 0; n >>= 7 {
		n--
		text = append([]byte{0x80 | byte(n&0x7f)}, text...)
	}
	return text
}
