package audit

import "github.com/assayhq/assay/report"

func smLIF08() *Check {
	return &Check{
		Rule: report.Rule{
			ID:    "SM-LIF-08",
			Title: "Secret of an AWS service that nobody reads",
			Text: "An AWS service made the secret and manages it, and nobody has read it for longer than the limit. " +
				"It cannot be deleted by itself: what it belongs to may be unused. Most services leave its price to the account, some include it in theirs.",
			Remedy:     "Look in the console of the service for the resource that the secret belongs to. Delete that, or turn its managed password off, if nobody needs it; the secret goes with it.",
			Severity:   report.SeverityInfo,
			Confidence: report.ConfidenceHigh,
			Tags:       []string{"cost", "hygiene"},
			Controls:   []string{"FSBP/SecretsManager.3", "NIST-800-53-r5/AC-2"},
			References: []string{
				"https://docs.aws.amazon.com/secretsmanager/latest/userguide/service-linked-secrets.html",
			},
		},
		CLI: `aws secretsmanager describe-secret --region <region> --secret-id <secret>
aws rds modify-db-instance --region <region> --db-instance-identifier <database> --no-manage-master-user-password --master-user-password <new>`,
		Terraform: `resource "aws_db_instance" "<database>" {
  manage_master_user_password = true
}`,
		Needs:  []Operation{ListSecrets, DescribeSecret},
		Secret: judgeOwned,
	}
}

func judgeOwned(s *Secret, r *Region) Result {
	if !original(s) || s.OwningService == "" {
		return NotApplicable()
	}
	owner := shown(s.OwningService)
	unused, text := idleness(s, r)
	switch {
	case text == "":
		return NotEvaluated("%s manages it; neither when it was read nor when it was made is known", owner)
	case unused:
		return Fail("%s manages it; %s; it costs %s a month, unless the service includes that in its own price", owner, text, monthly(s))
	}
	return Pass("%s manages it; %s", owner, text)
}
