package fakeaws

import (
	"net/url"
	"slices"
	"strconv"
)

func describeVPCEndpoints(x *call) error {
	var found []*VPCEndpoint
	for _, p := range x.region.VPCEndpoints {
		if matchesForm(x.in.form, p) {
			found = append(found, p)
		}
	}
	from, to, next, err := x.formPage(1000, len(found))
	if err != nil {
		return err
	}
	openXML(x)
	x.wrap("vpcEndpointSet", func() {
		for _, p := range found[from:to] {
			x.wrap("item", func() { x.endpointElements(p) })
		}
	})
	if next != "" {
		x.element("nextToken", next)
	}
	return nil
}

func (x *call) endpointElements(p *VPCEndpoint) {
	x.element("vpcEndpointId", p.ID)
	x.element("vpcEndpointType", p.Type)
	x.element("vpcId", p.VPC)
	x.element("serviceName", p.Service)
	x.element("state", p.State)
	x.element("privateDnsEnabled", strconv.FormatBool(p.PrivateDNS))
	if !p.Created.IsZero() {
		x.element("creationTimestamp", p.Created.UTC().Format("2006-01-02T15:04:05.000Z"))
	}
	x.element("policyDocument", p.Policy)
	x.element("ownerId", x.Account)
	x.wrap("subnetIdSet", func() {
		for _, id := range p.Subnets {
			x.element("item", id)
		}
	})
	x.wrap("groupSet", func() {
		for _, id := range p.Groups {
			x.wrap("item", func() { x.element("groupId", id) })
		}
	})
	x.wrap("tagSet", func() {
		for _, tag := range p.Tags {
			x.wrap("item", func() {
				x.element("key", tag.Key)
				x.element("value", tag.Value)
			})
		}
	})
}

// matchesForm applies VpcEndpointId.N and Filter.N.Name, Filter.N.Value.M.
func matchesForm(form url.Values, p *VPCEndpoint) bool {
	if ids := numbered(form, "VpcEndpointId."); len(ids) > 0 && !slices.Contains(ids, p.ID) {
		return false
	}
	for n := 1; ; n++ {
		prefix := "Filter." + strconv.Itoa(n) + "."
		name := form.Get(prefix + "Name")
		if name == "" {
			return true
		}
		field := map[string]string{"vpc-id": p.VPC, "service-name": p.Service, "vpc-endpoint-id": p.ID,
			"vpc-endpoint-state": p.State, "vpc-endpoint-type": p.Type}[name]
		if !slices.Contains(numbered(form, prefix+"Value."), field) {
			return false
		}
	}
}

// numbered returns prefix1, prefix2, ... up to the first that is missing.
func numbered(form url.Values, prefix string) []string {
	var values []string
	for n := 1; ; n++ {
		name := prefix + strconv.Itoa(n)
		if !form.Has(name) {
			return values
		}
		values = append(values, form.Get(name))
	}
}
