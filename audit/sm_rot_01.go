package audit

import (
	"slices"
	"strings"
	"unicode"

	"github.com/assayhq/assay/report"
)

func smROT01() *Check {
	return &Check{
		Rule: report.Rule{
			ID:    "SM-ROT-01",
			Title: "Secret without automatic rotation",
			Text: "Automatic rotation of the secret is off, or was never turned on. " +
				"A value that leaks stays good until somebody changes it by hand, which in practice is after the leak was noticed.",
			Remedy: "Open the secret in the Secrets Manager console, choose Rotation, Edit rotation, turn Automatic rotation on, set a schedule of at most 90 days " +
				"and choose or create the function that rotates this kind of credential.",
			Severity:   report.SeverityMedium,
			Confidence: report.ConfidenceHigh,
			Tags:       []string{"rotation"},
			Controls: rotationControls("FSBP/SecretsManager.1", "HIPAA/164.308(a)(4)(ii)(C)", "HIPAA/164.308(a)(5)(ii)(D)", "MITRE-ATT&CK/T1552",
				"NIS2/11.6.2.c", "NIS2/9.2.c.iv", "SOC2/CC6.1", "SOC2/CC6.2"),
			References: []string{
				"https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotating-secrets.html",
				"https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_managed.html",
				"https://docs.aws.amazon.com/securityhub/latest/userguide/secretsmanager-controls.html",
			},
		},
		CLI: `# rotates at once; --no-rotate-immediately waits for the schedule
aws secretsmanager rotate-secret --region <region> --secret-id <secret> \
  --rotation-lambda-arn <function-arn> --rotation-rules '{"ScheduleExpression":"rate(30 days)"}'`,
		Terraform: `resource "aws_secretsmanager_secret_rotation" "<name>" {
  secret_id           = aws_secretsmanager_secret.<name>.id
  rotation_lambda_arn = aws_lambda_function.<rotation>.arn
  rotation_rules {
    schedule_expression = "rate(30 days)"
  }
}`,
		Needs:  []Operation{ListSecrets},
		Secret: judgeRotationOn,
	}
}

func judgeRotationOn(s *Secret, r *Region) Result {
	if !original(s) {
		return NotApplicable()
	}
	if rotates(s) {
		return Pass("rotation is on%s", rotatedBy(s))
	}
	if s.OwningService != "" && !ownerRotates(s) {
		return NotApplicable()
	}
	text := "rotation was never turned on"
	if s.RotationEnabled != nil {
		text = "rotation is off"
	}
	if last, ok := newest(r.Now, s.LastRotated); ok {
		text = "rotation is off, the last one was on " + onDay(last)
	}
	_, production := r.Settings.For(s)
	why := databaseSecret(s)
	if !production || why == "" {
		return Fail("%s%s", text, keeper(s))
	}
	return Fail("%s; it is a database's credential in production (%s)%s", text, why, keeper(s)).As(report.SeverityHigh)
}

// rotatedBy says who rotates a secret.
func rotatedBy(s *Secret) string {
	switch {
	case s.RotationLambdaARN != "":
		return ", by " + shown(s.RotationLambdaARN)
	case s.OwningService != "":
		return ", by " + shown(s.OwningService) + ", which manages the secret"
	case s.ManagedType != "":
		return ", at the partner " + shown(s.ManagedType)
	}
	return ""
}

// databaseSecret says by what a secret is known for a database's credential, ""
// for none. Its value is not read, so that names decide.
func databaseSecret(s *Secret) string {
	if s.OwningService == "rds" || s.OwningService == "redshift" {
		return "managed by " + s.OwningService
	}
	for key := range s.Tags {
		if strings.HasPrefix(strings.ToLower(key), "aws:rds:") {
			return "tagged by rds"
		}
	}
	words := strings.FieldsFunc(strings.ToLower(s.Name), func(r rune) bool { return !unicode.IsLetter(r) })
	for _, w := range words {
		if slices.Contains(databaseWords, w) {
			return "its name says " + w
		}
	}
	return ""
}

var databaseWords = []string{
	"aurora", "database", "databases", "db", "dbs", "docdb", "documentdb", "mariadb", "mongo", "mongodb", "mssql", "mysql", "oracle", "pg", "postgres",
	"postgresql", "rds", "redshift", "sqlserver",
}
