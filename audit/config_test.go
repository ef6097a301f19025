package audit

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/smithy-go"

	"github.com/assayhq/assay/audit/fakeaws"
	"github.com/assayhq/assay/rules"
)

// builtin are the built-in rules.
var builtin = sync.OnceValues(func() (*rules.Set, error) { return rules.Compile(rules.Builtin()) })

// testMatcher is a Matcher of the built-in rules.
func testMatcher(t testing.TB) Matcher {
	t.Helper()
	set, err := builtin()
	if err != nil {
		t.Fatal(err)
	}
	return NewMatcher(set, []byte("test"))
}

// searching are quick options with the built-in rules.
func searching(t testing.TB) Options {
	o := quick()
	o.Match = testMatcher(t)
	return o
}

// A password is found by the name of what holds it, in each of the ways in which
// people write one, and shown by its length alone.
func TestMatcherFindsByName(t *testing.T) {
	match := testMatcher(t)
	cloud := newCloud()
	password := cloud.Plant("one")
	spaced := password[:8] + " " + password[8:16] + "; " + password[16:]
	tests := []struct {
		name, text string
		want       int
	}{
		{"DB_PASSWORD", password, 1},
		{"DB_PASSWORD", spaced, 1},
		{"/prod/billing/db/password", password, 1},
		{"api-key", password, 1},
		{"DATABASE_URL", "postgres://app:" + password + "@db.internal/app", 1},
		{"CONFIG", fmt.Sprintf(`{"user":"app","password":%q}`, password), 1},
		{"", "#!/bin/sh\nexport PGHOST=db\nexport DB_PASSWORD=" + password + "\n", 1},
		{"LOG_LEVEL", "info", 0},
		{"DB_PASSWORD", "arn:aws:secretsmanager:eu-west-1:111122223333:secret:prod/db-AbCdEf", 0},
		{"DB_PASSWORD", "{{resolve:secretsmanager:prod/db:SecretString:password}}", 0},
		{"DB_PASSWORD", "", 0},
		{"SECRET_NAME", "prod/billing/db", 0},
		{"DB_SECRET_ARN", "arn:aws:secretsmanager:eu-west-1:111122223333:secret:prod/db-AbCdEf", 0},
	}
	for _, test := range tests {
		found := match(test.name, test.text)
		if len(found) != test.want {
			t.Errorf("%s=%s: %+v, want %d", test.name, strings.ReplaceAll(test.text, password, "(password)"), found, test.want)
		}
		for _, e := range found {
			if leaks(fmt.Sprint(e), test.text) || !strings.HasPrefix(e.Fingerprint, "assay/v1:") {
				t.Errorf("%s: the excerpt %q shows too much", test.name, e.Excerpt)
			}
		}
	}
}

// leaks reports whether eight characters of a secret stand in a text.
func leaks(text, secret string) bool {
	for i := range len(secret) - 8 {
		if part := secret[i : i+8]; strings.ContainsAny(part, "0123456789") && strings.Contains(text, part) {
			return true
		}
	}
	return false
}

// What is planted in the variables of functions is found, and nothing of it stands
// in the inventory.
func TestCollectLambdas(t *testing.T) {
	cloud := newCloud()
	g := cloud.Account(testAccount).Region("eu-west-1")
	for i := range 120 {
		name := fmt.Sprintf("f%03d", i)
		g.Functions = append(g.Functions, &fakeaws.Function{Name: name, ARN: g.ARN("lambda", "function:"+name), KMSKeyARN: g.ARN("kms", "key/k"),
			Environment: map[string]string{"LOG_LEVEL": "info", "DB_PASSWORD": cloud.Plant(name)}})
	}
	o := searching(t)
	o.Regions = []string{"eu-west-1"}
	_, lines := gather(t, configOf(t, cloud, testAccount), o)
	if n := count(lines, `"field":"environment/DB_PASSWORD"`); n != 120 {
		t.Errorf("%d functions are exposed, want 120", n)
	}
	holdsNothing(t, cloud, lines)
}

func holdsNothing(t testing.TB, cloud *fakeaws.Cloud, lines []string) {
	t.Helper()
	text := strings.Join(lines, "\n")
	for _, s := range cloud.Sensitive() {
		if strings.Contains(text, string(s)) {
			t.Error("the inventory holds what nobody may see")
		}
	}
}

