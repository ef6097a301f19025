package audit

import (
	"cmp"
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"
)

// eventsPerPage is the most that LookupEvents allows.
const eventsPerPage = 50

// secretsSource is how CloudTrail names Secrets Manager.
const secretsSource = "secretsmanager.amazonaws.com"

// collectEvents reads CloudTrail's event history of Secrets Manager, the newest
// first, hands on who did what, and returns which interval that covers, nil if
// nothing can be said.
func (r *regionRun) collectEvents(ctx context.Context) *EventWindow {
	switch {
	case !r.asksEvents():
		return nil
	case r.otherEvents():
		return r.eventsOfFiles(ctx)
	}
	h := &history{cell: r.c.cell, texts: r.texts, max: r.MaxEvents, seen: map[[16]byte]bool{}}
	from := r.Now.Add(-r.Since)
	answered := false
	gap := r.askPages(ctx, r.c, LookupEvents, "", func(ctx context.Context, token *string) (*string, int, error) {
		out, err := r.c.trails.LookupEvents(ctx, &cloudtrail.LookupEventsInput{
			StartTime: &from, EndTime: &r.Now, MaxResults: aws.Int32(eventsPerPage), NextToken: token,
			LookupAttributes: []types.LookupAttribute{{
				AttributeKey: types.LookupAttributeKeyEventSource, AttributeValue: aws.String(secretsSource),
			}},
		})
		if err != nil {
			return nil, 0, err
		}
		if out.Events == nil {
			return nil, 0, lacks("Events")
		}
		answered = true
		before := h.read
		for i := range out.Events {
			h.add(&out.Events[i])
		}
		r.Progress.events.Add(int64(h.read - before))
		if h.read >= h.max && aws.ToString(out.NextToken) != "" {
			h.cut = true
			return nil, len(out.Events), nil
		}
		return out.NextToken, len(out.Events), nil
	})
	if gap != nil {
		r.save(r.c.cell, *gap)
	}
	if h.wrong != "" {
		r.save(r.c.cell, *r.c.gap(LookupEvents, "", Invalid, h.wrong))
	}
	if !answered {
		return nil
	}
	sums, err := h.sums()
	if err != nil {
		r.save(r.c.cell, *r.c.gap(LookupEvents, "", Failed, err.Error()))
		return nil
	}
	sums.records(func(record any) { r.save(r.c.cell, record) })
	if text := sums.overflow(); text != "" {
		r.save(r.c.cell, *r.c.gap(LookupEvents, "", Failed, text))
	}
	return h.window(from, r.Now, gap == nil)
}

// A history adds events up.
type history struct {
	cell   cell
	texts  texts
	max    int
	seen   map[[16]byte]bool // events, by their id
	found  []entry
	read   int
	oldest time.Time // of the last one that was read: they come newest first
	cut    bool
	wrong  string // the first thing that made no sense
}

// add takes an event, once.
func (h *history) add(e *types.Event) {
	record := aws.ToString(e.CloudTrailEvent)
	id := aws.ToString(e.EventId)
	if id == "" {
		id = record
	}
	hash := shortHash(id)
	if h.seen[hash] {
		return
	}
	h.seen[hash] = true
	h.read++
	parsed, err := parseEvent(record, h.texts)
	if err == nil && parsed.time.IsZero() {
		parsed.time = aws.ToTime(e.EventTime).UTC()
	}
	at := parsed.time
	if e.EventTime != nil {
		at = e.EventTime.UTC()
	}
	h.oldest = at
	switch {
	case err != nil:
		h.note("CloudTrail gave " + err.Error())
	case !possible(parsed.time):
		h.note("CloudTrail gave an event whose time cannot be")
	case parsed.ours:
	case parsed.source == "" || parsed.source == secretsSource:
		parsed.id = cmp.Or(parsed.id, string(hash[:]))
		h.found = append(h.found, (&sighting{h.cell, parsed}).entry())
	}
}

func (h *history) note(wrong string) {
	if h.wrong == "" {
		h.wrong = wrong
	}
}

// sums adds up what was found, by time.
func (h *history) sums() (*eventSums, error) {
	var all sightings
	if err := all.addAll(h.found); err != nil {
		return nil, err
	}
	sums := newEventSums(h.cell)
	for e, err := range all.all() {
		if err != nil {
			return nil, err
		}
		one, err := e.unpack()
		if err != nil {
			return nil, err
		}
		sums.add(&one.event)
	}
	return sums, nil
}

// window says what was covered: all that was asked for, or what is younger than
// the oldest event that was read.
func (h *history) window(from, to time.Time, complete bool) *EventWindow {
	w := &EventWindow{From: from, To: to, Events: h.read}
	if h.cut || !complete {
		w.Cut = true
		w.From = to
		if possible(h.oldest) && h.oldest.Before(to) && h.oldest.After(from) {
			w.From = h.oldest
		}
	}
	return w
}
