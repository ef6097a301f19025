package audit

import "github.com/assayhq/assay/report"

// replicas knows the secrets of all regions that are replicated: a primary and
// its copies have the same ARN but for the region.
type replicas struct {
	copies map[copyID]*OtherCopy
	listed map[cell]bool // regions whose secrets, or whose copies of the one asked for, are all known
	shard  report.Shard  // to which the regions belong that were asked
	asked  []string      // regions that the user asked for, empty for all
	keys   map[cell]map[string]*Key
}

// A cell is one region of one account.
type cell struct{ account, region string }

// known reports whether both are known.
func (c cell) known() bool { return isAccount(c.account) && validRegion(c.region) }

type copyID struct {
	cell
	tail string // of the ARN
}

func newReplicas() *replicas {
	return &replicas{copies: map[copyID]*OtherCopy{}, listed: map[cell]bool{}, keys: map[cell]map[string]*Key{}}
}

// add keeps what other regions may ask of s.
func (r *replicas) add(s *Secret) {
	if s.PrimaryRegion != "" || len(s.Replicas) > 0 {
		r.keep(s)
	}
}

func (r *replicas) keep(s *Secret) {
	r.copies[copyID{cell{s.Account, s.Region}, arnTail(s.ARN)}] = &OtherCopy{
		ARN: s.ARN, Region: s.Region, PrimaryRegion: s.PrimaryRegion, KMSKeyID: s.KMSKeyID,
		Rotation: s.RotationEnabled != nil && *s.RotationEnabled,
	}
}

// missing returns the primaries that replicas name and that are not known, by the
// tails of their ARNs.
func (r *replicas) missing() map[cell]map[string]bool {
	list := map[cell]map[string]bool{}
	for id, c := range r.copies {
		at := cell{id.account, c.PrimaryRegion}
		if c.PrimaryRegion == "" || r.copies[copyID{at, id.tail}] != nil {
			continue
		}
		if list[at] == nil {
			list[at] = map[string]bool{}
		}
		list[at][id.tail] = true
	}
	return list
}

func (r *replicas) find(account, arn, region string) (*OtherCopy, bool) {
	at := cell{account, region}
	found := r.copies[copyID{at, arnTail(arn)}]
	if found == nil {
		return nil, r.listed[at]
	}
	c := *found
	c.Key = r.keys[at][keyReference(c.KMSKeyID)]
	return &c, true
}

// adopt takes over what other knows of the regions in done.
func (r *replicas) adopt(other *replicas, done map[cell]*cellData) {
	for id, c := range other.copies {
		if done[id.cell] != nil {
			r.copies[id] = c
		}
	}
}
