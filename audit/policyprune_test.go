package audit

import (
	"strings"
	"testing"
)

func TestKeptStatements(t *testing.T) {
	for _, c := range []struct{ name, policy, want string }{
		{"what is about something else goes", `{"Version":"2012-10-17","Statement":[{"Sid":"A","Effect":"Allow","Action":"s3:*","Resource":"*"},{"Sid":"B","Effect":"Allow","Action":"kms:Decrypt","Resource":"*"}]}`,
			`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"kms:Decrypt","Resource":"*"}]}`},
		{"nothing is left", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}`, ""},
		{"one that is no list", `{"Statement":{"Effect":"Deny","NotAction":"s3:*","Resource":"*"}}`, `{"Statement":{"Effect":"Deny","NotAction":"s3:*","Resource":"*"}}`},
		{"no statements", `{"Version":"2012-10-17","Statement":[]}`, ""},
		{"writing counts too", `{"Statement":[{"Effect":"Allow","Action":"secretsmanager:PutResourcePolicy","Resource":"*"}]}`, `{"Statement":[{"Effect":"Allow","Action":"secretsmanager:PutResourcePolicy","Resource":"*"}]}`},
	} {
		got, err := texts{}.keptStatements(c.policy, ofIdentity)
		if err != nil || got != c.want {
			t.Errorf("%s: %q, %v", c.name, got, err)
		}
	}
	for _, wrong := range []string{"", "{", "[]", `{"Statement":[{"Effect":"Allow","Action":"*","Resource":"*","Principal":"*"}]}`, `{"Statement":[{"Effect":"Allow","Action":"*"}]}`, strings.Repeat(" ", maxPolicy+1)} {
		if got, err := (texts{}).keptStatements(wrong, ofIdentity); err == nil {
			t.Errorf("%.40q is kept as %q", wrong, got)
		}
	}
}

// What is kept of a policy decides as the whole policy does, and reading one never
// breaks.
func FuzzKeptStatements(f *testing.F) {
	for _, r := range rulings() {
		for _, s := range [][]string{r.own, r.boundary, r.group} {
			if len(s) > 0 {
				f.Add(inFull(f, s, ofIdentity))
			}
		}
	}
	f.Fuzz(func(t *testing.T, policy string) {
		kept, err := texts{}.keptStatements(policy, ofIdentity)
		whole := newDocument("P", policy, ofIdentity)
		if (err != nil) != (whole.unread != "") {
			t.Fatalf("kept says %v, the document %q", err, whole.unread)
		}
		if err != nil {
			return
		}
		r := ruling{edit: func(w *world) { w.who.Policies = []InlinePolicy{{Name: "Own", Document: policy}} }}
		before := r.judge(t)
		r.edit = func(w *world) { w.who.Policies = []InlinePolicy{{Name: "Own", Document: kept}} }
		if after := r.judge(t); before.Decision != after.Decision {
			t.Errorf("the policy decides %q, what is kept of it %q: %s", before.Decision, after.Decision, kept)
		}
	})
}
