package fakeaws

import (
	"net/http"
	"slices"
)

// stacksPerPage is what a page of stacks has at most here: CloudFormation takes no
// size, and ends a page when it is 1 MB long.
const stacksPerPage = 20

func describeStacks(x *call) error {
	from, to, next, err := x.page(x.in.form.Get("NextToken"), nil, stacksPerPage, len(x.region.Stacks))
	if err != nil {
		return err
	}
	openXML(x)
	x.wrap("Stacks", func() {
		for _, s := range x.region.Stacks[from:to] {
			x.wrap("member", func() { x.stack(s) })
		}
	})
	if next != "" {
		x.element("NextToken", next)
	}
	return nil
}

func (x *call) stack(s *Stack) {
	x.element("StackId", s.ID)
	x.element("StackName", s.Name)
	x.element("StackStatus", s.Status)
	if s.Description != "" {
		x.element("Description", s.Description)
	}
	x.pairs("Parameters", "ParameterKey", "ParameterValue", s.Parameters)
	x.pairs("Outputs", "OutputKey", "OutputValue", s.Outputs)
	x.pairs("Tags", "Key", "Value", s.Tags)
}

// pairs writes a list of names and values.
func (x *call) pairs(list, key, value string, pairs []Tag) {
	x.wrap(list, func() {
		for _, p := range pairs {
			x.wrap("member", func() {
				x.element(key, p.Key)
				x.element(value, p.Value)
			})
		}
	})
}

func getTemplate(x *call) error {
	name := x.in.form.Get("StackName")
	i := slices.IndexFunc(x.region.Stacks, func(s *Stack) bool { return s.ID == name || s.Name == name })
	if i < 0 {
		return &apiError{http.StatusBadRequest, "ValidationError", "Stack with id " + name + " does not exist"}
	}
	openXML(x)
	x.element("TemplateBody", x.region.Stacks[i].Template)
	x.wrap("StagesAvailable", func() { x.element("member", "Original") })
	return nil
}
