package audit

import (
	"slices"
	"strings"

	"github.com/assayhq/assay/report"
)

func smACC08() *Check {
	return &Check{
		Rule: report.Rule{
			ID:    "SM-ACC-08",
			Title: "Nobody is told when secrets are attacked",
			Text: "No alarm on a metric filter and no rule of EventBridge tells anybody when reads of secrets are refused, a secret is deleted, its policy is changed, or a rotation fails. " +
				"CloudTrail then holds what happened, and nobody looks.",
			Remedy: "In the EventBridge console create a rule for AWS events of Secrets Manager via CloudTrail with a topic of SNS as its target; " +
				"for refused reads, a metric filter on the trail's log group with an alarm, because EventBridge hands events that read on only where a rule is told to.",
			Severity:   report.SeverityMedium,
			Confidence: report.ConfidenceMedium,
			Tags:       []string{"alarms", "cloudtrail", "monitoring"},
			Controls: []string{
				"CIS-AWS-1.4/4.1", "CIS-AWS-1.5/4.1", "CIS-AWS-2.0/4.1", "CIS-AWS-3.0/4.1", "CIS-AWS-4.0/4.1", "CIS-AWS-5.0/4.1",
				"CIS-AWS-6.0/5.1", "CIS-AWS-7.0/5.1", "ISO-27001-2022/A.8.16", "NIST-800-53-r5/SI-4",
			},
			References: []string{
				"https://docs.aws.amazon.com/secretsmanager/latest/userguide/monitoring-eventbridge.html",
				"https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-service-event-cloudtrail.html",
				"https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudwatch-alarms-for-cloudtrail.html",
			},
		},
		CLI: `aws events put-rule --region <region> --name secrets-changed --event-pattern \
  '{"source":["aws.secretsmanager"],"detail":{"eventName":["DeleteSecret","PutResourcePolicy","RotationFailed"]}}'
aws events put-targets --region <region> --rule secrets-changed --targets Id=1,Arn=<sns-topic-arn>
aws logs put-metric-filter --region <trail-region> --log-group-name <trail-log-group> --filter-name refused-secrets \
  --filter-pattern '{ ($.eventName = GetSecretValue) && ($.errorCode = AccessDenied*) }' \
  --metric-transformations metricName=refused-secrets,metricNamespace=<namespace>,metricValue=1
aws cloudwatch put-metric-alarm --region <trail-region> --alarm-name refused-secrets --namespace <namespace> --metric-name refused-secrets \
  --statistic Sum --period 300 --evaluation-periods 1 --threshold 5 --comparison-operator GreaterThanOrEqualToThreshold \
  --treat-missing-data notBreaching --alarm-actions <sns-topic-arn>`,
		Terraform: `resource "aws_cloudwatch_event_rule" "<secrets-changed>" {
  name = "<secrets-changed>"
  event_pattern = jsonencode({
    source = ["aws.secretsmanager"]
    detail = { eventName = ["DeleteSecret", "PutResourcePolicy", "RotationFailed"] }
  })
}
resource "aws_cloudwatch_event_target" "<secrets-changed>" {
  rule = aws_cloudwatch_event_rule.<secrets-changed>.name
  arn  = "<sns-topic-arn>"
}
resource "aws_cloudwatch_metric_alarm" "<refused-secrets>" {
  alarm_name          = "<refused-secrets>"
  namespace           = "<namespace>"
  metric_name         = "<refused-secrets>"
  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 1
  threshold           = 5
  comparison_operator = "GreaterThanOrEqualToThreshold"
  treat_missing_data  = "notBreaching"
  alarm_actions       = ["<sns-topic-arn>"]
}`,
		Needs:  []Operation{DescribeMetricFilters, DescribeAlarms, ListRules},
		Uses:   []Operation{ListTargetsByRule, DescribeTrails},
		Region: judgeWatching,
	}
}

// A watchedKind is a kind of event that somebody has to be told of.
type watchedKind struct {
	name    string
	event   string // its name in CloudTrail
	refused bool   // told by its error
	service bool   // of Secrets Manager itself
}

var watchedKinds = []watchedKind{
	{name: "refused reads", event: "GetSecretValue", refused: true},
	{name: "deleted secrets", event: "DeleteSecret"},
	{name: "changed policies", event: "PutResourcePolicy"},
	{name: "failed rotations", event: "RotationFailed", service: true},
}

func judgeWatching(r *Region) Result {
	if r.Empty {
		return NotApplicable()
	}
	var untold, told []string
	unseen := false
	places := r.watchPlaces()
	for _, kind := range watchedKinds {
		if by := kind.watchedBy(r, places); by != "" {
			told = append(told, kind.name+" by "+by)
		} else {
			untold = append(untold, kind.name)
		}
	}
	for _, place := range places {
		unseen = unseen || !r.Asked(place)
	}
	switch {
	case len(untold) == 0:
		return Pass("somebody is told of %s", listed(told))
	case unseen: // the user asked for other regions than that of the trail, whose alarms tell
		return NotApplicable()
	case len(told) > 0:
		return Fail("nobody is told of %s; somebody is of %s", listed(untold), listed(told))
	}
	return Fail("nobody is told of %s", listed(untold))
}

// watchPlaces are the regions where metric filters see what happens in r: its own,
// and those where trails of several regions are at home.
func (r *Region) watchPlaces() []string {
	places := []string{r.Region}
	for _, t := range r.Trails {
		if validRegion(t.HomeRegion) && !slices.Contains(places, t.HomeRegion) {
			places = append(places, t.HomeRegion)
		}
	}
	return places
}

// watchedBy names what tells of a kind of event, "" if nothing does.
func (k watchedKind) watchedBy(r *Region, places []string) string {
	if w := r.watches[r.Region]; w != nil { // EventBridge sees its own region alone
		for _, rule := range w.Rules {
			if rule.sees(k) && (rule.Targets == nil || *rule.Targets > 0) {
				return "rule " + shown(rule.Name)
			}
		}
	}
	for _, place := range places {
		if w := r.watches[place]; w != nil {
			for _, f := range w.Filters {
				if alarm := w.alarmOn(f); alarm != "" && f.sees(k) {
					return "alarm " + shown(alarm)
				}
			}
		}
	}
	return ""
}

// alarmOn names an alarm with an action on what a filter counts, "" for none.
func (w *Watch) alarmOn(f MetricFilter) string {
	i := slices.IndexFunc(w.Alarms, func(a Alarm) bool { return a.Actions > 0 && slices.Contains(f.Metrics, a.Metric) })
	if i < 0 {
		return ""
	}
	return w.Alarms[i].Name
}

// sees reports whether a metric filter counts a kind of event. Its pattern is read
// for what it names; one that names a source and no event counts all of that.
func (f MetricFilter) sees(k watchedKind) bool {
	text := strings.ToLower(strings.NewReplacer(" ", "", `"`, "", "\t", "").Replace(f.Pattern))
	names := strings.Contains(text, strings.ToLower(k.event))
	others := strings.Contains(text, "$.eventname=") || strings.Contains(text, "$.eventnameexists")
	refusals := strings.Contains(text, "$.errorcode=")
	switch {
	case strings.Contains(text, "$.eventname!="+strings.ToLower(k.event)):
		return false
	case refusals && !k.refused:
		return names && strings.Contains(text, "||")
	case names:
		return true
	case others:
		return false
	}
	ours := strings.Contains(text, secretsSource) || !strings.Contains(text, "$.eventsource=")
	return ours && (refusals || strings.Contains(text, secretsSource))
}
