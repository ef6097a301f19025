package audit

import (
	"slices"
	"strconv"
	"strings"

	"github.com/assayhq/assay/report"
)

func smROT06() *Check {
	return &Check{
		Rule: report.Rule{
			ID:    "SM-ROT-06",
			Title: "Rotation function with a wrong permission to invoke it",
			Text: "The resource policy of the Lambda function that rotates the secret lets Secrets Manager not invoke it, so that every rotation fails, " +
				"or lets it do so without naming the account that it acts for, so that other accounts can make it run for their secrets.",
			Remedy: "Open the function in the Lambda console, choose Configuration, Permissions, and under Resource-based policy statements add one for the service " +
				"secretsmanager.amazonaws.com, the action lambda:InvokeFunction and your account as source account; remove those without a source account.",
			Severity:   report.SeverityMedium,
			Confidence: report.ConfidenceHigh,
			Tags:       []string{"lambda", "policy", "rotation"},
			Controls:   rotationControls(),
			References: []string{
				"https://docs.aws.amazon.com/secretsmanager/latest/userguide/troubleshoot_rotation.html",
				"https://docs.aws.amazon.com/lambda/latest/dg/access-control-resource-based.html",
			},
		},
		CLI: `aws lambda add-permission --region <region> --function-name <function> --statement-id secrets-manager \
  --action lambda:InvokeFunction --principal secretsmanager.amazonaws.com --source-account <account>
aws lambda remove-permission --region <region> --function-name <function> --statement-id <open-statement>`,
		Terraform: `resource "aws_lambda_permission" "<name>" {
  statement_id   = "secrets-manager"
  action         = "lambda:InvokeFunction"
  function_name  = aws_lambda_function.<rotation>.function_name
  principal      = "secretsmanager.amazonaws.com"
  source_account = "<account>"
}`,
		Needs:  []Operation{ListSecrets, GetFunctionConfiguration, GetFunctionPolicy},
		Secret: judgeInvocation,
	}
}

func judgeInvocation(s *Secret, r *Region) Result {
	if !usesFunction(s) || s.RotationLambdaARN == "" {
		return NotApplicable()
	}
	name := shown(s.RotationLambdaARN)
	f := r.Function(s.RotationLambdaARN)
	switch {
	case f == nil:
		return NotEvaluated("nothing is known of the function %s", name)
	case f.NotFound:
		return NotApplicable() // SM-ROT-05 says so
	case f.Policy == "":
		return Fail("the function %s has no resource policy, so that Secrets Manager may not invoke it", name)
	}
	p, err := parsePolicy(f.Policy)
	if err != nil {
		return NotEvaluated("the resource policy of the function %s cannot be read: %v", name, err)
	}
	i := invocationsOf(p, s)
	switch {
	case len(i.open) > 0:
		return Fail("the resource policy of the function %s lets Secrets Manager invoke it for any account (%s)", name, listed(i.open))
	case i.unknown != "":
		return NotEvaluated("whether Secrets Manager may invoke the function %s depends on its condition on %s", name, i.unknown)
	case !i.allowed:
		return Fail("the resource policy of the function %s does not let Secrets Manager invoke it for this secret", name)
	}
	return Pass("the resource policy of the function %s lets Secrets Manager invoke it for account %s alone", name, s.Account)
}

// invocations say how a function's policy lets Secrets Manager rotate a secret.
type invocations struct {
	allowed bool
	open    []string // statements that name no account
	unknown string   // a condition key whose value we do not know
}

const secretsManager = "secretsmanager.amazonaws.com"

func invocationsOf(p *policy, s *Secret) (i invocations) {
	for _, arn := range functionARNs(s.RotationLambdaARN) {
		q := question{action: "lambda:InvokeFunction", resource: arn, owner: s.Account}
		denied := p.denials(q)
		if denied.everyone || denied.names(principal{"Service", secretsManager}) {
			return invocations{}
		}
		for _, st := range p.statements {
			if st.allow && st.covers(q) && slices.ContainsFunc(st.named(), isSecretsManager) {
				i.add(st, s)
			}
		}
	}
	slices.Sort(i.open)
	i.open = slices.Compact(i.open)
	return i
}

// functionARNs returns the ARN of a function, and that without the version or
// alias at its end if it has one: permissions may be for either.
func functionARNs(arn string) []string {
	const unqualified = 7
	if parts := strings.Split(arn, ":"); len(parts) > unqualified {
		return []string{arn, strings.Join(parts[:unqualified], ":")}
	}
	return []string{arn}
}

func isSecretsManager(p principal) bool {
	return p.kind == anyone || p.kind == "Service" && (p.value == "*" || p.value == secretsManager)
}

// add takes in a statement that allows the invocation under its conditions.
func (i *invocations) add(st statement, s *Secret) {
	bound := false
	for _, c := range st.conditions {
		switch met, known := c.meets(s); {
		case !known:
			i.unknown = shown(c.key)
			return
		case !met:
			return
		}
		_, _, fixed := c.limit(c.operator, s.Account)
		bound = bound || fixed
	}
	i.allowed = true
	if !bound {
		i.open = append(i.open, statementName(st.number))
	}
}

// meets reports whether the request that Secrets Manager makes to rotate s meets
// a condition: it names the account and the secret that it acts for.
func (c condition) meets(s *Secret) (met, known bool) {
	value := map[string]string{"aws:sourceaccount": s.Account, "aws:sourcearn": s.ARN}[c.key]
	if value == "" {
		return false, false
	}
	match := func(pattern string) bool { return matchWild(pattern, value) }
	switch c.operator {
	case "StringLike", "ArnLike", "ArnEquals":
	case "StringEquals", "StringEqualsIgnoreCase":
		match = func(v string) bool { return strings.EqualFold(v, value) }
	default:
		return false, false
	}
	return slices.ContainsFunc(c.values, match), true
}

// statementName names a statement of a policy by its place: the inventory keeps no
// Sid.
func statementName(number int) string { return "statement " + strconv.Itoa(number) }
