package audit

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/assayhq/assay/audit/fakeaws"
	"github.com/assayhq/assay/report"
)

// organization serves an organization of that many accounts, with n secrets in each of
// their regions, and returns options that ask two regions of all of them.
func organization(t testing.TB, accounts, n int) (*fakeaws.Cloud, *fakeaws.Account, Options) {
	t.Helper()
	cloud := newCloud()
	management := fakeaws.LoadOrganization(cloud, accounts, n, 0)
	o := quick()
	o.Regions = []string{"eu-west-1", "us-east-1"}
	o.Members = &Members{RoleName: fakeaws.LoadRole}
	o.Operations = map[Operation]bool{} // all but those about identities and the organization itself
	for _, row := range operations {
		o.Operations[row.Operation] = !row.global
	}
	return cloud, management, o
}

// accountsOf are the accounts that an inventory speaks of, with what became of them.
func accountsOf(inv *Inventory) map[string]string {
	list := map[string]string{}
	for _, at := range inv.sorted() {
		list[at.account] += at.region + ":" + string(inv.cells[at].record.Status) + " "
	}
	return list
}

const bothExamined = "eu-west-1:examined us-east-1:examined "

// Every active account is asked, whichever way its state is told, and no other.
func TestCollectOrganization(t *testing.T) {
	cloud, management, o := organization(t, 25, 2) // two pages
	var members []*fakeaws.Account
	for _, a := range cloud.Accounts() {
		if a.ID != management.ID {
			members = append(members, a)
		}
	}
	org := cloud.Organize(management, members...)
	for i, state := range []string{"SUSPENDED", "PENDING_CLOSURE", "CLOSED", "PENDING_ACTIVATION"} {
		org.Members[3+i].State = state
	}
	org.Members[10].State, org.Members[10].Status = "", "ACTIVE"
	org.Members[11].State, org.Members[11].Status = "", "SUSPENDED"
	inv, lines := gather(t, configOf(t, cloud, management.ID), o)
	got := accountsOf(inv)
	for i, m := range org.Members {
		want := bothExamined
		if i == 11 || i >= 3 && i < 7 {
			want = ""
		}
		if got[m.ID] != want {
			t.Errorf("account %d (%s): %q, want %q", i, m.State+m.Status, got[m.ID], want)
		}
	}
	if n := count(lines, `"type":"gap"`); n != 0 || !strings.Contains(lines[0], `"organization":true`) {
		t.Errorf("%d gaps, header %s", n, lines[0])
	}
	calls := cloud.Counts()
	if calls["sts:AssumeRole"] != 19 || calls["organizations:ListAccounts"] != 2 {
		t.Errorf("%d sessions, %d pages of accounts", calls["sts:AssumeRole"], calls["organizations:ListAccounts"])
	}
	for call := range calls {
		if fakeaws.Forbidden(call) {
			t.Errorf("%s was asked", call)
		}
	}
	home := inv.cells[cell{management.ID, "us-east-1"}].record
	if !slices.ContainsFunc(home.Calls, func(n CallCount) bool { return n.Operation == ListAccounts && n.OK == 2 }) {
		t.Errorf("the calls are %+v", home.Calls)
	}
}

