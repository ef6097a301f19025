package audit

import (
	"slices"

	"github.com/assayhq/assay/report"
)

func smACC07() *Check {
	return &Check{
		Rule: report.Rule{
			ID:    "SM-ACC-07",
			Title: "Secret read from another account",
			Text: "A principal of an account that is not among the allowed ones read the value of the secret. A resource policy lets it, and it is not known here what that account does with the value. " +
				"CloudTrail does not say of which organization the reader is; who takes on a role of this account from outside reads as that role and is not told apart.",
			Remedy: "Name the account under allowed-accounts in .assay.toml if it is one of yours or of a partner. " +
				"Otherwise take it out of the resource policy and of the key policy (Secrets Manager console, Resource permissions), and rotate the secret.",
			Severity:   report.SeverityHigh,
			Confidence: report.ConfidenceHigh,
			Tags:       []string{"access", "cloudtrail", "cross-account"},
			Controls:   []string{"NIST-800-53-r5/AC-3", "NIST-800-53-r5/AU-6"},
			References: []string{
				"https://docs.aws.amazon.com/secretsmanager/latest/userguide/auth-and-access_examples_cross.html",
				"https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-user-identity.html",
			},
		},
		CLI: `aws secretsmanager get-resource-policy --region <region> --secret-id <secret>
aws secretsmanager put-resource-policy --region <region> --secret-id <secret> --resource-policy file://<policy.json> --block-public-policy
aws secretsmanager rotate-secret --region <region> --secret-id <secret>`,
		Terraform: `data "aws_iam_policy_document" "<secret>" {
  statement {
    actions   = ["secretsmanager:GetSecretValue"]
    resources = ["*"]
    principals {
      type        = "AWS"
      identifiers = ["<reader-role-arn>"] # of accounts that you know
    }
  }
}`,
		Needs:  []Operation{ListSecrets},
		Uses:   []Operation{LookupEvents},
		Events: true,
		Secret: judgeForeignReads,
		Region: judgeStrayForeignReads,
	}
}

func judgeForeignReads(s *Secret, r *Region) Result {
	t, _ := r.Settings.For(s)
	deeds := deedsOf(filterActivity(r.Activity(s), fromElsewhere(r)), eventOf)
	if len(deeds) == 0 {
		return r.QuietReads("read from an account that is not allowed", t)
	}
	return Fail("read from another account: %s (events %s)", tellAll(deeds, (*deed).tell), r.Interval())
}

// judgeStrayForeignReads judges reads of secrets that are gone since.
func judgeStrayForeignReads(r *Region) Result {
	if r.Narrowed {
		return NotApplicable()
	}
	deeds := deedsOf(filterActivity(r.Strays(), fromElsewhere(r)), eventOf)
	if len(deeds) == 0 {
		return r.QuietReads("read of other secrets than those listed from an account that is not allowed", r.Settings.Thresholds)
	}
	return Fail("read from another account: %s (events %s)", tellAll(deeds, (*deed).tellWith), r.Interval())
}

// fromElsewhere returns what tells whether an activity is a read by a principal of
// an account that is neither this one nor allowed. Where a secret belongs to another
// account, CloudTrail records the read here too, as one of this account's.
func fromElsewhere(r *Region) func(*Activity) bool {
	return func(a *Activity) bool {
		account := principalAccount(a.Principal)
		return isGoodRead(a) && !byService(a) && account != "" && account != r.Account && !slices.Contains(r.Settings.AllowedAccounts, account)
	}
}
