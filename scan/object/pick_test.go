package object

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// pickRepos returns stores of several kinds by name.
func pickRepos(t *testing.T) map[string]repo {
	packed := newRepo(t)
	packed.fill(50)
	packed.repack()
	loose := newRepo(t, "--object-format=sha256")
	loose.fill(8)
	loose.unpack()
	mixed := newRepo(t)
	mixed.fill(30)
	mixed.repack()
	mixed.fill(60)
	mixed.run(strings.NewReader("refs/heads/main\n"), "pack-objects", "-q", "--revs", mixed.dir+"/objects/pack/pack")
	mixed.run(strings.NewReader("loose"), "hash-object", "-w", "--stdin")
	return map[string]repo{"packed": packed, "loose": loose, "mixed": mixed}
}

// TestUnitsExcept skips any objects: the others are there, whole or built on
// what was yielded, and nothing else.
func TestUnitsExcept(t *testing.T) {
	for name, r := range pickRepos(t) {
		want := r.objects()
		s := r.open(Options{})
		all := s.Units()
		rapid.Check(t, func(rt *rapid.T) {
			seed := rapid.Uint64().Draw(rt, "seed")
			share := rapid.SampledFrom([]uint64{0, 1, 128, 250, 255, 256}).Draw(rt, "share")
			skip := func(id ID) bool { return (uint64(id.hash[7])^seed)&255 < share }
			left := make(map[string]Object)
			for hex, o := range want {
				if id, _ := ParseID(hex); !skip(id) {
					left[hex] = o
				}
			}
			units := s.UnitsExcept(skip)
			got := collectUnits(t, s, units, false)
			got.same(t, left)
			count := 0
			for _, u := range units {
				count += u.Objects()
			}
			if count != len(left) {
				t.Fatalf("%s: the units count %d objects, want %d", name, count, len(left))
			}
			if share == 256 && len(units) > 0 || share == 0 && len(units) != len(all) {
				t.Fatalf("%s: %d units", name, len(units))
			}
			if whole := collectUnits(t, s, all, false); share == 0 && got.deltas != whole.deltas || name != "loose" && whole.deltas == 0 {
				t.Fatalf("%s: %d deltas, want %d", name, got.deltas, whole.deltas)
			}
		})
		if t.Failed() {
			return
		}
	}
}

// TestSkipAsksInOrder lets skip go through a sorted list.
func TestSkipAsksInOrder(t *testing.T) {
	for name, r := range pickRepos(t) {
		s := r.open(Options{})
		var asked []ID
		s.UnitsExcept(func(id ID) bool { asked = append(asked, id); return true })
		turns := 0
		for i := 1; i < len(asked); i++ {
			if asked[i].Compare(asked[i-1]) <= 0 {
				turns++
			}
		}
		if turns > len(s.packs) {
			t.Errorf("%s: the order turns back %d times over %d packs", name, turns, len(s.packs))
		}
	}
}

// TestSkippedIsNotRead damages everything of a pack but one family: nothing of
// it is told when that family alone is wanted.
func TestSkippedIsNotRead(t *testing.T) {
	r := newRepo(t)
	r.fill(40)
	r.repack()
	s := r.open(Options{})
	s.Units()
	p := s.packs[0]
	f := &p.forest
	at := slices.IndexFunc(f.child, func(c int32) bool { return c >= 0 })
	if at < 0 {
		t.Fatal("no deltas")
	}
	for f.base[at] >= 0 {
		at = int(f.base[at])
	}
	wanted := hit(p, int32(at))
	path := r.glob("objects/pack/*.pack")
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for e := range int32(len(f.pos)) {
		if !wanted[p.id(e).String()] {
			_, end := f.extent(e)
			data[end-3] ^= 0xff // in the checksum: heads stay as they are
		}
	}
	replace(t, path, data)
	s = r.open(Options{})
	units := s.UnitsExcept(func(id ID) bool { return !wanted[id.String()] })
	got := collectUnits(t, s, units, false)
	if len(got.objects) != len(wanted) || len(got.damage) > 0 || len(wanted) < 2 {
		t.Errorf("%d of %d objects, damage %v", len(got.objects), len(wanted), got.damage)
	}
	if got := collect(t, s, false); len(got.damage) == 0 {
		t.Error("the damage is not seen without skipping")
	}
}

