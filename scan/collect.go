package scan

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
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
	places  int      // held in groups
	most    int      // that may be held
	each    int      // of one credential
	over    int      // places beyond that
	holds   int      // in holding
	holding [][]Held // by number of the source, in the order of the places
	homes   []string // by number of the source, see homes
	gaps    []*Gap
	told    map[string]bool // gaps by their text
	moreGap int             // gaps beyond maxGaps
	summary report.Summary
	shares  bool // see Options.Shares

	describe map[int]func(commit int) *report.Commit // by number of the source, for shares
	toldOf   map[[2]int]bool                         // commits by source and number

	blobs []blobAt // that places in the short form lie in

	filed    int    // groups with a place in the working tree
	timeless []bool // by number of the source: whether its order says nothing

	memories []*State         // by number of the source, nil for none
	refused  int              // places with a comment that does not count
	silenced map[silencer]int // places that comments suppress, for the memories
	broken   map[int]bool     // sources of which a fault of this program cost something
}

// maxGaps bounds the notices that are listed one by one.
const maxGaps = 10_000

// A group is one credential and all its places.
type group struct {
	index   int
	rule    *rules.Rule
	print   [sha256.Size]byte
	places  []place // but those in inBlobs
	inBlobs []blobPlace
	age     int // of the first commit that held it, set when it is located
	filed   int // which one it was to be met in the working tree, from 1 on; 0 if it was not
}

func newCollector(set *rules.Set) *collector {
	return &collector{
		set: set, most: maxPlaces, each: placesEach, byPrint: map[[sha256.Size]byte]*group{}, told: map[string]bool{},
		silenced: map[silencer]int{}, broken: map[int]bool{},
	}
}

// add takes in what a unit of a source brought.
func (c *collector) add(source int, r result) {
	for _, g := range r.gaps {
		c.gapAt(source, g)
	}
	c.summary.Files += r.counts.files
	c.summary.Blobs += r.counts.blobs
	c.summary.Commits += r.counts.commits
	c.summary.Trees += r.counts.trees
	c.summary.Tags += r.counts.tags
	c.summary.Members += r.counts.members
	c.summary.Bytes += r.counts.bytes
	c.summary.Excluded += r.counts.excluded
	if n := r.counts.shut; n > 0 {
		c.skippedKind("archive", n)
	}
	c.over += r.over
	if r.broken {
		c.broken[source] = true
	}
	for i := range r.places {
		r.places[i].source = source
		c.place(&r.places[i])
	}
}

func (c *collector) place(p *place) {
	if p.suppressed {
		c.suppress(p.source, objectOf{p.id, p.kind}, 1)
		return
	}
	if p.refused {
		c.refused++
	}
	if p.group == nil {
		p.group = c.groupOf(p.sight)
	}
	if p.group == nil {
		c.over++
		return
	}
	c.hold(p)
	switch {
	case c.holds < holdsEach*c.most && c.shorten(p):
	case c.places >= c.most && p.group.held() > 0, len(p.group.places) >= c.each:
		c.over++ // the credential is reported all the same
		return
	default:
		c.places++
		p.group.places = append(p.group.places, *p)
	}
	if p.group.filed == 0 && p.inWorktree() {
		c.filed++
		p.group.filed = c.filed
	}
}

// groupOf returns the group of a credential, nil where there are too many.
func (c *collector) groupOf(s *sight) *group {
	g := c.byPrint[s.print]
	if g == nil && len(c.groups) < c.most/2 { // one takes as much as two places
		g = &group{index: len(c.groups), rule: s.match.Rule, print: s.print}
		c.byPrint[s.print] = g
		c.groups = append(c.groups, g)
	}
	return g
}

// holdsEach is how many places in the short form, and what attribution is told of
// them, may be held for each of the others: 24 bytes for each credential in each blob and some 120 for each blob.
const holdsEach = 8

// hold notes that an object holds a credential, if only attribution can tell where
// that is. The places of an object mostly follow each other.
func (c *collector) hold(p *place) {
	if p.id.IsZero() || p.path != "" {
		return
	}
	for len(c.holding) <= p.source {
		c.holding = append(c.holding, nil)
	}
	list := c.holding[p.source]
	if n := len(list); n == 0 || list[n-1].ID != p.id {
		list = append(list, Held{ID: p.id, Type: p.kind})
		c.holding[p.source] = list
	}
	h := &list[len(list)-1]
	if c.holds++; c.holds > holdsEach*c.most {
		return // attribution says less
	}
	if !slices.Contains(h.Credentials, p.group.index) {
		h.Credentials = append(h.Credentials, p.group.index)
	}
}

// gap keeps what was not examined, once; errors.Join is taken apart.
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
	g := asGap(err)
	if c.told[g.Error()] {
		return
	}
	c.summary.NotExamined++
	if len(c.gaps) >= maxGaps {
		c.moreGap++
		return
	}
	c.told[g.Error()] = true
	c.gaps = append(c.gaps, g)
}

// close adds what was counted, and the gaps that say which limits were hit.
func (c *collector) close() {
	if c.refused > 0 {
		c.summary.Refused = map[string]int{report.RefusedComments: c.refused}
	}
	if c.over > 0 {
		c.gaps = append(c.gaps, &Gap{Subject: "findings", Err: fmt.Errorf("%d places beyond the first %d, or %d of one credential, are not listed", c.over, c.most, c.each)})
		c.summary.NotExamined++
	}
	if c.moreGap > 0 {
		c.gaps = append(c.gaps, &Gap{Subject: "notices", Err: fmt.Errorf("%d more than the %d that are listed", c.moreGap, maxGaps)})
	}
}

