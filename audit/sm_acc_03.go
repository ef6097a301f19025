package audit

import (
	"slices"
	"strings"
	"time"

	"github.com/assayhq/assay/report"
)

func smACC03() *Check {
	return &Check{
		Rule: report.Rule{
			ID:    "SM-ACC-03",
			Title: "Secret read by somebody new",
			Text: "In the last days a principal read the secret that had never read it in the weeks before, though others did. " +
				"Most of these are new services; a stolen role that looks around shows the same way, and nowhere else.",
			Remedy: "Ask the owner of the secret whether the reader is expected. If nobody knows it, disable its credentials, rotate the secret and look for what else it read. " +
				"Name the roles of emergencies under break-glass and those of deployments under pipelines in .assay.toml.",
			Severity:   report.SeverityMedium,
			Confidence: report.ConfidenceLow,
			Tags:       []string{"access", "anomaly", "cloudtrail"},
			Controls:   []string{"NIST-800-53-r5/AU-6", "NIST-800-53-r5/SI-4"},
			References: []string{
				"https://docs.aws.amazon.com/secretsmanager/latest/userguide/cloudtrail_log_entries.html",
				"https://docs.aws.amazon.com/secretsmanager/latest/userguide/monitoring-cloudtrail.html",
			},
		},
		CLI: `aws cloudtrail lookup-events --region <region> --lookup-attributes AttributeKey=EventName,AttributeValue=GetSecretValue
aws iam get-role --role-name <role>
aws secretsmanager rotate-secret --region <region> --secret-id <secret>`,
		Terraform: `data "aws_iam_policy_document" "<secret>" {
  statement { # nobody but its readers
    effect    = "Deny"
    actions   = ["secretsmanager:GetSecretValue"]
    resources = ["*"]
    principals {
      type        = "AWS"
      identifiers = ["*"]
    }
    condition {
      test     = "ArnNotLike"
      variable = "aws:PrincipalArn"
      values   = ["<reader-role-arn>"]
    }
  }
}
resource "aws_secretsmanager_secret_policy" "<secret>" {
  secret_arn = aws_secretsmanager_secret.<secret>.arn
  policy     = data.aws_iam_policy_document.<secret>.json
}`,
		Needs:  []Operation{ListSecrets},
		Uses:   []Operation{LookupEvents},
		Events: true,
		Secret: judgeNewcomers,
	}
}

func judgeNewcomers(s *Secret, r *Region) Result {
	if s.OwningService != "" {
		return NotApplicable() // its service lets read it whom it likes
	}
	t, production := r.Settings.For(s)
	from, why := r.watched(t)
	if why != "" {
		return NotEvaluated("%s", why)
	}
	if created, ok := past(s.Created, r.Now); ok { // a young secret has its first readers first
		from = latest(from, created.AddDate(0, 0, t.BaselineDays))
	}
	list := r.Activity(s)
	readers := readersOf(list)
	known := 0
	var fresh []*readership
	for _, one := range readers {
		switch {
		case one.first.Before(from):
			known++
		case !expected(one, list, r):
			fresh = append(fresh, one)
		}
	}
	if len(fresh) == 0 {
		return r.newSince("principal that read it for the first time", from, t)
	}
	result := Fail("read for the first time by %s; %s it before (events %s)", tellFirst(fresh), whoElse(known), r.Interval())
	if production && slices.ContainsFunc(fresh, func(one *readership) bool { return one.human }) {
		return result.As(report.SeverityHigh)
	}
	return result
}

// expected reports whether a new reader is one who may be new: who made the secret
// or wrote its value, a pipeline, or a role for emergencies.
func expected(one *readership, list []*Activity, r *Region) bool {
	if matchesAny(one.principal, r.Settings.Pipelines) || r.breakGlass(one.principal) {
		return true
	}
	return slices.ContainsFunc(list, func(a *Activity) bool {
		return a.Principal == one.principal && a.Error == "" && (a.Event == "CreateSecret" || a.Event == "PutSecretValue")
	})
}

func whoElse(known int) string {
	if known == 0 {
		return "nobody read"
	}
	return plural(int64(known), "other principal") + " read"
}

// tellFirst says who came new, the first one first, and when.
func tellFirst(list []*readership) string {
	const most = 3
	var texts []string
	for _, one := range list[:min(len(list), most)] {
		texts = append(texts, one.tell()+", first at "+one.first.UTC().Format(time.RFC3339))
	}
	text := strings.Join(texts, "; ")
	if more := len(list) - most; more > 0 {
		text += "; and " + plural(int64(more), "principal") + " more"
	}
	return text
}
