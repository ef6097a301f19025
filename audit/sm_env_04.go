package audit

import "github.com/assayhq/assay/report"

func smENV04() *Check {
	return &Check{
		Rule: report.Rule{
			ID:    "SM-ENV-04",
			Title: "Credential in the user data of EC2",
			Text: "The script that starts an instance, or the instances of a launch template, holds a credential. Every process of the instance reads it from the metadata service, " +
				"and so does whoever may describe instances or templates.",
			Remedy: "Let the instance read the credential from Secrets Manager with the role of its instance profile when it starts; change the user data, of a template in a new version, " +
				"delete the versions that hold it, and rotate the credential.",
			Severity:   report.SeverityHigh,
			Confidence: report.ConfidenceMedium,
			Tags:       []string{"ec2", "plaintext"},
			Controls:   plainControls("ISO-27001-2022/A.8.20", "ISO-27001-2022/A.8.21", "ISO-27001-2022/A.8.22"),
			References: []string{
				"https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/user-data.html",
				"https://docs.aws.amazon.com/secretsmanager/latest/userguide/retrieving-secrets.html",
			},
		},
		CLI: `aws ec2 stop-instances --region <region> --instance-ids <instance>
aws ec2 modify-instance-attribute --region <region> --instance-id <instance> --attribute userData --value file://<file>`,
		Terraform: `resource "aws_launch_template" "<name>" {
  iam_instance_profile {
    name = "<profile that may read the secret>"
  }
  user_data = filebase64("<start.sh>")
}`,
		Needs:         []Operation{DescribeInstances, DescribeInstanceAttribute, DescribeLaunchTemplateVersions},
		Configuration: exposed(kindInstance, kindTemplate),
	}
}
