package audit

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// The principals and resources of these tests.
const (
	own       = "111122223333"
	foreign   = "444455556666" // whose identities are known too
	elsewhere = "777788889999" // of which nothing is known
	theSecret = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:prod/db-AbCdEf"
	theKey    = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
	theUser   = "arn:aws:iam::111122223333:user/team/ana"
	theRole   = "arn:aws:iam::111122223333:role/app/reader"
	theLinked = "arn:aws:iam::111122223333:role/aws-service-role/rds.amazonaws.com/AWSServiceRoleForRDS"
	theOther  = "arn:aws:iam::444455556666:role/visitor"
)

// A ruling is a request with the policies in force, and what comes of it. The
// statements are written short: "allow ACTION RESOURCE CONDITION" for identities,
// "allow PRINCIPAL ACTION CONDITION" for resources, with ! before what stands in
// NotAction, NotResource or NotPrincipal.
type ruling struct {
	name     string
	who      string   // theUser where it is ""
	own      []string // its policy
	group    []string // that of the user's group
	boundary []string
	secret   []string // resource policy
	key      []string // policy of a customer key, nil for the key that AWS manages
	scp, rcp [][]string
	edit     func(*world)
	want     Decision // "" for none
	why      string   // a part of what is said
}

// A world is the inventory that a ruling is about.
type world struct {
	secret *Secret
	key    *Key
	who    *Identity
	org    *Organization
	now    time.Time
}

const (
	get      = "secretsmanager:GetSecretValue"
	delegate = `allow AWS=arn:aws:iam::111122223333:root kms:*`
	full     = "allow * *"
)

func TestRulings(t *testing.T) {
	seen := map[string]bool{}
	for _, r := range rulings() {
		if seen[r.name] {
			t.Errorf("%s stands there twice", r.name)
		}
		seen[r.name] = true
		t.Run(r.name, func(t *testing.T) {
			got := r.judge(t)
			if got.Decision != r.want {
				t.Fatalf("it is %q, not %q: %s", got.Decision, r.want, got.Why)
			}
			if !strings.Contains(strings.Join(got.Why, "; "), r.why) {
				t.Errorf("why is %q, without %q", got.Why, r.why)
			}
		})
	}
	if len(seen) < 80 {
		t.Errorf("there are %d rulings", len(seen))
	}
}

// judge decides with everything that an inventory goes through.
func (r *ruling) judge(t testing.TB) Reader {
	who := r.who
	if who == "" {
		who = theUser
	}
	inv := r.inventory(t, who)
	at := cell{own, "eu-west-1"}
	if err := inv.link(); err != nil {
		t.Fatal(err)
	}
	region := inv.region(at, DefaultSettings())
	for s, err := range inv.secrets(at) {
		if err != nil {
			t.Fatal(err)
		}
		list, why := region.readersOf(s)
		if why != "" {
			t.Fatal(why)
		}
		if i := slices.IndexFunc(list, func(r Reader) bool { return r.Principal == who }); i >= 0 {
			return list[i]
		}
	}
	return Reader{}
}

func (r *ruling) inventory(t testing.TB, who string) *Inventory {
	w := r.world(t, who)
	if r.edit != nil {
		r.edit(w)
	}
	inv := newInventory(Header{Collected: w.now})
	add := func(at cell, v any) {
		if err := inv.add(at, v); err != nil {
			t.Fatal(err)
		}
	}
	home, global := cell{own, "eu-west-1"}, cell{own, globalRegion}
	add(home, w.secret)
	if w.key != nil {
		add(home, w.key)
	}
	add(home, &RegionRecord{Account: own, Region: "eu-west-1", Status: RegionExamined, Calls: asked(ListSecrets, GetResourcePolicy, DescribeKey, GetKeyPolicy, ListGrants)})
	if w.who != nil {
		add(cell{w.who.Account, globalRegion}, w.who)
	}
	if r.group != nil {
		add(global, &Identity{ARN: "arn:aws:iam::111122223333:group/devs", Account: own, Kind: KindGroup, Name: "devs", Policies: inline(t, r.group)})
	}
	if r.boundary != nil {
		add(global, &ManagedPolicy{ARN: "arn:aws:iam::111122223333:policy/Edge", Account: own, Document: inFull(t, r.boundary, ofIdentity)})
	}
	add(global, w.org)
	for _, account := range []string{own, foreign} {
		add(cell{account, globalRegion}, &RegionRecord{Account: account, Region: globalRegion, Status: RegionExamined, Calls: asked(GetAccountAuthorizationDetails, DescribeOrganization)})
	}
	return inv
}

