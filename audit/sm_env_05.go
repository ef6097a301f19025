package audit

import "github.com/assayhq/assay/report"

func smENV05() *Check {
	return &Check{
		Rule: report.Rule{
			ID:    "SM-ENV-05",
			Title: "Credential in the configuration of another service",
			Text: "A parameter, output or template of CloudFormation, a definition of Step Functions, a variable of an API Gateway stage, or an argument or connection of Glue holds a credential. " +
				"Whoever may look at the resource reads it, and none of these is made to keep a secret.",
			Remedy: "Put the credential into Secrets Manager and name it there: by a dynamic reference in a template, by the name of the secret in arguments, variables and definitions, " +
				"by SECRET_ID in a connection of Glue. Mark parameters that must stay with NoEcho, and rotate the credential.",
			Severity:   report.SeverityMedium,
			Confidence: report.ConfidenceMedium,
			Tags:       []string{"apigateway", "cloudformation", "glue", "plaintext", "stepfunctions"},
			Controls:   plainControls(),
			References: []string{
				"https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/security-best-practices.html",
				"https://docs.aws.amazon.com/secretsmanager/latest/userguide/cfn-example_reference-secret.html",
			},
		},
		CLI: `aws cloudformation update-stack --region <region> --stack-name <stack> --template-body file://<template.yaml>
aws apigateway update-stage --region <region> --rest-api-id <api> --stage-name <stage> --patch-operations op=remove,path=/variables/<name>`,
		Terraform: `resource "aws_glue_connection" "<name>" {
  name = "<connection>"
  connection_properties = {
    JDBC_CONNECTION_URL = "<url without a password>"
    SECRET_ID           = aws_secretsmanager_secret.<name>.name
  }
}`,
		Needs: []Operation{
			DescribeStacks, GetTemplate, ListStateMachines, DescribeStateMachine, GetRESTAPIs, GetRESTStages, GetHTTPAPIs, GetHTTPStages, GetJobs, GetConnections,
		},
		Configuration: exposed(kindStack, kindStateMachine, kindRESTStage, kindHTTPStage, kindJob, kindConnection),
	}
}
