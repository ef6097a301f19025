package audit

import "github.com/assayhq/assay/report"

func smKMS03() *Check {
	return &Check{
		Rule: report.Rule{
			ID:    "SM-KMS-03",
			Title: "Encryption key without automatic rotation",
			Text: "KMS does not rotate the key material of a customer key that secrets are encrypted under, or does so too rarely. " +
				"Key material that leaks, or that is used for very long, then opens every value that was ever encrypted under it.",
			Remedy:     "Open the key in the KMS console, choose Key rotation, and turn on automatic rotation with a period of at most 365 days.",
			Severity:   report.SeverityMedium,
			Confidence: report.ConfidenceHigh,
			Tags:       []string{"encryption", "kms", "rotation"},
			Controls: []string{
				"CIS-AWS-1.4/3.8", "CIS-AWS-1.5/3.8", "CIS-AWS-2.0/3.8", "CIS-AWS-3.0/3.6", "CIS-AWS-4.0/3.6", "CIS-AWS-5.0/3.6",
				"CIS-AWS-6.0/4.6", "CIS-AWS-7.0/4.6", "FSBP/KMS.4", "HIPAA/164.312(a)(2)(iv)", "ISO-27001-2022/A.8.24",
				"NIST-800-53-r5/SC-12", "NIST-800-53-r5/SC-12(2)", "NIST-800-53-r5/SC-12(6)", "PCI-DSS-4.0/3.7.4", "PCI-DSS-4.0/3.7.5", "SOC2/PI1.5",
			},
			References: []string{
				"https://docs.aws.amazon.com/kms/latest/developerguide/rotate-keys.html",
				"https://docs.aws.amazon.com/securityhub/latest/userguide/kms-controls.html",
			},
		},
		CLI: `aws kms enable-key-rotation --region <region> --key-id <key-id> --rotation-period-in-days 365`,
		Terraform: `resource "aws_kms_key" "<secrets>" {
  enable_key_rotation     = true
  rotation_period_in_days = 365
}`,
		Needs: []Operation{DescribeKey, GetKeyRotationStatus},
		Key:   judgeKeyRotation,
	}
}

// defaultKeyRotationDays is KMS's period where none was chosen.
const defaultKeyRotationDays = 365

func judgeKeyRotation(k *Key, r *Region) Result {
	users := r.KeyUsers(k)
	switch {
	case users == 0 || notOwn(k) || useOf(k.State) == unusable:
		return NotApplicable() // SM-KMS-02 judges the state
	case k.RotationUnsupported || k.Origin != "" && k.Origin != "AWS_KMS":
		return NotApplicable() // of imported material and of that in other stores KMS says "not rotated", and cannot rotate it
	case k.RotationEnabled == nil:
		return NotEvaluated("whether the key is rotated is not known")
	case !*k.RotationEnabled:
		return Fail("KMS does not rotate the key, under which %s encrypted%s", secretsAre(users), keyKeeper(k))
	}
	period, source := int64(defaultKeyRotationDays), " (KMS's default, as it names no other)"
	if k.RotationPeriodDays != nil {
		period, source = int64(*k.RotationPeriodDays), ""
	}
	if most := int64(r.Settings.MaxKeyDays); period > most {
		return Fail("KMS rotates the key every %s%s, the limit is %d; %s encrypted under it%s", plural(period, "day"), source, most, secretsAre(users), keyKeeper(k))
	}
	if period <= 0 {
		return NotEvaluated("KMS names a period of %d days for its rotation, which makes no sense", period)
	}
	return Pass("KMS rotates the key every %s%s; %s encrypted under it", plural(period, "day"), source, secretsAre(users))
}

// notOwn reports whether a key is not one that its account's people keep.
func notOwn(k *Key) bool { return k.Manager == "AWS" || kindOf(k.ARN, k, k.Account) == awsKey }

// keyKeeper says whom to ask for a change of a key of another account.
func keyKeeper(k *Key) string {
	if owner := accountOf(k.ARN); owner != "" && owner != k.Account {
		return "; the key belongs to account " + owner + ", so put it right there"
	}
	return ""
}

// secretsAre returns "1 secret is", "2 secrets are".
func secretsAre(n int) string {
	if n == 1 {
		return "1 secret is"
	}
	return plural(int64(n), "secret") + " are"
}
