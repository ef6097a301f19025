package report

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// manyFailures is an audit in which one check fails n times, medium but for the
// last, which is high.
func manyFailures(n int) reportCase {
	c := reportCase{
		run: Run{Command: "audit", Rules: testChecks()}, verdicts: []Verdict{},
		summary: Summary{Findings: [5]int{2: n}, Resources: map[string]int{"secret": n}},
	}
	for i := range n {
		severity := SeverityMedium
		if i == n-1 {
			severity = SeverityHigh
		}
		r := testResource(testAccount, "eu-west-1", fmt.Sprintf("secret-%03d", i))
		c.findings = append(c.findings, auditFinding("SM-ROT-01", severity, fmt.Sprintf("Rotation is off: evidence %d", i), r, "a"))
	}
	return c
}

// A check names all of few findings and some of many, the worst first, and says
// how many it leaves out.
func TestAuditTextExamples(t *testing.T) {
	for _, c := range []struct {
		findings, named int
		more            string
	}{
		{2, 2, ""}, {20, 20, ""}, {21, 5, "and 16 more"}, {1500, 5, "and 1,495 more"},
	} {
		text := textOf(t, TextOptions{}, manyFailures(c.findings))
		if got := strings.Count(text, "evidence "); got != c.named {
			t.Errorf("of %d findings %d are named, want %d", c.findings, got, c.named)
		}
		if !strings.Contains(text, c.more) || c.more == "" && strings.Contains(text, " more") {
			t.Errorf("of %d findings: %s", c.findings, text)
		}
		if worst := fmt.Sprintf("evidence %d\n", c.findings-1); !strings.Contains(text, worst) {
			t.Errorf("of %d findings the worst is not named", c.findings)
		}
	}
}

// What is kept is bounded, and the order is that of severity, then of the source.
func TestExamplesKept(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		severities := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Severity { return Severity(rapid.IntRange(0, 4).Draw(t, "severity")) }), 0, 60).Draw(t, "all")
		var c checkText
		var want []example
		for i, s := range severities {
			e := example{severity: s, evidence: fmt.Sprint(i)}
			c.keep(e)
			want = append(want, e)
		}
		slices.SortStableFunc(want, func(x, y example) int { return int(y.severity) - int(x.severity) })
		want = want[:min(len(want), fewFindings)]
		if diff := cmp.Diff(want, c.examples, cmp.AllowUnexported(example{})); diff != "" {
			t.Error(diff)
		}
	})
}

// Every check stands in one of the lists, so that none passes by absence.
func TestAuditTextNamesEveryCheck(t *testing.T) {
	for _, c := range []reportCase{auditCase(), singleCase(), unjudgedCase(), {run: auditCase().run}} {
		text := textOf(t, TextOptions{}, c)
		for _, rule := range c.run.Rules {
			if !strings.Contains(text, rule.ID) {
				t.Errorf("%s: %s is missing", c.name, rule.ID)
			}
		}
	}
}

// A region is said to hold no secrets only if that is known.
func TestAuditTextCoverage(t *testing.T) {
	row := func(region, status string, n CoverageCalls) CoverageRow {
		return CoverageRow{testAccount, region, status, "", []CoverageCalls{n}}
	}
	fine, denied := CoverageCalls{OK: 1}, CoverageCalls{OK: 1, Denied: 1}
	secret := Verdict{"SM-ROT-01", testResource(testAccount, "r1", "a"), OutcomePass, ""}
	for _, c := range []struct {
		name    string
		rows    []CoverageRow
		secrets int
		want    []string
	}{
		{"quiet", []CoverageRow{row("r1", "examined", fine), row("r2", "examined", fine), row("r3", "examined", fine)}, 1,
			[]string{"region  secrets  kms", "r1            1    1", "2 more regions: all examined, no secrets"}},
		{"denied", []CoverageRow{row("r1", "examined", fine), row("r2", "examined", denied)}, 1,
			[]string{"region  secrets            kms", "r1            1              1", "r2            ?  DENIED 1 of 2"}},
		{"not examined", []CoverageRow{row("r1", "examined", fine), row("r2", "not examined", CoverageCalls{})}, 1,
			[]string{"region  secrets  kms", "r1            1    1", "r2            ?    -  NOT EXAMINED"}},
		{"secrets that no check judged", []CoverageRow{row("r1", "examined", fine), row("r2", "examined", fine)}, 2,
			[]string{"region  kms", "r1        1", "r2        1"}},
		{"disabled", []CoverageRow{row("r1", "examined", fine), row("r2", "disabled", CoverageCalls{})}, 1,
			[]string{"region  secrets  kms", "r1            1    1", "1 region disabled in the account: r2"}},
	} {
		told := reportCase{
			run:      Run{Command: "audit", Rules: testChecks(), Coverage: &Coverage{[]string{"kms:DescribeKey"}, c.rows}},
			verdicts: []Verdict{secret}, summary: Summary{Resources: map[string]int{"secret": c.secrets}},
		}
		text := textOf(t, TextOptions{}, told)
		_, text, _ = strings.Cut(text, "refused\n")
		text, _, _ = strings.Cut(text, "\n\n")
		var lines []string
		for line := range strings.Lines(text) {
			lines = append(lines, strings.TrimSpace(line))
		}
		if diff := cmp.Diff(c.want, lines); diff != "" {
			t.Errorf("%s: %s", c.name, diff)
		}
	}
}

