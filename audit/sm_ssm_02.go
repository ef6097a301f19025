package audit

import "github.com/assayhq/assay/report"

func smSSM02() *Check {
	return &Check{
		Rule: report.Rule{
			ID:    "SM-SSM-02",
			Title: "Credential in a document of Systems Manager",
			Text: "The content of the document holds a credential. Whoever may read the document has it, " +
				"and Run Command shows it in the history of what was run.",
			Remedy: "Put the credential into Secrets Manager or a SecureString parameter, let the step read it when it runs, make that version the default, " +
				"delete the older versions, and rotate the credential.",
			Severity:   report.SeverityHigh,
			Confidence: report.ConfidenceMedium,
			Tags:       []string{"plaintext", "ssm"},
			Controls:   plainControls(),
			References: []string{
				"https://docs.aws.amazon.com/systems-manager/latest/userguide/documents-syntax-data-elements-parameters.html",
				"https://docs.aws.amazon.com/secretsmanager/latest/userguide/integrating_parameterstore.html",
			},
		},
		CLI: `aws ssm update-document --region <region> --name <document> --content file://<document.yaml> --document-version '$LATEST'`,
		Terraform: `resource "aws_ssm_document" "<name>" {
  name            = "<document>"
  document_type   = "Command"
  document_format = "YAML"
  content         = file("<document.yaml>")
}`,
		Needs:         []Operation{ListDocuments, GetDocument},
		Configuration: exposed(kindDocument),
	}
}
