package audit

import (
	"github.com/assayhq/assay/report"
)

func smIAM03() *Check {
	return &Check{
		Rule: report.Rule{
			ID:    "SM-IAM-03",
			Title: "Secret that some can read and do not",
			Text:  "Users or roles can read the value of the secret and did not in the window of CloudTrail's events. A right that nobody uses helps only who steals it.",
			Remedy: "assay audit access <secret> lists them and prints a statement for the resource policy that leaves the secret to those that read it. Take the right from the others, " +
				"or name them under administrators in .assay.toml if they must have it for emergencies. Look first for jobs that run more rarely than the window is long.",
			Severity:   report.SeverityMedium,
			Confidence: report.ConfidenceMedium,
			Tags:       []string{"access", "cloudtrail", "iam"},
			Controls:   []string{"NIST-800-53-r5/AC-6", "PCI-DSS-4.0.1/7.2.4"},
			References: []string{
				"https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html#remove-credentials",
				"https://docs.aws.amazon.com/secretsmanager/latest/userguide/auth-and-access_resource-policies.html",
			},
		},
		CLI: `assay audit access <secret>
aws secretsmanager put-resource-policy --region <region> --secret-id <secret> --block-public-policy --resource-policy file://<policy.json>`,
		Terraform: onlyReadersTerraform,
		Needs:     []Operation{ListSecrets, GetAccountAuthorizationDetails, LookupEvents},
		Uses:      append([]Operation{GetFunctionConfiguration, GetResourcePolicy, DescribeKey, GetKeyPolicy, ListGrants}, organizationReads...),
		Events:    true,
		Secret:    judgeUnusedRights,
	}
}

func judgeUnusedRights(s *Secret, r *Region) Result {
	if s.Deleted != nil {
		return NotApplicable()
	}
	a := r.accessTo(s)
	if a.NotEvaluated != "" {
		return NotEvaluated("%s", a.NotEvaluated)
	}
	if days := r.Settings.MinAccessDays; r.Covered().Hours() < float64(days*24) {
		return NotEvaluated("who did not read it %s, which is shorter than the %d days that would prove a right unused", r.Interval(), days)
	}
	persons, unsure := 0, 0
	for _, one := range a.Readers {
		if one.person() && !one.Administrator {
			persons++
		}
		if one.Decision == Undecided {
			unsure++
		}
	}
	switch {
	case len(a.Unused) > 0:
		return Fail("%d of %s that can read it did not: %s (events %s)", len(a.Unused), plural(int64(persons), "principal"), listed(shownAll(a.Unused)), r.Interval())
	case persons == 0:
		return Pass("no user or role can read it but administrators")
	case unsure > 0:
		return Pass("all that may be able to read it did (events %s)", r.Interval())
	}
	return Pass("all that can read it did (events %s)", r.Interval())
}
