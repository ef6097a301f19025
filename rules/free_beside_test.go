package rules

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// Nearness is what comparing each with each says, also with bounds beyond the text.
func TestNearIsPairwise(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		spot := rapid.Custom(func(t *rapid.T) spotAt {
			return spotAt{rapid.IntRange(0, 6).Draw(t, "line"), rapid.IntRange(0, 6).Draw(t, "column")}
		})
		bound := rapid.Ptr(rapid.IntRange(-1, 7), true)
		places, others := rapid.SliceOf(spot).Draw(t, "places"), rapid.SliceOf(spot).Draw(t, "others")
		n := Need{Lines: bound.Draw(t, "lines"), Columns: bound.Draw(t, "columns")}
		got := n.near(places, others)
		for i, p := range places {
			want := false
			for _, o := range others {
				lines, columns := max(p.line-o.line, o.line-p.line), max(p.column-o.column, o.column-p.column)
				want = want || (n.Lines == nil || lines <= *n.Lines) && (n.Columns == nil || columns <= *n.Columns)
			}
			if got[i] != want {
				t.Fatalf("%v beside %v: %v", p, others, got[i])
			}
		}
	})
}

// A line with very many matches is judged in a time that grows with them, and not
// with their square: this took hours.
func TestManyOnOneLine(t *testing.T) {
	const many = 20_000
	g, err := ParseGitleaks("x.toml", []byte(`
[[rules]]
id = "generic-a"
regex = '''aaa[0-9]{5}'''
[[rules]]
id = "b"
regex = '''bbb[0-9]{5}'''
[[rules]]
id = "both"
regex = '''=(aaa[0-9]{5})'''
[[rules]]
id = "c"
regex = '''ccc[0-9]{5}'''
[[rules.required]]
id = "b"
withinLines = 1
withinColumns = 9
`), nil)
	if err != nil {
		t.Fatal(err)
	}
	set, err := Compile(g.Rules)
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	for i := range many {
		fmt.Fprintf(&text, "aaa%05d bbb%05d ccc%05d ", i, i, i)
	}
	text.WriteString("=aaa99999")
	found := map[string]int{}
	for _, m := range set.Find(nil, []byte(text.String())) {
		found[m.Rule.ID]++
	}
	want := map[string]int{"generic-a": many, "b": many, "both": 1, "c": many}
	for id, n := range want {
		if found[id] != n {
			t.Errorf("%s: %d of %d", id, found[id], n)
		}
	}
}
