package audit

import "github.com/assayhq/assay/report"

func smLIF07() *Check {
	return &Check{
		Rule: report.Rule{
			ID:    "SM-LIF-07",
			Title: "Partner's secret without managed rotation",
			Text:  "The secret is of a type that Secrets Manager rotates together with a partner, and rotation is off, or lacks the role or the data about the partner's account that it needs.",
			Remedy: "Open the secret in the Secrets Manager console, choose Edit rotation, and give it the role and the partner's fields. " +
				"The role needs no more than the permissions that the guide lists.",
			Severity:   report.SeverityMedium,
			Confidence: report.ConfidenceHigh,
			Tags:       []string{"partner", "rotation"},
			Controls:   rotationControls(),
			References: []string{
				"https://docs.aws.amazon.com/secretsmanager/latest/userguide/managed-external-secrets.html",
				"https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_RotateSecret.html",
			},
		},
		CLI: `aws secretsmanager rotate-secret --region <region> --secret-id <secret> \
  --external-secret-rotation-role-arn <role-arn> --external-secret-rotation-metadata Key=<key>,Value=<value>`,
		Terraform: `resource "aws_iam_role" "<rotation>" {
  name               = "<rotation>"
  assume_role_policy = data.aws_iam_policy_document.<secretsmanager>.json
}`,
		Needs:  []Operation{ListSecrets, DescribeSecret},
		Secret: judgePartner,
	}
}

func judgePartner(s *Secret, _ *Region) Result {
	if !original(s) || s.ManagedType == "" {
		return NotApplicable()
	}
	partner := shown(s.ManagedType)
	switch {
	case !rotates(s):
		return Fail("rotation is off, though Secrets Manager can rotate secrets of the type %s without a function", partner)
	case s.PartnerRole == "":
		return Fail("rotation of the type %s is on, and no role is named for it", partner)
	case s.PartnerFields == 0:
		return Fail("rotation of the type %s is on under %s, and nothing is said of the partner's account", partner, shown(s.PartnerRole)).As(report.SeverityLow)
	}
	return Pass("rotation of the type %s is on, under %s", partner, shown(s.PartnerRole))
}
