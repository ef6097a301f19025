package audit

import "github.com/assayhq/assay/report"

func smIAM02() *Check {
	return &Check{
		Rule: report.Rule{
			ID:    "SM-IAM-02",
			Title: "Secret that many can read",
			Text: "More users and roles than the settings allow can read the value of the secret, as their policies, the policy of the secret, that of its key, " +
				"permissions boundaries and what is known of the organization's policies say together. Each of them is one more that can lose it.",
			Remedy: "assay audit access <secret> lists them, with the policy that lets each of them in. Take the right from those that do not need it, or deny it in the resource policy of the secret. " +
				"The number is set by max-readers in .assay.toml; those under administrators do not count.",
			Severity:   report.SeverityMedium,
			Confidence: report.ConfidenceHigh,
			Tags:       []string{"access", "iam", "policy"},
			Controls:   []string{"NIST-800-53-r5/AC-6", "PCI-DSS-4.0.1/7.2.1"},
			References: []string{
				"https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html",
				"https://docs.aws.amazon.com/secretsmanager/latest/userguide/determine-acccess_examine-iam-policies.html",
			},
		},
		CLI: `aws iam list-entities-for-policy --policy-arn <policy-arn>
aws secretsmanager put-resource-policy --region <region> --secret-id <secret> --block-public-policy --resource-policy file://<policy.json>`,
		Terraform: onlyReadersTerraform,
		Needs:     []Operation{ListSecrets, GetAccountAuthorizationDetails},
		Uses:      append([]Operation{GetResourcePolicy, DescribeKey, GetKeyPolicy, ListGrants}, organizationReads...),
		Secret:    judgeManyReaders,
	}
}

const onlyReadersTerraform = `data "aws_iam_policy_document" "<name>" {
  statement {
    effect    = "Deny"
    actions   = ["secretsmanager:GetSecretValue"]
    resources = ["*"]
    principals {
      type        = "AWS"
      identifiers = ["*"]
    }
    condition {
      test     = "ArnNotEquals"
      variable = "aws:PrincipalArn"
      values   = ["<role-arn>"]
    }
    condition {
      test     = "Bool"
      variable = "aws:PrincipalIsAWSService"
      values   = ["false"]
    }
  }
}
resource "aws_secretsmanager_secret_policy" "<secret>" {
  secret_arn = aws_secretsmanager_secret.<secret>.arn
  policy     = data.aws_iam_policy_document.<name>.json
}`

func judgeManyReaders(s *Secret, r *Region) Result {
	if s.Deleted != nil {
		return NotApplicable()
	}
	a := r.accessTo(s)
	if a.NotEvaluated != "" {
		return NotEvaluated("%s", a.NotEvaluated)
	}
	t, _ := r.Settings.For(s)
	var names []string
	counts := map[Decision]int{}
	why := ""
	for _, one := range a.Readers {
		if !one.person() || one.Administrator {
			continue
		}
		counts[one.Decision]++
		if one.Decision == Undecided {
			why = one.Principal + ": " + listed(one.Why)
			continue
		}
		names = append(names, shown(one.Principal))
	}
	switch known := counts[Allowed] + counts[Conditional]; {
	case known > t.MaxReaders:
		return Fail("%s can read it, more than %d: %s%s", plural(int64(known), "principal"), t.MaxReaders, listed(names), underConditions(counts[Conditional]))
	case known+counts[Undecided] > t.MaxReaders:
		return NotEvaluated("%d principals can read it, and of %d more it cannot be told: %s", known, counts[Undecided], why)
	case known == 0:
		return Pass("no user or role can read it but administrators")
	default:
		return Pass("%s can read it: %s%s", plural(int64(known), "principal"), listed(names), underConditions(counts[Conditional]))
	}
}

func underConditions(n int) string {
	if n == 0 {
		return ""
	}
	return " (" + plural(int64(n), "of them under a condition") + ")"
}

// accessTo returns who can read s, which is told once for all checks.
func (r *Region) accessTo(s *Secret) *Access {
	if s.Access != nil {
		return s.Access
	}
	return r.Access(s)
}
