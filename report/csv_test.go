package report

import (
	"bytes"
	"encoding/csv"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func csvOf(t *testing.T, c reportCase) []map[string]string {
	t.Helper()
	rows, err := csv.NewReader(bytes.NewReader(render(t, variant{New: NewCSV}, c))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(csvColumns, rows[0]); diff != "" {
		t.Fatal(diff)
	}
	var records []map[string]string
	for _, row := range rows[1:] {
		record := map[string]string{}
		for i, text := range row {
			if text != "" {
				record[csvColumns[i]] = text
			}
		}
		records = append(records, record)
	}
	return records
}

func TestCSVRecords(t *testing.T) {
	r := testResource(testAccount, "eu-west-1", "prod/db")
	c := reportCase{
		run: Run{Tool: "assay", Command: "audit", Target: testAccount, Rules: testChecks(), Coverage: &Coverage{
			Operations: []string{"kms:DescribeKey"},
			Rows:       []CoverageRow{{testAccount, "eu-west-1", statusExamined, "since 2026", []CoverageCalls{{OK: 1, Denied: 2, Failed: 3}}}},
		}},
		findings: []Finding{auditFinding("SM-ROT-01", SeverityHigh, "Rotation is off", r, "a")},
		verdicts: []Verdict{{"SM-KMS-02", r, OutcomePass, "enabled"}},
		notices:  []Notice{{"eu-west-1 kms:DescribeKey", nil, nil, ""}},
		summary:  Summary{RulesActive: 7, NotExamined: 1, Findings: [5]int{3: 1}, Checks: []CheckCount{{"SM-ROT-01", 1, 2, 3, 0}}},
	}
	about := map[string]string{"account": testAccount, "region": "eu-west-1", "resource": r.ARN, "name": "prod/db", "type": r.Type}
	with := func(m map[string]string, more map[string]string) map[string]string {
		for k, v := range more {
			m[k] = v
		}
		return m
	}
	want := []map[string]string{
		{"record": "run", "message": "assay audit " + testAccount},
		{"record": "coverage", "account": testAccount, "region": "eu-west-1", "outcome": "examined", "message": "events: since 2026"},
		{
			"record": "coverage", "account": testAccount, "region": "eu-west-1", "outcome": "examined",
			"name": "kms:DescribeKey", "type": "operation", "message": "1 answered, 2 denied, 3 failed",
		},
		with(map[string]string{
			"record": "finding", "rule": "SM-ROT-01", "severity": "high", "confidence": "high", "outcome": "fail", "message": "Rotation is off",
			"occurrence": "1", "path": "aws/" + testAccount + "/eu-west-1/secretsmanager/prod/db", "fingerprint": fingerprint("a"),
		}, about),
		with(map[string]string{"record": "verdict", "rule": "SM-KMS-02", "severity": "critical", "outcome": "pass", "message": "enabled"}, about),
		{"record": "notice", "outcome": "not examined", "name": "eu-west-1 kms:DescribeKey", "message": "no reason given"},
		{"record": "check", "rule": "SM-ROT-01", "severity": "medium", "message": "1 failed, 2 passed, 3 not evaluated"},
		{"record": "summary", "outcome": "incomplete", "message": "examined: nothing with 7 checks; findings: 1 high; not examined: 1"},
	}
	if diff := cmp.Diff(want, csvOf(t, c)); diff != "" {
		t.Error(diff)
	}
}

// Each place of a credential has a line, and occurrence 1 gives each once.
func TestCSVOccurrences(t *testing.T) {
	var places, first int
	for _, record := range csvOf(t, cases()[2]) {
		if record["record"] == "finding" {
			places++
		}
		if record["occurrence"] == "1" {
			first++
		}
	}
	if places != 3+1+1+1+1+2+9 || first != 7 {
		t.Errorf("%d places of %d findings", places, first)
	}
}

func TestCSVOutcome(t *testing.T) {
	for want, s := range map[string]Summary{"complete": {}, "incomplete": {NotExamined: 1}, "interrupted": {NotExamined: 1, Interrupted: true}} {
		records := csvOf(t, reportCase{summary: s})
		if got := records[len(records)-1]["outcome"]; got != want {
			t.Errorf("%+v: %q, want %q", s, got, want)
		}
	}
}

func TestCell(t *testing.T) {
	for in, want := range map[string]string{
		"":              "",
		"a=b":           "a=b",
		"=1+1":          "'=1+1",
		"+1":            "'+1",
		"-1":            "'-1",
		"@SUM(A1)":      "'@SUM(A1)",
		"＝1":            "'＝1",
		" \"=1":         "' \"=1",
		"a;=1;b;-1":     "a;'=1;b;'-1",
		"\t=1":          `\x09=1`,
		"\r=1":          `\x0d=1`,
		"a\n=1":         `a\x0a=1`,
		"\xff":          `\xff`,
		"größe\u202e":   `größe\u202e`,
		"https://x/a-b": "https://x/a-b",
	} {
		if got := cell(in); got != want {
			t.Errorf("cell(%q) = %q, want %q", in, got, want)
		}
	}
}

// hostileText draws text of what spreadsheets and terminals give a meaning to.
func hostileText() *rapid.Generator[string] {
	piece := rapid.SampledFrom([]string{
		"=", "+", "-", "@", "＝", ";", ",", "\"", "'", " ", "\t", "\r", "\n", "\r\n", "\x1b[31m", "\u202e", "\x00", "\xff", "\u0085", "\u2028",
		"a", "1", "|", "\\", "=cmd|' /C calc'!A0", hostile,
	})
	return rapid.Map(rapid.SliceOfN(piece, 0, 6), func(p []string) string { return strings.Join(p, "") })
}

// Whatever a name, a message or a rule holds, each record is one line with all
// its columns, and no cell is a formula, not even to a reader that separates by
// semicolons.
func TestCSVIsInert(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		c := auditCaseOf(hostileText().Draw(rt, "text"), hostileText().Draw(rt, "name"))
		text := string(render(t, variant{New: NewCSV}, c))
		lines := strings.Split(strings.TrimSuffix(text, "\r\n"), "\r\n")
		rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
		if err != nil || len(rows) != len(lines) {
			rt.Fatalf("%d rows in %d lines, %v", len(rows), len(lines), err)
		}
		for _, row := range rows {
			for _, cell := range row {
				if isFormula(cell) || strings.ContainsFunc(cell, func(r rune) bool { return !unicode.IsPrint(r) }) {
					rt.Fatalf("the cell %q", cell)
				}
			}
		}
		for _, line := range lines {
			for cell := range strings.SplitSeq(line, ";") {
				if isFormula(strings.Trim(cell, "\" ")) {
					rt.Fatalf("the cell %q, separated by semicolons", cell)
				}
			}
		}
	})
}

func isFormula(cell string) bool {
	for _, start := range []string{"=", "+", "-", "@", "＝", "\t", "\r"} {
		if strings.HasPrefix(cell, start) {
			return true
		}
	}
	return false
}
