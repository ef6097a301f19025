package audit

import (
	"maps"
	"slices"
	"strings"
)

// A folders finds the principals of an account whose own policies may let them read
// a secret, by the beginning of its name: thousands of them have to do with few
// secrets each.
type folders struct {
	parties []*party
	byStart map[string][]int // indices in parties, by what stands after ":secret:" before a wildcard
	lengths []int            // of the keys of byStart
	always  []int            // those whose policies do not name secrets so
}

// secretMark stands before the name in the ARN of a secret, and once: no name has a
// colon.
const secretMark = ":secret:"

func newFolders(parties []*party) *folders {
	f := &folders{parties: parties, byStart: map[string][]int{}}
	for i, p := range parties {
		starts, all := p.starts()
		if all {
			f.always = append(f.always, i)
			continue
		}
		for start := range starts {
			f.byStart[start] = append(f.byStart[start], i)
		}
	}
	lengths := map[int]bool{}
	for start := range f.byStart {
		lengths[len(start)] = true
	}
	f.lengths = slices.Sorted(maps.Keys(lengths))
	return f
}

// starts are the beginnings of the names of the secrets that p may be allowed to
// read. all says that they may be any.
func (p *party) starts() (starts map[string]bool, all bool) {
	starts = map[string]bool{}
	for _, d := range p.documents {
		if d.unread != "" {
			return nil, true
		}
		for _, c := range d.clauses[readSecret][allowing] {
			for i := range c.resources {
				start, ok := c.resources[i].start()
				if !ok || c.notResource {
					return nil, true
				}
				starts[start] = true
			}
		}
	}
	return starts, false
}

// start is how the names of the secrets begin that p matches, if it says so.
func (p *pattern) start() (string, bool) {
	_, name, ok := strings.Cut(p.text, secretMark)
	if i := strings.IndexAny(name, "*?$"); i >= 0 {
		name = name[:i]
	}
	return name, ok
}

// of returns the principals whose own policies may let them read a secret, in their
// order.
func (f *folders) of(arn string) []*party {
	_, name, ok := strings.Cut(arn, secretMark)
	if !ok || strings.Contains(name, ":") {
		return f.parties
	}
	found := slices.Clone(f.always)
	for _, n := range f.lengths {
		if n > len(name) {
			break
		}
		found = append(found, f.byStart[name[:n]]...)
	}
	slices.Sort(found)
	var list []*party
	for _, i := range slices.Compact(found) {
		list = append(list, f.parties[i])
	}
	return list
}
