package audit

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/assayhq/assay/audit/fakeaws"
)

const ownerAccount = "111122223333"

var readQuestion = question{
	action: "secretsmanager:GetSecretValue", resource: "arn:aws:secretsmanager:eu-central-1:111122223333:secret:a-AbCdEf", owner: ownerAccount,
}

// statementJSON is an Allow of reading to everyone, with elements put in or, as
// null, left out.
func statementJSON(with string) string {
	elements := map[string]any{"Effect": "Allow", "Principal": "*", "Action": "secretsmanager:GetSecretValue", "Resource": "*"}
	if err := json.Unmarshal([]byte("{"+with+"}"), &elements); err != nil {
		panic(fmt.Sprintf("%s: %v", with, err))
	}
	for name, value := range elements {
		if value == nil {
			delete(elements, name)
		}
	}
	text, err := json.Marshal(elements)
	if err != nil {
		panic(err)
	}
	return string(text)
}

// policyOf is a policy of statements, each given as in statementJSON.
func policyOf(statements ...string) string {
	var texts []string
	for _, s := range statements {
		texts = append(texts, statementJSON(s))
	}
	return `{"Version":"2012-10-17","Statement":[` + strings.Join(texts, ",") + `]}`
}

// said is what outside says, one access after the other.
func said(list []access) string {
	names := map[scope]string{public: "public", bounded: "bounded", accounts: "accounts", service: "service"}
	var texts []string
	for _, a := range list {
		text := names[a.scope] + " " + a.who
		if a.through != "" {
			text += " through " + a.through
		}
		texts = append(texts, text)
	}
	return strings.Join(texts, "; ")
}

// An outsideTest is a policy and who of other accounts may read by it.
type outsideTest struct {
	name       string
	statements []string
	want       string
}

