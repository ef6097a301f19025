package scan

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/assayhq/assay/report"
)

// Where a companion stands is told from near by, and is what counting from the
// beginning tells.
func TestNearIsRegion(t *testing.T) {
	pieces := []string{"a", "é", "\U0001F600", "\n", "\r\n", "\r", "\n\n", "word "}
	rapid.Check(t, func(t *rapid.T) {
		data := []byte(strings.Join(rapid.SliceOfN(rapid.SampledFrom(pieces), 2, 40).Draw(t, "pieces"), ""))
		var cuts []int // between characters and not within a CRLF
		for i := range string(data) {
			if i == 0 || data[i-1] != '\r' || data[i] != '\n' {
				cuts = append(cuts, i)
			}
		}
		cuts = append(cuts, len(data))
		draw := func(name string) int { return rapid.IntRange(0, len(cuts)-1).Draw(t, name) }
		start, other := draw("companion"), draw("credential")
		end := rapid.IntRange(start, len(cuts)-1).Draw(t, "end")
		if cuts[start] < cuts[other] {
			end = min(end, other)
		}
		line, column := rapid.IntRange(1, 9).Draw(t, "line"), rapid.IntRange(1, 9).Draw(t, "column")
		whole := locator{data: data, line: line, column: column}
		want := whole.region(cuts[start], cuts[end])
		at := locator{data: data, line: line, column: column}
		at.seek(cuts[other])
		if got := at.near(cuts[start], cuts[end], column); got != want {
			t.Fatalf("%q: %d to %d from %d: %v, want %v", data, cuts[start], cuts[end], cuts[other], got, want)
		}
	})
}

// An offset brings back the region that it was made of, also after both moved.
func TestOffset(t *testing.T) {
	credential := report.Region{StartLine: 7, StartColumn: 3, EndLine: 7, EndColumn: 9}
	companion := report.Region{StartLine: 4, StartColumn: 20, EndLine: 5, EndColumn: 2}
	o := offsetOf(credential, companion)
	if got := o.from(credential); got != companion {
		t.Errorf("got %v, want %v", got, companion)
	}
	credential.StartLine, credential.EndLine = 107, 107
	companion.StartLine, companion.EndLine = 104, 105
	if got := o.from(credential); got != companion {
		t.Errorf("moved: got %v, want %v", got, companion)
	}
}
