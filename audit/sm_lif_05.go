package audit

import (
	"strings"

	"github.com/assayhq/assay/report"
)

func smLIF05() *Check {
	return &Check{
		Rule: report.Rule{
			ID:    "SM-LIF-05",
			Title: "Production secret read from a lower environment",
			Text: "A principal whose name says that it is for development, test or staging read the value of a secret of production. " +
				"What is less guarded then opens what is guarded most, and a mistake in a test reaches production.",
			Remedy: "Give the environment a secret of its own, and keep environments in accounts of their own. " +
				"If the role is one of production in spite of its name, rename it; one for emergencies is named under break-glass in .assay.toml.",
			Severity:   report.SeverityHigh,
			Confidence: report.ConfidenceMedium,
			Tags:       []string{"access", "cloudtrail", "environments"},
			Controls:   []string{"ISO-27001-2022/A.8.31", "NIST-800-53-r5/AC-4"},
			References: []string{
				"https://docs.aws.amazon.com/secretsmanager/latest/userguide/auth-and-access_examples.html",
				"https://docs.aws.amazon.com/whitepapers/latest/organizing-your-aws-environment/organizing-your-aws-environment.html",
			},
		},
		CLI: `aws secretsmanager create-secret --region <region> --name <env>/<service>/<name> --secret-string file://<value.json>
aws secretsmanager rotate-secret --region <region> --secret-id <production-secret>`,
		Terraform: `data "aws_iam_policy_document" "<role>" {
  statement {
    actions   = ["secretsmanager:GetSecretValue"]
    resources = ["arn:aws:secretsmanager:<region>:<account>:secret:<env>/*"]
  }
}`,
		Needs:  []Operation{ListSecrets},
		Uses:   []Operation{LookupEvents},
		Events: true,
		Secret: judgeSeparation,
	}
}

func judgeSeparation(s *Secret, r *Region) Result {
	t, production := r.Settings.For(s)
	if !production || isLower(environmentsOf(s)) {
		return NotApplicable()
	}
	deeds := deedsOf(filterActivity(r.Activity(s), func(a *Activity) bool {
		return isGoodRead(a) && !byService(a) && fromLower(a.Principal) && !r.breakGlass(a.Principal)
	}), eventOf)
	if len(deeds) == 0 {
		return r.QuietReads("read by a principal of a lower environment", t)
	}
	return Fail("read from a lower environment: %s (events %s)", tellAll(deeds, (*deed).tell), r.Interval())
}

// fromLower reports whether the name of a role or user says that it is of a lower
// environment. What IAM Identity Center adds to the names of its roles says nothing.
func fromLower(principal string) bool {
	if account, _, ok := strings.Cut(principal, "/"); ok && isAccount(account) {
		return false // nothing is known of it but an id
	}
	return isLower([]string{roleName(principal)})
}
