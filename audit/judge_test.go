package audit

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/assayhq/assay/report"
)

var home = cell{"111122223333", "eu-west-1"}

func secretARN(name string) string {
	return "arn:aws:secretsmanager:eu-west-1:111122223333:secret:" + name + "-AbCdEf"
}

// small is an inventory of one region with the named secrets.
func small(t *testing.T, names ...string) *Inventory {
	t.Helper()
	inv := newInventory(Header{Collected: collected})
	for _, n := range names {
		add(t, inv, &Secret{Account: home.account, Region: home.region, ARN: secretARN(n), Name: n})
	}
	add(t, inv, &RegionRecord{
		Account: home.account, Region: home.region, Partition: "aws", Status: RegionExamined,
		Calls: []CallCount{{Operation: DescribeSecret, OK: 1}, {Operation: ListSecrets, OK: 1}},
	})
	return inv
}

func add(t *testing.T, inv *Inventory, record any) {
	t.Helper()
	if err := inv.add(home, record); err != nil {
		t.Fatal(err)
	}
}

func oneCheck(judge func(*Secret, *Region) Result, needs ...Operation) *Check {
	return &Check{Rule: report.Rule{ID: "SM-TEST-01", Title: "Test", Severity: report.SeverityLow, Confidence: report.ConfidenceHigh}, Needs: needs, Secret: judge}
}

// A keeper is a sink that keeps everything.
type sink struct {
	findings []report.Finding
	verdicts []report.Verdict
	notices  []report.Notice
	err      error
}

func (s *sink) Finding(f report.Finding) error { s.findings = append(s.findings, f); return s.err }
func (s *sink) Verdict(v report.Verdict) error { s.verdicts = append(s.verdicts, v); return s.err }
func (s *sink) Notice(n report.Notice) error   { s.notices = append(s.notices, n); return s.err }

func judged(t *testing.T, inv *Inventory, checks ...*Check) (*sink, report.Summary) {
	t.Helper()
	settings, err := Settings{}.Merge()
	if err != nil {
		t.Fatal(err)
	}
	got := &sink{}
	summary, err := (&Judge{Checks: checks, Settings: settings}).Run(inv, got)
	if err != nil {
		t.Fatal(err)
	}
	return got, summary
}

// Nothing passes by absence: a check that says nothing, that breaks, whose call
// was denied, or whose call was never made, gives not evaluated and a notice.
func TestNothingPassesByAbsence(t *testing.T) {
	passes := func(*Secret, *Region) Result { return Pass("fine") }
	for _, tt := range []struct {
		name  string
		check *Check
		gap   *Gap
		want  string
	}{
		{"says nothing", oneCheck(func(*Secret, *Region) Result { return Result{} }), nil, "said nothing"},
		{"breaks", oneCheck(func(s *Secret, _ *Region) Result { return Pass("%s", s.Replicas[7].Region) }), nil, "broke on it"},
		{"never asked", oneCheck(passes, GetResourcePolicy), nil, "secretsmanager:GetResourcePolicy was not asked"},
		{"denied for the secret", oneCheck(passes, DescribeSecret), &Gap{Operation: DescribeSecret, Resource: secretARN("a"), Reason: Denied}, "was denied"},
		{"denied for the region", oneCheck(passes, DescribeSecret), &Gap{Operation: DescribeSecret, Reason: Throttled}, "was throttled"},
		{"failed, though denied", oneCheck(func(*Secret, *Region) Result { return Fail("absent") }, DescribeSecret), &Gap{Operation: DescribeSecret, Reason: Denied}, "was denied"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			inv := small(t, "a")
			if tt.gap != nil {
				tt.gap.Account, tt.gap.Region = home.account, home.region
				add(t, inv, *tt.gap)
			}
			got, summary := judged(t, inv, tt.check)
			if len(got.findings) != 0 || len(got.verdicts) != 1 || got.verdicts[0].Outcome != report.OutcomeNotEvaluated {
				t.Fatalf("got %+v, %+v", got.findings, got.verdicts)
			}
			if !strings.Contains(got.verdicts[0].Reason, tt.want) {
				t.Errorf("the reason is %q, want %q in it", got.verdicts[0].Reason, tt.want)
			}
			if len(got.notices) != 1 || summary.NotExamined != 1 || summary.Complete() {
				t.Errorf("notices %v, summary %+v", got.notices, summary)
			}
			if summary.Checks[0] != (report.CheckCount{ID: "SM-TEST-01", NotEvaluated: 1}) {
				t.Errorf("counted as %+v", summary.Checks[0])
			}
		})
	}
}

// A gap in what a check does not need leaves its verdict alone, and is named all
// the same.
func TestOtherGapsAreNamed(t *testing.T) {
	inv := small(t, "a")
	add(t, inv, Gap{Account: home.account, Region: home.region, Operation: ListGrants, Reason: TimedOut, Detail: "after 30 s"})
	got, summary := judged(t, inv, oneCheck(func(*Secret, *Region) Result { return Pass("fine") }, DescribeSecret))
	if len(got.verdicts) != 1 || got.verdicts[0].Outcome != report.OutcomePass {
		t.Errorf("verdicts %+v", got.verdicts)
	}
	if summary.NotExamined != 1 || got.notices[0].Subject != "111122223333 eu-west-1 kms:ListGrants" || got.notices[0].Err.Error() != "gave no answer in time: after 30 s" {
		t.Errorf("notices %v", got.notices)
	}
}

