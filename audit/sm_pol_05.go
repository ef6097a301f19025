package audit

import (
	"slices"
	"strings"

	"github.com/assayhq/assay/report"
)

func smPOL05() *Check {
	return &Check{
		Rule: report.Rule{
			ID:    "SM-POL-05",
			Title: "Resource policy names a principal that is gone",
			Text: "The resource policy of the secret holds the id of a user or role that was deleted: AWS shows it in the place of its ARN. " +
				"It lets nobody in, and what it was for no longer works.",
			Remedy:     "Open the secret in the Secrets Manager console and take the id out of its resource permissions, or put the ARN of the new role in its place.",
			Severity:   report.SeverityLow,
			Confidence: report.ConfidenceHigh,
			Tags:       []string{"access", "hygiene", "policy"},
			Controls:   []string{"ISO-27001-2022/A.5.18", "NIST-800-53-r5/AC-2"},
			References: []string{
				"https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids",
				"https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html",
			},
		},
		CLI: `aws secretsmanager put-resource-policy --region <region> --secret-id <secret> --block-public-policy --resource-policy file://<policy.json>`,
		Terraform: `data "aws_iam_policy_document" "<name>" {
  statement {
    actions   = ["secretsmanager:GetSecretValue"]
    resources = ["*"]
    principals {
      type        = "AWS"
      identifiers = [aws_iam_role.<reader>.arn]
    }
  }
}`,
		Needs:  []Operation{ListSecrets, GetResourcePolicy},
		Secret: judgeDanglingPolicy,
	}
}

func judgeDanglingPolicy(s *Secret, _ *Region) Result {
	ways, result := waysInto(s)
	if ways == nil {
		return result
	}
	var gone []string
	for _, st := range ways.policy.statements {
		for _, p := range st.principals {
			if p.kind == "AWS" && isUniqueID(p.value) {
				gone = append(gone, shown(p.value)+" ("+statementName(st.number)+")")
			}
		}
	}
	if len(gone) > 0 {
		return Fail("its resource policy names what is gone: %s", listed(gone))
	}
	return Pass("every principal of its resource policy has a name")
}

// isUniqueID reports whether a principal is written by the id that IAM gives a
// user, group, role or policy.
func isUniqueID(value string) bool {
	const least = 16 // characters of an id
	kind := slices.ContainsFunc([]string{"AGPA", "AIDA", "AIPA", "ANPA", "AROA", "ASCA"}, func(prefix string) bool { return strings.HasPrefix(value, prefix) })
	return kind && len(value) >= least && strings.Trim(value, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") == ""
}
