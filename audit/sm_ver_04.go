package audit

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/assayhq/assay/report"
)

func smVER04() *Check {
	return &Check{
		Rule: report.Rule{
			ID:    "SM-VER-04",
			Title: "Too many versions, or labels on old ones",
			Text: "The secret nears Secrets Manager's quota of 100 versions with those that it cannot delete (labelled, or younger than a day), or gets many in a day, after which no value can be stored; " +
				"or a label of the account's own stands on a version older than the current one, so that who reads by it never sees a rotated value.",
			Remedy: "Store a value only when it changes, at most every ten minutes. Move labels of your own to the current version, " +
				"or take them from old versions, so that Secrets Manager can delete these.",
			Severity:   report.SeverityMedium,
			Confidence: report.ConfidenceHigh,
			Tags:       []string{"versions"},
			References: []string{
				"https://docs.aws.amazon.com/secretsmanager/latest/userguide/getting-started.html#term_version",
				"https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_limits.html",
			},
		},
		CLI: `aws secretsmanager list-secret-version-ids --region <region> --secret-id <secret> --include-deprecated
aws secretsmanager update-secret-version-stage --region <region> --secret-id <secret> \
  --version-stage <label> --remove-from-version-id <old-version> --move-to-version-id <current-version>`,
		Terraform: `resource "aws_secretsmanager_secret_version" "<name>" {
  secret_id      = aws_secretsmanager_secret.<name>.id
  secret_string  = var.<value>
  version_stages = ["AWSCURRENT", "<label>"]
}`,
		Needs:  []Operation{ListSecrets, ListSecretVersionIds},
		Secret: judgeVersions,
	}
}

func judgeVersions(s *Secret, r *Region) Result {
	if !original(s) {
		return NotApplicable()
	}
	t, _ := r.Settings.For(s)
	var bad []string
	if n := len(slices.DeleteFunc(slices.Clone(s.Versions), deletable(r))); n > t.MaxVersions {
		bad = append(bad, fmt.Sprintf("it has %d versions that Secrets Manager cannot delete, the limit is %d of its 100", n, t.MaxVersions))
	}
	most, from := mostInADay(slices.DeleteFunc(slices.Clone(s.Versions), longAgo(r)), r.Now)
	if most > t.MaxVersionsPerDay {
		bad = append(bad, fmt.Sprintf("%d versions were made within 24 hours of %s, the limit is %d", most, onDay(from), t.MaxVersionsPerDay))
	}
	pinned, unsure := pinnedLabels(s, r.Now)
	if len(pinned) > 0 {
		bad = append(bad, "labels stand on versions older than the current one: "+listed(pinned))
	}
	switch {
	case len(bad) > 0:
		return Fail("%s%s", strings.Join(bad, "; "), keeper(s))
	case len(unsure) > 0:
		return NotEvaluated("whether labels stand on old versions is not known, for want of dates: %s", listed(unsure))
	}
	return Pass("it has %s, in %d days at most %d within 24 hours, and no label of the account's own on an old one",
		plural(int64(len(s.Versions)), "version"), floodDays, most)
}

// deletable returns what tells the versions that Secrets Manager deletes by itself
// once there are more than 100: those without a label that are older than a day.
// A secret that is rotated often has many of them, and nothing is wrong with it.
func deletable(r *Region) func(Version) bool {
	return func(v Version) bool {
		made, ok := past(v.Created, r.Now)
		return len(v.Stages) == 0 && ok && hoursSince(made, r.Now) >= 24
	}
}

// floodDays is how long a flood of versions is of interest. Nobody can delete a
// version, so that a finding of an older one could never be put right.
const floodDays = 30

func longAgo(r *Region) func(Version) bool {
	return func(v Version) bool {
		made, ok := past(v.Created, r.Now)
		return ok && daysSince(made, r.Now) >= floodDays
	}
}

// pinnedLabels returns the labels that people set on versions older than the
// current one, and those of which that cannot be told.
func pinnedLabels(s *Secret, now time.Time) (pinned, unsure []string) {
	var since time.Time // of the current version
	dated := false
	if current := oldestWith(s, stageCurrent); current != nil {
		since, dated = past(current.Created, now)
	}
	for _, v := range s.Versions {
		if slices.Contains(v.Stages, stageCurrent) || slices.Contains(v.Stages, stagePending) {
			continue
		}
		made, ok := past(v.Created, now)
		for _, label := range v.Stages {
			text := shown(label) + " on " + shown(v.ID)
			switch {
			case label == stagePrevious:
			case !dated || !ok:
				unsure = append(unsure, text)
			case made.Before(since):
				pinned = append(pinned, text+" of "+onDay(made))
			}
		}
	}
	slices.Sort(pinned)
	slices.Sort(unsure)
	return pinned, unsure
}
