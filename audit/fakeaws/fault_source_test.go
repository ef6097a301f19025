package fakeaws

import (
	"context"
	"errors"
	"net/http/httptest"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials/endpointcreds"
)

// TestCredentialSource reads every kind of source with the SDK's provider.
func TestCredentialSource(t *testing.T) {
	tests := []struct {
		fault     SourceFault
		retrieved bool
		code      string // of the call made with what was retrieved
	}{
		{SourceRight, true, ""},
		{SourceHangs, false, ""},
		{SourceDenies, false, ""},
		{SourceBreaks, false, ""},
		{SourceForeign, true, "UnrecognizedClientException"},
		{SourceEnded, true, ""},
	}
	for _, test := range tests {
		t.Run(string(test.fault), func(t *testing.T) {
			l := openLab(t, "denied-json", Scope{Service: "kms"})
			keys := l.cloud.Account(LoadAccount).User("tester")
			source := httptest.NewServer(l.cloud.CredentialSource(keys, test.fault))
			defer source.Close()
			l.cfg.Credentials = endpointcreds.New(source.URL, func(o *endpointcreds.Options) { o.Retryer = aws.NopRetryer{} })
			ctx, cancel := l.ctx(), func() {}
			if test.fault == SourceHangs {
				ctx, cancel = context.WithTimeout(ctx, impatient)
			}
			defer cancel()
			got, err := l.cfg.Credentials.Retrieve(ctx)
			if (err == nil) != test.retrieved {
				t.Fatalf("retrieved %v, want %v: %v", err == nil, test.retrieved, err)
			}
			if test.fault == SourceHangs && !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("got %v, want a deadline exceeded", err)
			}
			if (test.fault == SourceEnded) != (err == nil && got.Expired()) {
				t.Errorf("expired: %v", got.Expired())
			}
			if !test.retrieved {
				return
			}
			if _, _, err := l.list(); codeOf(err) != test.code {
				t.Errorf("listing: %v, want code %q", err, test.code)
			}
		})
	}
}
