package audit

import "github.com/assayhq/assay/report"

func smVER01() *Check {
	return &Check{
		Rule: report.Rule{
			ID:    "SM-VER-01",
			Title: "Rotation stuck half-way",
			Text: "A version other than the current one has carried the label AWSPENDING for longer than a rotation takes. " +
				"Secrets Manager takes it for a rotation still under way and refuses every later one.",
			Remedy: "Find out whether the pending value already works in the database or service. If it does, move AWSCURRENT to that version; if not, " +
				"take AWSPENDING from it. Then choose Rotation, Rotate secret immediately in the Secrets Manager console.",
			Severity:   report.SeverityHigh,
			Confidence: report.ConfidenceHigh,
			Tags:       []string{"rotation", "versions"},
			Controls:   rotationControls("FSBP/SecretsManager.2"),
			References: []string{
				"https://docs.aws.amazon.com/secretsmanager/latest/userguide/troubleshoot_rotation.html",
				"https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_how.html",
			},
		},
		CLI: `aws secretsmanager list-secret-version-ids --region <region> --secret-id <secret>
aws secretsmanager update-secret-version-stage --region <region> --secret-id <secret> \
  --version-stage AWSPENDING --remove-from-version-id <version>`,
		Terraform: `# Terraform does not take labels from versions that it did not make. Where it made the version:
resource "aws_secretsmanager_secret_version" "<name>" {
  secret_id      = aws_secretsmanager_secret.<name>.id
  secret_string  = var.<value>
  version_stages = ["AWSCURRENT"]
}`,
		Needs:  []Operation{ListSecrets},
		Uses:   []Operation{ListSecretVersionIds},
		Secret: judgePending,
	}
}

// judgePending takes for the age of a label that of its version. A version
// without one was never filled, and has had the label at least since the last
// change of the secret.
func judgePending(s *Secret, r *Region) Result {
	if !original(s) {
		return NotApplicable()
	}
	if len(s.Stages) == 0 && len(s.Versions) == 0 {
		return NotEvaluated("no version of the secret is known")
	}
	pending := oldestWithout(s, stagePending, stageCurrent)
	if pending == nil {
		return Pass("no version but the current one carries AWSPENDING")
	}
	t, _ := r.Settings.For(s)
	since, dated := past(pending.Created, r.Now)
	known, what := dated, "made on "
	if !dated {
		since, known = newest(r.Now, s.LastChanged)
		what = "of no known date, in a secret last changed on "
	}
	hours := hoursSince(since, r.Now)
	switch {
	case known && hours > int64(t.MaxPendingHours):
		return Fail("the version %s, %s%s, still carries AWSPENDING after %s, the limit is %s%s",
			shown(pending.ID), what, onDay(since), lasting(hours), plural(int64(t.MaxPendingHours), "hour"), keeper(s))
	case !dated:
		return NotEvaluated("since when the version %s carries AWSPENDING is not known", shown(pending.ID))
	}
	return Pass("the version %s, made on %s, carries AWSPENDING for %s, within the %s allowed",
		shown(pending.ID), onDay(since), lasting(max(hours, 0)), plural(int64(t.MaxPendingHours), "hour"))
}

// oldestWithout returns the oldest version with one label and without another.
func oldestWithout(s *Secret, with, without string) *Version {
	var rest Secret
	other := map[string]bool{}
	for _, v := range withStage(s, without) {
		other[v.ID] = true
	}
	for _, v := range withStage(s, with) {
		if !other[v.ID] {
			v.Stages = []string{with}
			rest.Versions = append(rest.Versions, v)
		}
	}
	return oldestWith(&rest, with)
}
