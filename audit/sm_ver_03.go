package audit

import "github.com/assayhq/assay/report"

func smVER03() *Check {
	return &Check{
		Rule: report.Rule{
			ID:    "SM-VER-03",
			Title: "Previous version missing or too old",
			Text: "A rotated secret has no version labelled AWSPREVIOUS, so that there is nothing to go back to when the new value fails; " +
				"or that version is older than its threshold (180 days by default), an old credential that can still be read.",
			Remedy: "Rotate the secret, which makes the present value the previous one. Where the previous value must not be read any more, " +
				"take the label AWSPREVIOUS from it, and Secrets Manager deletes it in time.",
			Severity:   report.SeverityLow,
			Confidence: report.ConfidenceHigh,
			Tags:       []string{"versions"},
			References: []string{
				"https://docs.aws.amazon.com/secretsmanager/latest/userguide/getting-started.html#term_version",
				"https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_how.html",
			},
		},
		CLI: `aws secretsmanager rotate-secret --region <region> --secret-id <secret>
# or, to give an old value up:
aws secretsmanager update-secret-version-stage --region <region> --secret-id <secret> \
  --version-stage AWSPREVIOUS --remove-from-version-id <version>`,
		Terraform: `resource "aws_secretsmanager_secret_rotation" "<name>" {
  secret_id           = aws_secretsmanager_secret.<name>.id
  rotation_lambda_arn = aws_lambda_function.<rotation>.arn
  rotate_immediately  = true
  rotation_rules {
    schedule_expression = "rate(30 days)"
  }
}`,
		Needs:  []Operation{ListSecrets, ListSecretVersionIds},
		Secret: judgePrevious,
	}
}

func judgePrevious(s *Secret, r *Region) Result {
	if !original(s) {
		return NotApplicable()
	}
	previous := oldestWith(s, stagePrevious)
	if previous == nil {
		rotated, ok := past(s.LastRotated, r.Now)
		why := r.lacks(ListSecretVersionIds, s.Gaps)
		switch {
		case !ok && why != "" && len(s.Stages) == 0:
			return NotEvaluated("its versions are not known: %s", why)
		case !ok:
			return NotApplicable() // there was but one value
		}
		return Fail("the secret was rotated on %s, and no version carries AWSPREVIOUS%s", onDay(rotated), keeper(s))
	}
	made, ok := past(previous.Created, r.Now)
	if !ok {
		return NotEvaluated("when the version %s, which carries AWSPREVIOUS, was made is not known", shown(previous.ID))
	}
	t, _ := r.Settings.For(s)
	days := max(daysSince(made, r.Now), 0)
	if days > int64(t.MaxPreviousDays) {
		return Fail("the version %s, which carries AWSPREVIOUS, was made on %s, %s ago, the limit is %d%s",
			shown(previous.ID), onDay(made), plural(days, "day"), t.MaxPreviousDays, keeper(s))
	}
	return Pass("the version %s, which carries AWSPREVIOUS, was made on %s, %s ago", shown(previous.ID), onDay(made), plural(days, "day"))
}
