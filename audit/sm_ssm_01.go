package audit

import (
	"strings"

	"github.com/assayhq/assay/report"
)

func smSSM01() *Check {
	return &Check{
		Rule: report.Rule{
			ID:    "SM-SSM-01",
			Title: "Parameter that should be encrypted, or under your key",
			Text: "The value or the description of a parameter holds a credential that is not encrypted: whoever may read parameters has it, " +
				"and no key policy stands before it. A SecureString under the key that AWS manages cannot be narrowed or shared by a key policy, which is a lesser matter.",
			Remedy: "Put the credential into Secrets Manager, or delete the parameter and make it anew as a SecureString under a customer managed key: " +
				"the type of a parameter cannot be changed. Rotate what stood there in plain sight.",
			Severity:   report.SeverityHigh,
			Confidence: report.ConfidenceMedium,
			Tags:       []string{"plaintext", "ssm"},
			Controls:   plainControls(),
			References: []string{
				"https://docs.aws.amazon.com/systems-manager/latest/userguide/secure-string-parameter-kms-encryption.html",
				"https://docs.aws.amazon.com/secretsmanager/latest/userguide/integrating_parameterstore.html",
			},
		},
		CLI: `aws ssm delete-parameter --region <region> --name <parameter>
aws ssm put-parameter --region <region> --name <parameter> --type SecureString --key-id <key> --value file://<file>`,
		Terraform: `resource "aws_ssm_parameter" "<name>" {
  name             = "<parameter>"
  type             = "SecureString"
  key_id           = aws_kms_key.<name>.arn
  value_wo         = var.<value>
  value_wo_version = 1
}`,
		Needs:         []Operation{DescribeParameters},
		Uses:          []Operation{GetParameters},
		Configuration: judgeParameter,
	}
}

// managedParameterAlias names the key that AWS manages for Systems Manager.
const managedParameterAlias = "alias/aws/ssm"

func judgeParameter(c *Configuration, r *Region) Result {
	if c.Kind != kindParameter {
		return NotApplicable()
	}
	if len(c.Exposures) > 0 {
		return judgeExposures(c)
	}
	if c.ValueType == secureString {
		if c.KMSKeyID == "" || c.KMSKeyID == managedParameterAlias || strings.HasSuffix(c.KMSKeyID, ":"+managedParameterAlias) {
			return Fail("it is encrypted under the key that AWS manages for Systems Manager").As(report.SeverityLow)
		}
		return Pass("it is encrypted under %s", shown(c.KMSKeyID))
	}
	switch gap := gapOf(c.Gaps, GetParameters); {
	case gap != nil:
		return NotEvaluated("%s %s", gap.Operation, gap.phrase())
	case !r.asked(GetParameters):
		return NotApplicable() // the user does not want values to be read
	}
	return judgeExposures(c)
}
