package audit

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/base64"
	"encoding/xml"
	"io"
	"net/url"
	"strconv"
)

// An instancePage is a page of DescribeInstances.
type instancePage struct {
	XMLName   xml.Name `xml:"DescribeInstancesResponse"`
	Instances []struct {
		ID    string `xml:"instanceId"`
		State string `xml:"instanceState>name"`
	} `xml:"reservationSet>item>instancesSet>item"`
	NextToken string `xml:"nextToken"`
}

// pageForm asks for a page of so many items.
func pageForm(size int, token *string) url.Values {
	form := url.Values{"MaxResults": {strconv.Itoa(size)}}
	if token != nil {
		form.Set("NextToken", *token)
	}
	return form
}

// collectInstances searches the user data of the instances of EC2 that are not yet
// terminated.
func (r *regionRun) collectInstances(ctx context.Context) {
	if !r.asks(DescribeInstances) {
		return
	}
	ids := map[string]bool{}
	r.saveGap(r.askPages(ctx, r.c, DescribeInstances, "", func(ctx context.Context, token *string) (*string, int, error) {
		page := &instancePage{}
		if err := r.c.askXML(ctx, wireEC2, DescribeInstances, pageForm(200, token), page); err != nil {
			return nil, 0, err
		}
		for _, i := range page.Instances {
			if i.ID == "" {
				return nil, 0, lacks("instanceId")
			}
			if i.State != "terminated" {
				ids[i.ID] = true
			}
		}
		return &page.NextToken, len(page.Instances), nil
	}))
	r.inBatches(ids, 1, func(one []string) { r.instance(ctx, one[0]) })
}

func (r *regionRun) instance(ctx context.Context, id string) {
	read := r.configuration(kindInstance, r.arn("ec2", "instance/"+id), id)
	if r.asks(DescribeInstanceAttribute) {
		read.missing(r.ask(ctx, r.c, DescribeInstanceAttribute, read.arn, func(ctx context.Context) error {
			var out struct {
				XMLName xml.Name `xml:"DescribeInstanceAttributeResponse"`
				ID      string   `xml:"instanceId"`
				Data    string   `xml:"userData>value"`
			}
			err := r.c.askXML(ctx, wireEC2, DescribeInstanceAttribute, url.Values{"Attribute": {"userData"}, "InstanceId": {id}}, &out)
			if err == nil && out.ID == "" {
				err = lacks("instanceId")
			}
			if err == nil {
				read.userData("userData", out.Data)
			}
			return err
		}))
	}
	read.save()
}

// A templatePage is a page of DescribeLaunchTemplateVersions.
type templatePage struct {
	XMLName  xml.Name `xml:"DescribeLaunchTemplateVersionsResponse"`
	Versions []struct {
		ID     string `xml:"launchTemplateId"`
		Name   string `xml:"launchTemplateName"`
		Number string `xml:"versionNumber"`
		Data   string `xml:"launchTemplateData>userData"`
	} `xml:"launchTemplateVersionSet>item"`
	NextToken string `xml:"nextToken"`
}

// collectTemplates searches the user data of launch templates, in their latest and
// their default version.
func (r *regionRun) collectTemplates(ctx context.Context) {
	if !r.asks(DescribeLaunchTemplateVersions) {
		return
	}
	found := map[string]*configReader{}
	seen := map[[2]string]bool{} // a version that is both, or on two pages, counts once
	r.saveGap(r.askPages(ctx, r.c, DescribeLaunchTemplateVersions, "", func(ctx context.Context, token *string) (*string, int, error) {
		form := pageForm(50, token)
		form.Set("LaunchTemplateVersion.1", "$Latest")
		form.Set("LaunchTemplateVersion.2", "$Default")
		page := &templatePage{}
		if err := r.c.askXML(ctx, wireEC2, DescribeLaunchTemplateVersions, form, page); err != nil {
			return nil, 0, err
		}
		for _, v := range page.Versions {
			if v.ID == "" {
				return nil, 0, lacks("launchTemplateId")
			}
			if found[v.ID] == nil {
				found[v.ID] = r.configuration(kindTemplate, r.arn("ec2", "launch-template/"+v.ID), v.Name)
			}
			if version := [2]string{v.ID, v.Number}; !seen[version] {
				seen[version] = true
				found[v.ID].userData("versions/"+v.Number+"/userData", v.Data)
			}
		}
		return &page.NextToken, len(page.Versions), nil
	}))
	saveAll(found)
}

// userData searches the script that an instance is started with: base64, and often
// packed, because 16 kB is all that it may have.
func (c *configReader) userData(path, encoded string) {
	data, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		c.missing(c.run.c.gap(c.operation(), c.arn, Invalid, "the user data is no base64"))
		return
	}
	packed, err := gzip.NewReader(bytes.NewReader(data))
	if err == nil {
		data, err = io.ReadAll(io.LimitReader(packed, maxSearched+1)) // one byte more than is searched, which is a gap
		if err != nil {
			c.missing(c.run.c.gap(c.operation(), c.arn, Invalid, "the user data cannot be unpacked to its end"))
		}
	}
	c.text(path, string(data))
}
