package report

import (
	"cmp"
	"math"
	"slices"
	"strings"
)

// A whole is what shards together say of a credential, or one of them alone.
type whole struct {
	Finding
	order    wholeOrder
	silenced string // the file of the allowlist that allows every place, "" if none does
	none     bool   // no place counts
}

// A wholeOrder is what findings of a scan are sorted by: first what stands in the
// working tree, as a walk meets it, then by the number of the commit that brought it.
type wholeOrder struct {
	filed  bool
	source int
	key    string // the path as a walk sorts it, or as it is
	number int
	age    int
	line   int
	column int
	print  string
}

func (a wholeOrder) compare(b wholeOrder) int {
	switch {
	case a.filed != b.filed && a.filed:
		return -1
	case a.filed != b.filed:
		return 1
	case a.filed:
		return cmp.Or(a.source-b.source, strings.Compare(a.key, b.key), a.number-b.number)
	}
	return cmp.Or(cmp.Compare(a.age, b.age), strings.Compare(a.key, b.key), a.line-b.line, a.column-b.column, strings.Compare(a.print, b.print))
}

// joinShares makes of what shards say of a credential what a scan of everything says.
// It is to report what scan's collector.locate is to places, and has to follow it.
func joinShares(parts []Finding, told toldCommits) whole {
	w := whole{Finding: parts[0]}
	w.order = wholeOrder{age: math.MaxInt, print: w.Fingerprint}
	var standing, loose, late []Location
	paths := map[string][]Location{}
	for _, p := range parts {
		var stay *Stay
		for _, l := range p.Occurrences {
			s := l.Share
			switch {
			case s == nil || s.Late:
				late = append(late, l)
			case s.Again:
				again := *s
				again.Stay, l.Share = stay, &again
				paths[l.Path] = append(paths[l.Path], l)
			case s.Stay != nil:
				stay = s.Stay
				paths[l.Path] = append(paths[l.Path], l)
			case l.Type == "blob" && !l.InWorktree:
				loose = append(loose, l)
			default:
				standing = append(standing, l)
			}
		}
	}
	dropHomeless(paths)
	slices.SortStableFunc(standing, compareStanding)
	w.file(standing)
	all := append(late, w.place(standing, paths, told)...)
	if len(paths) > 0 {
		loose = slices.DeleteFunc(loose, func(l Location) bool { return l.Share.Placed })
	}
	slices.SortStableFunc(loose, func(a, b Location) int {
		return cmp.Or(cmp.Compare(a.Object, b.Object), cmp.Compare(a.Inner, b.Inner), a.Region.StartLine-b.Region.StartLine, a.Region.StartColumn-b.Region.StartColumn)
	})
	w.count(append(all, loose...))
	return w
}

// dropHomeless forgets stays in the index that count only without others.
func dropHomeless(paths map[string][]Location) {
	known := false
	for _, list := range paths {
		for _, l := range list {
			known = known || !l.Share.Stay.Staged
		}
	}
	if !known {
		return
	}
	for path, list := range paths {
		list = slices.DeleteFunc(list, func(l Location) bool { return l.Share.Stay.Homeless })
		if paths[path] = list; len(list) == 0 {
			delete(paths, path)
		}
	}
}

// file notes where a walk first met the credential.
func (w *whole) file(standing []Location) {
	i := slices.IndexFunc(standing, func(l Location) bool { return l.InWorktree })
	if i < 0 {
		return
	}
	l := &standing[i]
	w.order.filed, w.order.source, w.order.number = true, l.Share.Source, l.Share.Filed
	w.order.key = walkKey(l.Path)
}

func walkKey(path string) string { return string(appendPath(nil, path)) }

// compareStanding orders the places in files and messages.
func compareStanding(a, b Location) int {
	return cmp.Or(
		a.Share.Source-b.Share.Source, compareDates(a.Introduced, b.Introduced), strings.Compare(a.Object, b.Object),
		strings.Compare(walkKey(a.Path), walkKey(b.Path)), a.Share.Number-b.Share.Number,
	)
}

// compareDates puts what has no commit last.
func compareDates(a, b *Commit) int {
	switch {
	case a == nil && b == nil:
		return 0
	case a == nil:
		return 1
	case b == nil:
		return -1
	}
	return a.Date.Compare(b.Date)
}

// place puts files, messages and what history knows of paths together.
func (w *whole) place(standing []Location, paths map[string][]Location, told toldCommits) (all []Location) {
	inFile := map[string]bool{}
	stays := map[string][]Location{}
	for path, list := range paths {
		stays[path] = joinStays(list, told)
		w.order.age = min(w.order.age, stays[path][0].Share.Stay.First)
	}
	for _, l := range standing {
		inFile[l.Path] = true
		if stay := stays[l.Path]; stay != nil && l.Path != "" {
			s := &stay[0]
			l.Introduced, l.Removed, l.AtHead, l.Refs, l.RefsMore = s.Introduced, s.Removed, s.AtHead, s.Refs, s.RefsMore
			l.Object, l.Type = "", ""
		}
		all = append(all, l)
	}
	for _, path := range sortedPaths(stays) {
		if inFile[path] {
			continue
		}
		for _, l := range stays[path] {
			if !l.Share.Stay.Void {
				all = append(all, l)
			}
		}
	}
	return all
}

// count makes the finding of its places: those that no allowlist allows.
func (w *whole) count(all []Location) {
	w.Occurrences = nil
	best := -1
	for _, l := range all {
		s := l.Share
		if s != nil && s.Allowed != "" {
			w.silenced = s.Allowed
			continue
		}
		l.Share = nil
		w.Occurrences = append(w.Occurrences, l)
		if s == nil || s.Late {
			best = 0 // the finding says it
			continue
		}
		if best < 0 {
			w.Excerpt = s.Excerpt
		}
		if best < 0 || s.Confidence > w.Confidence {
			best, w.Confidence, w.Message = len(w.Occurrences)-1, s.Confidence, s.Message
		}
	}
	if w.none = best < 0; !w.none {
		w.silenced = ""
		if first := &w.Occurrences[0]; !w.order.filed {
			w.order.key, w.order.line, w.order.column = first.Path, first.Region.StartLine, first.Region.StartColumn
		}
	}
}
