package audit

import (
	"fmt"
	"strings"
	"time"

	"github.com/assayhq/assay/report"
)

func smACC05() *Check {
	return &Check{
		Rule: report.Rule{
			ID:    "SM-ACC-05",
			Title: "Many secrets read at one go",
			Text: "One principal asked for the values of many different secrets within ten minutes, or for a batch of all that match a filter, and had no habit of doing so. " +
				"That is how somebody with stolen credentials takes what they open.",
			Remedy: "Ask the owner of the principal what it was. If nobody knows, disable its credentials and rotate every secret that it named. " +
				"What does so by design, such as an operator that copies secrets into a cluster, is known after its third day.",
			Severity:   report.SeverityHigh,
			Confidence: report.ConfidenceMedium,
			Tags:       []string{"access", "anomaly", "cloudtrail"},
			Controls:   []string{"MITRE-ATT&CK/T1555.006", "NIST-800-53-r5/AU-6", "NIST-800-53-r5/SI-4"},
			References: []string{
				"https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_BatchGetSecretValue.html",
				"https://docs.aws.amazon.com/secretsmanager/latest/userguide/cloudtrail_log_entries.html",
			},
		},
		CLI: `aws cloudtrail lookup-events --region <region> --lookup-attributes AttributeKey=Username,AttributeValue=<session>
aws iam put-role-policy --role-name <role> --policy-name deny-all \
  --policy-document '{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]}'
aws secretsmanager rotate-secret --region <region> --secret-id <secret>`,
		Terraform: `data "aws_iam_policy_document" "<role>" {
  statement { # its own secrets, one by one
    actions   = ["secretsmanager:GetSecretValue"]
    resources = [aws_secretsmanager_secret.<secret>.arn]
  }
}`,
		Needs:  []Operation{ListSecrets},
		Uses:   []Operation{LookupEvents},
		Events: true,
		Region: judgeSweeps,
	}
}

func judgeSweeps(r *Region) Result {
	if r.Narrowed {
		return NotApplicable()
	}
	t := r.Settings.Thresholds
	from, why := r.watched(t)
	if why != "" {
		if r.Events == nil && r.Empty {
			return NotApplicable()
		}
		return NotEvaluated("%s", why)
	}
	var texts []string
	for _, b := range sweepsSince(r, from, t.MinSweep) {
		texts = append(texts, b.tell())
	}
	if batches := deedsOf(filterActivity(r.AllActivity(), newBatch(r, from)), noteOf); len(batches) > 0 {
		texts = append(texts, "batches by a filter: "+tellAll(batches, (*deed).tell))
	}
	if len(texts) == 0 {
		return r.newSince(fmt.Sprintf("principal that read %d secrets or more within ten minutes and had no habit of it,", t.MinSweep), from, t)
	}
	return Fail("%s (events %s)", severalOf(texts), r.Interval())
}

// A habit is on how many days a principal read many secrets at one go, and how
// many at most.
type habit struct{ days, most int }

// habitDays is after how many days something is a habit.
const habitDays = 3

// sweepsSince returns the bursts that were no habit of who made them, the widest of
// each principal.
func sweepsSince(r *Region, from time.Time, least int) []*Burst {
	habits := map[string]habit{}
	widest := map[string]*Burst{}
	var order []string
	for _, b := range r.Bursts {
		name := family(b.Principal) + "\x00" + b.PrincipalType
		h := habits[name]
		known := h.days >= habitDays && b.Secrets <= 2*h.most
		if b.Secrets >= least && !b.First.Before(from) && !known && !byService(b.about()) && !r.breakGlass(b.Principal) {
			if w := widest[name]; w == nil {
				order = append(order, name)
				widest[name] = b
			} else if b.Secrets > w.Secrets {
				widest[name] = b
			}
		}
		habits[name] = habit{h.days + 1, max(h.most, b.Secrets)}
	}
	var list []*Burst
	for _, name := range order {
		list = append(list, widest[name])
	}
	return list
}

// about is who made a burst.
func (b *Burst) about() *Activity {
	return &Activity{Principal: b.Principal, PrincipalType: b.PrincipalType}
}

// tell says "arn:... 14 secrets in 3 minutes from 203.0.113.7 at ...: a, b".
func (b *Burst) tell() string {
	text := fmt.Sprintf("%s asked for %s within %s", principalOf(b.about()), plural(int64(b.Secrets), "secret"), plural(int64(b.Last.Sub(b.First)/time.Minute)+1, "minute"))
	if b.Failed > 0 {
		text += fmt.Sprintf(" (%d of %d requests failed)", b.Failed, b.Count)
	}
	if len(b.Sources) > 0 {
		text += " from " + listed(shownAll(b.Sources))
	}
	text += " at " + b.First.UTC().Format(time.RFC3339)
	if len(b.Names) > 0 {
		text += ": " + listed(shownAll(b.Names))
		if len(b.Names) < b.Secrets {
			text += " and others"
		}
	}
	return text
}

// newBatch returns what tells whether an activity is a batch by a filter that its
// principal had not asked for before.
func newBatch(r *Region, from time.Time) func(*Activity) bool {
	return func(a *Activity) bool {
		return a.Event == "BatchGetSecretValue" && a.Note == "filters" && !a.First.Before(from) && !r.breakGlass(a.Principal) && !byService(a)
	}
}

func noteOf(a *Activity) string { return shown(a.Event) }

// severalOf joins the first few sentences and counts the rest.
func severalOf(texts []string) string {
	const most = 5
	text := strings.Join(texts[:min(len(texts), most)], "; ")
	if more := len(texts) - most; more > 0 {
		text += fmt.Sprintf("; and %d more", more)
	}
	return text
}
