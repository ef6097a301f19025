package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// A ChangeKind says what became of a finding between two runs.
type ChangeKind uint8

const (
	// ChangeNew is a finding that the old report does not have, or has as one that
	// does not count.
	ChangeNew ChangeKind = iota
	// ChangeChanged is in both, and something is said of it that was not.
	ChangeChanged
	// ChangeGone is in the old report alone, and the new run would have found it.
	ChangeGone
	// ChangeUnknown is in the old report alone, and the new run does not say that it
	// is gone: its rule was off, its place not examined or maybe excluded or commented
	// on, its check could not judge.
	ChangeUnknown
)

var changeNames = [...]string{"new", "changed", "gone", "unknown"}

// String returns the name that reports use.
func (k ChangeKind) String() string { return name(changeNames[:], int(k)) }

// MarshalText writes the name of k.
func (k ChangeKind) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// A Change is a finding of which two reports do not say the same.
type Change struct {
	Kind    ChangeKind
	Finding Finding // as the new report has it; the old one of what it does not have
	What    []string
	Before  int // places in the old report
	Now     int // places in the new report
	// Fails says that the finding fails the gate now and did not before.
	Fails bool
}

// A CoverageChange is something about a run that is not as it was: what was examined,
// what could not be, which rules were on.
type CoverageChange struct{ What, Old, New string }

// A DiffSummary ends a comparison.
type DiffSummary struct {
	Counts    [ChangeUnknown + 1]int // by kind
	Unchanged int
	Failing   int // changes that fail the gate
	Coverage  []CoverageChange
	// Incomplete says that something was not examined in one of the runs.
	Incomplete bool
	// Salted says that what is new and what is gone is the same by rule and place: the
	// runs had different salts.
	Salted bool
}

// A DiffHandler writes a comparison: Begin, then changes in order of their kind, then
// End.
type DiffHandler interface {
	Begin(old, new Run) error
	Change(Change) error
	End(DiffSummary) error
}

// Diff compares two saved reports of the same command by fingerprints, so that moved
// lines and renamed files change nothing but places. A finding fails that gate would
// count now and would not have counted before.
func Diff(old, new Saved, gate Gate, to DiffHandler) error {
	d := &diff{gate: gate, to: to, unjudged: map[identity]bool{}, absent: map[string]bool{}, here: map[identity]bool{}}
	for i, one := range []Saved{old, new} {
		x, err := newReportIndex([]Saved{one}, sameIdentity)
		if err != nil {
			return err
		}
		defer x.close()
		d.reports[i] = x
	}
	if a, b := d.run(0).Command, d.run(1).Command; a != b {
		return fmt.Errorf("%s is of a run of %s, %s of one of %s", old.Name, escape(a), new.Name, escape(b))
	}
	for i, one := range []Saved{old, new} {
		if s := d.run(i).Shard; s.Of > 0 {
			return &PartError{fmt.Sprintf("%s is the report of shard %v alone", one.Name, s), "compare reports of whole runs, such as assay report merge makes of all shards"}
		}
	}
	if err := d.prepare(new); err != nil {
		return err
	}
	if err := to.Begin(d.run(0), d.run(1)); err != nil {
		return err
	}
	for _, pass := range []func() error{d.present, d.missing} {
		if err := pass(); err != nil {
			return err
		}
	}
	d.summary.Coverage = d.coverage()
	d.summary.Incomplete = !d.reports[0].summary.Complete() || !d.reports[1].summary.Complete()
	gone := d.summary.Counts[ChangeGone]
	d.summary.Salted = gone > 0 && d.moved == gone && d.summary.Counts[ChangeNew] >= gone && d.same == 0
	return to.End(d.summary)
}

// sameIdentity joins what has the same rule and fingerprint.
func sameIdentity(f *Finding) identity { return identityOf(f.RuleID, f.Fingerprint) }

// A diff is a comparison under way. Of its reports the first is the old one.
type diff struct {
	reports  [2]*reportIndex
	gate     Gate
	to       DiffHandler
	unjudged map[identity]bool // by rule and resource: verdicts of the new run, true for those that say nothing
	absent   map[string]bool   // what the new run did not examine
	here     map[identity]bool // by rule and first place: what is new
	summary  DiffSummary
	moved    int // findings gone whose rule and first place are among what is new
	same     int // findings in both
}

func (d *diff) run(i int) Run { return d.reports[i].runs[0] }

