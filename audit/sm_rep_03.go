package audit

import (
	"slices"
	"strings"

	"github.com/assayhq/assay/report"
)

func smREP03() *Check {
	return &Check{
		Rule: report.Rule{
			ID:    "SM-REP-03",
			Title: "Misplaced or orphaned replica, or one that rotates by itself",
			Text: "A secret has a replica in a region that the settings do not allow, a replica is left whose primary is gone, so that it is never rotated again, " +
				"or a replica is rotated by itself and drifts from its primary.",
			Remedy: "In the Secrets Manager console of the primary's region, choose Replicate secret and delete the replica. " +
				"A replica without a primary can be promoted to a standalone secret in its own region (Promote to standalone secret) and then be rotated or deleted.",
			Severity:   report.SeverityMedium,
			Confidence: report.ConfidenceHigh,
			Tags:       []string{"replication"},
			References: []string{
				"https://docs.aws.amazon.com/secretsmanager/latest/userguide/replicate-secrets.html",
				"https://docs.aws.amazon.com/secretsmanager/latest/userguide/standalone-secret.html",
			},
		},
		CLI: `aws secretsmanager remove-regions-from-replication --region <primary-region> --secret-id <secret> --remove-replica-regions <region>
aws secretsmanager stop-replication-to-replica --region <replica-region> --secret-id <secret>`,
		Terraform: `resource "aws_secretsmanager_secret" "<name>" {
  name = "<secret>"
  replica {
    region = "<allowed-region>"
  }
}`,
		Needs:  []Operation{ListSecrets},
		Uses:   []Operation{DescribeSecret},
		Secret: judgeReplicaPlace,
	}
}

// judgeReplicaPlace judges the regions of replicas at their primary, where they
// are chosen, and at the replica what it alone shows.
func judgeReplicaPlace(s *Secret, r *Region) Result {
	if s.Deleted != nil {
		return NotApplicable()
	}
	if isReplica(s) {
		return judgeReplica(s, r)
	}
	if len(r.Settings.AllowedRegions) == 0 {
		return NotApplicable()
	}
	if why := r.lacks(DescribeSecret, s.Gaps); why != "" {
		return NotEvaluated("where its replicas are is not known: %s", why)
	}
	if len(s.Replicas) == 0 {
		return NotApplicable()
	}
	var regions, stray []string
	for _, replica := range s.Replicas {
		regions = append(regions, shown(replica.Region))
		if !slices.Contains(r.Settings.AllowedRegions, replica.Region) {
			stray = append(stray, shown(replica.Region))
		}
	}
	if len(stray) > 0 {
		return Fail("it has a replica in %s, the settings allow %s%s", listed(stray), listed(r.Settings.AllowedRegions), keeper(s))
	}
	return Pass("its replicas are in %s, which the settings allow", listed(regions))
}

func judgeReplica(s *Secret, r *Region) Result {
	primary, complete := r.Copy(s, s.PrimaryRegion)
	where := shown(s.PrimaryRegion)
	switch {
	case primary == nil && !complete && !r.Asked(s.PrimaryRegion):
		return NotApplicable()
	case primary == nil && !complete:
		return NotEvaluated("whether its primary exists is not known: the secrets of %s were not all listed", where)
	case primary == nil:
		return Fail("it is a replica of a secret in %s that does not exist any more%s", where, keeper(s))
	case isReplicaOf(primary):
		return Fail("it is a replica of a secret in %s that is itself a replica, of one in %s%s", where, shown(primary.PrimaryRegion), keeper(s))
	case rotatesHere(s):
		return Fail("it is rotated by %s although it is a replica of the secret in %s%s", shown(s.RotationLambdaARN), where, keeper(s))
	}
	return Pass("it is a replica of the secret in %s, which exists", where)
}

func isReplicaOf(c *OtherCopy) bool { return c.PrimaryRegion != "" && c.PrimaryRegion != c.Region }

// rotatesHere reports whether a replica has a rotation of its own. A function of
// the primary's region is the primary's, which a replica may repeat.
func rotatesHere(s *Secret) bool {
	parts := strings.Split(s.RotationLambdaARN, ":")
	return rotates(s) && len(parts) > 3 && parts[3] == s.Region
}
