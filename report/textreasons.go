package report

import (
	"fmt"
	"strings"
)

const (
	subjectsListed = 5   // subjects named for one reason
	reasonsListed  = 100 // reasons why things were not examined
)

// several names some of list, whose text is escaped already, and counts the rest.
func several(list []string) string {
	text := strings.Join(list[:min(len(list), subjectsListed)], ", ")
	if more := len(list) - subjectsListed; more > 0 {
		text += fmt.Sprintf(" and %s more", thousands(int64(more)))
	}
	return text
}

// listReasons writes what was not examined, once for each reason, and how that
// can be mended.
func (a *auditText) listReasons() {
	if a.notices.count() == 0 {
		return
	}
	a.printf("%s\n", a.paint(yellow, "Not examined"))
	var reasons []string
	subjects := map[string][]string{}
	for _, n := range a.notices.notices {
		why := reason(n)
		if subjects[why] == nil {
			reasons = append(reasons, why)
		}
		subjects[why] = append(subjects[why], escape(n.Subject))
	}
	more := a.notices.more
	for i, why := range reasons {
		if i < reasonsListed {
			a.hanging(tableCell{}, several(subjects[why])+": "+escape(why))
		} else {
			more += len(subjects[why])
		}
	}
	if more > 0 {
		a.printf("  and %s more; the formats json and jsonl list them\n", thousands(int64(more)))
	}
	a.mend()
	a.printf("\n")
}

// mend says what to do about requests that were refused or failed.
func (a *auditText) mend() {
	if a.coverage == nil {
		return
	}
	var sum CoverageCalls
	for _, row := range a.coverage.Rows {
		for _, n := range a.coverage.asked(row) {
			sum = sum.plus(n)
		}
	}
	if sum.Denied > 0 {
		a.prose("denied", "Allow it to the identity that runs the audit: `assay audit policy` prints the IAM policy that is needed.")
	}
	if sum.Failed > 0 {
		a.prose("failed", "Run the audit again: what was throttled or out of reach may answer then.")
	}
}
