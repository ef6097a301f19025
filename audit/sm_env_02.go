package audit

import "github.com/assayhq/assay/report"

func smENV02() *Check {
	return &Check{
		Rule: report.Rule{
			ID:    "SM-ENV-02",
			Title: "Credential in a task definition of ECS",
			Text: "A container of the latest active revision has a credential in its environment, command, labels or log options. " +
				"Revisions cannot be changed and everybody reads them who may describe task definitions.",
			Remedy: "Name the secret under secrets in the container definition, which ECS reads when the task starts, register a new revision, " +
				"deregister and delete the old ones, and rotate the credential.",
			Severity:   report.SeverityHigh,
			Confidence: report.ConfidenceMedium,
			Tags:       []string{"ecs", "plaintext"},
			Controls:   plainControls("FSBP/ECS.8"),
			References: []string{
				"https://docs.aws.amazon.com/AmazonECS/latest/developerguide/specifying-sensitive-data.html",
				"https://docs.aws.amazon.com/securityhub/latest/userguide/ecs-controls.html#ecs-8",
			},
		},
		CLI: `aws ecs register-task-definition --region <region> --cli-input-json file://<definition.json>
aws ecs deregister-task-definition --region <region> --task-definition <family>:<revision>`,
		Terraform: `resource "aws_ecs_task_definition" "<name>" {
  family = "<family>"
  container_definitions = jsonencode([{
    name    = "<container>"
    secrets = [{ name = "DB_PASSWORD", valueFrom = aws_secretsmanager_secret.<name>.arn }]
  }])
}`,
		Needs:         []Operation{ListTaskDefinitions, DescribeTaskDefinition},
		Configuration: exposed(kindTask),
	}
}
