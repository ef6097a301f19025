package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// diffOf compares two runs and returns the kinds of changes with what is said of them.
func diffOf(t *testing.T, old, new reportCase) (DiffSummary, []string) {
	t.Helper()
	var k keptDiff
	err := Diff(SavedText("old", render(t, variant{New: NewJSON}, old)), SavedText("new", render(t, variant{New: NewJSONL}, new)), Gate{Severity: SeverityLow}, &k)
	if err != nil {
		t.Fatal(err)
	}
	return k.summary, k.said
}

type keptDiff struct {
	said    []string
	summary DiffSummary
}

func (k *keptDiff) Begin(old, new Run) error { return nil }

func (k *keptDiff) Change(c Change) error {
	k.said = append(k.said, strings.TrimSpace(fmt.Sprintf("%s %s %d->%d %s", c.Kind, c.Finding.RuleID, c.Before, c.Now, strings.Join(c.What, "; "))))
	return nil
}

func (k *keptDiff) End(s DiffSummary) error {
	k.summary = s
	return nil
}

func scanOf(findings ...Finding) reportCase {
	return reportCase{run: testRun(), findings: findings, summary: Summary{Files: 3, Blobs: 9, Bytes: 412, RulesActive: 3}}
}

func TestDiff(t *testing.T) {
	changed := func(change func(*Finding)) Finding {
		f := copiesFinding()
		f.Occurrences = slices.Clone(f.Occurrences)
		change(&f)
		return f
	}
	with := func(c reportCase, change func(*reportCase)) reportCase {
		change(&c)
		return c
	}
	for _, c := range []struct {
		name     string
		old, new reportCase
		want     string
		failing  int
	}{
		{"the same", scanOf(copiesFinding()), scanOf(copiesFinding()), "", 0},
		{"moved lines", scanOf(copiesFinding()), scanOf(changed(func(f *Finding) { f.Occurrences[0].Region.StartLine = 99 })), "", 0},
		{"new", scanOf(), scanOf(copiesFinding()), "new generic-password 0->9", 1},
		{"gone", scanOf(copiesFinding()), scanOf(), "gone generic-password 9->0", 0},
		{
			"severity", scanOf(copiesFinding()), scanOf(changed(func(f *Finding) { f.Severity = SeverityCritical })),
			"changed generic-password 9->9 severity medium -> critical", 0,
		},
		{
			"severity above the gate", scanOf(changed(func(f *Finding) { f.Severity = SeverityInfo })), scanOf(copiesFinding()),
			"changed generic-password 9->9 severity info -> medium", 1,
		},
		{
			"places", scanOf(copiesFinding()), scanOf(changed(func(f *Finding) {
				f.Occurrences = append(f.Occurrences[2:], Location{Path: "x", InWorktree: true})
			})),
			"changed generic-password 9->8 1 more place; 2 places less", 0,
		},
		{
			"no longer suppressed", scanOf(suppressedFinding()), scanOf(worktreeFinding()),
			"new example-api-key 3->3 standing suppressed by .assayignore:3 -> counts", 1,
		},
		{
			"suppressed", scanOf(worktreeFinding()), scanOf(suppressedFinding()),
			"changed example-api-key 3->3 standing counts -> suppressed by .assayignore:3", 0,
		},
		{
			"taken out of the files", scanOf(copiesFinding()), scanOf(changed(func(f *Finding) {
				f.Occurrences[0].InWorktree, f.Occurrences[0].Object, f.Occurrences[0].Type = false, strings.Repeat("1", 40), "blob"
			})),
			"changed generic-password 9->9 1 place that stood in the files of today and does not, or the other way round", 0,
		},
		{
			"rule off", scanOf(copiesFinding()), with(scanOf(), func(c *reportCase) { c.run.Rules = c.run.Rules[:1] }),
			"unknown generic-password 9->0 its rule was not active", 0,
		},
		{
			"not examined", scanOf(copiesFinding()),
			with(scanOf(), func(c *reportCase) { c.notices = []Notice{{"services/3", errors.New("denied"), nil, ""}} }),
			"unknown generic-password 9->0 services/3 was not examined", 0,
		},
		{
			"accepted gaps", scanOf(copiesFinding()),
			with(scanOf(), func(c *reportCase) { c.notices = []Notice{{"services/3", errors.New("denied"), testSuppression(), ""}} }),
			"unknown generic-password 9->0 services/3 was not examined", 0,
		},
		{
			"excluded", scanOf(copiesFinding()), with(scanOf(), func(c *reportCase) { c.summary.Excluded++ }),
			"unknown generic-password 9->0 the run excluded more places by configuration, and this may be among them", 0,
		},
		{
			"commented on", scanOf(copiesFinding()), with(scanOf(), func(c *reportCase) { c.summary.Suppressed++ }),
			"unknown generic-password 9->0 comments suppress more places than before, and this may be among them", 0,
		},
		{
			"excluded as before", with(scanOf(copiesFinding()), func(c *reportCase) { c.summary.Excluded, c.summary.Suppressed = 4, 5 }),
			with(scanOf(), func(c *reportCase) { c.summary.Excluded, c.summary.Suppressed = 4, 4 }),
			"gone generic-password 9->0", 0,
		},
		{
			"interrupted", scanOf(copiesFinding()), with(scanOf(), func(c *reportCase) { c.summary.Interrupted = true }),
			"unknown generic-password 9->0 the run was interrupted", 0,
		},
		{
			"no history", scanOf(historyFinding()), with(scanOf(), func(c *reportCase) { c.summary.Blobs = 0 }),
			"unknown private-key 1->0 the run did not examine history", 0,
		},
		{
			"files without history", scanOf(worktreeFinding()), with(scanOf(), func(c *reportCase) { c.summary.Blobs = 0 }),
			"unknown example-api-key 3->0 the run did not examine history", 0,
		},
		{
			"files that no history has", with(scanOf(copiesFinding()), func(c *reportCase) { c.summary.Blobs = 0 }), with(scanOf(), func(c *reportCase) { c.summary.Blobs = 0 }),
			"gone generic-password 9->0", 0,
		},
		{
			"left out", scanOf(headFinding(), copiesFinding()), with(scanOf(copiesFinding()), func(c *reportCase) { c.summary.LeftOut = 3 }),
			"unknown generic-password 1->0 the run left out findings of low confidence", 0,
		},
	} {
		s, said := diffOf(t, c.old, c.new)
		if got := strings.Join(said, "\n"); got != c.want || s.Failing != c.failing {
			t.Errorf("%s: %d failing and\n%s\nwant %d and\n%s", c.name, s.Failing, got, c.failing, c.want)
		}
	}
}

