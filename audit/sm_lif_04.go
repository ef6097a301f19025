package audit

import (
	"slices"
	"strings"

	"github.com/assayhq/assay/report"
)

func smLIF04() *Check {
	return &Check{
		Rule: report.Rule{
			ID:    "SM-LIF-04",
			Title: "Secret named against the convention",
			Text: "The name of the secret does not have the form that the settings ask for, {env}/{service}/{name} if they say nothing, or names another environment than its tag. " +
				"Policies that go by names, such as prod/*, then cover too much or too little.",
			Remedy: "A secret cannot be renamed: make a new one in the Secrets Manager console under a name of the convention, move its readers over, and delete the old one. " +
				"The convention is set by name-pattern in .assay.toml.",
			Severity:   report.SeverityLow,
			Confidence: report.ConfidenceHigh,
			Tags:       []string{"hygiene", "naming"},
			Controls:   []string{"ISO-27001-2022/A.5.9", "NIST-800-53-r5/CM-8"},
			References: []string{
				"https://docs.aws.amazon.com/secretsmanager/latest/userguide/best-practices.html",
				"https://docs.aws.amazon.com/secretsmanager/latest/userguide/auth-and-access_iam-policies.html",
			},
		},
		CLI: `aws secretsmanager create-secret --region <region> --name <env>/<service>/<name> --secret-string file://<value.json>
aws secretsmanager delete-secret --region <region> --secret-id <secret> --recovery-window-in-days 30`,
		Terraform: `resource "aws_secretsmanager_secret" "<name>" {
  name = "<env>/<service>/<name>"
}`,
		Needs:  []Operation{ListSecrets},
		Secret: judgeName,
	}
}

func judgeName(s *Secret, r *Region) Result {
	if !original(s) || s.OwningService != "" || s.ManagedType != "" {
		return NotApplicable() // whoever manages it names it
	}
	pattern := r.Settings.namePattern()
	m := pattern.FindStringSubmatch(s.Name)
	if m == nil {
		return Fail("its name does not have the form %s", r.Settings.nameForm())
	}
	i := pattern.SubexpIndex("env")
	tags := tagValues(s, environmentTags)
	if i < 0 || m[i] == "" || len(tags) == 0 {
		return Pass("its name has the form %s", r.Settings.nameForm())
	}
	if !slices.ContainsFunc(tags, func(tag string) bool { return sameEnvironment(m[i], tag) }) {
		return Fail("its name says %s, its tag %s", shown(m[i]), listed(shownAll(tags)))
	}
	return Pass("its name and its tag both say %s", shown(m[i]))
}

// sameEnvironment reports whether two names mean the same environment: prod,
// Production and prod-eu do.
func sameEnvironment(a, b string) bool {
	a, b = strings.ToLower(a), strings.ToLower(b)
	return strings.HasPrefix(a, b) || strings.HasPrefix(b, a)
}
