package report

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Sharing returns a Handler for a scan of one shard: all that raw is told is what
// Merge needs, and next is told what a report of this part alone says.
func Sharing(raw, next Handler) Handler { return &sharing{raw: raw, next: &player{to: next}} }

type sharing struct {
	raw  Handler
	next *player
}

func (s *sharing) Begin(r Run) error { return errors.Join(s.raw.Begin(r), s.next.Begin(r)) }

func (s *sharing) Finding(f Finding) error { return errors.Join(s.raw.Finding(f), s.next.Finding(f)) }

func (s *sharing) Verdict(v Verdict) error { return errors.Join(s.raw.Verdict(v), s.next.Verdict(v)) }

func (s *sharing) Notice(n Notice) error { return errors.Join(s.raw.Notice(n), s.next.Notice(n)) }

// End gives raw the counts of findings of this part, so that nobody who reads nothing
// else takes it for clean.
func (s *sharing) End(sum Summary) error {
	err := s.next.End(sum)
	if s.next.raw {
		sum.Findings, sum.LeftOut, sum.Placeholders = s.next.counted.Findings, s.next.counted.LeftOut, s.next.counted.Placeholders
	}
	return errors.Join(err, s.raw.End(sum))
}

// A player tells to a Handler what the report of a shard holds as other reports say
// it. Reports that are none of a shard pass through it as they are.
type player struct {
	to       Handler
	chain    Handler
	raw      bool // what comes has to be put together
	shard    Shard
	silenced map[string]int
	proven   map[string]bool
	late     []Finding
	hashless bool // Location.LineHash is left out
	counted  Summary
}

func (p *player) Begin(r Run) error {
	p.raw, p.shard = r.Decisions != nil, r.Shard
	if r.Command == "audit" {
		p.shard = Shard{} // its report holds such a notice itself
	}
	p.silenced, p.proven = map[string]int{}, map[string]bool{}
	p.chain = p.to
	if p.raw {
		p.chain = r.Decisions.decided(&counting{Handler: p.to, counted: &p.counted})
		r.Decisions = nil
	}
	return p.chain.Begin(r)
}

// counting keeps the summary that a Handler is told.
type counting struct {
	Handler
	counted *Summary
}

func (c *counting) End(s Summary) error {
	*c.counted = s
	return c.Handler.End(s)
}

func (p *player) Finding(f Finding) error {
	if !p.raw {
		return p.chain.Finding(f)
	}
	return p.whole(joinShares([]Finding{f}, nil), f.share())
}

// whole tells one finding. share is that of its first place.
func (p *player) whole(w whole, share *Share) error {
	switch {
	case w.silenced != "":
		p.silenced[w.silenced]++
		return nil
	case w.none:
		return nil
	case share != nil && share.Late:
		f := w.Finding
		if !share.Proof {
			p.late = append(p.late, f)
			return nil
		}
		// What proves it may stand in any of the findings.
		f.Occurrences = []Location{f.Occurrences[0]}
		f.Occurrences[0].Share = share
		p.late = append(p.late, f)
		return nil
	}
	for i := range w.Occurrences {
		if p.hashless {
			w.Occurrences[i].LineHash = ""
		}
	}
	if w.Confidence > ConfidencePlaceholder {
		for _, l := range w.Occurrences {
			p.proven[l.Path] = true
		}
	}
	return p.chain.Finding(w.Finding)
}

// share is what the first place says to merging.
func (f *Finding) share() *Share {
	if len(f.Occurrences) == 0 {
		return nil
	}
	return f.Occurrences[0].Share
}

func (p *player) Verdict(v Verdict) error { return p.chain.Verdict(v) }

func (p *player) Notice(n Notice) error { return p.chain.Notice(n) }

