package rules

import (
	"bytes"
	"testing"

	"pgregory.net/rapid"
)

// Both forms of the search find the same run, wherever it begins and ends.
func TestFirstRun(t *testing.T) {
	needVector(t)
	rapid.Check(t, func(t *rapid.T) {
		var data []byte
		for len(data) < vectorRun {
			gap := rapid.SliceOfN(rapid.Byte(), 0, 3).Draw(t, "gap")
			run := bytes.Repeat([]byte{"azAZ09+/-_"[rapid.IntRange(0, 9).Draw(t, "digit")]}, rapid.IntRange(0, 60).Draw(t, "run"))
			data = append(append(data, gap...), run...)
		}
		if got, want := runAVX2(&data[0], len(data)), firstRunGo(data); got != want {
			t.Fatalf("%q: %d in vectors, %d in Go", data, got, want)
		}
	})
	all := bytes.Repeat([]byte{' '}, vectorRun)
	for b := range 256 {
		for i := range least64 {
			all[20+i] = byte(b)
		}
		if got, want := runAVX2(&all[0], len(all)) == 20, digits64[b] != noDigit; got != want {
			t.Errorf("%#x is a digit: %t, not %t", b, got, want)
		}
	}
}