// prepare gathers what the new run cannot tell.
func (d *diff) prepare(new Saved) error {
	for _, n := range d.reports[1].notices {
		d.absent[n.Subject] = true
	}
	if len(d.reports[1].verdicts) == 0 {
		return nil
	}
	return new.read(func(r *record) error {
		if r.kind != "verdict" {
			return nil
		}
		return told(r, (*verdictRecord).verdict, func(v Verdict) error {
			d.unjudged[identityOf(v.RuleID, v.Resource.ARN)] = v.Outcome == OutcomeNotEvaluated
			return nil
		})
	})
}

// present goes through what the new report has: what is new first, then the changes.
func (d *diff) present() error {
	old, now := d.reports[0], d.reports[1]
	var both []group
	for _, g := range now.inOrder() {
		if old.has(g.id) {
			both = append(both, g)
			continue
		}
		f, err := now.finding(g)
		if err != nil {
			return err
		}
		d.here[firstPlace(f)] = true
		if err := d.tell(Change{Kind: ChangeNew, Finding: f, Now: len(f.Occurrences), Fails: d.fails(f)}); err != nil {
			return err
		}
	}
	var changes []Change
	for _, g := range both {
		d.same++
		before := old.groups[old.byID[g.id]]
		if old.texts(before) == now.texts(g) {
			d.summary.Unchanged++
			continue
		}
		c, err := d.compare(before, g)
		if err != nil {
			return err
		}
		switch {
		case c.Kind == ChangeNew:
			err = d.tell(c)
		case len(c.What) > 0:
			c.Finding.Occurrences = c.Finding.Occurrences[:min(1, len(c.Finding.Occurrences)):1]
			changes = append(changes, c)
		default:
			d.summary.Unchanged++
		}
		if err != nil {
			return err
		}
	}
	for _, c := range changes {
		if err := d.tell(c); err != nil {
			return err
		}
	}
	return nil
}

func (d *diff) tell(c Change) error {
	d.summary.Counts[c.Kind]++
	if c.Fails {
		d.summary.Failing++
	}
	return d.to.Change(c)
}

// fails reports whether the gate counts f.
func (d *diff) fails(f Finding) bool {
	gate := Gate{Severity: d.gate.Severity, Confidence: d.gate.Confidence}
	gate.Finding(f) // it cannot fail
	return gate.Findings() > 0
}

// compare says what is not the same of a finding.
func (d *diff) compare(before, now group) (Change, error) {
	was, err := d.reports[0].finding(before)
	if err != nil {
		return Change{}, err
	}
	is, err := d.reports[1].finding(now)
	if err != nil {
		return Change{}, err
	}
	c := Change{Kind: ChangeChanged, Finding: is, Before: len(was.Occurrences), Now: len(is.Occurrences), Fails: d.fails(is) && !d.fails(was)}
	if !was.Counts() && is.Counts() {
		c.Kind = ChangeNew
	}
	c.What = changesOf(was, is)
	return c, nil
}

// changesOf says in words what is said of one finding in two reports.
func changesOf(was, is Finding) []string {
	var what []string
	add := func(label, a, b string) {
		if a != b {
			what = append(what, label+" "+cmp.Or(a, "none")+" -> "+cmp.Or(b, "none"))
		}
	}
	add("severity", was.Severity.String(), is.Severity.String())
	add("confidence", was.Confidence.String(), is.Confidence.String())
	add("standing", standingWord(was), standingWord(is))
	if aboutResource(is) {
		add("evidence", was.Message, is.Message)
	}
	more, less, moved := placesBetween(was.Occurrences, is.Occurrences)
	if more > 0 {
		what = append(what, count(more, "more place"))
	}
	if less > 0 {
		what = append(what, count(less, "place")+" less")
	}
	if moved > 0 {
		what = append(what, count(moved, "place")+" that stood in the files of today and does not, or the other way round")
	}
	return what
}

func aboutResource(f Finding) bool { return len(f.Occurrences) > 0 && f.Occurrences[0].Resource != nil }

// standingWord says whether a finding counts.
func standingWord(f Finding) string {
	switch {
	case f.Suppression != nil:
		return "suppressed by " + f.Suppression.By
	case f.Baseline == BaselineUnchanged:
		return "in the baseline"
	}
	return "counts"
}

