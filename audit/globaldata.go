package audit

import (
	"maps"
	"slices"
)

// globalData is what an inventory holds of what an account has but once. The
// cell of the region "global" has it.
type globalData struct {
	identities   map[string]*Identity      // by ARN
	policies     map[string]*ManagedPolicy // by ARN
	organization *Organization
}

func (d *globalData) add(record any) {
	switch r := record.(type) {
	case *Identity:
		if d.identities == nil {
			d.identities = map[string]*Identity{}
		}
		d.identities[r.ARN] = r
	case *ManagedPolicy:
		if d.policies == nil {
			d.policies = map[string]*ManagedPolicy{}
		}
		d.policies[r.ARN] = r
	case *Organization:
		d.organization = r
	}
}

// addGap files a gap with the record that it is about, if there is one.
func (d *globalData) addGap(g Gap) bool {
	i, p := d.identities[g.Resource], d.policies[g.Resource]
	switch {
	case i != nil:
		i.Gaps = append(i.Gaps, g)
	case p != nil:
		p.Gaps = append(p.Gaps, g)
	case d.organization != nil && d.organization.ID == g.Resource && g.Resource != "":
		d.organization.Gaps = append(d.organization.Gaps, g)
	default:
		return false
	}
	return true
}

// write writes the records, sorted by ARN.
func (d *globalData) write(out *recordWriter) {
	if d.organization != nil {
		out.record(d.organization)
	}
	for _, arn := range slices.Sorted(maps.Keys(d.policies)) {
		out.record(d.policies[arn])
	}
	for _, arn := range slices.Sorted(maps.Keys(d.identities)) {
		out.record(d.identities[arn])
	}
}

// stopped reports whether the run ended before all of it was asked.
func (d *globalData) stopped() bool {
	for _, i := range d.identities {
		if stopped(i.Gaps) {
			return true
		}
	}
	return d.organization != nil && stopped(d.organization.Gaps)
}

// isGlobal reports whether a cell is no region of AWS.
func (c cell) isGlobal() bool { return c.region == globalRegion }
