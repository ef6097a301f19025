package scan

import (
	"cmp"
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
}

// A Span is the stay of one credential at one path.
type Span struct {
	Path string
	// Blob is a blob that held it there: the one at HEAD, or else the first.
	Blob       object.ID
	Introduced *report.Commit
	Removed    *report.Commit
	Age        int // of Introduced: its number in topological order
	AtHead     bool
	Refs       []string
	RefsMore   int
}

// located is a place with all that is known of where it is.
type located struct {
	at      report.Location
	match   rules.Match
	excerpt string
}

// locate turns the places of a group into locations: first those of files and
// messages, in the order of the source, each told what history knows of its path;
// then the paths that only history has. It also returns the least age.
func (c *collector) locate(g *group, a Attribution) ([]located, int) {
	var out []located
	age := math.MaxInt
	spans := a.Spans[g.index]
	inFile := map[string]bool{}
	byBlob := map[object.ID][]*place{}
	for i := range g.places {
		p := &g.places[i]
		if p.path == "" && p.kind == object.Blob {
			byBlob[p.id] = append(byBlob[p.id], p)
			continue
		}
		at := p.location()
		at.Introduced = a.Commits[p.id]
		if p.path != "" {
			at.InWorktree = !strings.HasPrefix(p.path, gitPrefix)
			inFile[p.path] = true
			if s := find(spans, p.path); s != nil {
				s.describe(&at)
				at.Object, at.Type = "", ""
			}
		}
		out = append(out, located{at, p.match, p.excerpt})
	}

	for i := range spans {
		s := &spans[i]
		age = min(age, s.Age)
		if inFile[s.Path] {
			continue
		}
		for _, p := range byBlob[s.Blob] {
			m, ok := c.set.At(s.Path, p.match)
			if !ok {
				continue
			}
			at := p.location()
			at.Path = s.Path
			s.describe(&at)
			out = append(out, located{at, m, p.excerpt})
		}
	}
	if len(spans) == 0 {
		out = append(out, loose(byBlob)...)
	}
	return out, age
}

// loose locates the places in blobs that no commit holds, sorted by blob.
func loose(byBlob map[object.ID][]*place) []located {
	var out []located
	for _, places := range byBlob {
		for _, p := range places {
			out = append(out, located{p.location(), p.match, p.excerpt})
		}
	}
	slices.SortFunc(out, func(a, b located) int {
		return cmp.Or(cmp.Compare(a.at.Object, b.at.Object), a.at.Region.StartLine-b.at.Region.StartLine, a.at.Region.StartColumn-b.at.Region.StartColumn)
	})
	return out
}

func (p *place) location() report.Location {
	at := report.Location{Path: p.path, Region: p.region, LineHash: p.lineHash}
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

func find(spans []Span, path string) *Span {
	i, ok := slices.BinarySearchFunc(spans, path, func(s Span, path string) int { return cmp.Compare(s.Path, path) })
	if !ok {
		return nil
	}
	return &spans[i]
}
