package audit

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/assayhq/assay/audit/fakeaws"
)

// secretUnder makes a secret that names a key.
func secretUnder(g *fakeaws.Region, name, key string) *fakeaws.Secret {
	s := &fakeaws.Secret{ARN: g.ARN("secretsmanager", "secret:"+name+"-AbCdEf"), Name: name, KmsKeyID: key}
	g.Secrets = append(g.Secrets, s)
	return s
}

// Every field of a key comes from the member that it should, and a key with
// several names is one.
func TestCollectKeys(t *testing.T) {
	_, d := one(t, quick(), func(_ *fakeaws.Cloud, g *fakeaws.Region) {
		own := &fakeaws.Key{
			ID: "own", ARN: g.ARN("kms", "key/own"), Manager: "CUSTOMER", State: "PendingDeletion", Spec: "SYMMETRIC_DEFAULT", Origin: "EXTERNAL",
			MultiRegion: new(true), Deletion: daysAgo(-7), Policy: `{"Statement":[]}`,
			Grants: []fakeaws.Grant{
				{ID: "1", Grantee: "arn:aws:iam::111122223333:role/b", Operations: []string{"Decrypt", "DescribeKey"}},
				{ID: "2", Grantee: "arn:aws:iam::111122223333:role/b", Operations: []string{"DescribeKey", "Decrypt"}},
				{ID: "3", Grantee: "arn:aws:iam::111122223333:role/a", Operations: []string{"Decrypt"}, EncryptionContext: map[string]string{"SecretARN": "x"}},
				{ID: "4", Grantee: "arn:aws:iam::111122223333:role/a", Operations: []string{"Decrypt"}},
			},
		}
		turned := &fakeaws.Key{
			ID: "turned", ARN: g.ARN("kms", "key/turned"), Manager: "CUSTOMER", State: "Enabled", Rotation: new(true), RotationPeriod: new(int64(90)),
			NextRotation: daysAgo(-20), Policy: `{"Statement":[]}`,
		}
		managed := &fakeaws.Key{ID: "m", ARN: g.ARN("kms", "key/m"), Manager: "AWS", State: "Enabled", Policy: "not asked for"}
		g.Keys = []*fakeaws.Key{own, turned, managed}
		g.Aliases = []*fakeaws.Alias{{Name: "alias/own", KeyID: "own"}, {Name: "alias/aws/secretsmanager", KeyID: "m"}}
		secretUnder(g, "a", "alias/own")
		secretUnder(g, "b", own.ARN)
		secretUnder(g, "c", "")
		secretUnder(g, "d", "alias/nothing")
		s := secretUnder(g, "e", turned.ARN)
		s.Versions = []fakeaws.Version{{ID: "v", Stages: []string{"AWSCURRENT"}, KmsKeyIDs: []string{"own"}}}
	})
	base := Key{Type: "key", Account: testAccount, Region: "eu-west-1"}
	with := func(change func(*Key)) *Key { k := base; change(&k); return &k }
	const arn = "arn:aws:kms:eu-west-1:111122223333:key/"
	want := []*Key{
		with(func(k *Key) { k.ARN, k.References, k.State = "alias/nothing", []string{"alias/nothing"}, KeyNotFound }),
		with(func(k *Key) {
			k.ARN, k.References, k.State, k.Manager = arn+"m", []string{managedAlias}, "Enabled", "AWS"
		}),
		with(func(k *Key) {
			k.ARN, k.References, k.State, k.Manager = arn+"own", []string{"alias/own", arn + "own", "own"}, "PendingDeletion", "CUSTOMER"
			k.Origin, k.Spec, k.MultiRegion, k.DeletionDate, k.Policy = "EXTERNAL", "SYMMETRIC_DEFAULT", true, new(daysAgo(-7)), `{"Statement":[]}`
			k.RotationUnsupported = true
			k.Grants = []Grant{
				{Grantee: "arn:aws:iam::111122223333:role/a", Operations: []string{"Decrypt"}},
				{Grantee: "arn:aws:iam::111122223333:role/a", Operations: []string{"Decrypt"}, Constrained: true},
				{Grantee: "arn:aws:iam::111122223333:role/b", Operations: []string{"Decrypt", "DescribeKey"}},
			}
		}),
		with(func(k *Key) {
			k.ARN, k.References, k.State, k.Manager = arn+"turned", []string{arn + "turned"}, "Enabled", "CUSTOMER"
			k.RotationEnabled, k.RotationPeriodDays, k.NextRotation, k.Policy = new(true), new(int32(90)), new(daysAgo(-20)), `{"Statement":[]}`
		}),
	}
	var got []*Key
	for _, k := range d.keys {
		got = append(got, k)
	}
	slices.SortFunc(got, func(a, b *Key) int { return compareStrings(a.ARN, b.ARN) })
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func compareStrings(a, b string) int {
	if a < b {
		return -1
	}
	return 1
}

// A key without a rotation of its own is known to have none.
func TestCollectKeyWithoutRotation(t *testing.T) {
	_, d := one(t, quick(), func(_ *fakeaws.Cloud, g *fakeaws.Region) {
		g.Keys = []*fakeaws.Key{{ID: "k", ARN: g.ARN("kms", "key/k"), Manager: "CUSTOMER", State: "Enabled", Policy: `{"Statement":[]}`}}
		secretUnder(g, "a", "k")
	})
	k := d.keys["arn:aws:kms:eu-west-1:111122223333:key/k"]
	if k == nil || !k.RotationUnsupported || k.RotationEnabled != nil || len(k.Gaps) > 0 {
		t.Errorf("the key is %+v", k)
	}
}

// What is refused of a key is a gap of the key, under the ARN of its record.
func TestCollectKeyGaps(t *testing.T) {
	for op, resource := range map[Operation]string{
		DescribeKey: "alias/own", GetKeyRotationStatus: "arn:aws:kms:eu-west-1:111122223333:key/own",
		GetKeyPolicy: "arn:aws:kms:eu-west-1:111122223333:key/own", ListGrants: "arn:aws:kms:eu-west-1:111122223333:key/own",
	} {
		for fault, reason := range map[string]Reason{"denied-json": Denied, "body-empty-object": Invalid} {
			_, d := one(t, quick(), func(cloud *fakeaws.Cloud, g *fakeaws.Region) {
				g.Keys = []*fakeaws.Key{{ID: "own", ARN: g.ARN("kms", "key/own"), Manager: "CUSTOMER", State: "Enabled", Rotation: new(true), Policy: `{"Statement":[]}`}}
				g.Aliases = []*fakeaws.Alias{{Name: "alias/own", KeyID: "own"}}
				secretUnder(g, "a", "alias/own")
				name := string(op)[len("kms:"):]
				inject(t, cloud, fault, fakeaws.Scope{Operation: name})
			})
			k := d.keys[resource]
			if k == nil || len(d.keys) != 1 || len(d.gaps) != 0 {
				t.Errorf("%s %s: the keys are %v, the gaps %+v", op, fault, d.keys, d.gaps)
				continue
			}
			if len(k.Gaps) != 1 || k.Gaps[0].Operation != op || k.Gaps[0].Reason != reason || k.Gaps[0].Resource != resource {
				t.Errorf("%s %s: the gaps are %+v", op, fault, k.Gaps)
			}
		}
	}
}
