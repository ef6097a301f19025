package report

import (
	"fmt"
	"slices"
	"strings"
)

// A Framework is a list of controls that somebody published, as far as they are
// about how credentials are kept. Nothing here says that a control is met: a check
// supports it, with evidence for whoever judges that.
type Framework struct {
	ID    string // as flags take it: "pci-dss-4.0.1"
	Title string // "PCI DSS 4.0.1"
	URL   string // where its publisher has it
	// Note says what a reader must know of it, "" for nothing.
	Note     string
	Controls []Control // in the order of the document
}

// A Control is one of a framework's.
type Control struct {
	ID     string   // as the document writes it: "8.6.3"
	Title  string   // what it is about, in words of ours
	Checks []string // those that support it, sorted
	// Gap says what of it no check looks at, "" for nothing that is known of. A
	// control without checks has one.
	Gap string
}

// A Support is what a run has to say on a control.
type Support uint8

const (
	// SupportNone says that no check looks at what the control asks. It is the
	// zero value, so that nothing is supported by absence.
	SupportNone Support = iota
	// SupportNotRun says that none of its checks was among those that ran.
	SupportNotRun
	// SupportNothing says that its checks ran and met nothing that they are about.
	SupportNothing
	// SupportNotEvaluated says that something could not be judged, or that one of
	// its checks did not run, and that nothing failed.
	SupportNotEvaluated
	// SupportSuppressed says that all that failed may stay, as somebody decided.
	SupportSuppressed
	// SupportFails says that something failed.
	SupportFails
	// Supports says that its checks passed wherever they applied.
	Supports
)

var supportNames = [...]string{"no-check", "not-run", "nothing-to-judge", "not-evaluated", "suppressed", "fails", "supports"}

// String returns the name that reports use.
func (s Support) String() string { return name(supportNames[:], int(s)) }

// MarshalText writes the name of s.
func (s Support) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText accepts the names that String returns.
func (s *Support) UnmarshalText(text []byte) error {
	i, err := index("support", supportNames[:], string(text))
	*s = Support(i)
	return err
}

// A FrameworkResult is what a run has to say on the controls of a framework.
type FrameworkResult struct {
	Framework
	Results []ControlResult // one for each of Framework.Controls
}

// A ControlResult adds up the checks that support a control.
type ControlResult struct {
	Control
	Support                                  Support
	Failed, Passed, NotEvaluated, Suppressed int      // verdicts
	NotRun                                   []string // those of Checks that were not among the run's, sorted
}

// Supporting returns a Handler that adds to the summary what the run has to say on
// the controls of frameworks. It counts what comes through it, so it stands behind
// whatever suppresses findings.
func Supporting(frameworks []Framework, next Handler) Handler {
	if len(frameworks) == 0 {
		return next
	}
	return &supporting{Handler: next, frameworks: frameworks}
}

type supporting struct {
	Handler
	frameworks []Framework
}

// End implements Handler.
func (h *supporting) End(s Summary) error {
	for _, f := range h.frameworks {
		s.Compliance = append(slices.Clip(s.Compliance), f.judge(s.Checks))
	}
	return h.Handler.End(s)
}

// judge adds up what checks say of each control.
func (f Framework) judge(checks []CheckCount) FrameworkResult {
	r := FrameworkResult{Framework: f, Results: make([]ControlResult, len(f.Controls))}
	for i, c := range f.Controls {
		r.Results[i] = c.judge(checks)
	}
	return r
}

// judgeAgain returns the frameworks of two summaries, judged by the checks of sum, to
// which those of o are added already.
func judgeAgain(sum, o Summary) []FrameworkResult {
	var list []FrameworkResult
	for _, r := range slices.Concat(sum.Compliance, o.Compliance) {
		if !slices.ContainsFunc(list, func(have FrameworkResult) bool { return have.ID == r.ID }) {
			list = append(list, r.Framework.judge(sum.Checks))
		}
	}
	return list
}

func (c Control) judge(checks []CheckCount) ControlResult {
	r := ControlResult{Control: c}
	for _, id := range c.Checks {
		i := slices.IndexFunc(checks, func(n CheckCount) bool { return n.ID == id })
		if i < 0 {
			r.NotRun = append(r.NotRun, id)
			continue
		}
		n := checks[i]
		r.Failed += n.Failed
		r.Passed += n.Passed
		r.NotEvaluated += n.NotEvaluated
		r.Suppressed += n.Suppressed
	}
	switch {
	case len(c.Checks) == 0:
		r.Support = SupportNone
	case len(r.NotRun) == len(c.Checks):
		r.Support = SupportNotRun
	case r.Failed > 0:
		r.Support = SupportFails
	case r.NotEvaluated > 0 || len(r.NotRun) > 0:
		r.Support = SupportNotEvaluated
	case r.Suppressed > 0:
		r.Support = SupportSuppressed
	case r.Passed == 0:
		r.Support = SupportNothing
	default:
		r.Support = Supports
	}
	return r
}

