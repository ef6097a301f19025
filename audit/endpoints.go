package audit

import (
	"context"
	"encoding/xml"
	"fmt"
	"net/url"
	"strings"
)

// An endpointPage is a page of DescribeVpcEndpoints.
type endpointPage struct {
	XMLName   xml.Name `xml:"DescribeVpcEndpointsResponse"`
	Endpoints []struct {
		State string `xml:"state"`
	} `xml:"vpcEndpointSet>item"`
	NextToken string `xml:"nextToken"`
}

// available reports whether one of the endpoints takes requests.
func (p *endpointPage) available() bool {
	for _, e := range p.Endpoints {
		if strings.EqualFold(e.State, "available") {
			return true
		}
	}
	return false
}

// describeEndpoints asks for one page of the endpoints for Secrets Manager that a
// VPC has. It must be called within caller.call.
func describeEndpoints(ctx context.Context, c *caller, vpc, token string) (*endpointPage, error) {
	form := url.Values{
		"MaxResults":    {"1000"},
		"Filter.1.Name": {"vpc-id"}, "Filter.1.Value.1": {vpc},
		"Filter.2.Name": {"service-name"},
	}
	for i, name := range endpointServices(c.region) {
		form.Set(fmt.Sprintf("Filter.2.Value.%d", i+1), name)
	}
	if token != "" {
		form.Set("NextToken", token)
	}
	page := &endpointPage{}
	if err := c.askXML(ctx, wireEC2, DescribeVpcEndpoints, form, page); err != nil {
		return nil, err
	}
	return page, nil
}

// endpointServices are the names of the endpoint service in all partitions; the
// one for FIPS 140 does as well. A name that does not exist matches nothing.
func endpointServices(region string) []string {
	name := "com.amazonaws." + region + ".secretsmanager"
	return []string{name, name + "-fips", "cn." + name}
}
