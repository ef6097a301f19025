package audit

import (
	"slices"
	"strings"
)

// An Operation is an operation of an AWS API, written as IAM writes actions:
// "secretsmanager:ListSecrets".
type Operation string

// The operations that a collection can reach. None of them writes, reads the
// value of a secret, or decrypts; one reads values, of parameters that are not
// encrypted: GetParameters.
const (
	GetCallerIdentity Operation = "sts:GetCallerIdentity"
	ListRegions       Operation = "account:ListRegions"
	// ListAccounts is asked for the members of an organization, AssumeRole for the
	// credentials of one; it changes nothing.
	ListAccounts         Operation = "organizations:ListAccounts"
	AssumeRole           Operation = "sts:AssumeRole"
	ListSecrets          Operation = "secretsmanager:ListSecrets"
	DescribeSecret       Operation = "secretsmanager:DescribeSecret"
	ListSecretVersionIds Operation = "secretsmanager:ListSecretVersionIds"
	GetResourcePolicy    Operation = "secretsmanager:GetResourcePolicy"
	// ValidateResourcePolicy gives an opinion of a policy and changes nothing.
	ValidateResourcePolicy   Operation = "secretsmanager:ValidateResourcePolicy"
	DescribeKey              Operation = "kms:DescribeKey"
	GetKeyRotationStatus     Operation = "kms:GetKeyRotationStatus"
	GetKeyPolicy             Operation = "kms:GetKeyPolicy"
	ListGrants               Operation = "kms:ListGrants"
	GetFunctionConfiguration Operation = "lambda:GetFunctionConfiguration"
	GetFunctionPolicy        Operation = "lambda:GetPolicy"
	ListFunctions            Operation = "lambda:ListFunctions"
	DescribeParameters       Operation = "ssm:DescribeParameters"
	// GetParameters is asked without decryption, and for parameters that are not
	// encrypted.
	GetParameters                  Operation = "ssm:GetParameters"
	ListDocuments                  Operation = "ssm:ListDocuments"
	GetDocument                    Operation = "ssm:GetDocument"
	ListTaskDefinitions            Operation = "ecs:ListTaskDefinitions"
	DescribeTaskDefinition         Operation = "ecs:DescribeTaskDefinition"
	ListProjects                   Operation = "codebuild:ListProjects"
	BatchGetProjects               Operation = "codebuild:BatchGetProjects"
	DescribeInstances              Operation = "ec2:DescribeInstances"
	DescribeInstanceAttribute      Operation = "ec2:DescribeInstanceAttribute"
	DescribeLaunchTemplateVersions Operation = "ec2:DescribeLaunchTemplateVersions"
	DescribeVpcEndpoints           Operation = "ec2:DescribeVpcEndpoints"
	DescribeStacks                 Operation = "cloudformation:DescribeStacks"
	GetTemplate                    Operation = "cloudformation:GetTemplate"
	ListStateMachines              Operation = "states:ListStateMachines"
	DescribeStateMachine           Operation = "states:DescribeStateMachine"
	GetRESTAPIs                    Operation = "apigateway:GetRestApis"
	GetRESTStages                  Operation = "apigateway:GetStages"
	GetHTTPAPIs                    Operation = "apigatewayv2:GetApis"
	GetHTTPStages                  Operation = "apigatewayv2:GetStages"
	GetJobs                        Operation = "glue:GetJobs"
	// GetConnections is asked with HidePassword.
	GetConnections    Operation = "glue:GetConnections"
	LookupEvents      Operation = "cloudtrail:LookupEvents"
	DescribeTrails    Operation = "cloudtrail:DescribeTrails"
	GetTrailStatus    Operation = "cloudtrail:GetTrailStatus"
	GetEventSelectors Operation = "cloudtrail:GetEventSelectors"
	// GetAccountAuthorizationDetails tells of all users, groups, roles and policies.
	GetAccountAuthorizationDetails Operation = "iam:GetAccountAuthorizationDetails"
	ListAccessKeys                 Operation = "iam:ListAccessKeys"
	DescribeOrganization           Operation = "organizations:DescribeOrganization"
	ListParents                    Operation = "organizations:ListParents"
	ListPoliciesForTarget          Operation = "organizations:ListPoliciesForTarget"
	DescribePolicy                 Operation = "organizations:DescribePolicy"

	// What is asked only where the user names a bucket or an event data store.
	ListObjects     Operation = "s3:ListObjectsV2"
	GetObject       Operation = "s3:GetObject"
	StartQuery      Operation = "cloudtrail:StartQuery"
	GetQueryResults Operation = "cloudtrail:GetQueryResults"

	DescribeMetricFilters Operation = "logs:DescribeMetricFilters"
	DescribeAlarms        Operation = "cloudwatch:DescribeAlarms"
	ListRules             Operation = "events:ListRules"
	ListTargetsByRule     Operation = "events:ListTargetsByRule"
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
	// searched says that the answers are configuration, which our rules search
	// while it is in memory.
	searched bool
	// named says where it is asked only if the user names a place: "s3", "store".
	named string
	// ofMembers says that it serves to reach the members of an organization, and not
	// to learn something about an account.
	ofMembers bool
	// action is what IAM calls the permission, where that is not the operation.
	action string
	// global says that it is asked once for an account, and not in each region.
	global bool
}

// perRegion reports whether it is asked in each region.
func (r *operationRow) perRegion() bool {
	return !r.global && !r.ofMembers && r.Operation != GetCallerIdentity && r.Operation != ListRegions
}

// row returns what is known of o, nil for what is none of ours.
func (o Operation) row() *operationRow {
	for i := range operations { // no row is copied: it is asked several times for each secret
		if operations[i].Operation == o {
			return &operations[i]
		}
	}
	return nil
}

