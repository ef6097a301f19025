package audit

// replicas knows the secrets of all regions that are replicated: a primary and
// its copies have the same ARN but for the region.
type replicas struct {
	copies map[copyID]*OtherCopy
	listed map[cell]bool // regions whose secrets are all known
	keys   map[cell]map[string]*Key
}

// A cell is one region of one account.
type cell struct{ account, region string }

type copyID struct {
	cell
	tail string // of the ARN
}

func newReplicas() *replicas {
	return &replicas{copies: map[copyID]*OtherCopy{}, listed: map[cell]bool{}, keys: map[cell]map[string]*Key{}}
}

// add keeps what other regions may ask of s.
func (r *replicas) add(s *Secret) {
	if s.PrimaryRegion == "" && len(s.Replicas) == 0 {
		return
	}
	r.copies[copyID{cell{s.Account, s.Region}, arnTail(s.ARN)}] = &OtherCopy{
		ARN: s.ARN, Region: s.Region, PrimaryRegion: s.PrimaryRegion, KMSKeyID: s.KMSKeyID,
		Rotation: s.RotationEnabled != nil && *s.RotationEnabled,
	}
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
