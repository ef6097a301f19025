package audit

import (
	"slices"
	"strings"

	"github.com/assayhq/assay/report"
)

func smIAM01() *Check {
	return &Check{
		Rule: report.Rule{
			ID:    "SM-IAM-01",
			Title: "User or role that can read every secret",
			Text: "The policies of the user or role, with its groups, its boundary and what is known of the organization's policies, let it read the value of any secret of a region, " +
				"also of those that are yet to be made; or it is one of development and they let it read what begins with prod/.",
			Remedy: "Open the identity in the IAM console and name the secrets in the Resource of its policies, by folder: arn:aws:secretsmanager:<region>:<account>:secret:<folder>/*. " +
				"Or bind it to the tag of its team with the condition secretsmanager:ResourceTag. Name those that must read everything under administrators in .assay.toml.",
			Severity:   report.SeverityHigh,
			Confidence: report.ConfidenceHigh,
			Tags:       []string{"access", "iam", "policy"},
			Controls:   []string{"NIST-800-53-r5/AC-6", "PCI-DSS-4.0.1/7.2.1", "PCI-DSS-4.0.1/7.2.2"},
			References: []string{
				"https://docs.aws.amazon.com/secretsmanager/latest/userguide/auth-and-access_iam-policies.html",
				"https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html",
			},
		},
		CLI: `aws iam put-role-policy --role-name <role> --policy-name <policy> --policy-document file://<policy.json>
aws iam detach-role-policy --role-name <role> --policy-arn <policy-arn>`,
		Terraform: `data "aws_iam_policy_document" "<name>" {
  statement {
    actions   = ["secretsmanager:GetSecretValue"]
    resources = ["arn:aws:secretsmanager:<region>:<account>:secret:<folder>/*"]
  }
}`,
		Needs:    []Operation{GetAccountAuthorizationDetails},
		Uses:     organizationReads,
		Identity: judgeWideIdentity,
	}
}

// organizationReads tell what an organization takes away.
var organizationReads = []Operation{DescribeOrganization, ListAccounts, ListParents, ListPoliciesForTarget, DescribePolicy}

func judgeWideIdentity(i *Identity, r *Region) Result {
	p := r.party(i.ARN)
	if p == nil || p.linked {
		return NotApplicable() // a group, or a role that nobody can change
	}
	if r.Settings.administers(i.ARN) {
		return Pass("the settings name it as an administrator")
	}
	if !p.mayRead() {
		return Pass("its policies let it read no secret")
	}
	doubt := ""
	for _, region := range regionsOf(r.Partition) {
		switch one := r.probe(p, region, "no-policy-names-this"); {
		case one.truth == yes:
			return Fail("it can read every secret of %s, by %s", region, sourceOf(one))
		case one.truth == maybe && doubt == "":
			doubt = "it can read every secret of " + region + ", " + doubtsOf(one)
		}
	}
	if from := i.environment(); from != "" {
		if name, one := r.production(p); one.truth == yes {
			return Fail("it is one of %s and can read secrets of production, such as %s, by %s", shown(from), shown(name), sourceOf(one))
		}
	}
	if doubt != "" {
		return Fail("%s", doubt).As(report.SeverityMedium)
	}
	return Pass("its policies name the secrets that it can read")
}

// party returns the principal of that ARN, nil for none.
func (r *Region) party(arn string) *party {
	if r.roster == nil {
		return nil
	}
	list := r.roster.parties[r.Account]
	i, found := slices.BinarySearchFunc(list, arn, func(p *party, arn string) int { return strings.Compare(p.arn, arn) })
	if !found {
		return nil
	}
	return list[i]
}

// mayRead reports whether a statement allows p to read any secret, or whether that is not
// known.
func (p *party) mayRead() bool {
	return slices.ContainsFunc(p.documents, func(d *document) bool {
		return d.unread != "" || len(d.clauses[readSecret][allowing]) > 0
	})
}

// probe says whether p can read a secret of that name that nobody has made.
func (r *Region) probe(p *party, region, name string) claim {
	s := &Secret{Account: p.account, Region: region, Name: name}
	s.ARN = "arn:" + partitionName(r.Partition) + ":secretsmanager:" + region + ":" + p.account + ":secret:" + name + "-AbCdEf"
	q := request{who: p, action: readSecret, resource: s.ARN, owner: p.account, secret: s, region: region, now: r.Now, owners: p.member}
	return q.decide(&resourcePolicy{})
}

// production returns the name of a secret of production that p could read, as its
// policies name them, with the claim that it can.
func (r *Region) production(p *party) (string, claim) {
	names := []string{"prod/any"}
	for _, d := range p.documents {
		for _, c := range d.clauses[readSecret][allowing] {
			for i := range c.resources {
				name, _ := c.resources[i].start()
				if !c.notResource && strings.HasPrefix(strings.ToLower(name), "prod") {
					names = append(names, name+"any")
				}
			}
		}
	}
	for _, name := range names {
		for _, region := range regionsOf(r.Partition) {
			if one := r.probe(p, region, name); one.truth == yes {
				return name, one
			}
		}
	}
	return "", claim{}
}

func partitionName(name string) string {
	if name == "" {
		return "aws"
	}
	return name
}

func doubtsOf(c claim) string {
	var texts []string
	for _, d := range c.doubts {
		texts = append(texts, d.text)
	}
	return listed(slices.Compact(texts))
}

// environment is the one of development that i says to be of, by a tag or by its name, ""
// for none.
func (i *Identity) environment() string {
	for _, key := range environmentTags {
		for k, v := range i.Tags {
			if strings.EqualFold(k, key) && isDevelopment(v) {
				return v
			}
		}
	}
	words := strings.FieldsFunc(i.Name, func(r rune) bool { return r == '-' || r == '_' || r == '.' || r == '/' })
	if n := slices.IndexFunc(words, isDevelopment); n >= 0 {
		return words[n]
	}
	return ""
}

func isDevelopment(word string) bool {
	return slices.Contains([]string{"dev", "develop", "development", "test", "testing", "qa", "sandbox", "stage", "staging"}, strings.ToLower(word))
}
