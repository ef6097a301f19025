package audit

import (
	"slices"
	"strings"
)

// An Operation is an operation of an AWS API, written as IAM writes actions:
// "secretsmanager:ListSecrets".
type Operation string

// The operations that a collection can reach. None of them writes, reads the
// value of a secret, or decrypts.
const (
	GetCallerIdentity        Operation = "sts:GetCallerIdentity"
	ListRegions              Operation = "account:ListRegions"
	ListSecrets              Operation = "secretsmanager:ListSecrets"
	DescribeSecret           Operation = "secretsmanager:DescribeSecret"
	ListSecretVersionIds     Operation = "secretsmanager:ListSecretVersionIds"
	GetResourcePolicy        Operation = "secretsmanager:GetResourcePolicy"
	DescribeKey              Operation = "kms:DescribeKey"
	GetKeyRotationStatus     Operation = "kms:GetKeyRotationStatus"
	GetKeyPolicy             Operation = "kms:GetKeyPolicy"
	ListGrants               Operation = "kms:ListGrants"
	GetFunctionConfiguration Operation = "lambda:GetFunctionConfiguration"
	GetFunctionPolicy        Operation = "lambda:GetPolicy"
	DescribeVpcEndpoints     Operation = "ec2:DescribeVpcEndpoints"
	LookupEvents             Operation = "cloudtrail:LookupEvents"
	DescribeTrails           Operation = "cloudtrail:DescribeTrails"
	GetTrailStatus           Operation = "cloudtrail:GetTrailStatus"
	GetEventSelectors        Operation = "cloudtrail:GetEventSelectors"
)

// Service returns the part before the colon: "kms".
func (o Operation) Service() string {
	service, _, _ := strings.Cut(string(o), ":")
	return service
}

// An operationRow is what is known of an operation.
type operationRow struct {
	Operation
	// group names the operations that share a limit of requests.
	group string
	// rate is the limit of the group, in requests a second for an account and
	// region, as AWS documents it under "quotas" of each service.
	rate float64
	// needed says that every collection asks it, whatever the checks are.
	needed bool
}

// Operations lists every operation that a collection can reach, sorted.
func Operations() []Operation {
	list := make([]Operation, len(operations))
	for i, o := range operations {
		list[i] = o.Operation
	}
	slices.Sort(list)
	return list
}

// operations holds the facts. The rates are AWS's documented quotas of 2026; for
// those without a documented one (marked) a rate that no account is known to
// have been throttled at.
var operations = []operationRow{
	{Operation: GetCallerIdentity, group: "sts", rate: 100, needed: true}, // none documented
	{Operation: ListRegions, group: "account", rate: 5, needed: true},     // none documented
	{Operation: ListSecrets, group: "secretsmanager-list", rate: 100, needed: true},
	{Operation: DescribeSecret, group: "secretsmanager-describe", rate: 40_000},
	{Operation: ListSecretVersionIds, group: "secretsmanager-versions", rate: 50},
	{Operation: GetResourcePolicy, group: "secretsmanager-policy", rate: 50},
	{Operation: DescribeKey, group: "kms-describe", rate: 2_000},
	{Operation: GetKeyRotationStatus, group: "kms-rotation", rate: 1_000},
	{Operation: GetKeyPolicy, group: "kms-policy", rate: 1_000},
	{Operation: ListGrants, group: "kms-grants", rate: 100},
	{Operation: GetFunctionConfiguration, group: "lambda-get", rate: 100},
	{Operation: GetFunctionPolicy, group: "lambda-policy", rate: 15},
	{Operation: DescribeVpcEndpoints, group: "ec2", rate: 20}, // none documented
	{Operation: LookupEvents, group: "cloudtrail-lookup", rate: 2},
	{Operation: DescribeTrails, group: "cloudtrail-trails", rate: 10},
	{Operation: GetTrailStatus, group: "cloudtrail-status", rate: 10},
	{Operation: GetEventSelectors, group: "cloudtrail-selectors", rate: 1},
}