// Counts returns how many of the controls have each Support.
func (r FrameworkResult) Counts() map[Support]int {
	counts := map[Support]int{}
	for _, c := range r.Results {
		counts[c.Support]++
	}
	return counts
}

// line says in one line how the controls of a framework stand.
func (r FrameworkResult) line() string {
	counts := r.Counts()
	var parts []string
	for _, s := range []struct {
		support Support
		text    string
	}{
		{Supports, "supported by checks that pass"}, {SupportFails, "with a check that fails"}, {SupportSuppressed, "with failures that are suppressed"},
		{SupportNotEvaluated, "not fully evaluated"}, {SupportNothing, "with nothing to judge"}, {SupportNotRun, "whose checks did not run"}, {SupportNone, "that no check covers"},
	} {
		if n := counts[s.support]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, s.text))
		}
	}
	return count(len(r.Results), "control") + ": " + strings.Join(parts, ", ")
}

// evidence says what the checks of a control came to, or why there is nothing to
// say.
func (c ControlResult) evidence() string {
	switch c.Support {
	case SupportNone:
		return "no check covers it: " + c.Gap
	case SupportNotRun:
		return "none of its checks ran: " + strings.Join(c.NotRun, " ")
	}
	text := fmt.Sprintf("%d failed, %d passed, %d not evaluated", c.Failed, c.Passed, c.NotEvaluated)
	if c.Suppressed > 0 {
		text += fmt.Sprintf(", %d suppressed", c.Suppressed)
	}
	text += ": " + strings.Join(c.Checks, " ")
	if len(c.NotRun) > 0 {
		text += "; not run: " + strings.Join(c.NotRun, " ")
	}
	if c.Gap != "" {
		text += "; not covered: " + c.Gap
	}
	return text
}

// complianceCaveat stands wherever controls are listed.
const complianceCaveat = "The checks support these controls with evidence; whether a control is met, they do not say."

// listCompliance writes a table for each framework.
func (a *auditText) listCompliance(list []FrameworkResult) {
	for _, f := range list {
		a.printf("%s %s\n", a.paint(bold, "Controls of "+escape(f.Title)), a.paint(dim, "("+escape(f.ID)+")"))
		width, outcomes := 0, 0
		for _, c := range f.Results {
			width, outcomes = max(width, runes(escape(c.ID))), max(outcomes, len(c.Support.String()))
		}
		for _, c := range f.Results {
			head := pad(escape(c.ID), width) + "  " + pad(c.Support.String(), outcomes)
			a.hanging(tableCell{head, supportColours[min(c.Support, Supports)]}, escape(c.Title+"; "+c.evidence()))
		}
		a.wrapped("together", f.line())
		if f.Note != "" {
			a.wrapped("note", escape(f.Note))
		}
		a.printf("  %s\n\n", complianceCaveat)
	}
}

var supportColours = [...]style{SupportNone: dim, SupportNotRun: dim, SupportNothing: dim, SupportNotEvaluated: yellow, SupportSuppressed: yellow, SupportFails: red, Supports: green}

// compliance writes a line for each control.
func (h *csvHandler) compliance(list []FrameworkResult) {
	for _, f := range list {
		for _, c := range f.Results {
			h.row(csvRow{record: "control", rule: f.ID + "/" + c.ID, outcome: c.Support.String(), name: c.Title, kind: f.Title, message: c.evidence()})
		}
	}
}

type frameworkRecord struct {
	ID       string          `json:"id"`
	Title    string          `json:"title"`
	URL      string          `json:"url"`
	Note     string          `json:"note,omitempty"`
	Controls []controlRecord `json:"controls"`
}

type controlRecord struct {
	ID           string   `json:"id"`
	Title        string   `json:"title"`
	Support      Support  `json:"support"`
	Checks       []string `json:"checks,omitempty"`
	NotRun       []string `json:"not_run,omitempty"`
	Failed       int      `json:"failed"`
	Passed       int      `json:"passed"`
	NotEvaluated int      `json:"not_evaluated"`
	Suppressed   int      `json:"suppressed,omitempty"`
	Gap          string   `json:"gap,omitempty"`
}

func newFrameworkRecords(list []FrameworkResult) []frameworkRecord {
	recs := make([]frameworkRecord, len(list))
	for i, f := range list {
		recs[i] = frameworkRecord{ID: validUTF8(f.ID), Title: validUTF8(f.Title), URL: validUTF8(f.URL), Note: validUTF8(f.Note), Controls: make([]controlRecord, len(f.Results))}
		for n, c := range f.Results {
			recs[i].Controls[n] = controlRecord{
				ID: validUTF8(c.ID), Title: validUTF8(c.Title), Support: c.Support, Checks: allValidUTF8(c.Checks), NotRun: allValidUTF8(c.NotRun), Gap: validUTF8(c.Gap),
				Failed: c.Failed, Passed: c.Passed, NotEvaluated: c.NotEvaluated, Suppressed: c.Suppressed,
			}
		}
	}
	return recs
}
