package audit

import (
	"slices"
	"strings"

	"github.com/assayhq/assay/report"
)

func smPOL04() *Check {
	return &Check{
		Rule: report.Rule{
			ID:    "SM-POL-04",
			Title: "Resource policy without the guards that are asked for",
			Text: "The settings ask for statements that deny every request without TLS, from outside the organization or from outside the own networks, " +
				"and the resource policy of the secret lacks one of them. Such a Deny holds whatever is allowed elsewhere.",
			Remedy: "Open the secret in the Secrets Manager console and add the missing Deny to its resource permissions. " +
				"Which guards are asked for is set by policy-guards in .assay.toml.",
			Severity:   report.SeverityInfo,
			Confidence: report.ConfidenceHigh,
			Tags:       []string{"access", "policy"},
			Controls:   []string{"NIST-800-53-r5/AC-4", "NIST-800-53-r5/SC-8"},
			References: []string{
				"https://docs.aws.amazon.com/secretsmanager/latest/userguide/best-practices.html",
				"https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_data-perimeters.html",
			},
		},
		CLI: `aws secretsmanager put-resource-policy --region <region> --secret-id <secret> --block-public-policy --resource-policy file://<policy.json>`,
		Terraform: `data "aws_iam_policy_document" "<name>" {
  statement {
    effect    = "Deny"
    actions   = ["secretsmanager:*"]
    resources = ["*"]
    principals {
      type        = "*"
      identifiers = ["*"]
    }
    condition {
      test     = "Bool"
      variable = "aws:SecureTransport"
      values   = ["false"]
    }
  }
}`,
		Needs:  []Operation{ListSecrets, GetResourcePolicy},
		Secret: judgeGuards,
	}
}

// A perimeter is a condition under which everyone is denied.
type perimeter struct {
	operators []string // any
	keys      []string // any, in lower case
	value     string   // that it compares with, "" for any
	text      string
}

// perimeters are those that policy-guards can ask for, by name.
var perimeters = map[string]perimeter{
	"tls": {[]string{"Bool"}, []string{"aws:securetransport"}, "false", "requests without TLS"},
	"organization": {
		[]string{"StringNotEquals", "StringNotLike", "StringNotEqualsIgnoreCase"},
		[]string{"aws:principalorgid", "aws:principalorgpaths", "aws:principalaccount"}, "", "principals outside the organization",
	},
	"network": {
		[]string{"StringNotEquals", "StringNotLike", "NotIpAddress"},
		[]string{"aws:sourcevpce", "aws:sourcevpc", "aws:vpceorgid", "aws:vpceaccount", "aws:sourceip"}, "", "networks other than the own",
	},
}

func judgeGuards(s *Secret, r *Region) Result {
	if len(r.Settings.PolicyGuards) == 0 || s.Deleted != nil {
		return NotApplicable()
	}
	p := &policy{}
	if s.Policy != "" {
		var err error
		if p, err = parsePolicy(s.Policy); err != nil {
			return NotEvaluated("its resource policy cannot be read: %v", err)
		}
	}
	var missing, there []string
	for _, name := range r.Settings.PolicyGuards {
		g := perimeters[name]
		if p.perimeters(s, g) {
			there = append(there, g.text)
		} else {
			missing = append(missing, g.text)
		}
	}
	if len(missing) > 0 {
		return Fail("its resource policy does not deny %s", listed(missing))
	}
	return Pass("its resource policy denies %s", listed(there))
}

// perimeters reports whether p denies everyone to read s under the condition of g. Other
// conditions of the statement leave somebody out, as AWS services, which
// guides to data perimeters do.
func (p *policy) perimeters(s *Secret, g perimeter) bool {
	return slices.ContainsFunc(p.statements, func(st statement) bool {
		everyone := slices.ContainsFunc(st.principals, func(p principal) bool { return p.kind == anyone })
		if st.allow || !everyone || st.notPrincipal || !st.covers(question{action: "secretsmanager:GetSecretValue", resource: s.ARN, owner: s.Account}) {
			return false
		}
		return slices.ContainsFunc(st.conditions, func(c condition) bool {
			value := g.value == "" || len(c.values) == 1 && strings.EqualFold(c.values[0], g.value)
			return slices.Contains(g.operators, c.operator) && slices.Contains(g.keys, c.key) && value
		})
	})
}
