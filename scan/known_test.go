package scan

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/assayhq/assay/scan/object"
)

// drawIDs draws objects; few bytes of them differ, so that they lie close.
func drawIDs(t *rapid.T, label string) (ids []object.ID) {
	for _, b := range rapid.SliceOfN(rapid.Uint16(), 0, 60).Draw(t, label) {
		bytes := make([]byte, 20)
		bytes[0], bytes[1], bytes[15] = byte(b&3), byte(b>>2&3), byte(b>>4)&^markType
		id, err := object.FromBytes(bytes)
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, id)
	}
	return ids
}

func (l markList) ascends() bool {
	for i := 1; i < l.len(); i++ {
		if l.at(i-1).compare(l.at(i)) >= 0 {
			return false
		}
	}
	return true
}

func marksOf(ids []object.ID) (marks []mark) {
	for _, id := range ids {
		marks = append(marks, markOf(id, object.Blob))
	}
	return marks
}

func TestMarks(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		known := drawIDs(t, "known")
		some := marksOf(known)
		cut := rapid.IntRange(0, len(some)).Draw(t, "cut")
		list := sorted([][]mark{some[:cut], some[cut:]})
		if !list.ascends() {
			t.Fatal("not in order")
		}
		at := cursor{list: list}
		for _, pack := range []string{"first", "second"} {
			asked := append(drawIDs(t, pack), known...)
			slices.SortFunc(asked, object.ID.Compare)
			for _, id := range asked {
				i, ok := at.find(id)
				k, there := list.find(id)
				if want := slices.Contains(known, id); ok != want || there != want || i != k {
					t.Fatalf("%s: at %d %t, at %d %t, want %t", id, i, ok, k, there, want)
				}
				if ok && list.at(i).object() != object.Blob {
					t.Fatalf("it is a %s", list.at(i).object())
				}
			}
		}
	})
}

func TestMarksMerged(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		was, is := drawIDs(t, "old"), drawIDs(t, "new")
		old := sorted([][]mark{marksOf(was)})
		seen := make([]bool, old.len())
		want := map[object.ID]bool{}
		for i := range seen {
			seen[i] = rapid.Bool().Draw(t, "seen")
		}
		for _, id := range was {
			if i, _ := old.find(id); seen[i] {
				want[id] = true
			}
		}
		for _, id := range is {
			want[id] = true
		}
		got := merged(old, seen, sorted([][]mark{marksOf(is)}))
		if !got.ascends() || got.len() != len(want) {
			t.Fatalf("%d marks, want %d", got.len(), len(want))
		}
		for id := range want {
			if _, ok := got.find(id); !ok {
				t.Fatalf("%s is missing", id)
			}
		}
	})
}
