package audit

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// The kinds of policies of an organization that bind who reads a secret.
const (
	serviceControls  = "SERVICE_CONTROL_POLICY"
	resourceControls = "RESOURCE_CONTROL_POLICY"
)

// maxLevels bounds the way from an account up to the root: AWS allows five levels
// of units between them.
const maxLevels = 10

// collectOrganization asks for what the account may see of its organization: most
// accounts see no more than its id.
func (g *globalRun) collectOrganization(ctx context.Context) {
	if !g.asks(DescribeOrganization) {
		return
	}
	o := &Organization{Type: "organization", Account: g.c.account, Region: globalRegion}
	gap := g.ask(ctx, g.c, DescribeOrganization, "", func(ctx context.Context) error {
		var out struct {
			Organization *struct {
				ID      string `json:"Id"`
				Manager string `json:"MasterAccountId"`
			}
		}
		err := g.c.askJSON(ctx, wireOrgs, DescribeOrganization, map[string]any{}, &out)
		switch {
		case hasCode(err, "AWSOrganizationsNotInUseException"):
			return nil // it is in none
		case err != nil:
			return err
		case out.Organization == nil || out.Organization.ID == "":
			return lacks("Organization")
		}
		o.ID, o.ManagementAccount = g.texts.clean(out.Organization.ID), g.texts.clean(out.Organization.Manager)
		return nil
	})
	if gap != nil {
		g.save(g.c.cell, *gap)
		return
	}
	if o.ID != "" {
		g.collectAccounts(ctx, o)
		g.collectControls(ctx, o)
	}
	g.save(g.c.cell, o)
}

// collectAccounts lists the accounts of the organization.
func (g *globalRun) collectAccounts(ctx context.Context, o *Organization) {
	if !g.asks(ListAccounts) {
		return
	}
	accounts := map[string]bool{}
	g.saveGap(g.askPages(ctx, g.c, ListAccounts, "", func(ctx context.Context, token *string) (*string, int, error) {
		var page struct {
			Accounts []struct {
				ID string `json:"Id"`
			}
			NextToken string
		}
		if err := g.c.askJSON(ctx, wireOrgs, ListAccounts, withToken(map[string]any{"MaxResults": 20}, token), &page); err != nil {
			return nil, 0, err
		}
		if page.Accounts == nil {
			return nil, 0, lacks("Accounts")
		}
		for _, a := range page.Accounts {
			if isAccount(a.ID) {
				accounts[a.ID] = true
			}
		}
		return aws.String(page.NextToken), len(page.Accounts), nil
	}), o)
	o.Accounts = slices.Sorted(maps.Keys(accounts))
}

// saveGap notes what could not be had, with the organization. A refusal is none
// as long as nothing was answered: AWS answers to the management account and its
// delegates alone, and the calls that were refused are counted.
func (g *globalRun) saveGap(gap *Gap, o *Organization) {
	if gap != nil && (gap.Reason != Denied || o.Path != "") {
		gap.Resource = o.ID
		o.Gaps = append(o.Gaps, *gap)
	}
}

func withToken(in map[string]any, token *string) map[string]any {
	if token != nil {
		in["NextToken"] = *token
	}
	return in
}

// collectControls reads the policies from the account up to the root.
func (g *globalRun) collectControls(ctx context.Context, o *Organization) {
	if !g.asks(ListParents) {
		return
	}
	targets, gap := g.parents(ctx)
	g.saveGap(gap, o)
	if gap != nil {
		return
	}
	o.Path = o.ID + "/" + strings.Join(targets[:len(targets)-1], "/") + "/"
	if !g.asks(ListPoliciesForTarget) || !g.asks(DescribePolicy) {
		return
	}
	read := map[string]ControlPolicy{}
	o.ServiceControls = g.controls(ctx, o, serviceControls, targets, read)
	o.ResourceControls = g.controls(ctx, o, resourceControls, targets, read)
}

