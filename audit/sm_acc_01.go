package audit

import (
	"slices"
	"strings"

	"github.com/assayhq/assay/report"
)

func smACC01() *Check {
	return &Check{
		Rule: report.Rule{
			ID:    "SM-ACC-01",
			Title: "No trail records who reads secrets",
			Text: "No trail of CloudTrail that is logging records the management events that read in this region, which is where GetSecretValue belongs. " +
				"After a leak nobody can say who read which secret, beyond the 90 days of the event history.",
			Remedy: "Open Trails in the CloudTrail console, choose or create a trail that applies to all regions, and under Management events select Read and Write " +
				"without excluding sources; then choose Start logging.",
			Severity:   report.SeverityHigh,
			Confidence: report.ConfidenceHigh,
			Tags:       []string{"cloudtrail", "logging"},
			Controls: []string{
				"CIS-AWS-1.4/3.1", "CIS-AWS-1.5/3.1", "CIS-AWS-2.0/3.1", "CIS-AWS-3.0/3.1", "CIS-AWS-4.0/3.1", "CIS-AWS-5.0/3.1",
				"CIS-AWS-6.0/4.1", "CIS-AWS-7.0/4.1", "FSBP/CloudTrail.1", "HIPAA/164.308(a)(1)(ii)(D)", "HIPAA/164.312(b)", "ISO-27001-2022/A.8.15",
				"NIST-800-53-r5/AU-12", "NIST-800-53-r5/AU-2", "NIST-800-53-r5/AU-3", "NIST-800-53-r5/AU-6(3)",
				"PCI-DSS-4.0/10.2.1", "PCI-DSS-4.0/10.2.2", "SOC2/CC7.2",
			},
			References: []string{
				"https://docs.aws.amazon.com/secretsmanager/latest/userguide/monitoring-cloudtrail.html",
				"https://docs.aws.amazon.com/awscloudtrail/latest/userguide/logging-management-events-with-cloudtrail.html",
				"https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_AdvancedFieldSelector.html",
			},
		},
		CLI: `aws cloudtrail update-trail --region <home-region> --name <trail> --is-multi-region-trail
# replaces every selector of the trail; name those of data events again:
aws cloudtrail put-event-selectors --region <home-region> --trail-name <trail> \
  --event-selectors '[{"ReadWriteType":"All","IncludeManagementEvents":true}]'
aws cloudtrail start-logging --region <home-region> --name <trail>`,
		Terraform: `resource "aws_cloudtrail" "<trail>" {
  name                  = "<trail>"
  s3_bucket_name        = "<bucket>"
  is_multi_region_trail = true
  enable_logging        = true
  event_selector {
    read_write_type           = "All"
    include_management_events = true
  }
}`,
		Needs:  []Operation{DescribeTrails},
		Uses:   []Operation{GetTrailStatus, GetEventSelectors},
		Region: judgeTrails,
	}
}

func judgeTrails(r *Region) Result {
	if r.Empty {
		return NotApplicable() // there is nothing that could be read
	}
	if len(r.Trails) == 0 {
		return Fail("no trail applies to the region")
	}
	var good, bad, unknown []string
	keys := false
	for _, t := range r.Trails {
		name := "trail " + shown(t.Name)
		switch why, known := notRecording(t, r, readsSecrets); {
		case !known:
			unknown = append(unknown, name+": "+why)
		case why != "":
			bad = append(bad, name+" "+why)
		default:
			good = append(good, name+reachOf(t)+leftOut(t, readsSecrets))
			why, known := notRecording(t, r, usesKeys)
			keys = keys || known && why == ""
		}
	}
	switch {
	case len(good) > 0 && !keys:
		return Pass("%s records the reading of secrets; but the events of KMS are left out, so that it does not show which versions were decrypted", listed(good))
	case len(good) > 0:
		return Pass("%s records the reading of secrets, and the use of keys", listed(good))
	case len(unknown) > 0:
		return NotEvaluated("what is recorded is not known: %s", listed(unknown))
	}
	return Fail("the reading of secrets is recorded nowhere: %s", listed(bad))
}