// Every credential that is planted is found, and none stands in the inventory, nor
// in what is said of it.
func TestEveryPlantedCredentialIsFound(t *testing.T) {
	cloud := newCloud()
	g := cloud.Account(testAccount).Region("eu-west-1")
	planted := fakeaws.Expose(cloud, g) + 1
	g.Secrets[0].Tags = append(g.Secrets[0].Tags, fakeaws.Tag{Key: "db-password", Value: cloud.Plant("tag")})
	g.Secrets[0].Tags = append(g.Secrets[0].Tags, fakeaws.Tag{Key: "password=" + cloud.Plant("key"), Value: "x"})
	g.Functions = append(g.Functions, &fakeaws.Function{Name: "named", ARN: g.ARN("lambda", "function:named"),
		Environment: map[string]string{"password=" + cloud.Plant("name"): "x", "api_password=" + cloud.Plant("empty"): ""}})
	planted += 3
	o := searching(t)
	o.Regions = []string{"eu-west-1"}
	inv, lines := gather(t, configOf(t, cloud, testAccount), o)
	found := map[string]bool{}
	for _, c := range inv.cells[cell{testAccount, "eu-west-1"}].configs {
		for _, e := range c.Exposures {
			found[e.Fingerprint] = true
		}
	}
	for s, err := range inv.secrets(cell{testAccount, "eu-west-1"}) {
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range s.Exposures {
			found[e.Fingerprint] = true
		}
	}
	if len(found) != planted {
		t.Errorf("%d credentials are found, %d were planted:\n%s", len(found), planted, strings.Join(lines, "\n"))
	}
	if n := count(lines, `"type":"gap"`); n > 0 {
		t.Errorf("%d gaps", n)
	}
	var said outcomes
	settings, err := Settings{}.Merge()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := (&Judge{Checks: Checks(), Settings: settings}).Run(inv, &said); err != nil {
		t.Fatal(err)
	}
	holdsNothing(t, cloud, append(lines, said.texts...))
}

// What a person would take for a password, and no rule can, stands in the inventory no
// more than what is recognised: labels of policies and the values of tags that no check
// looks at are not kept.
func TestWordsOfPeopleAreNotKept(t *testing.T) {
	human := strings.Join([]string{"sommer", "regen", "bogen"}, "") + fmt.Sprint(2000+24) + "!\u00a7"
	cloud := newCloud()
	g := cloud.Account(testAccount).Region("eu-west-1")
	policy := `{"Version":"2012-10-17","Id":"` + human + `","Statement":[{"Sid":"login ` + human + `","Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"*","Resource":"*"}]}`
	g.Keys = []*fakeaws.Key{{ID: "k", ARN: g.ARN("kms", "key/k"), Manager: "CUSTOMER", State: "Enabled", Policy: policy}}
	g.Functions = []*fakeaws.Function{{Name: "f", ARN: g.ARN("lambda", "function:f"), Policy: policy}}
	s := secretUnder(g, "a", g.Keys[0].ARN)
	s.Policy, s.RotationEnabled, s.RotationLambdaARN = policy, new(true), g.Functions[0].ARN
	s.Tags = []fakeaws.Tag{{Key: "note", Value: "login with " + human}, {Key: "Environment", Value: "prod"}}
	s.Description = "ask for " + human
	o := searching(t)
	o.Regions = []string{"eu-west-1"}
	inv, lines := gather(t, configOf(t, cloud, testAccount), o)
	if n := count(lines, human[:16]); n != 0 {
		t.Errorf("%d records hold it:\n%s", n, strings.Join(lines, "\n"))
	}
	tags := secretsOf(t, inv)[0].Tags
	if tags["Environment"] != "prod" || tags["note"] != "<33 characters>" {
		t.Errorf("the tags are %q", tags)
	}
}

// The values of parameters are read if they are not encrypted, without decryption,
// and not at all where the user does not want it.
func TestParameterValues(t *testing.T) {
	for _, read := range []bool{true, false} {
		cloud := newCloud()
		fakeaws.Expose(cloud, cloud.Account(testAccount).Region("eu-west-1"))
		o := searching(t)
		o.Regions = []string{"eu-west-1"}
		o.Operations = map[Operation]bool{DescribeParameters: true, GetParameters: read}
		_, lines := gather(t, configOf(t, cloud, testAccount), o)
		for _, call := range cloud.Calls() {
			if call.Operation == "GetParameters" && call.Resource != "/db/below/password,/db/file/password,/db/list,/db/password" {
				t.Errorf("the values of %s are asked for", call.Resource)
			}
		}
		if n := count(lines, `"field":"value"`); (n == 4) != read {
			t.Errorf("read %v: %d values are exposed", read, n)
		}
	}
}

