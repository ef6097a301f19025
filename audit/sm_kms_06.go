package audit

import (
	"fmt"

	"github.com/assayhq/assay/report"
)

func smKMS06() *Check {
	return &Check{
		Rule: report.Rule{
			ID:    "SM-KMS-06",
			Title: "Replica under a weaker key than its primary",
			Text: "The secret is encrypted under a key of your own, but a replica of it under the key that AWS manages in its region, or under one that cannot be used. " +
				"The same value is then less well kept there, or not to be had when the primary region fails.",
			Remedy: "In the Secrets Manager console of the primary's region, under Replicate secret, delete the replica and add it again with a key of your own " +
				"of that region. A multi-Region key can serve in all of them.",
			Severity:   report.SeverityMedium,
			Confidence: report.ConfidenceHigh,
			Tags:       []string{"encryption", "kms", "replication"},
			Controls:   encryptionControls(),
			References: []string{
				"https://docs.aws.amazon.com/secretsmanager/latest/userguide/replicate-secrets.html",
				"https://docs.aws.amazon.com/kms/latest/developerguide/multi-region-keys-overview.html",
			},
		},
		CLI: `aws secretsmanager remove-regions-from-replication --region <primary-region> --secret-id <secret> --remove-replica-regions <region>
aws secretsmanager replicate-secret-to-regions --region <primary-region> --secret-id <secret> \
  --add-replica-regions Region=<region>,KmsKeyId=<key-arn-in-region>`,
		Terraform: `resource "aws_secretsmanager_secret" "<name>" {
  name       = "<secret>"
  kms_key_id = aws_kms_key.<secrets>.arn
  replica {
    region     = "<region>"
    kms_key_id = aws_kms_replica_key.<secrets>.arn
  }
}`,
		Needs:  []Operation{ListSecrets, DescribeSecret},
		Uses:   []Operation{DescribeKey},
		Secret: judgeReplicaKeys,
	}
}

func judgeReplicaKeys(s *Secret, r *Region) Result {
	if !original(s) {
		return NotApplicable()
	}
	if why := r.lacks(DescribeSecret, s.Gaps); why != "" {
		return NotEvaluated("which replicas it has is not known: %s", why)
	}
	if len(s.Replicas) == 0 {
		return NotApplicable()
	}
	switch r.keyKind(s.KMSKeyID) {
	case awsKey:
		return NotApplicable() // SM-KMS-01 says so
	case unknownKey:
		return NotEvaluated("who manages the key %s of the primary is not known: %s", shown(s.KMSKeyID), r.whyNoKey(r.Key(s.KMSKeyID)))
	}
	var weak, unknown, good []string
	unasked := false
	for _, replica := range s.Replicas {
		if r.neverCopied(s, replica) {
			continue
		}
		text, use := r.replicaKey(s, replica)
		switch use {
		case unusable:
			weak = append(weak, text)
		case unknownUse:
			if !r.Asked(replica.Region) {
				unasked = true
				continue
			}
			unknown = append(unknown, text)
		default:
			good = append(good, text)
		}
	}
	switch {
	case len(weak) > 0:
		return Fail("the primary is under a customer's key, but the replica %s%s", listed(weak), keeper(s))
	case len(unknown) > 0:
		return NotEvaluated("the replica %s", listed(unknown))
	case unasked || len(good) == 0:
		return NotApplicable()
	}
	return Pass("the primary and each replica are under customers' keys: %s%s", listed(good), singleRegion(r.Key(s.KMSKeyID)))
}

// neverCopied reports whether a replication failed and left no copy whose key
// could be judged. SM-REP-01 says so.
func (r *Region) neverCopied(s *Secret, replica Replica) bool {
	c, complete := r.Copy(s, replica.Region)
	return replica.Status == "Failed" && c == nil && complete
}

// replicaKey judges the key of one replica, and says which it is.
func (r *Region) replicaKey(s *Secret, replica Replica) (text string, use keyUse) {
	reference := replica.KMSKeyID
	var key *Key
	c, complete := r.Copy(s, replica.Region)
	if c != nil {
		reference, key = c.KMSKeyID, c.Key
	}
	where := "in " + shown(replica.Region)
	switch kind := kindOf(reference, key, r.Account); {
	case kind == awsKey:
		return where + " is under the key that AWS manages there", unusable
	case key != nil && useOf(key.State) == unusable:
		return fmt.Sprintf("%s is under %s, which is in the state %s%s", where, shown(reference), key.State, deletionOf(key)), unusable
	case kind == customerKey && key != nil && useOf(key.State) == usable:
		return where + " under " + shown(reference), usable
	case !complete:
		return where + " is under " + shown(reference) + ", of which nothing is known, because that region was not examined to its end", unknownUse
	}
	return where + " is under " + shown(reference) + ", whose state is not known", unknownUse
}

// singleRegion says what follows from a primary's key without replicas of its
// own: nothing wrong, but each region has its own key to keep.
func singleRegion(k *Key) string {
	if k == nil || k.MultiRegion {
		return ""
	}
	return " (the primary's key is no multi-Region key, so that each region has its own)"
}
