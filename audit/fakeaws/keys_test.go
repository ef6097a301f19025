package fakeaws_test

import (
	"fmt"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/assayhq/assay/audit/fakeaws"
)

const testKey = "11111111-2222-4333-8444-555555555555"

// fullKey has every field, and two aliases.
func fullKey(g *fakeaws.Region) *fakeaws.Key {
	k := &fakeaws.Key{
		ID: testKey, ARN: g.ARN("kms", "key/"+testKey), Description: "main", Manager: "CUSTOMER", State: "Enabled", Spec: "SYMMETRIC_DEFAULT",
		Usage: "ENCRYPT_DECRYPT", Origin: "AWS_KMS", CustomKeyStoreID: "cks-1", Created: day(1), Deletion: day(2), ValidTo: day(3), MultiRegion: new(true),
		Rotation: new(true), RotationPeriod: new(int64(400)), NextRotation: day(4), OnDemandRotation: day(5), Policy: `{"Version":"2012-10-17"}`,
		Tags: []fakeaws.Tag{{Key: "Owner", Value: "platform"}},
		Grants: []fakeaws.Grant{
			{ID: "g1", Name: "n", Grantee: "arn:a", Retiring: "arn:b", IssuingAccount: "arn:c", Operations: []string{"Decrypt", "Encrypt"}, Created: day(6),
				EncryptionContext: map[string]string{"a": "b"}, EncryptionContextEq: map[string]string{"c": "d"}, SourceARN: "arn:d"},
			{ID: "g2", Grantee: "arn:e"},
		},
	}
	k.Primary = &fakeaws.KeyPlace{ARN: k.ARN, Region: g.Name}
	k.Replicas = []fakeaws.KeyPlace{{ARN: "arn:there", Region: "us-east-1"}}
	g.Keys = append(g.Keys, k)
	g.Aliases = append(g.Aliases, &fakeaws.Alias{Name: "alias/main", KeyID: k.ID, Created: day(7), Updated: day(8)},
		&fakeaws.Alias{Name: "alias/nothing", KeyID: "gone"}, &fakeaws.Alias{Name: "alias/aws/ebs"})
	return k
}

func TestDescribeKeyTellsEveryField(t *testing.T) {
	w := newWorld(t, fakeaws.Options{})
	k := fullKey(w.region)
	for _, id := range []string{k.ID, k.ARN, "alias/main", w.region.ARN("kms", "alias/main")} {
		got := must[*kms.DescribeKeyOutput](t)(w.kms().DescribeKey(background, &kms.DescribeKeyInput{KeyId: &id}))
		complete(t, got.KeyMetadata, "CloudHsmClusterId", "CurrentKeyMaterialId", "EncapsulationAlgorithms", "ExpirationModel", "KeyAgreementAlgorithms",
			"MacAlgorithms", "PendingDeletionWindowInDays", "SigningAlgorithms", "XksKeyConfiguration")
		same(t, got.KeyMetadata, &types.KeyMetadata{
			KeyId: &k.ID, AWSAccountId: aws.String(testAccount), Arn: &k.ARN, Description: &k.Description, Enabled: true, KeyManager: types.KeyManagerTypeCustomer,
			KeyState: types.KeyStateEnabled, KeySpec: types.KeySpecSymmetricDefault,
			//lint:ignore SA1019 the service still tells the old field, and so must the fake
			CustomerMasterKeySpec: types.CustomerMasterKeySpecSymmetricDefault,
			KeyUsage:              types.KeyUsageTypeEncryptDecrypt, Origin: types.OriginTypeAwsKms, CustomKeyStoreId: &k.CustomKeyStoreID,
			CreationDate: aws.Time(day(1)), DeletionDate: aws.Time(day(2)), ValidTo: aws.Time(day(3)), MultiRegion: aws.Bool(true),
			EncryptionAlgorithms: []types.EncryptionAlgorithmSpec{types.EncryptionAlgorithmSpecSymmetricDefault},
			MultiRegionConfiguration: &types.MultiRegionConfiguration{MultiRegionKeyType: types.MultiRegionKeyTypePrimary,
				PrimaryKey:  &types.MultiRegionKey{Arn: &k.ARN, Region: aws.String(testRegion)},
				ReplicaKeys: []types.MultiRegionKey{{Arn: aws.String("arn:there"), Region: aws.String("us-east-1")}}},
		})
	}
	for _, id := range []string{"nowhere", "alias/nowhere", "alias/nothing", "alias/aws/ebs", "arn:aws:kms:us-east-1:" + testAccount + ":key/" + testKey} {
		_, err := w.kms().DescribeKey(background, &kms.DescribeKeyInput{KeyId: &id})
		typed[*types.NotFoundException](t, err)
	}
}

