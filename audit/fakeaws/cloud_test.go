package fakeaws_test

import (
	"crypto/tls"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/assayhq/assay/audit/fakeaws"
)

// handClock runs only when it is told to.
type handClock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *handClock) read() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func TestLimits(t *testing.T) {
	clock := &handClock{now: time.Now()}
	w := newWorld(t, fakeaws.Options{Scale: 1, Machine: clock.read})
	look := func() error {
		_, err := w.trail().LookupEvents(background, &cloudtrail.LookupEventsInput{})
		return err
	}
	for range 3 {
		for range 2 {
			if err := look(); err != nil {
				t.Fatal(err)
			}
		}
		refused(t, look(), "ThrottlingException", 400)
		w.cloud.Clock.Advance(time.Second)
	}
	w.cloud.Clock.Advance(time.Hour) // fills no more than a second's worth
	for range 2 {
		look()
	}
	refused(t, look(), "ThrottlingException", 400)
	elsewhere := w.caller(w.cloud.Account(testAccount).User("auditor"), "us-east-1")
	must[*cloudtrail.LookupEventsOutput](t)(cloudtrail.NewFromConfig(elsewhere).LookupEvents(background, &cloudtrail.LookupEventsInput{}))
}

func TestLimitsInTheWordsOfEachService(t *testing.T) {
	clock := &handClock{now: time.Now()}
	w := newWorld(t, fakeaws.Options{Scale: 0.001, Machine: clock.read}) // at most three calls of each
	for range 3 {
		w.askAll()
	}
	codes := map[string]string{"secretsmanager": "ThrottlingException", "kms": "ThrottlingException", "cloudtrail": "ThrottlingException",
		"lambda": "TooManyRequestsException", "account": "TooManyRequestsException", "sts": "Throttling"}
	status := map[string]int{"lambda": 429, "account": 429}
	for service, err := range w.askAll() {
		want := 400
		if status[service] != 0 {
			want = status[service]
		}
		refused(t, err, codes[service], want)
	}
}

func TestScaleMultipliesLimits(t *testing.T) {
	clock := &handClock{now: time.Now()}
	w := newWorld(t, fakeaws.Options{Scale: 0.2, Machine: clock.read})
	passed := 0
	for range 40 {
		if _, err := w.secrets().ListSecrets(background, nil); err == nil {
			passed++
		}
	}
	if passed != 20 {
		t.Errorf("%d of 40 calls passed, want a fifth of the 100 that AWS lets", passed)
	}
}

func TestSeedMakesTheSameTexts(t *testing.T) {
	texts := func(seed uint64) []string {
		c := fakeaws.New(fakeaws.Options{Seed: seed})
		a := c.Account(testAccount)
		return []string{c.Marker(), a.User("x").AccessKeyID, a.User("x").SecretAccessKey, a.User("y").AccessKeyID}
	}
	one, again, two := texts(1), texts(1), texts(2)
	if !slices.Equal(one, again) {
		t.Error("the same seed made other texts")
	}
	for i := range one {
		if one[i] == two[i] {
			t.Errorf("two seeds both made %s", one[i])
		}
	}
	if one[1] == one[3] || len(one[1]) != 20 || len(one[2]) != 40 {
		t.Errorf("keys are %q", one)
	}
}

func TestCallLog(t *testing.T) {
	w := newWorld(t, fakeaws.Options{})
	w.secrets().DescribeSecret(background, &secretsmanager.DescribeSecretInput{SecretId: aws.String("nowhere")})
	w.lambda().GetPolicy(background, &lambda.GetPolicyInput{FunctionName: aws.String("f/x")})
	calls := w.cloud.Calls()
	if len(calls) != 2 {
		t.Fatalf("the log has %d calls, want 2", len(calls))
	}
	first, second := calls[0], calls[1]
	if first.Account != testAccount || first.Region != testRegion || first.Name() != "secretsmanager:DescribeSecret" || first.Resource != "nowhere" ||
		first.Attempt != 1 || first.Status != 400 || !strings.HasSuffix(w.server.URL, first.Host) || !strings.Contains(first.UserAgent, "aws-sdk-go-v2") {
		t.Errorf("the first call is %+v", first)
	}
	if second.Name() != "lambda:GetPolicy" || second.Resource != "f/x" || second.Status != 404 {
		t.Errorf("the second call is %+v", second)
	}
	if counts := w.cloud.Counts(); counts["lambda:GetPolicy"] != 1 {
		t.Errorf("counts are %v", counts)
	}
	w.cloud.ResetCalls()
	if len(w.cloud.Calls())+len(w.cloud.Counts()) != 0 {
		t.Error("the log is not empty after its reset")
	}
}

func TestCountOnlyKeepsNoCalls(t *testing.T) {
	w := newWorld(t, fakeaws.Options{CountOnly: true})
	w.askAll()
	if len(w.cloud.Calls()) != 0 || w.cloud.Counts()["kms:ListAliases"] != 1 {
		t.Errorf("got calls %v, counts %v", w.cloud.Calls(), w.cloud.Counts())
	}
}

func TestTLS(t *testing.T) {
	cloud := fakeaws.New(fakeaws.Options{})
	server := must[*fakeaws.Server](t)(fakeaws.StartTLS(cloud))
	t.Cleanup(func() { server.Close() })
	w := &world{cloud: cloud, server: server}
	w.config = w.caller(cloud.Account(testAccount).User("auditor"), testRegion)
	w.config.HTTPClient = &http.Client{Transport: wholeBody{&http.Transport{TLSClientConfig: &tls.Config{RootCAs: server.Roots}}}}
	must[*kms.ListAliasesOutput](t)(w.kms().ListAliases(background, nil))
	w.config.HTTPClient = &http.Client{Transport: &http.Transport{}}
	if _, err := w.kms().ListAliases(background, nil); err == nil || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("a client that does not trust the server got %v", err)
	}
}

