package audit

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"slices"
	"strings"
	"testing"
)

// Every operation of AWS that a collection can reach, by name. Nothing here
// writes, reads the value of a secret, or decrypts; whoever adds a line makes
// sure that this stays so.
var reachable = []Operation{
	"account:ListRegions",
	"cloudtrail:DescribeTrails",
	"cloudtrail:GetEventSelectors",
	"cloudtrail:GetTrailStatus",
	"cloudtrail:LookupEvents",
	"ec2:DescribeVpcEndpoints",
	"kms:DescribeKey",
	"kms:GetKeyPolicy",
	"kms:GetKeyRotationStatus",
	"kms:ListGrants",
	"lambda:GetFunctionConfiguration",
	"lambda:GetPolicy",
	"secretsmanager:DescribeSecret",
	"secretsmanager:GetResourcePolicy",
	"secretsmanager:ListSecretVersionIds",
	"secretsmanager:ListSecrets",
	"sts:GetCallerIdentity",
}

func TestOperationsAreKnown(t *testing.T) {
	if got := Operations(); !slices.Equal(got, reachable) {
		t.Errorf("the operations are %q, the list of this test is %q", got, reachable)
	}
	for _, op := range reachable {
		_, name, _ := strings.Cut(string(op), ":")
		reads := slices.ContainsFunc([]string{"Get", "List", "Describe", "Lookup"}, func(verb string) bool { return strings.HasPrefix(name, verb) })
		if !reads || strings.Contains(name, "SecretValue") || strings.Contains(name, "Decrypt") || strings.Contains(name, "Password") {
			t.Errorf("%s writes, or reads what must not be read", op)
		}
	}
}

// services names the service of each interface in clients.go.
var services = map[string]string{
	"identityAPI": "sts", "accountAPI": "account", "secretsAPI": "secretsmanager", "keysAPI": "kms", "functionsAPI": "lambda", "trailsAPI": "cloudtrail",
}

// The interfaces through which the SDK is called offer the operations of the
// list and no other. ec2, which is asked without an SDK, has one operation of its
// own.
func TestClientsOfferNothingElse(t *testing.T) {
	file := parseSource(t, "clients.go")
	offered := []Operation{DescribeVpcEndpoints}
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
		"clients.go": {"sts", "account", "secretsmanager", "kms", "lambda", "cloudtrail"},
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
	if !slices.Equal(allowed, ops) {
		t.Errorf("the policy allows %q, the checks need %q", allowed, ops)
	}
	if !slices.Equal(allowed, reachable) {
		t.Errorf("all checks together need %q, a collection can ask %q", allowed, reachable)
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

func parseSource(t *testing.T, name string) *ast.File {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	return file
}
