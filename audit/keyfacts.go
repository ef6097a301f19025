package audit

import (
	"fmt"
	"slices"
	"strings"
)

// lacks says why the answer of op about a resource with these gaps is not there,
// and is "" if it is.
func (r *Region) lacks(op Operation, gaps []Gap) string {
	gap := blocking(&Check{Needs: []Operation{op}}, gaps, r)
	if gap == nil {
		return ""
	}
	return fmt.Sprintf("%s %s", gap.Operation, gap.phrase())
}

// whyNo is lacks where the answer is there and does not hold the fact.
func (r *Region) whyNo(op Operation, gaps []Gap) string {
	if why := r.lacks(op, gaps); why != "" {
		return why
	}
	return string(op) + " said nothing of it"
}

// A keyKind says who manages the key that a reference names.
type keyKind uint8

const (
	unknownKey keyKind = iota
	awsKey
	customerKey
)

// defaultKey is how ListSecretVersionIds names the key that AWS manages.
const defaultKey = "DefaultEncryptionKey"

// kindOf tells what a reference names, with what is known of the key, nil for
// nothing. Nobody can use a key that AWS manages for another account, so that
// the key of another account is always a customer's.
func kindOf(reference string, key *Key, account string) keyKind {
	alias := reference[strings.LastIndexByte(reference, ':')+1:]
	switch {
	case reference == "" || reference == defaultKey || strings.HasPrefix(alias, "alias/aws/"):
		return awsKey
	case key != nil && key.Manager == "AWS":
		return awsKey
	case key != nil && (key.Manager == "CUSTOMER" || key.State == KeyNotFound):
		return customerKey
	}
	if owner := accountOf(reference); owner != "" && owner != account {
		return customerKey
	}
	return unknownKey
}

// keyKind is kindOf for a reference of this region.
func (r *Region) keyKind(reference string) keyKind {
	return kindOf(reference, r.Key(reference), r.Account)
}

// whyNoKey says why nothing is known of a key.
func (r *Region) whyNoKey(key *Key) string {
	var gaps []Gap
	if key != nil {
		gaps = key.Gaps
	}
	return r.whyNo(DescribeKey, gaps)
}

// keyUse says what a key's state does to what is encrypted under it.
type keyUse uint8

const (
	unknownUse keyUse = iota
	usable
	unusable
)

// useOf reads a key state as KMS's guide does ("Key states of AWS KMS keys"):
// Decrypt works in Enabled, and in Updating, while the primary of a multi-Region
// key changes.
func useOf(state string) keyUse {
	switch {
	case state == "Enabled" || state == "Updating":
		return usable
	case slices.Contains([]string{
		"Disabled", "PendingDeletion", "PendingImport", "PendingReplicaDeletion", "Unavailable", "Creating", KeyNotFound,
	}, state):
		return unusable
	}
	return unknownUse
}

// isReplica reports whether s is a copy of a secret of another region.
func isReplica(s *Secret) bool { return s.PrimaryRegion != "" && s.PrimaryRegion != s.Region }

// encryptionControls are what Powerpipe's and Security Hub's mappings name for
// encryption of secrets under customer keys.
func encryptionControls(own ...string) []string {
	list := append([]string{
		"HIPAA/164.312(a)(2)(iv)", "NIST-800-53-r5/SC-28(1)", "NIST-800-53-r5/SC-8(3)", "NIST-800-53-r5/SC-8(4)", "PCI-DSS-4.0/8.3.2",
	}, own...)
	slices.Sort(list)
	return list
}
