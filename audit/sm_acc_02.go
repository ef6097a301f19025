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
			Text: "One principal asked for the value of secrets again and again and was refused, could not decrypt it, or asked for secrets that do not exist. " +
				"That is a program with wrong rights, or somebody who tries what stolen credentials can open.",
			Remedy: "Look the events up in the CloudTrail console (Event history, event source secretsmanager.amazonaws.com, by user name) and ask who owns the principal. " +
				"If nobody can explain them, disable its credentials; otherwise give it the right that it lacks, or mend the name that it asks for.",
			Severity:   report.SeverityMedium,
			Confidence: report.ConfidenceMedium,
			Tags:       []string{"access", "cloudtrail"},
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
	deeds := atLeast(deedsOf(failedReadsOf(r.Activity(s)), errorOf), t.MinDenied)
	if len(deeds) == 0 {
		return r.Quiet(fmt.Sprintf("principal with %s", failedReads(t.MinDenied)), t)
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
	deeds := atLeast(deedsOf(spread, errorOf), t.MinDenied)
	if len(deeds) == 0 {
		return r.Quiet(fmt.Sprintf("principal with %s of secrets that do not exist, or over several", failedReads(t.MinDenied)), t)
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

func failedReads(n int) string { return plural(int64(n), "failed read") + " or more" }

// isFailedRead reports whether a is a read that failed for want of a right, of
// the key or of the secret. Throttling and faults of AWS's own tell nothing.
func isFailedRead(a *Activity) bool {
	return isRead(a) && (strings.Contains(a.Error, "AccessDenied") || strings.HasPrefix(a.Error, "Unauthorized") ||
		strings.HasPrefix(a.Error, "DecryptionFailure") || strings.HasPrefix(a.Error, "ResourceNotFound"))
}

func errorOf(a *Activity) string { return shown(a.Error) }

func atLeast(list []*deed, least int) []*deed {
	return slices.DeleteFunc(list, func(d *deed) bool { return d.count < int64(least) })
}