// If there are too many regions for a page, those with trouble are shown.
func TestAuditTextManyRegions(t *testing.T) {
	coverage := &Coverage{Operations: []string{"kms:DescribeKey"}}
	for i := range 200 {
		n := CoverageCalls{OK: 1}
		if i == 150 {
			n.Denied = 1
		}
		coverage.Rows = append(coverage.Rows, CoverageRow{fmt.Sprintf("%012d", i), "eu-west-1", statusExamined, "", []CoverageCalls{n}})
	}
	c := reportCase{run: Run{Command: "audit", Coverage: coverage}, summary: Summary{Resources: map[string]int{"secret": 9}}}
	text := textOf(t, TextOptions{}, c)
	if got := strings.Count(text, "/eu-west-1"); got != regionsListed {
		t.Errorf("%d regions are listed", got)
	}
	for _, want := range []string{"000000000150/eu-west-1", "DENIED 1 of 2", "and 160 more regions;"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing", want)
		}
	}
}

// Notices of one reason stand together, and none is lost.
func TestAuditTextReasons(t *testing.T) {
	c := reportCase{run: Run{Command: "audit"}}
	for i := range 12 {
		c.notices = append(c.notices, Notice{fmt.Sprintf("region-%d", i), errors.New("denied"), nil, ""})
	}
	for i := range 150 {
		c.notices = append(c.notices, Notice{"one", fmt.Errorf("reason %d", i), nil, ""})
	}
	text := textOf(t, TextOptions{}, c)
	for _, want := range []string{
		"  region-0, region-1, region-2, region-3, region-4 and 7 more: denied\n", "  one: reason 98\n", "  and 51 more; the formats",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing in\n%s", want, text)
		}
	}
}

func TestAuditTextVerdict(t *testing.T) {
	pass := Verdict{"SM-ROT-01", testResource(testAccount, "r1", "a"), OutcomePass, ""}
	unjudged := pass
	unjudged.Outcome = OutcomeNotEvaluated
	for _, c := range []struct {
		verdicts []Verdict
		want     string
	}{
		{[]Verdict{pass}, "Clean: no findings, and everything was examined\n"},
		{[]Verdict{pass, unjudged, unjudged}, "Incomplete: no findings, and 2 verdicts could not be given\n"},
	} {
		text := textOf(t, TextOptions{}, reportCase{run: Run{Command: "audit"}, verdicts: c.verdicts})
		if !strings.HasSuffix(text, "\n\n"+c.want) {
			t.Errorf("want %q in\n%s", c.want, text)
		}
	}
}

// Text from AWS adds no line and no character that is not printable: what is
// harmless in its place gives as many lines.
func TestAuditTextIsInert(t *testing.T) {
	lines := strings.Count(textOf(t, TextOptions{}, auditCaseOf("x", "y")), "\n")
	rapid.Check(t, func(rt *rapid.T) {
		// Two letters keep the text from being empty and from being like the name.
		c := auditCaseOf("x"+hostileText().Draw(rt, "text"), "y"+hostileText().Draw(rt, "name"))
		text := textOf(t, TextOptions{}, c)
		if got := strings.Count(text, "\n"); got != lines {
			rt.Errorf("%d lines, want %d:\n%s", got, lines, text)
		}
		for _, r := range text {
			if r != '\n' && !unicode.IsPrint(r) {
				rt.Fatalf("the report holds %U", r)
			}
		}
	})
}

func TestAuditTextKeepsWidth(t *testing.T) {
	for _, width := range []int{60, 80, 120} {
		for line := range strings.Lines(textOf(t, TextOptions{Width: width}, auditCase())) {
			if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > width && !strings.Contains(line, "failed  passed") && !strings.Contains(line, "SM-") {
				t.Errorf("width %d: too long: %s", width, line)
			}
		}
	}
}

func TestAuditTextColours(t *testing.T) {
	for _, c := range []reportCase{auditCase(), singleCase(), unjudgedCase()} {
		coloured := textOf(t, TextOptions{Colour: ColourAlways}, c)
		if !strings.Contains(coloured, "\x1b[") {
			t.Errorf("%s: no colours", c.name)
		}
		if diff := cmp.Diff(textOf(t, TextOptions{}, c), uncoloured(coloured)); diff != "" {
			t.Errorf("%s: colours change the text:\n%s", c.name, diff)
		}
	}
}
