package report

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// leak is a finding of a rule at some paths.
func leak(rule, digit string, paths ...string) Finding {
	f := Finding{RuleID: rule, Severity: SeverityHigh, Confidence: ConfidenceHigh, Fingerprint: fingerprint(digit), Excerpt: "first"}
	for i, p := range paths {
		f.Occurrences = append(f.Occurrences, Location{Path: p, Region: Region{i + 1, 1, i + 1, 2}})
	}
	return f
}

// ignored plays findings to a file of suppressions, and lists what comes out as
// "rule path path".
func ignored(t *testing.T, o IgnoreOptions, text string, c reportCase) (*List, []string) {
	t.Helper()
	if o.Today == "" {
		o.Today = "2026-06-15"
	}
	if o.Refused == nil {
		o.Files = []*Ignores{parseIgnores(t, text)}
	}
	list := &List{}
	if err := c.tell(Ignoring(o, list)); err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, f := range list.Findings {
		line := f.RuleID
		for _, l := range f.Occurrences {
			line += " " + l.Path
		}
		out = append(out, line)
	}
	return list, out
}

func TestIgnoring(t *testing.T) {
	findings := []Finding{leak("generic-key", "a", "src/a", "test/a"), leak("slack", "b", "test/b")}
	for _, c := range []struct {
		name, text string
		want       []string
		silenced   int
	}{
		{"nothing", "", []string{"generic-key src/a test/a", "slack test/b"}, 0},
		{"a fingerprint", fingerprint("a") + " reason=x", []string{"slack test/b"}, 1},
		{"another fingerprint", fingerprint("c") + " reason=x", []string{"generic-key src/a test/a", "slack test/b"}, 0},
		{"a path takes its places", "path=src/* reason=x", []string{"generic-key test/a", "slack test/b"}, 0},
		{"and all of them", "path=test/ reason=x\npath=src/ reason=x", nil, 2},
		{"a family of rules", "rule=generic path=**/a reason=x", []string{"slack test/b"}, 1},
		{"not half a name", "rule=gen path=**/a reason=x", []string{"generic-key src/a test/a", "slack test/b"}, 0},
		{"all have to hold", fingerprint("b") + " path=src/ reason=x", []string{"generic-key src/a test/a", "slack test/b"}, 0},
		{"its last day", fingerprint("a") + " expires=2026-06-15 reason=x", []string{"slack test/b"}, 1},
		{
			"the day after", fingerprint("a") + " expires=2026-06-14 reason=x",
			[]string{"generic-key src/a test/a", "slack test/b", "suppression-expired .assayignore"}, 0,
		},
		{
			"of two that a merge left the stricter", fingerprint("a") + " expires=2027-01-01 reason=x\n" + fingerprint("a") + " expires=2026-01-01 reason=x",
			[]string{"generic-key src/a test/a", "slack test/b", "suppression-expired .assayignore"}, 0,
		},
		{"too wide", "path=** reason=x", []string{"suppression-too-wide .assayignore"}, 2},
		{"a whole rule", "rule=slack reason=x", []string{"generic-key src/a test/a", "suppression-too-wide .assayignore"}, 1},
	} {
		list, got := ignored(t, IgnoreOptions{}, c.text, reportCase{findings: findings})
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: %s", c.name, diff)
		}
		if n := list.Summary.Silenced[".assayignore"]; n != c.silenced {
			t.Errorf("%s: %d silenced, want %d", c.name, n, c.silenced)
		}
	}
	if findings[0].Excerpt != "first" || len(findings[0].Occurrences) != 2 {
		t.Error("what was told was changed")
	}
}

// The excerpt is the line of the first place, and goes with it.
func TestIgnoringExcerpt(t *testing.T) {
	for path, want := range map[string]string{"src/*": "", "test/*": "first"} {
		list, _ := ignored(t, IgnoreOptions{}, "path="+path+" reason=x", reportCase{findings: []Finding{leak("r", "a", "src/a", "test/a")}})
		if got := list.Findings[0].Excerpt; got != want {
			t.Errorf("without %s the excerpt is %q", path, got)
		}
	}
}

func TestIgnoringUnused(t *testing.T) {
	text := "path=gone/ reason=x\npath=old/ expires=2020-01-01 reason=x\npath=test/ reason=x"
	found := reportCase{findings: []Finding{leak("r", "a", "test/a")}}
	_, got := ignored(t, IgnoreOptions{Whole: true}, text, found)
	if diff := cmp.Diff([]string{"suppression-unused .assayignore", "suppression-expired .assayignore"}, got); diff != "" {
		t.Error(diff)
	}
	if _, got := ignored(t, IgnoreOptions{}, text, found); got != nil {
		t.Errorf("a part of the tree tells %q", got)
	}
	found.notices = []Notice{{"x", errors.New("y"), nil, ""}}
	if _, got := ignored(t, IgnoreOptions{Whole: true}, text, found); got != nil {
		t.Errorf("an incomplete run tells %q", got)
	}
	found.notices, found.summary.Interrupted = nil, true
	if _, got := ignored(t, IgnoreOptions{Whole: true}, text, found); got != nil {
		t.Errorf("an interrupted run tells %q", got)
	}
}

