package fakeaws_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/account"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/assayhq/assay/audit/fakeaws"
)

// The account and region of most tests, and the time of their story.
const (
	testAccount = "210987654321"
	testRegion  = "eu-west-1"
)

var testNow = time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)

// world is a cloud that is served, and a caller of it.
type world struct {
	cloud  *fakeaws.Cloud
	region *fakeaws.Region
	server *fakeaws.Server
	config aws.Config
}

// newWorld serves a cloud for the time of a test.
func newWorld(t testing.TB, options fakeaws.Options) *world {
	t.Helper()
	if options.Now.IsZero() {
		options.Now = testNow
	}
	cloud := fakeaws.New(options)
	server, err := fakeaws.Start(cloud)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() })
	a := cloud.Account(testAccount)
	w := &world{cloud: cloud, region: a.Region(testRegion), server: server}
	w.config = w.caller(a.User("auditor"), testRegion)
	return w
}

// caller is the SDK's configuration of somebody with these keys, who does not
// try again.
func (w *world) caller(keys fakeaws.Credentials, region string) aws.Config {
	return aws.Config{
		BaseEndpoint: aws.String(w.server.URL),
		Region:       region,
		Credentials:  credentials.NewStaticCredentialsProvider(keys.AccessKeyID, keys.SecretAccessKey, keys.SessionToken),
		Retryer:      func() aws.Retryer { return aws.NopRetryer{} },
		HTTPClient:   &http.Client{Transport: wholeBody{http.DefaultTransport}},
	}
}

// wholeBody sends a request's body from memory. The SDK closes a body as soon
// as an answer begins, which net/http takes for an error when the answer is
// very fast, and drops the connection; a body in memory is sent in one piece
// before there can be an answer.
type wholeBody struct{ http.RoundTripper }

func (t wholeBody) RoundTrip(request *http.Request) (*http.Response, error) {
	if request.Body == nil {
		return t.RoundTripper.RoundTrip(request)
	}
	body, err := io.ReadAll(request.Body)
	if err != nil {
		return nil, err
	}
	whole := request.Clone(request.Context())
	whole.Body = io.NopCloser(bytes.NewReader(body))
	return t.RoundTripper.RoundTrip(whole)
}

func (w *world) secrets() *secretsmanager.Client { return secretsmanager.NewFromConfig(w.config) }
func (w *world) kms() *kms.Client                { return kms.NewFromConfig(w.config) }
func (w *world) lambda() *lambda.Client          { return lambda.NewFromConfig(w.config) }
func (w *world) trail() *cloudtrail.Client       { return cloudtrail.NewFromConfig(w.config) }
func (w *world) account() *account.Client        { return account.NewFromConfig(w.config) }
func (w *world) sts() *sts.Client                { return sts.NewFromConfig(w.config) }

// same compares what the SDK understood with what was meant.
func same(t *testing.T, got, want any) {
	t.Helper()
	ignore := cmp.FilterPath(func(p cmp.Path) bool {
		return p.Last().String() == ".ResultMetadata" || p.Last().String() == ".noSmithyDocumentSerde"
	}, cmp.Ignore())
	if diff := cmp.Diff(want, got, ignore, cmpopts.IgnoreUnexported(), cmp.Exporter(func(reflect.Type) bool { return true }), cmpopts.EquateApproxTime(0)); diff != "" {
		t.Errorf("the SDK read something else (-want +got):\n%s", diff)
	}
}

// complete fails for every field of the SDK's type that the fake did not
// fill, but those that it is known not to have.
func complete(t *testing.T, value any, except ...string) {
	t.Helper()
	v := reflect.Indirect(reflect.ValueOf(value))
	for i := range v.NumField() {
		field := v.Type().Field(i)
		if field.IsExported() && field.Name != "ResultMetadata" && v.Field(i).IsZero() != slices.Contains(except, field.Name) {
			t.Errorf("%s.%s: is filled is %v, the test says otherwise", v.Type(), field.Name, !v.Field(i).IsZero())
		}
	}
}

// typed fails unless err is the SDK's own error type E.
func typed[E error](t *testing.T, err error) {
	t.Helper()
	var want E
	if !errors.As(err, &want) {
		t.Errorf("got error %v, want a %T", err, want)
	}
}

// refused fails unless err is the service's error with this code and status.
func refused(t *testing.T, err error, code string, status int) {
	t.Helper()
	var api smithy.APIError
	if !errors.As(err, &api) || api.ErrorCode() != code {
		t.Errorf("got error %v, want code %s", err, code)
		return
	}
	var response interface{ HTTPStatusCode() int }
	if !errors.As(err, &response) || response.HTTPStatusCode() != status {
		t.Errorf("%s: status is not %d: %v", code, status, err)
	}
}

// must unwraps a call that cannot fail.
func must[T any](t testing.TB) func(T, error) T {
	return func(value T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
}

var background = context.Background()
