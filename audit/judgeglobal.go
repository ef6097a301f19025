package audit

import (
	"maps"
	"slices"

	"github.com/assayhq/assay/report"
)

// Identified reports whether identities were asked for in any account.
func (inv *Inventory) Identified() bool {
	for at, d := range inv.cells {
		if at.isGlobal() && d.record != nil {
			return true
		}
	}
	return false
}

// globalOf is what is known of the asking about what the account of a cell has
// but once, nil if nothing of it was asked.
func (inv *Inventory) globalOf(at cell) *Region {
	d := inv.cells[cell{at.account, globalRegion}]
	if d == nil || d.record == nil {
		return nil
	}
	return &Region{RegionRecord: *d.record, Gaps: d.gaps, organization: d.organization}
}

// holding returns the region that knows whether an operation was asked.
func (r *Region) holding(op Operation) *Region {
	switch {
	case !op.global() || r.Region == globalRegion:
		return r
	case r.global == nil:
		return &Region{}
	}
	return r.global
}

// Organization returns what is known of the account's organization, nil for nothing.
func (r *Region) Organization() *Organization {
	if r.global == nil {
		return nil
	}
	return r.global.organization
}

// AboutReaders reports whether c judges by who can read, which takes the identities of
// the account.
func (c *Check) AboutReaders() bool { return slices.Contains(c.Needs, GetAccountAuthorizationDetails) }

// global judges what an account has but once: its identities, unless the inventory is
// about one secret.
func (j *judging) global(r *Region) error {
	d := j.inv.cells[cell{r.Account, r.Region}]
	for _, arn := range slices.Sorted(maps.Keys(d.policies)) {
		for _, g := range d.policies[arn].Gaps {
			j.missing.gap(g, arn)
		}
	}
	if d.organization != nil {
		for _, g := range d.organization.Gaps {
			j.missing.gap(g, d.organization.ID)
		}
	}
	for _, arn := range slices.Sorted(maps.Keys(d.identities)) {
		if j.inv.Secret == "" {
			j.tell(j.judgeIdentity(d.identities[arn], r))
		}
	}
	for _, n := range j.missing.notices() {
		j.notice(n.Subject, n.Err)
	}
	return j.err
}

// iamTypes are the types of identities in CloudFormation.
var iamTypes = map[string]string{KindUser: "AWS::IAM::User", KindGroup: "AWS::IAM::Group", KindRole: "AWS::IAM::Role"}

func (j *Judge) judgeIdentity(i *Identity, r *Region) judgement {
	all := j.begin("principal", report.Resource{ARN: i.ARN, Name: i.Name, Type: iamTypes[i.Kind], Account: r.Account, Region: r.Region})
	all.gaps = i.Gaps
	for _, c := range j.Checks {
		if c.Identity != nil {
			all.ask(c, i.Gaps, r, func() Result { return c.Identity(i, r) })
		}
	}
	return all
}
