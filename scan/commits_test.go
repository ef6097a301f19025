package scan

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/assayhq/assay/scan/object"
)

// Names are held for all commits, and bounded; none is cut in the middle of a word.
func TestLongNames(t *testing.T) {
	secret := token(t, 3)
	for _, c := range []struct{ name, want string }{
		{"Ann", "Ann <a@b>"},
		{strings.Repeat("x", 5<<20), "... <a@b>"},
		{strings.Repeat("word ", 100) + secret, strings.Repeat("word ", 99) + "word... <a@b>"},
	} {
		data := "tree " + strings.Repeat("1", 40) + "\nauthor " + c.name + " <a@b> 1700000000 +0000\n\nm\n"
		before := strings.Clone(data)
		var list commits
		if err := list.add(object.Hash(object.Commit, []byte(data)), []byte(data)); err != nil {
			t.Fatal(err)
		}
		if got := list.list[0].author; got != c.want || data != before {
			t.Errorf("%.600q", got)
		}
	}
}

// Parents come before their children, whatever their dates; of those that could
// come next the oldest does.
func TestCommitsSort(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var list []commit
		for i := range rapid.IntRange(1, 20).Draw(t, "commits") {
			c := commit{id: object.Hash(object.Commit, fmt.Append(nil, i)), when: rapid.Int64Range(0, 10).Draw(t, "when")}
			for _, p := range rapid.SliceOfN(rapid.IntRange(0, max(0, i-1)), 0, min(i, 3)).Draw(t, "parents") {
				c.parents = append(c.parents, list[p].id)
			}
			if rapid.Bool().Draw(t, "missing") {
				c.parents = append(c.parents, object.Hash(object.Commit, nil))
			}
			list = append(list, c)
		}
		all := commits{list: rapid.Permutation(list).Draw(t, "order")}
		all.sort()
		var got, want []string
		for i, c := range all.list {
			if n, ok := all.number(c.id); !ok || n != i {
				t.Fatalf("commit %d has number %d, %v", i, n, ok)
			}
			got = append(got, c.id.String())
		}
		for _, c := range slowOrder(list) {
			want = append(want, c.id.String())
		}
		if !slices.Equal(got, want) {
			t.Fatalf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	})
}

// slowOrder takes again and again the oldest commit whose parents are all taken.
func slowOrder(list []commit) (order []commit) {
	left := slices.Clone(list)
	waits := func(c commit) bool {
		return slices.ContainsFunc(left, func(l commit) bool { return slices.Contains(c.parents, l.id) })
	}
	for len(left) > 0 {
		next := -1
		for i, c := range left {
			if !waits(c) && (next < 0 || c.when < left[next].when || c.when == left[next].when && c.id.Compare(left[next].id) < 0) {
				next = i
			}
		}
		order = append(order, left[next])
		left = slices.Delete(left, next, next+1)
	}
	return order
}

// A cycle, which takes forged ids, is cut and not walked for ever.
func TestCommitsCycle(t *testing.T) {
	a, b, c := object.Hash(object.Commit, []byte("a")), object.Hash(object.Commit, []byte("b")), object.Hash(object.Commit, []byte("c"))
	all := commits{list: []commit{
		{id: a, parents: []object.ID{b}, when: 2}, {id: b, parents: []object.ID{a, b}, when: 1}, {id: c, parents: []object.ID{a}, when: 3},
	}}
	all.sort()
	if len(all.list) != 3 || all.list[0].id != b || all.list[1].id != a || all.list[2].id != c {
		t.Errorf("order %v", all.list)
	}
}
