package audit

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/assayhq/assay/audit/fakeaws"
)

// A trail of all regions is a record of each, and asked about once, at home.
func TestCollectTrails(t *testing.T) {
	cloud := newCloud()
	a := cloud.Account(testAccount)
	home := a.Region("eu-west-1")
	home.Trails = []*fakeaws.Trail{{
		Name: "all", ARN: home.ARN("cloudtrail", "trail/all"), MultiRegion: new(true), Organization: new(true), Logging: new(true), DeliveryError: "AccessDenied",
		EventSelectors: []fakeaws.EventSelector{
			{ReadWriteType: "WriteOnly", IncludeManagementEvents: new(true), ExcludeSources: []string{"kms.amazonaws.com"}},
			{ReadWriteType: "All", IncludeManagementEvents: new(false)},
		},
	}, {
		Name: "here", ARN: home.ARN("cloudtrail", "trail/here"), Logging: new(false),
		AdvancedSelectors: []fakeaws.AdvancedEventSelector{{Name: "kept nowhere", Fields: []fakeaws.FieldSelector{
			{Field: "eventCategory", Equals: []string{"Management"}},
			{Field: "eventSource", NotEquals: []string{"a"}, StartsWith: []string{"b"}, NotStartsWith: []string{"c"}, EndsWith: []string{"d"}, NotEndsWith: []string{"e"}},
		}}},
	}}
	o := quick()
	o.Regions = []string{"eu-west-1", "us-east-1", "us-east-2"}
	inv, _ := gather(t, configOf(t, cloud, testAccount), o)
	all := func(region string) *Trail {
		return &Trail{
			Type: "trail", Account: testAccount, Region: region, ARN: "arn:aws:cloudtrail:eu-west-1:111122223333:trail/all", Name: "all",
			HomeRegion: "eu-west-1", MultiRegion: true, Organization: true, Logging: new(true), DeliveryError: "AccessDenied",
			Selectors: []EventSelector{
				{ReadWriteType: "WriteOnly", IncludeManagement: true, ExcludeSources: []string{"kms.amazonaws.com"}},
				{ReadWriteType: "All"},
			},
		}
	}
	here := &Trail{
		Type: "trail", Account: testAccount, Region: "eu-west-1", ARN: "arn:aws:cloudtrail:eu-west-1:111122223333:trail/here", Name: "here",
		HomeRegion: "eu-west-1", Logging: new(false),
		AdvancedSelectors: []AdvancedSelector{{Fields: []FieldSelector{
			{Field: "eventCategory", Equals: []string{"Management"}},
			{Field: "eventSource", NotEquals: []string{"a"}, StartsWith: []string{"b"}, NotStartsWith: []string{"c"}, EndsWith: []string{"d"}, NotEndsWith: []string{"e"}},
		}}},
	}
	for region, want := range map[string][]*Trail{"eu-west-1": {all("eu-west-1"), here}, "us-east-1": {all("us-east-1")}, "us-east-2": {all("us-east-2")}} {
		r := inv.region(cell{testAccount, region}, Settings{})
		if diff := cmp.Diff(want, r.Trails); diff != "" {
			t.Errorf("%s (-want +got):\n%s", region, diff)
		}
		for _, op := range []Operation{DescribeTrails, GetTrailStatus, GetEventSelectors} {
			if !r.asked(op) {
				t.Errorf("%s: %s was not asked", region, op)
			}
		}
	}
	for _, name := range []string{"GetTrailStatus", "GetEventSelectors"} {
		if n := cloud.Counts()["cloudtrail:"+name]; n != 2 {
			t.Errorf("%s was asked %d times about two trails", name, n)
		}
	}
}

// What is refused of a trail is a gap of it in each region that it applies to.
func TestCollectTrailGaps(t *testing.T) {
	for _, op := range []Operation{GetTrailStatus, GetEventSelectors} {
		for fault, reason := range map[string]Reason{"denied-json": Denied, "body-empty-object": Invalid} {
			cloud := newCloud()
			g := cloud.Account(testAccount).Region("eu-west-1")
			g.Trails = []*fakeaws.Trail{{Name: "t", ARN: g.ARN("cloudtrail", "trail/t"), MultiRegion: new(true), Logging: new(true),
				EventSelectors: []fakeaws.EventSelector{{ReadWriteType: "All"}}}}
			inject(t, cloud, fault, fakeaws.Scope{Operation: string(op)[len("cloudtrail:"):]})
			o := quick()
			o.Regions = []string{"eu-west-1", "us-east-1"}
			inv, _ := gather(t, configOf(t, cloud, testAccount), o)
			for _, region := range o.Regions {
				d := inv.cells[cell{testAccount, region}]
				trail := d.trails[g.Trails[0].ARN]
				if trail == nil || len(trail.Gaps) != 1 || trail.Gaps[0].Operation != op || trail.Gaps[0].Reason != reason ||
					trail.Gaps[0].Resource != trail.ARN || trail.Gaps[0].Region != region || len(d.gaps) != 0 {
					t.Errorf("%s %s in %s: the trail is %+v, the gaps %+v", op, fault, region, trail, d.gaps)
				}
			}
		}
	}
}

func TestCollectTrailsDenied(t *testing.T) {
	_, d := one(t, quick(), func(cloud *fakeaws.Cloud, _ *fakeaws.Region) {
		inject(t, cloud, "denied-json", fakeaws.Scope{Operation: "DescribeTrails"})
	})
	if len(d.gaps) != 1 || d.gaps[0].Operation != DescribeTrails || d.gaps[0].Reason != Denied || d.record.Status != RegionExamined {
		t.Errorf("the gaps are %+v", d.gaps)
	}
}

// A member of an organization sees the organization's trail and may not ask about
// all of it.
func TestCollectTrailOfTheOrganization(t *testing.T) {
	_, d := one(t, quick(), func(_ *fakeaws.Cloud, g *fakeaws.Region) {
		g.Trails = []*fakeaws.Trail{{Name: "org", ARN: g.ARN("cloudtrail", "trail/org"), Organization: new(true), Logging: new(true),
			Raw: map[string]string{"TrailARN": `"arn:aws:cloudtrail:eu-west-1:999900001111:trail/org"`}}}
	})
	trail := d.trails["arn:aws:cloudtrail:eu-west-1:999900001111:trail/org"]
	if trail == nil || !hasGap(trail.Gaps, GetTrailStatus, Unsupported) || !hasGap(trail.Gaps, GetEventSelectors, Unsupported) {
		t.Errorf("the trails are %v: %+v", d.trails, trail)
	}
}
