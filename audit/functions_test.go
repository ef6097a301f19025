package audit

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/assayhq/assay/audit/fakeaws"
)

// rotated makes a secret that a function rotates.
func rotated(g *fakeaws.Region, name, function string) {
	g.Secrets = append(g.Secrets, &fakeaws.Secret{
		ARN: g.ARN("secretsmanager", "secret:"+name+"-AbCdEf"), Name: name, RotationEnabled: new(true), RotationLambdaARN: function,
	})
}

// Every field of a function comes from the member that it should, and a VPC is
// asked about once.
func TestCollectFunctions(t *testing.T) {
	var cloud *fakeaws.Cloud
	_, d := one(t, quick(), func(c *fakeaws.Cloud, g *fakeaws.Region) {
		cloud = c
		g.Functions = []*fakeaws.Function{
			{Name: "full", ARN: g.ARN("lambda", "function:full"), Runtime: "python3.13", State: "Failed", StateReason: "no role",
				LastUpdateStatus: "Failed", Timeout: new(int64(60)), VPC: &fakeaws.FunctionVPC{ID: "vpc-1"}, Policy: `{"Statement":[]}`,
				Environment: map[string]string{"KEPT": "nowhere"}},
			{Name: "same", ARN: g.ARN("lambda", "function:same"), VPC: &fakeaws.FunctionVPC{ID: "vpc-1"}},
			{Name: "shut", ARN: g.ARN("lambda", "function:shut"), VPC: &fakeaws.FunctionVPC{ID: "vpc-2"}},
			{Name: "bare", ARN: g.ARN("lambda", "function:bare")},
		}
		for _, f := range g.Functions {
			rotated(g, f.Name, f.ARN)
		}
		rotated(g, "gone", g.ARN("lambda", "function:gone"))
		rotated(g, "elsewhere", "arn:aws:lambda:eu-central-1:111122223333:function:far")
		far := c.Account(testAccount).Region("eu-central-1")
		far.Functions = []*fakeaws.Function{{Name: "far", ARN: far.ARN("lambda", "function:far"), Runtime: "far"}}
		const service = "com.amazonaws.eu-west-1.secretsmanager"
		g.VPCEndpoints = []*fakeaws.VPCEndpoint{
			{ID: "vpce-1", VPC: "vpc-1", Service: service, State: "available"},
			{ID: "vpce-2", VPC: "vpc-2", Service: service, State: "pending"},
			{ID: "vpce-3", VPC: "vpc-2", Service: "com.amazonaws.eu-west-1.s3", State: "available"},
			{ID: "vpce-4", VPC: "vpc-3", Service: service, State: "available"},
		}
	})
	const arn = "arn:aws:lambda:eu-west-1:111122223333:function:"
	base := Function{Type: "function", Account: testAccount, Region: "eu-west-1"}
	with := func(change func(*Function)) *Function { f := base; change(&f); return &f }
	want := []*Function{
		with(func(f *Function) { f.ARN, f.Runtime = "arn:aws:lambda:eu-central-1:111122223333:function:far", "far" }),
		with(func(f *Function) { f.ARN = arn + "bare" }),
		with(func(f *Function) {
			f.ARN, f.State, f.StateReason, f.LastUpdateStatus, f.Runtime = arn+"full", "Failed", "no role", "Failed", "python3.13"
			f.TimeoutSeconds, f.VPC, f.VPCEndpoint, f.Policy = new(int32(60)), "vpc-1", new(true), `{"Statement":[]}`
		}),
		with(func(f *Function) { f.ARN, f.NotFound = arn+"gone", true }),
		with(func(f *Function) { f.ARN, f.VPC, f.VPCEndpoint = arn+"same", "vpc-1", new(true) }),
		with(func(f *Function) { f.ARN, f.VPC, f.VPCEndpoint = arn+"shut", "vpc-2", new(false) }),
	}
	var got []*Function
	for _, f := range d.functions {
		got = append(got, f)
	}
	slices.SortFunc(got, func(a, b *Function) int { return compareStrings(a.ARN, b.ARN) })
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if n := cloud.Counts()["ec2:DescribeVpcEndpoints"]; n != 2 {
		t.Errorf("two VPCs were asked about %d times", n)
	}
}

// What is refused of a function is a gap of the function.
func TestCollectFunctionGaps(t *testing.T) {
	for op, name := range map[Operation]string{
		GetFunctionConfiguration: "GetFunctionConfiguration", GetFunctionPolicy: "GetPolicy", DescribeVpcEndpoints: "DescribeVpcEndpoints",
	} {
		for fault, reason := range map[string]Reason{"denied-json": Denied, "denied-html": Denied, "body-empty-object": Invalid, "body-truncated": Invalid} {
			_, d := one(t, quick(), func(cloud *fakeaws.Cloud, g *fakeaws.Region) {
				g.Functions = []*fakeaws.Function{{Name: "f", ARN: g.ARN("lambda", "function:f"), Policy: `{"Statement":[]}`, VPC: &fakeaws.FunctionVPC{ID: "vpc-1"}}}
				rotated(g, "a", g.Functions[0].ARN)
				inject(t, cloud, fault, fakeaws.Scope{Operation: name})
			})
			f := d.functions["arn:aws:lambda:eu-west-1:111122223333:function:f"]
			if f == nil || f.NotFound || len(f.Gaps) != 1 || f.Gaps[0].Operation != op || f.Gaps[0].Reason != reason || f.Gaps[0].Resource != f.ARN {
				t.Errorf("%s %s: the function is %+v", op, fault, f)
			}
			if len(d.gaps) != 0 {
				t.Errorf("%s %s: gaps %+v", op, fault, d.gaps)
			}
		}
	}
}

func TestEndpointServices(t *testing.T) {
	want := []string{"com.amazonaws.cn-north-1.secretsmanager", "com.amazonaws.cn-north-1.secretsmanager-fips", "cn.com.amazonaws.cn-north-1.secretsmanager"}
	if diff := cmp.Diff(want, endpointServices("cn-north-1")); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestARNRegion(t *testing.T) {
	for arn, want := range map[string]string{
		"arn:aws:lambda:eu-west-1:1:function:f": "eu-west-1", "arn:aws:lambda::1:function:f": "", "f": "",
		"arn:aws:lambda:evil.example/:1:function:f": "", "arn:aws:lambda:eu-west-1": "",
	} {
		if got := arnRegion(arn); got != want {
			t.Errorf("%s: %q, want %q", arn, got, want)
		}
	}
}
