package fakeaws

import (
	"encoding/base64"
	"net/http"
	"slices"
	"strconv"
)

// formPage cuts a page out of so many items.
func (x *call) formPage(most, total int) (from, to int, next string, err error) {
	var asked *int64
	if text := x.in.form.Get("MaxResults"); text != "" {
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return 0, 0, "", badParameter(x.Service, "MaxResults is not a number")
		}
		asked = &n
	}
	return x.page(x.in.form.Get("NextToken"), asked, most, total)
}

func describeInstances(x *call) error {
	from, to, next, err := x.formPage(1000, len(x.region.Instances))
	if err != nil {
		return err
	}
	openXML(x)
	x.wrap("reservationSet", func() {
		for _, i := range x.region.Instances[from:to] {
			x.wrap("item", func() {
				x.wrap("instancesSet", func() {
					x.wrap("item", func() {
						x.element("instanceId", i.ID)
						x.wrap("instanceState", func() { x.element("name", i.State) })
					})
				})
			})
		}
	})
	if next != "" {
		x.element("nextToken", next)
	}
	return nil
}

// describeInstanceAttribute knows one attribute, the user data.
func describeInstanceAttribute(x *call) error {
	id := x.in.form.Get("InstanceId")
	at := slices.IndexFunc(x.region.Instances, func(i *Instance) bool { return i.ID == id })
	switch {
	case at < 0:
		return &apiError{http.StatusBadRequest, "InvalidInstanceID.NotFound", "The instance ID '" + id + "' does not exist"}
	case x.in.form.Get("Attribute") != "userData":
		return badParameter(x.Service, "the attribute is not known")
	}
	openXML(x)
	x.element("instanceId", id)
	x.wrap("userData", func() {
		if data := x.region.Instances[at].UserData; data != "" {
			x.element("value", base64.StdEncoding.EncodeToString([]byte(data)))
		}
	})
	return nil
}

// describeLaunchTemplateVersions tells the latest and the default version of every
// template, once where they are the same.
func describeLaunchTemplateVersions(x *call) error {
	type version struct {
		*LaunchTemplate
		number int
	}
	var all []version
	asked := numbered(x.in.form, "LaunchTemplateVersion.")
	for _, t := range x.region.Templates {
		if slices.Contains(asked, "$Latest") {
			all = append(all, version{t, len(t.UserData)})
		}
		if slices.Contains(asked, "$Default") && t.Default != len(t.UserData) {
			all = append(all, version{t, t.Default})
		}
	}
	from, to, next, err := x.formPage(200, len(all))
	if err != nil {
		return err
	}
	openXML(x)
	x.wrap("launchTemplateVersionSet", func() {
		for _, v := range all[from:to] {
			x.wrap("item", func() {
				x.element("launchTemplateId", v.ID)
				x.element("launchTemplateName", v.Name)
				x.element("versionNumber", strconv.Itoa(v.number))
				x.wrap("launchTemplateData", func() {
					x.element("userData", base64.StdEncoding.EncodeToString([]byte(v.UserData[v.number-1])))
				})
			})
		}
	})
	if next != "" {
		x.element("nextToken", next)
	}
	return nil
}
