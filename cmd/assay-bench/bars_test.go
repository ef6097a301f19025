package main

import (
	"strings"
	"testing"
	"time"
)

// ran is a row of a contender that ran once.
func ran(tool string, cpu, wall time.Duration) row {
	return row{Tool: tool, Runs: 1, CPU: cpu, Wall: wall}
}

func TestHistoryBars(t *testing.T) {
	bars := historyBars([]row{
		ran(assayName, 3*time.Second, 2*time.Second),
		ran(oneWorkerName, 3*time.Second, 4*time.Second),
		ran(gitleaksName, 30*time.Second, 30*time.Second),
		ran(catFileName, 4*time.Second, 4*time.Second),
	})
	want := []bar{
		{What: "CPU assay / git cat-file", Value: 0.75, Limit: 0.6},
		{What: "CPU gitleaks / assay", Value: 10, Limit: 15, Least: true},
		{What: "wall assay / assay with one worker", Value: 0.5, Limit: 0.6, Holds: true},
	}
	if len(bars) != len(want) {
		t.Fatalf("%d bars, want %d", len(bars), len(want))
	}
	for i := range want {
		if bars[i] != want[i] {
			t.Errorf("got %+v, want %+v", bars[i], want[i])
		}
	}
}

func TestBarsAreLeftOutWhereAProgramFailed(t *testing.T) {
	failed := row{Tool: catFileName, Note: "failed: exit status 1"}
	if bars := historyBars([]row{ran(assayName, 1, 1), failed}); bars != nil {
		t.Errorf("bars %+v of a run of git that failed", bars)
	}
	if bars := historyBars([]row{ran(gitleaksName, 1, 1), ran(catFileName, 1, 1)}); bars != nil {
		t.Errorf("bars %+v without assay", bars)
	}
	if bars := incrementalBars([]row{ran(firstRunName, 1, 1)}); bars != nil {
		t.Errorf("bars %+v without a second run", bars)
	}
	if bars := memoryBar([]row{ran(assayName, 1, 1)}); bars != nil {
		t.Errorf("bars %+v of a memory that is not known", bars)
	}
}

func TestBarsHoldAtTheirLimit(t *testing.T) {
	if !most("", 0.6, 0.6).Holds || most("", 0.61, 0.6).Holds || !least("", 15, 15).Holds || least("", 14.9, 15).Holds {
		t.Error("a bar does not hold at its limit, or holds beyond")
	}
}

func TestBarTable(t *testing.T) {
	var out strings.Builder
	r := result{Suite: "x", Corpus: "y", Bars: []bar{most("a", 0.04, 0.05), least("b", 12.5, 15)}}
	if err := r.write(&out); err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{"  a          0.0400  at most 0.05   holds\n", "  b            12.5   at least 15  missed\n"} {
		if !strings.Contains(out.String(), line) {
			t.Errorf("%q is not in\n%s", line, out.String())
		}
	}
}
