package audit

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/assayhq/assay/audit/fakeaws"
)

const (
	callAccount = "111122223333"
	callRegion  = "eu-west-1"
)

// staticConfig is the configuration of somebody with these keys.
func staticConfig(url string, keys fakeaws.Credentials) aws.Config {
	return aws.Config{
		BaseEndpoint: aws.String(url), Region: callRegion,
		Credentials: credentials.NewStaticCredentialsProvider(keys.AccessKeyID, keys.SecretAccessKey, keys.SessionToken),
	}
}

// testCloud is a cloud with a few secrets.
func testCloud() *fakeaws.Cloud {
	cloud := fakeaws.New(fakeaws.Options{Seed: 7})
	region := cloud.Account(callAccount).Region(callRegion)
	for _, name := range strings.Split("abcdefghijkl", "") {
		region.Secrets = append(region.Secrets, &fakeaws.Secret{Name: name, ARN: region.ARN("secretsmanager", "secret:"+name+"-AbCdEf")})
	}
	return cloud
}

// faulty serves the cloud with a fault, and returns the callers of its account.
// Requests may take a minute unless another timeout is given.
func faulty(t *testing.T, cloud *fakeaws.Cloud, fault string, where fakeaws.Scope, timeout ...time.Duration) (*callers, *fakeaws.FaultyServer) {
	t.Helper()
	server, err := cloud.StartFaulty(fault, where)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() })
	cfg := staticConfig(server.URL, cloud.Account(callAccount).User("auditor"))
	if roots := server.RootCAs(); roots != nil {
		cfg.HTTPClient = awshttp.NewBuildableClient().WithTransportOptions(func(tr *http.Transport) { tr.TLSClientConfig.RootCAs = roots })
	}
	cs := newCallers(cfg, callOptions{Timeout: append(timeout, time.Minute)[0], Clock: newLeapClock(), Version: "1.2.3"})
	cs.identity = identity{Account: callAccount, Partition: "aws"}
	return cs, server
}

// listAll lists the names of the secrets.
func listAll(ctx context.Context, c *caller) (names []string, gap *Gap) {
	gap = c.pages(ctx, ListSecrets, "", func(ctx context.Context, token *string) (*string, int, error) {
		out, err := c.secrets.ListSecrets(ctx, &secretsmanager.ListSecretsInput{NextToken: token})
		if err != nil {
			return nil, 0, err
		}
		for _, s := range out.SecretList {
			names = append(names, aws.ToString(s.Name))
		}
		return out.NextToken, len(out.SecretList), nil
	})
	return names, gap
}

// faultReasons says what a listing ends with under each fault that it does not
// outlive. Faults of the content ("odd") are for those who read it.
var faultReasons = map[string][]Reason{
	"body-": {Invalid}, "bomb-": {Invalid}, "conn-hang": {TimedOut}, "conn-reset": {Failed}, "denied-": {Denied},
	"hang-": {TimedOut}, "internal-endless": {Failed}, "key-unknown": {Failed}, "page-loop": {Invalid},
	"page-empty-endless": {Invalid}, "page-token-expired": {Invalid}, "redirect-": {Invalid}, "reset-": {Failed, Invalid},
	"retry-after-absurd": {Throttled}, "shape-": {Invalid}, "signature-invalid": {Failed}, "skew-dateless": {Failed},
	"throttle-endless": {Throttled}, "tls-": {Failed}, "token-expired": {Expired},
}

func reasonsFor(fault string) []Reason {
	for prefix, reasons := range faultReasons {
		if strings.HasPrefix(fault, prefix) {
			return reasons
		}
	}
	return nil
}

// Under every fault of the fake a listing ends, with the right reason, without
// too many requests, and with nothing in its gap that is secret.
func TestListingUnderEveryFault(t *testing.T) {
	for _, kind := range fakeaws.Faults {
		if len(kind.Operations) > 0 && !slices.Contains(kind.Operations, "ListSecrets") {
			continue
		}
		t.Run(kind.Name, func(t *testing.T) {
			t.Parallel()
			cloud := testCloud()
			timeout := time.Minute
			if slices.Contains(reasonsFor(kind.Name), TimedOut) {
				timeout = 300 * time.Millisecond
			}
			cs, server := faulty(t, cloud, kind.Name, fakeaws.Scope{}, timeout)
			c := cs.at(callRegion)
			names, gap := listAll(t.Context(), c)
			checkOutcome(t, kind, names, gap)
			checkGap(t, cloud, gap)
			for _, s := range server.Strays() {
				t.Errorf("a request followed the redirect: %+v", s)
			}
			counts := c.calls()
			if n, most := len(cloud.Calls()), counts[0].OK*callAttempts+callAttempts; n > most {
				t.Errorf("%d requests, at most %d are right", n, most)
			}
		})
	}
}

