package rules

import (
	"slices"
	"testing"
)

// Every built-in rule makes one finding of its first example and one of its
// companion's on the next line, in either order, and the examples by themselves are
// what they were.
func TestBuiltinPairs(t *testing.T) {
	set := compileBuiltin(t)
	for _, r := range set.Rules() {
		for _, id := range r.Companion.Rules {
			other := set.lookup(id)
			secret, err := r.Expand(r.Examples[0], 3)
			if err != nil {
				t.Fatal(err)
			}
			if r.Companion.Required { // its examples hold both
				if countPairs(set, secret, r.ID) != 1 {
					t.Errorf("%s: its example is no pair", r.ID)
				}
				continue
			}
			key, err := other.Expand(other.Examples[0], 3)
			if err != nil {
				t.Fatal(err)
			}
			for _, text := range []string{key + "\n" + secret, secret + "\n" + key} {
				alone := slices.ContainsFunc(set.Find(nil, []byte(text)), func(m Match) bool { return m.Rule.ID == id && !m.Half() })
				if pairs := countPairs(set, text, r.ID); pairs != 1 || alone {
					t.Errorf("%s with %s: %d pairs, a half alone: %t", r.ID, id, pairs, alone)
				}
			}
			for _, m := range set.Find(nil, []byte(key)) {
				if m.Half() {
					t.Errorf("%s: a half without the other", id)
				}
			}
		}
	}
}

// countPairs returns how many matches of a rule have a companion in a text.
func countPairs(set *Set, text, id string) (n int) {
	for _, m := range set.Find(nil, []byte(text)) {
		if m.Rule.ID == id && m.Beside.Title != "" {
			n++
		}
	}
	return n
}
