package audit

import (
	"fmt"
	"slices"
	"strings"

	"github.com/assayhq/assay/report"
)

func smACC02() *Check {
	return &Check{
		Rule: report.Rule{
			ID:    "SM-ACC-02",
			Title: "Repeated failed reads of secrets",
			Text: "One principal asked for the value of secrets again and again and was refused, could not decrypt it, or asked for secrets that do not exist, and did not read them before and after. " +
				"That is a program with wrong rights, or somebody who tries what stolen credentials can open.",
			Remedy: "Look the events up in the CloudTrail console (Event history, event source secretsmanager.amazonaws.com, by user name) and ask who owns the principal. " +
				"If nobody can explain them, disable its credentials; otherwise give it the right that it lacks, or mend the name that it asks for.",
			Severity:   report.SeverityMedium,
			Confidence: report.ConfidenceMedium,
			Tags:       []string{"access", "cloudtrail"},
			Controls:   []string{"ISO-27001-2022/A.8.16", "NIST-800-53-r5/AU-6", "NIST-800-53-r5/SI-4"},
			References: []string{
				"https://docs.aws.amazon.com/secretsmanager/latest/userguide/cloudtrail_log_entries.html",
				"https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html",
			},
		},
		CLI: `aws cloudtrail lookup-events --region <region> --lookup-attributes AttributeKey=EventName,AttributeValue=GetSecretValue \
  --query 'Events[?contains(CloudTrailEvent, ` + "`errorCode`" + `)]'
aws iam update-access-key --user-name <user> --access-key-id <id> --status Inactive`,
		Terraform: `resource "aws_cloudwatch_log_metric_filter" "<denied-secrets>" {
  name           = "<denied-secrets>"
  log_group_name = "<trail-log-group>"
  pattern        = "{ ($.eventSource = \"secretsmanager.amazonaws.com\") && ($.errorCode = \"AccessDenied*\") }"
  metric_transformation {
    name      = "<denied-secrets>"
    namespace = "<namespace>"
    value     = "1"
  }
}`,
		Needs:  []Operation{ListSecrets},
		Uses:   []Operation{LookupEvents},
		Events: true,
		Secret: judgeFailedReads,
		Region: judgeStrayFailedReads,
	}
}

func judgeFailedReads(s *Secret, r *Region) Result {
	t, production := r.Settings.For(s)
	list := r.Activity(s)
	deeds := oftenIn(filterActivity(failedReadsOf(list), neverMended(list)), t.MinDenied)
	if len(deeds) == 0 {
		return r.QuietReads(fmt.Sprintf("principal with %s", failedReads(t.MinDenied)), t)
	}
	result := Fail("failed reads: %s (events %s)", tellAll(deeds, (*deed).tell), r.Interval())
	if production {
		return result.As(report.SeverityHigh)
	}
	return result
}

// judgeStrayFailedReads judges what no secret shows: reads of secrets that do not
// exist, and those spread over so many secrets that none of them stands out.
func judgeStrayFailedReads(r *Region) Result {
	if r.Narrowed {
		return NotApplicable()
	}
	t := r.Settings.Thresholds
	perSecret := map[[2]string]int64{}
	failed := failedReadsOf(r.AllActivity())
	for _, a := range failed {
		perSecret[[2]string{principalOf(a), activityID(a.SecretID)}] += times(a)
	}
	spread := filterActivity(failed, func(a *Activity) bool {
		id := activityID(a.SecretID)
		return !r.named[id] || perSecret[[2]string{principalOf(a), id}] < int64(t.MinDenied)
	})
	deeds := oftenIn(spread, t.MinDenied)
	if len(deeds) == 0 {
		return r.QuietReads(fmt.Sprintf("principal with %s of secrets that do not exist, or over several", failedReads(t.MinDenied)), t)
	}
	return Fail("failed reads: %s (events %s)", tellAll(deeds, (*deed).tellWith), r.Interval())
}

// failedReadsOf returns the reads that failed, without those that every rotation
// begins with: AWS's templates ask for the pending version before they make it.
func failedReadsOf(list []*Activity) []*Activity {
	rotates := rotators(list)
	return filterActivity(list, func(a *Activity) bool {
		return isFailedRead(a) && !(strings.HasPrefix(a.Error, "ResourceNotFound") && rotates(a))
	})
}

func failedReads(n int) string { return plural(int64(n), "failed read") + " or more in a day" }

// isFailedRead reports whether a is a read that failed for want of a right, of
// the key or of the secret. Throttling and faults of AWS's own tell nothing.
func isFailedRead(a *Activity) bool {
	return isRead(a) && (strings.Contains(a.Error, "AccessDenied") || strings.HasPrefix(a.Error, "Unauthorized") ||
		strings.HasPrefix(a.Error, "DecryptionFailure") || strings.HasPrefix(a.Error, "ResourceNotFound"))
}

func errorOf(a *Activity) string { return shown(a.Error) }

// neverMended returns what tells whether an activity is a failure of somebody who
// did not read the secret both before it began and after it ended: a reader whose
// rights were wrong for an hour tries nothing out.
func neverMended(list []*Activity) func(*Activity) bool {
	readers := map[string]*readership{}
	for _, one := range readersOf(list) {
		readers[family(one.principal)] = one
	}
	return func(a *Activity) bool {
		one := readers[family(a.Principal)]
		return one == nil || a.Principal == "" || !one.first.Before(a.First) || !one.lastRead().After(a.Last)
	}
}

// oftenIn returns what principals did least times in one day, or ten times as
// often in all: a program that fails once a day, week after week.
func oftenIn(list []*Activity, least int) []*deed {
	byName := map[string][]*Activity{}
	for _, a := range list {
		byName[principalOf(a)] = append(byName[principalOf(a)], a)
	}
	return slices.DeleteFunc(deedsOf(list, errorOf), func(d *deed) bool {
		return densest(byName[d.principal]) < int64(least) && d.count < 10*int64(least)
	})
}

// densest returns how often the activities took place on the busiest day, at most:
// of those of several days it is not known which day was theirs.
func densest(list []*Activity) int64 {
	var several, most int64
	days := map[int64]int64{}
	for _, a := range list {
		switch {
		case a.Days > 1:
			several += min(max(int64(a.Busiest), 1), 1<<31)
		case dayOf(a.First) == dayOf(a.Last):
			days[dayOf(a.First)] += times(a)
		default:
			several += times(a)
		}
	}
	for _, n := range days {
		most = max(most, n)
	}
	return several + most
}