// An account that refuses is listed as such, in the inventory and in what is judged,
// and all others are complete.
func TestCollectAccountThatRefuses(t *testing.T) {
	cloud, management, o := organization(t, 4, 2)
	closed := cloud.Account("200000000002")
	closed.AddRole(fakeaws.LoadRole, fakeaws.Role{Trusted: []string{"999999999999"}})
	inv, lines := gather(t, configOf(t, cloud, management.ID), o)
	if got := accountsOf(inv); got[closed.ID] != "all:not-examined " || got["200000000001"] != bothExamined || got["200000000003"] != bothExamined {
		t.Errorf("the accounts are %q", got)
	}
	if n := count(lines, `"type":"gap"`); n != 1 || count(lines, `"operation":"sts:AssumeRole","resource":"arn:aws:iam::200000000002:role/assay","reason":"denied"`) != 1 {
		t.Errorf("%d gaps:\n%s", n, strings.Join(lines, "\n"))
	}
	read, err := ReadInventory(strings.NewReader(strings.Join(lines, "\n") + "\n"))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(lines, linesOf(t, read)); diff != "" {
		t.Errorf("it is read back otherwise:\n%s", diff)
	}
	var said notices
	checks := slices.DeleteFunc(Checks(), func(c *Check) bool { return c.ID != "SM-ROT-01" && c.ID != "SM-ACC-01" })
	if _, err := (&Judge{Checks: checks, Settings: DefaultSettings()}).Run(read, &said); err != nil {
		t.Fatal(err)
	}
	if len(said) != 1 || said[0].Subject != "200000000002 sts:AssumeRole" || !strings.HasSuffix(said[0].Err.Error(), "nothing of the account was judged") {
		t.Errorf("the notices are %v", said)
	}
	if table := read.Coverage(); !slices.ContainsFunc(table.Rows, func(r report.CoverageRow) bool {
		return r.Account == closed.ID && r.Region == "all" && r.Status == "not examined"
	}) {
		t.Errorf("the table is %+v", table.Rows)
	}
}

// An account that refuses two sessions of one organization is listed once.
func TestCollectAccountThatRefusesTwice(t *testing.T) {
	cloud, management, o := organization(t, 4, 2)
	closed := cloud.Account("200000000002")
	closed.AddRole(fakeaws.LoadRole, fakeaws.Role{Trusted: []string{"999999999999"}})
	cfg := configOf(t, cloud, management.ID)
	inv, err := Collect(t.Context(), o, cfg, cfg)
	if err != nil {
		t.Fatal(err)
	}
	if n := len(inv.cells[cell{closed.ID, everyRegion}].gaps); n != 1 {
		t.Errorf("%d gaps", n)
	}
}

// notices is a sink that keeps what could not be examined.
type notices []report.Notice

func (n *notices) Finding(report.Finding) error { return nil }
func (n *notices) Verdict(report.Verdict) error { return nil }
func (n *notices) Notice(one report.Notice) error {
	*n = append(*n, one)
	return nil
}

// Accounts can be named, and the role may have a path and ask for an external id.
func TestCollectNamedAccounts(t *testing.T) {
	cloud, management, o := organization(t, 4, 2)
	cloud.Account("200000000003").AddRole("auditor", fakeaws.Role{Trusted: []string{management.ID}, ExternalID: "outside"})
	o.Members = &Members{Accounts: []string{"200000000003", management.ID, "200000000003"}, RoleName: "/audit/auditor", ExternalID: "outside", SessionName: "monday"}
	inv, lines := gather(t, configOf(t, cloud, management.ID), o)
	want := map[string]string{management.ID: bothExamined, "200000000003": bothExamined}
	if diff := cmp.Diff(want, accountsOf(inv)); diff != "" {
		t.Error(diff)
	}
	if cloud.Counts()["organizations:ListAccounts"] != 0 || !strings.Contains(lines[0], `"accounts":["111122223333","200000000003"]`) {
		t.Errorf("the header is %s", lines[0])
	}
	for _, m := range []*Members{{RoleName: ""}, {RoleName: "arn:aws:iam::1:role/x"}, {RoleName: "x", Accounts: []string{"12"}}} {
		o.Members = m
		if _, err := Collect(t.Context(), o, configOf(t, cloud, management.ID)); err == nil {
			t.Errorf("%+v is asked", m)
		}
	}
}

// Without the list of accounts there is no collection, and the reason is said.
func TestCollectOrganizationThatIsNotListed(t *testing.T) {
	cloud, management, o := organization(t, 3, 1)
	_, err := Collect(t.Context(), o, configOf(t, cloud, "200000000001"))
	wantProblem(t, err, "organizations:ListAccounts was denied", "--accounts")
	_, err = Collect(t.Context(), o, configOf(t, cloud, "300000000000"))
	wantProblem(t, err, "AWSOrganizationsNotInUse", "--accounts")
	for _, fault := range []string{"body-html", "body-empty-object", "page-token-loop", "throttle-endless"} {
		undo, err := cloud.Inject(fault, fakeaws.Scope{Service: "organizations"})
		if err != nil {
			continue // a fault of another name
		}
		if fault == "throttle-endless" {
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			_, err = Collect(ctx, o, configOf(t, cloud, management.ID))
		} else {
			_, err = Collect(t.Context(), o, configOf(t, cloud, management.ID))
		}
		if err == nil {
			t.Errorf("%s: it begins", fault)
		}
		undo.Close()
	}
}

