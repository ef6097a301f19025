package report

import (
	"fmt"
	"strings"

	"github.com/owenrumney/go-sarif/v2/sarif"
)

// What a notification is about: the id of its descriptor. The descriptors are
// not listed in the driver, where validators of code scanning take them for rules.
const (
	noteNotExamined = "not-examined"
	noteInterrupted = "interrupted"
	noteHistory     = "history-omitted"
	noteBeyond      = "results-omitted"
)

// A sarifResult is a result with suppressions. Those of go-sarif write null for
// what they do not hold, which the standard forbids.
type sarifResult struct {
	*sarif.Result
	Suppressions []sarifSuppression `json:"suppressions,omitempty"`
}

type sarifSuppression struct {
	Kind          string `json:"kind"`
	Status        string `json:"status"`
	Justification string `json:"justification"`
}

// newSuppression says who decided that a result does not count. What a comment in
// the source suppresses is in no report, so the kind is always "external".
func newSuppression(s *Suppression) sarifSuppression {
	return sarifSuppression{Kind: "external", Status: "accepted", Justification: decision(s)}
}

// newResult is what code scanning shows of f at l.
func (h *sarifHandler) newResult(f Finding, l Location) sarifResult {
	rule, known := h.rules[f.RuleID]
	result := &sarif.Result{
		RuleID:    new(escape(f.RuleID)),
		Level:     new(level(f.Severity)),
		Message:   sarif.Message{Text: new(resultMessage(f, l, rule.Rule))},
		Locations: []*sarif.Location{{PhysicalLocation: physical(l), LogicalLocations: logical(l)}},
		PropertyBag: sarif.PropertyBag{
			Properties: resultProperties(f, l),
		},
		PartialFingerprints: partialFingerprints(f, l),
	}
	// A name is no credential: consumers that list related locations would show it
	// as one. It stands among the properties.
	if c := l.Companion; c != nil && c.Credential {
		result.RelatedLocations = []*sarif.Location{{
			PhysicalLocation: physical(l.companion()),
			Message:          &sarif.Message{Text: new(noLinks(escape(sentence(c.What))))},
		}}
	}
	if known {
		result.WithRuleIndex(rule.index)
	}
	if f.Baseline != BaselineNone {
		result.BaselineState = new(f.Baseline.String())
	}
	full := sarifResult{Result: result}
	if f.Suppression != nil {
		full.Suppressions = []sarifSuppression{newSuppression(f.Suppression)}
	}
	return full
}

// resultMessage is the text of the alert. Its first sentence is the title.
func resultMessage(f Finding, l Location, rule Rule) string {
	title := f.Message
	if title == "" {
		title = rule.Title
	}
	parts := []string{sentence(title)}
	if l.Inner != "" {
		parts = append(parts, sentence("It stands inside the file, at "+insideAt(l)))
	}
	if l.Introduced != nil {
		parts = append(parts, sentence("Introduced in "+commit(*l.Introduced)))
	}
	if isHistory(l) {
		parts = append(parts, "It is not in the files of today, but everyone who has the repository can read it.")
	}
	if more := len(f.Occurrences) - 1; more > 0 {
		parts = append(parts, fmt.Sprintf("The same credential stands in %s.", count(more, "more place")))
	}
	if rule.Remedy != "" {
		parts = append(parts, sentence(rule.Remedy))
	}
	return noLinks(strings.Join(parts, " "))
}

// insideAt is the member that l is in, with its line and column.
func insideAt(l Location) string {
	if l.Region == (Region{}) {
		return escape(l.Inner)
	}
	return fmt.Sprintf("%s:%d:%d", escape(l.Inner), l.Region.StartLine, l.Region.StartColumn)
}

// isHistory reports whether l has no line now.
func isHistory(l Location) bool { return !l.InWorktree && !l.AtHead && l.Object != "" }

// noLinks keeps text from the input from becoming a link: in a SARIF message
// [text](target) is one.
func noLinks(s string) string { return strings.ReplaceAll(s, "](", "] (") }

// physical is where l is. Code scanning wants four positive numbers, also for a
// place without text.
func physical(l Location) *sarif.PhysicalLocation {
	r := l.Region
	if l.Inner != "" {
		r = Region{} // lines of the member, of which the file has none
	}
	r.StartLine, r.StartColumn = max(r.StartLine, 1), max(r.StartColumn, 1)
	r.EndLine, r.EndColumn = max(r.EndLine, r.StartLine), max(r.EndColumn, 1)
	if r.EndLine == r.StartLine {
		r.EndColumn = max(r.EndColumn, r.StartColumn)
	}
	return &sarif.PhysicalLocation{
		ArtifactLocation: &sarif.ArtifactLocation{URI: new(relativeURI(l))},
		Region: &sarif.Region{
			StartLine: &r.StartLine, StartColumn: &r.StartColumn,
			EndLine: &r.EndLine, EndColumn: &r.EndColumn,
		},
	}
}

