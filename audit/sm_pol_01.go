package audit

import (
	"fmt"
	"slices"

	"github.com/assayhq/assay/report"
)

func smPOL01() *Check {
	return &Check{
		Rule: report.Rule{
			ID:    "SM-POL-01",
			Title: "Secret open to everyone",
			Text: "The resource policy of the secret allows every AWS account to read or change it, without a condition that limits who. " +
				"Only a key policy stands between the value and anybody with an account.",
			Remedy: "Open the secret in the Secrets Manager console and edit its resource permissions: name the principals that need it, or delete the policy. " +
				"Rotate the secret, and look in CloudTrail for who read it.",
			Severity:   report.SeverityCritical,
			Confidence: report.ConfidenceHigh,
			Tags:       []string{"access", "policy"},
			Controls:   []string{"CIS-AWS-7.0/2.21", "ISO-27001-2022/A.5.15", "NIST-800-53-r5/AC-3", "PCI-DSS-4.0.1/7.2.1"},
			References: []string{
				"https://docs.aws.amazon.com/secretsmanager/latest/userguide/auth-and-access_resource-policies.html",
				"https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html",
			},
		},
		CLI: `aws secretsmanager put-resource-policy --region <region> --secret-id <secret> --block-public-policy --resource-policy file://<policy.json>
aws secretsmanager delete-resource-policy --region <region> --secret-id <secret>`,
		Terraform: `resource "aws_secretsmanager_secret_policy" "<name>" {
  secret_arn          = aws_secretsmanager_secret.<name>.arn
  policy              = data.aws_iam_policy_document.<name>.json
  block_public_policy = true
}`,
		Needs:  []Operation{ListSecrets, GetResourcePolicy},
		Uses:   []Operation{ValidateResourcePolicy},
		Secret: judgePublicPolicy,
	}
}

// guarded are the actions that read a secret or decide about who may.
var guarded = []string{
	"secretsmanager:GetSecretValue", "secretsmanager:PutSecretValue", "secretsmanager:UpdateSecret",
	"secretsmanager:PutResourcePolicy", "secretsmanager:DeleteResourcePolicy", "secretsmanager:DeleteSecret",
}

// judgePublicPolicy goes by our own reading of the policy, and by AWS's where that is
// stricter.
func judgePublicPolicy(s *Secret, _ *Region) Result {
	ours := readPublicPolicy(s)
	switch {
	case s.Opinion == nil || s.Policy == "" || s.Deleted != nil:
		return ours
	case slices.Contains(s.Opinion.Objections, ObjectsAccess):
		if ours.Failed() {
			return ours
		}
		return Fail("AWS's own validation says that its resource policy opens it to too many; by our reading %s", ours.Text).As(report.SeverityHigh)
	case ours.Failed():
		ours.Text += "; AWS's own validation sees no wide access in it"
	case len(s.Opinion.Objections) > 0:
		ours.Text += "; AWS's own validation objects to it for another reason: " + objectionTexts[s.Opinion.Objections[0]]
	}
	return ours
}

var objectionTexts = map[Objection]string{
	ObjectsLockout: "who asked could not change it any more", ObjectsSyntax: "it is not well formed",
}

func readPublicPolicy(s *Secret) Result {
	ways, r := waysInto(s)
	if ways == nil {
		return r
	}
	var open []string
	for _, w := range ways.list {
		if w.scope == public {
			open = append(open, fmt.Sprintf("everyone may %s (%s)", listed(w.actions), statementName(w.statement)))
		}
	}
	if len(open) > 0 {
		return Fail("its resource policy opens it, without a condition that limits who: %s", listed(open))
	}
	return Pass("its resource policy allows everyone nothing")
}