// Action is what a policy of IAM must allow for o: "apigateway:GET".
func (o Operation) Action() string {
	if r := o.row(); r != nil && r.action != "" {
		return r.action
	}
	return string(o)
}

// searched reports whether the answers to an operation are configuration.
func (o Operation) searched() bool {
	r := o.row()
	return r != nil && r.searched
}

// global reports whether an operation is asked once for an account.
func (o Operation) global() bool {
	r := o.row()
	return r != nil && r.global
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
	{Operation: AssumeRole, group: "sts", rate: 100, ofMembers: true},     // none documented
	{Operation: ListSecrets, group: "secretsmanager-list", rate: 100, needed: true},
	{Operation: DescribeSecret, group: "secretsmanager-describe", rate: 40_000},
	{Operation: ListSecretVersionIds, group: "secretsmanager-versions", rate: 50},
	{Operation: GetResourcePolicy, group: "secretsmanager-policy", rate: 50},
	{Operation: ValidateResourcePolicy, group: "secretsmanager-policy", rate: 50},
	{Operation: DescribeKey, group: "kms-describe", rate: 2_000},
	{Operation: GetKeyRotationStatus, group: "kms-rotation", rate: 1_000},
	{Operation: GetKeyPolicy, group: "kms-policy", rate: 1_000},
	{Operation: ListGrants, group: "kms-grants", rate: 100},
	{Operation: GetFunctionConfiguration, group: "lambda-get", rate: 100},
	{Operation: GetFunctionPolicy, group: "lambda-policy", rate: 15},
	{Operation: ListFunctions, group: "lambda-control", rate: 15, searched: true},
	{Operation: DescribeParameters, group: "ssm-describe", rate: 10, searched: true}, // none documented
	{Operation: GetParameters, group: "ssm-get", rate: 40, searched: true},
	{Operation: ListDocuments, group: "ssm-documents", rate: 10, searched: true},         // none documented
	{Operation: GetDocument, group: "ssm-document", rate: 10, searched: true},            // none documented
	{Operation: ListTaskDefinitions, group: "ecs-list", rate: 10, searched: true},        // none documented
	{Operation: DescribeTaskDefinition, group: "ecs-describe", rate: 20, searched: true}, // none documented
	{Operation: ListProjects, group: "codebuild-list", rate: 5, searched: true},          // none documented
	{Operation: BatchGetProjects, group: "codebuild-get", rate: 5, searched: true},       // none documented
	{Operation: DescribeInstances, group: "ec2", rate: 20, searched: true},
	{Operation: DescribeInstanceAttribute, group: "ec2", rate: 20, searched: true},
	{Operation: DescribeLaunchTemplateVersions, group: "ec2", rate: 20, searched: true},
	{Operation: DescribeVpcEndpoints, group: "ec2", rate: 20},                              // none documented
	{Operation: DescribeStacks, group: "cloudformation-describe", rate: 5, searched: true}, // none documented
	{Operation: GetTemplate, group: "cloudformation-template", rate: 5, searched: true},    // none documented
	{Operation: ListStateMachines, group: "states-list", rate: 5, searched: true},
	{Operation: DescribeStateMachine, group: "states-describe", rate: 20, searched: true},
	{Operation: GetRESTAPIs, group: "apigateway", rate: 10, searched: true, action: "apigateway:GET"},
	{Operation: GetRESTStages, group: "apigateway", rate: 10, searched: true, action: "apigateway:GET"},
	{Operation: GetHTTPAPIs, group: "apigateway", rate: 10, searched: true, action: "apigateway:GET"},
	{Operation: GetHTTPStages, group: "apigateway", rate: 10, searched: true, action: "apigateway:GET"},
	{Operation: GetJobs, group: "glue-jobs", rate: 10, searched: true},               // none documented
	{Operation: GetConnections, group: "glue-connections", rate: 10, searched: true}, // none documented
	{Operation: LookupEvents, group: "cloudtrail-lookup", rate: 2},
	{Operation: DescribeTrails, group: "cloudtrail-trails", rate: 10},
	{Operation: GetTrailStatus, group: "cloudtrail-status", rate: 10},
	{Operation: GetEventSelectors, group: "cloudtrail-selectors", rate: 1},
	{Operation: GetAccountAuthorizationDetails, group: "iam-details", rate: 5, global: true}, // none documented
	{Operation: ListAccessKeys, group: "iam-keys", rate: 15, global: true},                   // none documented
	{Operation: DescribeOrganization, group: "organizations", rate: 5, global: true},         // none documented, as those below
	{Operation: ListAccounts, group: "organizations", rate: 5, global: true},
	{Operation: ListParents, group: "organizations", rate: 5, global: true},
	{Operation: ListPoliciesForTarget, group: "organizations", rate: 5, global: true},
	{Operation: DescribePolicy, group: "organizations-policies", rate: 2, global: true},
	{Operation: ListObjects, group: "s3-list", rate: 100, named: "s3", action: "s3:ListBucket"}, // 5,500 for each prefix
	{Operation: GetObject, group: "s3-get", rate: 1_000, named: "s3"},                           // the same
	{Operation: StartQuery, group: "cloudtrail-query", rate: 3, named: "store"},                 // none documented
	{Operation: GetQueryResults, group: "cloudtrail-results", rate: 5, named: "store"},          // none documented
	{Operation: DescribeMetricFilters, group: "logs-filters", rate: 5},
	{Operation: DescribeAlarms, group: "cloudwatch-alarms", rate: 9},
	{Operation: ListRules, group: "events-rules", rate: 10},           // none documented
	{Operation: ListTargetsByRule, group: "events-targets", rate: 10}, // none documented
}
