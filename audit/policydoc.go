package audit

import (
	"encoding/json"
	"slices"
	"strings"
)

// A PolicyDocument is an IAM policy.
type PolicyDocument struct {
	Version   string            `json:"Version"`
	Statement []PolicyStatement `json:"Statement"`
}

// A PolicyStatement is one statement of a PolicyDocument.
type PolicyStatement struct {
	Sid       string            `json:"Sid"`
	Effect    string            `json:"Effect"`
	Principal map[string]string `json:"Principal,omitempty"` // of the policy of a resource or role
	Action    []string          `json:"Action"`
	Resource  string            `json:"Resource,omitempty"`
	// Condition is by operator and key.
	Condition map[string]map[string][]string `json:"Condition,omitempty"`
}

// Policy returns the least that an identity must be allowed for a collection of
// ops: a statement for each service. None of the operations can be narrowed
// further in a useful way: the lists of AWS take no resource, and what is
// described is every secret, key and function there is. denyValues adds the
// statement that keeps the identity from reading any secret's value, whatever
// else it is allowed.
func Policy(ops []Operation, denyValues DenyValues) PolicyDocument {
	d := PolicyDocument{Version: "2012-10-17"}
	for _, service := range policyServices {
		var actions []string
		for _, op := range ops {
			if strings.HasPrefix(op.Action(), service.name+":") {
				actions = append(actions, op.Action())
			}
		}
		if len(actions) > 0 {
			slices.Sort(actions)
			actions = slices.Compact(actions)
			d.Statement = append(d.Statement, PolicyStatement{Sid: service.sid, Effect: "Allow", Action: actions, Resource: "*"})
		}
	}
	if denyValues {
		d.Statement = append(d.Statement, neverReads)
	}
	return d
}

var neverReads = PolicyStatement{
	Sid: "AssayNeverReadsValues", Effect: "Deny", Resource: "*",
	Action: []string{"secretsmanager:BatchGetSecretValue", "secretsmanager:GetSecretValue"},
}

// ManagementPolicy is Policy for the identity that asks an organization: it may also
// list the accounts and assume the role of that name in each of them, where Policy is
// what the role needs.
func ManagementPolicy(ops []Operation, role string, denyValues DenyValues) PolicyDocument {
	d := Policy(append(slices.Clone(ops), ListAccounts), false)
	members := &Members{RoleName: role}
	d.Statement = append(d.Statement, PolicyStatement{
		Sid: "AssayMembers", Effect: "Allow", Action: []string{string(AssumeRole)}, Resource: members.roleARN(identity{Account: "*", Partition: "aws"}),
	})
	if denyValues {
		d.Statement = append(d.Statement, neverReads)
	}
	return d
}

// TrustPolicy says who may assume the role of a member: the user, role or account of
// that ARN, with the external id if it is not "".
func TrustPolicy(principal, externalID string) PolicyDocument {
	s := PolicyStatement{Sid: "AssayAuditor", Effect: "Allow", Principal: map[string]string{"AWS": principal}, Action: []string{string(AssumeRole)}}
	if externalID != "" {
		s.Condition = map[string]map[string][]string{"StringEquals": {"sts:ExternalId": {externalID}}}
	}
	return PolicyDocument{Version: "2012-10-17", Statement: []PolicyStatement{s}}
}

// DenyValues says whether a policy forbids to read values.
type DenyValues bool

// policyServices names the statements, in the order in which they are printed.
var policyServices = []struct{ name, sid string }{
	{"secretsmanager", "AssaySecrets"},
	{"kms", "AssayKeys"},
	{"lambda", "AssayFunctions"},
	{"ssm", "AssayParameters"},
	{"ecs", "AssayTasks"},
	{"codebuild", "AssayBuilds"},
	{"ec2", "AssayNetworkAndInstances"},
	{"cloudformation", "AssayStacks"},
	{"states", "AssayStateMachines"},
	{"apigateway", "AssayAPIs"},
	{"glue", "AssayJobs"},
	{"cloudtrail", "AssayTrails"},
	{"iam", "AssayWho"},
	{"organizations", "AssayOrganization"},
	{"logs", "AssayLogFilters"},
	{"cloudwatch", "AssayAlarms"},
	{"events", "AssayEventRules"},
	{"account", "AssayRegions"},
	{"sts", "AssayIdentity"},
}

// JSON returns the document as people paste it, with a newline at its end.
func (d PolicyDocument) JSON() ([]byte, error) {
	text, err := json.MarshalIndent(d, "", "  ")
	return append(text, '\n'), err
}