// Sessions are renewed before their end, and when AWS ends them earlier than it said,
// also that of the role that the others are assumed from.
func TestCollectRenewsMembers(t *testing.T) {
	for _, session := range []time.Duration{credentialWindow + 2*time.Second, 0} {
		t.Run(fmt.Sprint(session), func(t *testing.T) {
			cloud := newCloud()
			management := fakeaws.LoadOrganization(cloud, 3, 60, session)
			chain := management.AddRole("chain", fakeaws.Role{})
			cleanEnvironment(t, "")
			setKeys(t, startCloud(t, cloud), management.User("auditor"))
			cfg, err := NewSession(t.Context(), SessionOptions{RoleARN: chain})
			if err != nil {
				t.Fatal(err)
			}
			o := quick()
			o.Rate, o.Regions, o.Members = 0.4, []string{"eu-west-1", "us-east-1"}, &Members{RoleName: fakeaws.LoadRole}
			o.Progress = &Progress{}
			done := make(chan struct{})
			if session == 0 { // AWS ends all sessions twice
				go func() {
					defer close(done)
					for at := range callRenewals { // which the slowest of calls survives
						for before := o.Progress.Count().Secrets; o.Progress.Count().Secrets < before+60+60*at; {
							time.Sleep(time.Millisecond)
						}
						cloud.Clock.Advance(time.Hour)
					}
				}()
			} else {
				close(done)
			}
			inv, lines := gather(t, cfg, o)
			<-done
			if n := count(lines, `"type":"gap"`); n != 0 || inv.Unfinished {
				t.Errorf("%d gaps, one of them: %s", n, lines[slices.IndexFunc(lines, func(l string) bool { return strings.Contains(l, `"type":"gap"`) })])
			}
			if n := cloud.Counts()["sts:AssumeRole"]; n < 5 || n > 40 {
				t.Errorf("%d sessions", n)
			}
		})
	}
}

