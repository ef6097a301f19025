package report

import (
	"cmp"
	"fmt"
	"html/template"
	"iter"
	"slices"
	"strings"
	"time"
)

// A secretItem is a resource as the page lists it.
type secretItem struct {
	Tokens, Class, State, Name, Count, Place, IDs string
	Failed, Unjudged                              []secretVerdict
	Passed                                        string
	Facts                                         []Fact
	// Known says that the audit told what happened to it and who reads it.
	Known       bool
	Readers     []secretReader
	ReadersNote string
	Life        template.HTML
	Events      []secretEvent
}

type (
	secretVerdict struct{ ID, Title, Class, Severity, Evidence, Left string }
	secretReader  struct{ Principal, Can, Did string }
	secretEvent   struct{ When, What string }
)

// list chooses what the page lists: every secret, and what else failed.
func (v *auditView) list() {
	for _, r := range v.page.resources {
		if r.Type == typeSecret || r.counting > 0 {
			v.items = append(v.items, r)
		}
	}
	v.Total = len(v.items)
	slices.SortStableFunc(v.items, func(a, b *pageResource) int {
		return cmp.Or(cmp.Compare(b.rank(), a.rank()), cmp.Compare(b.counting, a.counting), cmp.Compare(len(b.unjudged), len(a.unjudged)))
	})
	v.items = v.items[:min(len(v.items), pageItems)]
	v.ListLead = "Every secret, and every other resource that failed a check, the worst first: verdicts, who reads it, and what happened to it."
	if v.Total > len(v.items) {
		v.ListLead += fmt.Sprintf(" Of %s the worst %s are listed; the numbers above count all.", thousands(int64(v.Total)), thousands(int64(len(v.items))))
	}
}

// rank orders resources: by the worst severity that counts, above all that passed.
func (r *pageResource) rank() int {
	if r.counting == 0 {
		return -1
	}
	return int(r.worst)
}

// Items yields what the page lists.
func (v *auditView) Items() iter.Seq[secretItem] {
	return func(yield func(secretItem) bool) {
		for _, r := range v.items {
			if !yield(v.item(r)) {
				return
			}
		}
	}
}

func (v *auditView) item(r *pageResource) secretItem {
	item := secretItem{
		Tokens: v.tokens(r), Class: "ok", State: "passed", Name: escape(cmp.Or(r.Name, r.ARN, "no name")),
		Place: join(" · ", r.Account, r.Region, resourceKind(r.Type)),
	}
	switch {
	case r.counting > 0:
		item.Class, item.State, item.Count = severityClass(r.worst), r.worst.String(), thousands(int64(r.counting))+" failed"
	case len(r.unjudged) > 0:
		item.Class, item.State, item.Count = "un", "not known", thousands(int64(len(r.unjudged)))+" not evaluated"
	}
	v.verdicts(&item, r)
	if facts := v.facts[r.ARN]; facts != nil {
		v.known(&item, facts)
	}
	return item
}

// resourceKind says what a resource is if it is no secret: "KMS::Key".
func resourceKind(kind string) string {
	if kind == typeSecret {
		return ""
	}
	return strings.TrimPrefix(kind, "AWS::")
}

func (v *auditView) tokens(r *pageResource) string {
	list := []string{v.accountToken[r.Account]}
	if r.counting > 0 {
		list = append(list, "fail")
	}
	if r.counting > 0 && r.worst >= SeverityHigh {
		list = append(list, "top")
	}
	if len(r.unjudged) > 0 {
		list = append(list, "unj")
	}
	if r.counting+len(r.unjudged) == 0 {
		list = append(list, "pass")
	}
	for _, f := range r.failed {
		if f.decision == "" {
			list = append(list, v.page.token(v.page.checks[f.check].ID))
		}
	}
	return strings.Join(list, " ")
}

func (v *auditView) verdicts(item *secretItem, r *pageResource) {
	failed := slices.Clone(r.failed)
	slices.SortStableFunc(failed, func(a, b pageVerdict) int {
		return cmp.Or(strings.Compare(a.decision, b.decision), cmp.Compare(b.severity, a.severity))
	})
	var ids []string
	for _, f := range failed {
		view := v.verdict(f)
		item.Failed = append(item.Failed, view)
		if f.decision == "" {
			ids = append(ids, view.ID)
		}
	}
	item.IDs = strings.Join(ids[:min(len(ids), 4)], " ")
	if more := len(ids) - 4; more > 0 {
		item.IDs += fmt.Sprintf(" +%d", more)
	}
	for _, u := range r.unjudged {
		item.Unjudged = append(item.Unjudged, v.verdict(u))
	}
	if len(r.passed) > 0 {
		var passed []string
		for _, i := range r.passed {
			passed = append(passed, v.page.checks[i].ID)
		}
		item.Passed = "Passed: " + join(" ", passed...)
	}
}