func TestIgnoringManyIsWide(t *testing.T) {
	for n, want := range map[int]int{wideFrom: 0, wideFrom + 1: 1} {
		var c reportCase
		for i := range n {
			f := leak("r", "a", fmt.Sprintf("test/%d", i))
			f.Fingerprint = fmt.Sprintf("assay/v1:%064x", i)
			c.findings = append(c.findings, f)
		}
		if _, got := ignored(t, IgnoreOptions{}, "path=test/ reason=x", c); len(got) != want {
			t.Errorf("%d credentials: %q", n, got)
		}
	}
}

func TestIgnoringGaps(t *testing.T) {
	c := reportCase{
		notices: []Notice{{"vendor/a.bin", errors.New("too large"), nil, ""}, {"b", errors.New("denied"), nil, ""}},
		summary: Summary{NotExamined: 2},
	}
	gate := &Gate{}
	list := &List{}
	h := Ignoring(IgnoreOptions{Files: []*Ignores{parseIgnores(t, "gap=vendor/ reason=x owner=me")}, Today: "2026-01-01"}, AtLeast(ConfidenceLow, Tee(list, gate)))
	if err := c.tell(h); err != nil {
		t.Fatal(err)
	}
	if a := list.Notices[0].Accepted; a == nil || *a != (Suppression{By: ".assayignore:1", Reason: "x", Owner: "me"}) {
		t.Errorf("%+v", a)
	}
	if list.Notices[1].Accepted != nil {
		t.Error("the other is accepted too")
	}
	if s := gate.Summary(); s.NotExamined != 1 || s.Accepted != 1 || s.Complete() {
		t.Errorf("%+v", s)
	}
}

func TestIgnoringRefused(t *testing.T) {
	text := fingerprint("a") + " reason=x\npath=** reason=x\ngap=** reason=x"
	c := reportCase{findings: []Finding{leak("r", "a", "a"), leak("r", "b", "b")}, notices: []Notice{{"n", errors.New("x"), nil, ""}}}
	list, got := ignored(t, IgnoreOptions{Refused: []*Ignores{parseIgnores(t, text)}}, "", c)
	if diff := cmp.Diff([]string{"r a", "r b"}, got); diff != "" {
		t.Error(diff)
	}
	if list.Notices[0].Accepted != nil || list.Summary.Refused[".assayignore"] != 3 || list.Summary.Silenced != nil {
		t.Errorf("%+v", list.Summary)
	}
}

func TestIgnoringShows(t *testing.T) {
	o := IgnoreOptions{Show: true, Mask: func(s string) string { return strings.ReplaceAll(s, "hunter2", "<7 characters>") }}
	gate := &Gate{}
	o.Files, o.Today = []*Ignores{parseIgnores(t, fingerprint("a")+` expires=2027-01-01 reason="it is hunter2"`)}, "2026-01-01"
	list := &List{}
	if err := (reportCase{findings: []Finding{leak("r", "a", "a")}}).tell(Ignoring(o, AtLeast(ConfidenceMedium, Tee(list, gate)))); err != nil {
		t.Fatal(err)
	}
	if s := list.Findings[0].Suppression; s == nil || s.Reason != "it is <7 characters>" || s.Expires != "2027-01-01" {
		t.Errorf("%+v", s)
	}
	if gate.Findings() != 0 || gate.Summary().Findings != (Summary{}).Findings {
		t.Error("it counts all the same")
	}
}

// Paths of a report may be relative to another folder than the file's.
func TestIgnoringElsewhere(t *testing.T) {
	for _, c := range []struct{ below, strip, path string }{{"src/", "", "a.txt"}, {"", "repo/", "repo/src/a.txt"}, {"", "", "src/a.txt"}} {
		f := parseIgnores(t, "path=src/a.txt reason=x")
		f.Below, f.Strip = c.below, c.strip
		list := &List{}
		h := Ignoring(IgnoreOptions{Files: []*Ignores{f}}, list)
		if err := (reportCase{findings: []Finding{leak("r", "a", c.path)}}).tell(h); err != nil || len(list.Findings) > 0 {
			t.Errorf("%+v: %v, %v", c, list.Findings, err)
		}
	}
}
