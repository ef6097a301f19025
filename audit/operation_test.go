package audit

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// Every operation of AWS that a collection can reach, by name. Nothing here
// writes, reads the value of a secret, or decrypts; whoever adds a line makes
// sure that this stays so.
var reachable = []Operation{
	"account:ListRegions",
	"apigateway:GetRestApis",
	"apigateway:GetStages",
	"apigatewayv2:GetApis",
	"apigatewayv2:GetStages",
	"cloudformation:DescribeStacks",
	"cloudformation:GetTemplate",
	"cloudtrail:DescribeTrails",
	"cloudtrail:GetEventSelectors",
	"cloudtrail:GetQueryResults",
	"cloudtrail:GetTrailStatus",
	"cloudtrail:LookupEvents",
	"cloudtrail:StartQuery", // a SELECT; asked where the user names an event data store
	"cloudwatch:DescribeAlarms",
	"codebuild:BatchGetProjects",
	"codebuild:ListProjects",
	"ec2:DescribeInstanceAttribute",
	"ec2:DescribeInstances",
	"ec2:DescribeLaunchTemplateVersions",
	"ec2:DescribeVpcEndpoints",
	"ecs:DescribeTaskDefinition",
	"ecs:ListTaskDefinitions",
	"events:ListRules",
	"events:ListTargetsByRule",
	"glue:GetConnections", // with HidePassword
	"glue:GetJobs",
	"iam:GetAccountAuthorizationDetails",
	"iam:ListAccessKeys", // ids and dates
	"kms:DescribeKey",
	"kms:GetKeyPolicy",
	"kms:GetKeyRotationStatus",
	"kms:ListGrants",
	"lambda:GetFunctionConfiguration",
	"lambda:GetPolicy",
	"lambda:ListFunctions",
	"logs:DescribeMetricFilters",
	"organizations:DescribeOrganization",
	"organizations:DescribePolicy",
	"organizations:ListAccounts",
	"organizations:ListParents",
	"organizations:ListPoliciesForTarget",
	"s3:GetObject", // of a bucket that the user names
	"s3:ListObjectsV2",
	"secretsmanager:DescribeSecret",
	"secretsmanager:GetResourcePolicy",
	"secretsmanager:ListSecretVersionIds",
	"secretsmanager:ListSecrets",
	"secretsmanager:ValidateResourcePolicy", // gives an opinion of a text
	"ssm:DescribeParameters",
	"ssm:GetDocument",
	"ssm:GetParameters", // without decryption, of parameters that are not encrypted
	"ssm:ListDocuments",
	"states:DescribeStateMachine",
	"states:ListStateMachines",
	"sts:AssumeRole", // the role of a member of the organization; nothing is changed
	"sts:GetCallerIdentity",
}

// Every operation that --send and --alert can reach, by name. A collection reaches none
// of them: package send has clients of its own.
var sendable = []Operation{
	"events:PutEvents",
	"securityhub:BatchImportFindings",
	"sns:Publish",
}

// Package send declares the operations of its list and no other, its code calls the
// three services that they are of, and nothing else in this package knows of them.
func TestSendingReachesItsListAndNoMore(t *testing.T) {
	var declared, services []string
	for _, name := range sourcesOf(t, "send") {
		for _, text := range literalsOf(t, filepath.Join("send", name)) {
			if regexp.MustCompile(`^[a-z0-9]+:[A-Z][A-Za-z]+$`).MatchString(text) {
				declared = append(declared, text)
			}
			if slices.Contains([]string{"securityhub", "sns", "events"}, text) {
				services = append(services, text)
			}
		}
		if text, err := os.ReadFile(filepath.Join("send", name)); err != nil || strings.Contains(string(text), "aws-sdk-go-v2/service/") {
			t.Errorf("send/%s has a client of the SDK: %v", name, err)
		}
	}
	slices.Sort(declared)
	slices.Sort(services)
	var want []string
	for _, op := range sendable {
		want = append(want, string(op))
		if slices.Contains(reachable, op) {
			t.Errorf("a collection can reach %s", op)
		}
	}
	if !slices.Equal(declared, want) || !slices.Equal(slices.Compact(services), []string{"events", "securityhub", "sns"}) {
		t.Errorf("package send declares %q for %q, the list of this test is %q", declared, services, want)
	}
	for _, name := range sourcesOf(t, ".") {
		for _, text := range literalsOf(t, name) {
			if slices.Contains(want, text) || text == "findings/import" || text == "AWSEvents.PutEvents" {
				t.Errorf("%s knows %q", name, text)
			}
		}
	}
}

// sourcesOf lists the files of a package that are no tests.
func sourcesOf(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), ".go") && !strings.HasSuffix(e.Name(), "_test.go") {
			names = append(names, e.Name())
		}
	}
	return names
}

// literalsOf lists the texts in a file's code.
func literalsOf(t *testing.T, name string) []string {
	t.Helper()
	var list []string
	ast.Inspect(parseSource(t, name), func(n ast.Node) bool {
		if l, ok := n.(*ast.BasicLit); ok && l.Kind == token.STRING {
			if text, err := strconv.Unquote(l.Value); err == nil {
				list = append(list, text)
			}
		}
		return true
	})
	return list
}

