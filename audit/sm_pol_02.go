package audit

import (
	"fmt"
	"slices"
	"strings"

	"github.com/assayhq/assay/report"
)

func smPOL02() *Check {
	return &Check{
		Rule: report.Rule{
			ID:    "SM-POL-02",
			Title: "Secret open to other accounts",
			Text: "The resource policy of the secret allows accounts or organizations to read or change it that the settings do not name, " +
				"or an AWS service on behalf of any account. Accounts of the own organization may where that was read (--scope access).",
			Remedy: "Ask the owner which of them need the secret. Take the others out of the resource policy, give services the condition aws:SourceAccount, " +
				"and name those that may stay under allowed-accounts or allowed-organizations in .assay.toml.",
			Severity:   report.SeverityHigh,
			Confidence: report.ConfidenceHigh,
			Tags:       []string{"access", "policy"},
			Controls:   []string{"CIS-AWS-7.0/2.21", "ISO-27001-2022/A.5.15", "NIST-800-53-r5/AC-3", "PCI-DSS-4.0.1/7.2.1"},
			References: []string{
				"https://docs.aws.amazon.com/secretsmanager/latest/userguide/auth-and-access_examples_cross.html",
				"https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html",
			},
		},
		CLI: `aws secretsmanager get-resource-policy --region <region> --secret-id <secret>
aws secretsmanager put-resource-policy --region <region> --secret-id <secret> --block-public-policy --resource-policy file://<policy.json>`,
		Terraform: `data "aws_iam_policy_document" "<name>" {
  statement {
    actions   = ["secretsmanager:GetSecretValue"]
    resources = ["*"]
    principals {
      type        = "Service"
      identifiers = ["<service>.amazonaws.com"]
    }
    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = ["<account>"]
    }
  }
}`,
		Needs:  []Operation{ListSecrets, GetResourcePolicy},
		Secret: judgeForeignPolicy,
	}
}

func judgeForeignPolicy(s *Secret, r *Region) Result {
	ways, result := waysInto(s)
	if ways == nil {
		return result
	}
	var others, within, services, allowed []string
	for _, w := range ways.list {
		text := fmt.Sprintf("%s may %s (%s)", w.who, listed(w.actions), statementName(w.statement))
		switch {
		case w.scope == public: // SM-POL-01 says so
		case w.scope == service:
			services = append(services, text)
		case r.Settings.allows(w.access) || r.within(w.access):
			allowed = append(allowed, w.who)
		case w.scope == bounded:
			within = append(within, text)
		default:
			others = append(others, text)
		}
	}
	switch {
	case len(others) > 0:
		return Fail("its resource policy opens it to others: %s", listed(slices.Concat(others, within, services)))
	case len(within) > 0:
		return Fail("its resource policy opens it to %s", listed(slices.Concat(within, services))).As(report.SeverityMedium)
	case len(services) > 0:
		return Fail("a service may use it for any account, without a condition such as aws:SourceAccount: %s", listed(services)).As(report.SeverityMedium)
	case len(allowed) > 0:
		return Pass("its resource policy opens it to none but those allowed: %s", listed(allowed))
	}
	return Pass("its resource policy allows nothing outside account %s", shown(s.Account))
}

// allows reports whether the settings name all that an access comes from: its
// accounts, the organization, or a limit of the owner's own, such as a VPC
// endpoint.
func (s *Settings) allows(a access) bool {
	if len(a.accounts) > 0 {
		return !slices.ContainsFunc(a.accounts, func(account string) bool { return !slices.Contains(s.AllowedAccounts, account) })
	}
	return a.scope == bounded && slices.ContainsFunc(append([]string{"its own organization"}, s.AllowedOrganizations...), func(name string) bool {
		return strings.Contains(a.who+" ", name+" ")
	})
}
