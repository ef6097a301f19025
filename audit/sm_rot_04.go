package audit

import (
	"time"

	"github.com/assayhq/assay/report"
)

func smROT04() *Check {
	return &Check{
		Rule: report.Rule{
			ID:    "SM-ROT-04",
			Title: "Rotation overdue",
			Text: "Rotation is on, but it does not happen: its date has passed, or the secret has not been rotated for longer than its schedule says. " +
				"The owner believes the value to be new while it is old, and the application may break at the next attempt.",
			Remedy: "Read the log of the rotation function in CloudWatch Logs for the step that fails (createSecret, setSecret, testSecret, finishSecret), mend it, " +
				"and choose Rotation, Rotate secret immediately in the Secrets Manager console.",
			Severity:   report.SeverityHigh,
			Confidence: report.ConfidenceHigh,
			Tags:       []string{"rotation"},
			Controls:   rotationControls("FSBP/SecretsManager.2", "HIPAA/164.308(a)(5)(ii)(D)", "SOC2/CC6.1", "SOC2/CC6.2"),
			References: []string{
				"https://docs.aws.amazon.com/secretsmanager/latest/userguide/troubleshoot_rotation.html",
				"https://docs.aws.amazon.com/securityhub/latest/userguide/secretsmanager-controls.html",
			},
		},
		CLI: `aws logs tail /aws/lambda/<rotation-function> --region <region> --since 30d --filter-pattern ERROR
aws secretsmanager rotate-secret --region <region> --secret-id <secret>`,
		Terraform: `# Terraform starts a rotation when it changes this resource:
resource "aws_secretsmanager_secret_rotation" "<name>" {
  secret_id           = aws_secretsmanager_secret.<name>.id
  rotation_lambda_arn = aws_lambda_function.<rotation>.arn
  rotate_immediately  = true
  rotation_rules {
    schedule_expression = "rate(30 days)"
  }
}`,
		Needs:  []Operation{ListSecrets},
		Secret: judgeOverdue,
	}
}

// overdueSlack is what a rotation may be late by its interval: AWS counts from
// the last rotation but rotates anywhere in a window that may be a day long, and
// tries again for some time.
const overdueSlack = 48 // hours

// longestRotation is how long a rotation may take that began as its window
// closed: four steps, each of which Lambda lets run for 15 minutes at most.
const longestRotation = time.Hour

func judgeOverdue(s *Secret, r *Region) Result {
	if !original(s) || !rotates(s) {
		return NotApplicable()
	}
	history := "it was never rotated"
	if last, ok := newest(r.Now, s.LastRotated); ok {
		history = "the last rotation was on " + onDay(last)
	}
	next := s.NextRotation
	if next != nil && next.Year() < firstYear {
		next = nil
	}
	switch {
	case next == nil || !next.Before(r.Now):
	case r.Now.Sub(*next) < longestRotation:
		return NotEvaluated("%s; the next was due by %s UTC and may be under way", history, next.UTC().Format("2006-01-02 15:04"))
	default:
		return Fail("the next rotation was due by %s, %s ago; %s%s", onDay(*next), lasting(hoursSince(*next, r.Now)), history, keeper(s))
	}
	// A change of the schedule or of the value begins the interval anew.
	since, known := newest(r.Now, s.LastRotated, s.LastChanged, s.Created)
	hours, text, err := s.RotationRules.interval()
	if known && err == nil && hours > 0 && hoursSince(since, r.Now) > hours+overdueSlack {
		return Fail("%s; %s, and nothing has changed since %s%s", history, text, onDay(since), keeper(s))
	}
	if next != nil {
		return Pass("%s, the next is due by %s", history, onDay(*next))
	}
	if last, ok := newest(r.Now, s.LastRotated); ok && err == nil && hours > 0 && hoursSince(last, r.Now) <= hours+overdueSlack {
		return Pass("%s; %s", history, text)
	}
	return NotEvaluated("%s and no date of the next rotation is known", history)
}
