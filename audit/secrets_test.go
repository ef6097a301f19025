package audit

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/assayhq/assay/audit/fakeaws"
)

// one serves a cloud with one region, changed by change, and collects it.
func one(t *testing.T, o Options, change func(*fakeaws.Cloud, *fakeaws.Region)) (*Inventory, *cellData) {
	t.Helper()
	cloud := newCloud()
	g := cloud.Account(testAccount).Region("eu-west-1")
	change(cloud, g)
	o.Regions = []string{"eu-west-1"}
	inv, _ := gather(t, configOf(t, cloud, testAccount), o)
	for call := range cloud.Counts() {
		if fakeaws.Forbidden(call) {
			t.Errorf("%s was asked", call)
		}
	}
	return inv, inv.cells[cell{testAccount, "eu-west-1"}]
}

// secretsOf returns the secrets of the region that one collects.
func secretsOf(t *testing.T, inv *Inventory) []*Secret {
	t.Helper()
	var list []*Secret
	for s, err := range inv.secrets(cell{testAccount, "eu-west-1"}) {
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, s)
	}
	return list
}

// daysAgo is a time of the story.
func daysAgo(n int) time.Time { return collected.AddDate(0, 0, -n) }

// Every field of a secret comes from the member of AWS's answer that it should.
func TestCollectSecretFields(t *testing.T) {
	inv, d := one(t, quick(), func(_ *fakeaws.Cloud, g *fakeaws.Region) {
		g.Secrets = []*fakeaws.Secret{{
			ARN: g.ARN("secretsmanager", "secret:full-AbCdEf"), Name: "full", Description: "kept nowhere",
			KmsKeyID: "alias/own", Type: "Partner", OwningService: "rds", PrimaryRegion: "eu-west-1",
			Tags:            []fakeaws.Tag{{Key: "Env", Value: "prod"}, {Key: "Empty"}},
			RotationEnabled: new(true), RotationLambdaARN: g.ARN("lambda", "function:rotate"),
			RotationRules: &fakeaws.RotationRules{AutomaticallyAfterDays: new(int64(30)), Duration: "3h", ScheduleExpression: "rate(30 days)"},
			Created:       daysAgo(90), LastChanged: daysAgo(5), LastRotated: daysAgo(6), NextRotation: daysAgo(-24), LastAccessed: daysAgo(1),
			Deleted: daysAgo(-7),
			Versions: []fakeaws.Version{
				{ID: "v2", Stages: []string{"LIVE", "AWSCURRENT"}, Created: daysAgo(5), LastAccessed: daysAgo(1), KmsKeyIDs: []string{"DefaultEncryptionKey"}},
				{ID: "v1", Stages: []string{"AWSPREVIOUS"}, Created: daysAgo(35), KmsKeyIDs: []string{"alias/own"}},
				{ID: "v0", Created: daysAgo(65)},
			},
			Replication: []fakeaws.Replica{
				{Region: "us-east-1", KmsKeyID: "alias/there", Status: "Failed", StatusMessage: "no such key"},
				{Region: "eu-central-1", Status: "InSync", LastAccessed: daysAgo(2)},
			},
			Policy: `{"Version":"2012-10-17","Statement":[]}`,
		}, {ARN: g.ARN("secretsmanager", "secret:bare-AbCdEf"), Name: "bare"}}
	})
	arn := func(name string) string {
		return "arn:aws:secretsmanager:eu-west-1:111122223333:secret:" + name + "-AbCdEf"
	}
	at := func(days int) *time.Time { return new(daysAgo(days)) }
	want := []*Secret{{
		Type: "secret", Account: testAccount, Region: "eu-west-1", ARN: arn("bare"), Name: "bare",
	}, {
		Type: "secret", Account: testAccount, Region: "eu-west-1", ARN: arn("full"), Name: "full", KMSKeyID: "alias/own",
		RotationEnabled: new(true), RotationLambdaARN: "arn:aws:lambda:eu-west-1:111122223333:function:rotate",
		RotationRules: &RotationRules{AutomaticallyAfterDays: new(int64(30)), Duration: "3h", ScheduleExpression: "rate(30 days)"},
		Created:       at(90), LastChanged: at(5), LastRotated: at(6), NextRotation: at(-24), LastAccessed: at(1), Deleted: at(-7),
		OwningService: "rds", ManagedType: "Partner", PrimaryRegion: "eu-west-1",
		Replicas: []Replica{
			{Region: "eu-central-1", Status: "InSync", LastAccessed: at(2)},
			{Region: "us-east-1", KMSKeyID: "alias/there", Status: "Failed", StatusMessage: "no such key"},
		},
		Stages: map[string][]string{"v2": {"AWSCURRENT", "LIVE"}, "v1": {"AWSPREVIOUS"}},
		Versions: []Version{
			{ID: "v0", Created: at(65)},
			{ID: "v1", Stages: []string{"AWSPREVIOUS"}, Created: at(35), KMSKeyIDs: []string{"alias/own"}},
			{ID: "v2", Stages: []string{"AWSCURRENT", "LIVE"}, Created: at(5), LastAccessed: at(1), KMSKeyIDs: []string{managedAlias}},
		},
		Tags: map[string]string{"Env": "prod", "Empty": ""}, Policy: `{"Version":"2012-10-17","Statement":[]}`, Opinion: &PolicyOpinion{}, Described: true,
	}}
	if diff := cmp.Diff(want, secretsOf(t, inv)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	// The keys and the function that they name do not exist, which is an answer.
	for _, k := range d.keys {
		if k.State != KeyNotFound || len(k.Gaps) > 0 {
			t.Errorf("the key %+v", k)
		}
	}
	if f := d.functions["arn:aws:lambda:eu-west-1:111122223333:function:rotate"]; len(d.keys) != 2 || f == nil || !f.NotFound || len(f.Gaps) > 0 {
		t.Errorf("the keys %v, the function %+v", d.keys, f)
	}
}

// secretsNamed makes secrets of these names.
func secretsNamed(g *fakeaws.Region, names ...string) {
	for _, name := range names {
		g.Secrets = append(g.Secrets, &fakeaws.Secret{ARN: g.ARN("secretsmanager", "secret:"+name+"-AbCdEf"), Name: name})
	}
}

// A secret that one call refuses keeps what the others said.
func TestCollectSecretGaps(t *testing.T) {
	operations := []Operation{DescribeSecret, ListSecretVersionIds, GetResourcePolicy}
	faults := map[string]Reason{
		"denied-json": Denied, "denied-xml": Denied, "denied-html": Denied, "denied-empty": Denied,
		"body-malformed": Invalid, "body-empty-object": Invalid, "body-html": Invalid, "body-null": Invalid,
	}
	for _, op := range operations {
		for fault, reason := range faults {
			inv, d := one(t, quick(), func(cloud *fakeaws.Cloud, g *fakeaws.Region) {
				secretsNamed(g, "met", "other")
				_, name, _ := strings.Cut(string(op), ":")
				inject(t, cloud, fault, fakeaws.Scope{Operation: name, Resource: "met"})
			})
			list := secretsOf(t, inv)
			if len(list) != 2 || len(d.gaps) != 0 {
				t.Fatalf("%s %s: %d secrets, gaps %+v", op, fault, len(list), d.gaps)
			}
			if met := list[0]; len(met.Gaps) != 1 || met.Gaps[0].Operation != op || met.Gaps[0].Reason != reason || met.Gaps[0].Resource != met.ARN {
				t.Errorf("%s %s: the gaps are %+v", op, fault, met.Gaps)
			}
			if other := list[1]; len(other.Gaps) != 0 {
				t.Errorf("%s %s: the other secret has gaps %+v", op, fault, other.Gaps)
			}
			if inv.Interrupted || d.record.Status != RegionExamined {
				t.Errorf("%s %s: interrupted %v, %s", op, fault, inv.Interrupted, d.record.Status)
			}
		}
	}
}

func inject(t *testing.T, cloud *fakeaws.Cloud, fault string, where fakeaws.Scope) *fakeaws.Injection {
	t.Helper()
	i, err := cloud.Inject(fault, where)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(i.Close)
	return i
}

// Where the listing is refused, the rest of the region goes on.
func TestCollectListingDenied(t *testing.T) {
	_, d := one(t, quick(), func(cloud *fakeaws.Cloud, g *fakeaws.Region) {
		secretsNamed(g, "a")
		g.Trails = []*fakeaws.Trail{{Name: "t", ARN: g.ARN("cloudtrail", "trail/t"), Logging: new(true),
			EventSelectors: []fakeaws.EventSelector{{ReadWriteType: "All"}}}}
		inject(t, cloud, "denied-json", fakeaws.Scope{Operation: "ListSecrets"})
	})
	if d.record.Status != RegionNotExamined || d.seen != 0 || len(d.gaps) != 1 || d.gaps[0].Operation != ListSecrets || d.gaps[0].Reason != Denied {
		t.Errorf("%+v, gaps %+v", d.record, d.gaps)
	}
	if !strings.Contains(d.gaps[0].Detail, "secretsmanager:ListSecrets") {
		t.Errorf("the gap does not name what to allow: %s", d.gaps[0].Detail)
	}
	if len(d.trails) != 1 || d.record.Events == nil {
		t.Errorf("trails %v, events %+v", d.trails, d.record.Events)
	}
}

// Pages that repeat themselves give each secret once.
func TestCollectDuplicates(t *testing.T) {
	var names []string
	for i := range 250 {
		names = append(names, fmt.Sprintf("s%03d", i))
	}
	for fault, n := range map[string]int{"page-duplicates": 0, "page-token-expired": 1} {
		t.Run(fault, func(t *testing.T) {
			inv, d := one(t, quick(), func(cloud *fakeaws.Cloud, g *fakeaws.Region) {
				secretsNamed(g, names...)
				inject(t, cloud, fault, fakeaws.Scope{Operation: "ListSecrets", Count: n})
			})
			list := secretsOf(t, inv)
			if len(list) != 250 || d.seen != 250 || len(d.gaps) != 0 {
				t.Errorf("%d secrets, recorded %d times, gaps %+v", len(list), d.seen, d.gaps)
			}
		})
	}
}

// Secrets that cannot be found any more, and that the listing still shows, are
// kept with a gap.
func TestCollectVanishedSecrets(t *testing.T) {
	for _, op := range []string{"DescribeSecret", "ListSecretVersionIds", "GetResourcePolicy"} {
		inv, d := one(t, quick(), func(cloud *fakeaws.Cloud, g *fakeaws.Region) {
			for i := range 30 {
				secretsNamed(g, fmt.Sprintf("s%02d", i))
			}
			inject(t, cloud, "secrets-vanish", fakeaws.Scope{Operation: op})
		})
		vanished := 0
		list := secretsOf(t, inv)
		for _, s := range list {
			switch {
			case len(s.Gaps) == 1 && hasGap(s.Gaps, Operation("secretsmanager:"+op), Vanished):
				vanished++
			case len(s.Gaps) > 0:
				t.Errorf("%s: %+v", op, s.Gaps)
			}
		}
		if len(list) != 30 || vanished == 0 || vanished == 30 || len(d.gaps) > 0 {
			t.Errorf("%s: %d secrets, %d of them vanished, gaps %+v", op, len(list), vanished, d.gaps)
		}
	}
}

// A secret that is deleted while the others are asked about is no longer a
// secret, and nothing is missing.
func TestCollectDeletedSecret(t *testing.T) {
	cloud := newCloud()
	g := cloud.Account(testAccount).Region("eu-west-1")
	secretsNamed(g, "gone", "stays")
	cfg := configOf(t, cloud, testAccount)
	cfg.HTTPClient = doer(func(r *http.Request) (*http.Response, error) {
		if strings.HasSuffix(r.Header.Get("X-Amz-Target"), "DescribeSecret") {
			cloud.Update(func() {
				g.Secrets = slices.DeleteFunc(g.Secrets, func(s *fakeaws.Secret) bool { return s.Name == "gone" })
			})
		}
		return http.DefaultClient.Do(r)
	})
	o := quick()
	o.Regions = []string{"eu-west-1"}
	inv, lines := gather(t, cfg, o)
	if list := secretsOf(t, inv); len(list) != 1 || list[0].Name != "stays" || count(lines, `"type":"gap"`) != 0 {
		t.Errorf("the inventory is\n%s", strings.Join(lines, "\n"))
	}
}

// A secret whose listing and calls disagree is told by ListSecrets, asked again.
func TestStillListed(t *testing.T) {
	cloud := newCloud()
	g := cloud.Account(testAccount).Region("eu-west-1")
	secretsNamed(g, "a", "a-longer-name")
	run := regionRunOf(t, cloud)
	for id, want := range map[string]bool{
		g.ARN("secretsmanager", "secret:a-AbCdEf"): true, g.ARN("secretsmanager", "secret:a-longer-name-AbCdEf"): true,
		g.ARN("secretsmanager", "secret:a-Zzzzzz"): false, g.ARN("secretsmanager", "secret:b-AbCdEf"): false,
	} {
		if got := run.stillListed(context.Background(), id); got != want {
			t.Errorf("%s is still listed: %v", id, got)
		}
	}
	inject(t, cloud, "denied-json", fakeaws.Scope{Operation: "ListSecrets"})
	if !run.stillListed(context.Background(), g.ARN("secretsmanager", "secret:b-AbCdEf")) {
		t.Error("a secret of which nothing is known is dropped")
	}
}

// regionRunOf is what collects one region of a cloud.
func regionRunOf(t *testing.T, cloud *fakeaws.Cloud) *regionRun {
	t.Helper()
	all, err := connect(context.Background(), configOf(t, cloud, testAccount), callOptions{Rate: 1000})
	if err != nil {
		t.Fatal(err)
	}
	run := newCollection(all, newInventory(Header{}), quick().orDefaults(), &shared{})
	run.Concurrency = 4
	return newRegionRun(run, all.at("eu-west-1"), false)
}

// One secret is asked for by its name, its partial or its full ARN, and found
// with its copies in other regions.
func TestCollectOneSecret(t *testing.T) {
	const arn = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:"
	tests := []struct {
		asked string
		want  []string // region and name
	}{
		{"app/db", []string{"eu-west-1 app/db", "us-east-1 app/db"}},
		{arn + "app/db-AbCdEf", []string{"eu-west-1 app/db", "us-east-1 app/db"}},
		{arn + "app/db", []string{"eu-west-1 app/db", "us-east-1 app/db"}},
		{"app/db-reader", []string{"eu-west-1 app/db-reader"}},
		{arn + "app/db-reader", []string{"eu-west-1 app/db-reader"}},
		{"app", nil},
		{"app/nothing", nil},
	}
	for _, denied := range []bool{false, true} {
		cloud := newCloud()
		a := cloud.Account(testAccount)
		secretsNamed(a.Region("eu-west-1"), "app/db", "app/db-reader", "app/db2", "other")
		secretsNamed(a.Region("us-east-1"), "app/db", "other")
		if denied {
			inject(t, cloud, "denied-json", fakeaws.Scope{Operation: "ListSecrets"})
		}
		cfg := configOf(t, cloud, testAccount)
		for _, test := range tests {
			o := quick()
			o.Secret, o.Regions = test.asked, []string{"eu-west-1", "us-east-1"}
			inv, lines := gather(t, cfg, o)
			var got []string
			for _, at := range inv.sorted() {
				for s := range inv.secrets(at) {
					got = append(got, s.Region+" "+s.Name)
				}
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("%s, listing denied %v (-want +got):\n%s", test.asked, denied, diff)
			}
			if n := count(lines, `"type":"gap"`); n != 0 {
				t.Errorf("%s, listing denied %v: %d gaps", test.asked, denied, n)
			}
			if inv.Secret != test.asked {
				t.Errorf("the header says %q", inv.Secret)
			}
		}
	}
}

// What the mask changes is changed wherever it stands, and asked about as AWS
// named it.
func TestCollectMasks(t *testing.T) {
	const word = "hunter2hunter2"
	o := quick()
	o.Mask = func(s string) string { return strings.ReplaceAll(s, word, "****") }
	inv, d := one(t, o, func(_ *fakeaws.Cloud, g *fakeaws.Region) {
		key := &fakeaws.Key{ID: "k", ARN: g.ARN("kms", "key/k"), Manager: "CUSTOMER", State: "Enabled", Policy: `{"Principal":"` + word + `"}`, Rotation: new(true)}
		g.Keys = []*fakeaws.Key{key}
		g.Aliases = []*fakeaws.Alias{{Name: "alias/" + word, KeyID: "k"}}
		g.Functions = []*fakeaws.Function{{Name: word, ARN: g.ARN("lambda", "function:"+word), StateReason: word, Policy: `{"Id":"` + word + `","Resource":"` + word + `"}`, VPC: &fakeaws.FunctionVPC{ID: word}}}
		g.Trails = []*fakeaws.Trail{{Name: word, ARN: g.ARN("cloudtrail", "trail/"+word), Logging: new(true), DeliveryError: word,
			EventSelectors: []fakeaws.EventSelector{{ReadWriteType: word, ExcludeSources: []string{word}}}}}
		g.Secrets = []*fakeaws.Secret{{
			ARN: g.ARN("secretsmanager", "secret:"+word+"-AbCdEf"), Name: word, KmsKeyID: "alias/" + word, RotationLambdaARN: g.Functions[0].ARN,
			Tags: []fakeaws.Tag{{Key: word, Value: word}}, Policy: `{"Sid":"` + word + `"}`, OwningService: word,
			Replication: []fakeaws.Replica{{Region: "x", StatusMessage: word}}, RotationRules: &fakeaws.RotationRules{ScheduleExpression: word},
			Versions: []fakeaws.Version{{ID: word, Stages: []string{word}, KmsKeyIDs: []string{"alias/" + word}}},
		}}
		g.Events = []*fakeaws.Event{{ID: "1", Name: "GetSecretValue", Source: secretsSource, Time: daysAgo(1), Record: recordOf(map[string]any{
			"eventName": word, "userAgent": word, "errorCode": word, "sourceIPAddress": word, "requestParameters": map[string]any{"secretId": word},
			"userIdentity": map[string]any{"type": word, "arn": word}, "eventType": "AwsServiceEvent", "errorMessage": word})}}
	})
	lines := linesOf(t, inv)
	if n := count(lines, word); n != 0 {
		t.Errorf("%d lines hold the word:\n%s", n, strings.Join(lines, "\n"))
	}
	if n := count(lines, `"type":"gap"`); n != 0 {
		t.Errorf("%d gaps:\n%s", n, strings.Join(lines, "\n"))
	}
	if len(d.keys) != 1 || d.keys["arn:aws:kms:eu-west-1:111122223333:key/k"] == nil {
		t.Errorf("the alias was not resolved: %v", d.keys)
	}
	for _, f := range d.functions {
		if f.NotFound {
			t.Error("the function was not found")
		}
	}
}

// A secret whose ARN cannot be one costs itself, and the region says so.
func TestCollectSecretsWithoutAnARN(t *testing.T) {
	for _, arn := range []string{"", "arn:aws:secretsmanager:eu-west-1:111122223333:secret:" + strings.Repeat("x", maxText)} {
		inv, d := one(t, quick(), func(_ *fakeaws.Cloud, g *fakeaws.Region) {
			secretsNamed(g, "a")
			g.Secrets = append(g.Secrets, &fakeaws.Secret{Name: "odd", ARN: arn})
		})
		if list := secretsOf(t, inv); len(list) != 1 || list[0].Name != "a" || !hasGap(d.gaps, ListSecrets, Invalid) {
			t.Errorf("%d secrets, gaps %+v", len(list), d.gaps)
		}
	}
}

func TestMomentsStayWritable(t *testing.T) {
	for _, moment := range []time.Time{time.Unix(1<<40, 0), time.Unix(-1<<40, 0), {}, time.Unix(0, 0)} {
		a := answer{}
		got := a.moment(&moment)
		if got != nil || a.wrong == "" {
			t.Errorf("%v: %v, %q", moment, got, a.wrong)
		}
	}
}