func (r *ruling) world(t testing.TB, who string) *world {
	w := &world{
		now:    time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC),
		secret: &Secret{Account: own, Region: "eu-west-1", ARN: theSecret, Name: "prod/db", Tags: map[string]string{"Team": "blue", "Owner": "<12 characters>"}},
		org:    &Organization{Account: own, ID: "o-a1b2c3d4e5", ManagementAccount: "999999999999", Path: "o-a1b2c3d4e5/r-ab12/ou-ab12-11111111/"},
	}
	if r.secret != nil {
		w.secret.Policy = inFull(t, r.secret, ofResource)
	}
	if r.key != nil {
		w.secret.KMSKeyID = theKey
		w.key = &Key{Account: own, Region: "eu-west-1", ARN: theKey, References: []string{theKey}, Manager: "CUSTOMER", State: "Enabled", Origin: "AWS_KMS", Policy: inFull(t, r.key, ofResource)}
	} else {
		w.key = &Key{Account: own, Region: "eu-west-1", ARN: theKey, References: []string{managedAlias}, Manager: "AWS", State: "Enabled"}
	}
	for i, level := range r.scp {
		w.org.ServiceControls = append(w.org.ServiceControls, ControlLevel{Target: fmt.Sprint("level-", i), Policies: []ControlPolicy{{Name: "p-scp", Document: inFull(t, level, ofIdentity)}}})
	}
	for i, level := range r.rcp {
		w.org.ResourceControls = append(w.org.ResourceControls, ControlLevel{Target: fmt.Sprint("level-", i), Policies: []ControlPolicy{{Name: "p-rcp", Document: inFull(t, level, ofResource)}}})
	}
	if accountOf(who) == elsewhere || accountOf(who) == "" || !strings.Contains(who, ":user/") && !strings.Contains(who, ":role/") {
		return w
	}
	w.who = &Identity{
		Account: accountOf(who), Region: globalRegion, ARN: who, Kind: KindRole, Name: who[strings.LastIndexByte(who, '/')+1:], ID: "AROAEXAMPLEROLE",
		Tags: map[string]string{"Team": "blue", "Cost": "<4 characters>"}, Policies: inline(t, r.own),
	}
	if strings.Contains(who, ":user/") {
		w.who.Kind, w.who.ID, w.who.Groups = KindUser, "AIDAEXAMPLEUSER", nil
	}
	if r.group != nil {
		w.who.Groups = []string{"devs"}
	}
	if r.boundary != nil {
		w.who.Boundary = "arn:aws:iam::111122223333:policy/Edge"
	}
	return w
}

func asked(ops ...Operation) []CallCount {
	var list []CallCount
	for _, op := range ops {
		list = append(list, CallCount{Operation: op, OK: 1})
	}
	return list
}

func inline(t testing.TB, statements []string) []InlinePolicy {
	if len(statements) == 0 {
		return nil
	}
	return []InlinePolicy{{Name: "Own", Document: inFull(t, statements, ofIdentity)}}
}

// inFull writes a policy out. One statement that begins with a brace stands for
// the whole document.
func inFull(t testing.TB, statements []string, of grammar) string {
	if len(statements) == 1 && strings.HasPrefix(statements[0], "{") {
		return statements[0]
	}
	list := []any{}
	for _, s := range statements {
		list = append(list, writtenOut(s, of))
	}
	text, err := json.Marshal(map[string]any{"Version": "2012-10-17", "Statement": list})
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func writtenOut(short string, of grammar) map[string]any {
	parts := strings.SplitN(short, " ", 4)
	s := map[string]any{"Effect": strings.ToUpper(parts[0][:1]) + parts[0][1:]}
	if len(parts) == 4 {
		s["Condition"] = json.RawMessage(parts[3])
	}
	set := func(name, value string, v any) {
		if strings.HasPrefix(value, "!") {
			name = "Not" + name
		}
		s[name] = v
	}
	action, resource := parts[1], parts[2]
	if of == ofResource {
		named := map[string]any{}
		who := strings.TrimPrefix(action, "!")
		for one := range strings.SplitSeq(who, ";") {
			kind, values, _ := strings.Cut(one, "=")
			named[kind] = strings.Split(values, ",")
		}
		if set("Principal", action, any(named)); who == "*" {
			set("Principal", action, "*")
		}
		action, resource = resource, "*"
	}
	set("Action", action, strings.Split(strings.TrimPrefix(action, "!"), ","))
	set("Resource", resource, strings.Split(strings.TrimPrefix(resource, "!"), ","))
	return s
}
