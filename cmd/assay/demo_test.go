package main

import (
	"bytes"
	"context"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/assayhq/assay/audit/fakeaws"
)

var update = flag.Bool("update", false, "write testdata/aws/demo.jsonl instead of comparing with it")

// The inventory that newcomers try is what an audit of the demo of package
// fakeaws saves, and shows findings of at least forty checks.
func TestDemoInventory(t *testing.T) {
	demo := filepath.Join("..", "..", "testdata", "aws", "demo.jsonl")
	cloud := fakeaws.New(fakeaws.Options{Now: auditTime, Seed: 1})
	account := fakeaws.Demo(cloud)
	server, err := fakeaws.Start(cloud)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() })
	pointAt(t, server.URL, account)
	saved := filepath.Join(t.TempDir(), "inventory")
	if exit, _, message := auditWith(t.Context(), "--scope", "all", "--rate", "1000", "--save", saved); exit != exitFindings {
		t.Fatalf("exit code %d: %s", exit, message)
	}
	now, err := os.ReadFile(saved)
	if err != nil {
		t.Fatal(err)
	}
	now = bytes.Replace(now, []byte(`"version":"`+version+`"`), []byte(`"version":"demo"`), 1)
	if *update {
		if err := os.WriteFile(demo, now, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	was, err := os.ReadFile(demo)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(was, now) {
		t.Error("testdata/aws/demo.jsonl is not what an audit of the demo saves; go test ./cmd/assay -run Demo -update writes it")
	}
	exit, report, message := auditWith(t.Context(), "--inventory", demo, "--format", "jsonl")
	if exit != exitFindings {
		t.Errorf("judging the demo exits with %d: %s", exit, message)
	}
	failed := map[string]bool{}
	for line := range strings.Lines(report) {
		if rest, ok := strings.CutPrefix(line, `{"type":"finding","rule_id":"`); ok {
			id, _, _ := strings.Cut(rest, `"`)
			failed[id] = true
		}
	}
	if len(failed) < 40 {
		t.Errorf("the demo shows findings of %d checks", len(failed))
	}
}

// auditWith runs assay audit with flags, at the time of the tests.
func auditWith(ctx context.Context, flags ...string) (exit int, stdout, stderr string) {
	var out, message bytes.Buffer
	a := &app{stdin: strings.NewReader(""), stdout: &out, stderr: &message, getenv: os.Getenv, now: func() time.Time { return auditTime }}
	exit = a.run(ctx, append([]string{"audit", "--no-config", "-q"}, flags...))
	return exit, out.String(), message.String()
}

// pointAt sets the environment so that the SDK asks a made-up AWS.
func pointAt(t *testing.T, url string, account *fakeaws.Account) {
	t.Helper()
	keys := account.User("auditor")
	for name, value := range map[string]string{
		"AWS_ENDPOINT_URL": url, "AWS_ACCESS_KEY_ID": keys.AccessKeyID, "AWS_SECRET_ACCESS_KEY": keys.SecretAccessKey, "AWS_REGION": "us-east-1",
		"AWS_EC2_METADATA_DISABLED": "true", "AWS_CONFIG_FILE": os.DevNull, "AWS_SHARED_CREDENTIALS_FILE": os.DevNull, "HOME": t.TempDir(),
		"AWS_PROFILE": "", "AWS_SESSION_TOKEN": "", "AWS_ROLE_ARN": "", "AWS_WEB_IDENTITY_TOKEN_FILE": "", "AWS_CA_BUNDLE": "",
	} {
		t.Setenv(name, value)
	}
}