func TestKeyRotationStatus(t *testing.T) {
	w := newWorld(t, fakeaws.Options{})
	k := fullKey(w.region)
	ask := func() (*kms.GetKeyRotationStatusOutput, error) {
		return w.kms().GetKeyRotationStatus(background, &kms.GetKeyRotationStatusInput{KeyId: &k.ID})
	}
	same(t, must[*kms.GetKeyRotationStatusOutput](t)(ask()), &kms.GetKeyRotationStatusOutput{KeyId: &k.ID, KeyRotationEnabled: true,
		RotationPeriodInDays: aws.Int32(400), NextRotationDate: aws.Time(day(4)), OnDemandRotationStartDate: aws.Time(day(5))})
	w.cloud.Update(func() { k.State = "PendingDeletion" })
	_, err := ask()
	typed[*types.KMSInvalidStateException](t, err)
	w.cloud.Update(func() { k.State, k.Rotation = "Enabled", nil })
	_, err = ask()
	typed[*types.UnsupportedOperationException](t, err)
}

func TestKeyPolicyTagsAndGrants(t *testing.T) {
	w := newWorld(t, fakeaws.Options{})
	k := fullKey(w.region)
	policy := must[*kms.GetKeyPolicyOutput](t)(w.kms().GetKeyPolicy(background, &kms.GetKeyPolicyInput{KeyId: &k.ARN}))
	same(t, policy, &kms.GetKeyPolicyOutput{Policy: &k.Policy, PolicyName: aws.String("default")})
	tags := must[*kms.ListResourceTagsOutput](t)(w.kms().ListResourceTags(background, &kms.ListResourceTagsInput{KeyId: &k.ID}))
	same(t, tags, &kms.ListResourceTagsOutput{Tags: []types.Tag{{TagKey: aws.String("Owner"), TagValue: aws.String("platform")}}})
	var grants []types.GrantListEntry
	pages := kms.NewListGrantsPaginator(w.kms(), &kms.ListGrantsInput{KeyId: &k.ID, Limit: aws.Int32(1)})
	for pages.HasMorePages() {
		grants = append(grants, must[*kms.ListGrantsOutput](t)(pages.NextPage(background)).Grants...)
	}
	same(t, grants, []types.GrantListEntry{
		{KeyId: &k.ARN, GrantId: aws.String("g1"), Name: aws.String("n"), GranteePrincipal: aws.String("arn:a"), RetiringPrincipal: aws.String("arn:b"),
			IssuingAccount: aws.String("arn:c"), Operations: []types.GrantOperation{"Decrypt", "Encrypt"}, CreationDate: aws.Time(day(6)),
			Constraints: &types.GrantConstraints{EncryptionContextSubset: map[string]string{"a": "b"}, EncryptionContextEquals: map[string]string{"c": "d"}, SourceArn: aws.String("arn:d")}},
		{KeyId: &k.ARN, GrantId: aws.String("g2"), GranteePrincipal: aws.String("arn:e")},
	})
	one := must[*kms.ListGrantsOutput](t)(w.kms().ListGrants(background, &kms.ListGrantsInput{KeyId: &k.ID, GranteePrincipal: aws.String("arn:e")}))
	if len(one.Grants) != 1 || one.Truncated {
		t.Errorf("got %d grants of one grantee", len(one.Grants))
	}
	_, err := w.kms().ListGrants(background, &kms.ListGrantsInput{KeyId: &k.ID, Marker: aws.String("made-up")})
	typed[*types.InvalidMarkerException](t, err)
}

func TestListAliases(t *testing.T) {
	w := newWorld(t, fakeaws.Options{})
	k := fullKey(w.region)
	for i := range 120 {
		w.region.Aliases = append(w.region.Aliases, &fakeaws.Alias{Name: fmt.Sprintf("alias/a%d", i), KeyID: "other"})
	}
	n := 0
	pages := kms.NewListAliasesPaginator(w.kms(), &kms.ListAliasesInput{})
	for pages.HasMorePages() {
		n += len(must[*kms.ListAliasesOutput](t)(pages.NextPage(background)).Aliases)
	}
	if n != 123 {
		t.Errorf("got %d aliases, want 123", n)
	}
	one := must[*kms.ListAliasesOutput](t)(w.kms().ListAliases(background, &kms.ListAliasesInput{KeyId: &k.ID}))
	same(t, one.Aliases, []types.AliasListEntry{{AliasName: aws.String("alias/main"), AliasArn: aws.String(w.region.ARN("kms", "alias/main")),
		TargetKeyId: &k.ID, CreationDate: aws.Time(day(7)), LastUpdatedDate: aws.Time(day(8))}})
}

func TestDecryptGivesTheMarker(t *testing.T) {
	w := newWorld(t, fakeaws.Options{})
	got := must[*kms.DecryptOutput](t)(w.kms().Decrypt(background, &kms.DecryptInput{CiphertextBlob: []byte("x"), KeyId: aws.String("k")}))
	calls := w.cloud.Calls()
	if string(got.Plaintext) != w.cloud.Marker() || len(calls) != 1 || !fakeaws.Forbidden(calls[0].Name()) {
		t.Errorf("got %q, calls %v", got.Plaintext, calls)
	}
}
