package audit

import (
	"encoding/json"
	"slices"
)

// A PolicyDocument is an IAM policy.
type PolicyDocument struct {
	Version   string            `json:"Version"`
	Statement []PolicyStatement `json:"Statement"`
}

// A PolicyStatement is one statement of a PolicyDocument.
type PolicyStatement struct {
	Sid      string   `json:"Sid"`
	Effect   string   `json:"Effect"`
	Action   []string `json:"Action"`
	Resource string   `json:"Resource"`
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
			if op.Service() == service.name {
				actions = append(actions, string(op))
			}
		}
		if len(actions) > 0 {
			slices.Sort(actions)
			d.Statement = append(d.Statement, PolicyStatement{Sid: service.sid, Effect: "Allow", Action: actions, Resource: "*"})
		}
	}
	if denyValues {
		d.Statement = append(d.Statement, PolicyStatement{
			Sid: "AssayNeverReadsValues", Effect: "Deny", Resource: "*",
			Action: []string{"secretsmanager:BatchGetSecretValue", "secretsmanager:GetSecretValue"},
		})
	}
	return d
}

// DenyValues says whether a policy forbids to read values.
type DenyValues bool

// policyServices names the statements, in the order in which they are printed.
var policyServices = []struct{ name, sid string }{
	{"secretsmanager", "AssaySecrets"},
	{"kms", "AssayKeys"},
	{"lambda", "AssayRotationFunctions"},
	{"ec2", "AssayEndpoints"},
	{"cloudtrail", "AssayTrails"},
	{"account", "AssayRegions"},
	{"sts", "AssayIdentity"},
}

// JSON returns the document as people paste it, with a newline at its end.
func (d PolicyDocument) JSON() ([]byte, error) {
	text, err := json.MarshalIndent(d, "", "  ")
	return append(text, '\n'), err
}