func (v *auditView) verdict(p pageVerdict) secretVerdict {
	c := v.page.checks[p.check]
	return secretVerdict{
		ID: escape(c.ID), Title: escape(c.Title), Class: severityClass(p.severity), Severity: p.severity.String(),
		Evidence: escape(p.text), Left: p.decision,
	}
}

const (
	// secretEvents is how many events of a secret a page lists, the last ones.
	secretEvents = 12
	// secretReaders is how many readers of a secret a page lists, the busiest.
	secretReaders = 20
)

// known adds what the audit told beyond verdicts.
func (v *auditView) known(item *secretItem, s *PostureSecret) {
	item.Known = true
	for _, f := range s.Facts {
		item.Facts = append(item.Facts, Fact{escape(f.Label), escape(f.Text)})
	}
	v.readers(item, s)
	if len(s.Events) > 0 {
		item.Life = lifeChart(s.Events, v.from, v.posture.Collected)
	}
	var told []PostureEvent
	for _, e := range s.Events {
		if e.Kind != PostureRead { // the readers tell of those
			told = append(told, e)
		}
	}
	for _, e := range slices.Backward(told[max(0, len(told)-secretEvents):]) {
		item.Events = append(item.Events, secretEvent{during(e.First, e.Last), eventText(e)})
	}
	if more := len(told) - secretEvents; more > 0 {
		item.Events = append(item.Events, secretEvent{"and " + count(more, "earlier event"), ""})
	}
}

func eventText(e PostureEvent) string {
	text := escape(cmp.Or(e.Text, e.Kind.String()))
	if e.Count > 1 {
		text += ", " + count(e.Count, "time")
	}
	if e.Who != "" {
		text += ", by " + escape(e.Who)
	}
	return text
}

func during(first, last time.Time) string {
	from, to := day(first), day(last)
	if from == to || to == "" {
		return from
	}
	return from + " to " + to
}

// readers joins who can read a secret with who did.
func (v *auditView) readers(item *secretItem, s *PostureSecret) {
	can := map[string]PostureAccess{}
	for _, a := range s.Can {
		can[a.Principal] = a
	}
	did := map[string]bool{}
	for _, r := range s.Readers {
		did[r.Principal] = true
		access, named := can[r.Principal]
		item.Readers = append(item.Readers, secretReader{escape(r.Principal), canText(s.CanKnown, named, access), didText(r)})
	}
	for _, a := range s.Can {
		if !did[a.Principal] {
			item.Readers = append(item.Readers, secretReader{escape(a.Principal), canText(true, true, a), v.neverRead()})
		}
	}
	if more := len(item.Readers) - secretReaders + s.CanMore; more > 0 {
		item.Readers = append(item.Readers[:min(secretReaders, len(item.Readers))], secretReader{"and " + count(more, "more principal"), "", ""})
	}
	item.ReadersNote = v.readersNote(s)
}

// readersNote says what is not known of who reads a secret.
func (v *auditView) readersNote(s *PostureSecret) string {
	text := ""
	switch {
	case v.posture.From.IsZero():
		text = "Who asked for its value is not known: no events were read. "
	case len(s.Readers) == 0:
		text = "Nobody asked for its value in the time that events tell of. "
	}
	if !s.CanKnown {
		text += "Who can read it is not known: policies were not evaluated."
	}
	return strings.TrimSpace(text)
}

func canText(known, named bool, a PostureAccess) string {
	switch {
	case !known:
		return "not known"
	case !named:
		return "not any more, by the policies"
	}
	text := "allowed"
	if a.Conditional {
		text = "conditional"
	}
	if a.Why != "" {
		text += ": " + escape(a.Why)
	}
	return text
}

func didText(r PostureReader) string {
	text := count(r.Reads, "read")
	if r.Failed > 0 {
		text += ", " + thousands(int64(r.Failed)) + " failed"
	}
	text += ", " + during(r.First, r.Last)
	if n := len(r.Sources); n > 0 {
		text += ", from " + join(", ", r.Sources[:min(n, 3)]...)
		if n > 3 {
			text += fmt.Sprintf(" and %d more", n-3)
		}
	}
	return text
}

// neverRead is what is said of who can read a secret and was not seen to.
func (v *auditView) neverRead() string {
	if v.posture.From.IsZero() {
		return "not known"
	}
	return "not since " + v.From
}
