package scan

import (
	"cmp"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/assayhq/assay/report"
	"github.com/assayhq/assay/rules"
	"github.com/assayhq/assay/scan/object"
)

// An Attribution says where in history credentials stand.
type Attribution struct {
	// Spans maps the number of a credential to its stays in history, sorted by
	// path.
	Spans map[int][]Span
	// Commits describes commits and tags that hold a credential themselves.
	Commits map[object.ID]*report.Commit
	// Placed are the blobs that stand in a commit, so that Spans says all of the
	// credentials in them. nil where that is not known.
	Placed   map[object.ID]bool
	describe func(commit int) *report.Commit // by number
	// OnlySpans says that a credential in a placed blob which has no span does not
	// count.
	OnlySpans bool
}

// A Span is the stay of one credential at one path.
type Span struct {
	Path string
	// Blob is a blob that held it there: the one at HEAD, or else the first. It is
	// zero where that is not known.
	Blob object.ID
	// Introduced is the first commit that held it there; nil where a parent of
	// that commit is missing, and may have held it before.
	Introduced *report.Commit
	// Removed is the last commit that took it away; nil if it came back.
	Removed  *report.Commit
	Age      int // of the first commit that held it: its number in topological order
	AtHead   bool
	Refs     []string
	RefsMore int
	// Changes are what commits did, where that is asked for: of a shard.
	Changes []report.StayChange
	// staged says that the index has it and no commit, and homeless besides that it
	// counts only for a credential that stands nowhere else.
	staged, homeless bool
	source           int // number of the source, where Changes are asked for
}

// below puts a folder before all paths. It ends with a slash, or is empty.
func (a Attribution) below(folder string) {
	if folder == "" {
		return
	}
	for _, spans := range a.Spans {
		for i := range spans {
			spans[i].Path = folder + spans[i].Path
		}
	}
}

// with adds what another source knows. Ages of different sources do not compare,
// but give a fixed order.
func (a Attribution) with(b Attribution) Attribution {
	if a.Spans == nil {
		return b
	}
	for credential, spans := range b.Spans {
		all := append(a.Spans[credential], spans...)
		slices.SortStableFunc(all, func(x, y Span) int { return cmp.Compare(x.Path, y.Path) })
		a.Spans[credential] = all
	}
	maps.Copy(a.Commits, b.Commits)
	if a.Placed == nil || b.Placed == nil {
		a.Placed = nil
	} else {
		maps.Copy(a.Placed, b.Placed)
	}
	a.OnlySpans = a.OnlySpans && b.OnlySpans
	return a
}

// located is a place with all that is known of where it is.
type located struct {
	at      report.Location
	match   rules.Match
	excerpt string
}

// locate turns the places of a group into locations: first those of files and
// messages, in the order of the source, where that has one, and of time, each told
// what history knows of its path; then the paths that only history has; then the blobs that no commit holds.
func (c *collector) locate(g *group, a Attribution) []located {
	var out []located
	var standing []*place
	spans := a.Spans[g.index]
	twins := c.twins()
	inFile := map[string]bool{}
	byBlob := map[object.ID][]*place{} // those that a span names, or that no commit holds
	for i := range spans {
		byBlob[spans[i].Blob] = nil
	}
	for p := range c.all(g) {
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
		standing = append(standing, p)
		inFile[p.path] = true
	}
	slices.SortStableFunc(standing, func(x, y *place) int { return cmp.Or(x.source-y.source, c.byTime(x, y, a)) })
	for _, p := range standing {
		out = append(out, located{c.housed(p, p.standing(spans, a)), *p.match, p.excerpt})
	}
	for i := range spans {
		if s := &spans[i]; !inFile[s.Path] {
			places := byBlob[s.Blob]
			if len(places) == 0 {
				places = c.some(g)
			}
			out = append(out, c.along(s, places)...)
		}
	}
	return append(out, c.loose(byBlob, spans, a)...)
}

