package audit

import (
	"context"
	"encoding/xml"
	"net/url"
)

// A stackPage is a page of DescribeStacks.
type stackPage struct {
	XMLName xml.Name `xml:"DescribeStacksResponse"`
	Result  *struct {
		Stacks    []stack `xml:"Stacks>member"`
		NextToken string  `xml:"NextToken"`
	} `xml:"DescribeStacksResult"`
}

// A stack is what people write into one of CloudFormation. The values of parameters
// with NoEcho come as asterisks.
type stack struct {
	ID          string `xml:"StackId"`
	Name        string `xml:"StackName"`
	Status      string `xml:"StackStatus"`
	Description string `xml:"Description"`
	Parameters  []struct {
		Key   string `xml:"ParameterKey"`
		Value string `xml:"ParameterValue"`
	} `xml:"Parameters>member"`
	Outputs []struct {
		Key         string `xml:"OutputKey"`
		Value       string `xml:"OutputValue"`
		Description string `xml:"Description"`
	} `xml:"Outputs>member"`
	Tags []struct {
		Key   string `xml:"Key"`
		Value string `xml:"Value"`
	} `xml:"Tags>member"`
}

// collectStacks searches the stacks of CloudFormation: parameters, outputs, tags and
// the template as it was handed in.
func (r *regionRun) collectStacks(ctx context.Context) {
	if !r.asks(DescribeStacks) {
		return
	}
	found := map[string]*stack{}
	ids := map[string]bool{}
	r.saveGap(r.askPages(ctx, r.c, DescribeStacks, "", func(ctx context.Context, token *string) (*string, int, error) {
		form := url.Values{}
		if token != nil {
			form.Set("NextToken", *token)
		}
		page := &stackPage{}
		if err := r.c.askXML(ctx, wireStacks, DescribeStacks, form, page); err != nil {
			return nil, 0, err
		}
		if page.Result == nil {
			return nil, 0, lacks("DescribeStacksResult")
		}
		for i := range page.Result.Stacks {
			s := &page.Result.Stacks[i]
			if s.ID == "" {
				return nil, 0, lacks("StackId")
			}
			found[s.ID], ids[s.ID] = s, true
		}
		return &page.Result.NextToken, len(page.Result.Stacks), nil
	}))
	r.inBatches(ids, 1, func(one []string) { r.stack(ctx, found[one[0]]) })
}

func (r *regionRun) stack(ctx context.Context, s *stack) {
	read := r.configuration(kindStack, s.ID, s.Name)
	read.text("description", s.Description)
	for _, p := range s.Parameters {
		read.value("parameters", p.Key, p.Value)
	}
	for _, o := range s.Outputs {
		read.value("outputs", o.Key, o.Value)
		read.text("outputs/"+o.Key+"/description", o.Description)
	}
	for _, t := range s.Tags {
		read.value("tags", t.Key, t.Value)
	}
	if s.Status != "REVIEW_IN_PROGRESS" { // which has no template yet
		r.template(ctx, read)
	}
	read.save()
}

func (r *regionRun) template(ctx context.Context, read *configReader) {
	if !r.asks(GetTemplate) {
		return
	}
	read.missing(r.ask(ctx, r.c, GetTemplate, read.arn, func(ctx context.Context) error {
		var out struct {
			XMLName xml.Name `xml:"GetTemplateResponse"`
			Body    *string  `xml:"GetTemplateResult>TemplateBody"`
		}
		form := url.Values{"StackName": {read.arn}, "TemplateStage": {"Original"}}
		if err := r.c.askXML(ctx, wireStacks, GetTemplate, form, &out); err != nil {
			return err
		}
		if out.Body == nil {
			return lacks("TemplateBody")
		}
		read.text("template", *out.Body)
		return nil
	}))
}
