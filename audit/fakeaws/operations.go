package fakeaws

// operations are the API calls that the fake answers. The rates are the
// services' documented quotas per account and region, where they document
// one; the brackets say which are only known from practice.
var operations = map[string]operation{
	"secretsmanager:ListSecrets":            {"ListSecrets", 100, listSecrets},
	"secretsmanager:DescribeSecret":         {"DescribeSecret", 40000, describeSecret},
	"secretsmanager:ListSecretVersionIds":   {"ListSecretVersionIds", 50, listSecretVersionIDs}, // (practice)
	"secretsmanager:GetResourcePolicy":      {"ResourcePolicy", 50, getResourcePolicy},
	"secretsmanager:ValidateResourcePolicy": {"ResourcePolicy", 50, validateResourcePolicy},
	"secretsmanager:GetSecretValue":         {"GetSecretValue", 10000, getSecretValue},
	"secretsmanager:BatchGetSecretValue":    {"BatchGetSecretValue", 100, batchGetSecretValue},

	"kms:DescribeKey":          {"DescribeKey", 2000, describeKey},
	"kms:GetKeyRotationStatus": {"GetKeyRotationStatus", 1000, getKeyRotationStatus},
	"kms:GetKeyPolicy":         {"GetKeyPolicy", 1000, getKeyPolicy},
	"kms:ListGrants":           {"ListGrants", 100, listGrants},
	"kms:ListAliases":          {"ListAliases", 500, listAliases},
	"kms:ListResourceTags":     {"ListResourceTags", 2000, listResourceTags},
	"kms:Decrypt":              {"Cryptography", 5500, decrypt},

	"cloudtrail:LookupEvents":      {"LookupEvents", 2, lookupEvents},
	"cloudtrail:DescribeTrails":    {"DescribeTrails", 10, describeTrails},
	"cloudtrail:GetTrailStatus":    {"GetTrailStatus", 10, getTrailStatus},
	"cloudtrail:GetEventSelectors": {"GetEventSelectors", 10, getEventSelectors},

	"lambda:GetFunctionConfiguration": {"ControlPlane", 15, getFunctionConfiguration},
	"lambda:ListFunctions":            {"ControlPlane", 15, listFunctions},
	"lambda:GetPolicy":                {"GetPolicy", 15, getFunctionPolicy},

	"ssm:DescribeParameters": {"DescribeParameters", 10, describeParameters}, // (practice)
	"ssm:GetParameters":      {"GetParameters", 40, getParameters},
	"ssm:ListDocuments":      {"ListDocuments", 10, listDocuments}, // (practice)
	"ssm:GetDocument":        {"GetDocument", 10, getDocument},     // (practice)

	"ecs:ListTaskDefinitions":    {"ListTaskDefinitions", 10, listTaskDefinitions}, // (practice)
	"ecs:DescribeTaskDefinition": {"DescribeTaskDefinition", 20, describeTaskDefinition},

	"codebuild:ListProjects":     {"ListProjects", 5, listProjects},         // (practice)
	"codebuild:BatchGetProjects": {"BatchGetProjects", 5, batchGetProjects}, // (practice)

	"cloudformation:DescribeStacks": {"DescribeStacks", 5, describeStacks}, // (practice)
	"cloudformation:GetTemplate":    {"GetTemplate", 5, getTemplate},       // (practice)

	"states:ListStateMachines":    {"ListStateMachines", 5, listStateMachines},
	"states:DescribeStateMachine": {"DescribeStateMachine", 20, describeStateMachine},

	// The two generations of API Gateway sign alike and have operations of the same
	// name; the later one's have the ending V2 here.
	"apigateway:GetRestApis": {"Management", 10, getRESTAPIs},
	"apigateway:GetStages":   {"Management", 10, getRESTStages},
	"apigateway:GetApis":     {"Management", 10, getHTTPAPIs},
	"apigateway:GetStagesV2": {"Management", 10, getHTTPStages},

	// What takes messages. Nothing else here can be written to.
	"securityhub:BatchImportFindings": {"BatchImportFindings", 10, batchImportFindings},
	"sns:Publish":                     {"Publish", 300, publish},
	"events:PutEvents":                {"PutEvents", 400, putEvents},

	"glue:GetJobs":        {"GetJobs", 10, getJobs},               // (practice)
	"glue:GetConnections": {"GetConnections", 10, getConnections}, // (practice)

	"iam:GetAccountAuthorizationDetails": {"AuthorizationDetails", 5, getAccountAuthorizationDetails}, // (practice)
	"iam:ListAccessKeys":                 {"ListAccessKeys", 15, listAccessKeys},                      // (practice)

	"organizations:DescribeOrganization":  {"Organizations", 10, describeOrganization},  // (practice)
	"organizations:ListAccounts":          {"Organizations", 10, listAccounts},          // (practice)
	"organizations:ListParents":           {"Organizations", 10, listParents},           // (practice)
	"organizations:ListPoliciesForTarget": {"Organizations", 10, listPoliciesForTarget}, // (practice)
	"organizations:DescribePolicy":        {"Organizations", 2, describePolicy},         // (practice)

	"s3:ListObjectsV2": {"List", 5500, listObjects},
	"s3:GetObject":     {"Get", 5500, getObject},

	"cloudtrail:StartQuery":      {"StartQuery", 3, startQuery},           // (practice)
	"cloudtrail:GetQueryResults": {"GetQueryResults", 5, getQueryResults}, // (practice)

	"logs:DescribeMetricFilters": {"DescribeMetricFilters", 5, describeMetricFilters},
	"monitoring:DescribeAlarms":  {"DescribeAlarms", 9, describeAlarms},
	"events:ListRules":           {"ListRules", 10, listRules},                 // (practice)
	"events:ListTargetsByRule":   {"ListTargetsByRule", 10, listTargetsByRule}, // (practice)

	"account:ListRegions": {"ListRegions", 5, listRegions}, // (practice)

	"sts:GetCallerIdentity": {"STS", 600, getCallerIdentity},
	"sts:AssumeRole":        {"STS", 600, assumeRole},

	"ec2:DescribeInstances":              {"NonMutating", 20, describeInstances},              // (practice)
	"ec2:DescribeInstanceAttribute":      {"NonMutating", 20, describeInstanceAttribute},      // (practice)
	"ec2:DescribeLaunchTemplateVersions": {"NonMutating", 20, describeLaunchTemplateVersions}, // (practice)
	"ec2:DescribeVpcEndpoints":           {"NonMutating", 20, describeVPCEndpoints},           // (practice)
}