// What is mended in an audit is told from what can no longer be judged.
func TestDiffOfAudits(t *testing.T) {
	now := auditCase()
	failed := now.findings[0]
	now.findings = now.findings[1:]
	now.verdicts = append(now.verdicts, Verdict{RuleID: failed.RuleID, Resource: *failed.Occurrences[0].Resource, Outcome: OutcomePass, Reason: "on"})
	_, said := diffOf(t, auditCase(), now)
	if want := []string{"gone SM-ROT-01 1->0"}; !slices.Equal(said, want) {
		t.Errorf("%q, want %q", said, want)
	}
	now.verdicts[len(now.verdicts)-1].Outcome = OutcomeNotEvaluated
	_, said = diffOf(t, auditCase(), now)
	if want := []string{"unknown SM-ROT-01 1->0 the check could not judge the resource"}; !slices.Equal(said, want) {
		t.Errorf("%q, want %q", said, want)
	}
}

// What the new run did not look at, or its report has no room to tell of, is not gone.
func TestDiffOfRunsThatSawLess(t *testing.T) {
	old, now := auditCase(), auditCase()
	now.findings = now.findings[1:]
	for _, c := range []struct {
		name, want string
		change     func([]byte) []byte
	}{
		{
			"a list that breaks off", "unknown SM-ROT-01 1->0 secretsmanager:ListSecrets had no answer in eu-central-1, and the resource may have been in it",
			func(text []byte) []byte {
				row := bytes.Index(text, []byte(`"region":"eu-central-1","status"`))
				list := []byte(`"operation":"secretsmanager:ListSecrets","ok":1,"denied":0,"failed":0`)
				return slices.Concat(text[:row], bytes.Replace(text[row:], list, bytes.Replace(list, []byte(`"failed":0`), []byte(`"failed":1`), 1), 1))
			},
		},
		{"a resource that is listed no more", "gone SM-ROT-01 1->0", func(text []byte) []byte { return text }},
		{
			"a region that is not there", "unknown SM-ROT-01 1->0 region eu-central-1 of account " + testAccount + " was not examined",
			func(text []byte) []byte {
				return bytes.Replace(text, []byte(`"region":"eu-central-1","status"`), []byte(`"region":"","status"`), 1)
			},
		},
		{
			"a region that was not examined", "unknown SM-ROT-01 1->0 region eu-central-1 of account " + testAccount + " was not examined",
			func(text []byte) []byte {
				return bytes.Replace(text, []byte(`"region":"eu-central-1","status":"examined"`), []byte(`"region":"eu-central-1","status":"not examined"`), 1)
			},
		},
		{
			"notices left out", "unknown SM-ROT-01 1->0 the new report had no room for all that it did not examine or judge; the format jsonl has",
			func(text []byte) []byte {
				return bytes.Replace(text, []byte(`"notices_left_out":0`), []byte(`"notices_left_out":3`), 1)
			},
		},
		{
			"verdicts left out", "unknown SM-ROT-01 1->0 the new report had no room for all that it did not examine or judge; the format jsonl has",
			func(text []byte) []byte {
				return bytes.Replace(text, []byte(`"verdicts_left_out":0`), []byte(`"verdicts_left_out":7`), 1)
			},
		},
	} {
		var k keptDiff
		before, after := render(t, variant{New: NewJSON}, old), c.change(render(t, variant{New: NewJSON}, now))
		if err := Diff(SavedText("old", before), SavedText("new", after), Gate{}, &k); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(k.said, []string{c.want}) {
			t.Errorf("%s: %q, want %q", c.name, k.said, c.want)
		}
	}
}

