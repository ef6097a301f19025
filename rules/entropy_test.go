package rules

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestRelativeEntropy(t *testing.T) {
	for value, want := range map[string]float64{
		"": 0, "a": 0, "aaaaaaaa": 0, "abcdefgh": 1, "0123456789": 1, "aabb": 0.5,
		strings.Repeat("0123456789abcdef", 4): 1,
	} {
		if got := relativeEntropy([]byte(value)); math.Abs(got-want) > 1e-9 {
			t.Errorf("relativeEntropy(%q) = %v, want %v", value, got, want)
		}
	}
}

func TestRelativeEntropyIsRelative(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		value := rapid.SliceOf(rapid.Byte()).Draw(t, "value")
		if e := relativeEntropy(value); e < 0 || e > 1 || math.IsNaN(e) {
			t.Fatalf("relativeEntropy(%q) = %v", value, e)
		}
	})
}

// Random letters and words are far apart.
func TestReadWords(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	unreadable := 0
	const rounds = 2000
	for range rounds {
		value := make([]byte, 10)
		for i := range value {
			value[i] = byte('a' + rng.IntN(26))
		}
		if readWords(value).readable == 0 {
			unreadable++
		}
	}
	if unreadable < rounds*95/100 {
		t.Errorf("%d of %d random words are unreadable, want 95 %%", unreadable, rounds)
	}
	words := strings.Fields("password secret background connection example monkey dragon football sunshine princess summer winter autumn spring company " +
		"manager authentication database request response identifier customer payment invoice welcome")
	for _, w := range words {
		if r := readWords([]byte(w)); r.readable != len(w) {
			t.Errorf("%q is not readable: %+v", w, r)
		}
	}
}

func TestTrigramsShape(t *testing.T) {
	if len(trigrams) != 27*27*trigramLine {
		t.Fatalf("trigrams.txt has %d bytes", len(trigrams))
	}
	for a := range 27 {
		for b := range 27 {
			for c := range 27 {
				if h := halfBits(a, b, c); h < 0 || h > 35 {
					t.Fatalf("halfBits(%d, %d, %d) = %d", a, b, c, h)
				}
			}
		}
	}
}
