package scan

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"slices"
	"strings"

	"github.com/assayhq/assay/report"
	"github.com/assayhq/assay/rules"
	"github.com/assayhq/assay/scan/object"
)

// A collector gathers results in the order of the source and groups places by
// credential.
type collector struct {
	set     *rules.Set
	groups  []*group // in the order of their first place
	byPrint map[[sha256.Size]byte]*group
	gaps    []error
	summary report.Summary
}

// A group is one credential and all its places.
type group struct {
	index  int
	rule   *rules.Rule
	print  [sha256.Size]byte
	places []place
}

func newCollector(set *rules.Set) *collector {
	return &collector{set: set, byPrint: map[[sha256.Size]byte]*group{}}
}

func (c *collector) add(r result) {
	for _, g := range r.gaps {
		c.gap(g)
	}
	c.summary.Files += r.counts.files
	c.summary.Blobs += r.counts.blobs
	c.summary.Commits += r.counts.commits
	c.summary.Trees += r.counts.trees
	c.summary.Tags += r.counts.tags
	c.summary.Bytes += r.counts.bytes
	for _, p := range r.places {
		if p.suppressed {
			c.summary.Suppressed++
			continue
		}
		g := c.byPrint[p.print]
		if g == nil {
			g = &group{index: len(c.groups), rule: p.rule, print: p.print}
			c.byPrint[p.print] = g
			c.groups = append(c.groups, g)
		}
		g.places = append(g.places, p)
	}
}

// gap keeps what was not examined; errors.Join is taken apart.
func (c *collector) gap(err error) {
	if err == nil {
		return
	}
	if many, ok := err.(interface{ Unwrap() []error }); ok {
		for _, e := range many.Unwrap() {
			c.gap(e)
		}
		return
	}
	c.gaps = append(c.gaps, err)
	c.summary.NotExamined++
}

// A Held is a Git object that holds credentials.
type Held struct {
	ID   object.ID
	Type object.Type
	// Credentials are numbers that tell credentials apart, ascending.
	Credentials []int
}

// held lists the objects that attribution is wanted for, sorted by id.
func (c *collector) held() []Held {
	byID := map[object.ID]*Held{}
	for _, g := range c.groups {
		for i := range g.places {
			p := &g.places[i]
			if p.id.IsZero() || p.path != "" {
				continue
			}
			h := byID[p.id]
			if h == nil {
				h = &Held{ID: p.id, Type: p.kind}
				byID[p.id] = h
			}
			if n := len(h.Credentials); n == 0 || h.Credentials[n-1] != g.index {
				h.Credentials = append(h.Credentials, g.index)
			}
		}
	}
	all := make([]Held, 0, len(byID))
	for _, h := range byID {
		all = append(all, *h)
	}
	slices.SortFunc(all, func(a, b Held) int { return a.ID.Compare(b.ID) })
	return all
}

// emit sends notices and findings. Findings with a place outside history come
// first, in the order of the source; the others follow by the age of the commit
// that brought them.
func (c *collector) emit(to report.Sink, a Attribution) error {
	var errs []error
	for _, g := range c.gaps {
		gap := asGap(g)
		errs = append(errs, to.Notice(report.Notice{Subject: c.set.Mask(gap.Subject), Err: errors.New(c.set.Mask(gap.Err.Error()))}))
	}
	var later []aged
	for _, g := range c.groups {
		f, age, ok := c.finding(g, a)
		switch {
		case !ok:
		case f.Occurrences[0].InWorktree:
			errs = append(errs, to.Finding(f))
		default:
			later = append(later, aged{f, age})
		}
		g.places = nil
	}
	slices.SortStableFunc(later, func(x, y aged) int { return compareAge(x, y) })
	for _, l := range later {
		errs = append(errs, to.Finding(l.finding))
	}
	return errors.Join(errs...)
}

// An aged finding knows how early in history it came; 0 is the first commit.
type aged struct {
	finding report.Finding
	age     int
}

func compareAge(x, y aged) int {
	if x.age != y.age {
		return x.age - y.age
	}
	a, b := x.finding.Occurrences[0], y.finding.Occurrences[0]
	if n := strings.Compare(a.Path, b.Path); n != 0 {
		return n
	}
	if n := a.Region.StartLine - b.Region.StartLine; n != 0 {
		return n
	}
	return strings.Compare(x.finding.Fingerprint, y.finding.Fingerprint)
}

// finding makes the finding of a group. It reports false where no place counts
// under the path that history gives it.
func (c *collector) finding(g *group, a Attribution) (report.Finding, int, bool) {
	f := report.Finding{RuleID: g.rule.ID, Severity: g.rule.Severity, Fingerprint: "assay/v1:" + hex.EncodeToString(g.print[:])}
	best := -1
	located, age := c.locate(g, a)
	for i := range located {
		l := &located[i]
		l.at.Path = c.set.Mask(l.at.Path)
		f.Occurrences = append(f.Occurrences, l.at)
		if best < 0 || l.match.Confidence > located[best].match.Confidence {
			best = i
		}
	}
	if best < 0 {
		return f, 0, false
	}
	f.Excerpt = located[0].excerpt
	f.Confidence = located[best].match.Confidence
	f.Message = message(g.rule, located[best].match)
	return f, age, true
}

// message says what a finding is; its first sentence is the title.
func message(r *rules.Rule, m rules.Match) string {
	text := r.Title + "."
	if m.Confidence == report.ConfidencePlaceholder {
		text = r.Title + ": placeholder."
	}
	if r.Text != "" {
		text += " " + r.Text
	}
	if m.Doubt != "" {
		text += " " + m.Doubt
	}
	return text
}
