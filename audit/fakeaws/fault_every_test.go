package fakeaws_test

import (
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/assayhq/assay/audit/fakeaws"
)

// TestEveryFaultKeepsToItsRegion runs all faults of calls, limited to one
// region, and compares what another region tells with what it tells without a
// fault.
func TestEveryFaultKeepsToItsRegion(t *testing.T) {
	want := listDemo(t, "", fakeaws.Scope{})
	if len(want) == 0 {
		t.Fatal("there is nothing to compare")
	}
	for i, kind := range fakeaws.Faults {
		if testing.Short() && i%8 > 0 || kind.Connection {
			continue // it meets whoever connects
		}
		t.Run(kind.Name, func(t *testing.T) {
			if got := listDemo(t, kind.Name, fakeaws.Scope{Region: "us-east-1"}); !slices.Equal(got, want) {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
}

// listDemo lists the secrets of the demo in eu-west-1, with the fault of this
// name at work.
func listDemo(t *testing.T, fault string, where fakeaws.Scope) []string {
	t.Helper()
	cloud := fakeaws.New(fakeaws.Options{Now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC), Seed: 1})
	keys := fakeaws.Demo(cloud).User("auditor")
	server, err := fakeaws.Start(cloud)
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	if fault != "" {
		injected, err := cloud.Inject(fault, where)
		if err != nil {
			t.Fatal(err)
		}
		defer injected.Close()
	}
	client := secretsmanager.New(secretsmanager.Options{
		Region: "eu-west-1", BaseEndpoint: &server.URL,
		Credentials: credentials.NewStaticCredentialsProvider(keys.AccessKeyID, keys.SecretAccessKey, ""),
	})
	var names []string
	pages := secretsmanager.NewListSecretsPaginator(client, &secretsmanager.ListSecretsInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, secret := range page.SecretList {
			names = append(names, aws.ToString(secret.Name))
		}
	}
	return names
}
