package fakeaws

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Organization is what AWS Organizations knows: some accounts, which share it, and one
// of which pays for all.
type Organization struct {
	ID         string   // "o-..."
	Management string   // id of the account that is told more than the id
	Delegated  []string // ids of members that are, too
	Members    []Member // the management account among them; listed in this order
	// Parents gives the parent of each account and unit; the last one up is the
	// root, "r-...".
	Parents  map[string]string
	Policies []ControlPolicy
	// Disabled are the kinds of policies that are not in use.
	Disabled []string
}

// ControlPolicy is a policy of an organization.
type ControlPolicy struct {
	ID, Kind, Text string   // Kind: SERVICE_CONTROL_POLICY, RESOURCE_CONTROL_POLICY
	Targets        []string // that it is attached to
}

// Member is an account of an organization.
type Member struct {
	ID, Name string
	// State is PENDING_ACTIVATION, ACTIVE, SUSPENDED, PENDING_CLOSURE or CLOSED. Status
	// is what AWS said until September 2026 instead.
	State, Status string
}

// Active returns accounts as active members.
func Active(ids ...string) (list []Member) {
	for _, id := range ids {
		list = append(list, Member{ID: id, Name: id, State: "ACTIVE"})
	}
	return list
}

// Organize makes an organization of accounts, all of them active and below its root.
func (c *Cloud) Organize(management *Account, others ...*Account) *Organization {
	const root = "r-root"
	o := &Organization{ID: "o-" + strings.ToLower(c.derive32("organization", 12)), Management: management.ID, Parents: map[string]string{}}
	accounts := append([]*Account{management}, others...)
	for _, a := range accounts {
		o.Members = append(o.Members, Active(a.ID)...)
		o.Parents[a.ID] = root
	}
	for i := range o.Members {
		o.Members[i].Name = fmt.Sprintf("account-%02d", i)
	}
	c.Update(func() {
		for _, a := range accounts {
			a.Organization = o
		}
	})
	return o
}

func describeOrganization(x *call) error {
	o := x.account.Organization
	if o == nil {
		return &apiError{http.StatusBadRequest, "AWSOrganizationsNotInUseException", "Your account is not a member of an organization."}
	}
	x.item(nil, func() {
		x.object("Organization", func() {
			x.text("Id", o.ID)
			x.text("MasterAccountId", o.Management)
			x.text("FeatureSet", "ALL")
		})
	})
	return nil
}

// organization returns the organization for an account that is told of it.
func (x *call) organization() (*Organization, error) {
	o := x.account.Organization
	if o == nil {
		return nil, &apiError{http.StatusBadRequest, "AWSOrganizationsNotInUseException", "Your account is not a member of an organization."}
	}
	if x.Account != o.Management && !slices.Contains(o.Delegated, x.Account) {
		return nil, &apiError{http.StatusBadRequest, "AccessDeniedException", "You don't have permissions to access this resource."}
	}
	if x.Region != homeOfOrganizations[x.account.Partition] {
		return nil, badSignature(x.Service, "Credential should be scoped to a valid region.")
	}
	return o, nil
}

func listAccounts(x *call) error {
	o, err := x.organization()
	if err != nil {
		return err
	}
	from, to, next, err := x.page(x.in.NextToken, x.in.MaxResults, 20, len(o.Members))
	if err != nil {
		return err
	}
	x.item(nil, func() {
		x.list("Accounts", func() {
			for _, m := range o.Members[from:to] {
				x.item(nil, func() {
					x.text("Id", m.ID)
					x.text("Arn", "arn:"+x.account.Partition+":organizations::"+o.Management+":account/"+o.ID+"/"+m.ID)
					x.text("Email", m.Name+"@example.com")
					x.text("Name", m.Name)
					x.text("State", m.State)
					x.text("Status", m.Status)
					x.text("JoinedMethod", "CREATED")
				})
			}
		})
		x.text("NextToken", next)
	})
	return nil
}

// homeOfOrganizations is the one region of a partition that answers.
var homeOfOrganizations = map[string]string{"aws": "us-east-1", "aws-cn": "cn-northwest-1", "aws-us-gov": "us-gov-west-1"}

func listParents(x *call) error {
	o, err := x.organization()
	if err != nil {
		return err
	}
	parent := o.Parents[x.in.ChildId]
	if parent == "" {
		return &apiError{http.StatusBadRequest, "ChildNotFoundException", "You specified a child that doesn't exist."}
	}
	kind := "ORGANIZATIONAL_UNIT"
	if o.Parents[parent] == "" {
		kind = "ROOT"
	}
	x.item(nil, func() {
		x.list("Parents", func() {
			x.item(nil, func() {
				x.text("Id", parent)
				x.text("Type", kind)
			})
		})
	})
	return nil
}

func listPoliciesForTarget(x *call) error {
	o, err := x.organization()
	if err != nil {
		return err
	}
	if slices.Contains(o.Disabled, x.in.Filter) {
		return &apiError{http.StatusBadRequest, "PolicyTypeNotEnabledException", "This operation can be performed only for enabled policy types."}
	}
	var found []ControlPolicy
	for _, p := range o.Policies {
		if p.Kind == x.in.Filter && slices.Contains(p.Targets, x.in.TargetId) {
			found = append(found, p)
		}
	}
	from, to, next, err := x.page(x.in.NextToken, x.in.MaxResults, 20, len(found))
	if err != nil {
		return err
	}
	x.item(nil, func() {
		x.list("Policies", func() {
			for _, p := range found[from:to] {
				x.item(nil, func() {
					x.text("Id", p.ID)
					x.text("Type", p.Kind)
				})
			}
		})
		x.text("NextToken", next)
	})
	return nil
}

func describePolicy(x *call) error {
	o, err := x.organization()
	if err != nil {
		return err
	}
	i := slices.IndexFunc(o.Policies, func(p ControlPolicy) bool { return p.ID == x.in.PolicyId })
	if i < 0 {
		return &apiError{http.StatusBadRequest, "PolicyNotFoundException", "You specified a policy that doesn't exist."}
	}
	x.item(nil, func() {
		x.object("Policy", func() {
			x.object("PolicySummary", func() { x.text("Id", x.in.PolicyId) })
			x.text("Content", o.Policies[i].Text)
		})
	})
	return nil
}

// LoadRole is the role that the members of LoadOrganization have.
const LoadRole = "assay"

// LoadOrganization makes an organization of that many accounts, each of which has n
// secrets in each region that is enabled without asking, and returns the one that
// manages it. The others have LoadRole, which trusts that one, and whose sessions last
// for so long, 0 for as long as whoever assumes it wants.
func LoadOrganization(c *Cloud, accounts, n int, session time.Duration) *Account {
	management := LoadEverywhere(c, n)
	var others []*Account
	for i := 1; i < accounts; i++ {
		a := c.Account(fmt.Sprintf("%012d", 200_000_000_000+i))
		loadEverywhere(c, a, n)
		a.AddRole(LoadRole, Role{Trusted: []string{management.ID}, Session: session})
		others = append(others, a)
	}
	c.Organize(management, others...)
	return management
}