// some returns one place in a blob, for a path of which no place is held: that in
// the blob with the least id, in whatever order the places came.
func (c *collector) some(g *group) (one []*place) {
	for p := range c.all(g) {
		if p.onlyBlob() && (one == nil || p.id.Compare(one[0].id) < 0) {
			kept := *p
			one = []*place{&kept}
		}
	}
	return one
}

// byTime compares places in messages of a history: an object store gives them in
// the order of its packs, or as far as they are remembered in none.
func (c *collector) byTime(x, y *place, a Attribution) int {
	if x.source >= len(c.timeless) || !c.timeless[x.source] {
		return 0
	}
	s, t := a.Commits[x.id], a.Commits[y.id]
	switch {
	case s != nil && t != nil && !s.Date.Equal(t.Date):
		return s.Date.Compare(t.Date)
	case s == nil && t != nil:
		return 1
	case s != nil && t == nil:
		return -1
	}
	return x.id.Compare(y.id)
}

// onlyBlob reports whether only history can tell under which path a place stands.
func (p *place) onlyBlob() bool { return p.path == "" && p.kind == object.Blob }

func (p *place) inWorktree() bool { return p.path != "" && !strings.HasPrefix(p.path, gitPrefix) }

// standing locates a place in a file or a message.
func (p *place) standing(spans []Span, a Attribution) report.Location {
	at := p.location()
	at.Introduced = a.Commits[p.id]
	if p.path == "" {
		return at
	}
	at.InWorktree = p.inWorktree()
	if s := spanAt(spans, p.path); s != nil {
		s.describe(&at)
		at.Object, at.Type = "", ""
	}
	return at
}

// along locates the places in a blob under the path of a span.
func (c *collector) along(s *Span, places []*place) []located {
	var out []located
	for _, p := range places {
		m, ok := c.set.At(inside(s.Path, p.inner), *p.match)
		if !ok {
			continue
		}
		at := p.location()
		at.Path = s.Path
		s.describe(&at)
		out = append(out, located{at, m, p.excerpt})
	}
	return out
}

// loose locates the places in blobs that no commit is known to hold, sorted by
// blob. Where history has no place at all for a credential, all its blobs are.
func (c *collector) loose(byBlob map[object.ID][]*place, spans []Span, a Attribution) []located {
	var out []located
	for id, places := range byBlob {
		placed := a.Placed[id]
		if a.Placed == nil {
			placed = slices.ContainsFunc(spans, func(s Span) bool { return s.Blob == id })
		}
		if placed && (len(spans) > 0 || a.OnlySpans) {
			continue
		}
		for _, p := range places {
			out = append(out, located{c.housed(p, p.location()), *p.match, p.excerpt})
		}
	}
	slices.SortStableFunc(out, func(a, b located) int {
		return cmp.Or(cmp.Compare(a.at.Object, b.at.Object), cmp.Compare(a.at.Inner, b.at.Inner), a.at.Region.StartLine-b.at.Region.StartLine, a.at.Region.StartColumn-b.at.Region.StartColumn)
	})
	return out
}

// age is how early in history a credential with these spans came.
func age(spans []Span) int {
	least := math.MaxInt
	for i := range spans {
		least = min(least, spans[i].Age)
	}
	return least
}

func (p *place) location() report.Location {
	at := report.Location{Path: p.path, Inner: p.inner, Region: p.region, LineHash: p.lineHash, Companion: p.companion()}
	if !p.id.IsZero() {
		at.Object, at.Type = p.id.String(), p.kind.String()
	}
	return at
}

// describe adds what history knows to a location.
func (s *Span) describe(at *report.Location) {
	at.Introduced, at.Removed, at.AtHead = s.Introduced, s.Removed, s.AtHead
	at.Refs, at.RefsMore = s.Refs, s.RefsMore
}

func spanAt(spans []Span, path string) *Span {
	i, ok := slices.BinarySearchFunc(spans, path, func(s Span, path string) int { return cmp.Compare(s.Path, path) })
	if !ok {
		return nil
	}
	return &spans[i]
}
