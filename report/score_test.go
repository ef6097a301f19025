package report

import (
	"testing"

	"pgregory.net/rapid"
)

// tallied tells a Tally of verdicts on resources a, b, c: "a high fail", say.
func tallied(t testing.TB, rules []Rule, tell func(Handler)) *Tally {
	t.Helper()
	tally := NewTally()
	check(t, tally.Begin(Run{Command: "audit", Rules: rules}))
	tell(tally)
	check(t, tally.End(Summary{}))
	return tally
}

func TestScore(t *testing.T) {
	rules := []Rule{
		{ID: "HIGH", Severity: SeverityHigh, Controls: []string{"SOC2/1", "SOC2/2", "PCI-DSS-4.0.1/8.3"}},
		{ID: "LOW", Severity: SeverityLow, Controls: []string{"SOC2/1"}},
		{ID: "FREE", Severity: SeverityCritical},
	}
	a, b, c := testResource("1", "eu-west-1", "a"), testResource("1", "eu-west-1", "b"), testResource("2", "eu-west-1", "c")
	failed := func(id string, s Severity, r Resource) Finding { return auditFinding(id, s, "x", r, "1") }
	muted := failed("FREE", SeverityCritical, a)
	muted.Suppression = &Suppression{}
	tally := tallied(t, rules, func(h Handler) {
		for _, f := range []Finding{failed("LOW", SeverityLow, a), muted, failed("HIGH", SeverityCritical, b), {RuleID: "suppression-unused"}} {
			check(t, h.Finding(f))
		}
		for _, v := range []Verdict{
			{"HIGH", a, OutcomePass, ""}, {"LOW", b, OutcomePass, ""}, {"HIGH", c, OutcomeNotEvaluated, ""}, {"FREE", b, OutcomePass, ""}, {"NEW", c, OutcomeNotEvaluated, ""},
		} {
			check(t, h.Verdict(v))
		}
	})
	run := tally.Run()
	for name, c := range map[string]struct {
		score              Score
		percent, low, high int
		ok                 bool
	}{
		"all":       {run.Score, (90 + 0) / 2, (90 + 0 + 35) / 3, (90 + 0 + 100) / 3, true},
		"account 1": {run.Accounts["1"], 45, 45, 45, true},
		"account 2": {run.Accounts["2"], 0, 35, 100, false},
		"SOC 2":     {run.Frameworks["SOC 2"], 45, 41, 63, true},
		"PCI":       {run.Frameworks["PCI DSS 4.0.1"], 50, (100 + 0 + 35) / 3, 66, true},
	} {
		percent, ok := c.score.Percent()
		low, high := c.score.Range()
		if percent != c.percent || ok != c.ok || low != c.low || high != c.high {
			t.Errorf("%s: %d, %v (%d to %d), want %d, %v (%d to %d)", name, percent, ok, low, high, c.percent, c.ok, c.low, c.high)
		}
	}
	if s := run.Score; s.Passed != 3 || s.Failed != 2 || s.NotEvaluated != 2 || run.Findings != [5]int{0, 1, 0, 0, 1} {
		t.Errorf("counted %+v, findings %v", s, run.Findings)
	}
}

// A failure never makes a score better, and 100 is said of what has none only.
func TestScoreBounds(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		var s Score
		for range rapid.IntRange(0, 300).Draw(r, "resources") {
			s.add(grade{
				passed: rapid.Bool().Draw(r, "passed"), failed: int8(rapid.IntRange(0, 5).Draw(r, "failed")), unknown: int8(rapid.IntRange(0, 5).Draw(r, "unknown")),
			})
		}
		before, ok := s.Percent()
		if before < 0 || before > 100 || !ok && before != 0 {
			r.Fatalf("%d, %v", before, ok)
		}
		low, high := s.Range()
		if low > high || ok && high < before {
			r.Fatalf("%d, and %d to %d", before, low, high)
		}
		s.add(grade{failed: int8(rapid.IntRange(1, 5).Draw(r, "worse"))})
		after, _ := s.Percent()
		if after == 100 || ok && after > before && after > 98 {
			r.Fatalf("%d became %d with a failure", before, after)
		}
	})
}

func TestFrameworkName(t *testing.T) {
	for id, want := range map[string]string{
		"PCI-DSS-4.0.1/8.3": "PCI DSS 4.0.1", "FSBP/KMS.3": "AWS Security Best Practices", "NIST-800-53-r5/AC-2(1)": "NIST SP 800-53 r5", "SOC2/CC6.1": "SOC 2",
		"MITRE-ATT&CK/T1552": "MITRE ATT&CK", "MITRE/T1552": "MITRE ATT&CK", "CIS-AWS-7.0/2.21": "CIS AWS Foundations 7.0", "NIS2/9.2.c.iv": "NIS2", "Our-own/1": "Our own", "": "",
	} {
		if got := frameworkOf(id); got != want {
			t.Errorf("%q is %q, want %q", id, got, want)
		}
	}
}