// What is asked without an SDK.
var wired = []Operation{
	BatchGetProjects, ListProjects, DescribeInstanceAttribute, DescribeInstances, DescribeLaunchTemplateVersions, DescribeVpcEndpoints, DescribeTaskDefinition, ListTaskDefinitions,
	DescribeParameters, GetDocument, GetParameters, ListDocuments, DescribeStacks, GetTemplate, ListStateMachines, DescribeStateMachine,
	GetRESTAPIs, GetRESTStages, GetHTTPAPIs, GetHTTPStages, GetJobs, GetConnections,
	ListRegions, DescribeKey, GetKeyRotationStatus, GetKeyPolicy, ListGrants, GetFunctionConfiguration, GetFunctionPolicy, ListFunctions,
	GetAccountAuthorizationDetails, ListAccessKeys, DescribeOrganization, DescribePolicy, ListAccounts, ListParents, ListPoliciesForTarget,
	ListObjects, GetObject, DescribeMetricFilters, DescribeAlarms, ListRules, ListTargetsByRule,
}

func TestOperationsAreKnown(t *testing.T) {
	if got := Operations(); !slices.Equal(got, reachable) {
		t.Errorf("the operations are %q, the list of this test is %q", got, reachable)
	}
	for _, op := range reachable {
		_, name, _ := strings.Cut(string(op), ":")
		reads := slices.ContainsFunc([]string{"Get", "List", "Describe", "Lookup", "BatchGet", "Validate"}, func(verb string) bool { return strings.HasPrefix(name, verb) })
		if !reads && op != StartQuery && op != AssumeRole || strings.Contains(name, "SecretValue") || strings.Contains(name, "Decrypt") || strings.Contains(name, "Password") {
			t.Errorf("%s writes, or reads what must not be read", op)
		}
	}
}

// services names the service of each interface in clients.go.
var services = map[string]string{
	"identityAPI": "sts", "secretsAPI": "secretsmanager", "trailsAPI": "cloudtrail",
}

// The interfaces through which the SDK is called offer the operations of the
// list and no other.
func TestClientsOfferNothingElse(t *testing.T) {
	file := parseSource(t, "clients.go")
	offered := append(slices.Clone(wired), AssumeRole) // by session.go, for credentials
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.TypeSpec)
		if !ok {
			return true
		}
		face, ok := spec.Type.(*ast.InterfaceType)
		if !ok {
			return true
		}
		service := services[spec.Name.Name]
		if service == "" {
			t.Errorf("clients.go has an interface %s that this test does not know", spec.Name.Name)
		}
		for _, m := range face.Methods.List {
			if len(m.Names) != 1 {
				t.Errorf("%s embeds another interface", spec.Name.Name)
				continue
			}
			offered = append(offered, Operation(service+":"+m.Names[0].Name))
		}
		return true
	})
	slices.Sort(offered)
	if !slices.Equal(offered, reachable) {
		t.Errorf("the clients offer %q, the list is %q", offered, reachable)
	}
}

// Clients of the SDK are made in two places only: for the interfaces of
// clients.go, and for the role that the session assumes. No other file can hold a
// client that offers more.
func TestClientsAreMadeInOnePlace(t *testing.T) {
	allowed := map[string][]string{
		"clients.go": {"sts", "secretsmanager", "cloudtrail"},
		"session.go": {"sts"},
	}
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), ".go") || strings.HasSuffix(e.Name(), "_test.go") {
			continue
		}
		ast.Inspect(parseSource(t, e.Name()), func(n ast.Node) bool {
			s, ok := n.(*ast.SelectorExpr)
			if !ok || s.Sel.Name != "NewFromConfig" && s.Sel.Name != "New" {
				return true
			}
			x, ok := s.X.(*ast.Ident)
			if !ok || x.Name == "errors" || x.Name == "imds" || x.Name == "hmac" || x.Name == "sha256" {
				return true
			}
			if !slices.Contains(allowed[e.Name()], x.Name) {
				t.Errorf("%s makes a client with %s.%s", e.Name(), x.Name, s.Sel.Name)
			}
			return true
		})
	}
}

// The policy that is printed allows what the checks need, forbids to read values
// and says nothing else.
func TestPolicyOfAllChecks(t *testing.T) {
	ops := OperationsOf(Checks())
	d := Policy(ops, true)
	var allowed []Operation
	for _, s := range d.Statement {
		for _, action := range s.Action {
			if s.Effect == "Allow" {
				allowed = append(allowed, Operation(action))
			} else if !strings.HasSuffix(action, "GetSecretValue") {
				t.Errorf("it forbids %s", action)
			}
		}
	}
	slices.Sort(allowed)
	if want := actionsOf(ops); !slices.Equal(allowed, want) {
		t.Errorf("the policy allows %q, the checks need %q", allowed, want)
	}
	asked := slices.DeleteFunc(slices.Clone(reachable), func(op Operation) bool { return op.row().named != "" || op.row().ofMembers })
	if want := actionsOf(asked); !slices.Equal(allowed, want) {
		t.Errorf("all checks together need %q, a collection can ask %q", allowed, want)
	}
	if last := d.Statement[len(d.Statement)-1]; last.Effect != "Deny" || len(last.Action) != 2 {
		t.Errorf("the last statement is %+v, not the one that forbids to read values", last)
	}
	if rest := Policy(ops, false); len(rest.Statement) != len(d.Statement)-1 {
		t.Error("without the denial it is not the same policy")
	}
	some := OperationsOf(Checks()[:1])
	if len(some) >= len(ops) {
		t.Errorf("one check needs as much as all of them: %q", some)
	}
}

// actionsOf lists what IAM calls the permissions, each once, sorted.
func actionsOf(ops []Operation) []Operation {
	var list []Operation
	for _, op := range ops {
		list = append(list, Operation(op.Action()))
	}
	slices.Sort(list)
	return slices.Compact(list)
}

func parseSource(t *testing.T, name string) *ast.File {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	return file
}
