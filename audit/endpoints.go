package audit

import (
	"context"
	"encoding/xml"
	"fmt"
	"net/url"
	"strings"
)

// ec2Version is the version of EC2's API, the only one since 2016.
const ec2Version = "2016-11-15"

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
		"Action": {"DescribeVpcEndpoints"}, "Version": {ec2Version}, "MaxResults": {"1000"},
		"Filter.1.Name": {"vpc-id"}, "Filter.1.Value.1": {vpc},
		"Filter.2.Name": {"service-name"},
	}
	for i, name := range endpointServices(c.region) {
		form.Set(fmt.Sprintf("Filter.2.Value.%d", i+1), name)
	}
	if token != "" {
		form.Set("NextToken", token)
	}
	text, err := c.ec2(ctx, form)
	if err != nil {
		return nil, err
	}
	page := &endpointPage{}
	if err := xml.Unmarshal(text, page); err != nil {
		return nil, &answerError{"the answer is not what EC2 sends: " + err.Error()}
	}
	return page, nil
}

// endpointServices are the names of the endpoint service in all partitions; the
// one for FIPS 140 does as well. A name that does not exist matches nothing.
func endpointServices(region string) []string {
	name := "com.amazonaws." + region + ".secretsmanager"
	return []string{name, name + "-fips", "cn." + name}
}
