package audit

import "github.com/assayhq/assay/report"

func smKMS02() *Check {
	return &Check{
		Rule: report.Rule{
			ID:    "SM-KMS-02",
			Title: "Secret encrypted under a key that cannot be used",
			Text: "The KMS key of the secret is disabled, waits for its deletion or for its key material, or does not exist. " +
				"Nobody can read the secret while that lasts, and once the key is deleted its value is lost for good.",
			Remedy: "Open the key in the KMS console: enable it, cancel its deletion, or import its key material again. " +
				"If the key is gone, choose another one for the secret and store a new value.",
			Severity:   report.SeverityCritical,
			Confidence: report.ConfidenceHigh,
			Tags:       []string{"availability", "encryption", "kms"},
			Controls:   encryptionControls("FSBP/KMS.3", "ISO-27001-2022/A.8.24", "PCI-DSS-4.0/3.5.1", "PCI-DSS-4.0/3.6.1"),
			References: []string{
				"https://docs.aws.amazon.com/kms/latest/developerguide/key-state.html",
				"https://docs.aws.amazon.com/kms/latest/developerguide/deleting-keys.html",
				"https://docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html",
			},
		},
		CLI: `aws kms cancel-key-deletion --region <region> --key-id <key-id>
aws kms enable-key --region <region> --key-id <key-id>`,
		Terraform: `resource "aws_kms_key" "<secrets>" {
  is_enabled              = true
  deletion_window_in_days = 30
  lifecycle {
    prevent_destroy = true
  }
}`,
		Needs:  []Operation{ListSecrets},
		Uses:   []Operation{DescribeKey},
		Secret: judgeKeyState,
	}
}

// judgeKeyState judges replicas and secrets that wait for their deletion too:
// the ones have keys of their own, and the others cannot be restored to use.
func judgeKeyState(s *Secret, r *Region) Result {
	key, name := r.Key(s.KMSKeyID), shown(s.KMSKeyID)
	if r.keyKind(s.KMSKeyID) == awsKey {
		if key != nil && useOf(key.State) == unusable && key.State != KeyNotFound {
			return Fail("the key that AWS manages is in the state %s%s", key.State, keeper(s))
		}
		return Pass("it is encrypted under the key that AWS manages, which nobody can disable or delete")
	}
	if key == nil || key.State == "" {
		return NotEvaluated("the state of the key %s is not known: %s", name, r.whyNoKey(key))
	}
	if key.State == KeyNotFound {
		return Fail("the key %s does not exist, so that the secret cannot be read%s", name, keeper(s))
	}
	switch useOf(key.State) {
	case usable:
		return Pass("its key %s is in the state %s", name, key.State)
	case unusable:
		return Fail("its key %s is in the state %s%s, so that the secret cannot be read%s", name, key.State, deletionOf(key), keeper(s))
	}
	return NotEvaluated("what the state %s of the key %s means is not known", shown(key.State), name)
}

// deletionOf says when a key goes for good.
func deletionOf(k *Key) string {
	if k.DeletionDate == nil {
		return ""
	}
	return " and will be deleted on " + onDay(*k.DeletionDate)
}
