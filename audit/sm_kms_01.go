package audit

import "github.com/assayhq/assay/report"

func smKMS01() *Check {
	return &Check{
		Rule: report.Rule{
			ID:    "SM-KMS-01",
			Title: "Secret encrypted under the key that AWS manages",
			Text: "The secret is encrypted under aws/secretsmanager, the key that AWS manages, instead of a key of your own. " +
				"Its policy cannot be changed: everybody in the account who may read the secret may decrypt it, the key cannot be withdrawn in an emergency, " +
				"and no other account can read the secret whatever the secret's policy says.",
			Remedy: "Make a symmetric key in the KMS console whose policy names those who may decrypt. Open the secret in the Secrets Manager console, " +
				"choose Actions, Edit encryption key, and select that key.",
			Severity:   report.SeverityLow,
			Confidence: report.ConfidenceHigh,
			Tags:       []string{"encryption", "kms"},
			Controls:   encryptionControls(),
			References: []string{
				"https://docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html",
				"https://docs.aws.amazon.com/secretsmanager/latest/userguide/auth-and-access_examples_cross.html",
			},
		},
		CLI: `aws secretsmanager update-secret --region <region> --secret-id <secret> --kms-key-id <key-arn>`,
		Terraform: `resource "aws_secretsmanager_secret" "<name>" {
  name       = "<secret>"
  kms_key_id = aws_kms_key.<secrets>.arn
}`,
		Needs:  []Operation{ListSecrets},
		Uses:   []Operation{DescribeKey, GetResourcePolicy},
		Secret: judgeOwnKey,
	}
}

func judgeOwnKey(s *Secret, r *Region) Result {
	if s.Deleted != nil {
		return NotApplicable()
	}
	switch r.keyKind(s.KMSKeyID) {
	case customerKey:
		return Pass("it is encrypted under %s, a customer's key", shown(s.KMSKeyID))
	case unknownKey:
		return NotEvaluated("who manages the key %s is not known: %s", shown(s.KMSKeyID), r.whyNoKey(r.Key(s.KMSKeyID)))
	}
	name := "aws/secretsmanager"
	if s.KMSKeyID != "" {
		name = shown(s.KMSKeyID) + ", the key that AWS manages"
	}
	shared, why := sharedWith(s, r)
	if shared == "" {
		return Fail("it is encrypted under %s%s%s", name, why, keeper(s))
	}
	return Fail("it is encrypted under %s, but its policy lets %s read it, which cannot work under this key%s", name, shared, keeper(s)).
		As(report.SeverityMedium)
}

// sharedWith names who outside the account may read a secret by its policy, or
// says why that is not known.
func sharedWith(s *Secret, r *Region) (who, why string) {
	if why := r.lacks(GetResourcePolicy, s.Gaps); why != "" {
		return "", "; whether another account may read it is not known: " + why
	}
	if s.Policy == "" {
		return "", ""
	}
	p, err := parsePolicy(s.Policy)
	if err != nil {
		return "", "; whether another account may read it is not known: its policy cannot be read: " + err.Error()
	}
	var names []string
	for _, a := range p.outside(question{action: "secretsmanager:GetSecretValue", resource: s.ARN, owner: s.Account}) {
		if a.scope != service {
			names = append(names, a.who)
		}
	}
	return listed(names), ""
}