// Many callers read while the state changes; the race detector watches.
func TestConcurrentUse(t *testing.T) {
	w := newWorld(t, fakeaws.Options{Scale: 50})
	w.region.Secrets = []*fakeaws.Secret{fullSecret(w.region)}
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for range 20 {
				for service, err := range w.askAll() {
					if err != nil && service != "lambda" {
						t.Error(service, err)
					}
				}
				w.cloud.Calls()
			}
		})
	}
	for i := range 100 {
		w.cloud.Update(func() { w.region.Secrets = append(w.region.Secrets, &fakeaws.Secret{Name: "more"}) })
		w.cloud.Clock.Advance(time.Second)
		if i%10 == 0 {
			w.cloud.Account("000000000000").Region("new-region-1")
		}
	}
	group.Wait()
}

func TestDemoHoldsTogether(t *testing.T) {
	cloud := fakeaws.New(fakeaws.Options{Now: testNow})
	a := fakeaws.Demo(cloud)
	server := must[*fakeaws.Server](t)(fakeaws.Start(cloud))
	t.Cleanup(func() { server.Close() })
	w := &world{cloud: cloud, server: server}
	w.config = w.caller(a.User("auditor"), "eu-west-1")

	list := must[*secretsmanager.ListSecretsOutput](t)(w.secrets().ListSecrets(background, &secretsmanager.ListSecretsInput{IncludePlannedDeletion: aws.Bool(true)}))
	if len(list.SecretList) < 25 {
		t.Errorf("the home region has %d secrets", len(list.SecretList))
	}
	names := make(map[string]bool)
	for _, s := range list.SecretList {
		if names[*s.Name] {
			t.Errorf("two secrets are called %s", *s.Name)
		}
		names[*s.Name] = true
		must[*secretsmanager.DescribeSecretOutput](t)(w.secrets().DescribeSecret(background, &secretsmanager.DescribeSecretInput{SecretId: s.ARN}))
	}
	events := eventIDs(t, w, &cloudtrail.LookupEventsInput{})
	slices.Sort(events)
	if n := len(slices.Compact(slices.Clone(events))); n != len(events) || n < 400 {
		t.Errorf("%d events have %d ids", len(events), n)
	}
	for _, g := range a.Regions {
		for _, text := range policies(g) {
			if !json.Valid([]byte(text)) {
				t.Errorf("%s: not JSON: %s", g.Name, text)
			}
		}
	}
}

// policies returns the texts of a region that must be JSON.
func policies(g *fakeaws.Region) (texts []string) {
	for _, k := range g.Keys {
		texts = append(texts, k.Policy)
	}
	for _, f := range g.Functions {
		if f.Policy != "" {
			texts = append(texts, f.Policy)
		}
	}
	for _, e := range g.Events {
		texts = append(texts, e.Record)
	}
	return texts
}

func TestLoad(t *testing.T) {
	const n = 1234
	cloud := fakeaws.New(fakeaws.Options{Now: testNow, TrustSignatures: true})
	a := fakeaws.Load(cloud, n)
	server := must[*fakeaws.Server](t)(fakeaws.Start(cloud))
	t.Cleanup(func() { server.Close() })
	w := &world{cloud: cloud, server: server}
	w.config = w.caller(a.User("auditor"), fakeaws.LoadRegion)
	seen := make(map[string]bool)
	pages := secretsmanager.NewListSecretsPaginator(w.secrets(), &secretsmanager.ListSecretsInput{})
	for pages.HasMorePages() {
		for i, s := range must[*secretsmanager.ListSecretsOutput](t)(pages.NextPage(background)).SecretList {
			seen[*s.ARN] = true
			if i > 0 {
				continue
			}
			for _, id := range []string{*s.ARN, *s.Name, (*s.ARN)[:len(*s.ARN)-7]} {
				got := must[*secretsmanager.DescribeSecretOutput](t)(w.secrets().DescribeSecret(background, &secretsmanager.DescribeSecretInput{SecretId: &id}))
				if *got.ARN != *s.ARN {
					t.Errorf("%s is %s", id, *got.ARN)
				}
			}
		}
	}
	if len(seen) != n || cloud.Counts()["secretsmanager:ListSecrets"] != 13 {
		t.Errorf("listed %d different secrets in %d pages", len(seen), cloud.Counts()["secretsmanager:ListSecrets"])
	}
	for _, id := range []string{"load/service-001234", "load/service-0", "load/service-00000x", "other"} {
		if _, err := w.secrets().DescribeSecret(background, &secretsmanager.DescribeSecretInput{SecretId: &id}); err == nil {
			t.Errorf("%s was found", id)
		}
	}
}

// The list is what an auditor's own list of operations can be compared with.
func TestOperationsAreReads(t *testing.T) {
	for _, name := range fakeaws.Operations() {
		_, operation, _ := strings.Cut(name, ":")
		read := slices.ContainsFunc([]string{"Get", "List", "Describe", "Lookup", "BatchGet", "Validate"}, func(verb string) bool { return strings.HasPrefix(operation, verb) })
		message := slices.Contains([]string{"securityhub:BatchImportFindings", "sns:Publish", "events:PutEvents"}, name)
		if !read && !message && !fakeaws.Forbidden(name) && name != "sts:AssumeRole" && name != "cloudtrail:StartQuery" {
			t.Errorf("%s is no read", name)
		}
	}
}