func (p *player) End(s Summary) error {
	if p.shard.Of > 0 {
		if err := p.chain.Notice(partNotice(p.shard)); err != nil {
			return err
		}
		s.Accepted++
	}
	if !p.raw {
		return p.chain.End(s)
	}
	slices.SortStableFunc(p.late, func(a, b Finding) int { return strings.Compare(a.Occurrences[0].Path, b.Occurrences[0].Path) })
	for _, f := range p.late {
		if share := f.share(); share != nil && !p.proven[f.Occurrences[0].Path] {
			continue
		}
		f.Occurrences[0].Share = nil
		if err := p.chain.Finding(f); err != nil {
			return err
		}
	}
	s.Findings, s.LeftOut, s.Placeholders = [len(s.Findings)]int{}, 0, 0
	s.Silenced = sumByName(s.Silenced, p.silenced)
	return p.chain.End(s)
}

// partNotice says in every format that a report is about a part. It is accepted: the
// run did what it was asked for.
func partNotice(s Shard) Notice {
	return Notice{
		Subject: "shard " + s.String(), Err: errors.New("this report is about this part only; assay report merge makes one of all parts"),
		Accepted: &Suppression{By: "--shard", Reason: "the other parts are examined elsewhere"},
	}
}

// missingNotice says which shards were not among those that were merged.
func missingNotice(missing []Shard) Notice {
	var names []string
	for _, s := range missing[:min(len(missing), 20)] {
		names = append(names, s.String())
	}
	text := strings.Join(names, ", ")
	if more := len(missing) - len(names); more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return Notice{Subject: "shards", Err: fmt.Errorf("the reports of %s are missing, so that what belongs to them was not examined", text)}
}

// WithLineHashes returns a Handler that Merge gives the Location.LineHash of shards,
// which a scan computes only where a format asks for it.
func WithLineHashes(next Handler) Handler { return lineHashed{next} }

type lineHashed struct{ Handler }

// hashless leaves out the Location.LineHash of shards of a list of repositories.
type hashless struct{ Handler }

func (h hashless) Finding(f Finding) error {
	f.Occurrences = slices.Clone(f.Occurrences)
	for i := range f.Occurrences {
		f.Occurrences[i].LineHash = ""
	}
	return h.Handler.Finding(f)
}

// A placedGroup is a group and where its finding comes.
type placedGroup struct {
	group
	order wholeOrder
}

// playShares tells what shards of a scan found, in the order of a scan.
func (x *reportIndex) playShares(run Run, missing []Shard, to Handler) error {
	_, hashed := to.(lineHashed)
	p := &player{to: to, hashless: !hashed}
	if err := p.Begin(run); err != nil {
		return err
	}
	list := slices.Collect(maps.Values(x.notices))
	if len(missing) > 0 {
		list = append(list, missingNotice(missing))
		x.summary.NotExamined++
	}
	SortNotices(list)
	for _, n := range list {
		if err := p.Notice(n); err != nil {
			return err
		}
	}
	groups, err := x.placed()
	if err != nil {
		return err
	}
	for _, g := range groups {
		parts, err := x.read(g.group)
		if err != nil {
			return err
		}
		if err := p.whole(joinShares(parts, x.told), parts[0].share()); err != nil {
			return err
		}
	}
	x.summary.NotExamined -= x.repeats.NotExamined
	return p.End(x.summary)
}

// placed returns the groups in the order of a scan.
func (x *reportIndex) placed() ([]placedGroup, error) {
	list := make([]placedGroup, 0, len(x.groups))
	for _, g := range x.groups {
		parts, err := x.read(g)
		if err != nil {
			return nil, err
		}
		list = append(list, placedGroup{group: g, order: joinShares(parts, x.told).order})
	}
	slices.SortStableFunc(list, func(a, b placedGroup) int { return a.order.compare(b.order) })
	return list, nil
}

// SortNotices puts notices in the order in which reports of a scan have them.
func SortNotices(list []Notice) {
	slices.SortStableFunc(list, func(a, b Notice) int {
		if order := strings.Compare(a.Subject, b.Subject); order != 0 {
			return order
		}
		return strings.Compare(reason(a), reason(b))
	})
}
