package audit

import (
	"slices"
	"strings"
	"time"

	"github.com/assayhq/assay/report"
)

func smACC10() *Check {
	return &Check{
		Rule: report.Rule{
			ID:    "SM-ACC-10",
			Title: "Alarm on secrets that never rings",
			Text: "An alarm of CloudWatch on secrets looks at a metric that Secrets Manager does not have, as several tutorials teach, or has had no data for long, or does nothing when it rings. " +
				"Whoever made it believes to be told.",
			Remedy: "Secrets Manager itself counts nothing but the secrets (AWS/SecretsManager, ResourceCount). For calls, make a metric filter on the trail's log group and an alarm on its metric, " +
				"as SM-ACC-08 describes, with a topic of SNS as its action; delete the alarm that never rings.",
			Severity:   report.SeverityMedium,
			Confidence: report.ConfidenceHigh,
			Tags:       []string{"alarms", "monitoring"},
			Controls:   []string{"NIST-800-53-r5/SI-4"},
			References: []string{
				"https://docs.aws.amazon.com/secretsmanager/latest/userguide/monitoring-cloudwatch.html",
				"https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/AlarmThatSendsEmail.html",
			},
		},
		CLI: `aws cloudwatch delete-alarms --region <region> --alarm-names <alarm>
aws cloudwatch put-metric-alarm --region <region> --alarm-name <alarm> --namespace <namespace> --metric-name <metric-of-a-filter> \
  --statistic Sum --period 300 --evaluation-periods 1 --threshold 1 --comparison-operator GreaterThanOrEqualToThreshold \
  --treat-missing-data notBreaching --alarm-actions <sns-topic-arn>`,
		Terraform: `resource "aws_cloudwatch_metric_alarm" "<alarm>" {
  namespace     = "<namespace>" # of a metric filter, not AWS/SecretsManager
  metric_name   = "<metric-of-a-filter>"
  alarm_actions = ["<sns-topic-arn>"]
}`,
		Needs:  []Operation{DescribeAlarms},
		Uses:   []Operation{DescribeMetricFilters},
		Region: judgeAlarms,
	}
}

// secretMetrics are those that Secrets Manager has.
var secretMetrics = []string{"ResourceCount", "SecretCount"}

// silentDays is how long an alarm may have no data.
const silentDays = 7

func judgeAlarms(r *Region) Result {
	w := r.watches[r.Region]
	if w == nil || len(w.Alarms) == 0 {
		return NotApplicable() // SM-ACC-08 says that there is none
	}
	var bad []string
	for _, a := range w.Alarms {
		if why := a.neverRings(r.Now); why != "" {
			bad = append(bad, "alarm "+shown(a.Name)+" "+why)
		}
	}
	if len(bad) == 0 {
		return Pass("%s on secrets can ring", plural(int64(len(w.Alarms)), "alarm"))
	}
	return Fail("%s", severalOf(bad))
}

// neverRings says why an alarm tells nobody, "" if it does.
func (a *Alarm) neverRings(now time.Time) string {
	metric, own := strings.CutPrefix(a.Metric, "AWS/SecretsManager/")
	switch {
	case own && !slices.Contains(secretMetrics, metric):
		return "is on the metric " + shown(a.Metric) + ", which does not exist"
	case a.Actions == 0:
		return "does nothing when it rings"
	case own && a.State == "INSUFFICIENT_DATA" && a.Changed != nil && daysSince(*a.Changed, now) > silentDays:
		return "has had no data since " + onDay(*a.Changed)
	}
	return ""
}
