package scan

import (
	"context"
	"crypto/sha256"
	"slices"
)

// A Reviser is a Source of files that take the place of others. What stood in
// those is not theirs, and not reported.
type Reviser interface {
	Source
	// Before returns what the files replace whose path is wanted, under the same
	// paths.
	Before(wanted func(path string) bool) Source
}

// A standingPrint is a credential at a path.
type standingPrint struct {
	path  string
	print [sha256.Size]byte
}

// revise forgets the places of a source where the same credential stood before. Only
// files in which something was found are looked up. What cannot be read there
// counts as new.
func (c *collector) revise(ctx context.Context, source int, s Reviser, opt Options) {
	paths := map[string]bool{}
	for _, g := range c.groups {
		for i := range g.places {
			if p := &g.places[i]; p.source == source && p.path != "" {
				paths[p.path] = true
			}
		}
	}
	if len(paths) == 0 {
		return
	}
	opt.Progress = nil
	old := newCollector(c.set)
	pipeline(ctx, []part{{source, s.Before(func(path string) bool { return paths[path] })}}, opt.Workers, newExaminers(c.set, opt), old)
	stood := map[standingPrint]bool{}
	for _, g := range old.groups {
		for i := range g.places {
			stood[standingPrint{g.places[i].path, g.print}] = true
		}
	}
	for _, g := range c.groups {
		g.places = slices.DeleteFunc(g.places, func(p place) bool {
			return p.source == source && stood[standingPrint{p.path, g.print}]
		})
	}
}
