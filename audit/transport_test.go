package audit

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
)

// guardedGet asks url as a request of op that was signed for host.
func guardedGet(client *http.Client, url, host string, op Operation) error {
	g, _ := testGroup(100)
	ctx := context.WithValue(withHost(context.Background(), host), flightKey{}, &flight{operation: op, group: g})
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, url, strings.NewReader("{}"))
	if err != nil {
		return err
	}
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=id/20261121/r/s/aws4_request, SignedHeaders=host, Signature=sig")
	resp, err := client.Do(r)
	if err == nil {
		resp.Body.Close()
	}
	return err
}

func TestSignedRequestsGoNowhereElse(t *testing.T) {
	reached := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { reached++; w.Write([]byte("{}")) }))
	defer server.Close()
	host := strings.TrimPrefix(server.URL, "http://")
	client := guardedClient(nil, callOptions{}.orDefaults())
	for _, signed := range []string{"", "kms.eu-west-1.amazonaws.com", "127.0.0.1"} {
		err := guardedGet(client, server.URL, signed, ListSecrets)
		if _, ok := errors.AsType[*hostError](err); !ok {
			t.Errorf("signed for %q: %v", signed, err)
		}
	}
	if reached != 0 {
		t.Errorf("%d requests reached another host", reached)
	}
	if err := guardedGet(client, server.URL, host, ListSecrets); err != nil || reached != 1 {
		t.Errorf("the right host: %v", err)
	}
}

// No kind of client that Collect may be given follows a redirect.
func TestRedirectsAreNotFollowed(t *testing.T) {
	strays := 0
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { strays++ }))
	defer other.Close()
	for _, status := range []int{301, 302, 303, 307, 308} {
		server := httptest.NewServer(http.RedirectHandler(other.URL+"/x?token=y", status))
		for name, base := range map[string]aws.HTTPClient{"none": nil, "buildable": awshttp.NewBuildableClient(), "plain": &http.Client{}} {
			err := guardedGet(guardedClient(base, callOptions{}.orDefaults()), server.URL, strings.TrimPrefix(server.URL, "http://"), ListSecrets)
			if e, ok := errors.AsType[*answerError](err); !ok || !strings.Contains(e.text, "127.0.0.1") || strings.Contains(e.text, "token") {
				t.Errorf("%d, %s client: %v", status, name, err)
			}
		}
		server.Close()
	}
	if strays != 0 {
		t.Errorf("%d redirects were followed", strays)
	}
}

func TestAnswersAreChecked(t *testing.T) {
	tests := []struct {
		op   Operation
		body string
		ok   bool
	}{
		{ListSecrets, `{"SecretList":[]}`, true},
		{ListSecrets, " {}\n", true},
		{ListSecrets, ``, false},
		{ListSecrets, `null`, false},
		{ListSecrets, `[]`, false},
		{ListSecrets, `{"SecretList":[`, false},
		{ListSecrets, `{} {}`, false},
		{ListSecrets, `<SecretList/>`, false},
		{ListSecrets, strings.Repeat(`{"a":`, 20_000) + "1" + strings.Repeat("}", 20_000), false},
		{GetCallerIdentity, `<GetCallerIdentityResponse/>`, true},
		{GetCallerIdentity, `<!DOCTYPE html><html>`, false},
		{GetCallerIdentity, `<HTML>`, false},
		{GetCallerIdentity, `{}`, false},
		{DescribeVpcEndpoints, `<?xml version="1.0"?><DescribeVpcEndpointsResponse/>`, true},
		{DescribeVpcEndpoints, ``, false},
	}
	client := guardedClient(nil, callOptions{}.orDefaults())
	for _, test := range tests {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte(test.body)) }))
		err := guardedGet(client, server.URL, strings.TrimPrefix(server.URL, "http://"), test.op)
		server.Close()
		if _, invalid := errors.AsType[*answerError](err); invalid == test.ok || test.ok && err != nil {
			t.Errorf("%s answers %.40q: %v", test.op, test.body, err)
		}
	}
}

func TestWaitOf(t *testing.T) {
	now := time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC)
	for value, want := range map[string]time.Duration{
		"": 0, "3": 3 * time.Second, " 7 ": 7 * time.Second, "-5": 0, "soon": 0, "1e9": 0,
		"4294967295":                    4294967295 * time.Second,
		"99999999999999999999999999999": 0,
		"Sat, 21 Nov 2026 09:00:10 GMT": 10 * time.Second,
		"Sat, 21 Nov 2026 08:00:00 GMT": 0,
	} {
		if got := waitOf(http.Header{"Retry-After": {value}}, now); got != want {
			t.Errorf("Retry-After %q: %s, want %s", value, got, want)
		}
	}
	if got := waitOf(http.Header{"X-Amz-Retry-After": {"1500"}}, now); got != 1500*time.Millisecond {
		t.Errorf("X-Amz-Retry-After: %s", got)
	}
}

// A server whose clock is wrong means its own time by a date.
func TestRetryAfterDateIsTheServers(t *testing.T) {
	g, clock := testGroup(100)
	far := clock.Now().Add(1000 * time.Hour)
	resp := &http.Response{StatusCode: 503, Header: http.Header{
		"Date": {far.Format(http.TimeFormat)}, "Retry-After": {far.Add(5 * time.Second).Format(http.TimeFormat)}}}
	(&guard{clock: clock}).pause(g, resp)
	if got := g.hold.Sub(clock.Now()); got != 5*time.Second {
		t.Errorf("paused for %s", got)
	}
}

func TestSignedWith(t *testing.T) {
	header := "AWS4-HMAC-SHA256 Credential=id/20261121/r/s/aws4_request, SignedHeaders=host, Signature=sig"
	if signedWith(header) != "id" || signature(header) != "sig" || signedWith("Bearer x") != "" || signature("") != "" {
		t.Error("the header is not understood")
	}
}
