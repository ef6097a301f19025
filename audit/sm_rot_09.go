package audit

import (
	"fmt"
	"slices"
	"strings"

	"github.com/assayhq/assay/report"
)

func smROT09() *Check {
	return &Check{
		Rule: report.Rule{
			ID:    "SM-ROT-09",
			Title: "Unsuitable rotation window",
			Text: "The window in which Secrets Manager may rotate the secret is longer than the time to the next one, reaches into the next day, " +
				"has no stated length on a schedule in hours, or opens while changes are frozen. Rotations then come when nobody expects them, or are refused.",
			Remedy: "Open the secret in the Secrets Manager console, choose Rotation, Edit rotation, and set the start time and the window duration " +
				"so that the window ends on the same day (UTC), before the next one, and outside freezes.",
			Severity:   report.SeverityLow,
			Confidence: report.ConfidenceHigh,
			Tags:       []string{"rotation"},
			References: []string{"https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_schedule.html"},
		},
		CLI: `aws secretsmanager rotate-secret --region <region> --secret-id <secret> --no-rotate-immediately \
  --rotation-rules '{"ScheduleExpression":"cron(0 2 1 * ? *)","Duration":"3h"}'`,
		Terraform: `resource "aws_secretsmanager_secret_rotation" "<name>" {
  secret_id           = aws_secretsmanager_secret.<name>.id
  rotation_lambda_arn = aws_lambda_function.<rotation>.arn
  rotate_immediately  = false
  rotation_rules {
    schedule_expression = "cron(0 2 1 * ? *)"
    duration            = "3h"
  }
}`,
		Needs:  []Operation{ListSecrets},
		Secret: judgeWindow,
	}
}

func judgeWindow(s *Secret, r *Region) Result {
	if !original(s) || !rotates(s) {
		return NotApplicable()
	}
	plan, err := s.RotationRules.schedule()
	if err != nil {
		return NotEvaluated("%v", err)
	}
	hours, length := int64(0), "the default"
	if text := s.RotationRules.Duration; text != "" {
		if hours, err = parseDuration(text); err != nil {
			return NotEvaluated("%v", err)
		}
		length = plural(hours, "hour")
	}
	longest, shortest := plan.gaps()
	if longest == 0 {
		return NotEvaluated("%s names no date that exists, so no window opens", shown(s.RotationRules.ScheduleExpression))
	}
	bad := plan.misfits(hours, shortest)
	frozen, unknown := plan.frozen(hours, s, r)
	if frozen != "" {
		bad = append(bad, frozen)
	}
	switch {
	case len(bad) > 0:
		return Fail("%s%s", strings.Join(bad, "; "), keeperOfSchedule(s))
	case hours == 0 && plan.hourly():
		return Fail("%s%s", defaultHour, keeperOfSchedule(s)).As(report.SeverityInfo)
	case unknown:
		return NotEvaluated("no date of the next rotation is known, so it is not known whether it falls into a freeze")
	}
	return Pass("the length of the window is %s, windows open at least %s apart%s", length, inTime(shortest), freezeNote(r))
}

// defaultHour is worth a hint and no more: AWS documents the default, and it fits
// many.
const defaultHour = "the schedule counts hours and states no length of its window, so that it closes after one hour"

func freezeNote(r *Region) string {
	if len(r.Settings.Freezes) == 0 {
		return ""
	}
	return ", and none within a year falls into a freeze"
}

// misfits says what is wrong with windows of that many hours, 0 for none stated.
func (s schedule) misfits(hours, shortest int64) (bad []string) {
	if hours == 0 {
		return nil
	}
	if hours > shortest {
		bad = append(bad, fmt.Sprintf("the window of %s is longer than the %s to the next one", plural(hours, "hour"), inTime(shortest)))
	}
	last, ok := s.lastOpening()
	if ok && last+hours > 24 {
		bad = append(bad, fmt.Sprintf("the window of %s that opens at %02d:00 UTC reaches into the next day", plural(hours, "hour"), last))
	} else if !ok && hours > 24 {
		bad = append(bad, fmt.Sprintf("the window of %s is longer than a day", plural(hours, "hour")))
	}
	return bad
}

// frozen says which window of the coming year is the first to touch a freeze, ""
// for none. unknown says that the dates of the windows cannot be told.
func (s schedule) frozen(hours int64, secret *Secret, r *Region) (text string, unknown bool) {
	if len(r.Settings.Freezes) == 0 {
		return "", false
	}
	if s.every > 0 && secret.NextRotation == nil {
		return "", true
	}
	var freezes []freeze // Settings.Merge saw to it that all can be read
	for _, declared := range r.Settings.Freezes {
		f, err := parseFreeze(declared)
		if err != nil {
			return "", true
		}
		freezes = append(freezes, f)
	}
	for w := range s.windows(hours, secret.NextRotation, r.Now) {
		hit := func(f freeze) bool { return w.end.After(r.Now) && f.overlaps(w.start, w.end) }
		if i := slices.IndexFunc(freezes, hit); i >= 0 {
			return fmt.Sprintf("the window of %s falls into the freeze %s", w.start.Format("2006-01-02 15:04 UTC"), shown(r.Settings.Freezes[i])), false
		}
	}
	return "", false
}