// A Held is a Git object that holds credentials.
type Held struct {
	ID   object.ID
	Type object.Type
	// Credentials are numbers that tell credentials apart, ascending.
	Credentials []int
}

// held lists the objects of a source that attribution is wanted for, sorted by id.
func (c *collector) held(source int) []Held {
	if source >= len(c.holding) {
		return nil
	}
	all := c.holding[source]
	out := make([]Held, 0, len(all))
	for _, i := range byID(all) {
		h := all[i]
		if n := len(out); n > 0 && out[n-1].ID == h.ID {
			out[n-1].Credentials = append(out[n-1].Credentials, h.Credentials...)
		} else {
			out = append(out, h)
		}
	}
	for i := range out {
		slices.Sort(out[i].Credentials)
		out[i].Credentials = slices.Compact(out[i].Credentials)
	}
	c.holding[source] = out
	return slices.Clone(out)
}

// byID returns the indices of a list in the order of ids. The beginnings of ids
// mostly tell it, and are sorted apart from the list, which fills no cache.
func byID(list []Held) []int32 {
	type line struct {
		head  uint64
		index int32
	}
	lines := make([]line, len(list))
	for i := range list {
		head, _ := list[i].ID.Head()
		lines[i] = line{head, int32(i)}
	}
	slices.SortFunc(lines, func(a, b line) int {
		if a.head != b.head {
			return cmp.Compare(a.head, b.head)
		}
		return list[a.index].ID.Compare(list[b.index].ID)
	})
	order := make([]int32, len(lines))
	for i, l := range lines {
		order[i] = l.index
	}
	return order
}

// emit sends notices and findings. Findings with a place outside history come
// first, in the order of the source; the others follow by the age of the commit
// that brought them. The first error of the sink ends it.
func (c *collector) emit(to report.Sink, a Attribution) error {
	for _, n := range c.notices() {
		if err := to.Notice(n); err != nil {
			return err
		}
	}
	if c.shares {
		return c.emitShares(to, a)
	}
	var first, later []*group
	for _, g := range c.groups {
		if g.filed > 0 {
			first = append(first, g)
		} else {
			g.age = age(a.Spans[g.index])
			later = append(later, g)
		}
	}
	slices.SortFunc(first, func(x, y *group) int { return x.filed - y.filed })
	for _, g := range first {
		if f, ok := c.finding(g, a); ok {
			if err := to.Finding(f); err != nil {
				return err
			}
		}
	}
	slices.SortStableFunc(later, func(x, y *group) int { return cmp.Compare(x.age, y.age) })
	for len(later) > 0 {
		n := 1
		for n < len(later) && later[n].age == later[0].age {
			n++
		}
		if err := c.emitAged(to, later[:n], a); err != nil {
			return err
		}
		later = later[n:]
	}
	return nil
}

// emitAged sends the findings that one commit brought, by path and line.
func (c *collector) emitAged(to report.Sink, groups []*group, a Attribution) error {
	var findings []report.Finding
	for _, g := range groups {
		if f, ok := c.finding(g, a); ok {
			findings = append(findings, f)
		}
	}
	slices.SortFunc(findings, func(x, y report.Finding) int {
		a, b := x.Occurrences[0], y.Occurrences[0]
		return cmp.Or(
			strings.Compare(a.Path, b.Path),
			a.Region.StartLine-b.Region.StartLine, a.Region.StartColumn-b.Region.StartColumn,
			strings.Compare(x.Fingerprint, y.Fingerprint),
		)
	})
	for _, f := range findings {
		if err := to.Finding(f); err != nil {
			return err
		}
	}
	return nil
}

// finding makes the finding of a group. It reports false where no place counts
// under the path that history gives it.
func (c *collector) finding(g *group, a Attribution) (report.Finding, bool) {
	f := report.Finding{RuleID: g.rule.ID, Severity: g.rule.Severity, Fingerprint: "assay/v1:" + hex.EncodeToString(g.print[:])}
	best := -1
	located := c.unlisted(c.locate(g, a))
	for i := range located {
		l := &located[i]
		l.at.Path, l.at.Inner = c.set.Mask(l.at.Path), c.set.Mask(l.at.Inner)
		f.Occurrences = append(f.Occurrences, l.at)
		if best < 0 || l.match.Confidence > located[best].match.Confidence {
			best = i
		}
	}
	if best < 0 {
		return f, false
	}
	f.Excerpt = located[0].excerpt
	f.Confidence = located[best].match.Confidence
	f.Message = message(g.rule, located[best].match)
	return f, true
}

// unlisted drops the places that the allowlists of the rules allow. A credential
// that has no other is counted.
func (c *collector) unlisted(all []located) []located {
	by := ""
	kept := all[:0]
	for _, l := range all {
		commit := ""
		if l.at.Introduced != nil {
			commit = l.at.Introduced.ID
		}
		file, allowed := c.set.Allowed(l.match, inside(l.at.Path, l.at.Inner), commit)
		if !allowed {
			kept = append(kept, l)
			continue
		}
		by = file
	}
	if len(kept) == 0 && by != "" {
		if c.summary.Silenced == nil {
			c.summary.Silenced = map[string]int{}
		}
		c.summary.Silenced[c.set.Mask(by)]++
	}
	return kept
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
	if coats := m.Coats(); coats != "" {
		text += " It is written in " + coats + "."
	}
	if m.Doubt != "" {
		text += " " + m.Doubt
	}
	return text
}