// A value is read where its type says that it is plain text, and not where that is one
// that nobody knows: this is a gap.
func TestParameterOfAnUnknownType(t *testing.T) {
	for _, read := range []bool{true, false} {
		cloud := newCloud()
		cloud.Account(testAccount).Region("eu-west-1").Parameters = []*fakeaws.Parameter{
			{Name: "/db/password", Type: "String", Value: cloud.Plant("one")},
			{Name: "/db/later", Type: "SealedString", Value: cloud.Plant("two")},
		}
		o := searching(t)
		o.Regions = []string{"eu-west-1"}
		o.Operations = map[Operation]bool{DescribeParameters: true, GetParameters: read}
		_, lines := gather(t, configOf(t, cloud, testAccount), o)
		for _, call := range cloud.Calls() {
			if call.Operation == "GetParameters" && call.Resource != "/db/password" {
				t.Errorf("the values of %s are asked for", call.Resource)
			}
		}
		if n := count(lines, "of a type that is not known, and its value was not read"); (n == 1) != read {
			t.Errorf("read %v: %d gaps", read, n)
		}
		holdsNothing(t, cloud, lines)
	}
}

// A listing that repeats items, or begins anew, gives every resource once.
func TestRepeatedListingsGiveEachResourceOnce(t *testing.T) {
	cloud := newCloud()
	g := cloud.Account(testAccount).Region("eu-west-1")
	for i := range 120 {
		name := fmt.Sprintf("f%03d", i)
		g.Functions = append(g.Functions, &fakeaws.Function{Name: name, ARN: g.ARN("lambda", "function:"+name)})
		g.Parameters = append(g.Parameters, &fakeaws.Parameter{Name: name, Type: "String", Value: "x"})
	}
	o := searching(t)
	o.Regions = []string{"eu-west-1"}
	inject(t, cloud, "page-duplicates", fakeaws.Scope{Operation: "ListFunctions"})
	inject(t, cloud, "page-token-expired", fakeaws.Scope{Operation: "DescribeParameters", From: 2, Count: 1})
	var saved bytes.Buffer
	journal, err := NewJournal(&saved, o, nil)
	if err != nil {
		t.Fatal(err)
	}
	o.Journal = journal
	_, lines := gather(t, configOf(t, cloud, testAccount), o)
	if n, gaps := strings.Count(saved.String(), `{"type":"configuration"`), count(lines, `"type":"gap"`); n != 240 || gaps != 0 {
		t.Errorf("%d records and %d gaps, want 240 and none", n, gaps)
	}
}

// atTheirHosts is a configuration without endpoints of its own, whose requests reach the
// made-up AWS all the same, but for the hosts that do not exist.
func atTheirHosts(t *testing.T, cloud *fakeaws.Cloud, exists func(r *http.Request) error) aws.Config {
	t.Helper()
	cfg := configOf(t, cloud, testAccount)
	fake, err := url.Parse(aws.ToString(cfg.BaseEndpoint))
	if err != nil {
		t.Fatal(err)
	}
	cfg.BaseEndpoint = nil
	cfg.HTTPClient = &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
		if err := exists(r); err != nil {
			return nil, &net.OpError{Op: "dial", Err: err}
		}
		to := r.Clone(r.Context())
		to.Host, to.URL.Scheme, to.URL.Host = r.URL.Host, "http", fake.Host
		return http.DefaultTransport.RoundTrip(to)
	})}
	return cfg
}

// A region that lacks a service is complete without it, and one in which a service is
// there at times is not.
func TestServicesThatARegionLacks(t *testing.T) {
	t.Parallel()
	notFound := func(r *http.Request) error {
		return &net.DNSError{Name: r.URL.Hostname(), Err: "no such host", IsNotFound: true}
	}
	tests := []struct {
		name   string
		exists func(r *http.Request) error
		gaps   int
		absent string // in the record of the region
	}{
		{"all are there", func(*http.Request) error { return nil }, 0, ""},
		{"one is not", func(r *http.Request) error {
			if r.URL.Host == "codebuild.eu-west-1.amazonaws.com" {
				return notFound(r)
			}
			return nil
		}, 0, `{"operation":"codebuild:ListProjects","ok":0,"absent":1}`},
		{"Lambda is not, which every region has", func(r *http.Request) error {
			if r.URL.Host == "lambda.eu-west-1.amazonaws.com" {
				return notFound(r)
			}
			return nil
		}, 1, ""},
		{"one cannot be looked up", func(r *http.Request) error {
			if r.URL.Host == "codebuild.eu-west-1.amazonaws.com" {
				return &net.DNSError{Name: r.URL.Hostname(), Err: "server misbehaving", IsTemporary: true}
			}
			return nil
		}, 1, ""},
		{"a proxy is not", func(r *http.Request) error {
			if r.URL.Host == "codebuild.eu-west-1.amazonaws.com" {
				return &net.DNSError{Name: "proxy.example", Err: "no such host", IsNotFound: true}
			}
			return nil
		}, 1, ""},
		{"one is there at times", func(r *http.Request) error {
			if r.Header.Get("X-Amz-Target") == "AmazonSSM.ListDocuments" {
				return notFound(r)
			}
			return nil
		}, 1, ""},
		{"after a listing", func(r *http.Request) error {
			if strings.HasSuffix(r.Header.Get("X-Amz-Target"), ".BatchGetProjects") {
				return notFound(r)
			}
			return nil
		}, 1, ""},
		{"Secrets Manager is not there", func(r *http.Request) error {
			if strings.HasPrefix(r.URL.Host, "secretsmanager.") || strings.HasPrefix(r.URL.Host, "codebuild.") {
				return notFound(r)
			}
			return nil
		}, 2, ""},
	}
	for _, test := range tests {
		cloud := newCloud()
		fakeaws.Expose(cloud, cloud.Account(testAccount).Region("eu-west-1"))
		o := searching(t)
		o.Regions = []string{"eu-west-1"}
		o.Operations = map[Operation]bool{ListFunctions: true, ListProjects: true, BatchGetProjects: true, ListDocuments: true, GetDocument: true, DescribeParameters: true}
		_, lines := gather(t, atTheirHosts(t, cloud, test.exists), o)
		if n := count(lines, `"type":"gap"`); n != test.gaps || test.absent != "" && count(lines, test.absent) != 1 {
			t.Errorf("%s: %d gaps, want %d, and %q:\n%s", test.name, n, test.gaps, test.absent, strings.Join(lines, "\n"))
		}
	}
}

