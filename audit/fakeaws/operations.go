package fakeaws

// operations are the API calls that the fake answers. The rates are the
// services' documented quotas per account and region, where they document
// one; the brackets say which are only known from practice.
var operations = map[string]operation{
	"secretsmanager:ListSecrets":          {"ListSecrets", 100, listSecrets},
	"secretsmanager:DescribeSecret":       {"DescribeSecret", 40000, describeSecret},
	"secretsmanager:ListSecretVersionIds": {"ListSecretVersionIds", 50, listSecretVersionIDs}, // (practice)
	"secretsmanager:GetResourcePolicy":    {"ResourcePolicy", 50, getResourcePolicy},
	"secretsmanager:GetSecretValue":       {"GetSecretValue", 10000, getSecretValue},
	"secretsmanager:BatchGetSecretValue":  {"BatchGetSecretValue", 100, batchGetSecretValue},

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
	"lambda:GetPolicy":                {"GetPolicy", 15, getFunctionPolicy},

	"account:ListRegions": {"ListRegions", 5, listRegions}, // (practice)

	"sts:GetCallerIdentity": {"STS", 600, getCallerIdentity},
	"sts:AssumeRole":        {"STS", 600, assumeRole},

	"ec2:DescribeVpcEndpoints": {"NonMutating", 20, describeVPCEndpoints}, // (practice)
}
