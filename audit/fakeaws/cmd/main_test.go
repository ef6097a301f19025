package main

import (
	"bufio"
	"context"
	"io"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
)

// environment starts the program and returns what it tells to export.
func environment(t *testing.T, args ...string) map[string]string {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	read, write := io.Pipe()
	done := make(chan error)
	go func() { done <- run(ctx, args, write) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	env := make(map[string]string)
	for lines := bufio.NewScanner(read); len(env) < 4 && lines.Scan(); {
		name, value, ok := strings.Cut(strings.TrimPrefix(lines.Text(), "export "), "=")
		if !ok {
			t.Fatalf("got line %q", lines.Text())
		}
		env[name] = value
	}
	return env
}

func TestProgramServes(t *testing.T) {
	for _, test := range []struct {
		args []string
		most int
	}{
		{[]string{"--demo"}, 70},
		{[]string{"--secrets", "3", "--scale", "50"}, 3},
	} {
		env := environment(t, test.args...)
		client := secretsmanager.New(secretsmanager.Options{
			BaseEndpoint: aws.String(env["AWS_ENDPOINT_URL"]), Region: env["AWS_REGION"],
			Credentials: credentials.NewStaticCredentialsProvider(env["AWS_ACCESS_KEY_ID"], env["AWS_SECRET_ACCESS_KEY"], ""),
		})
		list, err := client.ListSecrets(t.Context(), &secretsmanager.ListSecretsInput{})
		if err != nil {
			t.Fatal(test.args, err)
		}
		if n := len(list.SecretList); n == 0 || n > test.most {
			t.Errorf("%v: got %d secrets", test.args, n)
		}
	}
}

func TestProgramInjectsFaults(t *testing.T) {
	env := environment(t, "--fault", "signature-invalid")
	client := secretsmanager.New(secretsmanager.Options{
		BaseEndpoint: aws.String(env["AWS_ENDPOINT_URL"]), Region: env["AWS_REGION"],
		Credentials: credentials.NewStaticCredentialsProvider(env["AWS_ACCESS_KEY_ID"], env["AWS_SECRET_ACCESS_KEY"], ""),
	})
	if _, err := client.ListSecrets(t.Context(), &secretsmanager.ListSecretsInput{}); err == nil || !strings.Contains(err.Error(), "InvalidSignatureException") {
		t.Errorf("got %v", err)
	}
}

func TestProgramRefusesWhatItCannot(t *testing.T) {
	for _, args := range [][]string{{"--fault", "no-such-fault"}, {"--listen", "nowhere:-1"}, {"--unknown"}} {
		if err := run(t.Context(), args, io.Discard); err == nil {
			t.Errorf("%v: no error", args)
		}
	}
}
