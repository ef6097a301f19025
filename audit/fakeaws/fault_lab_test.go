package fakeaws

import (
	"context"
	"errors"
	"io"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/ratelimit"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/account"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"
)

// lab is a small cloud behind one fault, and the SDK's clients for it.
type lab struct {
	t     *testing.T
	cloud *Cloud
	s     *FaultyServer
	cfg   aws.Config
}

const labSecrets = 25

// openLab starts a lab with the fault of this name.
func openLab(t *testing.T, name string, where Scope) *lab {
	t.Helper()
	c := New(Options{Now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC), Seed: 7})
	a := Load(c, labSecrets)
	g := a.Region(LoadRegion)
	g.Aliases = append(g.Aliases, &Alias{Name: "alias/app", KeyID: g.Keys[0].ID})
	g.Events = append(g.Events, labEvents(c)...)
	s, err := c.StartFaulty(name, where)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	keys := a.User("tester")
	return &lab{t: t, cloud: c, s: s, cfg: aws.Config{
		Region:       LoadRegion,
		BaseEndpoint: &s.URL,
		HTTPClient:   awshttp.NewBuildableClient(),
		Credentials:  credentials.NewStaticCredentialsProvider(keys.AccessKeyID, keys.SecretAccessKey, keys.SessionToken),
		Retryer: func() aws.Retryer {
			return retry.NewStandard(func(o *retry.StandardOptions) {
				o.RateLimiter = ratelimit.None
				o.Backoff = retry.BackoffDelayerFunc(func(int, error) (time.Duration, error) { return 0, nil })
			})
		},
	}}
}

func labEvents(c *Cloud) []*Event {
	events := make([]*Event, 30)
	for i := range events {
		events[i] = &Event{
			ID: versionID(i, 9), Name: "DescribeSecret", Source: "secretsmanager.amazonaws.com", Username: "alice",
			Time: c.Clock.Now().Add(-time.Duration(i) * time.Hour), ReadOnly: "true",
			Record: `{"eventName":"DescribeSecret","userAgent":"console","requestParameters":{"secretId":"x"}}`,
		}
	}
	return events
}

func (l *lab) secrets() *secretsmanager.Client { return secretsmanager.NewFromConfig(l.cfg) }

// impatient is how long tests of hanging calls wait for what must not come.
const impatient = 50 * time.Millisecond

func (l *lab) ctx() context.Context { return l.t.Context() }

// list lists all secrets, page by page, at most 1,000 pages.
func (l *lab) list() (names []string, pages int, err error) {
	in := &secretsmanager.ListSecretsInput{}
	for pages = 1; pages <= 1000; pages++ {
		out, err := l.secrets().ListSecrets(l.ctx(), in)
		if err != nil {
			return names, pages, err
		}
		for _, s := range out.SecretList {
			names = append(names, aws.ToString(s.Name))
		}
		if in.NextToken = out.NextToken; in.NextToken == nil {
			break
		}
	}
	return names, pages, nil
}

// name returns the name of the i-th secret.
func (l *lab) name(i int) string {
	return l.cloud.Account(LoadAccount).Region(LoadRegion).Source.Secret(i).Name
}

func (l *lab) describe(i int) (*secretsmanager.DescribeSecretOutput, error) {
	return l.secrets().DescribeSecret(l.ctx(), &secretsmanager.DescribeSecretInput{SecretId: aws.String(l.name(i))})
}

// each makes one call to every service and returns the errors by service.
func (l *lab) each(ctx context.Context) map[string]error {
	key := &kms.GetKeyPolicyInput{KeyId: aws.String("alias/app"), PolicyName: aws.String("default")}
	errs := make(map[string]error)
	_, errs["secretsmanager"] = l.secrets().ListSecrets(ctx, &secretsmanager.ListSecretsInput{})
	_, errs["kms"] = kms.NewFromConfig(l.cfg).GetKeyPolicy(ctx, key)
	_, errs["cloudtrail"] = cloudtrail.NewFromConfig(l.cfg).LookupEvents(ctx, &cloudtrail.LookupEventsInput{})
	_, errs["lambda"] = lambda.NewFromConfig(l.cfg).GetPolicy(ctx, &lambda.GetPolicyInput{FunctionName: aws.String("load-rotation")})
	_, errs["account"] = account.NewFromConfig(l.cfg).ListRegions(ctx, &account.ListRegionsInput{})
	_, errs["sts"] = sts.NewFromConfig(l.cfg).GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	return errs
}

// codes checks the code that every service answers with; other is that of
// services that are not named.
func (l *lab) codes(other string, named map[string]string) {
	l.t.Helper()
	for service, err := range l.each(l.ctx()) {
		want := other
		if code, ok := named[service]; ok {
			want = code
		}
		if got := codeOf(err); got != want {
			l.t.Errorf("%s: code %q, want %q (%v)", service, got, want, err)
		}
	}
}

func codeOf(err error) string {
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorCode()
	}
	return ""
}

// statusOf returns the HTTP status behind an error of the SDK, 0 for none.
func statusOf(err error) int {
	var re *awshttp.ResponseError
	if errors.As(err, &re) {
		return re.HTTPStatusCode()
	}
	return 0
}

// post sends an unsigned call to Secrets Manager. Faults come before the
// check of signatures.
func (l *lab) post(operation, body string) (*http.Response, []byte, error) {
	l.t.Helper()
	r, err := http.NewRequestWithContext(l.ctx(), http.MethodPost, l.s.URL+"/", strings.NewReader(body))
	if err != nil {
		l.t.Fatal(err)
	}
	r.Header.Set("X-Amz-Target", "secretsmanager."+operation)
	client := &http.Client{
		Transport:     &http.Transport{DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	resp, err := client.Do(r)
	if err != nil {
		return nil, nil, err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	return resp, answer, err
}

// timesOut checks that the fault, once it has met a call, leaves the caller
// waiting until he gives up.
func (l *lab) timesOut() {
	l.t.Helper()
	ctx, cancel := context.WithCancel(l.ctx())
	defer cancel()
	ended := make(chan error, 1)
	go func() {
		_, err := l.secrets().ListSecrets(ctx, &secretsmanager.ListSecretsInput{})
		ended <- err
	}()
	for l.s.Hits() == 0 {
		runtime.Gosched()
	}
	select {
	case err := <-ended:
		l.t.Errorf("the call ended: %v", err)
	case <-time.After(impatient):
		cancel()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			l.t.Errorf("got %v, want that of giving up", err)
		}
	}
}
