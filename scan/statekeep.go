package scan

import (
	"crypto/sha256"
	"fmt"
	"slices"

	"github.com/assayhq/assay/scan/object"
)

// keep writes the file after a run that was not interrupted and reached no limit.
// own is the attribution of the source, which is of use again only if it is sound.
func (s *State) keep(c *collector, source int, own Attribution, sound bool) {
	if !s.planned || s.unchanged || s.vague || c.over > 0 || c.broken[source] {
		return
	}
	marks := sorted(s.learned)
	if s.old != nil {
		marks = merged(s.old.marks, s.seen, marks)
	}
	a := &own
	if !sound {
		a = nil
	}
	listing := s.listing
	if _, all := s.repo.compare(marks); !all {
		listing = [sha256.Size]byte{} // there are objects that have to be met again
	}
	core, past, rest := c.parcel(source, a, s.tips, listing)
	err := s.mayReplace()
	if err == nil {
		err = writeState(s.name, s.key, [sections][]byte{marks, core.packed(s.set), past.packed(s.set), rest.packed(s.set)})
	}
	if err != nil {
		s.problem = fmt.Errorf("%w: nothing was remembered", err)
	}
}

// mayReplace keeps a file that somebody named by mistake.
func (s *State) mayReplace() error {
	data, err := readStateFile(s.name)
	if err == nil && data != nil && !ours(data) {
		err = errNotState
	}
	return err
}

// parcel packs what a source brought: what the report needs, the attribution, and
// what else a new attribution needs.
func (c *collector) parcel(source int, a *Attribution, tips, listing [sha256.Size]byte) (core, past, rest *packer) {
	var near, far []placesOf
	of := attributionOf{spans: map[[sha256.Size]byte][]Span{}}
	for _, g := range c.groups {
		n, f := c.divide(g, source, a)
		near, far = appendPlaces(near, g, n), appendPlaces(far, g, f)
		if a != nil && len(a.Spans[g.index]) > 0 {
			of.spans[g.print] = a.Spans[g.index]
		}
	}
	core, past, rest = &packer{}, &packer{}, &packer{}
	core.raw(tips[:])
	core.raw(listing[:])
	core.bool(a != nil)
	silent, total := c.silences(source)
	core.int(total)
	core.places(near)
	rest.places(far)
	rest.silences(silent)
	if a != nil {
		of.commits, of.placed = a.Commits, map[object.ID]bool{}
		for _, o := range core.objects.list {
			if a.Placed[o.id] {
				of.placed[o.id] = true
			}
		}
	}
	past.attribution(&of)
	return core, past, rest
}

func appendPlaces(all []placesOf, g *group, places []place) []placesOf {
	if len(places) == 0 {
		return all
	}
	return append(all, placesOf{g.print, places})
}

// divide divides the places of a group that lie in objects of a source into those
// that a report with the attribution looks at, as collector.locate does, and the
// others.
func (c *collector) divide(g *group, source int, a *Attribution) (near, far []place) {
	blobs := map[object.ID]bool{}
	if a != nil {
		for i := range a.Spans[g.index] {
			blobs[a.Spans[g.index][i].Blob] = true
		}
	}
	if some := c.some(g); some != nil {
		blobs[some[0].id] = true
	}
	for p := range c.all(g) {
		switch {
		case p.source != source || p.id.IsZero() || p.path != "":
		case a == nil || !p.onlyBlob() || !a.Placed[p.id] || len(a.Spans[g.index]) == 0 || blobs[p.id]:
			near = append(near, *p)
		default:
			far = append(far, *p)
		}
	}
	return near, far
}

// A silencer is an object in which comments suppress places.
type silencer struct {
	source int
	objectOf
}

// suppress counts places that comments suppress.
func (c *collector) suppress(source int, o objectOf, places int) {
	c.summary.Suppressed += places
	if source < len(c.memories) && c.memories[source] != nil {
		c.silenced[silencer{source, o}] += places
	}
}

// silences returns what comments suppress in a source, sorted by object, and how
// many places that are.
func (c *collector) silences(source int) (all []silence, places int) {
	for s, n := range c.silenced {
		if s.source == source {
			all = append(all, silence{s.objectOf, n})
			places += n
		}
	}
	slices.SortFunc(all, func(a, b silence) int { return a.id.Compare(b.id) })
	return all, places
}
