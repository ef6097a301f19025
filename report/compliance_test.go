package report

import (
	"testing"
)

func TestControlIsJudgedByItsChecks(t *testing.T) {
	counts := []CheckCount{
		{"A", 0, 3, 0, 0}, {"B", 1, 2, 0, 0}, {"C", 0, 1, 2, 0}, {"D", 0, 0, 0, 2}, {"E", 0, 0, 0, 0},
	}
	for _, test := range []struct {
		checks []string
		want   Support
	}{
		{nil, SupportNone},
		{[]string{"X"}, SupportNotRun},
		{[]string{"A"}, Supports},
		{[]string{"A", "E"}, Supports},
		{[]string{"E"}, SupportNothing},
		{[]string{"A", "X"}, SupportNotEvaluated},
		{[]string{"A", "C"}, SupportNotEvaluated},
		{[]string{"A", "D"}, SupportSuppressed},
		{[]string{"C", "D"}, SupportNotEvaluated},
		{[]string{"A", "B", "C", "D", "E", "X"}, SupportFails},
	} {
		got := Control{ID: "1", Checks: test.checks}.judge(counts)
		if got.Support != test.want {
			t.Errorf("%q: %s, want %s", test.checks, got.Support, test.want)
		}
	}
	if sum := (Control{Checks: []string{"B", "C", "D"}}).judge(counts); sum.Failed != 1 || sum.Passed != 3 || sum.NotEvaluated != 2 || sum.Suppressed != 2 {
		t.Errorf("the sum is %+v", sum)
	}
}

// What suppresses findings stands in front: the controls are judged by what it
// leaves.
func TestSupportingCountsWhatComesThrough(t *testing.T) {
	var last lastSummary
	h := Supporting([]Framework{testFramework()}, &last)
	if err := h.End(Summary{Checks: []CheckCount{{"SM-ROT-01", 0, 5, 0, 1}}}); err != nil {
		t.Fatal(err)
	}
	if len(last.Compliance) != 1 || last.Compliance[0].Results[0].Support != SupportNotEvaluated || last.Compliance[0].Results[0].Suppressed != 1 {
		t.Errorf("got %+v", last.Compliance)
	}
	if next := Handler(&last); Supporting(nil, next) != next {
		t.Error("without a framework something stands between")
	}
}

type lastSummary struct {
	Gate
	Summary
}

func (l *lastSummary) End(s Summary) error {
	l.Summary = s
	return nil
}

func testFramework() Framework {
	return Framework{
		ID: "example-1", Title: "Example framework 1", URL: "https://docs.example.com/framework", Note: "It is made up.",
		Controls: []Control{
			{"1.1", "Values are changed", []string{"SM-ROT-01", "SM-ROT-04"}, "how strong a value is"},
			{"1.2", "Keys are there", []string{"SM-KMS-02"}, ""},
			{"1.3", "Copies are there", []string{"SM-REP-01"}, ""},
			{"1.4", "Nobody else reads", nil, "who may read is not looked at"},
			{"1.5", "Values are found", []string{"SM-NOT-01"}, ""},
			{"1.6", "Values are current", []string{"SM-VER-02"}, ""},
		},
	}
}

// complianceCase is an audit that ends in the controls of a framework, one of which
// is hostile.
func complianceCase() reportCase {
	c := mutedAuditCase()
	c.name = "audit-compliance"
	f := testFramework()
	f.Controls = append(f.Controls, Control{hostile, hostile, []string{hostile}, hostile})
	c.summary.Checks = []CheckCount{{"SM-KMS-02", 0, 2, 0, 0}, {"SM-REP-01", 0, 0, 0, 0}, {"SM-ROT-01", 1, 0, 0, 2}, {"SM-ROT-04", 0, 3, 0, 0}, {"SM-VER-02", 0, 1, 1, 0}}
	c.summary.Compliance = []FrameworkResult{f.judge(c.summary.Checks)}
	return c
}

// Where two parts of a run are added up, controls are judged by the checks of both.
func TestComplianceOfASum(t *testing.T) {
	f := Framework{ID: "f", Controls: []Control{{ID: "1", Checks: []string{"A", "B"}}}}
	part := func(checks ...CheckCount) Summary {
		return Summary{Checks: checks, Compliance: []FrameworkResult{f.judge(checks)}}
	}
	sum := part(CheckCount{ID: "A", Passed: 1}, CheckCount{ID: "B"}).Plus(part(CheckCount{ID: "A", Passed: 2}, CheckCount{ID: "B", Failed: 1}))
	if len(sum.Compliance) != 1 {
		t.Fatalf("%d frameworks", len(sum.Compliance))
	}
	if c := sum.Compliance[0].Results[0]; c.Support != SupportFails || c.Passed != 3 || c.Failed != 1 {
		t.Errorf("%+v", c)
	}
}
