package audit

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/assayhq/assay/report"
)

func smLIF02() *Check {
	return &Check{
		Rule: report.Rule{
			ID:    "SM-LIF-02",
			Title: "Deleted secret that is still wanted",
			Text: "The secret is scheduled for deletion, or gone, and a principal has asked for its value since; or a secret of production was given a recovery window shorter than 30 days. " +
				"What asks for it is broken now, and when the window is over nobody can bring the value back.",
			Remedy: "Find out who asks. If it needs the secret, choose Cancel deletion in the Secrets Manager console before the window is over; " +
				"if not, take the secret out of its configuration and let the deletion go on.",
			Severity:   report.SeverityMedium,
			Confidence: report.ConfidenceHigh,
			Tags:       []string{"cloudtrail", "deletion", "lifecycle"},
			Controls:   []string{"NIST-800-53-r5/CP-9"},
			References: []string{
				"https://docs.aws.amazon.com/secretsmanager/latest/userguide/manage_delete-secret.html",
				"https://docs.aws.amazon.com/secretsmanager/latest/userguide/monitoring_cloudwatch_deleted-secrets.html",
			},
		},
		CLI: `aws secretsmanager restore-secret --region <region> --secret-id <secret>
aws secretsmanager delete-secret --region <region> --secret-id <secret> --recovery-window-in-days 30`,
		Terraform: `resource "aws_secretsmanager_secret" "<name>" {
  name                    = "<secret>"
  recovery_window_in_days = 30
}`,
		Needs:  []Operation{ListSecrets},
		Uses:   []Operation{LookupEvents},
		Events: true,
		Secret: judgeDeletion,
		Region: judgeGone,
	}
}

func judgeDeletion(s *Secret, r *Region) Result {
	if s.Deleted == nil {
		return NotApplicable()
	}
	t, production := r.Settings.For(s)
	list := r.Activity(s)
	deletion := lastDeletion(list)
	when := "; it will be gone after " + onDay(*s.Deleted)
	if deeds := deedsOf(filterActivity(list, wantedAfter(deletion)), answerOf); len(deeds) > 0 {
		result := Fail("asked for since its deletion%s: %s%s (events %s)", whoDeleted(deletion), tellAll(deeds, (*deed).tell), when, r.Interval())
		if production {
			return result.As(report.SeverityHigh)
		}
		return result
	}
	if days := windowOf(deletion); production && days > 0 {
		return Fail("its recovery window is %s, and production has 30 days; deleted%s%s", plural(days, "day"), whoDeleted(deletion), when)
	}
	return r.QuietReads("request for it since its deletion", t)
}

// judgeGone judges requests for secrets of which nothing is left but the event that
// they were deleted.
func judgeGone(r *Region) Result {
	if r.Narrowed {
		return NotApplicable()
	}
	byName := map[string][]*Activity{}
	for _, a := range r.Strays() {
		if a.SecretID != "" {
			byName[secretName(a.SecretID)] = append(byName[secretName(a.SecretID)], a)
		}
	}
	var wanted []*Activity
	for _, list := range byName {
		if deletion := lastDeletion(list); deletion != nil {
			wanted = append(wanted, filterActivity(list, wantedAfter(deletion))...)
		}
	}
	deeds := deedsOf(wanted, answerOf)
	if len(deeds) == 0 {
		return r.QuietReads("request for a secret after it was deleted", r.Settings.Thresholds)
	}
	return Fail("asked for after they were deleted: %s (events %s)", tellAll(deeds, (*deed).tellWith), r.Interval())
}

// lastDeletion returns the last deletion that came about, nil if none is known.
func lastDeletion(list []*Activity) *Activity {
	var last *Activity
	for _, a := range list {
		if a.Event == "DeleteSecret" && a.Error == "" {
			last = later(last, a)
		}
	}
	return last
}

// windowOf returns how many days a deletion can be taken back, 0 for AWS's 30 and
// for what is not known.
func windowOf(deletion *Activity) int64 {
	if deletion == nil {
		return 0
	}
	days, _, _ := strings.Cut(deletion.Note, " day")
	n, err := strconv.ParseUint(days, 10, 16)
	if err != nil {
		return 0
	}
	return int64(n)
}

// settling is how long a deletion may take to be known everywhere.
const settling = 5 * time.Minute

// wantedAfter returns what tells whether an activity is a request for the value
// since a deletion. Where that is not known, only Secrets Manager's own answer to
// such a request tells: it refuses as invalid what is marked for deletion.
func wantedAfter(deletion *Activity) func(*Activity) bool {
	return func(a *Activity) bool {
		marked := strings.HasPrefix(a.Error, "InvalidRequest")
		if deletion == nil {
			return isRead(a) && marked
		}
		gone := marked || a.Error == "" || strings.HasPrefix(a.Error, "ResourceNotFound")
		return isRead(a) && gone && a.Last.After(deletion.Last.Add(settling))
	}
}

func whoDeleted(deletion *Activity) string {
	if deletion == nil {
		return ""
	}
	return fmt.Sprintf(" by %s on %s", principalOf(deletion), onDay(deletion.Last))
}

// answerOf names what came of a request.
func answerOf(a *Activity) string {
	if a.Error == "" {
		return shown(a.Event)
	}
	return shown(a.Error)
}
