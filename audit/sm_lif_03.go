package audit

import (
	"slices"
	"strings"

	"github.com/assayhq/assay/report"
)

func smLIF03() *Check {
	return &Check{
		Rule: report.Rule{
			ID:    "SM-LIF-03",
			Title: "Secret without the tags that say whose it is",
			Text: "The secret lacks a tag that the settings ask for. Without an owner nobody knows whom to ask when it leaks, " +
				"and policies that go by tags do not cover it.",
			Remedy:     "Open the secret in the Secrets Manager console and add the tags. Which ones are asked for is set by required-tags in .assay.toml.",
			Severity:   report.SeverityLow,
			Confidence: report.ConfidenceHigh,
			Tags:       []string{"hygiene", "tags"},
			Controls:   []string{"FSBP/SecretsManager.5", "ISO-27001-2022/A.5.9", "NIST-800-53-r5/CM-8"},
			References: []string{
				"https://docs.aws.amazon.com/secretsmanager/latest/userguide/managing-secrets_tagging.html",
				"https://docs.aws.amazon.com/securityhub/latest/userguide/secretsmanager-controls.html#secretsmanager-5",
			},
		},
		CLI: `aws secretsmanager tag-resource --region <region> --secret-id <secret> --tags Key=Owner,Value=<team>`,
		Terraform: `resource "aws_secretsmanager_secret" "<name>" {
  name = "<secret>"
  tags = {
    Environment = "<environment>"
    Owner       = "<team>"
    Application = "<service>"
  }
}`,
		Needs:  []Operation{ListSecrets},
		Secret: judgeTags,
	}
}

func judgeTags(s *Secret, r *Region) Result {
	if !original(s) || s.OwningService != "" || len(r.Settings.RequiredTags) == 0 {
		return NotApplicable() // a service tags its own
	}
	var missing, there []string
	for _, required := range r.Settings.RequiredTags {
		if key := tagOf(s, strings.Split(required, "|")); key != "" {
			there = append(there, shown(key))
		} else {
			missing = append(missing, strings.ReplaceAll(required, "|", " or "))
		}
	}
	if len(missing) > 0 {
		return Fail("it lacks the tag %s", strings.Join(missing, ", "))
	}
	return Pass("it has the tags %s", listed(there))
}

// tagOf returns the key of the first tag of s with a value and one of the keys, in
// any case, "" for none.
func tagOf(s *Secret, keys []string) string {
	for _, key := range keys {
		for k, v := range s.Tags {
			if strings.EqualFold(k, key) && strings.TrimSpace(v) != "" {
				return k
			}
		}
	}
	return ""
}

// tagValues returns the values of the tags with one of the keys, sorted.
func tagValues(s *Secret, keys []string) []string {
	var values []string
	for k, v := range s.Tags {
		if v != "" && slices.ContainsFunc(keys, func(key string) bool { return strings.EqualFold(k, key) }) {
			values = append(values, v)
		}
	}
	slices.Sort(values)
	return values
}
