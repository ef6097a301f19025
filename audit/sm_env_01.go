package audit

import "github.com/assayhq/assay/report"

func smENV01() *Check {
	return &Check{
		Rule: report.Rule{
			ID:    "SM-ENV-01",
			Title: "Credential in a Lambda function's variables",
			Text: "A variable of the function's environment holds a credential. Whoever may list functions reads it, " +
				"it stands in every deployment tool's state, and rotating it means deploying anew.",
			Remedy: "Put the credential into Secrets Manager, let the function read it with GetSecretValue or the Parameters and Secrets extension, " +
				"delete the variable, and rotate the credential: published versions of the function keep the old one.",
			Severity:   report.SeverityHigh,
			Confidence: report.ConfidenceMedium,
			Tags:       []string{"lambda", "plaintext"},
			Controls:   plainControls(),
			References: []string{
				"https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html",
				"https://docs.aws.amazon.com/secretsmanager/latest/userguide/retrieving-secrets_lambda.html",
			},
		},
		CLI: `aws lambda update-function-configuration --region <region> --function-name <function> --environment 'Variables={DB_SECRET_ARN=<arn of the secret>}'`,
		Terraform: `resource "aws_lambda_function" "<name>" {
  function_name = "<function>"
  environment {
    variables = { DB_SECRET_ARN = aws_secretsmanager_secret.<name>.arn }
  }
}`,
		Needs:         []Operation{ListFunctions},
		Configuration: exposed(kindFunction),
	}
}
