package audit

import (
	"slices"
	"strings"

	"github.com/assayhq/assay/report"
)

func smKMS05() *Check {
	return &Check{
		Rule: report.Rule{
			ID:    "SM-KMS-05",
			Title: "Current value encrypted under another key than the secret's",
			Text: "The key of the secret was changed, but the version with the label AWSCURRENT is still encrypted under an older one. " +
				"Who may use the older key can still decrypt the value, and it is lost when that key is deleted.",
			Remedy: "Set the key of the secret again with an identity that may use kms:Encrypt and kms:GenerateDataKey on it and kms:Decrypt on the old one " +
				"(Secrets Manager console, Actions, Edit encryption key), or store a new value.",
			Severity:   report.SeverityMedium,
			Confidence: report.ConfidenceHigh,
			Tags:       []string{"encryption", "kms", "versions"},
			Controls:   encryptionControls(),
			References: []string{
				"https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_UpdateSecret.html",
				"https://docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html",
			},
		},
		CLI: `aws secretsmanager update-secret --region <region> --secret-id <secret> --kms-key-id <key-arn>
aws secretsmanager list-secret-version-ids --region <region> --secret-id <secret> --query 'Versions[].[VersionStages,KmsKeyIds]'`,
		Terraform: `resource "aws_secretsmanager_secret" "<name>" {
  name       = "<secret>"
  kms_key_id = aws_kms_key.<secrets>.arn
}`,
		Needs:  []Operation{ListSecrets, ListSecretVersionIds},
		Uses:   []Operation{DescribeKey},
		Secret: judgeVersionKey,
	}
}

func judgeVersionKey(s *Secret, r *Region) Result {
	if !original(s) {
		return NotApplicable()
	}
	current := s.versionsWith("AWSCURRENT")
	if why := r.lacks(ListSecretVersionIds, s.Gaps); why != "" {
		return NotEvaluated("the keys of its versions are not known: %s", why)
	}
	if k := r.Key(s.KMSKeyID); len(current) == 0 || k != nil && k.State == KeyNotFound {
		return NotApplicable() // SM-VER-02 says the one, SM-KMS-02 the other
	}
	want := r.keyName(s.KMSKeyID)
	for _, v := range current {
		if len(v.KMSKeyIDs) == 0 {
			return NotEvaluated("the key of the version %s is not known", shown(v.ID))
		}
		under := listed(shownAll(v.KMSKeyIDs))
		switch same, known := r.sameKey(s.KMSKeyID, v.KMSKeyIDs); {
		case same:
		case !known:
			return NotEvaluated("whether %s, of the version %s, and %s are the same key is not known: %s",
				under, shown(v.ID), want, r.whyNoKey(r.Key(s.KMSKeyID)))
		default:
			return Fail("the key of the secret is %s, but its current version %s is encrypted under %s%s", want, shown(v.ID), under, keeper(s))
		}
	}
	return Pass("the current version %s is encrypted under the secret's key, %s", shown(current[0].ID), want)
}

// versionsWith returns the versions that have a staging label.
func (s *Secret) versionsWith(label string) []Version {
	var list []Version
	for _, v := range s.Versions {
		if slices.Contains(v.Stages, label) || slices.Contains(s.Stages[v.ID], label) {
			list = append(list, v)
		}
	}
	return list
}

// keyName is what to call the key that a reference names.
func (r *Region) keyName(reference string) string {
	if reference == "" {
		return "aws/secretsmanager"
	}
	return shown(reference)
}

func shownAll(list []string) []string {
	texts := make([]string, len(list))
	for i, s := range list {
		texts[i] = shown(s)
	}
	return texts
}

// sameKey reports whether one of some references names the same key as another,
// which may be an alias of it. known is false if one of them cannot be resolved.
func (r *Region) sameKey(one string, others []string) (same, known bool) {
	id, resolved := r.keyIdentity(one)
	known = resolved
	for _, o := range others {
		other, ok := r.keyIdentity(o)
		if other == id {
			return true, true
		}
		known = known && ok
	}
	return false, known
}

// keyIdentity returns what is the same for every reference to a key. ok is false
// for an alias that the inventory cannot resolve, and for a key that might be the
// one that AWS manages.
func (r *Region) keyIdentity(reference string) (id string, ok bool) {
	kind := r.keyKind(reference)
	if kind == awsKey {
		return "aws", true
	}
	if k := r.Key(reference); k != nil && strings.Contains(k.ARN, ":key/") {
		reference = k.ARN
	}
	_, tail, found := strings.Cut(reference, ":key/")
	if !found {
		tail = reference
	}
	return tail, kind == customerKey && !strings.Contains(reference, "alias/")
}
