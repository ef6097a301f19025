package audit

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/assayhq/assay/audit/fakeaws"
)

const allowAll = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`

// manage makes the test account the management account of an organization, with
// so many roles and a policy of every kind.
func manage(cloud *fakeaws.Cloud, roles int) *fakeaws.Account {
	a := cloud.Account(testAccount)
	reads := `{"Version":"2012-10-17","Statement":[{"Sid":"password=` + cloud.Plant("sid") + `","Effect":"Allow","Action":"secretsmanager:GetSecretValue","Resource":"*","Condition":{"StringEquals":{"aws:PrincipalTag/password":"` +
		cloud.Plant("condition") + `"}}},{"Effect":"Allow","Action":"s3:PutObject","Resource":"arn:aws:s3:::nobody-asked/*"}]}`
	for i := range roles {
		a.Identities = append(a.Identities, &fakeaws.Identity{
			Kind: "role", Path: "/a/", Name: fmt.Sprintf("role-%03d", i), ID: "AROAEXAMPLE", Created: collected, Trust: `{"Statement":{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"sts:AssumeRole"}}`,
			Policies: []fakeaws.NamedPolicy{{Name: "Read", Text: reads}}, Attached: []string{"arn:aws:iam::aws:policy/Used"}, Boundary: a.ARN("iam", "", "policy/Edge"),
			Tags: []fakeaws.Tag{{Key: "Team", Value: cloud.Plant("tag")}, {Key: "Environment", Value: "prod"}},
		})
	}
	a.Identities = append(a.Identities,
		&fakeaws.Identity{Kind: "user", Name: "ana", ID: "AIDAEXAMPLE", Groups: []string{"devs"}, Keys: []fakeaws.AccessKey{{ID: "one", Created: collected.AddDate(-1, 0, 0), Active: true}, {ID: "two", Created: collected}}},
		&fakeaws.Identity{Kind: "group", Name: "devs", ID: "AGPAEXAMPLE", Policies: []fakeaws.NamedPolicy{{Name: "Odd", Text: `{"Statement":[{"Effect":"Perhaps","Action":"*","Resource":"*"}]}`}}},
		&fakeaws.Identity{Kind: "role", Name: "tagged", Trust: `{"Statement":{"Effect":"Allow","Principal":{"AWS":"*"},"Action":["sts:AssumeRole","sts:TagSession"]}}`},
	)
	for _, name := range []string{"aws:policy/Used", "aws:policy/Unused", a.ID + ":policy/Edge"} {
		a.ManagedPolicies = append(a.ManagedPolicies, &fakeaws.ManagedPolicy{ARN: "arn:aws:iam::" + name, Name: name, Text: allowAll})
	}
	a.Organization = &fakeaws.Organization{
		ID: "o-a1b2c3d4e5", Management: a.ID, Members: fakeaws.Active(a.ID, "222233334444"), Parents: map[string]string{a.ID: "ou-ab12-1", "ou-ab12-1": "r-ab12"},
		Policies: []fakeaws.ControlPolicy{
			{ID: "p-all", Kind: serviceControls, Text: allowAll, Targets: []string{"r-ab12", "ou-ab12-1", a.ID}},
			{ID: "p-more", Kind: serviceControls, Text: allowAll, Targets: []string{"ou-ab12-1"}},
		},
		Disabled: []string{resourceControls},
	}
	return a
}

// aboutPeople asks about identities and the organization alone.
func aboutPeople() Options {
	o := quick()
	o.Regions, o.Operations = []string{"eu-west-1"}, map[Operation]bool{}
	for _, row := range operations {
		o.Operations[row.Operation] = row.global
	}
	return o
}

func TestCollectIdentities(t *testing.T) {
	cloud := newCloud()
	a := manage(cloud, 250)
	cfg := configOf(t, cloud, a.ID)
	cloud.Sensitive()
	o := aboutPeople()
	o.Match = testMatcher(t)
	inv, lines := gather(t, cfg, o)
	for _, text := range cloud.Sensitive() {
		if strings.Contains(strings.Join(lines, "\n"), string(text)) {
			t.Error("the inventory holds a text that must not be seen")
		}
	}
	if n := count(lines, "nobody-asked"); n != 0 {
		t.Errorf("%d statements about something else are kept", n)
	}
	d := inv.cells[cell{a.ID, globalRegion}]
	if len(d.identities) != 253 || len(d.policies) != 2 || cloud.Counts()["iam:GetAccountAuthorizationDetails"] != 2 {
		t.Errorf("%d identities and %d policies in %d pages", len(d.identities), len(d.policies), cloud.Counts()["iam:GetAccountAuthorizationDetails"])
	}
	role := d.identities[a.ARN("iam", "", "role/a/role-007")]
	if role == nil || role.Boundary != a.ARN("iam", "", "policy/Edge") || role.SessionTags || role.Tags["Environment"] != "prod" || !strings.HasPrefix(role.Tags["Team"], "<") || len(role.Policies) != 1 || role.Policies[0].Document == "" {
		t.Errorf("the role is %+v", role)
	}
	if tagged := d.identities[a.ARN("iam", "", "role/tagged")]; tagged == nil || !tagged.SessionTags {
		t.Errorf("the role that takes tags is %+v", tagged)
	}
	if ana := d.identities[a.ARN("iam", "", "user/ana")]; len(ana.AccessKeys) != 2 || !ana.AccessKeys[0].Active || ana.AccessKeys[1].Active || !slices.Equal(ana.Groups, []string{"devs"}) {
		t.Errorf("the user is %+v", ana)
	}
	if devs := d.identities[a.ARN("iam", "", "group/devs")]; len(devs.Gaps) != 1 || devs.Gaps[0].Reason != Invalid || !strings.Contains(devs.Policies[0].Unread, "Effect") {
		t.Errorf("the group is %+v", devs)
	}
	org, err := json.Marshal(d.organization)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"path":"o-a1b2c3d4e5/r-ab12/ou-ab12-1/"`, `"accounts":["111122223333","222233334444"]`, `{"target":"r-ab12","policies":[{"name":"p-all"`, `{"name":"p-more"`} {
		if !strings.Contains(string(org), want) {
			t.Errorf("the organization is %s, without %s", org, want)
		}
	}
	if strings.Contains(string(org), "resource_controls") || len(d.organization.ServiceControls) != 3 {
		t.Errorf("the organization is %s", org)
	}
}

// A member of an organization is told no more than its id, which is no gap.
func TestCollectAsMember(t *testing.T) {
	cloud := newCloud()
	manage(cloud, 1)
	member := cloud.Account("222233334444")
	member.Organization = cloud.Account(testAccount).Organization
	inv, lines := gather(t, configOf(t, cloud, member.ID), aboutPeople())
	if n := count(lines, `"type":"gap"`); n != 0 {
		t.Errorf("%d gaps: %s", n, lines)
	}
	d := inv.cells[cell{member.ID, globalRegion}]
	if o := d.organization; o.ID != "o-a1b2c3d4e5" || o.Path != "" || o.ServiceControls != nil || o.Accounts != nil {
		t.Errorf("the organization is %+v", o)
	}
	i := slices.IndexFunc(d.record.Calls, func(c CallCount) bool { return c.Operation == ListParents })
	if i < 0 || d.record.Calls[i].Denied != 1 {
		t.Errorf("the calls are %+v", d.record.Calls)
	}
}

// Where the management account is refused its policies, that is a gap; that a kind of
// them is not in use is none.
func TestCollectControlsThatAreRefused(t *testing.T) {
	for _, refused := range []bool{false, true} {
		cloud := newCloud()
		a := manage(cloud, 1)
		cfg := configOf(t, cloud, a.ID)
		if refused {
			server, err := cloud.StartFaulty("denied-json", fakeaws.Scope{Service: "organizations", Operation: "ListPoliciesForTarget"})
			if err != nil {
				t.Fatal(err)
			}
			defer server.Close()
			cfg = staticConfig(server.URL, a.User("auditor"))
		}
		inv, lines := gather(t, cfg, aboutPeople())
		o := inv.cells[cell{a.ID, globalRegion}].organization
		off := count(lines, `"controls_off":["RESOURCE_CONTROL_POLICY"]`)
		if n := count(lines, `"reason":"denied","detail":"for the kind RESOURCE_CONTROL_POLICY`); refused != (n == 1) || refused == (off == 1) {
			t.Errorf("refused %t: %d gaps, %d kinds that are off: %+v", refused, n, off, o)
		}
		var said []string
		for _, n := range inv.AccessNotices() {
			said = append(said, n.Err.Error())
		}
		if text := strings.Join(said, "; "); strings.Contains(text, "ListPoliciesForTarget was denied") != refused {
			t.Errorf("refused %t: %q", refused, text)
		}
	}
}

// Whatever IAM and Organizations answer, what is not whole has a gap.
func TestIdentitiesUnderEveryFault(t *testing.T) {
	for i, kind := range fakeaws.Faults {
		if testing.Short() && i%8 > 0 || kind.Connection || strings.HasPrefix(kind.Name, "bomb-") || strings.HasPrefix(kind.Name, "throttle-endless") || strings.HasPrefix(kind.Name, "retry-after") {
			continue // the same for all services, and slow
		}
		for _, service := range []string{"iam", "organizations"} {
			t.Run(service+"/"+kind.Name, func(t *testing.T) {
				t.Parallel()
				cloud := newCloud()
				a := manage(cloud, 20)
				server, err := cloud.StartFaulty(kind.Name, fakeaws.Scope{Service: service})
				if err != nil {
					t.Skip(err)
				}
				defer server.Close()
				o := aboutPeople()
				o.CallTimeout = 2 * time.Second
				if slices.Contains(reasonsFor(kind.Name), TimedOut) {
					o.CallTimeout = 300 * time.Millisecond
				}
				inv, lines := gather(t, staticConfig(server.URL, a.User("auditor")), o)
				d := inv.cells[cell{a.ID, globalRegion}]
				whole := len(d.identities) == 23 && len(d.policies) == 2 && d.organization != nil && len(d.organization.ServiceControls) == 3 && len(d.organization.Accounts) == 2
				denied := slices.ContainsFunc(d.record.Calls, func(c CallCount) bool { return c.Denied > 0 })
				n := count(lines, `"type":"gap"`)
				if d.identities[a.ARN("iam", "", "group/devs")] != nil {
					n-- // that of the group's policy
				}
				if !whole && n < 1 && !denied {
					t.Errorf("%d identities, %d policies and no gap", len(d.identities), len(d.policies))
				}
			})
		}
	}
}

// The services of which a partition has but one are asked at its address.
func TestHomes(t *testing.T) {
	for region, want := range map[string][4]string{
		"eu-west-1":      {"https://iam.amazonaws.com/", "us-east-1", "https://organizations.us-east-1.amazonaws.com/", "us-east-1"},
		"cn-northwest-1": {"https://iam.cn-north-1.amazonaws.com.cn/", "cn-north-1", "https://organizations.cn-northwest-1.amazonaws.com.cn/", "cn-northwest-1"},
		"us-gov-east-1":  {"https://iam.us-gov.amazonaws.com/", "us-gov-west-1", "https://organizations.us-gov-west-1.amazonaws.com/", "us-gov-west-1"},
	} {
		c := &caller{}
		c.cfg.Region = region
		for i, s := range []*wireService{wireIAM, wireOrgs} {
			at, err := s.endpoint(t.Context(), c.cfg)
			if err != nil || at != want[2*i] || s.region(t.Context(), c.cfg) != want[2*i+1] {
				t.Errorf("%s in %s: %s, signed for %s: %v", s.id, region, at, s.region(t.Context(), c.cfg), err)
			}
		}
	}
	if at, err := wireIAM.home("aws", true); err != nil || at != "https://iam-fips.amazonaws.com/" {
		t.Errorf("%s, %v", at, err)
	}
	if _, err := wireIAM.home("aws-moon", false); err == nil {
		t.Error("an unknown partition has an address")
	}
}
