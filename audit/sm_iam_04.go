package audit

import (
	"fmt"

	"github.com/assayhq/assay/report"
)

func smIAM04() *Check {
	return &Check{
		Rule: report.Rule{
			ID:    "SM-IAM-04",
			Title: "Secrets read with long-lived credentials",
			Text: "The root user or a user of IAM read the value of the secret, or a user that can read secrets has an old access key. Such credentials do not expire: " +
				"whoever copies them reads secrets until somebody notices.",
			Remedy: "Give programs a role (of the instance, the task, the function, or by OIDC) and people a sign-in through IAM Identity Center, and delete the access keys of the user. " +
				"Nobody should work as root.",
			Severity:   report.SeverityMedium,
			Confidence: report.ConfidenceHigh,
			Tags:       []string{"access", "cloudtrail", "iam"},
			Controls:   []string{"CIS-AWS-5.0/1.13", "CIS-AWS-6.0/2.13", "CIS-AWS-7.0/2.12", "FSBP/IAM.3"},
			References: []string{
				"https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html#bp-workloads-use-roles",
				"https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_access-keys.html",
			},
		},
		CLI: `aws iam list-access-keys --user-name <user>
aws iam update-access-key --user-name <user> --access-key-id <id> --status Inactive
aws iam delete-access-key --user-name <user> --access-key-id <id>`,
		Terraform: `resource "aws_iam_role" "<name>" {
  name               = "<name>"
  assume_role_policy = data.aws_iam_policy_document.<trust>.json
}`,
		Needs:    []Operation{GetAccountAuthorizationDetails},
		Uses:     []Operation{ListAccessKeys, LookupEvents},
		Secret:   judgeLongLivedReads,
		Identity: judgeOldKeys,
	}
}

func judgeLongLivedReads(s *Secret, r *Region) Result {
	if s.Deleted != nil || !r.asked(LookupEvents) {
		return NotApplicable()
	}
	t, _ := r.Settings.For(s)
	by := func(kind string) []*deed {
		return deedsOf(filterActivity(r.Activity(s), func(a *Activity) bool { return isGoodRead(a) && a.PrincipalType == kind }), eventOf)
	}
	root, users := by("Root"), by("IAMUser")
	switch {
	case len(root) > 0:
		return Fail("the root user read it: %s (events %s)", tellAll(root, (*deed).tell), r.Interval()).As(report.SeverityHigh)
	case len(users) > 0:
		return Fail("users of IAM read it: %s (events %s)", tellAll(users, (*deed).tell), r.Interval())
	}
	return r.Quiet("read by the root user or a user of IAM", t)
}

func judgeOldKeys(i *Identity, r *Region) Result {
	p := r.party(i.ARN)
	if i.Kind != KindUser || p == nil {
		return NotApplicable()
	}
	if !p.mayRead() {
		return Pass("its policies let it read no secret")
	}
	if why := r.lacks(ListAccessKeys, i.Gaps); why != "" {
		return NotEvaluated("its access keys are not known: %s", why)
	}
	var old []string
	active := 0
	for _, k := range i.AccessKeys {
		if !k.Active {
			continue
		}
		active++
		made, ok := past(k.Created, r.Now)
		if days := daysSince(made, r.Now); ok && days > int64(r.Settings.MaxAccessKeyDays) {
			old = append(old, fmt.Sprintf("one of %s, %s old", onDay(made), plural(days, "day")))
		}
	}
	if len(old) > 0 {
		return Fail("it can read secrets and has an access key older than %d days: %s", r.Settings.MaxAccessKeyDays, listed(old))
	}
	return Pass("it can read secrets, and %s of at most %d days", plural(int64(active), "active access key"), r.Settings.MaxAccessKeyDays)
}
