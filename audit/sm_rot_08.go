package audit

import (
	"github.com/assayhq/assay/report"
)

func smROT08() *Check {
	return &Check{
		Rule: report.Rule{
			ID:    "SM-ROT-08",
			Title: "Failed rotation",
			Text: "CloudTrail holds events of Secrets Manager that say that a rotation of the secret failed or was given up. " +
				"The value stays what it was, and a failure in the middle can leave the database and the secret with different passwords.",
			Remedy: "Read the error, then the log of the rotation function in CloudWatch Logs at the time of the event; mend the cause and choose Rotation, " +
				"Rotate secret immediately in the Secrets Manager console.",
			Severity:   report.SeverityHigh,
			Confidence: report.ConfidenceHigh,
			Tags:       []string{"cloudtrail", "rotation"},
			Controls:   rotationControls("FSBP/SecretsManager.2"),
			References: []string{
				"https://docs.aws.amazon.com/secretsmanager/latest/userguide/troubleshoot_rotation.html",
				"https://docs.aws.amazon.com/secretsmanager/latest/userguide/retrieve-ct-entries.html",
			},
		},
		CLI: `aws cloudtrail lookup-events --region <region> --lookup-attributes AttributeKey=EventName,AttributeValue=RotationFailed
aws logs tail /aws/lambda/<rotation-function> --region <region> --since 7d --filter-pattern ERROR
aws secretsmanager rotate-secret --region <region> --secret-id <secret>`,
		Terraform: `# To be told of the next failure:
resource "aws_cloudwatch_event_rule" "rotation_failed" {
  name = "secret-rotation-failed"
  event_pattern = jsonencode({
    source      = ["aws.secretsmanager"]
    detail-type = ["AWS Service Event via CloudTrail"]
    detail      = { eventName = ["RotationFailed", "RotationAbandoned"] }
  })
}

resource "aws_cloudwatch_event_target" "rotation_failed" {
  rule = aws_cloudwatch_event_rule.rotation_failed.name
  arn  = "<sns-topic-arn>"
}`,
		Needs:  []Operation{ListSecrets},
		Uses:   []Operation{LookupEvents},
		Events: true,
		Secret: judgeFailures,
	}
}

// judgeFailures looks at the last failure. One that a success followed is told
// too, because it shows that the rotation is not reliable, but it is low.
func judgeFailures(s *Secret, r *Region) Result {
	if s.Deleted != nil {
		return NotApplicable()
	}
	failures, tests := 0, 0
	var last, success *Activity
	for _, a := range r.Activity(s) {
		switch a.Event {
		case "RotationFailed", "RotationAbandoned":
			failures += a.Count
		case "TestRotationFailed":
			tests += a.Count
		case "RotationSucceeded", "TestRotationSucceeded":
			success = later(success, a)
			continue
		default:
			continue
		}
		last = later(last, a)
	}
	if last == nil {
		if !original(s) || !rotates(s) {
			return NotApplicable()
		}
		t, _ := r.Settings.For(s)
		return r.Quiet("failed rotation", t)
	}
	return failureResult(s, r, failures, tests, last, success)
}

func failureResult(s *Secret, r *Region, failures, tests int, last, success *Activity) Result {
	text := plural(int64(failures), "failed rotation")
	if failures == 0 {
		text = plural(int64(tests), "failed test") + " of the rotation"
	}
	why := ""
	if last.Message != "" || last.Error != "" {
		why = ": " + shown(firstOf(last.Message, last.Error))
	}
	text += " " + r.Interval() + ", the last on " + onDay(last.Last) + " (" + shown(last.Event) + why + ")"
	if success != nil && success.Last.After(last.Last) {
		return Fail("%s; it succeeded on %s%s", text, onDay(success.Last), keeper(s)).As(report.SeverityLow)
	}
	if failures == 0 {
		return Fail("%s%s", text, keeper(s)).As(report.SeverityMedium)
	}
	return Fail("%s and no success since%s", text, keeper(s))
}

// later returns the activity that went on longer; a may be nil.
func later(a, b *Activity) *Activity {
	if a == nil || b.Last.After(a.Last) {
		return b
	}
	return a
}

func firstOf(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}