func checkOutcome(t *testing.T, kind fakeaws.FaultKind, names []string, gap *Gap) {
	t.Helper()
	want := reasonsFor(kind.Name)
	switch {
	case kind.Effect == fakeaws.Recovers:
		slices.Sort(names)
		if names = slices.Compact(names); gap != nil || strings.Join(names, "") != "abcdefghijkl" {
			t.Errorf("secrets %q, gap %+v", names, gap)
		}
	case kind.Effect == fakeaws.Odd, kind.Name == "body-empty-object", kind.Name == "secret-nameless", kind.Name == "token-expired", kind.Name == "denied-some":
		// The listing itself is right; what is in it is for others to judge.
		if gap != nil && gap.Reason != Invalid {
			t.Errorf("gap %+v", gap)
		}
	case gap == nil:
		t.Errorf("no gap, secrets %q", names)
	case !slices.Contains(want, gap.Reason):
		t.Errorf("gap %+v, want %q", gap, want)
	}
}

// checkGap checks that a gap is fit for a report.
func checkGap(t *testing.T, cloud *fakeaws.Cloud, gap *Gap) {
	t.Helper()
	if gap == nil {
		return
	}
	if gap.Account != callAccount || gap.Region != callRegion || gap.Operation == "" || gap.Detail == "" {
		t.Errorf("incomplete gap %+v", gap)
	}
	if len(gap.Detail) > maxDetail || strings.ContainsFunc(gap.Detail, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		t.Errorf("detail %q", gap.Detail)
	}
	for _, secret := range cloud.Sensitive() {
		if strings.Contains(gap.Detail, string(secret)) {
			t.Errorf("the detail %q tells %q", gap.Detail, secret)
		}
	}
	t.Log(gap.Reason, gap.Detail)
}

func TestDeniedGapNamesTheAction(t *testing.T) {
	for _, fault := range []string{"denied-json", "denied-xml", "denied-html", "denied-empty"} {
		cs, _ := faulty(t, testCloud(), fault, fakeaws.Scope{})
		c := cs.at(callRegion)
		_, gap := listAll(t.Context(), c)
		if gap == nil || gap.Reason != Denied || !strings.HasPrefix(gap.Detail, "needs secretsmanager:ListSecrets: ") {
			t.Errorf("%s: %+v", fault, gap)
		}
		if calls := c.calls(); len(calls) != 1 || calls[0] != (CallCount{Operation: ListSecrets, Denied: 1}) {
			t.Errorf("%s: counted %+v", fault, calls)
		}
	}
}

// Settings of the environment do not change how often is tried.
func TestEnvironmentAddsNoAttempts(t *testing.T) {
	t.Setenv("AWS_MAX_ATTEMPTS", "50")
	t.Setenv("AWS_RETRY_MODE", "adaptive")
	t.Setenv("AWS_NEW_RETRIES_2026", "true")
	cloud := testCloud()
	cs, _ := faulty(t, cloud, "internal-endless", fakeaws.Scope{})
	cs.cfg.RetryMaxAttempts, cs.cfg.RetryMode = 50, aws.RetryModeAdaptive
	cs = newCallers(cs.cfg, callOptions{Clock: newLeapClock()})
	if _, gap := listAll(t.Context(), cs.at(callRegion)); gap == nil || gap.Reason != Failed {
		t.Errorf("gap %+v", gap)
	}
	if n := len(cloud.Calls()); n != callAttempts {
		t.Errorf("%d requests, want %d", n, callAttempts)
	}
}

// Endless throttling ends after a while: not after all calls were tried.
func TestEndlessThrottlingIsGivenUp(t *testing.T) {
	cloud := testCloud()
	cs, _ := faulty(t, cloud, "throttle-endless", fakeaws.Scope{Operation: "DescribeSecret"})
	c := cs.at(callRegion)
	clock := c.limits.clock.(*leapClock)
	begin := clock.Now()
	var group sync.WaitGroup
	for range 16 {
		group.Go(func() {
			for range 250 {
				if gap := describe(t.Context(), c, "a"); gap == nil || gap.Reason != Throttled {
					t.Errorf("gap %+v", gap)
				}
			}
		})
	}
	group.Wait()
	if took := clock.Now().Sub(begin); took > 30*time.Minute {
		t.Errorf("it took %s", took)
	}
	if n := len(cloud.Calls()); n > 4000/4 {
		t.Errorf("4000 calls made %d requests", n)
	}
	if names, gap := listAll(t.Context(), c); gap != nil || len(names) != 12 {
		t.Errorf("another group suffers: %+v", gap)
	}
}

func describe(ctx context.Context, c *caller, name string) *Gap {
	return c.call(ctx, DescribeSecret, name, func(ctx context.Context) error {
		_, err := c.secrets.DescribeSecret(ctx, &secretsmanager.DescribeSecretInput{SecretId: &name})
		return err
	})
}

