package report

import (
	"cmp"
	"maps"
	"slices"
)

// MaxRefs is how many refs a location names.
const MaxRefs = 10

func sortedPaths(m map[string][]Location) []string { return slices.Sorted(maps.Keys(m)) }

// joinStays returns the places of a credential at a path of history, given those that
// shards have there. A path of a commit has one blob, so that what shards see of the
// credential adds up: it is there where one of them has it.
func joinStays(list []Location, told toldCommits) []Location {
	if slices.ContainsFunc(list, func(l Location) bool { return !l.Share.Stay.Staged }) {
		list = slices.DeleteFunc(list, func(l Location) bool { return l.Share.Stay.Staged })
	}
	stays := map[*Stay]*Location{} // of each shard, by what all its places share
	for i := range list {
		if s := list[i].Share.Stay; stays[s] == nil {
			stays[s] = &list[i]
		}
	}
	chosen := list[0]
	for _, l := range stays {
		if before(l, &chosen) {
			chosen = *l
		}
	}
	if len(stays) > 1 {
		chosen.Removed = removal(stays, told)
	}
	chosen.AtHead = false
	chosen.Refs, chosen.RefsMore = nil, 0
	first := chosen.Share.Stay.First
	for s, l := range stays {
		chosen.AtHead = chosen.AtHead || l.AtHead
		chosen.Refs = append(chosen.Refs, l.Refs...)
		chosen.RefsMore += l.RefsMore
		if s.First < first {
			first, chosen.Introduced = s.First, l.Introduced
		}
	}
	if chosen.AtHead {
		chosen.Removed = nil
	}
	slices.Sort(chosen.Refs)
	if more := len(chosen.Refs) - MaxRefs; more > 0 {
		chosen.Refs, chosen.RefsMore = chosen.Refs[:MaxRefs:MaxRefs], chosen.RefsMore+more
	}
	var out []Location
	for _, l := range list {
		if l.Share.Stay != chosen.Share.Stay {
			continue
		}
		l.Introduced, l.Removed, l.AtHead, l.Refs, l.RefsMore = chosen.Introduced, chosen.Removed, chosen.AtHead, chosen.Refs, chosen.RefsMore
		share, stay := *l.Share, *l.Share.Stay
		stay.First, stay.Changes, share.Stay = first, nil, &stay
		l.Share = &share
		out = append(out, l)
	}
	return out
}

// before reports whether the blob of one stay stands for the path rather than that of
// another: the blob at HEAD, or else the first one.
func before(a, b *Location) bool {
	s, t := a.Share.Stay, b.Share.Stay
	switch {
	case s.Any != t.Any:
		return t.Any
	case s.Any || s.Staged:
		return a.Object < b.Object
	case a.AtHead != b.AtHead:
		return a.AtHead
	}
	return cmp.Less(s.First, t.First)
}

// removal returns the last commit that took the credential away, nil if it came back.
// It judges commits as scan's historian does.
func removal(stays map[*Stay]*Location, told toldCommits) *Commit {
	net := map[int]StayChange{}
	source := 0
	for s, l := range stays {
		source = l.Share.Source
		for _, c := range s.Changes {
			net[c.Number] = StayChange{c.Number, c.Parents, net[c.Number].Net + c.Net}
		}
	}
	removed := none
	for _, n := range slices.Sorted(maps.Keys(net)) {
		switch c := net[n]; {
		case c.Net > 0 && c.Net == c.Parents:
			removed = none
		case c.Net < 0 && (-c.Net == c.Parents || removed == none):
			removed = n
		}
	}
	return told[[2]int{source, removed}]
}

// none is the number of no commit.
const none = -1
