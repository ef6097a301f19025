package audit

import (
	"fmt"
	"time"

	"github.com/assayhq/assay/report"
)

func smLIF01() *Check {
	return &Check{
		Rule: report.Rule{
			ID:    "SM-LIF-01",
			Title: "Secret that nobody reads",
			Text: "Neither the secret nor one of its replicas has been read for longer than the limit, or ever. It costs money each month, " +
				"and what it opens is a way in that nobody would miss.",
			Remedy:     "Ask the owner. Revoke the credential where it is used, then delete the secret with a recovery window of 30 days in the Secrets Manager console.",
			Severity:   report.SeverityMedium,
			Confidence: report.ConfidenceHigh,
			Tags:       []string{"cost", "hygiene"},
			Controls: []string{
				"FSBP/SecretsManager.3", "HIPAA/164.308(a)(4)(ii)(C)", "ISO-27001-2022/A.5.18", "NIST-800-53-r5/AC-2(1)", "NIST-800-53-r5/AC-3(15)",
				"PCI-DSS-4.0/7.2.4", "PCI-DSS-4.0/7.2.5.1", "PCI-DSS-4.0/8.2.6",
			},
			References: []string{
				"https://docs.aws.amazon.com/secretsmanager/latest/userguide/manage_delete-secret.html",
				"https://docs.aws.amazon.com/securityhub/latest/userguide/secretsmanager-controls.html#secretsmanager-3",
			},
		},
		CLI: `aws secretsmanager delete-secret --region <region> --secret-id <secret> --recovery-window-in-days 30`,
		Terraform: `resource "aws_secretsmanager_secret" "<name>" {
  name                    = "<secret>"
  recovery_window_in_days = 30
}`,
		Needs:  []Operation{ListSecrets, DescribeSecret},
		Secret: judgeUnused,
	}
}

func judgeUnused(s *Secret, r *Region) Result {
	if !original(s) || s.OwningService != "" {
		return NotApplicable() // SM-LIF-08 looks at the latter
	}
	unused, text := idleness(s, r)
	switch {
	case text == "":
		return NotEvaluated("neither when it was read nor when it was made is known")
	case unused:
		return Fail("%s; it costs %s a month", text, monthly(s))
	}
	return Pass("%s", text)
}

// idleness says when a secret was last read, anywhere, and whether that is longer
// ago than the limit. A secret is given as long from its making on.
func idleness(s *Secret, r *Region) (unused bool, text string) {
	t, _ := r.Settings.For(s)
	read := s.LastAccessed
	for _, replica := range s.Replicas {
		if replica.LastAccessed != nil && (read == nil || read.Before(*replica.LastAccessed)) {
			read = replica.LastAccessed
		}
	}
	ago := func(at *time.Time) int64 { return daysSince(*at, r.Now) }
	switch {
	case read != nil:
		days := ago(read)
		return days > int64(t.MaxUnusedDays), fmt.Sprintf("it was last read on %s, %s ago", onDay(*read), plural(days, "day"))
	case s.Created == nil:
		return false, ""
	}
	days := ago(s.Created)
	return days > int64(t.MaxUnusedDays), fmt.Sprintf("it was never read since it was made on %s, %s ago", onDay(*s.Created), plural(days, "day"))
}

// centsPerSecret is the price of a secret, and of each of its replicas, for a month:
// 0.40 USD in every region, https://aws.amazon.com/secrets-manager/pricing/.
const centsPerSecret = 40

func monthly(s *Secret) string {
	cents := centsPerSecret * (1 + len(s.Replicas))
	price := fmt.Sprintf("%d.%02d USD", cents/100, cents%100)
	if len(s.Replicas) > 0 {
		price += " with " + plural(int64(len(s.Replicas)), "replica")
	}
	return price
}
