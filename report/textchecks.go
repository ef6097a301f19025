package report

import (
	"fmt"
	"slices"
	"strings"
)

const (
	examplesListed = 5  // resources that a failed check names when there are many findings
	severityWidth  = 8  // columns of the longest severity
	nameWidth      = 32 // columns beyond which a name does not move what follows
)

// listFailed writes the checks that failed, the worst first, each with what it
// failed for and how to mend it.
func (a *auditText) listFailed() {
	failed := a.sorted(func(c *checkText) bool { return c.Failed > 0 })
	if len(failed) == 0 {
		return
	}
	slices.SortStableFunc(failed, func(x, y *checkText) int { return int(y.worst) - int(x.worst) })
	l := a.layOut(failed)
	own := func(list []*checkText) (n int) {
		for _, c := range list {
			if aboutSuppressions(c.Rule.ID) {
				n++
			}
		}
		return n
	}
	all := a.sorted(func(*checkText) bool { return true })
	title := fmt.Sprintf("Failed: %d of %s", len(failed)-own(failed), count(len(all)-own(all), "check"))
	a.printf("%s", a.paint(bold, pad(title, l.before+l.title)))
	if l.table {
		a.printf("%s", a.paint(dim, failedCounts))
	}
	a.printf("\n")
	for _, c := range failed {
		a.failedHead(c, l)
		a.listExamples(c)
		a.prose("remedy", c.Remedy)
		if a.detailed() {
			a.details(c)
		}
		a.printf("\n")
	}
}

// failedCounts heads the columns of numbers beside the checks that failed.
const failedCounts = "  failed  passed  not evaluated"

// A failedLayout is the columns of the checks that failed.
type failedLayout struct {
	id, title int  // widths
	before    int  // columns up to the title
	table     bool // the numbers stand beside the titles, not below
}

func (a *auditText) layOut(failed []*checkText) failedLayout {
	var l failedLayout
	for _, c := range failed {
		l.id = max(l.id, runes(escape(c.Rule.ID)))
		l.title = max(l.title, runes(escape(c.Title)))
	}
	l.before = severityWidth + 2 + l.id + 2
	l.table = a.options.Width == 0 || l.before+l.title+len(failedCounts) <= a.options.Width
	if !l.table {
		l.title = 0
	}
	return l
}

func (a *auditText) failedHead(c *checkText, l failedLayout) {
	label := strings.ToUpper(c.worst.String())
	a.printf("%s%s  %s  %s", a.paint(severityColours[min(c.worst, SeverityCritical)], label), strings.Repeat(" ", max(0, severityWidth-len(label))),
		pad(escape(c.Rule.ID), l.id), a.paint(bold, pad(escape(c.Title), l.title)))
	failed, passed, notEvaluated := thousands(int64(c.Failed)), thousands(int64(c.Passed)), thousands(int64(c.NotEvaluated))
	if l.table {
		a.printf("  %6s  %6s  %13s\n", failed, passed, notEvaluated)
	} else {
		a.printf("\n  %s\n", a.paint(dim, failed+" failed, "+passed+" passed, "+notEvaluated+" not evaluated"))
	}
}

// listExamples names what c failed for: all of it if there are few findings.
func (a *auditText) listExamples(c *checkText) {
	listed := c.examples
	if a.findings > fewFindings {
		listed = listed[:min(len(listed), examplesListed)]
	}
	regionWidth, width := 0, 0
	for _, e := range listed {
		regionWidth = max(regionWidth, runes(a.regionOf(e.resource)))
		width = max(width, min(runes(nameOf(e.resource)), nameWidth))
	}
	for _, e := range listed {
		text := escape(strings.Join(strings.Fields(e.evidence), " "))
		if e.severity != c.worst {
			text += " (" + e.severity.String() + ")"
		}
		head := pad(a.regionOf(e.resource), regionWidth)
		if width > 0 {
			head += "  " + pad(nameOf(e.resource), width)
		}
		a.hanging(tableCell{head, bold}, text)
	}
	if more := c.Failed - len(listed); more > 0 {
		a.printf("  and %s\n", thousands(int64(more))+" more")
	}
}

// regionOf names where r is, with the account if the audit has several.
func (a *auditText) regionOf(r Resource) string {
	if a.severalAccounts() {
		return join("/", r.Account, r.Region)
	}
	return escape(r.Region)
}

// nameOf is what people call r in its region, and empty for the region itself.
func nameOf(r Resource) string {
	switch r.Name {
	case "":
		return escape(r.ARN)
	case r.Region:
		return ""
	}
	return escape(r.Name)
}

