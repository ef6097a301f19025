package fakeaws

import (
	"strings"
	"time"
)

// Account is one AWS account.
type Account struct {
	ID        string
	Partition string // aws, aws-cn, aws-us-gov
	Regions   map[string]*Region

	Identities      []*Identity // listed before ManagedPolicies
	ManagedPolicies []*ManagedPolicy
	Organization    *Organization // nil: none

	cloud *Cloud
	roles map[string]Role // by name
}

// Role is what a caller may become in an account.
type Role struct {
	// Trusted are the accounts whose callers may assume the role; empty: all.
	Trusted []string
	// ExternalID must be given when it is not empty.
	ExternalID string
	// MFASerial and MFACode must be given when they are not empty.
	MFASerial, MFACode string
	// MaxSession bounds the session; 0 means an hour.
	MaxSession time.Duration
	// Session is how long sessions last, whatever is asked for; 0: what is asked for.
	Session time.Duration
}

// A region's status, as account:ListRegions tells it.
const (
	EnabledByDefault = "ENABLED_BY_DEFAULT"
	Enabled          = "ENABLED"
	Enabling         = "ENABLING"
	Disabled         = "DISABLED"
	Disabling        = "DISABLING"
)

// defaultRegions are on in every account; optInRegions are off until
// somebody switches them on.
var (
	defaultRegions = map[string][]string{
		"aws": {"ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-south-1", "ap-southeast-1", "ap-southeast-2",
			"ca-central-1", "eu-central-1", "eu-north-1", "eu-west-1", "eu-west-2", "eu-west-3", "sa-east-1",
			"us-east-1", "us-east-2", "us-west-1", "us-west-2"},
		"aws-cn":     {"cn-north-1", "cn-northwest-1"},
		"aws-us-gov": {"us-gov-east-1", "us-gov-west-1"},
	}
	optInRegions = map[string][]string{
		"aws": {"af-south-1", "ap-east-1", "ap-east-2", "ap-south-2", "ap-southeast-3", "ap-southeast-4", "ap-southeast-5",
			"ap-southeast-6", "ap-southeast-7", "ca-west-1", "eu-central-2", "eu-south-1", "eu-south-2", "il-central-1",
			"me-central-1", "me-south-1", "mx-central-1"},
	}
)

func newAccount(c *Cloud, id string) *Account {
	a := &Account{ID: id, cloud: c, roles: make(map[string]Role)}
	a.setPartition("aws")
	return a
}

// SetPartition moves the account to another partition (aws-cn, aws-us-gov),
// with that partition's regions, empty.
func (a *Account) SetPartition(partition string) {
	a.cloud.Update(func() { a.setPartition(partition) })
}

func (a *Account) setPartition(partition string) {
	a.Partition = partition
	a.Regions = make(map[string]*Region)
	for _, name := range defaultRegions[partition] {
		a.Regions[name] = &Region{Name: name, Status: EnabledByDefault, account: a}
	}
	for _, name := range optInRegions[partition] {
		a.Regions[name] = &Region{Name: name, Status: Disabled, account: a}
	}
}

// Region returns the region with this name. One that the partition does not
// know is made on first use, enabled.
func (a *Account) Region(name string) *Region {
	a.cloud.mu.Lock()
	defer a.cloud.mu.Unlock()
	g, ok := a.Regions[name]
	if !ok {
		g = &Region{Name: name, Status: Enabled, account: a}
		a.Regions[name] = g
	}
	return g
}

// User returns the long-lived access key of a user of the account; the same
// name always has the same key.
func (a *Account) User(name string) Credentials {
	label := a.ID + "/user/" + name
	return a.cloud.handOut("AKIA", label, &credential{
		account: a.ID, arn: a.ARN("iam", "", "user/"+name), principal: "AIDA" + a.cloud.derive32("principal "+label, 16),
	})
}

// AddRole makes a role that callers may assume, and returns its ARN.
func (a *Account) AddRole(name string, role Role) string {
	a.cloud.Update(func() { a.roles[name] = role })
	return a.ARN("iam", "", "role/"+name)
}

// ARN returns the name of something of this account.
func (a *Account) ARN(service, region, resource string) string {
	return strings.Join([]string{"arn", a.Partition, service, region, a.ID, resource}, ":")
}
