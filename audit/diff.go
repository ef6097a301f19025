package audit

import (
	"cmp"
	"crypto/sha256"
	"fmt"
	"slices"

	"github.com/assayhq/assay/report"
)

// A Change is how the verdict of one check on one resource differs between two
// inventories.
type Change struct {
	Kind     ChangeKind
	RuleID   string
	Resource report.Resource
	// Severity is that of the finding there is now, or else that there was.
	Severity report.Severity
	// Text is what is said of the resource now; for one that is gone, what was
	// said of it.
	Text string
}

// A ChangeKind says which way a verdict went.
type ChangeKind uint8

const (
	// Worse is a resource that passed, or could not be judged, and fails now.
	Worse ChangeKind = iota
	// New is a resource that was not there and fails.
	New
	// Unknown is a resource that could be judged and cannot now.
	Unknown
	// Better is a resource that failed and passes, or is no longer what the check
	// is about.
	Better
	// Gone is a resource that failed and is no longer there.
	Gone
)

var changeNames = [...]string{"worse", "new", "unknown", "better", "gone"}

// String returns the name that reports use.
func (k ChangeKind) String() string {
	if int(k) < len(changeNames) {
		return changeNames[k]
	}
	return fmt.Sprintf("unknown(%d)", k)
}

// MarshalText writes the name of k.
func (k ChangeKind) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// A Diff is what changed between two inventories.
type Diff struct {
	Changes   []Change // sorted by kind, severity (the worst first), check, resource
	Unchanged int      // resources that failed a check and still do
	// NotExamined counts the notices of both.
	NotExamined int
}

// Compare judges two inventories by the same checks, each at its own time, and
// says what differs. It holds a number of bytes for each verdict of the older
// one, some 50, and the text of its findings.
func (j *Judge) Compare(before, now *Inventory) (*Diff, error) {
	was := &verdicts{by: map[verdictID]verdict{}, seen: map[string]bool{}}
	if _, err := j.Run(before, was); err != nil {
		return nil, fmt.Errorf("the older inventory: %w", err)
	}
	is := &comparison{was: was, now: now, checks: j.Checks, diff: &Diff{}, seen: map[string]bool{}}
	if _, err := j.Run(now, is); err != nil {
		return nil, fmt.Errorf("the newer inventory: %w", err)
	}
	is.gone()
	d := is.diff
	d.NotExamined = was.notices + is.notices
	slices.SortFunc(d.Changes, func(a, b Change) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(b.Severity, a.Severity), cmp.Compare(a.RuleID, b.RuleID),
			cmp.Compare(a.Resource.Account, b.Resource.Account), cmp.Compare(a.Resource.Region, b.Resource.Region),
			cmp.Compare(a.Resource.ARN, b.Resource.ARN), cmp.Compare(a.Text, b.Text))
	})
	return d, nil
}

// A verdictID stands for a check and a resource.
type verdictID [16]byte

func newVerdictID(check string, r report.Resource) verdictID {
	sum := sha256.Sum256([]byte(check + "\x00" + r.Account + "\x00" + r.Region + "\x00" + r.ARN))
	return verdictID(sum[:])
}

// verdicts keeps what was said of one inventory.
type verdicts struct {
	by       map[verdictID]verdict
	seen     map[string]bool // ARNs
	findings []report.Finding
	notices  int
}

func (v *verdicts) witness(r report.Resource) { v.seen[r.ARN] = true }

func (v *verdicts) Finding(f report.Finding) error {
	v.by[newVerdictID(f.RuleID, *f.Occurrences[0].Resource)] = fail
	v.findings = append(v.findings, f)
	return nil
}

func (v *verdicts) Verdict(d report.Verdict) error {
	v.by[newVerdictID(d.RuleID, d.Resource)] = outcomeOf(d)
	return nil
}

func (v *verdicts) Notice(report.Notice) error {
	v.notices++
	return nil
}

func outcomeOf(d report.Verdict) verdict {
	if d.Outcome == report.OutcomePass {
		return pass
	}
	return notEvaluated
}

// A comparison is the sink of the newer inventory.
type comparison struct {
	was     *verdicts
	now     *Inventory
	checks  []*Check
	diff    *Diff
	seen    map[string]bool
	notices int
}

func (c *comparison) witness(r report.Resource) { c.seen[r.ARN] = true }

func (c *comparison) Finding(f report.Finding) error {
	r := *f.Occurrences[0].Resource
	id := newVerdictID(f.RuleID, r)
	before := c.was.by[id]
	delete(c.was.by, id)
	kind := Worse
	switch {
	case before == fail:
		c.diff.Unchanged++
		return nil
	case !c.was.seen[r.ARN]:
		kind = New
	}
	c.add(Change{Kind: kind, RuleID: f.RuleID, Resource: r, Severity: f.Severity, Text: f.Message})
	return nil
}

func (c *comparison) Verdict(d report.Verdict) error {
	id := newVerdictID(d.RuleID, d.Resource)
	before := c.was.by[id]
	now := outcomeOf(d)
	switch {
	case now == pass && before == fail:
		c.add(Change{Kind: Better, RuleID: d.RuleID, Resource: d.Resource, Text: d.Reason})
	case now == notEvaluated && (before == pass || before == fail):
		c.add(Change{Kind: Unknown, RuleID: d.RuleID, Resource: d.Resource, Text: d.Reason})
	}
	delete(c.was.by, id)
	return nil
}

func (c *comparison) Notice(report.Notice) error {
	c.notices++
	return nil
}

// gone adds what failed before and is not spoken of now. In a region whose
// secrets could not all be listed that says nothing.
func (c *comparison) gone() {
	for _, f := range c.was.findings {
		r := *f.Occurrences[0].Resource
		if c.was.by[newVerdictID(f.RuleID, r)] != fail {
			continue
		}
		kind := Gone
		switch {
		case c.seen[r.ARN]: // the check no longer applies
			kind = Better
		case c.unlisted(f.RuleID, r):
			kind = Unknown
		case c.now.Secret != "" || !c.now.shared.listed[cell{r.Account, r.Region}]:
			kind = Unknown
		}
		c.add(Change{Kind: kind, RuleID: f.RuleID, Resource: r, Severity: f.Severity, Text: f.Message})
	}
}

// unlisted reports whether a resource whose configuration was searched may be there
// still: its like could not all be listed now, or were not asked for.
func (c *comparison) unlisted(check string, r report.Resource) bool {
	i := slices.IndexFunc(c.checks, func(known *Check) bool { return known.ID == check })
	at := cell{r.Account, r.Region}
	if i < 0 || c.checks[i].Configuration == nil && c.checks[i].Identity == nil || c.now.cells[at] == nil {
		return false
	}
	return blocking(c.checks[i], nil, c.now.region(at, Settings{})) != nil
}

func (c *comparison) add(change Change) { c.diff.Changes = append(c.diff.Changes, change) }

// Counts returns the number of changes of each kind.
func (d *Diff) Counts() map[ChangeKind]int {
	counts := map[ChangeKind]int{}
	for _, c := range d.Changes {
		counts[c.Kind]++
	}
	return counts
}
