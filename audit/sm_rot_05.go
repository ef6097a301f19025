package audit

import (
	"strings"

	"github.com/assayhq/assay/report"
)

func smROT05() *Check {
	return &Check{
		Rule: report.Rule{
			ID:    "SM-ROT-05",
			Title: "Rotation function missing or not able to run",
			Text: "Rotation is on, but the Lambda function that should do it does not exist, is in another account or region, or is in a state in which it cannot run or was not updated. " +
				"The next rotation fails, has to be tried again, or does not do what was meant.",
			Remedy: "Open the function in the Lambda console and mend what its state says, or choose another function in the Secrets Manager console " +
				"under Rotation, Edit rotation.",
			Severity:   report.SeverityHigh,
			Confidence: report.ConfidenceHigh,
			Tags:       []string{"lambda", "rotation"},
			Controls:   rotationControls("FSBP/SecretsManager.2"),
			References: []string{
				"https://docs.aws.amazon.com/secretsmanager/latest/userguide/troubleshoot_rotation.html",
				"https://docs.aws.amazon.com/lambda/latest/dg/functions-states.html",
			},
		},
		CLI: `aws lambda get-function-configuration --region <region> --function-name <function> \
  --query '[State,StateReason,LastUpdateStatus,LastUpdateStatusReason]'
aws secretsmanager rotate-secret --region <region> --secret-id <secret> --rotation-lambda-arn <function-arn>`,
		Terraform: `resource "aws_secretsmanager_secret_rotation" "<name>" {
  secret_id           = aws_secretsmanager_secret.<name>.id
  rotation_lambda_arn = aws_lambda_function.<rotation>.arn
  rotation_rules {
    schedule_expression = "rate(30 days)"
  }
}`,
		Needs:  []Operation{ListSecrets},
		Uses:   []Operation{GetFunctionConfiguration},
		Secret: judgeFunction,
	}
}

func judgeFunction(s *Secret, r *Region) Result {
	if !usesFunction(s) {
		return NotApplicable()
	}
	if s.RotationLambdaARN == "" {
		return NotEvaluated("rotation is on, but neither a function nor a managing service is named")
	}
	name := shown(s.RotationLambdaARN)
	if p := strings.SplitN(s.RotationLambdaARN, ":", 7); len(p) == 7 && p[2] == "lambda" && (p[3] != s.Region || p[4] != s.Account) {
		return Fail("the function %s belongs to account %s in %s, the secret to account %s in %s", name, shown(p[4]), shown(p[3]), s.Account, s.Region)
	}
	f := r.Function(s.RotationLambdaARN)
	switch {
	case f == nil:
		return NotEvaluated("nothing is known of the function %s", name)
	case gapOf(f.Gaps, GetFunctionConfiguration) != nil:
		return NotEvaluated("nothing is known of the function %s: %s %s", name, GetFunctionConfiguration, gapOf(f.Gaps, GetFunctionConfiguration).phrase())
	case f.NotFound:
		return Fail("the function %s does not exist", name)
	case f.State == "" || f.LastUpdateStatus == "":
		return NotEvaluated("the state of the function %s is not known", name)
	case f.State == "Pending":
		return NotEvaluated("the function %s is being set up (Pending%s), so that whether it can run shows later", name, stateNote(f))
	case f.State == "Inactive":
		return Fail("the function %s is in the state Inactive: its first call after a long rest fails, and the rotation has to be tried again", name).
			As(report.SeverityLow)
	case f.State != "Active":
		return Fail("the function %s is in the state %s%s", name, shown(f.State), stateNote(f))
	case f.LastUpdateStatus == "Failed":
		return Fail("the last update of the function %s failed, so that it runs as it was before", name).As(report.SeverityMedium)
	}
	return Pass("the function %s is active, its last update: %s", name, shown(f.LastUpdateStatus))
}

// usesFunction reports whether the rotation of a secret is on and is the work of
// a function.
func usesFunction(s *Secret) bool {
	managed := s.OwningService != "" || s.ManagedType != ""
	return original(s) && rotates(s) && (s.RotationLambdaARN != "" || !managed)
}

func stateNote(f *Function) string {
	if f.StateReason == "" {
		return ""
	}
	return ": " + shown(f.StateReason)
}
