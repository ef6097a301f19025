package audit

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// crowd is an account with so many roles and secrets: a role in fifty may do
// everything, the others read a folder each, by a policy of their own.
func crowd(t testing.TB, roles, secrets int) *Inventory {
	inv := newInventory(Header{Collected: time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC)})
	at, global := cell{own, "eu-west-1"}, cell{own, globalRegion}
	add := func(at cell, v any) {
		if err := inv.add(at, v); err != nil {
			t.Fatal(err)
		}
	}
	add(global, &ManagedPolicy{ARN: "arn:aws:iam::aws:policy/AdministratorAccess", Account: own, Document: inFull(t, []string{full}, ofIdentity)})
	add(global, &Organization{Account: own, ID: "o-1", ManagementAccount: "999999999999", ServiceControls: []ControlLevel{{Target: "r-1", Policies: []ControlPolicy{
		{Name: "p-1", Document: inFull(t, []string{full, `deny secretsmanager:* * {"StringNotEquals":{"aws:RequestedRegion":["eu-west-1"]},"ArnNotLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/ops/*"}}`}, ofIdentity)},
	}}}})
	for i := range roles {
		r := &Identity{Account: own, ARN: fmt.Sprintf("arn:aws:iam::%s:role/r%05d", own, i), Kind: KindRole, Name: fmt.Sprintf("r%05d", i)}
		if r.Attached = []string{"arn:aws:iam::aws:policy/AdministratorAccess"}; i%50 != 0 {
			r.Attached = nil
			folder := fmt.Sprintf("arn:aws:secretsmanager:*:%s:secret:prod/app%04d/*", own, i%1000)
			r.Policies = inline(t, []string{"allow " + get + " " + folder, "allow kms:Decrypt *", `deny secretsmanager:* * {"Bool":{"aws:SecureTransport":"false"}}`})
		}
		add(global, r)
	}
	for i := range secrets {
		name := fmt.Sprintf("prod/app%04d/db%d", i%1000, i)
		add(at, &Secret{Account: own, Region: at.region, Name: name, ARN: "arn:aws:secretsmanager:eu-west-1:" + own + ":secret:" + name + "-AbCdEf"})
	}
	add(at, &RegionRecord{Account: own, Region: at.region, Partition: "aws", Status: RegionExamined, Calls: asked(ListSecrets, GetResourcePolicy)})
	add(global, &RegionRecord{Account: own, Region: globalRegion, Partition: "aws", Status: RegionExamined, Calls: asked(GetAccountAuthorizationDetails, DescribeOrganization)})
	return inv
}

// An account of a large company is judged in seconds.
func TestManyPrincipalsAndSecrets(t *testing.T) {
	roles, secrets := 5000, 2000
	if testing.Short() {
		roles, secrets = 500, 200
	}
	inv := crowd(t, roles, secrets)
	start := time.Now()
	n, pairs := 0, 0
	for a, err := range inv.Access(DefaultSettings()) {
		if err != nil || a.NotEvaluated != "" {
			t.Fatal(err, a.NotEvaluated)
		}
		n, pairs = n+1, pairs+len(a.Readers)
	}
	took := time.Since(start)
	if least := secrets * (roles / 50); n != secrets || pairs < least {
		t.Errorf("%d secrets with %d readers, at least %d expected", n, pairs, least)
	}
	if took > 30*time.Second {
		t.Errorf("it took %v", took)
	}
	t.Logf("%d principals, %d secrets, %d that can read, in %v", roles, n, pairs, took)
}

// Nobody whose policy names a secret is missed by its name.
func TestFoldersMissNobody(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		part := rapid.SampledFrom([]string{"*", "?", "a", "ab", "/", "-", ":secret:", "arn:aws:secretsmanager:", "eu-west-1", ":", own, "${aws:username}"})
		arn := "arn:aws:secretsmanager:eu-west-1:" + own + ":secret:" + rapid.StringMatching(`[ab/-]{1,4}`).Draw(t, "name") + "-AbCdEf"
		var parties []*party
		for range 5 {
			text := ""
			for _, p := range rapid.SliceOfN(part, 1, 8).Draw(t, "pattern") {
				text += p
			}
			c := &clause{statement: &statement{allow: true, notResource: rapid.IntRange(0, 9).Draw(t, "not") == 0}, resources: []pattern{newPattern(text, true)}}
			d := &document{}
			c.document, d.clauses[readSecret][allowing] = d, []*clause{c}
			parties = append(parties, &party{kind: aUser, known: true, name: "a", documents: []*document{d}})
		}
		found := newFolders(parties).of(arn)
		for i, p := range parties {
			q := request{who: p, action: readSecret, resource: arn}
			if q.own().truth != no && !slices.Contains(found, p) {
				t.Errorf("the principal with %q is not found for %s", parties[i].documents[0].clauses[readSecret][allowing][0].resources[0].text, arn)
			}
		}
	})
}
