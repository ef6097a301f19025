package fakeaws

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Identity is a user, group or role of IAM. It has nothing to do with who may call
// here, which User and AddRole decide.
type Identity struct {
	Kind     string // user, group, role
	Path     string // "/" if it is empty
	Name     string
	ID       string // "AROA..."
	Created  time.Time
	Policies []NamedPolicy // inline
	Attached []string      // ARNs of managed policies
	Boundary string        // ARN of a managed policy
	Groups   []string      // of a user
	Tags     []Tag
	Trust    string // policy of a role
	Keys     []AccessKey
}

// NamedPolicy is a policy under a name, as text.
type NamedPolicy struct{ Name, Text string }

// AccessKey is a long-lived key of a user.
type AccessKey struct {
	ID      string
	Created time.Time
	Active  bool
}

// ManagedPolicy is a managed policy in its version in force.
type ManagedPolicy struct{ ARN, Name, Text string }

// ARN returns the name of an identity of the account.
func (i *Identity) ARN(a *Account) string {
	return a.ARN("iam", "", i.Kind+firstOf(i.Path, "/")+i.Name)
}

// detailItem is one of what GetAccountAuthorizationDetails lists.
type detailItem struct {
	list  string // element that it stands in
	write func()
}

var detailLists = []string{"UserDetailList", "GroupDetailList", "RoleDetailList", "Policies"}

func getAccountAuthorizationDetails(x *call) error {
	form := x.in.form
	var asked *int64
	if text := form.Get("MaxItems"); text != "" {
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return &apiError{http.StatusBadRequest, "ValidationError", "MaxItems is no number"}
		}
		asked = &n
	}
	items := x.details()
	from, to, next, err := x.page(form.Get("Marker"), asked, 1000, len(items))
	if err != nil {
		return err
	}
	openXML(x)
	x.element("IsTruncated", strconv.FormatBool(next != ""))
	if next != "" {
		x.element("Marker", next)
	}
	for _, list := range detailLists {
		x.wrap(list, func() {
			for _, item := range items[from:to] {
				if item.list == list {
					x.wrap("member", item.write)
				}
			}
		})
	}
	return nil
}

func (x *call) details() []detailItem {
	var items []detailItem
	for _, i := range x.account.Identities {
		list := map[string]string{"user": "UserDetailList", "group": "GroupDetailList", "role": "RoleDetailList"}[i.Kind]
		items = append(items, detailItem{list, func() { x.identity(i) }})
	}
	for _, p := range x.account.ManagedPolicies {
		items = append(items, detailItem{"Policies", func() { x.managedPolicy(p) }})
	}
	return items
}

func (x *call) identity(i *Identity) {
	kind := strings.ToUpper(i.Kind[:1]) + i.Kind[1:]
	x.element("Path", firstOf(i.Path, "/"))
	x.element(kind+"Name", i.Name)
	x.element(kind+"Id", i.ID)
	x.element("Arn", i.ARN(x.account))
	if !i.Created.IsZero() {
		x.element("CreateDate", i.Created.UTC().Format(time.RFC3339))
	}
	if i.Kind == "role" {
		x.element("AssumeRolePolicyDocument", percentEncoded(i.Trust))
	}
	x.wrap(kind+"PolicyList", func() {
		for _, p := range i.Policies {
			x.wrap("member", func() {
				x.element("PolicyName", p.Name)
				x.element("PolicyDocument", percentEncoded(p.Text))
			})
		}
	})
	x.wrap("AttachedManagedPolicies", func() {
		for _, arn := range i.Attached {
			x.wrap("member", func() {
				x.element("PolicyName", arn[strings.LastIndexByte(arn, '/')+1:])
				x.element("PolicyArn", arn)
			})
		}
	})
	x.wrap("GroupList", func() {
		for _, g := range i.Groups {
			x.element("member", g)
		}
	})
	if i.Boundary != "" {
		x.wrap("PermissionsBoundary", func() {
			x.element("PermissionsBoundaryType", "PermissionsBoundaryPolicy")
			x.element("PermissionsBoundaryArn", i.Boundary)
		})
	}
	x.pairs("Tags", "Key", "Value", i.Tags)
}

func (x *call) managedPolicy(p *ManagedPolicy) {
	x.element("PolicyName", p.Name)
	x.element("Arn", p.ARN)
	x.element("DefaultVersionId", "v2")
	x.wrap("PolicyVersionList", func() {
		for _, v := range []struct{ id, text string }{{"v2", p.Text}, {"v1", `{"Version":"2012-10-17","Statement":[]}`}} {
			x.wrap("member", func() {
				x.element("VersionId", v.id)
				x.element("IsDefaultVersion", strconv.FormatBool(v.id == "v2"))
				x.element("Document", percentEncoded(v.text))
			})
		}
	})
}

// percentEncoded is a policy as IAM sends it.
func percentEncoded(text string) string { return strings.ReplaceAll(url.QueryEscape(text), "+", "%20") }

func listAccessKeys(x *call) error {
	name := x.in.form.Get("UserName")
	n := slices.IndexFunc(x.account.Identities, func(i *Identity) bool { return i.Kind == "user" && i.Name == name })
	if n < 0 {
		return &apiError{http.StatusNotFound, "NoSuchEntity", "The user with name " + name + " cannot be found."}
	}
	openXML(x)
	x.element("IsTruncated", "false")
	x.wrap("AccessKeyMetadata", func() {
		for _, k := range x.account.Identities[n].Keys {
			x.wrap("member", func() {
				x.element("UserName", name)
				x.element("AccessKeyId", k.ID)
				x.element("Status", map[bool]string{true: "Active", false: "Inactive"}[k.Active])
				x.element("CreateDate", k.Created.UTC().Format(time.RFC3339))
			})
		}
	})
	return nil
}
