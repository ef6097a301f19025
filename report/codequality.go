package report

import (
	"cmp"
	"encoding/hex"
	"io"
)

// Facts about Code Quality reports that shape this format. Source: GitLab's
// documentation of Code Quality and the specification of Code Climate's engines,
// of which GitLab reads a part.
//
//   - A report is one array. An issue needs description, check_name, fingerprint,
//     severity and location with a relative path and a line.
//   - Of two issues with the same fingerprint the first one is shown, so each place
//     has a fingerprint of its own. It holds no line: what moved is not new.
//   - The widget of a merge request compares with the report of its target: what is
//     not examined is an issue too, or a broken run would look like a better one.
var codeQualitySeverities = [...]string{"info", "minor", "major", "critical", "blocker"}

// NewCodeQuality returns a Handler that writes the report that GitLab's Code Quality
// reads, which is a part of Code Climate's: an issue on a line for each place that
// has a line now, one for a credential that history alone holds, and one for each
// thing that was not examined. Nothing is held.
func NewCodeQuality(w io.Writer) Handler { return &codeQualityHandler{output: output{w: w}} }

type codeQualityHandler struct {
	output
	rules  map[string]Rule // by id
	issues int
}

type codeQualityIssue struct {
	Type        string              `json:"type"`
	CheckName   string              `json:"check_name"`
	Description string              `json:"description"`
	Content     *codeQualityContent `json:"content,omitempty"`
	Categories  []string            `json:"categories"`
	Severity    string              `json:"severity"`
	Fingerprint string              `json:"fingerprint"`
	Location    codeQualityLocation `json:"location"`
}

type codeQualityContent struct {
	Body string `json:"body"`
}

type codeQualityLocation struct {
	Path  string           `json:"path"`
	Lines codeQualityLines `json:"lines"`
}

type codeQualityLines struct {
	Begin int `json:"begin"`
	End   int `json:"end"`
}

func (h *codeQualityHandler) Begin(r Run) error {
	if err := h.begin(); err != nil {
		return err
	}
	h.rules = rulesByID(r)
	h.WriteByte('[')
	return h.flush()
}

func (h *codeQualityHandler) Finding(f Finding) error {
	if err := h.finding(); err != nil {
		return err
	}
	if !f.Counts() {
		return nil
	}
	rule := h.rules[f.RuleID]
	severity := codeQualitySeverities[min(f.Severity, SeverityCritical)]
	if f.Confidence == ConfidencePlaceholder {
		severity = codeQualitySeverities[SeverityInfo]
	}
	same := map[place3]int{}
	for _, l := range placesNow(f) {
		same[place3{l.Path, l.Inner, l.Object}]++
		sum := placeSum(f.Fingerprint, l, same[place3{l.Path, l.Inner, l.Object}])
		issue := codeQualityIssue{
			CheckName: escape(cmp.Or(f.RuleID, "unknown")), Description: resultMessage(f, l, Rule{Title: rule.Title}),
			Severity: severity, Fingerprint: hex.EncodeToString(sum[:]), Location: newCodeQualityLocation(l),
		}
		if rule.Remedy != "" {
			issue.Content = &codeQualityContent{escape(rule.Remedy)}
		}
		if err := h.issue(issue); err != nil {
			return err
		}
	}
	return nil
}

func newCodeQualityLocation(l Location) codeQualityLocation {
	place := codeQualityLocation{Path: fileName(l), Lines: codeQualityLines{1, 1}}
	if l.Inner == "" {
		place.Lines.Begin = max(l.Region.StartLine, 1)
		place.Lines.End = max(l.Region.EndLine, place.Lines.Begin)
	}
	return place
}

// issue writes one issue.
func (h *codeQualityHandler) issue(i codeQualityIssue) error {
	i.Type, i.Categories = "issue", []string{"Security"}
	h.element(h.issues, i)
	h.issues++
	return h.flush()
}

// Verdict writes nothing: what fails is a finding.
func (h *codeQualityHandler) Verdict(Verdict) error { return h.verdict() }

func (h *codeQualityHandler) Notice(n Notice) error {
	if err := h.notice(); err != nil {
		return err
	}
	text, severity := "Not examined: "+n.Subject+": "+reason(n), "major"
	if n.Accepted != nil {
		text, severity = text+" (accepted)", "info"
	}
	return h.issue(aside(noteNotExamined, severity, escape(text), cmp.Or(escape(n.Subject), "-")))
}

// aside is an issue about the run.
func aside(check, severity, text, path string) codeQualityIssue {
	sum := placeSum(check, Location{Path: path, Inner: text}, 1)
	return codeQualityIssue{
		CheckName: check, Description: text, Severity: severity, Fingerprint: hex.EncodeToString(sum[:]),
		Location: codeQualityLocation{Path: path, Lines: codeQualityLines{1, 1}},
	}
}

func (h *codeQualityHandler) End(s Summary) error {
	if err := h.end(); err != nil {
		return err
	}
	if s.Interrupted {
		if err := h.issue(aside(noteInterrupted, "major", interruptedText, "-")); err != nil {
			return err
		}
	}
	h.WriteString("\n]\n")
	return h.flush()
}
