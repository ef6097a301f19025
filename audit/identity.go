package audit

import "time"

// globalRegion is where an inventory files what an account has but once: the
// records of this file. AWS Config calls it so too.
const globalRegion = "global"

// An Identity is a user, group or role of an account, with what of its policies
// is about secrets and the keys that they are encrypted under.
type Identity struct {
	Type    string `json:"type"` // "identity"
	Account string `json:"account"`
	Region  string `json:"region"` // "global"
	ARN     string `json:"arn"`
	// Kind is "user", "group" or "role".
	Kind string `json:"kind"`
	Name string `json:"name"`
	ID   string `json:"id,omitempty"` // "AROA...", as some conditions name it
	// Created is when it was made.
	Created *time.Time `json:"created,omitempty"`
	// Tags gives the values of the tags that the header names, of others their
	// length.
	Tags map[string]string `json:"tags,omitempty"`
	// SessionTags says that who takes on the role may bring tags, so that those of
	// the role say nothing.
	SessionTags bool `json:"session_tags,omitempty"`
	// Groups are the names of the groups that a user is in.
	Groups []string `json:"groups,omitempty"`
	// Policies are those written into it, Attached the ARNs of the managed ones.
	Policies []InlinePolicy `json:"policies,omitempty"`
	Attached []string       `json:"attached,omitempty"`
	// Boundary is the ARN of the policy that is its permissions boundary.
	Boundary string `json:"boundary,omitempty"`
	// AccessKeys are those of a user.
	AccessKeys []AccessKey `json:"access_keys,omitempty"`
	Gaps       []Gap       `json:"-"`
}

// The kinds of identities.
const (
	KindUser  = "user"
	KindGroup = "group"
	KindRole  = "role"
)

// An InlinePolicy is a policy that is written into an identity.
type InlinePolicy struct {
	Name string `json:"name"`
	// Document is as that of a ManagedPolicy.
	Document string `json:"document,omitempty"`
	// Unread says why the document is not kept though there is one.
	Unread string `json:"unread,omitempty"`
}

// A ManagedPolicy is a policy that identities of the account are attached to or
// bounded by.
type ManagedPolicy struct {
	Type    string `json:"type"` // "policy"
	Account string `json:"account"`
	Region  string `json:"region"` // "global"
	ARN     string `json:"arn"`
	Name    string `json:"name"`
	// Document holds the statements that are about secrets or keys, masked and
	// without Sid; "" where there are none.
	Document string `json:"document,omitempty"`
	Unread   string `json:"unread,omitempty"`
	Gaps     []Gap  `json:"-"`
}

// An AccessKey is a long-lived one of a user, without its id.
type AccessKey struct {
	Created *time.Time `json:"created,omitempty"`
	Active  bool       `json:"active,omitempty"`
}

// An Organization is what an account could learn of the organization that it is
// in.
type Organization struct {
	Type    string `json:"type"` // "organization"
	Account string `json:"account"`
	Region  string `json:"region"` // "global"
	// ID is "o-...", "" for an account that is in no organization.
	ID                string `json:"id,omitempty"`
	ManagementAccount string `json:"management_account,omitempty"`
	// Path leads from the organization to the account: "o-a1/r-b2/ou-b2-c3/", ""
	// if it was not read.
	Path string `json:"path,omitempty"`
	// Accounts are those of the organization, sorted, if they could be listed.
	Accounts []string `json:"accounts,omitempty"`
	// ServiceControls and ResourceControls are the policies in force, from the root
	// down to the account, nil if they were not read. A level without a policy that is
	// about secrets or keys lets nothing pass, and stands there all the same.
	ServiceControls  []ControlLevel `json:"service_controls,omitempty"`
	ResourceControls []ControlLevel `json:"resource_controls,omitempty"`
	// ControlsOff are the kinds of policies that the organization does not use:
	// "SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY".
	ControlsOff []string `json:"controls_off,omitempty"`
	Gaps        []Gap    `json:"-"`
}

// A ControlLevel holds the policies that are attached to one target.
type ControlLevel struct {
	Target   string          `json:"target"` // root, unit or account
	Policies []ControlPolicy `json:"policies,omitempty"`
}

// A ControlPolicy is a service or resource control policy.
type ControlPolicy struct {
	Name     string `json:"name"` // its id, "p-..."
	Document string `json:"document,omitempty"`
	Unread   string `json:"unread,omitempty"`
}
