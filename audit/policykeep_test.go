package audit

import (
	"encoding/hex"
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A policy is kept without what is there for people, and in its order.
func TestKeptPolicy(t *testing.T) {
	tests := []struct{ policy, want string }{
		{"", ""},
		{" \n", ""},
		{`{"Version": "2012-10-17", "Id": "x", "Statement": [{"Sid": "y", "Effect": "Allow", "Action": ["a", "b"], "Condition": {"Bool": {"c": true}}}]}`,
			`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["a","b"],"Condition":{"Bool":{"c":true}}}]}`},
		{`{"Id":{"Sid":["x"]},"Statement":null,"n":1.50,"h":"<&>"}`, `{"Statement":null,"n":1.50,"h":"<&>"}`},
		{`[1,"x"]`, `[1,"x"]`},
	}
	for _, test := range tests {
		if got, _, err := (texts{}).keptPolicy(test.policy); err != nil || got != test.want {
			t.Errorf("%s is kept as %s (%v), want %s", test.policy, got, err, test.want)
		}
	}
	for _, bad := range []string{"x", `{"a":1,"A":2}`, `{"a":`, strings.Repeat("[", 40) + strings.Repeat("]", 40)} {
		if got, _, err := (texts{}).keptPolicy(bad); err == nil || got != "" || strings.Contains(err.Error(), bad) {
			t.Errorf("%s is kept as %s (%v)", bad, got, err)
		}
	}
}

// What is kept of a policy allows what the policy allows, and our rules find nothing
// in any policy that has no credential.
func TestKeptPolicyMeansTheSame(t *testing.T) {
	match := testMatcher(t)
	for _, test := range outsideTests() {
		text := policyOf(test.statements...)
		kept, found, err := texts{match: match}.keptPolicy(text)
		if err != nil || len(found) > 0 {
			t.Fatalf("%s: %v, %+v", test.name, err, found)
		}
		p, err := parsePolicy(kept)
		if err != nil {
			t.Fatalf("%s: %v", test.name, err)
		}
		if diff := cmp.Diff(test.want, said(p.outside(readQuestion))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
	}
}

// A credential in a policy is found and replaced by its length, wherever it stands and
// however it is written.
func TestKeptPolicyHoldsNoCredential(t *testing.T) {
	password := newCloud().Plant("policy")
	other := newCloud().Plant("other")
	condition := func(c string) string {
		return `{"Statement":[{"Effect":"Deny","Principal":"*","Action":"*","Resource":"*","Condition":{"StringEquals":{` + c + `}}}]}`
	}
	for _, policy := range []string{
		condition(`"password":"` + password + `"`),
		condition(`"aws:RequestTag/db-password":["prod","` + password + `"]`),
		condition(`"aws:RequestTag/db-p\u0061ssword":"` + password + `"`),
		condition(`"aws:RequestTag/db-password":"\u00` + hex.EncodeToString([]byte(password[:1])) + password[1:] + `"`),
		condition(`"aws:RequestTag/note":"postgres://app:` + password + `@db.internal/app"`),
		condition(`"postgres://app:` + password + `@db.internal/app":"x"`),
		`{"Id":{"x":"password=` + password + `"},"Statement":[]}`,
		`{"Statement":[{"Sid":"password=` + password + `"}]}`,
	} {
		kept, found, err := texts{match: testMatcher(t)}.keptPolicy(policy)
		if err != nil || strings.Contains(kept, password) || !json.Valid([]byte(kept)) {
			t.Errorf("it is kept as %s (%v)", kept, err)
		}
		if len(found) != 1 || strings.Contains(found[0].Excerpt, password) || !strings.Contains(found[0].Excerpt, "24 characters") {
			t.Errorf("%s: found %+v", kept, found)
		}
	}
	kept, found, err := texts{match: testMatcher(t)}.keptPolicy(condition(`"aws:RequestTag/db-password":["` + password + `","` + other + `"]`))
	if err != nil || len(found) != 2 || strings.Contains(kept, other) {
		t.Errorf("it is kept as %s (%v), found %+v", kept, err, found)
	}
	if kept, found, err := (texts{match: testMatcher(t)}).keptPolicy(`{"password":"` + password + `"`); err == nil || kept != "" || len(found) != 1 {
		t.Errorf("broken JSON is kept as %q (%v), found %+v", kept, err, found)
	}
}