// All requests together, those that are retried too, are at most the calls, the
// budget, and what answers add to it.
func TestRequestsStayWithinTheBudget(t *testing.T) {
	cloud := testCloud()
	cs, _ := faulty(t, cloud, "internal-endless", fakeaws.Scope{Operation: "DescribeSecret", Probability: 0.7})
	c := cs.at(callRegion)
	const calls = 1500
	for range calls {
		describe(t.Context(), c, "a")
	}
	if n, most := len(cloud.Calls()), calls+retryBudget+calls*retryRefund; float64(n) > most || n < calls+100 {
		t.Errorf("%d requests for %d calls, at most %v are right", n, calls, most)
	}
}

func TestInterruptedCallIsStopped(t *testing.T) {
	cs, _ := faulty(t, testCloud(), "hang-answer", fakeaws.Scope{})
	c := cs.at(callRegion)
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(20*time.Millisecond, cancel)
	if _, gap := listAll(ctx, c); gap == nil || gap.Reason != Stopped || gap.Detail != interrupted {
		t.Errorf("gap %+v", gap)
	}
	ctx, cancel = context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, gap := listAll(ctx, c); gap == nil || gap.Reason != Stopped || !strings.Contains(gap.Detail, "time") {
		t.Errorf("gap %+v", gap)
	}
}

func TestPanicCostsOneCall(t *testing.T) {
	c := testCaller()
	for want, panics := range map[string]func(){
		"index out of range": func() { _ = []int{}[len(c.region)] },
		"failed: string":     func() { panic("hush") }, // which could quote the answer
	} {
		gap := c.call(t.Context(), GetKeyPolicy, "key", func(context.Context) error { panics(); return nil })
		if gap == nil || gap.Reason != Invalid || !strings.Contains(gap.Detail, want) || strings.Contains(gap.Detail, "hush") {
			t.Errorf("gap %+v", gap)
		}
	}
}

func TestGapPassesTheMask(t *testing.T) {
	c := testCaller()
	c.options.Mask = func(s string) string { return strings.ReplaceAll(s, "hush", "****") }
	c.options.MaskProse = c.options.Mask
	gap := c.call(t.Context(), GetKeyPolicy, "key/hush", func(context.Context) error { return &answerError{"it said hush"} })
	if gap.Resource != "key/****" || gap.Detail != "it said ****" {
		t.Errorf("gap %+v", gap)
	}
}

// Nothing can be sent but through call, which limits and counts.
func TestRequestsOutsideOfCallsFail(t *testing.T) {
	cloud := testCloud()
	cs, _ := faulty(t, cloud, "content-type-wrong", fakeaws.Scope{})
	if _, err := cs.at(callRegion).secrets.ListSecrets(t.Context(), &secretsmanager.ListSecretsInput{}); err == nil {
		t.Error("a request outside of call was made")
	}
	if n := len(cloud.Calls()); n != 0 {
		t.Errorf("%d requests", n)
	}
}

func TestUserAgentNamesTheProgram(t *testing.T) {
	cloud := testCloud()
	cs, _ := faulty(t, cloud, "content-type-wrong", fakeaws.Scope{})
	listAll(t.Context(), cs.at(callRegion))
	for _, call := range cloud.Calls() {
		if !strings.Contains(call.UserAgent, "assay/1.2.3") {
			t.Errorf("user agent %q", call.UserAgent)
		}
	}
}

// A session that ends in the middle of a run is renewed once for all that fail
// side by side.
func TestExpiredSessionIsRenewed(t *testing.T) {
	cloud := testCloud()
	cs, _ := faulty(t, cloud, "token-expired", fakeaws.Scope{From: 3, Count: 1})
	keys := cloud.Account(callAccount).User("auditor")
	fetched := 0
	var mu sync.Mutex
	cs.cfg.Credentials = newCredentialSource(aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		mu.Lock()
		defer mu.Unlock()
		fetched++
		return aws.Credentials{AccessKeyID: keys.AccessKeyID, SecretAccessKey: keys.SecretAccessKey}, nil
	}), time.Second, noQuestions())
	c := cs.at(callRegion)
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			if gap := describe(t.Context(), c, "a"); gap != nil {
				t.Errorf("gap %+v", gap)
			}
		})
	}
	group.Wait()
	if fetched != 2 {
		t.Errorf("credentials were fetched %d times, want twice", fetched)
	}
}

func TestExpiredSessionWithoutSuccessorEndsTheGroup(t *testing.T) {
	cloud := testCloud()
	cs, _ := faulty(t, cloud, "token-expired", fakeaws.Scope{From: 1})
	c := cs.at(callRegion)
	for range 50 {
		if gap := describe(t.Context(), c, "a"); gap == nil || gap.Reason != Expired {
			t.Errorf("gap %+v", gap)
		}
	}
	if n := len(cloud.Calls()); n > 2 {
		t.Errorf("%d requests with credentials that are known to be expired", n)
	}
}

func TestSameRegionSameCaller(t *testing.T) {
	cs := newCallers(aws.Config{}, callOptions{})
	one, again := cs.at("eu-west-1"), cs.at("eu-west-1")
	if one != again || one == cs.at("eu-west-2") {
		t.Error("limits are not those of a region")
	}
}