// parents returns the way from the root down to the account.
func (g *globalRun) parents(ctx context.Context) (targets []string, gap *Gap) {
	targets = []string{g.c.account}
	for len(targets) < maxLevels {
		var page struct {
			Parents []struct {
				ID   string `json:"Id"`
				Type string
			}
		}
		gap := g.ask(ctx, g.c, ListParents, "", func(ctx context.Context) error {
			err := g.c.askJSON(ctx, wireOrgs, ListParents, map[string]any{"ChildId": targets[0]}, &page)
			if err == nil && (len(page.Parents) == 0 || page.Parents[0].ID == "") {
				err = lacks("Parents")
			}
			return err
		})
		if gap != nil {
			return nil, gap
		}
		targets = slices.Insert(targets, 0, g.texts.clean(page.Parents[0].ID))
		if page.Parents[0].Type == "ROOT" {
			return targets, nil
		}
	}
	return nil, g.c.gap(ListParents, "", Invalid, "the units go on above what AWS allows")
}

// controls reads the policies of one kind on every target, nil if one of them
// could not be had. An organization may not have that kind at all.
func (g *globalRun) controls(ctx context.Context, o *Organization, kind string, targets []string, read map[string]ControlPolicy) []ControlLevel {
	var levels []ControlLevel
	for _, target := range targets {
		ids, off, gap := g.attached(ctx, kind, target)
		if gap != nil {
			gap.Detail = strings.TrimSuffix("for the kind "+kind+": "+gap.Detail, ": ")
			g.saveGap(gap, o)
			return nil
		}
		if off || len(ids) == 0 { // where the kind is in use, every target has one at least
			o.ControlsOff = append(o.ControlsOff, kind)
			return nil
		}
		level := ControlLevel{Target: target}
		for _, id := range ids {
			p, known := read[id]
			if !known {
				if p, gap = g.control(ctx, id, kind); gap != nil {
					g.saveGap(gap, o)
				}
				read[id] = p
			}
			level.Policies = append(level.Policies, p)
		}
		levels = append(levels, level)
	}
	return levels
}

// attached lists the policies of one kind that are attached to a target. off says
// that the organization does not use that kind.
func (g *globalRun) attached(ctx context.Context, kind, target string) (ids []string, off bool, gap *Gap) {
	found := map[string]bool{}
	gap = g.askPages(ctx, g.c, ListPoliciesForTarget, "", func(ctx context.Context, token *string) (*string, int, error) {
		var page struct {
			Policies []struct {
				ID string `json:"Id"`
			}
			NextToken string
		}
		err := g.c.askJSON(ctx, wireOrgs, ListPoliciesForTarget, withToken(map[string]any{"TargetId": target, "Filter": kind}, token), &page)
		if hasCode(err, "PolicyTypeNotEnabledException") || off {
			off = true
			return nil, 0, nil
		}
		if err != nil {
			return nil, 0, err
		}
		if page.Policies == nil {
			return nil, 0, lacks("Policies")
		}
		for _, p := range page.Policies {
			found[p.ID] = true
		}
		return aws.String(page.NextToken), len(page.Policies), nil
	})
	return slices.Sorted(maps.Keys(found)), off, gap
}

// control reads a policy. One that makes no sense stands there as such.
func (g *globalRun) control(ctx context.Context, id, kind string) (ControlPolicy, *Gap) {
	p := ControlPolicy{Name: g.texts.clean(id)}
	of := ofIdentity
	if kind == resourceControls {
		of = ofResource
	}
	gap := g.ask(ctx, g.c, DescribePolicy, "", func(ctx context.Context) error {
		var out struct{ Policy struct{ Content string } }
		if err := g.c.askJSON(ctx, wireOrgs, DescribePolicy, map[string]any{"PolicyId": id}, &out); err != nil {
			return err
		}
		if out.Policy.Content == "" {
			return lacks("Content")
		}
		kept, err := g.texts.keptStatements(out.Policy.Content, of)
		if err != nil {
			return &answerError{"a policy that cannot be read: " + err.Error()}
		}
		p.Document = kept
		return nil
	})
	if gap != nil {
		p.Unread = string(gap.Reason)
	}
	return p, gap
}
