package rules

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// A testLiteral is what a rule of the tests is filed under.
type testLiteral struct {
	text  string
	exact bool
}

func fileAll(all []testLiteral) *literals {
	var l literals
	index := newIndexer(&l)
	for i, t := range all {
		index.add(t.text, t.exact, i)
	}
	return &l
}

// A ruleHit is a place where a literal of a rule stands.
type ruleHit struct{ start, end, rule int }

func (l *literals) ruleHits(data []byte) []ruleHit {
	var all []ruleHit
	for _, h := range l.find(nil, data) {
		for _, r := range l.entries[h.entry].rules {
			all = append(all, ruleHit{h.start, h.end, r})
		}
	}
	return sortHits(all)
}

func sortHits(all []ruleHit) []ruleHit {
	slices.SortFunc(all, func(a, b ruleHit) int { return cmp.Or(a.start-b.start, a.end-b.end, a.rule-b.rule) })
	return all
}

// lowerASCII folds the letters that keywords fold, and no others.
func lowerASCII(data []byte) []byte {
	out := bytes.Clone(data)
	for i, c := range out {
		out[i] = lower(c)
	}
	return out
}

// occurrences returns the offsets of text in data, overlapping ones too.
func occurrences(data, text []byte) []int {
	var all []int
	for i := 0; ; i++ {
		n := bytes.Index(data[i:], text)
		if n < 0 {
			return all
		}
		i += n
		all = append(all, i)
	}
}

// slowHits is what ruleHits must return.
func slowHits(all []testLiteral, data []byte) []ruleHit {
	folded := lowerASCII(data)
	var hits []ruleHit
	for r, l := range all {
		where, text := folded, foldASCII(l.text)
		if l.exact {
			where, text = data, l.text
		}
		for _, i := range occurrences(where, []byte(text)) {
			hits = append(hits, ruleHit{i, i + len(text), r})
		}
	}
	return sortHits(hits)
}

func compareHits(t interface{ Fatalf(string, ...any) }, all []testLiteral, data []byte) {
	if diff := gocmp.Diff(slowHits(all, data), fileAll(all).ruleHits(data), gocmp.AllowUnexported(ruleHit{})); diff != "" {
		t.Fatalf("%v in %q:\n%s", all, data, diff)
	}
}

func TestLiterals(t *testing.T) {
	all := []testLiteral{{"ghp_", true}, {"gh", false}, {"key", false}, {"SG.", true}, {"abcabc", false}, {"aaaa", false}, {"password", false}, {"word", false}}
	all[1].text = "ghp" // three bytes, any case
	for _, text := range []string{
		"", "k", "ke", "key", "KEY", "kEy=", "x key", "ghp_", "GHP_", "Ghp_ghp_", "SG.", "sg.", "abcabcabc", "ABCabcABC", "aaaaaaa", "AaAaA",
		"password", "passWORD!", "pass\x00word", "\x0bey", "kEY" + strings.Repeat("-", 9) + "key", "ſkey", "Key",
	} {
		for pad := range 9 {
			compareHits(t, all, []byte(strings.Repeat(" ", pad)+text))
			compareHits(t, all, []byte(strings.Repeat(" ", pad)+text+" "))
		}
	}
}

// Random literals of few letters overlap each other and their own repetition;
// the text holds them in all cases and at both ends.
func TestLiteralsRandom(t *testing.T) {
	letters := rapid.SampledFrom([]rune("abAB_.é1"))
	literal := rapid.Custom(func(t *rapid.T) testLiteral {
		return testLiteral{rapid.StringOfN(letters, minLiteral, 7, 12).Filter(longEnough).Draw(t, "literal"), rapid.Bool().Draw(t, "exact")}
	})
	rapid.Check(t, func(t *rapid.T) {
		all := rapid.SliceOfN(literal, 1, 8).Draw(t, "literals")
		parts := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) string {
			text := rapid.SampledFrom(all).Draw(t, "which").text
			switch rapid.IntRange(0, 4).Draw(t, "how") {
			case 0:
				return strings.ToUpper(text)
			case 1:
				return strings.ToLower(text)
			case 2:
				return text[:rapid.IntRange(0, len(text)).Draw(t, "cut")]
			case 3:
				return rapid.StringOfN(letters, 0, 5, -1).Draw(t, "noise")
			}
			return text
		}), 0, 8).Draw(t, "text")
		compareHits(t, all, []byte(strings.Join(parts, "")))
	})
}

func longEnough(s string) bool { return len(s) >= minLiteral && len(s) <= maxLiteral }

func FuzzLiterals(f *testing.F) {
	f.Add([]byte("xKEYx"), "key", "KEY", "keyx", true)
	f.Add([]byte("aaaaaaaa"), "aaa", "aaaa", "aAaA", false)
	f.Add([]byte("A\xe8\x03"), "A\xe8\x03", "é1", "000", false)
	f.Add([]byte("\x00 @`"), "\x00 @", "   ", "@@@@", false)
	f.Fuzz(func(t *testing.T, data []byte, a, b, c string, exact bool) {
		if !longEnough(a) || !longEnough(b) || !longEnough(c) {
			t.Skip()
		}
		compareHits(t, []testLiteral{{a, exact}, {b, !exact}, {c, exact}, {a, !exact}}, data)
	})
}

// Every literal of the built-in rules is found in every place of a text.
func TestLiteralsBuiltin(t *testing.T) {
	set := compileBuiltin(t)
	for i := range set.rules {
		for _, text := range slices.Concat(set.rules[i].Prefixes, set.rules[i].Keywords) {
			for pad := range 5 {
				data := []byte(strings.Repeat("-", pad) + text)
				want := ruleHit{pad, pad + len(text), i}
				if !slices.Contains(set.literals.ruleHits(data), want) {
					t.Errorf("%s: %q is not found at %d", set.rules[i].ID, text, pad)
				}
			}
		}
	}
}

func BenchmarkLiterals(b *testing.B) {
	set := compileBuiltin(b)
	line := "\tif err := client.Do(ctx, request); err != nil { return fmt.Errorf(\"%s: %w\", name, err) }\n"
	var text []byte
	for i := range 1000 {
		text = fmt.Appendf(text, "%s// %d\n", line, i)
	}
	b.SetBytes(int64(len(text)))
	var hits []hit
	for b.Loop() {
		hits = set.literals.find(hits[:0], text)
	}
}
