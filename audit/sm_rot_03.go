package audit

import "github.com/assayhq/assay/report"

func smROT03() *Check {
	return &Check{
		Rule: report.Rule{
			ID:    "SM-ROT-03",
			Title: "Old secret value",
			Text: "The current value of the secret is older than its threshold (90 days by default), whether rotation is on or not. " +
				"The longer a value lives, the more copies of it exist, and the longer a leak of it is of use.",
			Remedy: "Open the secret in the Secrets Manager console and choose Rotation, Rotate secret immediately; " +
				"where it has no rotation, change the credential where it is used and store the new one with Retrieve secret value, Edit.",
			Severity:   report.SeverityMedium,
			Confidence: report.ConfidenceHigh,
			Tags:       []string{"rotation"},
			Controls:   rotationControls("CISA/your-systems-3", "FSBP/SecretsManager.4", "HIPAA/164.308(a)(5)(ii)(D)"),
			References: []string{
				"https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotating-secrets.html",
				"https://docs.aws.amazon.com/securityhub/latest/userguide/secretsmanager-controls.html",
			},
		},
		CLI: `aws secretsmanager rotate-secret --region <region> --secret-id <secret>
# without rotation:
aws secretsmanager put-secret-value --region <region> --secret-id <secret> --secret-string file://<new-value>`,
		Terraform: `resource "aws_secretsmanager_secret_rotation" "<name>" {
  secret_id           = aws_secretsmanager_secret.<name>.id
  rotation_lambda_arn = aws_lambda_function.<rotation>.arn
  rotate_immediately  = true
  rotation_rules {
    schedule_expression = "rate(30 days)"
  }
}`,
		Needs:  []Operation{ListSecrets},
		Uses:   []Operation{ListSecretVersionIds},
		Secret: judgeAge,
	}
}

// judgeAge takes the day on which the current version was made. Where that is not
// known, the value is at most as old as the last rotation, or the secret, and at
// least as old as its last change of any kind.
func judgeAge(s *Secret, r *Region) Result {
	if !original(s) {
		return NotApplicable()
	}
	t, _ := r.Settings.For(s)
	limit := int64(t.MaxAgeDays)
	if v := oldestWith(s, stageCurrent); v != nil {
		if made, ok := past(v.Created, r.Now); ok {
			return aged(daysSince(made, r.Now), "the current value was stored on "+onDay(made), s, t)
		}
	}
	changed, okChanged := newest(r.Now, s.LastChanged)
	if okChanged && daysSince(changed, r.Now) > limit {
		return aged(daysSince(changed, r.Now), "nothing of the secret has changed since "+onDay(changed), s, t)
	}
	from, ok := newest(r.Now, s.LastRotated, s.Created)
	if ok && daysSince(from, r.Now) <= limit {
		return aged(daysSince(from, r.Now), "the value was set on "+onDay(from)+" or later", s, t)
	}
	return NotEvaluated("no date of the current version is known, and those of the secret do not decide")
}

func aged(days int64, text string, s *Secret, t Thresholds) Result {
	days = max(days, 0)
	switch {
	case days <= int64(t.MaxAgeDays):
		return Pass("%s, %s ago", text, plural(days, "day"))
	case days <= int64(t.SevereAgeDays):
		return Fail("%s, %s ago, the limit is %d%s", text, plural(days, "day"), t.MaxAgeDays, keeper(s))
	}
	return Fail("%s, %s ago, the limit is %d%s", text, plural(days, "day"), t.MaxAgeDays, keeper(s)).As(report.SeverityHigh)
}
