package rules

import (
	"regexp"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// What is looked at around literals is what the expression finds in the whole text.
func TestWindowsMissNothing(t *testing.T) {
	patterns := []string{
		`(?i)[\w.-]{0,9}?(?:acme|corp)(?:[ \t]{0,5})(?:=|:){1,2}([a-z0-9]{4,8})(?:[;'"\s]|$)`,
		`\b((?:A3T[A-Z0-9]|AKIA|ASIA)[A-Z2-7]{4})\b`, `xoxb-\d{2,4}-[a-z]*`, `(?m)^key=.+$`, `tok(en)?_[ab]{2}`, `-----BEGIN[\s\S]{3,}?-----`,
		`(?i)pass(?:word|phrase)?=\S+`, `[a-f]{3}\.(?:com|net)/[a-z]+`,
	}
	for _, p := range patterns {
		if h := holdOf(p); len(h.literals) == 0 && p != `-----BEGIN[\s\S]{3,}?-----` {
			t.Errorf("%s: no literals", p)
		}
	}
	piece := rapid.SampledFrom([]string{
		"acme", "ACME = abcd1234;", "corp:abcdefgh", " ", "\n", "AKIAABCD", "A3T9ABCD", "xoxb-12-", "key=", "key=v\n", "tok_ab", "token_ba", "=", "x", "pass=", "Passphrase=1",
		"abc.com/x", "def.net/yz", "-----BEGIN", "-----", "AKIA", "'", "é", "\r\n",
	})
	rapid.Check(t, func(t *rapid.T) {
		var data []byte
		for _, p := range rapid.SliceOfN(piece, 0, 60).Draw(t, "pieces") {
			data = append(data, p...)
		}
		for _, p := range patterns {
			r := Rule{Pattern: p, Free: &Free{}, Origin: "x"}
			r.ID = "acme"
			s, err := Compile([]Rule{r})
			if err != nil {
				t.Fatal(err)
			}
			var want, got [][]int
			for _, loc := range regexp.MustCompile(p).FindAllIndex(data, -1) {
				if k, ok := s.rules[0].take(data, loc[0], loc[1], &lineMemory{}); ok {
					want = append(want, []int{k.Start, k.End})
				}
			}
			for _, m := range s.free.find(data) {
				got = append(got, []int{m.Start, m.End})
			}
			if !slices.EqualFunc(want, got, slices.Equal) {
				t.Fatalf("%s in %q: got %v, want %v", p, data, got, want)
			}
		}
	})
}
