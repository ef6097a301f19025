package send

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/assayhq/assay/report"
)

// An Earlier is what an earlier run found, by fingerprint. It is a report.Sink, for
// what judges an earlier inventory, and Add takes the findings of an earlier report.
type Earlier struct{ failed map[string]report.Severity }

// NewEarlier returns the memory of a run that found nothing.
func NewEarlier() *Earlier { return &Earlier{map[string]report.Severity{}} }

// Finding remembers f, unless it does not count.
func (e *Earlier) Finding(f report.Finding) error {
	if f.Counts() {
		e.failed[f.Fingerprint] = f.Severity
	}
	return nil
}

// Verdict does nothing: what passes is not remembered.
func (e *Earlier) Verdict(report.Verdict) error { return nil }

// Notice does nothing.
func (e *Earlier) Notice(report.Notice) error { return nil }

// Alerts is a report.Handler that gathers what is new or worse than in an earlier run.
// It writes nothing; Alert returns what there is to tell.
type Alerts struct {
	Earlier *Earlier
	// Least is the severity from which on a finding is told of.
	Least report.Severity
	// Evidence adds what was found, which may name principals and addresses.
	Evidence Evidence

	run     report.Run
	rules   map[string]report.Rule
	changes []Change
	more    int // than are kept
	summary report.Summary
}

// Evidence says whether an alert holds the text of its findings.
type Evidence uint8

const (
	EvidenceOmitted Evidence = iota
	EvidenceIncluded
)

// maxChanges bounds what an alert lists, so that a message has a size that everybody
// takes.
const (
	maxChanges  = 100
	maxEvidence = 2000 // characters of one finding
)

// An Alert is a message about what is new or worse.
type Alert struct {
	Schema  string   `json:"schema"` // "assay-alert/v1"
	Text    string   `json:"text"`   // one line, which chat programs show
	Tool    string   `json:"tool"`
	Version string   `json:"version"`
	Target  string   `json:"target"`
	New     int      `json:"new"`
	Worse   int      `json:"worse"`
	Changes []Change `json:"findings"` // the worst first
	More    int      `json:"left_out"` // beyond those that are listed
	// NotExamined is how much the run could not examine: what failed there, nobody
	// can tell.
	NotExamined int `json:"not_examined"`
}

// A Change is a finding that is new or worse.
type Change struct {
	Kind     string          `json:"change"` // "new" or "worse"
	RuleID   string          `json:"rule_id"`
	Title    string          `json:"title"`
	Severity report.Severity `json:"severity"`
	Before   string          `json:"severity_before,omitempty"` // of one that is worse
	Account  string          `json:"account,omitempty"`
	Region   string          `json:"region,omitempty"`
	Type     string          `json:"resource_type,omitempty"`
	ARN      string          `json:"resource,omitempty"`
	Name     string          `json:"name,omitempty"`
	Evidence string          `json:"evidence,omitempty"`
	Remedy   string          `json:"remedy,omitempty"`
	// Fingerprint is the finding's own, the same in every run.
	Fingerprint string `json:"fingerprint"`
}

// Begin implements report.Handler.
func (a *Alerts) Begin(r report.Run) error {
	a.run, a.rules = r, make(map[string]report.Rule, len(r.Rules))
	for _, rule := range r.Rules {
		a.rules[rule.ID] = rule
	}
	return nil
}

// Finding implements report.Sink.
func (a *Alerts) Finding(f report.Finding) error {
	before, was := a.Earlier.failed[f.Fingerprint]
	if !f.Counts() || f.Severity < a.Least || was && before >= f.Severity {
		return nil
	}
	if len(a.changes) >= 100*maxChanges { // the worst are looked for among so many
		a.more++
		return nil
	}
	c := a.change(f)
	if was {
		c.Kind, c.Before = "worse", before.String()
	}
	a.changes = append(a.changes, c)
	return nil
}

// change is a finding without its evidence, unless that was asked for. A resource of
// IAM is a principal itself.
func (a *Alerts) change(f report.Finding) Change {
	rule := a.rules[f.RuleID]
	c := Change{
		Kind: "new", RuleID: f.RuleID, Title: cmp.Or(rule.Title, f.RuleID), Severity: f.Severity, Remedy: rule.Remedy, Fingerprint: f.Fingerprint,
	}
	if len(f.Occurrences) > 0 && f.Occurrences[0].Resource != nil {
		r := f.Occurrences[0].Resource
		c.Account, c.Region, c.Type, c.ARN, c.Name = r.Account, r.Region, r.Type, r.ARN, r.Name
	}
	if a.Evidence == EvidenceIncluded {
		c.Evidence = f.Message
		if r := []rune(f.Message); len(r) > maxEvidence {
			c.Evidence = string(r[:maxEvidence]) + "..."
		}
	} else if strings.HasPrefix(c.Type, "AWS::IAM::") || strings.HasPrefix(c.Type, "AWS::STS::") {
		c.ARN, c.Name = "", ""
	}
	return c
}

// Verdict implements report.Sink.
func (a *Alerts) Verdict(report.Verdict) error { return nil }

// Notice implements report.Sink.
func (a *Alerts) Notice(report.Notice) error { return nil }

// End implements report.Handler.
func (a *Alerts) End(s report.Summary) error {
	a.summary = s
	return nil
}

// Alert returns what there is to tell, nil for nothing.
func (a *Alerts) Alert() *Alert {
	if len(a.changes) == 0 {
		return nil
	}
	slices.SortStableFunc(a.changes, func(x, y Change) int {
		return cmp.Or(cmp.Compare(y.Severity, x.Severity), cmp.Compare(x.Kind, y.Kind), cmp.Compare(x.RuleID, y.RuleID), cmp.Compare(x.ARN, y.ARN))
	})
	alert := &Alert{
		Schema: "assay-alert/v1", Tool: a.run.Tool, Version: a.run.Version, Target: a.run.Target, NotExamined: a.summary.NotExamined,
		Changes: a.changes[:min(len(a.changes), maxChanges)],
	}
	for _, c := range a.changes {
		if c.Kind == "worse" {
			alert.Worse++
		} else {
			alert.New++
		}
	}
	alert.New += a.more
	alert.More = len(a.changes) + a.more - len(alert.Changes)
	alert.Text = alert.line()
	return alert
}

// line says it in one line.
func (a *Alert) line() string {
	worst := a.Changes[0]
	text := fmt.Sprintf("assay: %d new and %d worse in %s; the worst is %s %s: %s", a.New, a.Worse, a.Target, worst.Severity, worst.RuleID, worst.Title)
	if worst.Name != "" {
		text += " (" + strings.TrimSpace(worst.Region+" "+worst.Name) + ")"
	}
	if a.NotExamined > 0 {
		text += fmt.Sprintf("; %d things could not be examined", a.NotExamined)
	}
	return report.Inert(text)
}

// lines says it for people, a line for each finding.
func (a *Alert) lines() string {
	var b strings.Builder
	b.WriteString(a.Text + "\n\n")
	for _, c := range a.Changes {
		line := c.Kind + ": " + c.Severity.String() + " " + c.RuleID + " " + c.Title
		for _, part := range []string{c.Account, c.Region, c.Name, c.Evidence} {
			if part != "" {
				line += ", " + part
			}
		}
		b.WriteString(report.Inert(line) + "\n")
	}
	if a.More > 0 {
		fmt.Fprintf(&b, "and %d more\n", a.More)
	}
	return b.String()
}
