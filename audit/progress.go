package audit

import "sync/atomic"

// A Progress counts what a collection has done so far. It may be read at any
// time while Collect runs.
type Progress struct {
	allRegions, regions, secrets, events, calls atomic.Int64
}

// A ProgressCount is a Progress at one moment.
type ProgressCount struct {
	Regions    int // that are done
	AllRegions int // to be done, 0 while that is not known
	Secrets    int // that are complete
	Events     int // of CloudTrail that were read
	Calls      int // of AWS's operations that were begun
}

// Count returns the counts of now.
func (p *Progress) Count() ProgressCount {
	return ProgressCount{
		Regions: int(p.regions.Load()), AllRegions: int(p.allRegions.Load()),
		Secrets: int(p.secrets.Load()), Events: int(p.events.Load()), Calls: int(p.calls.Load()),
	}
}
