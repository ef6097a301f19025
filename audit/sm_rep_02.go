package audit

import "github.com/assayhq/assay/report"

func smREP02() *Check {
	return &Check{
		Rule: report.Rule{
			ID:    "SM-REP-02",
			Title: "Critical secret without a replica",
			Text: "The secret is one of those that the settings want in more than one region, and it has no replica that works. " +
				"What needs it stops when its region does.",
			Remedy: "Open the secret in the Secrets Manager console, choose Replicate secret, and add a region with a key of your own there. " +
				"Which secrets need replicas is set by replicate in .assay.toml.",
			Severity:   report.SeverityLow,
			Confidence: report.ConfidenceHigh,
			Tags:       []string{"availability", "replication"},
			References: []string{
				"https://docs.aws.amazon.com/secretsmanager/latest/userguide/replicate-secrets.html",
			},
		},
		CLI: `aws secretsmanager replicate-secret-to-regions --region <region> --secret-id <secret> \
  --add-replica-regions Region=<other-region>,KmsKeyId=<key-arn-in-other-region>`,
		Terraform: `resource "aws_secretsmanager_secret" "<name>" {
  name = "<secret>"
  replica {
    region     = "<other-region>"
    kms_key_id = "<key-arn-in-other-region>"
  }
}`,
		Needs:  []Operation{ListSecrets, DescribeSecret},
		Secret: judgeReplicaThere,
	}
}

func judgeReplicaThere(s *Secret, r *Region) Result {
	if !original(s) || !r.Settings.MustReplicate(s) {
		return NotApplicable()
	}
	if len(s.Replicas) == 0 {
		return Fail("it has no replica%s", keeper(s))
	}
	var works, failed []string
	for _, replica := range s.Replicas {
		text := shown(replica.Region)
		switch replica.Status {
		case "Failed":
			failed = append(failed, text)
		case "":
			return NotEvaluated("the status of its replica in %s is not known", text)
		default:
			works = append(works, text+" ("+shown(replica.Status)+")")
		}
	}
	if len(works) == 0 {
		return Fail("its only replication, to %s, failed%s", listed(failed), keeper(s))
	}
	return Pass("it has replicas in %s", listed(works))
}
