package audit

import (
	"slices"
	"strings"

	"github.com/assayhq/assay/report"
)

func smPOL03() *Check {
	return &Check{
		Rule: report.Rule{
			ID:    "SM-POL-03",
			Title: "Readers that may also change or delete the secret",
			Text: "A statement of the resource policy allows every action, every action but some, or the right to change the policy or to delete the secret together with " +
				"the right to read it. Who only needs the value can then give it to others or take it away.",
			Remedy: "Open the secret in the Secrets Manager console and edit its resource permissions: list the actions that each principal needs, for readers " +
				"secretsmanager:GetSecretValue and secretsmanager:DescribeSecret.",
			Severity:   report.SeverityMedium,
			Confidence: report.ConfidenceHigh,
			Tags:       []string{"access", "policy"},
			Controls:   []string{"ISO-27001-2022/A.8.2", "NIST-800-53-r5/AC-6", "PCI-DSS-4.0.1/7.2.2"},
			References: []string{
				"https://docs.aws.amazon.com/secretsmanager/latest/userguide/auth-and-access_resource-policies.html",
				"https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html#grant-least-privilege",
			},
		},
		CLI: `aws secretsmanager put-resource-policy --region <region> --secret-id <secret> --block-public-policy --resource-policy file://<policy.json>`,
		Terraform: `data "aws_iam_policy_document" "<name>" {
  statement {
    actions   = ["secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue"]
    resources = ["*"]
    principals {
      type        = "AWS"
      identifiers = ["arn:aws:iam::<account>:role/<reader>"]
    }
  }
}`,
		Needs:  []Operation{ListSecrets, GetResourcePolicy},
		Secret: judgeWidePolicy,
	}
}

// deciding are the actions that a reader has no use for.
var deciding = []string{"secretsmanager:PutResourcePolicy", "secretsmanager:DeleteResourcePolicy", "secretsmanager:DeleteSecret"}

func judgeWidePolicy(s *Secret, _ *Region) Result {
	ways, result := waysInto(s)
	if ways == nil {
		return result
	}
	var wide []string
	for _, st := range ways.policy.statements {
		if why := st.wide(s); why != "" {
			wide = append(wide, why+" ("+statementName(st.number)+")")
		}
	}
	if len(wide) > 0 {
		return Fail("its resource policy allows more than reading to whom it lets read: %s", listed(wide))
	}
	return Pass("its resource policy gives readers no more than they need")
}

// wide says what of a statement goes beyond reading, "" for nothing. The account
// that owns the secret may do everything anyway.
func (s *statement) wide(of *Secret) string {
	covers := func(action string) bool {
		return s.covers(question{action: action, resource: of.ARN, owner: of.Account})
	}
	if !s.allow || s.ownerAlone(of.Account) || !covers("secretsmanager:GetSecretValue") {
		return ""
	}
	switch i := slices.IndexFunc(s.actions, func(a string) bool { return strings.ContainsAny(a, "*?") && covers(deciding[0]) }); {
	case s.notAction && covers(deciding[0]):
		return "every action but " + listed(shownAll(s.actions))
	case !s.notAction && i >= 0:
		return "the action " + shown(s.actions[i])
	}
	for _, action := range deciding {
		if covers(action) {
			return action
		}
	}
	return ""
}

// ownerAlone reports whether a statement is about the account itself and nobody
// else.
func (s *statement) ownerAlone(account string) bool {
	return !s.notPrincipal && !slices.ContainsFunc(s.principals, func(p principal) bool {
		return p.kind != "AWS" || accountOf(p.value) != account || p.value != account && !strings.HasSuffix(p.value, ":root")
	})
}
