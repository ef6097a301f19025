package audit

import (
	"cmp"
	"context"
	"slices"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"
)

// collectTrails asks which trails apply to the region, also those whose home is
// another one.
func (r *regionRun) collectTrails(ctx context.Context) {
	if !r.asks(DescribeTrails) {
		return
	}
	var found []types.Trail
	gap := r.ask(ctx, r.c, DescribeTrails, "", func(ctx context.Context) error {
		out, err := r.c.trails.DescribeTrails(ctx, &cloudtrail.DescribeTrailsInput{IncludeShadowTrails: aws.Bool(true)})
		if err != nil {
			return err
		}
		if out.TrailList == nil {
			return lacks("TrailList")
		}
		found = out.TrailList
		return nil
	})
	if gap != nil {
		r.save(r.c.cell, *gap)
		return
	}
	each(r.workers(), found, func(t types.Trail) { r.trail(ctx, t) })
}

// trail hands one trail on.
func (r *regionRun) trail(ctx context.Context, found types.Trail) {
	arn := aws.ToString(found.TrailARN)
	if arn == "" {
		r.save(r.c.cell, *r.c.gap(DescribeTrails, "", Invalid, "there is a trail without an ARN"))
		return
	}
	home := aws.ToString(found.HomeRegion)
	if !validRegion(home) {
		home = cmp.Or(arnRegion(arn), r.c.region)
	}
	facts := r.trails.at(arn)
	facts.once.Do(func() { facts.ask(ctx, r.collection, r.callers.at(home), arn) })
	t := facts.trail // a copy
	t.Type, t.Account, t.Region = "trail", r.c.cell.account, r.c.region
	t.ARN, t.Name, t.HomeRegion = r.texts.clean(arn), r.texts.of(found.Name), r.texts.of(found.HomeRegion)
	t.MultiRegion, t.Organization = aws.ToBool(found.IsMultiRegionTrail), aws.ToBool(found.IsOrganizationTrail)
	t.Gaps = slices.Clone(t.Gaps)
	for i := range t.Gaps {
		g := &t.Gaps[i]
		g.Region, g.Resource = t.Region, t.ARN
		if t.Organization && g.Reason == Vanished {
			g.Reason, g.Detail = Unsupported, "only the account that owns the organization's trail may ask"
		}
	}
	r.save(r.c.cell, &t)
}

// A trailCache remembers what the home region of a trail said: a trail of all
// regions is met in each of them, and the limit for GetEventSelectors is one a
// second.
type trailCache struct {
	mu    sync.Mutex
	facts map[string]*trailFacts // by ARN
}

type trailFacts struct {
	once  sync.Once
	trail Trail // what is the same in every region, and the gaps
}

func (t *trailCache) at(arn string) *trailFacts {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.facts[arn] == nil {
		t.facts[arn] = &trailFacts{}
	}
	return t.facts[arn]
}

// ask asks the home region of a trail.
func (t *trailFacts) ask(ctx context.Context, run *collection, c *caller, arn string) {
	if run.asks(GetTrailStatus) {
		gap := run.ask(ctx, c, GetTrailStatus, arn, func(ctx context.Context) error {
			out, err := c.trails.GetTrailStatus(ctx, &cloudtrail.GetTrailStatusInput{Name: &arn})
			if err != nil {
				return err
			}
			if out.IsLogging == nil {
				return lacks("IsLogging")
			}
			t.trail.Logging, t.trail.DeliveryError = out.IsLogging, run.texts.of(out.LatestDeliveryError)
			return nil
		})
		t.trail.Gaps = addGap(t.trail.Gaps, gap)
	}
	if run.asks(GetEventSelectors) {
		gap := run.ask(ctx, c, GetEventSelectors, arn, func(ctx context.Context) error {
			out, err := c.trails.GetEventSelectors(ctx, &cloudtrail.GetEventSelectorsInput{TrailName: &arn})
			if err != nil {
				return err
			}
			if out.EventSelectors == nil && out.AdvancedEventSelectors == nil {
				return lacks("EventSelectors")
			}
			t.trail.Selectors = run.texts.selectors(out.EventSelectors)
			t.trail.AdvancedSelectors = run.texts.advanced(out.AdvancedEventSelectors)
			return nil
		})
		t.trail.Gaps = addGap(t.trail.Gaps, gap)
	}
}

// selectors takes the part about management events. AWS includes them where a
// selector does not say.
func (t texts) selectors(list []types.EventSelector) []EventSelector {
	var selectors []EventSelector
	for _, s := range list {
		selectors = append(selectors, EventSelector{
			ReadWriteType:     t.clean(string(s.ReadWriteType)),
			IncludeManagement: s.IncludeManagementEvents == nil || *s.IncludeManagementEvents,
			ExcludeSources:    t.list(s.ExcludeManagementEventSources),
		})
	}
	return selectors
}

func (t texts) advanced(list []types.AdvancedEventSelector) []AdvancedSelector {
	var selectors []AdvancedSelector
	for _, s := range list {
		var fields []FieldSelector
		for _, f := range s.FieldSelectors {
			fields = append(fields, FieldSelector{
				Field: t.of(f.Field), Equals: t.list(f.Equals), NotEquals: t.list(f.NotEquals),
				StartsWith: t.list(f.StartsWith), NotStartsWith: t.list(f.NotStartsWith),
				EndsWith: t.list(f.EndsWith), NotEndsWith: t.list(f.NotEndsWith),
			})
		}
		selectors = append(selectors, AdvancedSelector{Fields: fields})
	}
	return selectors
}
