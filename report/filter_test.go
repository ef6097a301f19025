package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// graded has one finding of each severity and confidence.
func graded() []Finding {
	var list []Finding
	for s := SeverityInfo; s <= SeverityCritical; s++ {
		for c := ConfidencePlaceholder; c <= ConfidenceHigh; c++ {
			list = append(list, Finding{RuleID: "r", Severity: s, Confidence: c})
		}
	}
	return list
}

func TestAtLeast(t *testing.T) {
	for _, c := range []struct {
		least                       Confidence
		each, leftOut, placeholders int
	}{
		{ConfidencePlaceholder, 4, 7, 9},
		{ConfidenceLow, 3, 7, 9 + 5},
		{ConfidenceMedium, 2, 7 + 5, 9 + 5},
		{ConfidenceHigh, 1, 7 + 10, 9 + 5},
	} {
		var b bytes.Buffer
		gate := &Gate{}
		told := reportCase{
			findings: graded(), notices: []Notice{{"x", errors.New("y"), nil, ""}},
			summary: Summary{Files: 3, Findings: [5]int{100, 100, 100, 100, 100}, LeftOut: 7, Placeholders: 9},
		}
		if err := told.tell(AtLeast(c.least, Tee(gate, NewJSONL(&b)))); err != nil {
			t.Fatal(err)
		}
		want := Summary{
			Files: 3, Findings: [5]int{c.each, c.each, c.each, c.each, c.each},
			LeftOut: c.leftOut, Placeholders: c.placeholders, NotExamined: 1,
		}
		if diff := cmp.Diff(want, gate.Summary()); diff != "" {
			t.Errorf("at least %s: %s", c.least, diff)
		}
		if got := strings.Count(b.String(), `"type":"finding"`); got != 5*c.each {
			t.Errorf("at least %s: %d findings", c.least, got)
		}
		var last summaryRecord
		lines := strings.Split(strings.TrimSpace(b.String()), "\n")
		if err := json.Unmarshal([]byte(lines[len(lines)-1]), &last); err != nil || last.Complete {
			t.Errorf("the summary: %+v, %v", last, err)
		}
	}
}

func TestWithPlaceholders(t *testing.T) {
	var b bytes.Buffer
	gate := &Gate{Confidence: ConfidenceLow}
	told := reportCase{findings: graded(), summary: Summary{Placeholders: 9}}
	if err := told.tell(WithPlaceholders(ConfidenceHigh, Tee(gate, NewJSONL(&b)))); err != nil {
		t.Fatal(err)
	}
	want := Summary{Findings: [5]int{1, 1, 1, 1, 1}, LeftOut: 10, Placeholders: 9 + 5}
	if diff := cmp.Diff(want, gate.Summary()); diff != "" {
		t.Error(diff)
	}
	for confidence, n := range map[string]int{"placeholder": 5, "low": 0, "medium": 0, "high": 5} {
		if got := strings.Count(b.String(), `"confidence":"`+confidence+`"`); got != n {
			t.Errorf("%d of %s confidence are in the report, want %d", got, confidence, n)
		}
	}
	if gate.Findings() != 5 {
		t.Errorf("%d fail the gate: a placeholder must not", gate.Findings())
	}
}

func TestAtLeastReturnsErrors(t *testing.T) {
	broken := errors.New("no space left")
	h := AtLeast(ConfidenceHigh, NewJSONL(&failingWriter{failAt: 1, err: broken}))
	if err := h.Begin(Run{}); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
	if err := h.Finding(Finding{}); err != nil {
		t.Errorf("what is left out is not written, and %v", err)
	}
	for _, err := range []error{h.Finding(Finding{Confidence: ConfidenceHigh}), h.Notice(Notice{}), h.End(Summary{})} {
		if !errors.Is(err, broken) {
			t.Errorf("got %v", err)
		}
	}
}

func TestGate(t *testing.T) {
	for _, c := range []struct {
		gate Gate
		want int
	}{
		{Gate{}, 5 * 3}, // a placeholder never counts
		{Gate{Confidence: ConfidenceMedium}, 5 * 2},
		{Gate{Severity: SeverityHigh, Confidence: ConfidenceMedium}, 2 * 2},
		{Gate{Severity: SeverityCritical, Confidence: ConfidenceHigh}, 1},
	} {
		if err := (reportCase{findings: graded(), notices: []Notice{{}}}).tell(&c.gate); err != nil {
			t.Fatal(err)
		}
		if got := c.gate.Findings(); got != c.want {
			t.Errorf("%s and %s: %d, want %d", c.gate.Severity, c.gate.Confidence, got, c.want)
		}
	}
}
