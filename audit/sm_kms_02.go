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
			Controls:   encryptionControls("FSBP/KMS.3", "ISO-27001-2022/A.8.24", "NIST-800-53-r5/SC-12", "NIST-800-53-r5/SC-12(2)", "PCI-DSS-4.0/3.5.1", "PCI-DSS-4.0/3.6.1"),
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
		Uses:   []Operation{DescribeKey, ListSecretVersionIds},
		Secret: judgeKeyState,
	}
}

// judgeKeyState judges replicas, which have keys of their own, and secrets that
// wait for their deletion, which cannot be restored to use without their key.
func judgeKeyState(s *Secret, r *Region) Result {
	result := keyStates(s, r)
	if result.Failed() && s.Deleted != nil {
		return Fail("%s; the secret itself waits for its deletion", result.Text).As(report.SeverityLow)
	}
	return result
}

// keyStates judges the secret's key, under which the next value is encrypted, and
// that of the current version, if it is another one.
func keyStates(s *Secret, r *Region) Result {
	text, use := r.keyState(s.KMSKeyID)
	version, versionUse := r.versionState(s)
	switch {
	case versionUse == unusable:
		return Fail("%s, so that the current value cannot be read%s", version, keeper(s))
	case use == unusable && version != "" && versionUse == usable:
		return Fail("%s, so that no new value can be stored; %s, so that it can still be read%s", text, version, keeper(s)).As(report.SeverityHigh)
	case use == unusable:
		return Fail("%s, so that the secret cannot be read%s", text, keeper(s))
	case use == unknownUse:
		return NotEvaluated("%s", text)
	case version != "" && versionUse == unknownUse:
		return NotEvaluated("%s; but %s", text, version)
	}
	return Pass("%s", text)
}

// keyState tells whether the key that a secret names can be used.
func (r *Region) keyState(reference string) (text string, use keyUse) {
	key, name := r.Key(reference), shown(reference)
	if r.keyKind(reference) == awsKey {
		if key != nil && useOf(key.State) == unusable && key.State != KeyNotFound {
			return "the key that AWS manages is in the state " + key.State, unusable
		}
		return "it is encrypted under the key that AWS manages, which nobody can disable or delete", usable
	}
	switch {
	case key == nil || key.State == "":
		return "the state of the key " + name + " is not known: " + r.whyNoKey(key), unknownUse
	case key.State == KeyNotFound:
		return "the key " + name + " does not exist", unusable
	case useOf(key.State) == unknownUse:
		return "what the state " + shown(key.State) + " of the key " + name + " means is not known", unknownUse
	}
	return "the key " + name + " is in the state " + key.State + deletionOf(key), useOf(key.State)
}

// versionState tells whether the current version can be decrypted where it is
// encrypted under another key than the secret names; else text is "". The versions
// of a replica are the primary's.
func (r *Region) versionState(s *Secret) (text string, use keyUse) {
	if isReplica(s) {
		return "", unknownUse
	}
	for _, v := range s.versionsWith(stageCurrent) {
		if same, _ := r.sameKey(s.KMSKeyID, v.KMSKeyIDs); same || len(v.KMSKeyIDs) == 0 {
			continue
		}
		for _, reference := range v.KMSKeyIDs { // any of them decrypts it
			state, of := r.keyState(reference)
			if text == "" || of == usable || use == unusable {
				text, use = state, of
			}
		}
		return "the current version " + shown(v.ID) + " is under another key: " + text, use
	}
	return "", unknownUse
}

// deletionOf says when a key goes for good.
func deletionOf(k *Key) string {
	if k.DeletionDate == nil {
		return ""
	}
	return " and will be deleted on " + onDay(*k.DeletionDate)
}
