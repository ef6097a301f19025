package audit

import (
	"fmt"

	"github.com/assayhq/assay/report"
)

func smROT02() *Check {
	return &Check{
		Rule: report.Rule{
			ID:    "SM-ROT-02",
			Title: "Rotation interval too long",
			Text: "The schedule of the secret leaves more time between two rotations than its threshold allows (90 days by default), or names no possible interval. " +
				"For a cron expression the longest gap between two of its dates counts.",
			Remedy: "Open the secret in the Secrets Manager console, choose Rotation, Edit rotation, and set a schedule within the threshold. " +
				"Set max-rotation-days of .assay.toml where another interval is meant.",
			Severity:   report.SeverityMedium,
			Confidence: report.ConfidenceHigh,
			Tags:       []string{"rotation"},
			Controls:   rotationControls("FSBP/SecretsManager.1"),
			References: []string{
				"https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_schedule.html",
				"https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_RotationRulesType.html",
			},
		},
		CLI: `aws secretsmanager rotate-secret --region <region> --secret-id <secret> --no-rotate-immediately \
  --rotation-rules '{"ScheduleExpression":"rate(30 days)"}'`,
		Terraform: `resource "aws_secretsmanager_secret_rotation" "<name>" {
  secret_id           = aws_secretsmanager_secret.<name>.id
  rotation_lambda_arn = aws_lambda_function.<rotation>.arn
  rotate_immediately  = false
  rotation_rules {
    schedule_expression = "rate(30 days)"
  }
}`,
		Needs:  []Operation{ListSecrets},
		Secret: judgeInterval,
	}
}

func judgeInterval(s *Secret, r *Region) Result {
	if !original(s) || !rotates(s) {
		return NotApplicable()
	}
	hours, text, err := s.RotationRules.interval()
	if err != nil {
		return NotEvaluated("rotation is on, but %v", err)
	}
	t, _ := r.Settings.For(s)
	switch {
	case hours < 1:
		return Fail("%s, so that the secret is never rotated%s", text, keeperOfSchedule(s))
	case hours > int64(t.MaxRotationDays)*24:
		return Fail("%s, the longest allowed is %s%s", text, plural(int64(t.MaxRotationDays), "day"), keeperOfSchedule(s))
	}
	return Pass("%s, within the %s allowed", text, plural(int64(t.MaxRotationDays), "day"))
}

// interval returns the longest time between two rotations in hours, 0 if there
// is no such time, and says where it comes from. Where AWS gives an expression
// that cannot be read, the days that AWS worked out from it stand in.
func (r *RotationRules) interval() (hours int64, text string, err error) {
	if r == nil || r.ScheduleExpression == "" && r.AutomaticallyAfterDays == nil {
		return 0, "", fmt.Errorf("no schedule is named")
	}
	if r.ScheduleExpression != "" {
		s, err := parseSchedule(r.ScheduleExpression)
		if err == nil {
			hours, text = s.interval(r.ScheduleExpression)
			return hours, text, nil
		}
		if r.AutomaticallyAfterDays == nil {
			return 0, "", err
		}
		text = fmt.Sprintf(" (%v)", err)
	}
	const century = 36525
	days := *r.AutomaticallyAfterDays
	return max(0, min(days, century)) * 24, "AutomaticallyAfterDays is " + fmt.Sprint(days) + text, nil
}

func (s schedule) interval(expression string) (hours int64, text string) {
	longest, shortest := s.gaps()
	switch {
	case longest == 0:
		return 0, shown(expression) + " names no date that exists"
	case longest == shortest:
		return longest, shown(expression) + " rotates every " + inTime(longest)
	}
	return longest, shown(expression) + " leaves up to " + inTime(longest) + " between rotations"
}