func outsideTests() []outsideTest {
	condition := func(operator, key, values string) string {
		return fmt.Sprintf(`"Condition":{%q:{%q:%s}}`, operator, key, values)
	}
	deny := `"Effect":"Deny",`
	return []outsideTest{
		{"everyone", []string{``}, "public everyone"},
		{"everyone, written as AWS", []string{`"Principal":{"AWS":"*"}`}, "public everyone"},
		{"everyone, in a list", []string{`"Principal":{"AWS":["111122223333","*"]}`}, "public everyone"},
		{"everyone but one", []string{`"Principal":null,"NotPrincipal":{"AWS":"arn:aws:iam::111122223333:root"}`}, "public everyone"},
		{"another action", []string{`"Action":"secretsmanager:DescribeSecret"`}, ""},
		{"action in other case", []string{`"Action":"SecretsManager:getsecretvalue"`}, "public everyone"},
		{"action with wildcards", []string{`"Action":["secretsmanager:Get*Val?e"]`}, "public everyone"},
		{"all but another action", []string{`"Action":null,"NotAction":"secretsmanager:PutSecretValue"`}, "public everyone"},
		{"all but this action", []string{`"Action":null,"NotAction":"secretsmanager:Get*"`}, ""},
		{"another resource", []string{`"Resource":"arn:aws:secretsmanager:eu-central-1:111122223333:secret:b-AbCdEf"`}, ""},
		{"resource in other case", []string{`"Resource":"arn:aws:secretsmanager:eu-central-1:111122223333:secret:A-AbCdEf"`}, ""},
		{"resource with a wildcard", []string{`"Resource":"arn:aws:secretsmanager:*:*:secret:a-??????"`}, "public everyone"},
		{"resource with a variable", []string{`"Resource":"arn:aws:secretsmanager:*:*:secret:${aws:PrincipalTag/team}"`}, "public everyone"},
		{"all but this resource", []string{`"Resource":null,"NotResource":"*"`}, ""},
		{"all but another resource", []string{`"Resource":null,"NotResource":"arn:aws:secretsmanager:*:*:secret:b-*"`}, "public everyone"},
		{"without a resource", []string{`"Resource":null`}, "public everyone"},
		{"own account by number", []string{`"Principal":{"AWS":"111122223333"}`}, ""},
		{"own role", []string{`"Principal":{"AWS":"arn:aws:iam::111122223333:role/app"}`}, ""},
		{"other account by number", []string{`"Principal":{"AWS":"444455556666"}`}, "accounts 444455556666"},
		{"other role, China", []string{`"Principal":{"AWS":"arn:aws-cn:iam::444455556666:role/app"}`}, "accounts arn:aws-cn:iam::444455556666:role/app"},
		{"role that is gone", []string{`"Principal":{"AWS":"AROAEXAMPLEEXAMPLEEXA"}`}, ""},
		{"identity provider", []string{`"Principal":{"Federated":"cognito-identity.amazonaws.com"}`}, "accounts cognito-identity.amazonaws.com"},
		{"service", []string{`"Principal":{"Service":"lambda.amazonaws.com"}`}, "service lambda.amazonaws.com"},
		{"service for this account", []string{`"Principal":{"Service":"lambda.amazonaws.com"},` + condition("StringEquals", "aws:SourceAccount", `"111122223333"`)}, ""},
		{"service for another", []string{`"Principal":{"Service":"lambda.amazonaws.com"},` + condition("StringEquals", "aws:SourceAccount", `"444455556666"`)}, "service lambda.amazonaws.com"},

		{"organization", []string{condition("StringEquals", "aws:PrincipalOrgID", `"o-a1b2c3d4e5"`)}, "bounded everyone within the organization o-a1b2c3d4e5"},
		{"organization, key in other case", []string{condition("StringEquals", "AWS:principalorgid", `["o-a1b2c3d4e5"]`)}, "bounded everyone within the organization o-a1b2c3d4e5"},
		{"any organization", []string{condition("StringLike", "aws:PrincipalOrgID", `"o-*"`)}, "public everyone"},
		{"own organization", []string{condition("StringEquals", "aws:PrincipalOrgID", `"${aws:ResourceOrgID}"`)}, "bounded everyone within its own organization"},
		{"principal's own organization", []string{condition("StringEquals", "aws:PrincipalOrgID", `"${aws:PrincipalOrgID}"`)}, "public everyone"},
		{"organization or none", []string{condition("StringEqualsIfExists", "aws:PrincipalOrgID", `"o-a1b2c3d4e5"`)}, "public everyone"},
		{"all but an organization", []string{condition("StringNotEquals", "aws:PrincipalOrgID", `"o-a1b2c3d4e5"`)}, "public everyone"},
		{"path of an organization", []string{condition("ForAnyValue:StringLike", "aws:PrincipalOrgPaths", `"o-a1b2c3d4e5/r-ab12/*"`)}, "bounded everyone within the organization o-a1b2c3d4e5"},
		{"path, or no path", []string{condition("ForAllValues:StringLike", "aws:PrincipalOrgPaths", `"o-a1b2c3d4e5/*"`)}, "public everyone"},
		{"path of any organization", []string{condition("ForAnyValue:StringLike", "aws:PrincipalOrgPaths", `"*/r-ab12/*"`)}, "public everyone"},
		{"own account by condition", []string{condition("StringEquals", "aws:PrincipalAccount", `"111122223333"`)}, ""},
		{"own account by variable", []string{condition("StringEquals", "aws:PrincipalAccount", `"${aws:ResourceAccount}"`)}, ""},
		{"own account of KMS", []string{condition("StringEquals", "kms:CallerAccount", `"111122223333"`)}, ""},
		{"two accounts", []string{condition("StringEquals", "aws:PrincipalAccount", `["111122223333","444455556666"]`)}, "accounts account 444455556666"},
		{"any account", []string{condition("StringLike", "aws:PrincipalAccount", `["111122223333","*"]`)}, "public everyone"},
		{"role of another account", []string{condition("ArnLike", "aws:PrincipalArn", `"arn:aws:iam::444455556666:role/*"`)}, "accounts account 444455556666"},
		{"role of any account", []string{condition("ArnLike", "aws:PrincipalArn", `"arn:aws:iam::*:role/admin"`)}, "public everyone"},
		{"source without account", []string{condition("ArnEquals", "aws:SourceArn", `"arn:aws:s3:::bucket"`)}, "bounded everyone within arn:aws:s3:::bucket"},
		{"any source", []string{condition("ArnLike", "aws:SourceArn", `"arn:aws:s3:::*"`)}, "public everyone"},
		{"endpoint", []string{condition("StringEquals", "aws:SourceVpce", `"vpce-0123456789abcdef0"`)}, "bounded everyone within the VPC endpoint vpce-0123456789abcdef0"},
		{"any endpoint", []string{condition("StringLike", "aws:SourceVpce", `"vpce-*"`)}, "public everyone"},
		{"network", []string{condition("IpAddress", "aws:SourceIp", `["203.0.113.0/24","2001:db8::/32"]`)}, "bounded everyone within the addresses 203.0.113.0/24, the addresses 2001:db8::/32"},
		{"half of the world", []string{condition("IpAddress", "aws:SourceIp", `["203.0.113.0/24","0.0.0.0/1"]`)}, "public everyone"},
		{"network as a text", []string{condition("StringEquals", "aws:SourceIp", `"203.0.113.0/24"`)}, "public everyone"},
		{"user id", []string{condition("StringLike", "aws:userid", `"AROAEXAMPLEEXAMPLEEXA:*"`)}, "bounded everyone within the user id AROAEXAMPLEEXAMPLEEXA:*"},
		{"any user id", []string{condition("StringLike", "aws:userid", `"*:deploy"`)}, "public everyone"},
		{"TLS is no limit", []string{condition("Bool", "aws:SecureTransport", `true`)}, "public everyone"},
		{"a tag is no limit", []string{condition("StringEquals", "aws:PrincipalTag/team", `"pay"`)}, "public everyone"},
		{"no value", []string{condition("StringEquals", "aws:PrincipalOrgID", `[]`)}, "public everyone"},
		{"through Secrets Manager", []string{condition("StringEquals", "kms:ViaService", `"secretsmanager.eu-central-1.amazonaws.com"`)}, "public everyone through Secrets Manager"},
		{"through anything", []string{condition("StringLike", "kms:ViaService", `"*.amazonaws.com"`)}, "public everyone"},
		{"for a secret", []string{condition("StringLike", "kms:EncryptionContext:SecretARN", `"arn:aws:secretsmanager:*:111122223333:secret:*"`)}, "public everyone through Secrets Manager"},
		{"grants for services", []string{condition("Bool", "kms:GrantIsForAWSResource", `"true"`)}, "public everyone through AWS services"},

		{"all denied", []string{``, deny + `"Action":"*"`}, ""},
		{"another action denied", []string{``, deny + `"Action":"secretsmanager:PutSecretValue"`}, "public everyone"},
		{"denied without TLS", []string{``, deny + condition("Bool", "aws:SecureTransport", `false`)}, "public everyone"},
		{"denied outside an organization", []string{``, deny + condition("StringNotEquals", "aws:PrincipalOrgID", `"o-a1b2c3d4e5"`)}, "bounded everyone within the organization o-a1b2c3d4e5"},
		{"denied outside, if known", []string{``, deny + condition("StringNotEqualsIfExists", "aws:PrincipalOrgID", `"o-a1b2c3d4e5"`)}, "bounded everyone within the organization o-a1b2c3d4e5"},
		{"denied outside any", []string{``, deny + condition("StringNotLike", "aws:PrincipalOrgID", `"*"`)}, "public everyone"},
		{"denied where some value differs", []string{``, deny + condition("ForAnyValue:StringNotEquals", "aws:PrincipalOrgPaths", `"o-a1b2c3d4e5/"`)}, "public everyone"},
		{"denied outside own account", []string{``, deny + condition("StringNotEquals", "aws:PrincipalAccount", `"111122223333"`)}, ""},
		{"denied outside an organization, but for services", []string{``, deny + `"Condition":{"StringNotEqualsIfExists":{"aws:PrincipalOrgID":"o-a1b2c3d4e5"},"BoolIfExists":{"aws:PrincipalIsAWSService":"false"}}`},
			"bounded everyone within what AWS services do, the organization o-a1b2c3d4e5"},
		{"denied by two conditions, one unknown", []string{``, deny + `"Condition":{"StringNotEquals":{"aws:PrincipalOrgID":"o-a1b2c3d4e5","aws:RequestedRegion":"eu-central-1"}}`}, "public everyone"},
		{"denied to all but own", []string{``, deny + `"Principal":null,"NotPrincipal":{"AWS":["111122223333","arn:aws:iam::111122223333:role/app"]}`}, ""},
		{"denied to all but another", []string{``, deny + `"Principal":null,"NotPrincipal":{"AWS":"444455556666"}`}, "accounts account 444455556666"},
		{"denied to nobody", []string{``, deny + `"Principal":null,"NotPrincipal":"*"`}, "public everyone"},
		{"account allowed and denied", []string{`"Principal":{"AWS":"arn:aws:iam::444455556666:role/app"}`, deny + `"Principal":{"AWS":"444455556666"}`}, ""},
		{"role allowed, another denied", []string{`"Principal":{"AWS":"arn:aws:iam::444455556666:role/app"}`, deny + `"Principal":{"AWS":"arn:aws:iam::444455556666:role/other"}`}, "accounts arn:aws:iam::444455556666:role/app"},
		{"account allowed, denied outside own", []string{`"Principal":{"AWS":"444455556666"}`, deny + condition("StringNotEquals", "aws:PrincipalAccount", `"111122223333"`)}, ""},
		{"denied but through Secrets Manager", []string{``, deny + condition("StringNotEquals", "kms:ViaService", `"secretsmanager.eu-central-1.amazonaws.com"`)}, "public everyone through Secrets Manager"},
	}
}

