package scan

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"slices"

	"github.com/assayhq/assay/report"
	"github.com/assayhq/assay/scan/object"
)

// A scan of a shard examines what belongs to it: files by their path, objects of Git
// by the id of the one that they are built on in their pack, and loose ones by theirs.
// It reads as much of history as a scan of everything to say where things
// stand, but sees there what its own objects hold and no more. So it tells of each
// place by itself, with what report.Merge needs to put places together.

// Only has the source yield what belongs to a shard. It must be called before the
// source is read.
func (f *Files) Only(s report.Shard) { f.shard = s }

// Only has the source yield what belongs to a shard. It must be called before the
// source is read, and excludes Remember.
func (h *History) Only(s report.Shard) { h.shard = s }

// divide returns the units that hold the objects of the shard, and keeps the others,
// which are read for what they say of history.
func (h *History) divide(units []object.Unit) (own []object.Unit) {
	mine := func(id object.ID) bool {
		head, _ := id.Head()
		return h.shard.HasHash(head)
	}
	for _, u := range units {
		o, rest := u.Split(mine)
		if !o.Empty() {
			own = append(own, o)
		}
		if !rest.Empty() {
			h.others = append(h.others, rest)
		}
	}
	return own
}

// Layout tells apart repositories that are packed otherwise, whose shards do not fit
// together. It reports false where a pack has no index to tell that by.
func (r *Repository) Layout() (sum [sha256.Size]byte, ok bool) { return r.store.Listing() }

// share makes of a group what the report of a shard says. It reports false where
// that is nothing.
func (c *collector) share(g *group, a Attribution) (report.Finding, bool) {
	f := report.Finding{RuleID: g.rule.ID, Severity: g.rule.Severity, Fingerprint: "assay/v1:" + hex.EncodeToString(g.print[:])}
	spans := a.Spans[g.index]
	byBlob := map[object.ID][]*place{}
	for i := range spans {
		byBlob[spans[i].Blob] = nil
	}
	twins := c.twins()
	number := 0 // in the order of the sources
	for p := range c.all(g) {
		number++
		if twins.again(p) {
			continue
		}
		if p.onlyBlob() {
			if _, ok := byBlob[p.id]; ok || !a.Placed[p.id] || len(spans) == 0 {
				kept := *p
				byBlob[p.id] = append(byBlob[p.id], &kept)
			}
			continue
		}
		at := c.housed(p, p.standing(nil, a))
		c.offer(&f, located{at, *p.match, p.excerpt}, &report.Share{Source: p.source, Number: number, Filed: g.filed})
	}
	for i := range spans {
		c.offerSpan(g, &f, &spans[i], byBlob)
	}
	for _, l := range c.loose(byBlob, spans, a) {
		c.offer(&f, l, &report.Share{Placed: a.placed(l.at.Object)})
	}
	if len(f.Occurrences) == 0 {
		return f, false
	}
	first := f.Occurrences[0].Share
	f.Confidence, f.Message, f.Excerpt = first.Confidence, first.Message, first.Excerpt
	return f, true
}

// placed reports whether a tree is known to hold a blob.
func (a Attribution) placed(blob string) bool {
	id, err := object.ParseID(blob)
	return err == nil && a.Placed[id]
}

// offer adds a place to a finding.
func (c *collector) offer(f *report.Finding, l located, s *report.Share) {
	commit := ""
	if l.at.Introduced != nil {
		commit = l.at.Introduced.ID
	}
	if file, allowed := c.set.Allowed(l.match, inside(l.at.Path, l.at.Inner), commit); allowed {
		s.Allowed = c.set.Mask(file)
	}
	l.at.Path, l.at.Inner = c.set.Mask(l.at.Path), c.set.Mask(l.at.Inner)
	s.Confidence, s.Message, s.Excerpt = l.match.Confidence, "", l.excerpt
	if l.match.Rule != nil {
		s.Message = message(l.match.Rule, l.match)
	}
	l.at.Share = s
	f.Occurrences = append(f.Occurrences, l.at)
}

// describes keeps how the commits of a source are told of.
func (c *collector) describes(source int, a Attribution) {
	if c.describe == nil {
		c.describe = map[int]func(int) *report.Commit{}
	}
	c.describe[source] = a.describe
	for _, spans := range a.Spans {
		for i := range spans {
			spans[i].source = source
		}
	}
}

// tell tells of the commits that took a credential away, each once in a report.
func (c *collector) tell(s *Span) (list []report.NumberedCommit) {
	if c.toldOf == nil {
		c.toldOf = map[[2]int]bool{}
	}
	for _, change := range s.Changes {
		key := [2]int{s.source, change.Number}
		if change.Net < 0 && !c.toldOf[key] {
			c.toldOf[key] = true
			list = append(list, report.NumberedCommit{Number: change.Number, Commit: c.describe[s.source](change.Number)})
		}
	}
	return list
}

// offerSpan adds what is known of a path in history, also where no place there counts.
func (c *collector) offerSpan(g *group, f *report.Finding, s *Span, byBlob map[object.ID][]*place) {
	places := byBlob[s.Blob]
	stay := &report.Stay{First: s.Age, Any: len(places) == 0, Staged: s.staged, Homeless: s.homeless, Changes: s.Changes, Commits: c.tell(s)}
	if stay.Any {
		places = c.some(g)
	}
	all := c.along(s, places)
	if stay.Void = len(all) == 0; stay.Void {
		at := report.Location{Path: s.Path}
		s.describe(&at)
		all = []located{{at: at}}
	}
	for i, l := range all {
		share := &report.Share{Source: s.source, Again: i > 0}
		if i == 0 {
			share.Stay = stay
		}
		if stay.Void {
			l.at.Path, l.at.Share = c.set.Mask(l.at.Path), share
			f.Occurrences = append(f.Occurrences, l.at)
			continue
		}
		c.offer(f, l, share)
	}
}

// emitShares sends what the report of a shard says, about in the order of emit.
func (c *collector) emitShares(to report.Sink, a Attribution) error {
	sorted := slices.Clone(c.groups)
	for _, g := range sorted {
		g.age = age(a.Spans[g.index])
	}
	slices.SortStableFunc(sorted, func(x, y *group) int {
		switch {
		case x.filed == 0 && y.filed == 0:
			return cmp.Compare(x.age, y.age)
		case x.filed == 0:
			return 1
		case y.filed == 0:
			return -1
		}
		return x.filed - y.filed
	})
	for _, g := range sorted {
		if f, ok := c.share(g, a); ok {
			if err := to.Finding(f); err != nil {
				return err
			}
		}
	}
	return nil
}

// notices are the gaps, in order.
func (c *collector) notices() []report.Notice {
	list := make([]report.Notice, 0, len(c.gaps))
	for _, g := range c.gaps {
		list = append(list, report.Notice{Subject: c.set.Mask(g.Subject), Err: c.masked(g.Err)})
	}
	report.SortNotices(list)
	return list
}

// masked is the text of an error as it may be shown.
func (c *collector) masked(err error) error {
	var absent report.Absent
	if errors.As(err, &absent) {
		return absent
	}
	return errors.New(c.set.Mask(err.Error()))
}