// TestSkipAllPlantsNothing: where nothing is left, heads are not read.
func TestSkipAllPlantsNothing(t *testing.T) {
	r := newRepo(t)
	r.fill(20)
	s := r.open(Options{})
	if units := s.UnitsExcept(func(ID) bool { return true }); len(units) > 0 || s.packs[0].forest.offs != nil {
		t.Errorf("%d units, %d entries", len(units), len(s.packs[0].forest.offs))
	}
}

// TestIndexCutWhileOpen: what can no longer be asked for is not skipped.
func TestIndexCutWhileOpen(t *testing.T) {
	r := newRepo(t)
	r.fill(100)
	s := r.open(Options{})
	if err := os.Truncate(r.glob("objects/pack/*.idx"), 0); err != nil {
		t.Fatal(err)
	}
	units := s.UnitsExcept(func(ID) bool { return true })
	if got := collectUnits(t, s, units, false); len(got.damage)+len(s.Problems()) == 0 {
		t.Error("everything was skipped without a word")
	}
}

// TestSkipWithCutFamily skips parts of a family that several units share.
func TestSkipWithCutFamily(t *testing.T) {
	r := cutFamily(t)
	want := r.objects()
	s := r.open(Options{Held: 1})
	for hex := range want {
		if units := s.UnitsExcept(func(id ID) bool { return id.String() != hex }); len(units) != 1 || units[0].Objects() != 1 {
			t.Fatalf("%d units for one object", len(units))
		}
	}
	for odd := range byte(2) {
		got := collectUnits(t, s, s.UnitsExcept(func(id ID) bool { return id.hash[3]&1 == odd }), true)
		for hex := range want {
			if id, _ := ParseID(hex); (id.hash[3]&1 == odd) == (got.objects[hex].Data != nil) {
				t.Errorf("%s: skipped and there, or neither", hex)
			}
		}
		if len(got.damage) > 0 {
			t.Errorf("damage: %v", got.damage)
		}
	}
}

// TestBaseIsNotTold has bases that are of no use to a consumer: in another
// pack, not sound, read from another place.
func TestBaseIsNotTold(t *testing.T) {
	base, id := []byte(strings.Repeat("base ", 20)), Hash(Blob, []byte(strings.Repeat("base ", 20)))
	var h handPack
	h.add(Hash(Blob, []byte("lie")), byte(Blob), nil, base) // not its id
	h.add(id, kindOffset, []byte{byte(h.Len() - int(h.offs[0]))}, copyAll(100))
	s := h.open(t, Options{})
	got := collect(t, s, true)
	if len(got.objects) != 1 || len(got.damage) != 1 || got.deltas != 0 || got.objects[id.String()].Depth != 0 {
		t.Errorf("%d objects, %d deltas, damage %v", len(got.objects), got.deltas, got.damage)
	}
	// With a sound copy elsewhere that one is the base's content, not its entry.
	var sound handPack
	sound.add(id, byte(Blob), nil, base)
	sound.add(Hash(Blob, base[:50]), kindRef, id.Bytes(), []byte{100, 50, 0x90, 50})
	s = sound.open(t, Options{})
	if got := collect(t, s, true); got.deltas != 1 {
		t.Errorf("%d deltas", got.deltas)
	}
	path := filepath.Join(s.dirs[0], "pack/pack-hand.pack")
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	data[packHead+5] ^= 1
	replace(t, path, data)
	src, end := deflated(t, append([]byte("blob 100\x00"), base...), 6)
	put(t, s.dirs[0], id.String()[:2]+"/"+id.String()[2:], string(src[:end]))
	s, err = Open(filepath.Dir(s.dirs[0]))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	got = collect(t, s, true)
	if o := got.objects[Hash(Blob, base[:50]).String()]; len(got.objects) != 2 || !bytes.Equal(o.Data, base[:50]) || o.Depth != 1 {
		t.Errorf("%d objects, depth %d, damage %v", len(got.objects), o.Depth, got.damage)
	}
}

