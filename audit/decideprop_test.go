package audit

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// ranks orders decisions by how much they give.
var ranks = map[Decision]int{"": 0, Undecided: 1, Conditional: 1, Allowed: 2}

// someStatement draws a statement of an identity's policy, most of them about the
// secret.
func someStatement(effect string) *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		s := effect + " " + rapid.SampledFrom([]string{
			get, "secretsmanager:*", "*", "kms:Decrypt", "kms:*", "s3:*", "!s3:*", "!" + get, get + ",kms:Decrypt",
		}).Draw(t, "action") + " " + rapid.SampledFrom([]string{
			"*", theSecret, theKey, "arn:aws:secretsmanager:*:*:secret:prod/*", "arn:aws:secretsmanager:*:*:secret:dev/*", "!" + theSecret, "!arn:aws:s3:::*",
		}).Draw(t, "resource")
		return s + rapid.SampledFrom(append([]string{"", "", ""}, someConditions...)).Draw(t, "condition")
	})
}

var someConditions = []string{
	` {"IpAddress":{"aws:SourceIp":"10.0.0.0/8"}}`, ` {"StringEquals":{"aws:ResourceTag/Team":"blue"}}`, ` {"StringEquals":{"aws:ResourceTag/Team":"red"}}`,
	` {"StringNotEquals":{"aws:PrincipalTag/Team":"blue"}}`, ` {"StringEquals":{"x:y":"z"}}`, ` {"Bool":{"aws:SecureTransport":"false"}}`,
	` {"StringEquals":{"aws:ResourceTag/Team":"${aws:PrincipalTag/Team}"}}`, ` {"StringEquals":{"aws:ResourceTag/Owner":"x"}}`,
	` {"Null":{"aws:PrincipalTag/Team":"true"}}`, ` {"ForAllValues:StringLike":{"aws:TagKeys":"x*"}}`,
}

// somePolicyStatement draws a statement of the policy of a secret or key.
func somePolicyStatement(effect string) *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		s := effect + " " + rapid.SampledFrom([]string{
			"*", "AWS=" + theUser, "AWS=" + theRole, "AWS=" + own, "AWS=" + foreign, "!AWS=" + theUser, "!AWS=" + theUser + "," + own, "!AWS=" + theRole + "," + own,
			"AWS=arn:aws:sts::111122223333:assumed-role/reader/night", "AWS=" + theOther,
		}).Draw(t, "principal") + " " + rapid.SampledFrom([]string{get, "secretsmanager:*", "kms:Decrypt", "kms:*", "*", "!kms:*"}).Draw(t, "action")
		return s + rapid.SampledFrom(append([]string{"", "", ""}, someConditions...)).Draw(t, "condition")
	})
}

// someRuling draws a request with policies everywhere.
func someRuling(t *rapid.T) ruling {
	identity := rapid.OneOf(someStatement("allow"), someStatement("deny"))
	resource := rapid.OneOf(somePolicyStatement("allow"), somePolicyStatement("deny"))
	r := ruling{
		who: rapid.SampledFrom([]string{theUser, theRole, theLinked, theOther}).Draw(t, "who"),
		own: rapid.SliceOfN(identity, 0, 4).Draw(t, "own"),
	}
	maybeSome := func(name string, g *rapid.Generator[string]) []string {
		if !rapid.Bool().Draw(t, "has "+name) {
			return nil
		}
		return rapid.SliceOfN(g, 1, 3).Draw(t, name)
	}
	r.secret, r.key = maybeSome("secret", resource), maybeSome("key", resource)
	r.boundary = maybeSome("boundary", identity)
	if scp := maybeSome("scp", identity); scp != nil {
		r.scp = [][]string{scp}
	}
	return r
}

// places are the policies of a ruling, to which a statement can be added.
func (r *ruling) places() map[string]*[]string {
	list := map[string]*[]string{"own": &r.own, "secret": &r.secret, "key": &r.key}
	if r.boundary != nil {
		list["boundary"] = &r.boundary
	}
	if r.scp != nil {
		r.scp = [][]string{slices.Clone(r.scp[0])}
		list["scp"] = &r.scp[0]
	}
	if r.key == nil { // to have a policy is another world
		delete(list, "key")
	}
	return list
}

// with returns r with one more statement somewhere.
func (r ruling) with(t *rapid.T, effect string) ruling {
	places := r.places()
	var names []string
	for name := range places {
		names = append(names, name)
	}
	slices.Sort(names)
	name := rapid.SampledFrom(names).Draw(t, "place")
	g := someStatement(effect)
	if name == "secret" || name == "key" {
		g = somePolicyStatement(effect)
	}
	at := places[name]
	*at = slices.Insert(slices.Clone(*at), rapid.IntRange(0, len(*at)).Draw(t, "index"), g.Draw(t, "statement"))
	return r
}

func TestADenyNeverGivesAccess(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		before := someRuling(rt)
		after := before.with(rt, "deny")
		a, b := before.judge(t), after.judge(t)
		if ranks[b.Decision] > ranks[a.Decision] {
			rt.Fatalf("a Deny turned %q into %q: %+v", a.Decision, b.Decision, after)
		}
	})
}

func TestAnAllowNeverTakesAccess(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		before := someRuling(rt)
		after := before.with(rt, "allow")
		a, b := before.judge(t), after.judge(t)
		if ranks[b.Decision] < ranks[a.Decision] {
			rt.Fatalf("an Allow turned %q into %q: %+v", a.Decision, b.Decision, after)
		}
	})
}

func TestTheOrderOfStatementsMeansNothing(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		before := someRuling(rt)
		after := before
		for _, at := range after.places() {
			*at = rapid.Permutation(*at).Draw(rt, "order")
		}
		if a, b := before.judge(t), after.judge(t); a.Decision != b.Decision {
			rt.Fatalf("%q became %q by the order: %+v", a.Decision, b.Decision, after)
		}
	})
}
