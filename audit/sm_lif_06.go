package audit

import "github.com/assayhq/assay/report"

func smLIF06() *Check {
	return &Check{
		Rule: report.Rule{
			ID:    "SM-LIF-06",
			Title: "Credential beside a secret, or no description",
			Text: "The description, a tag or the resource policy of the secret holds a credential: none is encrypted, all are shown to whoever may look and written to CloudTrail. " +
				"A secret without a description is a lesser matter: nobody knows what it opens when it has to be rotated in a hurry.",
			Remedy: "Edit the description, the tags and the policy in the Secrets Manager console, so that they say what the secret opens and hold no part of it. " +
				"Rotate a credential that stood there: CloudTrail keeps it.",
			Severity:   report.SeverityHigh,
			Confidence: report.ConfidenceMedium,
			Tags:       []string{"hygiene", "plaintext"},
			Controls:   plainControls(),
			References: []string{
				"https://docs.aws.amazon.com/secretsmanager/latest/userguide/managing-secrets_tagging.html",
				"https://docs.aws.amazon.com/secretsmanager/latest/userguide/manage_update-secret.html",
			},
		},
		CLI: `aws secretsmanager update-secret --region <region> --secret-id <secret> --description '<what it opens>'
aws secretsmanager untag-resource --region <region> --secret-id <secret> --tag-keys <key>`,
		Terraform: `resource "aws_secretsmanager_secret" "<name>" {
  name        = "<secret>"
  description = "<what it opens>"
}`,
		Needs:  []Operation{ListSecrets},
		Uses:   []Operation{GetResourcePolicy},
		Secret: judgeDescription,
	}
}

func judgeDescription(s *Secret, _ *Region) Result {
	switch {
	case len(s.Exposures) > 0:
		return Fail("%s", tellExposures(s.Exposures, 0))
	case !s.Searched:
		return NotEvaluated("its description and its tags were not searched")
	case !original(s) || s.OwningService != "":
		return NotApplicable() // its primary, or the service, describes it
	case !s.Described:
		return Fail("it has no description").As(report.SeverityLow)
	}
	return Pass("no credential was found in its description and %s", plural(int64(len(s.Tags)), "tag"))
}
