package audit

import (
	"bytes"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// What is added comes back sorted by key, equal keys in the order in which they
// came, however many runs it was cut into.
func TestRunsAreSorted(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var r runs
		var want []entry
		for i, key := range rapid.SliceOf(rapid.SliceOfN(rapid.ByteRange('a', 'c'), 0, 3)).Draw(t, "keys") {
			e := entry{key, bytes.Repeat([]byte{byte(i)}, i%5)}
			want = append(want, e)
			if err := r.add(e.key, e.text); err != nil {
				t.Fatal(err)
			}
			if rapid.Bool().Draw(t, "seal") {
				if err := r.seal(); err != nil {
					t.Fatal(err)
				}
			}
		}
		slices.SortStableFunc(want, func(a, b entry) int { return bytes.Compare(a.key, b.key) })
		for range 2 { // it can be read again
			var got []entry
			for e, err := range r.all() {
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, e)
			}
			if !slices.EqualFunc(got, want, func(a, b entry) bool { return bytes.Equal(a.key, b.key) && bytes.Equal(a.text, b.text) }) {
				t.Fatalf("got %v, want %v", got, want)
			}
		}
	})
}
