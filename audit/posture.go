package audit

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/assayhq/assay/report"
)

// Posture tells what a page on the posture of an account shows beyond verdicts: of
// every secret what is known of it, what happened to it and who read it. mask hides
// credentials in text that came from AWS; nil hides nothing.
func (inv *Inventory) Posture(settings Settings, mask func(string) string) (*report.Posture, error) {
	if mask == nil {
		mask = func(text string) string { return text }
	}
	p := &report.Posture{Collected: inv.Collected}
	if err := inv.link(); err != nil {
		return nil, err
	}
	for _, at := range inv.sorted() {
		r := inv.region(at, settings)
		if r.Events != nil && (p.From.IsZero() || r.Events.From.Before(p.From)) {
			p.From = r.Events.From
		}
		for s, err := range inv.secrets(at) {
			if err != nil {
				return nil, err
			}
			p.Secrets = append(p.Secrets, postureOf(s, r, mask))
		}
	}
	return p, nil
}

func postureOf(s *Secret, r *Region, mask func(string) string) report.PostureSecret {
	told := report.PostureSecret{
		Resource: report.Resource{ARN: mask(s.ARN), Name: mask(s.Name), Type: "AWS::SecretsManager::Secret", Account: r.Account, Region: r.Region},
	}
	for _, f := range portrait(s, r)[1:] { // the first is its ARN
		told.Facts = append(told.Facts, report.Fact{Label: f.Label, Text: mask(f.Text)})
	}
	activity := r.Activity(s)
	told.Events = eventsOf(activity, mask)
	for _, e := range lifeOf(s) {
		if !slices.ContainsFunc(told.Events, func(have report.PostureEvent) bool { return sameMoment(have, e) }) {
			told.Events = append(told.Events, e)
		}
	}
	slices.SortStableFunc(told.Events, func(a, b report.PostureEvent) int {
		return cmp.Or(a.First.Compare(b.First), cmp.Compare(a.Kind, b.Kind))
	})
	told.Readers = readersTold(activity, mask)
	if access := r.Access(s); access.NotEvaluated == "" {
		told.CanKnown = true
		told.Can, told.CanMore = canOf(access.Readers, mask)
	}
	return told
}

// maxCan is how many that may read a secret are told: a page shows fewer, and an
// account may have thousands for each of thousands of secrets.
const maxCan = 500

func canOf(readers []Reader, mask func(string) string) (can []report.PostureAccess, more int) {
	for i := range readers[:min(len(readers), maxCan)] {
		one := &readers[i]
		can = append(can, report.PostureAccess{
			Principal: mask(one.Principal), Conditional: one.Decision != Allowed, Why: mask(strings.Join(one.Why, "; ")),
		})
	}
	return can, len(readers) - len(can)
}

// lifeOf is what the secret says of itself, which reaches back beyond the events.
func lifeOf(s *Secret) []report.PostureEvent {
	var events []report.PostureEvent
	add := func(kind report.PostureKind, at *time.Time, text string) {
		if at != nil && !at.IsZero() {
			events = append(events, report.PostureEvent{Kind: kind, First: *at, Last: *at, Count: 1, Text: text})
		}
	}
	add(report.PostureCreated, s.Created, "created")
	add(report.PostureRotated, s.LastRotated, "rotated")
	for _, v := range s.Versions {
		if v.Created != nil && (s.Created == nil || v.Created.After(s.Created.Add(time.Minute))) {
			add(report.PostureChanged, v.Created, strings.TrimSpace("a new version "+strings.Join(v.Stages, " ")))
		}
	}
	add(report.PostureChanged, s.LastChanged, "changed")
	return events
}

// sameMoment reports whether two events are one that was told twice: they are of a
// kind and end within a minute of each other, as a change and the version that it made.
func sameMoment(a, b report.PostureEvent) bool {
	return a.Kind == b.Kind && a.Last.Sub(b.Last).Abs() < time.Minute
}

// eventsOf tells events of CloudTrail. Those of one kind by one principal are one.
func eventsOf(activity []*Activity, mask func(string) string) []report.PostureEvent {
	byText := map[report.PostureEvent]*report.PostureEvent{}
	for _, a := range activity {
		kind, told := kindOfEvent(a)
		if !told {
			continue
		}
		key := report.PostureEvent{Kind: kind, Who: mask(a.Principal), Text: mask(textOfEvent(a))}
		e := byText[key]
		if e == nil {
			first := key
			first.First, first.Last = a.First, a.Last
			e = &first
			byText[key] = e
		}
		e.Count += int(times(a))
		if a.First.Before(e.First) {
			e.First = a.First
		}
		if a.Last.After(e.Last) {
			e.Last = a.Last
		}
	}
	events := make([]report.PostureEvent, 0, len(byText))
	for _, e := range byText {
		events = append(events, *e)
	}
	slices.SortFunc(events, func(a, b report.PostureEvent) int {
		return cmp.Or(a.First.Compare(b.First), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Who, b.Who), cmp.Compare(a.Text, b.Text))
	})
	return events
}

// kindOfEvent sorts an event under what the page shows. Requests that only look at
// metadata are no part of a secret's life.
func kindOfEvent(a *Activity) (kind report.PostureKind, told bool) {
	switch {
	case a.Error != "" || a.Event == "RotationFailed" || a.Event == "RotationAbandoned" || a.Event == "TestRotationFailed":
		return report.PostureFailed, true
	case isRead(a):
		return report.PostureRead, true
	case a.Event == "RotationSucceeded" || a.Event == "RotateSecret":
		return report.PostureRotated, true
	case a.Event == "CreateSecret":
		return report.PostureCreated, true
	case a.Service || changing(a.Event):
		return report.PostureChanged, true
	}
	return 0, false
}

func textOfEvent(a *Activity) string {
	text := cmp.Or(a.Event, "an event without a name")
	if isRead(a) && a.Error == "" {
		return text
	}
	for _, more := range []string{a.Error, a.Message, a.Note} {
		if more != "" {
			text += ": " + more
		}
	}
	return text
}

// readersTold tells who asked for the value, the busiest first.
func readersTold(activity []*Activity, mask func(string) string) []report.PostureReader {
	byName := map[string]*report.PostureReader{}
	sources := map[string]map[string]bool{}
	for _, a := range filterActivity(activity, isRead) {
		name := mask(principalOf(a))
		reader := byName[name]
		if reader == nil {
			reader = &report.PostureReader{Principal: name, First: a.First, Last: a.Last}
			byName[name], sources[name] = reader, map[string]bool{}
		}
		if a.Error == "" {
			reader.Reads += int(times(a))
		} else {
			reader.Failed += int(times(a))
		}
		if a.First.Before(reader.First) {
			reader.First = a.First
		}
		if a.Last.After(reader.Last) {
			reader.Last = a.Last
		}
		if a.Source != "" {
			sources[name][mask(a.Source)] = true
		}
	}
	var readers []report.PostureReader
	for name, reader := range byName {
		reader.Sources = slices.Sorted(maps.Keys(sources[name]))
		readers = append(readers, *reader)
	}
	slices.SortFunc(readers, func(a, b report.PostureReader) int {
		return cmp.Or(cmp.Compare(b.Reads+b.Failed, a.Reads+a.Failed), cmp.Compare(a.Principal, b.Principal))
	})
	return readers
}
