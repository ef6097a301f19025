package audit

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/assayhq/assay/audit/fakeaws"
)

// furnished lays down a little of everything in a region.
func furnished(cloud *fakeaws.Cloud, g *fakeaws.Region) {
	planted := cloud.Plant(g.Name)
	key := &fakeaws.Key{ID: g.Name, ARN: g.ARN("kms", "key/"+g.Name), Manager: "CUSTOMER", State: "Enabled", Rotation: new(true), Policy: "{}",
		Grants: []fakeaws.Grant{{ID: "g", Grantee: "arn:aws:iam::111122223333:role/r", Operations: []string{"Decrypt"}}}}
	g.Keys = []*fakeaws.Key{key}
	g.Functions = []*fakeaws.Function{{Name: "rotate", ARN: g.ARN("lambda", "function:rotate"), Policy: "{}", VPC: &fakeaws.FunctionVPC{ID: "vpc-1"},
		Environment: map[string]string{"DB_PASSWORD": planted}}}
	g.Trails = []*fakeaws.Trail{{Name: "t", ARN: g.ARN("cloudtrail", "trail/t"), Logging: new(true),
		EventSelectors: []fakeaws.EventSelector{{ReadWriteType: "All"}}}}
	for _, name := range []string{"a", "b", "c"} {
		s := secretUnder(g, name, key.ARN)
		s.RotationEnabled, s.RotationLambdaARN, s.Policy, s.Tags = new(true), g.Functions[0].ARN, "{}", []fakeaws.Tag{{Key: "k", Value: "v"}}
		s.RotationRules = &fakeaws.RotationRules{AutomaticallyAfterDays: new(int64(30))}
		s.Created, s.LastChanged, s.LastRotated, s.NextRotation = daysAgo(90), daysAgo(9), daysAgo(9), daysAgo(-21)
		s.Versions = []fakeaws.Version{{ID: "v2", Stages: []string{"AWSCURRENT"}, Created: daysAgo(9)}, {ID: "v1", Stages: []string{"AWSPREVIOUS"}, Created: daysAgo(40)}}
	}
	fakeaws.Expose(cloud, g)
	minuteByMinute(g, 120)
}

// Whatever one region answers, the other one is as without the fault, nothing
// forbidden is asked or seen, what is missing is a gap, and what is written can be
// read again.
func TestCollectThroughEveryFault(t *testing.T) {
	collect := func(t *testing.T, fault string) (*Inventory, []string) {
		cloud := newCloud()
		a := cloud.Account(testAccount)
		furnished(cloud, a.Region("eu-west-1"))
		furnished(cloud, a.Region("us-east-1"))
		if fault != "" {
			inject(t, cloud, fault, fakeaws.Scope{Region: "eu-west-1"})
		}
		cfg := configOf(t, cloud, a.ID)
		cfg.Region = "us-east-1"
		o := searching(t)
		o.Regions = []string{"eu-west-1", "us-east-1"}
		if strings.HasPrefix(fault, "hang") {
			o.CallTimeout = time.Second
		}
		inv, lines := gather(t, cfg, o)
		for call := range cloud.Counts() {
			if fakeaws.Forbidden(call) {
				t.Errorf("%s was asked", call)
			}
		}
		text := strings.Join(lines, "\n")
		for _, secret := range cloud.Sensitive() {
			if strings.Contains(text, string(secret)) {
				t.Error("the inventory holds what must not be seen")
			}
		}
		read, err := ReadInventory(strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(lines, linesOf(t, read)); diff != "" {
			t.Errorf("it is read back otherwise (-written +read):\n%s", diff)
		}
		return inv, lines
	}
	_, clean := collect(t, "")
	for i, kind := range fakeaws.Faults {
		if testing.Short() && i%8 > 0 || kind.Connection || retried.MatchString(kind.Name) {
			continue
		}
		t.Run(kind.Name, func(t *testing.T) {
			inv, lines := collect(t, kind.Name)
			if diff := cmp.Diff(outside(clean, "eu-west-1"), outside(lines, "eu-west-1")); diff != "" {
				t.Errorf("the other regions differ (-clean +now):\n%s", diff)
			}
			told := count(lines, `"type":"gap"`)+count(lines, `"status":"disabled"`) > 0
			if count(lines, `"type":"secret"`) < 6 && !told {
				t.Error("secrets are missing and nothing says so")
			}
			if kind.Effect == fakeaws.Gaps && !told && !slices.Equal(clean, lines) {
				t.Error("something differs and nothing says that it may be wrong")
			}
			if inv.Interrupted {
				t.Error("it says that it was interrupted")
			}
		})
	}
}

// retried are the faults after which the calls wait and try again. The tests of
// calls meet them on a clock that leaps.
var retried = regexp.MustCompile("^(throttle|retry-after|internal|reset)-|^body-truncated-length$")

// outside returns the records of the other regions.
func outside(lines []string, region string) []string {
	return slices.DeleteFunc(slices.Clone(lines), func(l string) bool {
		return strings.Contains(l, `"region":"`+region+`"`) || strings.HasPrefix(l, `{"type":"end"`)
	})
}