// reachOf says where else a trail records.
func reachOf(t *Trail) string {
	switch {
	case t.Organization && t.MultiRegion:
		return " (of the organization, all regions)"
	case t.MultiRegion:
		return " (all regions)"
	}
	return " (this region only)"
}

// notRecording says why a trail does not record events of a kind, "" if it does.
// known is false if that cannot be told, and why then says why not.
func notRecording(t *Trail, r *Region, e trailEvent) (why string, known bool) {
	if t.Logging == nil {
		return "whether it is logging is not known: " + r.whyNo(GetTrailStatus, t.Gaps), false
	}
	if !*t.Logging {
		return "is not logging", true
	}
	if t.DeliveryError != "" {
		return "cannot deliver its files: " + shown(t.DeliveryError), true
	}
	if why := r.lacks(GetEventSelectors, t.Gaps); why != "" || len(t.Selectors)+len(t.AdvancedSelectors) == 0 {
		return "which events it selects is not known: " + r.whyNo(GetEventSelectors, t.Gaps), false
	}
	selected := slices.ContainsFunc(t.Selectors, e.selectedBy) || slices.ContainsFunc(t.AdvancedSelectors, e.selectedByAll)
	if !selected {
		return "does not select them", true
	}
	return "", true
}

// A trailEvent is a kind of management event, as the fields of selectors name it.
type trailEvent map[string]string

// Reading a secret and decrypting are management events that read.
var (
	readsSecrets = trailEvent{
		"eventCategory": "Management", "readOnly": "true", "eventSource": secretsManager, "eventName": "GetSecretValue", "eventType": "AwsApiCall",
	}
	usesKeys = trailEvent{
		"eventCategory": "Management", "readOnly": "true", "eventSource": "kms.amazonaws.com", "eventName": "Decrypt", "eventType": "AwsApiCall",
	}
)

// selectedBy judges a classic selector.
func (e trailEvent) selectedBy(s EventSelector) bool {
	return s.IncludeManagement && (s.ReadWriteType == "All" || s.ReadWriteType == "ReadOnly") && !slices.Contains(s.ExcludeSources, e["eventSource"])
}

// selectedByAll judges an advanced selector, all of whose fields must match.
func (e trailEvent) selectedByAll(s AdvancedSelector) bool {
	category := slices.ContainsFunc(s.Fields, func(f FieldSelector) bool { return f.Field == "eventCategory" })
	return category && !slices.ContainsFunc(s.Fields, func(f FieldSelector) bool { return !e.matches(f) })
}

// leftOut says by which fields a trail leaves some of the events out.
func leftOut(t *Trail, e trailEvent) string {
	var fields []string
	for _, s := range t.AdvancedSelectors {
		for _, f := range s.Fields {
			if _, ok := e[f.Field]; !ok && e.selectedByAll(s) {
				fields = append(fields, shown(f.Field))
			}
		}
	}
	if len(fields) == 0 {
		return ""
	}
	slices.Sort(fields)
	return " (but what it leaves out by " + listed(slices.Compact(fields)) + ")"
}

// matches judges one field. Of a field that differs from event to event, such as
// userIdentity.arn, what names values selects a few of them and does not match,
// and what only leaves values out selects the rest.
func (e trailEvent) matches(f FieldSelector) bool {
	value, ok := e[f.Field]
	if !ok {
		return len(f.Equals)+len(f.StartsWith)+len(f.EndsWith) == 0
	}
	prefix := func(p string) bool { return strings.HasPrefix(value, p) }
	suffix := func(p string) bool { return strings.HasSuffix(value, p) }
	if slices.Contains(f.NotEquals, value) || slices.ContainsFunc(f.NotStartsWith, prefix) || slices.ContainsFunc(f.NotEndsWith, suffix) {
		return false
	}
	if len(f.Equals)+len(f.StartsWith)+len(f.EndsWith) == 0 {
		return true
	}
	return slices.Contains(f.Equals, value) || slices.ContainsFunc(f.StartsWith, prefix) || slices.ContainsFunc(f.EndsWith, suffix)
}
