package audit

import (
	"fmt"

	"github.com/assayhq/assay/report"
)

func smREP01() *Check {
	return &Check{
		Rule: report.Rule{
			ID:    "SM-REP-01",
			Title: "Replication failed or stuck",
			Text: "Secrets Manager could not copy the secret to a region, or has been trying to for too long. " +
				"The replica is missing or holds an old value, which shows when the primary region fails.",
			Remedy: "Open the secret in the Secrets Manager console of its primary region, read the message under Replicate secret and mend its cause " +
				"(a secret of the same name, or no right to use the replica's key), then choose Retry.",
			Severity:   report.SeverityHigh,
			Confidence: report.ConfidenceHigh,
			Tags:       []string{"availability", "replication"},
			Controls:   []string{"NIST-800-53-r5/CP-10", "NIST-800-53-r5/CP-9"},
			References: []string{
				"https://docs.aws.amazon.com/secretsmanager/latest/userguide/replicate-secrets.html",
				"https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_ReplicationStatusType.html",
			},
		},
		CLI: `aws secretsmanager describe-secret --region <primary-region> --secret-id <secret> --query ReplicationStatus
aws secretsmanager replicate-secret-to-regions --region <primary-region> --secret-id <secret> \
  --add-replica-regions Region=<region>,KmsKeyId=<key-arn-in-region> --force-overwrite-replica-secret`,
		Terraform: `resource "aws_secretsmanager_secret" "<name>" {
  name                           = "<secret>"
  force_overwrite_replica_secret = true
  replica {
    region     = "<region>"
    kms_key_id = "<key-arn-in-region>"
  }
}`,
		Needs:  []Operation{ListSecrets, DescribeSecret},
		Secret: judgeReplication,
	}
}

func judgeReplication(s *Secret, r *Region) Result {
	if !original(s) {
		return NotApplicable()
	}
	if why := r.lacks(DescribeSecret, s.Gaps); why != "" {
		return NotEvaluated("which replicas it has is not known: %s", why)
	}
	if len(s.Replicas) == 0 {
		return NotApplicable()
	}
	var failed, slow, unknown, good []string
	for _, replica := range s.Replicas {
		where := "to " + shown(replica.Region)
		switch replica.Status {
		case "InSync":
			good = append(good, where+" is in sync")
		case "Failed":
			failed = append(failed, where+messageOf(replica))
		case "InProgress":
			switch text, use := progress(s, r); use {
			case unusable:
				slow = append(slow, where+text)
			case unknownUse:
				unknown = append(unknown, where+text)
			default:
				good = append(good, where+text)
			}
		default:
			unknown = append(unknown, fmt.Sprintf("%s has the status %s, whose meaning is not known", where, shown(replica.Status)))
		}
	}
	switch {
	case len(failed) > 0:
		return Fail("replication failed %s%s", listed(failed), keeper(s))
	case len(slow) > 0:
		return Fail("replication %s%s", listed(slow), keeper(s)).As(report.SeverityMedium)
	case len(unknown) > 0:
		return NotEvaluated("replication %s", listed(unknown))
	}
	return Pass("replication %s", listed(good))
}

func messageOf(replica Replica) string {
	if replica.StatusMessage == "" {
		return ""
	}
	return ": " + shown(replica.StatusMessage)
}

// progress judges how long a replication has been under way. AWS does not say
// when it began; it began with a change of the secret, so not after the last.
func progress(s *Secret, r *Region) (string, keyUse) {
	t, _ := r.Settings.For(s)
	since, ok := past(s.LastChanged, r.Now)
	if !ok {
		return " is in progress, but when the secret was last changed is not known", unknownUse
	}
	hours := hoursSince(since, r.Now)
	if hours >= int64(t.MaxReplicaHours) {
		return fmt.Sprintf(" has been in progress since the secret last changed, %s ago, the limit is %s", lasting(hours), plural(int64(t.MaxReplicaHours), "hour")), unusable
	}
	return " is in progress, and the secret was changed within the limit of " + plural(int64(t.MaxReplicaHours), "hour"), usable
}
