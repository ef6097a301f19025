package audit

import (
	"fmt"
	"slices"
	"strings"

	"github.com/assayhq/assay/report"
)

// eventFacts say what CloudTrail knows of the one secret: who reads it, who failed
// to, who changed it, and why its rotation failed. What there is none of is left out.
func eventFacts(s *Secret, r *Region) []report.Fact {
	if r.Events == nil {
		return nil
	}
	var facts []report.Fact
	say := func(label, text string) {
		if text != "" {
			facts = append(facts, report.Fact{Label: label, Text: text})
		}
	}
	list := r.Activity(s)
	say("events", r.Interval())
	for _, one := range firstReaders(readersOf(list)) {
		say("reader", one)
	}
	say("refused", tellAll(deedsOf(failedReadsOf(list), errorOf), (*deed).tell))
	say("changed by", tellAll(deedsOf(filterActivity(list, isChange), changeOf), (*deed).tell))
	say("rotation", lastFailure(list))
	return facts
}

// firstReaders tells of the busiest readers, and counts the rest.
func firstReaders(readers []*readership) []string {
	const most = 5
	slices.SortStableFunc(readers, func(a, b *readership) int { return int(max(-1, min(1, b.count-a.count))) })
	var texts []string
	for _, one := range readers[:min(len(readers), most)] {
		texts = append(texts, fmt.Sprintf("%s, %d times a day, first on %s", one.tell(), one.daily(), onDay(one.first)))
	}
	if more := len(readers) - most; more > 0 {
		texts = append(texts, "and "+plural(int64(more), "reader")+" more")
	}
	return texts
}

// isChange reports whether a is a call that changed a secret.
func isChange(a *Activity) bool {
	return changing(a.Event) && a.Error == "" && !a.Service
}

// changing reports whether a request of Secrets Manager changes something, by its verb.
func changing(event string) bool {
	verbs := []string{"Put", "Update", "Delete", "Create", "Rotate", "Cancel", "Restore", "Replicate", "Remove", "Stop", "Tag", "Untag"}
	return slices.ContainsFunc(verbs, func(verb string) bool { return strings.HasPrefix(event, verb) })
}

// lastFailure says when a rotation last failed and why, "" if none did.
func lastFailure(list []*Activity) string {
	var last *Activity
	for _, a := range list {
		if a.Event == "RotationFailed" || a.Event == "RotationAbandoned" {
			last = later(last, a)
		}
	}
	if last == nil {
		return ""
	}
	text := "failed on " + onDay(last.Last)
	if why := firstOf(last.Message, last.Error); why != "" {
		text += ": " + shown(why)
	}
	return text
}
