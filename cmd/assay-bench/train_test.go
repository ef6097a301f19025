package main

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/assayhq/assay/rules"
)

// drawLessons makes values of which long and uneven ones are true: no single
// trait tells them.
func drawLessons(seed uint64, n int) []lesson {
	rng := rand.New(rand.NewPCG(seed, 0))
	all := make([]lesson, n)
	for i := range all {
		a, b := int16(rng.IntN(40)), int16(rng.IntN(1000))
		all[i].Traits[0], all[i].Traits[7] = a, b
		all[i].truth, all[i].weight = a > 20 && b < 500, 16
	}
	return all
}

var testTrainer = trainer{trees: 30, leaves: 6, rate: 200, least: 16, damping: 1}

// What training writes is a model that tells what it has not seen, and the same
// every time.
func TestGrow(t *testing.T) {
	learnt := drawLessons(1, 2000)
	text := testTrainer.grow(learnt).text(&training{Low: -3000}, "figures\nand more\n")
	if again := testTrainer.grow(drawLessons(1, 2000)).text(&training{Low: -3000}, "figures\nand more\n"); again != text {
		t.Error("trained twice, two models")
	}
	if !strings.Contains(text, "\n# figures\n# and more\n") {
		t.Error("the figures are missing")
	}
	m, err := rules.ParseModel(text)
	if err != nil {
		t.Fatal(err)
	}
	wrong := 0
	for _, l := range drawLessons(2, 1000) {
		if m.Probability(&l.Traits) > 0.5 != l.truth {
			wrong++
		}
	}
	if wrong > 20 {
		t.Errorf("%d of 1000 wrong", wrong)
	}
}

// A trait that is ignored decides nothing.
func TestGrowIgnores(t *testing.T) {
	tr := testTrainer
	tr.ignored = []string{rules.Trait(7).String()}
	for _, line := range strings.Split(tr.grow(drawLessons(1, 500)).text(&training{}, ""), "\n") {
		if strings.HasPrefix(line, rules.Trait(7).String()+" ") {
			t.Fatal(line)
		}
	}
}

// Groups of one part are about as rich as those of another.
func TestSpread(t *testing.T) {
	var files []*lessonFile
	for i, n := range []int{8, 5, 7, 6, 0} {
		f := &lessonFile{group: string(rune('a' + i))}
		for range n {
			f.units = append(f.units, &unit{label: 'T'})
		}
		files = append(files, f)
	}
	got := spread(files)
	for group, want := range map[string]int{"a": 0, "c": 1, "d": 2, "b": 3, "e": 4} {
		if got[group] != want {
			t.Errorf("group %s is number %d, want %d", group, got[group], want)
		}
	}
}

func TestLessonLines(t *testing.T) {
	f := newLessonFile("x", []byte("a\nbc\n\nd"))
	for offset, want := range map[int]int{0: 1, 1: 1, 2: 2, 4: 2, 5: 3, 6: 4} {
		if got := f.line(offset); got != want {
			t.Errorf("offset %d is on line %d, want %d", offset, got, want)
		}
	}
}