// placesBetween counts the places that came and went, whatever their lines, and
// those that came into or went out of the files of today.
func placesBetween(was, is []Location) (more, less, moved int) {
	type state struct{ was, is, now int }
	places := map[place3]*state{}
	at := func(l Location) *state {
		key := place3{l.Path, l.Inner, ""}
		if l.isObject() {
			key.object = l.Object
		}
		if places[key] == nil {
			places[key] = &state{}
		}
		return places[key]
	}
	for _, l := range was {
		s := at(l)
		s.was++
		if !isHistory(l) {
			s.now--
		}
	}
	for _, l := range is {
		s := at(l)
		s.is++
		if !isHistory(l) {
			s.now++
		}
	}
	for _, s := range places {
		switch {
		case s.is > s.was:
			more += s.is - s.was
		case s.is < s.was:
			less += s.was - s.is
		case s.now != 0:
			moved++
		}
	}
	return more, less, moved
}

// missing goes through what the old report alone has: what is gone first.
func (d *diff) missing() error {
	old, now := d.reports[0], d.reports[1]
	var unknown []Change
	for _, g := range old.inOrder() {
		if now.has(g.id) {
			continue
		}
		f, err := old.finding(g)
		if err != nil {
			return err
		}
		c := Change{Kind: ChangeGone, Finding: f, Before: len(f.Occurrences)}
		if why := d.unsure(f); why != "" {
			c.Kind, c.What = ChangeUnknown, []string{why}
			c.Finding.Occurrences = f.Occurrences[:min(1, len(f.Occurrences)):1]
			unknown = append(unknown, c)
			continue
		}
		if d.here[firstPlace(f)] {
			d.moved++
		}
		if err := d.tell(c); err != nil {
			return err
		}
	}
	for _, c := range unknown {
		if err := d.tell(c); err != nil {
			return err
		}
	}
	return nil
}

// unsure says why f may still be there, although the new report does not have it.
func (d *diff) unsure(f Finding) string {
	before, now := d.reports[0].summary, d.reports[1]
	active := func(r Rule) bool { return r.ID == f.RuleID }
	switch {
	case !slices.ContainsFunc(d.run(1).Rules, active):
		return "its rule was not active"
	case now.summary.Interrupted:
		return "the run was interrupted"
	case d.run(0).Target != d.run(1).Target:
		return "the runs are about different targets"
	case now.summary.LeftOut > 0 && f.Confidence < now.least:
		return "the run left out findings of " + f.Confidence.String() + " confidence"
	case now.summary.Blobs+now.summary.Commits+now.summary.Remembered == 0 && slices.ContainsFunc(f.Occurrences, Location.inHistory):
		return "the run did not examine history"
	case now.summary.Excluded > before.Excluded:
		return "the run excluded more places by configuration, and this may be among them"
	case now.summary.Suppressed > before.Suppressed:
		return "comments suppress more places than before, and this may be among them"
	case now.leftOut["notices"]+now.leftOut["verdicts"] > 0:
		return "the new report had no room for all that it did not examine or judge; the format jsonl has"
	}
	return d.unseen(f)
}

// unseen says which place of f the new run did not examine, or could not judge.
func (d *diff) unseen(f Finding) string {
	for _, l := range f.Occurrences {
		if l.Resource != nil {
			if why := d.unlisted(f.RuleID, *l.Resource); why != "" {
				return why
			}
		}
		for subject := l.Path; subject != "" && subject != "."; {
			if d.absent[subject] {
				return subject + " was not examined"
			}
			i := strings.LastIndexByte(subject, '/')
			subject = subject[:max(i, 0)]
		}
	}
	return ""
}

// unlisted says why an audit that does not fail r may have missed it, "" if it passed
// or was listed no more.
func (d *diff) unlisted(rule string, r Resource) string {
	unjudged, judged := d.unjudged[identityOf(rule, r.ARN)]
	switch {
	case unjudged:
		return "the check could not judge the resource"
	case judged:
		return ""
	case d.run(0).Coverage.examined(r) && !d.run(1).Coverage.examined(r):
		return "region " + r.Region + " of account " + r.Account + " was not examined"
	}
	if operation := d.run(1).Coverage.refused(r); operation != "" {
		return operation + " had no answer in " + r.Region + ", and the resource may have been in it"
	}
	return ""
}

// firstPlace tells findings apart by rule and place.
func firstPlace(f Finding) identity {
	if len(f.Occurrences) == 0 {
		return identityOf(f.RuleID)
	}
	return identityOf(f.RuleID, placeKey(&f.Occurrences[0]))
}
