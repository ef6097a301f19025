package main

import (
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"
)

// Chances follow what the share of true values is at a score.
func TestCalibrate(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	var all []graded
	for range 20_000 {
		score := int32(rng.IntN(4000) - 2000)
		all = append(all, graded{score, rng.IntN(4000) < int(score)+2000})
	}
	chances := calibrate(all)
	if len(chances) < 20 {
		t.Fatalf("%d chances", len(chances))
	}
	for _, c := range chances {
		want := int64(c.score+2000) / 4
		if got := c.thousandths(); got < want-100 || got > want+100 {
			t.Errorf("at %d it is %d, want about %d", c.score, got, want)
		}
	}
}

// Whatever the values are, chances grow with the score and are those of all values.
func TestCalibrateGrows(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var all []graded
		for range rapid.IntRange(0, 500).Draw(t, "values") {
			all = append(all, graded{int32(rapid.IntRange(-50, 50).Draw(t, "score")), rapid.Bool().Draw(t, "truth")})
		}
		chances, some := calibrate(all), int64(0)
		for i, c := range chances {
			some += c.some
			if i > 0 && (c.score <= chances[i-1].score || c.thousandths() < chances[i-1].thousandths()) {
				t.Fatalf("%v comes after %v", c, chances[i-1])
			}
		}
		if some != int64(len(all)) {
			t.Fatalf("%d values of %d", some, len(all))
		}
	})
}
