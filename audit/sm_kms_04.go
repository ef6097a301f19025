package audit

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/assayhq/assay/report"
)

func smKMS04() *Check {
	return &Check{
		Rule: report.Rule{
			ID:    "SM-KMS-04",
			Title: "Encryption key open to everyone or to other accounts",
			Text: "The policy or a grant of a customer key that secrets are encrypted under lets everyone, or other accounts, decrypt with it or hand on the right to, " +
				"and not through Secrets Manager alone. One of the two locks on these secrets is open.",
			Remedy: "Open the key in the KMS console and edit its policy: name the principals that need it, and for other accounts add the conditions kms:ViaService " +
				"(secretsmanager.<region>.amazonaws.com) and kms:EncryptionContext:SecretARN. Revoke the grants that are not needed.",
			Severity:   report.SeverityHigh,
			Confidence: report.ConfidenceHigh,
			Tags:       []string{"access", "encryption", "kms", "policy"},
			Controls:   []string{"CIS-AWS-7.0/2.21", "FSBP/KMS.5", "ISO-27001-2022/A.8.1"},
			References: []string{
				"https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-overview.html",
				"https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html",
				"https://docs.aws.amazon.com/secretsmanager/latest/userguide/auth-and-access_examples_cross.html",
			},
		},
		CLI: `aws kms put-key-policy --region <region> --key-id <key-id> --policy-name default --policy file://<policy.json>
aws kms revoke-grant --region <region> --key-id <key-id> --grant-id <grant-id>`,
		Terraform: `data "aws_iam_policy_document" "<secrets>" {
  statement {
    actions   = ["kms:*"]
    resources = ["*"]
    principals {
      type        = "AWS"
      identifiers = ["arn:aws:iam::<account>:root"]
    }
  }
  statement {
    actions   = ["kms:Decrypt", "kms:DescribeKey"]
    resources = ["*"]
    principals {
      type        = "AWS"
      identifiers = ["arn:aws:iam::<other-account>:role/<reader>"]
    }
    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = ["secretsmanager.<region>.amazonaws.com"]
    }
  }
}
resource "aws_kms_key_policy" "<secrets>" {
  key_id = aws_kms_key.<secrets>.key_id
  policy = data.aws_iam_policy_document.<secrets>.json
}`,
		Needs: []Operation{DescribeKey, GetKeyPolicy},
		Uses:  []Operation{ListGrants},
		Key:   judgeKeyAccess,
	}
}

// opening are the actions that read what is encrypted under a key, or that let
// somebody give himself the right to.
var opening = []string{"kms:Decrypt", "kms:ReEncryptFrom", "kms:CreateGrant", "kms:PutKeyPolicy"}

func judgeKeyAccess(k *Key, r *Region) Result {
	users := r.KeyUsers(k)
	if users == 0 || notOwn(k) || k.State == KeyNotFound {
		return NotApplicable()
	}
	if k.Policy == "" {
		return NotEvaluated("its policy is not known")
	}
	p, err := parsePolicy(k.Policy)
	if err != nil {
		return NotEvaluated("its policy cannot be read: %v", err)
	}
	owner := cmp.Or(accountOf(k.ARN), k.Account)
	o := openingsOf(p, k.ARN, owner)
	o.grants(k, owner)
	switch why := r.lacks(ListGrants, k.Gaps); {
	case len(o.public) > 0:
		return Fail("its policy opens it to everyone, without a condition that limits who: %s; %s encrypted under it", listed(o.public), secretsAre(users))
	case len(o.others) > 0:
		return Fail("it is open to others: %s; %s encrypted under it", listed(o.others), secretsAre(users))
	case len(o.within) > 0:
		return Fail("it is open to %s; %s encrypted under it", listed(o.within), secretsAre(users)).As(report.SeverityMedium)
	case why != "":
		return NotEvaluated("its policy opens it to no one else, but its grants are not known: %s", why)
	}
	return Pass("its policy and %s open it to no one outside account %s%s", plural(int64(len(k.Grants)), "grant"), owner, o.passing())
}

// openings are the ways into a key, by how far they go.
type openings struct {
	public  []string
	others  []string // accounts
	within  []string // everyone within something
	through []string // who comes through Secrets Manager or another service alone
}

// openingsOf looks for ways in that a policy has. The same way for several
// actions is said once.
func openingsOf(p *policy, arn, owner string) *openings {
	o := &openings{}
	actions := map[string][]string{}
	found := map[string]access{}
	var order []string
	for _, action := range opening {
		for _, a := range p.outside(question{action: action, resource: arn, owner: owner}) {
			id := fmt.Sprint(a.statement, "\x00", a.who)
			if found[id].who == "" {
				order = append(order, id)
			}
			found[id] = a
			actions[id] = append(actions[id], action)
		}
	}
	for _, id := range order {
		o.add(found[id], slices.Compact(actions[id]))
	}
	return o
}

func (o *openings) add(a access, actions []string) {
	text := fmt.Sprintf("%s may %s (%s)", a.who, listed(actions), statementName(a.statement))
	switch {
	case a.scope == service: // it acts under grants, or for what is encrypted elsewhere
	case a.through != "" && a.scope == public:
		o.within = append(o.within, fmt.Sprintf("everyone through %s, who may %s (%s)", a.through, listed(actions), statementName(a.statement)))
	case a.through != "":
		o.through = append(o.through, a.who+" through "+a.through)
	case a.scope == public:
		o.public = append(o.public, text)
	case a.scope == bounded:
		o.within = append(o.within, text)
	default:
		o.others = append(o.others, text)
	}
}

// grants adds the grants to principals of other accounts that are bound to no
// encryption context.
func (o *openings) grants(k *Key, owner string) {
	for _, g := range k.Grants {
		account := accountOf(g.Grantee)
		opens := slices.ContainsFunc(g.Operations, func(op string) bool {
			return slices.Contains(opening, "kms:"+op)
		})
		if opens && !g.Constrained && account != "" && account != owner {
			o.others = append(o.others, fmt.Sprintf("%s may %s (a grant)", shown(g.Grantee), listed(g.Operations)))
		}
	}
}

func (o *openings) passing() string {
	if len(o.through) == 0 {
		return ""
	}
	slices.Sort(o.through)
	return ", but to " + listed(slices.Compact(o.through))
}