// What failed and is not listed now is gone only if all could be listed.
func TestCompareUnlistedConfiguration(t *testing.T) {
	for _, refused := range []bool{false, true} {
		cloud := newCloud()
		g := cloud.Account(testAccount).Region("eu-west-1")
		fakeaws.Expose(cloud, g)
		cfg := configOf(t, cloud, testAccount)
		o := searching(t)
		o.Regions = []string{"eu-west-1"}
		before, _ := gather(t, cfg, o)
		cloud.Update(func() { g.Functions = nil })
		if refused {
			inject(t, cloud, "denied-json", fakeaws.Scope{Operation: "ListFunctions"})
		}
		now, _ := gather(t, cfg, o)
		settings, err := Settings{}.Merge()
		if err != nil {
			t.Fatal(err)
		}
		d, err := (&Judge{Checks: []*Check{smENV01()}, Settings: settings}).Compare(before, now)
		if err != nil {
			t.Fatal(err)
		}
		want := Gone
		if refused {
			want = Unknown
		}
		if len(d.Changes) != 1 || d.Changes[0].Kind != want {
			t.Errorf("refused %v: %+v, want %v", refused, d.Changes, want)
		}
	}
}

// Whatever stands for user data, or for an error, is read without a panic, and no
// more of it than may be.
func FuzzConfigurationIsRead(f *testing.F) {
	match := testMatcher(f)
	for _, seed := range []string{"", "H4sI", "!", base64.StdEncoding.EncodeToString([]byte("export A=b\n")), `{"__type":"a#b:c","message":null}`} {
		f.Add(seed)
	}
	at := newCaller(aws.Config{}, cell{testAccount, "eu-west-1"}, "aws", callOptions{}.orDefaults())
	f.Fuzz(func(t *testing.T, text string) {
		run := &regionRun{collection: &collection{Options: Options{Match: match}}, c: at}
		read := run.configuration(kindInstance, "arn", "name")
		read.userData("userData", text)
		if read.record.Values > 1 || len(read.record.Gaps) > 1 {
			t.Errorf("%d texts and %d gaps of one", read.record.Values, len(read.record.Gaps))
		}
		err := jsonErrorOf(http.Header{}, []byte(text))
		said, coded := errors.AsType[*smithy.GenericAPIError](err)
		if _, foreign := errors.AsType[*smithy.DeserializationError](err); !foreign && (!coded || said.Code == "") {
			t.Errorf("the error %v has no code", err)
		}
	})
}

// What is packed to more than is searched is a gap, and not unpacked to its end.
func TestUserDataBomb(t *testing.T) {
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	for range 64 {
		if _, err := w.Write(make([]byte, 1<<20)); err != nil {
			t.Fatal(err)
		}
	}
	w.Close()
	cloud := newCloud()
	cloud.Account(testAccount).Region("eu-west-1").Instances = []*fakeaws.Instance{{ID: "i-1", State: "running", UserData: packed.String()}}
	o := searching(t)
	o.Regions = []string{"eu-west-1"}
	_, lines := gather(t, configOf(t, cloud, testAccount), o)
	if n := count(lines, `"operation":"ec2:DescribeInstanceAttribute","resource"`); n != 1 {
		t.Errorf("%d gaps", n)
	}
}
