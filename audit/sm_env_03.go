package audit

import "github.com/assayhq/assay/report"

func smENV03() *Check {
	return &Check{
		Rule: report.Rule{
			ID:    "SM-ENV-03",
			Title: "Credential in a project of CodeBuild",
			Text: "A plaintext variable, the address of the source or the build specification of the project holds a credential. " +
				"Whoever may look at the project reads it, and builds print variables into their logs.",
			Remedy: "Change the type of the variable to SECRETS_MANAGER and its value to the name of a secret; connect the source by a connection instead of a token in its address. " +
				"Then rotate the credential.",
			Severity:   report.SeverityHigh,
			Confidence: report.ConfidenceMedium,
			Tags:       []string{"codebuild", "plaintext"},
			Controls:   plainControls("FSBP/CodeBuild.1", "FSBP/CodeBuild.2"),
			References: []string{
				"https://docs.aws.amazon.com/codebuild/latest/APIReference/API_EnvironmentVariable.html",
				"https://docs.aws.amazon.com/securityhub/latest/userguide/codebuild-controls.html#codebuild-2",
			},
		},
		CLI: `aws codebuild update-project --region <region> --name <project> --environment file://<environment.json>`,
		Terraform: `resource "aws_codebuild_project" "<name>" {
  environment {
    environment_variable {
      name  = "DB_PASSWORD"
      type  = "SECRETS_MANAGER"
      value = aws_secretsmanager_secret.<name>.name
    }
  }
}`,
		Needs:         []Operation{ListProjects, BatchGetProjects},
		Configuration: exposed(kindProject),
	}
}
