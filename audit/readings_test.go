package audit

import (
	"slices"
	"strings"
	"testing"
)

func TestAProposalLocksNobodyOutThatReads(t *testing.T) {
	reader := Reader{Principal: theRole, Kind: KindRole, Reads: 3}
	unused := Reader{Principal: theUser, Kind: KindUser}
	for _, c := range []struct {
		name    string
		readers []Reader
		others  []Reader
		keep    []string // nil for no proposal
	}{
		{name: "who reads stays", readers: []Reader{reader, unused}, keep: []string{theRole}},
		{name: "a role of a service stays, whether its reads are known or not",
			readers: []Reader{reader, unused, {Principal: theLinked, Kind: KindLinkedRole}}, keep: []string{theRole, theLinked}},
		{name: "another account's role without an ARN", readers: []Reader{reader, unused}, others: []Reader{{Principal: foreign + "/AROAEXAMPLEROLE", Kind: "AWSAccount", Reads: 1}}},
		{name: "a service is not bound", readers: []Reader{reader, unused}, others: []Reader{{Principal: "vendor.amazonaws.com", Kind: "AWSService", Reads: 1}}, keep: []string{theRole}},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := &Access{Readers: c.readers, Others: c.others, Unused: []string{theUser}}
			var kept []string
			if p := a.propose(); p != nil {
				kept = p.Statement[0].Condition["ArnNotEquals"]["aws:PrincipalArn"]
			}
			slices.Sort(c.keep)
			if !slices.Equal(kept, c.keep) {
				t.Errorf("it keeps %q, not %q", kept, c.keep)
			}
		})
	}
}

// Whose control policies bind a reader, its own account's, is said where they were not read.
func TestControlPoliciesOfOtherAccountsAreSaid(t *testing.T) {
	const said = "bind readers of account 444455556666 were not read"
	for name, tt := range map[string]struct {
		org  *Organization
		want bool
	}{
		"no answer":      {nil, true},
		"a member":       {&Organization{Account: foreign, ID: "o-b", ManagementAccount: "999999999999"}, true},
		"in none":        {&Organization{Account: foreign}, false},
		"the management": {&Organization{Account: foreign, ID: "o-b", ManagementAccount: foreign}, false},
		"not in use":     {&Organization{Account: foreign, ID: "o-b", ManagementAccount: "999999999999", ControlsOff: []string{serviceControls}}, false},
		"read":           {&Organization{Account: foreign, ID: "o-b", ManagementAccount: "999999999999", ServiceControls: []ControlLevel{{Target: "r-1", Policies: []ControlPolicy{{Name: "p", Document: inFull(t, []string{full}, ofIdentity)}}}}}, false},
	} {
		r := ruling{own: []string{full}, secret: []string{"allow AWS=" + theOther + " " + get}, key: []string{delegate, "allow AWS=" + theOther + " kms:Decrypt"}}
		inv := r.inventory(t, theOther)
		if tt.org != nil {
			if err := inv.add(cell{foreign, globalRegion}, tt.org); err != nil {
				t.Fatal(err)
			}
		}
		for a, err := range inv.Access(DefaultSettings()) {
			if err != nil {
				t.Fatal(err)
			}
			if text := strings.Join(a.Limits, "; "); strings.Contains(text, said) != tt.want {
				t.Errorf("%s: the limits are %q", name, text)
			}
		}
	}
}

func TestControlPoliciesThatWereNotReadAreSaid(t *testing.T) {
	r := ruling{scp: [][]string{{full}}, edit: func(w *world) {
		w.org.Gaps = []Gap{{Account: own, Region: globalRegion, Operation: ListPoliciesForTarget, Reason: Throttled}}
	}}
	inv := r.inventory(t, theUser)
	var notices []string
	for _, n := range inv.AccessNotices() {
		notices = append(notices, n.Err.Error())
	}
	if text := strings.Join(notices, "; "); !strings.Contains(text, string(ListPoliciesForTarget)) {
		t.Errorf("the notices are %q", text)
	}
	for a, err := range inv.Access(DefaultSettings()) {
		if err != nil {
			t.Fatal(err)
		}
		if text := strings.Join(a.Limits, "; "); !strings.Contains(text, "resource control policies were not read") {
			t.Errorf("the limits are %q", text)
		}
	}
}