// logical names the resource that l is about, or the member of a container.
func logical(l Location) []*sarif.LogicalLocation {
	if l.Inner != "" {
		return []*sarif.LogicalLocation{{FullyQualifiedName: new(escape(l.fullPath())), Name: new(escape(l.Inner))}}
	}
	if l.Resource == nil {
		return nil
	}
	location := &sarif.LogicalLocation{FullyQualifiedName: new(escape(l.Resource.ARN)), Kind: new("resource")}
	if l.Resource.Name != "" {
		location.Name = new(escape(l.Resource.Name))
	}
	return []*sarif.LogicalLocation{location}
}

// relativeURI is l's path as a relative reference (RFC 3986). What has no path
// is named by its object, and standard input by a hyphen.
func relativeURI(l Location) string {
	path := l.Path
	if l.isObject() {
		path += l.Type + "/" + l.Object
	}
	if path == "" {
		path = "-"
	}
	return percentEncode(path)
}

// percentEncode encodes every byte but the unreserved ones and the slash. That
// covers what no path of a URI may hold and the colon that would end a scheme.
func percentEncode(path string) string {
	var b strings.Builder
	for i := range len(path) {
		switch c := path[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', strings.IndexByte("-._~/", c) >= 0:
			b.WriteByte(c)
		default:
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}

// partialFingerprints identify the alert. Code scanning uses
// primaryLocationLineHash alone, and the action that uploads fills it in where
// it is absent and the line is at hand. For a place without a line it is derived
// from our fingerprint: what counts is that it stays the same.
func partialFingerprints(f Finding, l Location) map[string]any {
	prints := map[string]any{"assayFingerprint/v1": escape(f.Fingerprint)}
	_, digits, ok := strings.Cut(f.Fingerprint, "v1:")
	switch {
	case l.LineHash != "":
		prints["primaryLocationLineHash"] = l.LineHash
	case ok && len(digits) >= 16 && (isHistory(l) || l.Resource != nil || l.Inner != "" || l.Region == Region{}):
		prints["primaryLocationLineHash"] = escape(digits[:16]) + ":1"
	}
	return prints
}

func resultProperties(f Finding, l Location) sarif.Properties {
	p := sarif.Properties{
		"severity":    f.Severity.String(),
		"confidence":  f.Confidence.String(),
		"occurrences": len(f.Occurrences),
	}
	if l.Resource != nil {
		p["resource"] = newResourceRecord(*l.Resource)
		return p
	}
	p["inWorktree"], p["atHead"] = l.InWorktree, l.AtHead
	add := func(key, value string) {
		if value != "" {
			p[key] = escape(value)
		}
	}
	add("repository", l.Repository)
	add("object", l.Object)
	add("objectType", l.Type)
	if l.Inner != "" {
		add("innerPath", l.Inner)
		p["innerLine"], p["innerColumn"] = l.Region.StartLine, l.Region.StartColumn
	}
	if l.Introduced != nil {
		add("commit", l.Introduced.ID)
		add("author", l.Introduced.Author)
		add("date", timestamp(l.Introduced.Date))
	}
	if l.Companion != nil && !l.Companion.Credential {
		p["companion"] = newCompanionRecord(*l.Companion)
	}
	if l.Removed != nil {
		add("removedCommit", l.Removed.ID)
	}
	return p
}

// invocation says how the run went, what was not examined and what was.
func (h *sarifHandler) invocation(s Summary) *sarif.Invocation {
	var notes []*sarif.Notification
	if s.Interrupted {
		notes = append(notes, newNote(noteInterrupted, "error", "The run was interrupted, the report holds what was found so far."))
	}
	for _, n := range h.notices.notices {
		level, text := "warning", fmt.Sprintf("Not examined: %s: %s", escape(n.Subject), escape(reason(n)))
		if n.Accepted != nil {
			level, text = "note", sentence(text)+" Accepted "+decision(n.Accepted)
		}
		notes = append(notes, newNote(noteNotExamined, level, text))
	}
	if h.notices.more > 0 {
		notes = append(notes, newNote(noteNotExamined, "warning", "Not examined: "+count(h.notices.more, "more thing")+"."))
	}
	if h.beyond > 0 {
		notes = append(notes, newNote(noteBeyond, "warning", fmt.Sprintf(
			"Left out: %s. A file holds at most %d runs of %d results.", count(h.beyond, "result"), h.runsPerFile, h.resultsPerRun)))
	}
	if h.history > 0 {
		notes = append(notes, newNote(noteHistory, "note",
			"Left out: "+count(h.history, "credential")+" in history alone. The other formats list them."))
	}
	properties := sarif.Properties{"summary": newSummaryRecord(s)}
	if h.run.Coverage != nil {
		properties["coverage"] = newCoverageRecord(h.run.Coverage)
	}
	return &sarif.Invocation{
		ExecutionSuccessful:        new(!s.Interrupted),
		ToolExecutionNotifications: notes,
		PropertyBag:                sarif.PropertyBag{Properties: properties},
	}
}

func newNote(kind, level, message string) *sarif.Notification {
	return &sarif.Notification{
		Descriptor: &sarif.ReportingDescriptorReference{Id: new(kind)},
		Level:      level,
		Message:    &sarif.Message{Text: new(noLinks(message))},
	}
}
