package audit

import (
	"slices"

	"github.com/assayhq/assay/report"
)

func smVER02() *Check {
	return &Check{
		Rule: report.Rule{
			ID:    "SM-VER-02",
			Title: "Secret without a current value",
			Text: "No version of the secret carries the label AWSCURRENT, more than one does, or the one that does was never filled. " +
				"Every application that reads the secret gets an error, or a value that nobody can foretell.",
			Remedy: "Store a value with Retrieve secret value, Set secret value in the Secrets Manager console, or move AWSCURRENT to a version that holds one. " +
				"Delete the secret if nothing reads it.",
			Severity:   report.SeverityHigh,
			Confidence: report.ConfidenceHigh,
			Tags:       []string{"versions"},
			References: []string{
				"https://docs.aws.amazon.com/secretsmanager/latest/userguide/getting-started.html#term_version",
				"https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_how.html",
			},
		},
		CLI: `aws secretsmanager put-secret-value --region <region> --secret-id <secret> --secret-string file://<value>
# or, for a version that is there:
aws secretsmanager update-secret-version-stage --region <region> --secret-id <secret> \
  --version-stage AWSCURRENT --move-to-version-id <version> --remove-from-version-id <other-version>`,
		Terraform: `resource "aws_secretsmanager_secret_version" "<name>" {
  secret_id                = aws_secretsmanager_secret.<name>.id
  secret_string_wo         = var.<value>
  secret_string_wo_version = 1
}`,
		Needs:  []Operation{ListSecrets, ListSecretVersionIds},
		Secret: judgeCurrent,
	}
}

// judgeCurrent counts by the list of versions alone, which is one answer: the
// secret may have been rotated between that and the list of secrets.
func judgeCurrent(s *Secret, r *Region) Result {
	if !original(s) {
		return NotApplicable()
	}
	var current []string
	for _, v := range s.Versions {
		if slices.Contains(v.Stages, stageCurrent) {
			current = append(current, shown(v.ID))
		}
	}
	named := withStage(&Secret{Stages: s.Stages}, stageCurrent)
	switch {
	case len(current) == 1:
		return Pass("the version %s carries AWSCURRENT", current[0])
	case len(current) > 1:
		slices.Sort(current)
		return Fail("%d versions carry AWSCURRENT: %s%s", len(current), listed(current), keeper(s))
	case len(named) > 0:
		return Fail("AWSCURRENT stands on the version %s, which was never filled%s", shown(named[0].ID), keeper(s))
	case len(s.Versions) == 0 && len(s.Stages) == 0:
		return neverFilled(s, r)
	}
	return Fail("none of %s carries AWSCURRENT%s", plural(int64(max(len(s.Versions), len(s.Stages))), "version"), keeper(s))
}

// neverFilled judges a secret without any value: one that was made within a day
// may just wait for its first, as when one pipeline makes it and another fills it.
func neverFilled(s *Secret, r *Region) Result {
	made, ok := past(s.Created, r.Now)
	if ok && hoursSince(made, r.Now) < 24 {
		return Fail("the secret was made on %s and has no value yet%s", onDay(made), keeper(s)).As(report.SeverityLow)
	}
	return Fail("the secret has no version, so no value was ever stored%s", keeper(s))
}
