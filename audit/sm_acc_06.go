package audit

import (
	"slices"

	"github.com/assayhq/assay/report"
)

func smACC06() *Check {
	return &Check{
		Rule: report.Rule{
			ID:    "SM-ACC-06",
			Title: "Protection of a secret changed outside the pipelines",
			Text: "A principal that is none of the deployment pipelines changed who may read the secret or under which key, stopped its rotation or replication, or deleted it. " +
				"Changes like these belong into reviewed code; made by hand they are mistakes or the steps of an attack.",
			Remedy: "Ask the owner of the principal why. Undo what nobody can explain, and rotate the secret. " +
				"Name the principals that may make such changes under pipelines in .assay.toml.",
			Severity:   report.SeverityMedium,
			Confidence: report.ConfidenceMedium,
			Tags:       []string{"access", "changes", "cloudtrail"},
			Controls:   []string{"ISO-27001-2022/A.8.16", "NIST-800-53-r5/AU-6"},
			References: []string{
				"https://docs.aws.amazon.com/secretsmanager/latest/userguide/cloudtrail_log_entries.html",
				"https://docs.aws.amazon.com/secretsmanager/latest/userguide/best-practices.html",
			},
		},
		CLI: `aws cloudtrail lookup-events --region <region> --lookup-attributes AttributeKey=EventName,AttributeValue=<event>
aws secretsmanager restore-secret --region <region> --secret-id <secret>
aws secretsmanager get-resource-policy --region <region> --secret-id <secret>`,
		Terraform: `resource "aws_secretsmanager_secret" "<name>" {
  name                    = "<secret>"
  kms_key_id              = aws_kms_key.<secrets>.arn
  recovery_window_in_days = 30
}
resource "aws_secretsmanager_secret_policy" "<name>" {
  secret_arn          = aws_secretsmanager_secret.<name>.arn
  policy              = data.aws_iam_policy_document.<name>.json
  block_public_policy = true
}`,
		Needs:  []Operation{ListSecrets},
		Uses:   []Operation{LookupEvents},
		Events: true,
		Secret: judgeChanges,
		Region: judgeStrayChanges,
	}
}

// changes are the events that weaken or change how a secret is kept.
var changes = []string{
	"PutResourcePolicy", "DeleteResourcePolicy", "DeleteSecret", "CancelRotateSecret", "StopReplicationToReplica", "RemoveRegionsFromReplication",
}

func judgeChanges(s *Secret, r *Region) Result {
	t, production := r.Settings.For(s)
	list := filterActivity(r.Activity(s), byHand(r))
	if len(list) == 0 {
		return r.Quiet(noChange(r), t)
	}
	result := Fail("changed: %s%s (events %s)", tellAll(deedsOf(list, changeOf), (*deed).tell), withoutPipelines(r), r.Interval())
	return result.As(severityOfChanges(list, production, r))
}

// severityOfChanges is a degree lower for what roles did outside the console as
// long as no pipelines are set: most of them are pipelines.
func severityOfChanges(list []*Activity, production bool, r *Region) report.Severity {
	severe := production || slices.ContainsFunc(list, isForced)
	machines := len(r.Settings.Pipelines) == 0 && !slices.ContainsFunc(list, func(a *Activity) bool { return !byMachine(a) })
	switch {
	case severe && !machines:
		return report.SeverityHigh
	case machines && !severe:
		return report.SeverityLow
	}
	return report.SeverityMedium
}

// judgeStrayChanges judges changes of secrets that are gone: one that is deleted
// without recovery window leaves nothing else behind.
func judgeStrayChanges(r *Region) Result {
	if r.Narrowed {
		return NotApplicable()
	}
	list := filterActivity(r.Strays(), byHand(r))
	if len(list) == 0 {
		return r.Quiet(noChange(r)+" of other secrets than those listed", r.Settings.Thresholds)
	}
	result := Fail("changed: %s%s (events %s)", tellAll(deedsOf(list, changeOf), (*deed).tellWith), withoutPipelines(r), r.Interval())
	return result.As(severityOfChanges(list, false, r))
}

func noChange(r *Region) string {
	if len(r.Settings.Pipelines) == 0 {
		return "change of policy, key, rotation or replication, and no deletion,"
	}
	return "change of policy, key, rotation or replication, and no deletion, outside the pipelines"
}

func withoutPipelines(r *Region) string {
	if len(r.Settings.Pipelines) == 0 {
		return "; no pipelines are set, so that everyone counts"
	}
	return ""
}

// byHand returns what tells whether an activity is a change that came about, by a
// principal that is no pipeline and no AWS service.
func byHand(r *Region) func(*Activity) bool {
	return func(a *Activity) bool {
		change := slices.Contains(changes, a.Event) || a.Event == "UpdateSecret" && a.Note == "key"
		return change && a.Error == "" && !a.Service && !byService(a) && !isPipeline(a, r.Settings.Pipelines)
	}
}

func isPipeline(a *Activity, pipelines []string) bool { return matchesAny(a.Principal, pipelines) }

func isForced(a *Activity) bool { return a.Event == "DeleteSecret" && a.Note == "force" }

// changeOf names a change.
func changeOf(a *Activity) string {
	switch {
	case isForced(a):
		return "DeleteSecret without recovery window"
	case a.Event == "UpdateSecret":
		return "UpdateSecret with another key"
	}
	return a.Event
}
