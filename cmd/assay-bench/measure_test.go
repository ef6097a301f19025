package main

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestMedian(t *testing.T) {
	for _, test := range []struct {
		in   []int64
		want int64
	}{
		{nil, 0},
		{[]int64{7}, 7},
		{[]int64{9, 1}, 5},
		{[]int64{5, 1, 100}, 5},
		{[]int64{4, 1, 3, 2}, 2},
		{[]int64{1 << 62, 1<<62 + 2}, 1<<62 + 1}, // their sum does not fit
	} {
		given := slices.Clone(test.in)
		if got := median(test.in); got != test.want {
			t.Errorf("median(%v) = %d, want %d", test.in, got, test.want)
		}
		if !slices.Equal(given, test.in) {
			t.Errorf("median changed its argument to %v", test.in)
		}
	}
}

func TestMedianLeavesHalfOnEachSide(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOfN(rapid.Int64Range(0, 1000), 1, 50).Draw(t, "values")
		m := median(values)
		var below, above int
		for _, v := range values {
			if v < m {
				below++
			}
			if v > m {
				above++
			}
		}
		if below > len(values)/2 || above > len(values)/2 {
			t.Fatalf("median %d of %v has %d below and %d above", m, values, below, above)
		}
	})
}

func TestRowRunsSlowContendersOnce(t *testing.T) {
	var r row
	r.add(usage{CPU: 40 * time.Second, Wall: 50 * time.Second}, scan{Findings: 3, Spots: make([]spot, 5)}, nil)
	if !r.done(1, 30*time.Second) {
		t.Error("a contender that took 40 s runs again under a limit of 30 s")
	}
	if r.done(1, 60*time.Second) || r.done(1, 0) {
		t.Error("a contender under the limit, or without one, does not run again")
	}
	r.settle()
	if r.Runs != 1 || r.CPU != 40*time.Second || r.Findings != 3 || r.Places != 5 {
		t.Errorf("row %+v", r)
	}
}

func TestRowTellsWhenRunsDiffer(t *testing.T) {
	var r row
	r.add(usage{}, scan{Findings: 3}, nil)
	r.add(usage{}, scan{Findings: 4}, nil)
	if !strings.Contains(r.Note, "3, 4") {
		t.Errorf("note %q does not tell that 3 and 4 findings were reported", r.Note)
	}
}

func TestRatio(t *testing.T) {
	for _, test := range []struct {
		a, b int64
		want string
	}{{1, 2, "0.50"}, {300, 2, "150"}, {0, 2, "-"}, {2, 0, "-"}, {25, 2, "12.5"}, {1, 100, "0.0100"}} {
		if got := ratio(test.a, test.b); got != test.want {
			t.Errorf("ratio(%d, %d) = %q, want %q", test.a, test.b, got, test.want)
		}
	}
}

func TestTableAligns(t *testing.T) {
	var out strings.Builder
	if err := (table{{"", "a", "long"}, {"first", "x"}, {"é", "10", "1"}}).write(&out); err != nil {
		t.Fatal(err)
	}
	want := "          a  long\n  first   x\n  é      10     1\n"
	if out.String() != want {
		t.Errorf("got\n%q, want\n%q", out.String(), want)
	}
}

func TestResultComparesWithItsFirstRowThatRan(t *testing.T) {
	r := newResult("folder", place{corpus: corpus{Name: "x"}}, []row{
		{Tool: "assay", Note: "failed: exit status 2"},
		{Tool: "rg", Runs: 1, CPU: 2 * time.Second, Wall: time.Second},
		{Tool: "read", Runs: 1, CPU: time.Second, Wall: time.Second},
	})
	if r.Reference != "rg" || len(r.Ratios) != 1 || r.Ratios[0] != (ratios{"read", 2, 1}) {
		t.Errorf("reference %q, ratios %v", r.Reference, r.Ratios)
	}
	if !r.failed() {
		t.Error("a failed contender is not told")
	}
	var out strings.Builder
	if err := r.write(&out); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out.String(), "assay: failed: exit status 2") {
		t.Errorf("the table does not say why assay failed:\n%s", out.String())
	}
}

// TestMain lets the test binary stand in for a program that is measured.
func TestMain(m *testing.M) {
	switch os.Getenv("BENCH_TEST_PROGRAM") {
	case "gitleaks":
		os.Stderr.WriteString("starting\n")
		os.WriteFile(os.Args[1], []byte(`[{"RuleID":"r","File":"f","StartLine":2,"EndLine":2}]`), 0o600)
		os.Exit(0)
	case "broken":
		os.Stderr.WriteString("first line\nno such folder\n")
		os.Exit(4)
	}
	os.Exit(m.Run())
}

func testProgram(t *testing.T, behaviour string) contender {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return contender{
		Name: behaviour, env: []string{"BENCH_TEST_PROGRAM=" + behaviour}, report: reportFile, read: readGitleaks,
		args: func(scratch string) []string { return []string{self, filepath.Join(scratch, reportFile)} },
	}
}

func TestInterleave(t *testing.T) {
	rows, err := interleave(t.Context(), schedule{Rounds: 3, Watch: time.Millisecond}, []contender{testProgram(t, "gitleaks"), testProgram(t, "broken")})
	if err != nil {
		t.Fatal(err)
	}
	if r := rows[0]; r.Runs != 3 || r.Findings != 1 || r.Wall <= 0 || r.CPU <= 0 || r.Note != "" {
		t.Errorf("program that works: %+v", r)
	}
	if r := rows[1]; r.Runs != 0 || !strings.HasPrefix(r.Note, "failed: ") || !strings.HasSuffix(r.Note, "no such folder") {
		t.Errorf("program that fails: %+v", r)
	}
}

func TestInterleaveEndsWhenCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := interleave(ctx, schedule{Rounds: 1}, []contender{testProgram(t, "gitleaks")}); err != context.Canceled {
		t.Errorf("error %v, want %v", err, context.Canceled)
	}
}

func TestProgramsGetNoGitVariables(t *testing.T) {
	t.Setenv("GIT_DIR", "/elsewhere")
	t.Setenv("GITLEAKS_CONFIG", "/elsewhere")
	for _, v := range cleanEnv("/home/x") {
		if strings.HasPrefix(v, "GIT_DIR=") || strings.HasPrefix(v, "GITLEAKS_") {
			t.Errorf("%s is handed on", v)
		}
	}
	for _, v := range goEnv() {
		if strings.HasPrefix(v, "GIT_") {
			t.Errorf("%s is handed to the Go command", v)
		}
	}
}