// details is what one wants to know of a failed check when it is about one secret.
func (a *auditText) details(c *checkText) {
	a.prose("why", c.Text)
	if len(c.References) > 0 {
		a.field("see", escape(c.References[0]))
	}
	for _, e := range c.examples {
		a.field("resource", escape(e.resource.ARN))
		a.field("fingerprint", a.paint(dim, escape(e.fingerprint)))
	}
}

// listVerdicts writes the verdicts on a single secret and what belongs to it.
func (a *auditText) listVerdicts(title string, outcome Outcome) {
	all := 0
	for _, c := range a.checks {
		if outcome == OutcomePass {
			all += c.Passed
		} else {
			all += c.NotEvaluated
		}
	}
	if all == 0 {
		return
	}
	a.printf("%s\n", a.paint(bold, title))
	listed := 0
	slices.SortStableFunc(a.single, func(x, y Verdict) int { return strings.Compare(x.RuleID, y.RuleID) })
	for _, v := range a.single {
		if v.Outcome != outcome {
			continue
		}
		listed++
		subject := escape(v.RuleID)
		if v.Resource.Type != typeSecret {
			subject = strings.TrimSpace(subject + " " + a.regionOf(v.Resource) + " " + nameOf(v.Resource))
		}
		a.hanging(tableCell{text: subject}, escape(strings.Join(strings.Fields(v.Reason), " ")))
	}
	if more := all - listed; more > 0 {
		a.printf("  and %s more; the formats json and jsonl list them\n", thousands(int64(more)))
	}
	a.printf("\n")
}

// hanging writes head and the text beside it, over as many lines as it takes, or
// below it if a terminal has no room there.
func (h *textHandler) hanging(head tableCell, text string) {
	margin := "  "
	if head.text != "" {
		margin = strings.Repeat(" ", 2+runes(head.text)+2)
	}
	beside := h.options.Width == 0 || h.options.Width-len(margin) >= narrowest
	if !beside {
		h.printf("  %s\n", h.painted(head))
		margin = "      "
	}
	for i, line := range wrap(text, h.options.Width-len(margin)) {
		switch {
		case i > 0 || !beside || head.text == "":
			h.printf("%s%s\n", margin, line)
		case line == "":
			h.printf("  %s\n", h.painted(head))
		default:
			h.printf("  %s  %s\n", h.painted(head), line)
		}
	}
}

// listPassed names the checks that every resource passed.
func (a *auditText) listPassed() {
	a.listIDs("Passed by everything", a.sorted(func(c *checkText) bool {
		return c.Passed > 0 && c.Failed == 0 && c.NotEvaluated == 0 && c.Suppressed == 0
	}))
}

// listSuppressed names findings that do not count, and who says so.
func (a *auditText) listSuppressed() {
	all := a.totals().Suppressed
	if all == 0 {
		return
	}
	a.printf("%s: %s\n", a.paint(bold, "Suppressed"), count(all, "finding"))
	for _, s := range a.suppressed {
		subject := strings.TrimSpace(escape(s.check) + " " + a.regionOf(s.resource) + " " + nameOf(s.resource))
		a.hanging(tableCell{text: subject}, escape(s.decision))
	}
	if more := all - len(a.suppressed); more > 0 {
		a.printf("  and %s more; the formats json and jsonl list them\n", thousands(int64(more)))
	}
	a.printf("\n")
}

// listUntouched names the checks that had nothing to judge.
func (a *auditText) listUntouched() {
	a.listIDs("Nothing to judge", a.sorted(func(c *checkText) bool {
		return c.Passed == 0 && c.Failed == 0 && c.NotEvaluated == 0 && c.Suppressed == 0
	}))
}

func (a *auditText) listIDs(title string, checks []*checkText) {
	if len(checks) == 0 {
		return
	}
	ids := make([]string, len(checks))
	for i, c := range checks {
		ids[i] = escape(c.Rule.ID)
	}
	a.printf("%s: %s\n", a.paint(bold, title), count(len(checks), "check"))
	a.hanging(tableCell{}, strings.Join(ids, ", "))
	a.printf("\n")
}

// listNotEvaluated names the checks that did not fail and could not be judged
// everywhere: they must not be taken for passed.
func (a *auditText) listNotEvaluated() {
	checks := a.sorted(func(c *checkText) bool { return c.Failed == 0 && c.NotEvaluated > 0 })
	if len(checks) == 0 {
		return
	}
	a.printf("%s: %s\n", a.paint(yellow, "Not evaluated everywhere"), count(len(checks), "check"))
	width := 0
	for _, c := range checks {
		width = max(width, runes(escape(c.Rule.ID)))
	}
	for _, c := range checks {
		counts := thousands(int64(c.NotEvaluated)) + " not evaluated, " + thousands(int64(c.Passed)) + " passed: "
		a.hanging(tableCell{text: pad(escape(c.Rule.ID), width)}, counts+escape(c.Title))
	}
	a.printf("\n")
}
