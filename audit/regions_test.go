package audit

import (
	"slices"
	"strings"
	"testing"

	"github.com/assayhq/assay/audit/fakeaws"
)

func TestListRegions(t *testing.T) {
	cloud := testCloud()
	account := cloud.Account(callAccount)
	account.Region("ap-east-1").Status = fakeaws.Disabled
	account.Region("me-south-1").Status = fakeaws.Enabling
	account.Region("eu-south-1").Status = fakeaws.Enabled
	cs, _ := faulty(t, cloud, "content-type-wrong", fakeaws.Scope{Service: "kms"})
	list, gap := cs.listRegions(t.Context())
	if gap != nil || !slices.IsSortedFunc(list, func(a, b accountRegion) int { return strings.Compare(a.Name, b.Name) }) {
		t.Fatalf("%+v, gap %+v", list, gap)
	}
	for _, want := range []accountRegion{{Name: "ap-east-1", Disabled: true}, {Name: "me-south-1", Unsure: true}, {Name: "eu-south-1"}, {Name: "us-east-1"}} {
		if !slices.Contains(list, want) {
			t.Errorf("%+v is missing", want)
		}
	}
}

// Whatever goes wrong, the regions that are known here are tried, and it is said.
func TestListRegionsFallsBack(t *testing.T) {
	for _, fault := range []string{"denied-json", "denied-html", "internal-endless", "body-empty-object", "page-loop-aa", "throttle-endless"} {
		cs, _ := faulty(t, testCloud(), fault, fakeaws.Scope{})
		cs.identity.Partition = "aws-us-gov"
		list, gap := cs.listRegions(t.Context())
		if gap == nil || gap.Operation != ListRegions || !strings.Contains(gap.Detail, "tried") || len(gap.Detail) > maxDetail {
			t.Errorf("%s: gap %+v", fault, gap)
		}
		if want := []accountRegion{{Name: "us-gov-east-1", Unsure: true}, {Name: "us-gov-west-1", Unsure: true}}; !slices.Equal(list, want) {
			t.Errorf("%s: %+v", fault, list)
		}
	}
}

func TestPartitions(t *testing.T) {
	for _, p := range partitionRegions {
		for _, region := range regionsOf(p.partition) {
			if got, suffix := partitionOf(region); got != p.partition || suffix != p.suffix || !validRegion(region) {
				t.Errorf("%s is in %s, not in %s", region, got, p.partition)
			}
		}
	}
	if n := len(regionsOf("aws")); n < 34 || regionsOf("mars") != nil {
		t.Errorf("%d regions", n)
	}
}

func TestValidRegion(t *testing.T) {
	for name, want := range map[string]bool{"eu-west-1": true, "": false, "x.example.com": false, "a/b": false, "EU-WEST-1": false, "eu-west-1\n": false, strings.Repeat("a", 40): false} {
		if validRegion(name) != want {
			t.Errorf("%q: %v", name, !want)
		}
	}
}
