package audit

import (
	"context"
	"slices"
	"strings"
)

// partitionRegions are the regions of each partition as the SDK of November 2026
// knows them, for accounts that may not list theirs. The first is where the
// partition's global services are.
var partitionRegions = []partitionRow{
	{"aws-cn", "cn-", "amazonaws.com.cn", "api.amazonwebservices.com.cn", "cn-northwest-1 cn-north-1"},
	{"aws-us-gov", "us-gov-", "amazonaws.com", "api.aws", "us-gov-west-1 us-gov-east-1"},
	{"aws-iso", "us-iso-", "c2s.ic.gov", "api.aws.ic.gov", "us-iso-east-1 us-iso-west-1"},
	{"aws-iso-b", "us-isob-", "sc2s.sgov.gov", "api.aws.scloud", "us-isob-east-1 us-isob-west-1"},
	{"aws-iso-e", "eu-isoe-", "cloud.adc-e.uk", "api.cloud-aws.adc-e.uk", "eu-isoe-west-1"},
	{"aws-iso-f", "us-isof-", "csp.hci.ic.gov", "api.aws.hci.ic.gov", "us-isof-south-1 us-isof-east-1"},
	{"aws-eusc", "eusc-", "amazonaws.eu", "api.amazonwebservices.eu", "eusc-de-east-1"},
	{"aws", "", "amazonaws.com", "api.aws", "us-east-1 us-east-2 us-west-1 us-west-2 af-south-1 ap-east-1 ap-east-2 ap-northeast-1 " +
		"ap-northeast-2 ap-northeast-3 ap-south-1 ap-south-2 ap-southeast-1 ap-southeast-2 ap-southeast-3 ap-southeast-4 " +
		"ap-southeast-5 ap-southeast-6 ap-southeast-7 ca-central-1 ca-west-1 eu-central-1 eu-central-2 eu-north-1 " +
		"eu-south-1 eu-south-2 eu-west-1 eu-west-2 eu-west-3 il-central-1 me-central-1 me-south-1 mx-central-1 sa-east-1"},
}

type partitionRow struct {
	partition string
	prefix    string // of the names of its regions
	suffix    string // of the names of its hosts
	dual      string // of those that IPv6 reaches too
	regions   string
}

// regionsOf returns the regions of a partition, none for one that is not known.
func regionsOf(partition string) []string {
	for _, p := range partitionRegions {
		if p.partition == partition {
			return strings.Fields(p.regions)
		}
	}
	return nil
}

// partitionOf returns the partition that a region of that name is in, and the
// suffix of its host names.
func partitionOf(region string) (partition, suffix string) {
	p := partitionIn(region)
	return p.partition, p.suffix
}

// partitionIn returns the partition that a region of that name is in: the last, whose
// prefix is empty, for a name that is not known.
func partitionIn(region string) partitionRow {
	i := slices.IndexFunc(partitionRegions, func(p partitionRow) bool { return strings.HasPrefix(region, p.prefix) })
	return partitionRegions[i]
}

// An accountRegion is a region as far as the account's settings say.
type accountRegion struct {
	Name string
	// Disabled says that the account has not opted in to it.
	Disabled bool
	// Unsure says that only the first call there can tell: the account may not
	// list its regions, or this one is changing.
	Unsure bool
}

// listRegions returns the regions of the account, sorted by name. If the account
// does not list them, they are those of the partition that are known here, and
// the Gap says why.
func (cs *callers) listRegions(ctx context.Context) ([]accountRegion, *Gap) {
	var list []accountRegion
	c := cs.at(cs.home)
	gap := c.pages(ctx, ListRegions, "", func(ctx context.Context, token *string) (*string, int, error) {
		if token == nil {
			list = nil
		}
		in := map[string]any{"MaxResults": 50}
		if token != nil {
			in["NextToken"] = *token
		}
		var out struct {
			Regions   []struct{ RegionName, RegionOptStatus string }
			NextToken *string
		}
		if err := c.post(ctx, &wireRequest{service: wireAccount, path: "listRegions"}, in, &out); err != nil {
			return nil, 0, err
		}
		for _, r := range out.Regions {
			if validRegion(r.RegionName) {
				list = append(list, accountRegion{Name: r.RegionName, Disabled: r.RegionOptStatus == "DISABLED", Unsure: unsure(r.RegionOptStatus)})
			}
		}
		return out.NextToken, len(out.Regions), nil
	})
	enabled := slices.ContainsFunc(list, func(r accountRegion) bool { return !r.Disabled })
	if gap == nil && !enabled {
		gap = c.gap(ListRegions, "", Invalid, "the account lists no region that is enabled")
	}
	if gap != nil {
		list = fallbackRegions(cs.identity.Partition)
		gap.Detail = shorten(gap.Detail, maxDetail-100) + "; instead, each region of the partition that this version of assay knows was tried"
	}
	slices.SortFunc(list, func(a, b accountRegion) int { return strings.Compare(a.Name, b.Name) })
	return slices.CompactFunc(list, func(a, b accountRegion) bool { return a.Name == b.Name }), gap
}

func fallbackRegions(partition string) []accountRegion {
	var list []accountRegion
	for _, name := range regionsOf(partition) {
		list = append(list, accountRegion{Name: name, Unsure: true})
	}
	return list
}

func unsure(status string) bool {
	switch status {
	case "ENABLED", "ENABLED_BY_DEFAULT", "DISABLED":
		return false
	}
	return true
}

// validRegion reports whether name can be a part of a host name.
func validRegion(name string) bool {
	return name != "" && len(name) <= 32 && !strings.ContainsFunc(name, func(r rune) bool {
		return r != '-' && (r < 'a' || r > 'z') && (r < '0' || r > '9')
	})
}
