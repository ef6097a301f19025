package report

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSummaryPlus(t *testing.T) {
	a := Summary{
		Files: 1, RulesActive: 3, Skipped: map[string]int{"fifo": 1}, Resources: map[string]int{"secret": 2},
		Checks: []CheckCount{{"SM-KMS-02", 1, 2, 3, 0}, {"SM-ROT-01", 1, 0, 0, 0}},
	}
	b := Summary{
		Files: 2, RulesActive: 2, Skipped: map[string]int{"fifo": 1, "symlink": 1}, Resources: map[string]int{"key": 1},
		Checks: []CheckCount{{"SM-ACC-01", 1, 1, 1, 0}, {"SM-KMS-02", 1, 1, 1, 0}},
	}
	want := Summary{
		Files: 3, RulesActive: 3, Skipped: map[string]int{"fifo": 2, "symlink": 1}, Resources: map[string]int{"secret": 2, "key": 1},
		Checks: []CheckCount{{"SM-ACC-01", 1, 1, 1, 0}, {"SM-KMS-02", 2, 3, 4, 0}, {"SM-ROT-01", 1, 0, 0, 0}},
	}
	if diff := cmp.Diff(want, a.Plus(b)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(want, b.Plus(a)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(Summary{}, (Summary{}).Plus(Summary{})); diff != "" {
		t.Error(diff)
	}
	if a.Checks[0].Failed != 1 || a.Skipped["fifo"] != 1 {
		t.Error("the sum changed what was added")
	}
}

func TestOutcomeNames(t *testing.T) {
	for _, want := range []Outcome{OutcomeNotEvaluated, OutcomePass} {
		text, _ := want.MarshalText()
		var got Outcome
		if err := got.UnmarshalText(text); err != nil || got != want {
			t.Errorf("%s came back as %v, %v", text, got, err)
		}
	}
	if Outcome(9).String() != "unknown(9)" {
		t.Error("an unknown outcome has a name")
	}
	var o Outcome
	if err := o.UnmarshalText([]byte("fail")); err == nil {
		t.Error("an unknown name passes")
	}
}