func TestDiffSalt(t *testing.T) {
	other := copiesFinding()
	other.Fingerprint = fingerprint("7")
	s, _ := diffOf(t, scanOf(copiesFinding()), scanOf(other))
	if !s.Salted {
		t.Error("another salt goes unnoticed")
	}
	if s, _ = diffOf(t, scanOf(copiesFinding(), worktreeFinding()), scanOf(other, worktreeFinding())); s.Salted {
		t.Error("a finding that is in both has the same salt")
	}
}

func TestDiffRefuses(t *testing.T) {
	scan, audit := render(t, variant{New: NewJSON}, cases()[0]), render(t, variant{New: NewJSON}, auditCase())
	for want, pair := range map[string][2][]byte{
		"old is of a run of scan, new of one of audit": {scan, audit},
		"new: not a report in json or jsonl":           {scan, []byte("x")},
		"old: not a whole report":                      {nil, scan},
	} {
		err := Diff(SavedText("old", pair[0]), SavedText("new", pair[1]), Gate{}, NewDiffText(io.Discard))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

// The cases that reports are tested with, each compared with another one.
func TestDiffFormats(t *testing.T) {
	schema := compileSchema(t, "diff")
	all := cases()
	for i, c := range all {
		other := all[(i+1)%len(all)]
		for _, b := range all[i+1:] {
			if b.run.Command == c.run.Command {
				other = b
				break
			}
		}
		if c.run.Command != other.run.Command {
			other = c
		}
		for _, v := range []struct {
			name string
			New  func(io.Writer) DiffHandler
		}{{"text", NewDiffText}, {"json", NewDiffJSON}} {
			var b bytes.Buffer
			if err := Diff(SavedText("old", render(t, variant{New: NewJSON}, c)), SavedText("new", render(t, variant{New: NewJSON}, other)), Gate{}, v.New(&b)); err != nil {
				t.Fatal(err)
			}
			testInert(t, variant{name: v.name}, b.Bytes())
			if v.name == "json" {
				if err := validate(schema, b.Bytes()); err != nil {
					t.Errorf("%s: %v", c.name, err)
				}
			}
			golden := filepath.Join("testdata", "diff", c.name+"-"+other.name+"."+v.name)
			if *update {
				if err := os.WriteFile(golden, b.Bytes(), 0o666); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), b.String()); diff != "" {
				t.Errorf("not as %s: %s", golden, diff)
			}
		}
	}
	var b bytes.Buffer
	if err := Diff(SavedText("old", render(t, variant{New: NewJSON}, all[0])), SavedText("new", render(t, variant{New: NewJSON}, all[2])), Gate{}, NewDiffJSON(&b)); err != nil {
		t.Fatal(err)
	}
	for was, wrong := range map[string]string{`"change":"new"`: `"change":"worse"`, `"coverage":[`: `"cover":[`, `"fails":true`: `"fails":1`} {
		if bad := bytes.Replace(b.Bytes(), []byte(was), []byte(wrong), 1); bytes.Equal(bad, b.Bytes()) || validate(schema, bad) == nil {
			t.Errorf("the schema lets %s pass", wrong)
		}
	}
	if !json.Valid(b.Bytes()) {
		t.Error("it is no JSON")
	}
}

func TestDiffWriteErrors(t *testing.T) {
	old, now := SavedText("old", render(t, variant{New: NewJSON}, cases()[0])), SavedText("new", render(t, variant{New: NewJSON}, cases()[2]))
	for _, format := range []func(io.Writer) DiffHandler{NewDiffText, NewDiffJSON} {
		full := errors.New("no space left")
		for n := 1; ; n++ {
			w := &failingWriter{failAt: n, err: full}
			err := Diff(old, now, Gate{}, format(w))
			if w.failAt > 0 {
				break
			}
			if !errors.Is(err, full) {
				t.Fatalf("write %d failed: %v", n, err)
			}
		}
	}
}

func FuzzMerge(f *testing.F) {
	for _, c := range cases() {
		var b bytes.Buffer
		if err := c.tell(NewJSONL(&b)); err != nil {
			f.Fatal(err)
		}
		f.Add(b.Bytes())
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		saved := []Saved{SavedText("a", text), SavedText("b", text)}
		var once, twice bytes.Buffer
		if err := Merge(saved, NewJSONL(&once)); err != nil {
			return
		}
		if err := Merge([]Saved{SavedText("a", once.Bytes())}, NewJSONL(&twice)); err != nil {
			t.Fatalf("what was merged cannot be read: %v", err)
		}
		if !bytes.Equal(once.Bytes(), twice.Bytes()) {
			t.Errorf("merged again it is something else: %s", cmp.Diff(once.String(), twice.String()))
		}
		if err := Diff(saved[0], SavedText("b", once.Bytes()), Gate{}, NewDiffJSON(io.Discard)); err != nil {
			t.Error(err)
		}
	})
}