// One denied permission makes one notice, which counts the secrets and names the
// checks.
func TestGapsAreGrouped(t *testing.T) {
	inv := small(t, "a", "b", "c")
	for _, n := range []string{"a", "b", "c"} {
		add(t, inv, Gap{Account: home.account, Region: home.region, Operation: DescribeSecret, Resource: secretARN(n), Reason: Denied, Detail: "no " + n})
	}
	got, _ := judged(t, inv, oneCheck(func(*Secret, *Region) Result { return Pass("fine") }, DescribeSecret))
	if len(got.notices) != 1 || got.notices[0].Err.Error() != "was denied: no a (and 2 more); not evaluated: SM-TEST-01" {
		t.Errorf("notices %v", got.notices)
	}
}

// A disabled region is no gap; one whose records were broken off is.
func TestRegionsThatWereNotExamined(t *testing.T) {
	inv := small(t)
	inv.cells[cell{home.account, "me-south-1"}] = &cellData{record: &RegionRecord{Account: home.account, Region: "me-south-1", Status: RegionDisabled}}
	got, summary := judged(t, inv)
	if len(got.notices) != 0 || !summary.Complete() {
		t.Errorf("a disabled region gives %v", got.notices)
	}
	inv.at(home).record = nil
	if got, _ = judged(t, inv); len(got.notices) != 1 {
		t.Errorf("a region without its record gives %v", got.notices)
	}
}

// The same resource keeps its fingerprint, another one or another check has
// another.
func TestFingerprints(t *testing.T) {
	fails := oneCheck(func(*Secret, *Region) Result { return Fail("as of %d", time.Now().UnixNano()) })
	other := oneCheck(fails.Secret)
	other.ID = "SM-TEST-02"
	first, _ := judged(t, small(t, "a", "b"), fails, other)
	again, _ := judged(t, small(t, "a", "b"), fails, other)
	seen := map[string]bool{}
	for i, f := range first.findings {
		if f.Fingerprint != again.findings[i].Fingerprint {
			t.Errorf("finding %d has another fingerprint the second time", i)
		}
		seen[f.Fingerprint] = true
	}
	if len(seen) != 4 {
		t.Errorf("four findings have %d fingerprints", len(seen))
	}
}

// A report that cannot be written ends the run.
func TestJudgeStopsOnError(t *testing.T) {
	full := errors.New("disk full")
	got := &sink{err: full}
	check := oneCheck(func(*Secret, *Region) Result { return Fail("x") })
	if _, err := (&Judge{Checks: []*Check{check}}).Run(small(t, "a", "b", "c"), got); !errors.Is(err, full) {
		t.Errorf("the error is %v", err)
	}
	if len(got.findings) != 1 {
		t.Errorf("after the error %d findings came", len(got.findings)-1)
	}
}

func TestCompare(t *testing.T) {
	// What a secret is called says how it fares before and now.
	judge := &Judge{Checks: []*Check{oneCheck(func(s *Secret, r *Region) Result {
		was, is, _ := strings.Cut(s.Name, "-")
		if r.Now.After(collected) {
			was = is
		}
		switch was {
		case "bad":
			return Fail("bad")
		case "good":
			return Pass("good")
		case "none":
			return NotApplicable()
		}
		return NotEvaluated("no idea")
	})}}
	all := []string{"bad-bad", "bad-good", "good-bad", "good-good", "odd-bad", "good-odd", "bad-none", "none-bad"}
	before, now := small(t, append(all, "bad-")...), small(t, append(all, "-bad")...)
	now.Collected = collected.Add(time.Hour)
	d, err := judge.Compare(before, now)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, c := range d.Changes {
		got = append(got, fmt.Sprint(c.Kind, " ", c.Resource.Name))
	}
	want := "worse good-bad; worse none-bad; worse odd-bad; new -bad; unknown good-odd; better bad-none; better bad-good; gone bad-"
	if s := strings.Join(got, "; "); s != want {
		t.Errorf("got  %s\nwant %s", s, want)
	}
	if d.Unchanged != 1 {
		t.Errorf("%d unchanged", d.Unchanged)
	}
}

// What is missing from a region that could not be listed is not called gone.
func TestCompareDoesNotCallUnlistedGone(t *testing.T) {
	judge := &Judge{Checks: []*Check{oneCheck(func(*Secret, *Region) Result { return Fail("bad") })}}
	now := small(t)
	add(t, now, Gap{Account: home.account, Region: home.region, Operation: ListSecrets, Reason: Denied})
	d, err := judge.Compare(small(t, "a"), now)
	if err != nil {
		t.Fatal(err)
	}
	if len(d.Changes) != 1 || d.Changes[0].Kind != Unknown {
		t.Errorf("changes %+v", d.Changes)
	}
}