// TestBaseChangesUnderWay damages a base after it was yielded and dropped. Its
// other copy serves, but what is built on it does not name it as base.
func TestBaseChangesUnderWay(t *testing.T) {
	base := []byte(strings.Repeat("base ", 20))
	id, one := Hash(Blob, base), Hash(Blob, base[:60])
	var h handPack
	h.add(id, byte(Blob), nil, base)
	h.add(one, kindRef, id.Bytes(), []byte{100, 60, 0x90, 60})
	h.add(Hash(Blob, base[:30]), kindRef, one.Bytes(), []byte{60, 30, 0x90, 30})
	last := Hash(Blob, base[5:])
	h.add(last, kindRef, id.Bytes(), []byte{100, 95, 0x91, 5, 95})
	s := h.open(t, Options{Held: 1})
	src, end := deflated(t, append([]byte("blob 100\x00"), base...), 6)
	put(t, s.dirs[0], id.String()[:2]+"/"+id.String()[2:], string(src[:end]))
	f, err := os.OpenFile(filepath.Join(s.dirs[0], "pack/pack-hand.pack"), os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for _, u := range s.Units() {
		n := 0
		for o, err := range s.NewReader().Objects(u, anyType) {
			if err != nil {
				t.Fatal(err)
			}
			if n++; n == 3 {
				f.WriteAt([]byte("garbage"), packHead+4)
			}
			if o.ID == last && (n != 4 || !o.Base.IsZero() || o.Depth != 1 || !bytes.Equal(o.Data, base[5:])) {
				t.Errorf("object %d: base %v, depth %d, %q", n, o.Base, o.Depth, o.Data)
			}
		}
		if n != 4 {
			t.Errorf("%d objects", n)
		}
	}
}

// TestDeltaBecomesWhole puts the object itself where its delta was.
func TestDeltaBecomesWhole(t *testing.T) {
	base := []byte(strings.Repeat("base ", 20))
	id, one := Hash(Blob, base), Hash(Blob, base[:60])
	var h, other handPack
	h.add(id, byte(Blob), nil, base)
	h.add(Hash(Blob, base[:30]), kindRef, id.Bytes(), []byte{100, 30, 0x90, 30})
	h.add(one, kindRef, id.Bytes(), []byte{100, 60, 0x90, 60})
	other.add(one, byte(Blob), nil, base[:60])
	s := h.open(t, Options{})
	units := s.Units()
	f, err := os.OpenFile(filepath.Join(s.dirs[0], "pack/pack-hand.pack"), os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	f.WriteAt(other.Bytes()[packHead:], int64(h.offs[2]))
	if got := collectUnits(t, s, units, false); len(got.objects) != 3 || got.deltas != 1 {
		t.Errorf("%d objects, %d deltas, damage %v", len(got.objects), got.deltas, got.damage)
	}
}

// TestManyCopies: a delta of more copies than are told gives a whole object.
func TestManyCopies(t *testing.T) {
	base := []byte("ab")
	for _, n := range []int{maxCopies, maxCopies + 1} {
		var d edits
		ops := bytes.Repeat([]byte{0x91, 1, 1}, n) // the second byte, n times
		dst := make([]byte, n)
		if err := applyDelta(dst, base, ops, &d); err != nil {
			t.Fatal(err)
		}
		if whole := n > maxCopies; d.whole != whole || whole && !slices.Equal(d.fresh, []Span{{0, n}}) || len(d.copies) > n {
			t.Errorf("%d copies: whole %v, %d copies, %d spans", n, d.whole, len(d.copies), len(d.fresh))
		}
	}
}
