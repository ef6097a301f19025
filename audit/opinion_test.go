package audit

import (
	"fmt"
	"slices"
	"testing"

	"github.com/assayhq/assay/audit/fakeaws"
)

// opinionOf collects six secrets with three policies, one of which AWS has something
// against, and returns the secrets.
func opinionOf(t *testing.T, objections []fakeaws.Objection, prepare func(*fakeaws.Cloud)) (*fakeaws.Cloud, *Inventory, []*Secret) {
	t.Helper()
	cloud := newCloud()
	g := cloud.Account(testAccount).Region("eu-west-1")
	const odd = `{"Statement":[{"Effect":"Allow","Principal":{"AWS":"000000000002"},"Action":"*","Resource":"*"}]}`
	for i := range 6 {
		secretUnder(g, fmt.Sprint(i), "").Policy = fmt.Sprintf(`{"Statement":[{"Sid":"s%d","Effect":"Allow","Principal":{"AWS":"00000000000%d"},"Action":"*","Resource":"*"}]}`, i, i%3)
	}
	g.Validate = func(policy string) []fakeaws.Objection {
		if policy == odd {
			return objections
		}
		return nil
	}
	if prepare != nil {
		prepare(cloud)
	}
	o := quick()
	o.Regions = []string{"eu-west-1"}
	inv, _ := gather(t, configOf(t, cloud, testAccount), o)
	return cloud, inv, secretsOf(t, inv)
}

func TestOpinion(t *testing.T) {
	tests := []struct {
		objections []fakeaws.Objection
		want       []Objection
	}{
		{nil, nil},
		{[]fakeaws.Objection{{CheckName: "PUBLIC_ACCESS", ErrorMessage: "x"}}, []Objection{ObjectsAccess}},
		{[]fakeaws.Objection{{CheckName: "c", ErrorMessage: "The policy would lock you out."}, {CheckName: "c", ErrorMessage: "Malformed syntax"}}, []Objection{ObjectsLockout, ObjectsSyntax}},
		{[]fakeaws.Objection{{CheckName: "new", ErrorMessage: "never seen"}, {CheckName: "new", ErrorMessage: "too broad, and locked"}}, []Objection{ObjectsAccess}},
	}
	for _, test := range tests {
		cloud, _, secrets := opinionOf(t, test.objections, nil)
		for i, s := range secrets {
			want := test.want
			if i%3 != 2 {
				want = nil
			}
			if s.Opinion == nil || !slices.Equal(s.Opinion.Objections, want) {
				t.Errorf("%v: secret %s: %+v, want %v", test.objections, s.Name, s.Opinion, want)
			}
		}
		if n := cloud.Counts()["secretsmanager:ValidateResourcePolicy"]; n != 3 {
			t.Errorf("%d questions about 3 policies", n)
		}
	}
}

// Where AWS refuses its opinion it is asked once, our own judgement stands, and
// nothing but the table of calls tells.
func TestOpinionRefused(t *testing.T) {
	cloud, inv, secrets := opinionOf(t, nil, func(cloud *fakeaws.Cloud) {
		inject(t, cloud, "denied-json", fakeaws.Scope{Operation: "ValidateResourcePolicy"})
	})
	for _, s := range secrets {
		if s.Opinion != nil || len(s.Gaps) > 0 {
			t.Errorf("%s: %+v, gaps %+v", s.Name, s.Opinion, s.Gaps)
		}
	}
	if n := cloud.Counts()["secretsmanager:ValidateResourcePolicy"]; n != 1 {
		t.Errorf("%d questions after a refusal", n)
	}
	var said outcomes
	summary, err := (&Judge{Checks: []*Check{smPOL01()}, Settings: settingsOf(t, "{}")}).Run(inv, &said)
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"pass", "pass", "pass", "pass", "pass", "pass"}; !slices.Equal(said.names, want) || summary.NotExamined != 0 {
		t.Errorf("%q, %d not examined", said.names, summary.NotExamined)
	}
	calls := inv.cells[cell{testAccount, "eu-west-1"}].record.Calls
	i := slices.IndexFunc(calls, func(c CallCount) bool { return c.Operation == ValidateResourcePolicy })
	if i < 0 || calls[i].Denied != 1 {
		t.Errorf("the calls are %+v", calls)
	}
}