func TestOutside(t *testing.T) {
	kinds := map[string]int{}
	for _, test := range outsideTests() {
		kind, _, _ := strings.Cut(test.want, " ")
		kinds[kind]++
		t.Run(test.name, func(t *testing.T) {
			p, err := parsePolicy(policyOf(test.statements...))
			if err != nil {
				t.Fatal(err)
			}
			if got := said(p.outside(readQuestion)); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
	for _, kind := range []string{"", "public", "bounded", "accounts", "service"} { // "" is private
		if kinds[kind] < 2 {
			t.Errorf("the table has %d policies that are %q", kinds[kind], kind)
		}
	}
}

// brokenPolicies are no policies that IAM would take, by what is wrong with them.
func brokenPolicies() map[string]string {
	return map[string]string{
		"no JSON":                  `{"Version":`,
		"two documents":            `{"Statement":[]}{}`,
		"a list":                   `[]`,
		"nothing":                  ``,
		"no statement":             `{"Version":"2012-10-17"}`,
		"a later version":          `{"Version":"2030-01-01","Statement":[]}`,
		"a version as a number":    `{"Version":2012,"Statement":[]}`,
		"an unknown element":       `{"Statement":[],"Comment":"x"}`,
		"a statement twice":        `{"Statement":[],"Statement":[]}`,
		"a statement as text":      `{"Statement":["Allow"]}`,
		"an Id as a list":          `{"Id":[],"Statement":[]}`,
		"nested deep":              `{"Statement":` + strings.Repeat("[", 50) + strings.Repeat("]", 50) + `}`,
		"no effect":                policyOf(`"Effect":null`),
		"effect in lower case":     policyOf(`"Effect":"allow"`),
		"no principal":             policyOf(`"Principal":null`),
		"both principals":          policyOf(`"NotPrincipal":"*"`),
		"principal as an ARN":      policyOf(`"Principal":"arn:aws:iam::444455556666:root"`),
		"principal of no kind":     policyOf(`"Principal":{"Human":"x"}`),
		"principal with wildcard":  policyOf(`"Principal":{"AWS":"arn:aws:iam::*:root"}`),
		"principal as a number":    policyOf(`"Principal":{"AWS":111122223333}`),
		"empty principal":          policyOf(`"Principal":{"AWS":""}`),
		"no action":                policyOf(`"Action":null`),
		"both actions":             policyOf(`"NotAction":"*"`),
		"action as an object":      policyOf(`"Action":{}`),
		"both resources":           policyOf(`"NotResource":"*"`),
		"sid as a number":          policyOf(`"Sid":1`),
		"element in lower case":    policyOf(`"effect":"Deny"`),
		"condition as a list":      policyOf(`"Condition":[]`),
		"unknown operator":         policyOf(`"Condition":{"StringIs":{"a":"b"}}`),
		"operator with text":       policyOf(`"Condition":{"StringEquals":"b"}`),
		"condition with an object": policyOf(`"Condition":{"StringEquals":{"a":{}}}`),
		"condition with null":      policyOf(`"Condition":{"StringEquals":{"a":null}}`),
		"condition key twice":      `{"Statement":{"Effect":"Allow","Principal":"*","Action":"*","Condition":{"Bool":{"aws:X":"1","AWS:x":"2"}}}}`,
		"too long":                 `{"Statement":[` + strings.Repeat(" ", maxPolicy) + `]}`,
	}
}

func TestParsePolicyRefuses(t *testing.T) {
	for name, text := range brokenPolicies() {
		if p, err := parsePolicy(text); err == nil {
			t.Errorf("%s: it is read as %+v", name, p)
		} else if strings.ContainsAny(err.Error(), "\n\r\x00") {
			t.Errorf("%s: the error has more than one line: %q", name, err)
		}
	}
}

// A policy that cannot be read is never taken for a private one, on its way from AWS
// to the verdict.
func TestBrokenPoliciesAreNotEvaluated(t *testing.T) {
	cloud := newCloud()
	g := cloud.Account(testAccount).Region("eu-west-1")
	g.Validate = func(string) []fakeaws.Objection { return nil }
	for name, text := range brokenPolicies() {
		if text != "" && name != "an Id as a list" && name != "sid as a number" { // labels are not kept
			secretUnder(g, strings.ReplaceAll(name, " ", "-"), "").Policy = text
		}
	}
	o := searching(t)
	o.Regions = []string{"eu-west-1"}
	inv, _ := gather(t, configOf(t, cloud, testAccount), o)
	checks := []*Check{smPOL01(), smPOL02(), smPOL03(), smPOL04(), smPOL05()}
	settings, err := Settings{PolicyGuards: []string{"tls"}}.Merge()
	if err != nil {
		t.Fatal(err)
	}
	var said outcomes
	if _, err := (&Judge{Checks: checks, Settings: settings}).Run(inv, &said); err != nil {
		t.Fatal(err)
	}
	if want := len(g.Secrets) * len(checks); len(said.names) != want {
		t.Errorf("%d verdicts, want %d", len(said.names), want)
	}
	for i, name := range said.names {
		if name != "not-evaluated" {
			t.Errorf("one is judged: %s, %s", name, said.texts[i])
		}
	}
}

// A statement may stand alone, and operators are compared without regard to case.
func TestParsePolicyAccepts(t *testing.T) {
	for _, text := range []string{
		`{"Statement":` + statementJSON(``) + `}`,
		`{"Id":"x","Version":"2008-10-17","Statement":[` + statementJSON(`"Sid":"s"`) + `]}`,
		policyOf(`"Condition":{"forallvalues:stringlikeifexists":{"aws:PrincipalOrgPaths":"o-*"}}`),
		policyOf(`"Condition":{"NumericLessThan":{"aws:MultiFactorAuthAge":3600},"Bool":{"aws:SecureTransport":true},"Null":{"aws:userid":["false"]}}`),
	} {
		p, err := parsePolicy(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if got := said(p.outside(readQuestion)); got != "public everyone" {
			t.Errorf("%s: %s", text, got)
		}
	}
	if p, err := parsePolicy(`{"Statement":[]}`); err != nil || p.outside(readQuestion) != nil {
		t.Errorf("a policy without statements: %v, %v", p, err)
	}
}

// Wildcards match as the regular expression does that they stand for.
func TestMatchWild(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		pattern := rapid.StringMatching(`[ab*?]{0,8}`).Draw(t, "pattern")
		text := rapid.StringMatching(`[ab*?]{0,10}`).Draw(t, "text")
		expression := "^" + strings.NewReplacer("*", ".*", "?", ".").Replace(pattern) + "$"
		if want := regexp.MustCompile(expression).MatchString(text); matchWild(pattern, text) != want {
			t.Fatalf("matchWild(%q, %q) is %v", pattern, text, !want)
		}
	})
}

// A Deny never lets anybody in, an Allow never keeps anybody out, and the order
// of statements does not matter.
func TestPolicyIsMonotonic(t *testing.T) {
	principals := []string{`"Principal":"*"`, `"Principal":{"AWS":"444455556666"}`, `"Principal":{"AWS":"111122223333"}`,
		`"Principal":null,"NotPrincipal":{"AWS":"444455556666"}`, `"Principal":{"Service":"lambda.amazonaws.com"}`}
	conditions := []string{`"Sid":"x"`, `"Condition":{"StringEquals":{"aws:PrincipalOrgID":"o-a1b2c3d4e5"}}`,
		`"Condition":{"StringNotEquals":{"aws:PrincipalAccount":"444455556666"}}`, `"Condition":{"StringNotEquals":{"aws:SourceVpce":"vpce-1"}}`,
		`"Condition":{"Bool":{"aws:SecureTransport":"false"}}`, `"Action":"kms:*"`}
	draw := func(t *rapid.T, effect string) string {
		return `"Effect":"` + effect + `",` + rapid.SampledFrom(principals).Draw(t, "principal") + "," + rapid.SampledFrom(conditions).Draw(t, "condition")
	}
	who := func(t *rapid.T, statements []string) map[string]bool {
		p, err := parsePolicy(policyOf(statements...))
		if err != nil {
			t.Fatal(err)
		}
		set := map[string]bool{}
		for _, a := range p.outside(readQuestion) {
			set[fmt.Sprint(a.scope == public, a.accounts)] = true
		}
		return set
	}
	rapid.Check(t, func(t *rapid.T) {
		var statements []string
		for range rapid.IntRange(0, 4).Draw(t, "n") {
			statements = append(statements, draw(t, rapid.SampledFrom([]string{"Allow", "Deny"}).Draw(t, "effect")))
		}
		before := who(t, statements)
		denied := who(t, append(slices.Clone(statements), draw(t, "Deny")))
		if len(before) == 0 && len(denied) > 0 || denied["true []"] && !before["true []"] {
			t.Fatalf("a Deny lets %v in, before it were %v", denied, before)
		}
		allowed := who(t, append(slices.Clone(statements), draw(t, "Allow")))
		for a := range before {
			if !allowed[a] {
				t.Fatalf("an Allow keeps %s out, of %v", a, before)
			}
		}
		slices.Reverse(statements)
		if turned := who(t, statements); fmt.Sprint(turned) != fmt.Sprint(before) {
			t.Fatalf("in another order %v, not %v", turned, before)
		}
	})
}

func FuzzParsePolicy(f *testing.F) {
	f.Add(`{"Version":"2012-10-17","Statement":[]}`)
	f.Add(policyOf(``))
	f.Add(policyOf(`"Principal":null,"NotPrincipal":{"AWS":"1"}`, `"Effect":"Deny","Condition":{"ForAnyValue:StringNotLikeIfExists":{"aws:SourceArn":["arn:aws:s3:::b"]}}`))
	f.Add(policyOf(`"Action":"` + strings.Repeat("*a", 200) + `"`))
	f.Fuzz(func(t *testing.T, text string) {
		p, err := parsePolicy(text)
		if err != nil {
			if strings.ContainsAny(err.Error(), "\n\r") {
				t.Errorf("the error has more than one line: %q", err)
			}
			return
		}
		if !json.Valid([]byte(text)) {
			t.Error("what is no JSON is read")
		}
		for _, a := range p.outside(readQuestion) {
			if a.who == "" || strings.ContainsAny(a.who, "\n\r\x1b") {
				t.Errorf("it lets %q in", a.who)
			}
			if slices.Contains(a.accounts, ownerAccount) {
				t.Error("the owner counts as outside")
			}
		}
	})
}
