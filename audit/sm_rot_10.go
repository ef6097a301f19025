package audit

import "github.com/assayhq/assay/report"

func smROT10() *Check {
	return &Check{
		Rule: report.Rule{
			ID:    "SM-ROT-10",
			Title: "Rotation turned off",
			Text: "The secret was rotated once and is not any more: its rotation was turned off. " +
				"That is often done to get through an incident and then forgotten, or done by somebody who wants a value to stay good.",
			Remedy:   "Ask who turned it off why; then open the secret in the Secrets Manager console, choose Rotation, Edit rotation, and turn Automatic rotation on.",
			Severity: report.SeverityMedium, Confidence: report.ConfidenceHigh,
			Tags:     []string{"cloudtrail", "rotation"},
			Controls: rotationControls("FSBP/SecretsManager.1"),
			References: []string{
				"https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotating-secrets.html",
				"https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_RotateSecret.html",
			},
		},
		CLI: `aws cloudtrail lookup-events --region <region> --lookup-attributes AttributeKey=EventName,AttributeValue=CancelRotateSecret
# rotates at once, and then by the schedule that was kept:
aws secretsmanager rotate-secret --region <region> --secret-id <secret>`,
		Terraform: `resource "aws_secretsmanager_secret_rotation" "<name>" {
  secret_id           = aws_secretsmanager_secret.<name>.id
  rotation_lambda_arn = aws_lambda_function.<rotation>.arn
  rotation_rules {
    schedule_expression = "rate(30 days)"
  }
}`,
		Needs:  []Operation{ListSecrets},
		Uses:   []Operation{LookupEvents},
		Secret: judgeTurnedOff,
	}
}

func judgeTurnedOff(s *Secret, r *Region) Result {
	if !original(s) {
		return NotApplicable()
	}
	if rotates(s) {
		return Pass("rotation is on")
	}
	var off *Activity
	for _, a := range r.Activity(s) {
		if a.Event == "CancelRotateSecret" && a.Error == "" {
			off = later(off, a)
		}
	}
	last, rotated := past(s.LastRotated, r.Now)
	if s.RotationRules == nil && off == nil && !rotated {
		return NotApplicable() // it never rotated, of which SM-ROT-01 speaks
	}
	text := "rotation is off"
	if s.RotationRules != nil {
		text += ", while its schedule is kept"
	}
	if rotated {
		text += ", the last one was on " + onDay(last)
	}
	return Fail("%s; %s%s", text, whoTurnedOff(off, r), keeper(s))
}

func whoTurnedOff(off *Activity, r *Region) string {
	switch {
	case off != nil:
		return shown(firstOf(off.Principal, "an unnamed principal")) + " turned it off on " + onDay(off.Last) + " (events " + r.Interval() + ")"
	case r.Events == nil:
		return "who did it is not known, no events of CloudTrail were read"
	}
	return "who did it does not stand in the events " + r.Interval()
}