// A run that is killed anywhere goes on to the same inventory, byte for byte.
func TestCollectOrganizationResumes(t *testing.T) {
	cloud, management, o := organization(t, 5, 12)
	cloud.Account("200000000004").AddRole(fakeaws.LoadRole, fakeaws.Role{Trusted: []string{"999999999999"}})
	for _, a := range cloud.Accounts() { // some secrets with policies, two of them alike
		g := a.Region("eu-west-1")
		secretsNamed(g, "one", "two", "three")
		for i, s := range g.Secrets {
			s.Policy = fmt.Sprintf(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::%s:root"},"Action":"secretsmanager:GetSecretValue","Resource":"*"}]}`, []string{a.ID, "1" + a.ID[1:], a.ID}[i])
		}
	}
	cfg := configOf(t, cloud, management.ID)
	run := func(old *Inventory) (journal []byte, lines []string) {
		var file bytes.Buffer
		j, err := NewJournal(&file, o, old)
		if err != nil {
			t.Fatal(err)
		}
		again := o
		again.Journal = j
		_, lines = gather(t, cfg, again)
		return file.Bytes(), lines
	}
	journal, whole := run(nil)
	chance := rand.New(rand.NewPCG(7, 7))
	for range 12 {
		first := bytes.IndexByte(journal, '\n') + 1
		kept := journal[:first+chance.IntN(len(journal)-first+1)]
		for range 2 { // killed twice
			old, err := ReadInventory(bytes.NewReader(kept))
			if err != nil {
				t.Fatal(err)
			}
			next, resumed := run(old)
			if diff := cmp.Diff(whole, resumed); diff != "" {
				t.Fatalf("killed after %d bytes of %d (-whole +resumed):\n%s", len(kept), len(journal), diff)
			}
			first := bytes.IndexByte(next, '\n') + 1
			kept = next[:first+chance.IntN(len(next)-first+1)]
		}
	}
	other := o
	other.Members = &Members{Accounts: []string{"200000000001"}, RoleName: fakeaws.LoadRole}
	old, err := ReadInventory(bytes.NewReader(journal))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := NewJournal(io.Discard, other, old); err == nil || !strings.Contains(err.Error(), "accounts") {
		t.Errorf("other accounts: %v", err)
	}
}

// What can be assumed and does not trust is asked anew when a run goes on.
func TestCollectResumesWithAnAccountThatRefused(t *testing.T) {
	cloud, management, o := organization(t, 3, 1)
	closed := cloud.Account("200000000002")
	closed.AddRole(fakeaws.LoadRole, fakeaws.Role{Trusted: []string{"999999999999"}})
	cfg := configOf(t, cloud, management.ID)
	old, _ := gather(t, cfg, o)
	closed.AddRole(fakeaws.LoadRole, fakeaws.Role{})
	j, err := NewJournal(io.Discard, o, old)
	if err != nil {
		t.Fatal(err)
	}
	o.Journal = j
	inv, _ := gather(t, cfg, o)
	if got := accountsOf(inv)[closed.ID]; got != bothExamined {
		t.Errorf("the account is %q", got)
	}
}

// An interruption while roles are assumed leaves every account named.
func TestCollectInterruptedBeforeMembers(t *testing.T) {
	cloud, management, o := organization(t, 4, 1)
	ctx, cancel := context.WithCancel(t.Context())
	cfg := configOf(t, cloud, management.ID)
	cfg.HTTPClient = doer(func(r *http.Request) (*http.Response, error) {
		if strings.HasSuffix(r.Header.Get("X-Amz-Target"), ".ListAccounts") {
			defer cancel()
		}
		return http.DefaultClient.Do(r)
	})
	inv, err := Collect(ctx, o, cfg)
	if err != nil {
		if !strings.Contains(err.Error(), "interrupted") && !strings.Contains(err.Error(), "reached") {
			t.Errorf("the error is %v", err)
		}
		return // the answer came too late
	}
	if got := accountsOf(inv); !inv.Interrupted || len(got) != 4 {
		t.Errorf("interrupted %v: %q", inv.Interrupted, got)
	}
}

// The bucket of an organization's trail is asked for by the session itself, and not
// with the role in an account that happens to be the first.
func TestCollectOrganizationFromABucket(t *testing.T) {
	cloud, management, o := organization(t, 3, 1)
	var asked []string
	for _, a := range cloud.Accounts() {
		if a.ID != management.ID {
			o.Members.Accounts = append(o.Members.Accounts, a.ID)
		}
	}
	management.Region("eu-west-1").Buckets = []*fakeaws.Bucket{{Name: "trails", Dir: t.TempDir()}}
	o.TrailFiles, o.Since = "s3://trails", 20*24*time.Hour
	gather(t, configOf(t, cloud, management.ID), o)
	for _, c := range cloud.Calls() {
		if c.Service == "s3" {
			asked = append(asked, c.Account)
		}
	}
	if len(asked) == 0 || slices.ContainsFunc(asked, func(id string) bool { return id != management.ID }) {
		t.Errorf("asked by %v", asked)
	}
}

// Accounts of which none is named are those of the organization.
func TestCollectOrganizationOfNoNames(t *testing.T) {
	cloud, management, o := organization(t, 3, 1)
	var members []*fakeaws.Account
	for _, a := range cloud.Accounts() {
		if a.ID != management.ID {
			members = append(members, a)
		}
	}
	cloud.Organize(management, members...)
	o.Members.Accounts = []string{}
	inv, _ := gather(t, configOf(t, cloud, management.ID), o)
	if got := accountsOf(inv); len(got) != len(members)+1 {
		t.Errorf("%v", got)
	}
}
