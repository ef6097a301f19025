package rules

import (
	"bytes"
	"cmp"
	"math/rand/v2"
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
	rule  int
}

func fileAll(all []testLiteral) *literals {
	var l literals
	index := newIndexer(&l)
	for _, t := range all {
		index.count(t.text)
	}
	for _, t := range all {
		index.add(t.text, t.exact, t.rule)
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
	for _, l := range all {
		where, text := folded, foldASCII(l.text)
		if l.exact {
			where, text = data, l.text
		}
		for _, i := range occurrences(where, []byte(text)) {
			hits = append(hits, ruleHit{i, i + len(text), l.rule})
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
	all := []testLiteral{
		{"ghp_", true, 0}, {"ghp", false, 1}, {"key", false, 2}, {"SG.", true, 3},
		{"abcabc", false, 4}, {"aaaa", false, 5}, {"password", false, 6}, {"word", false, 7},
	}
	for _, text := range []string{
		"", "k", "ke", "key", "KEY", "kEy=", "x key", "ghp_", "GHP_", "Ghp_ghp_", "SG.", "sg.", "abcabcabc", "ABCabcABC", "aaaaaaa", "AaAaA",
		"password", "passWORD!", "pass\x00word", "\x0bey", "kEY" + strings.Repeat("-", 9) + "key", "ſkey", "Key",
	} {
		for pad := range 2 * blockSize {
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
		return testLiteral{rapid.StringOfN(letters, minLiteral, 7, 12).Filter(longEnough).Draw(t, "literal"), rapid.Bool().Draw(t, "exact"), rapid.IntRange(0, 9).Draw(t, "rule")}
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
		compareHits(t, []testLiteral{{a, exact, 0}, {b, !exact, 1}, {c, exact, 2}, {a, !exact, 3}}, data)
	})
}

// Text made of the literals of the built-in rules and of pieces of them, of every
// length up to two blocks and around a whole chunk.
func TestLiteralsLengths(t *testing.T) {
	set, all := compileBuiltin(t), builtinLiterals(t)
	lengths := make([]int, 0, 4*blockSize)
	for n := range 2*blockSize + 1 {
		lengths = append(lengths, n, chunk-blockSize/2+n)
	}
	random := rand.New(rand.NewPCG(1, 2))
	for _, n := range lengths {
		for range 4 {
			data := literalText(random, all, n)
			if diff := gocmp.Diff(slowHits(all, data), set.literals.ruleHits(data), gocmp.AllowUnexported(ruleHit{})); diff != "" {
				t.Fatalf("in %q:\n%s", data, diff)
			}
		}
	}
}

// builtinLiterals returns the literals of the built-in rules by rule; a rule has
// a place of its own for each of them, as find reports.
func builtinLiterals(t testing.TB) []testLiteral {
	var all []testLiteral
	set := compileBuiltin(t)
	for i := range set.rules {
		for _, p := range set.rules[i].Prefixes {
			all = append(all, testLiteral{p, true, i})
		}
		for _, k := range set.rules[i].Keywords {
			all = append(all, testLiteral{k, false, i})
		}
	}
	return all
}

// literalText returns n bytes made of literals in both cases, what is left when
// they are cut, and other bytes.
func literalText(random *rand.Rand, all []testLiteral, n int) []byte {
	var data []byte
	for len(data) < n {
		text := all[random.IntN(len(all))].text
		switch random.IntN(5) {
		case 0:
			text = strings.ToUpper(text)
		case 1:
			text = text[random.IntN(len(text)):]
		case 2:
			text = text[:random.IntN(len(text))]
		case 3:
			text = string([]byte{byte(random.IntN(256)), ' '})
		}
		data = append(data, text...)
	}
	return data[len(data)-n:]
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
