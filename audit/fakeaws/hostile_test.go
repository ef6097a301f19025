package fakeaws_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"pgregory.net/rapid"

	"github.com/assayhq/assay/audit/fakeaws"
)

// Whatever somebody without a key sends is refused, in some protocol.
func FuzzStrangersAreRefused(f *testing.F) {
	const scope = "AWS4-HMAC-SHA256 Credential=x/20260504/eu-west-1/%s/aws4_request, SignedHeaders=host, Signature=00"
	for service, rest := range map[string][3]string{
		"secretsmanager": {"/", "secretsmanager.ListSecrets", `{"MaxResults":1e3}`},
		"kms":            {"/", "TrentService.ListGrants", `{"Limit":null}`},
		"cloudtrail":     {"/", "CloudTrail_20131101.LookupEvents", `{"StartTime":1e99}`},
		"lambda":         {"/2015-03-31/functions/%2F/policy", "", ""},
		"account":        {"/listRegions", "", "[]"},
		"sts":            {"/", "", "Action=AssumeRole&RoleArn=a:b"},
		"ec2":            {"/", "", "Action=DescribeVpcEndpoints&MaxResults=x"},
		"":               {"//", ".", "%"},
	} {
		f.Add("POST", rest[0], strings.ReplaceAll(scope, "%s", service), rest[1], rest[2])
	}
	cloud := fakeaws.New(fakeaws.Options{CountOnly: true})
	fakeaws.Load(cloud, 10)
	handler := cloud.Handler()
	f.Fuzz(func(t *testing.T, method, path, authorization, target, body string) {
		request := &http.Request{Method: method, URL: &url.URL{Path: path}, Host: "127.0.0.1", Body: http.NoBody, Header: make(http.Header)}
		if body != "" {
			request = httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
			request.Method, request.URL = method, &url.URL{Path: path}
		}
		request.Header.Set("Authorization", authorization)
		request.Header.Set("X-Amz-Target", target)
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, request)
		if w.Code < 400 || w.Code >= 500 || w.Body.Len() == 0 {
			t.Errorf("got %d %s", w.Code, w.Body)
		}
	})
}

// Any text and time that JSON can carry comes back from the SDK as it was.
func TestTextsAndTimesComeBack(t *testing.T) {
	w := newWorld(t, fakeaws.Options{})
	s := &fakeaws.Secret{Name: "s"}
	w.region.Secrets = []*fakeaws.Secret{s}
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.String().Filter(utf8.ValidString).Draw(t, "text")
		// The SDK reads times as nanoseconds in 64 bits, which end in 2262.
		at := time.UnixMilli(rapid.Int64Range(-5e12, 9e12).Draw(t, "milliseconds")).UTC()
		w.cloud.Update(func() {
			s.Description, s.Created = text, at
			s.Versions = []fakeaws.Version{{ID: text, Stages: []string{text}}}
		})
		got, err := w.secrets().DescribeSecret(background, &secretsmanager.DescribeSecretInput{SecretId: &s.Name})
		if err != nil {
			t.Fatal(err)
		}
		if aws.ToString(got.Description) != text || len(got.VersionIdsToStages[text]) != 1 || got.VersionIdsToStages[text][0] != text {
			t.Errorf("%q came back as %q, %q", text, aws.ToString(got.Description), got.VersionIdsToStages)
		}
		if d := got.CreatedDate.Sub(at); d < -time.Millisecond || d > time.Millisecond {
			t.Errorf("%s came back as %s", at, got.CreatedDate)
		}
	})
}

// What a caller puts into a name comes to the right place, whatever it is.
func TestAskedNamesAreLogged(t *testing.T) {
	w := newWorld(t, fakeaws.Options{})
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.StringOfN(rapid.Rune(), 1, 40, -1).Filter(utf8.ValidString).Draw(t, "name")
		w.cloud.ResetCalls()
		w.kms().DescribeKey(background, &kms.DescribeKeyInput{KeyId: &name})
		w.lambda().GetPolicy(background, &lambda.GetPolicyInput{FunctionName: &name})
		calls := w.cloud.Calls()
		if len(calls) != 2 {
			t.Fatalf("%q: %d calls came, want 2", name, len(calls))
		}
		for _, call := range calls {
			if call.Resource != name || call.Status != 400 && call.Status != 404 {
				t.Errorf("%q was asked, the log holds %+v", name, call)
			}
		}
	})
}
