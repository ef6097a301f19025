package fakeaws

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"errors"
	"io"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"
)

func TestFaultsAreListed(t *testing.T) {
	if !slices.IsSortedFunc(Faults, func(a, b FaultKind) int { return cmp.Compare(a.Name, b.Name) }) {
		t.Error("Faults is not sorted by name")
	}
	seen := make(map[string]bool)
	for _, kind := range Faults {
		if seen[kind.Name] {
			t.Errorf("%s is listed twice", kind.Name)
		}
		seen[kind.Name] = true
		if kind.Text == "" || !slices.Contains([]Effect{Recovers, Gaps, Odd}, kind.Effect) {
			t.Errorf("%s is not described", kind.Name)
		}
		if kind.Connection == (kind.strike != nil) || kind.Connection != (kind.secured || kind.meetConn != nil) {
			t.Errorf("%s meets neither calls nor connections, or both", kind.Name)
		}
		for _, operation := range kind.Operations {
			if !slices.ContainsFunc(Operations(), func(name string) bool { return strings.HasSuffix(name, ":"+operation) }) {
				t.Errorf("%s meets the unknown operation %s", kind.Name, operation)
			}
		}
		if _, ok := faultChecks[kind.Name]; !ok {
			t.Errorf("no test shows that %s does what it says", kind.Name)
		}
	}
	for name := range faultChecks {
		if !seen[name] {
			t.Errorf("the tested fault %s is not listed", name)
		}
	}
}

// TestFaults shows through the SDK or raw HTTP that each fault does what its
// name says.
func TestFaults(t *testing.T) {
	for _, kind := range Faults {
		check := faultChecks[kind.Name]
		if check == nil {
			continue
		}
		t.Run(kind.Name, func(t *testing.T) {
			t.Parallel()
			l := openLab(t, kind.Name, Scope{})
			check(l)
			if l.s.Hits() == 0 {
				t.Error("the fault met nothing")
			}
		})
	}
}

func TestInjectUnknown(t *testing.T) {
	if _, err := New(Options{}).Inject("no-such-fault", Scope{}); err == nil || !strings.Contains(err.Error(), "no-such-fault") {
		t.Errorf("got %v, want an error that names the fault", err)
	}
}

func TestScopeNames(t *testing.T) {
	r := &Request{Account: "1", Region: "r", Service: "secretsmanager", Operation: "DescribeSecret",
		Resource: "arn:aws:secretsmanager:r:1:secret:app/db-AbCdEf"}
	tests := []struct {
		where Scope
		want  bool
	}{
		{Scope{}, true},
		{Scope{Account: "1", Region: "r", Service: "secretsmanager", Operation: "DescribeSecret", Resource: "app/db"}, true},
		{Scope{Account: "2"}, false},
		{Scope{Region: "s"}, false},
		{Scope{Service: "kms"}, false},
		{Scope{Operation: "ListSecrets"}, false},
		{Scope{Resource: r.Resource}, true},
		{Scope{Resource: "arn:aws:secretsmanager:r:1:secret:app/db"}, true},
		{Scope{Resource: "app"}, false},
		{Scope{Resource: "db"}, false},
		{Scope{Resource: "app/db-AbCdEf"}, true},
	}
	for _, test := range tests {
		if got := test.where.selects(r); got != test.want {
			t.Errorf("%+v selects: %v, want %v", test.where, got, test.want)
		}
	}
	for _, other := range []string{"arn:aws:kms:r:1:key/k", "arn:aws:lambda:r:1:function:k"} {
		if !sameResource("k", other) || sameResource("j", other) {
			t.Errorf("%s is not what k means, or is j", other)
		}
	}
}

// TestScopeCounts tries which calls of a series are met.
func TestScopeCounts(t *testing.T) {
	tests := []struct {
		where Scope
		want  string // one letter for each call: x met, . not
	}{
		{Scope{}, "xxxxxx"},
		{Scope{From: 3}, "..xxxx"},
		{Scope{Count: 2}, "xx...."},
		{Scope{From: 2, Count: 3}, ".xxx.."},
		{Scope{From: 4, Count: 1}, "...x.."},
		{Scope{Region: "elsewhere"}, "......"},
	}
	for _, test := range tests {
		l := openLab(t, "denied-empty", test.where)
		got := ""
		for range len(test.want) {
			resp, _, err := l.post("ListSecrets", "{}")
			switch {
			case err != nil:
				t.Fatal(err)
			case resp.StatusCode == http.StatusForbidden && resp.ContentLength == 0:
				got += "x"
			default:
				got += "."
			}
		}
		if got != test.want {
			t.Errorf("%+v: %s, want %s", test.where, got, test.want)
		}
		if want := strings.Count(test.want, "x"); l.s.Hits() != want {
			t.Errorf("%+v: %d hits, want %d", test.where, l.s.Hits(), want)
		}
	}
}

// TestChanceIsTheSeeds: which calls are met depends on the seed and the call,
// not on the order of calls.
func TestChanceIsTheSeeds(t *testing.T) {
	met := func(order []int) (names string) {
		l := openLab(t, "internal-endless", Scope{Operation: "DescribeSecret", Probability: 0.4})
		l.cfg.RetryMaxAttempts = 1
		l.cfg.Retryer = func() aws.Retryer { return aws.NopRetryer{} }
		hit := make([]byte, labSecrets)
		for _, i := range order {
			hit[i] = '.'
			if _, err := l.describe(i); err != nil {
				hit[i] = 'x'
			}
		}
		return string(hit)
	}
	forth := make([]int, labSecrets)
	for i := range forth {
		forth[i] = i
	}
	back := slices.Clone(forth)
	slices.Reverse(back)
	first, second := met(forth), met(back)
	if first != second {
		t.Errorf("met %s in one order, %s in the other", first, second)
	}
	if n := strings.Count(first, "x"); n < labSecrets/10 || n > labSecrets*7/10 {
		t.Errorf("met %d of %d calls, want about 0.4 of them", n, labSecrets)
	}
}

func TestCloseEndsTheFault(t *testing.T) {
	l := openLab(t, "denied-json", Scope{})
	if _, _, err := l.list(); codeOf(err) != "AccessDeniedException" {
		t.Fatalf("got %v, want a denial", err)
	}
	l.s.Injection.Close()
	if names, _, err := l.list(); err != nil || len(names) != labSecrets {
		t.Errorf("after Close: %d secrets, %v", len(names), err)
	}
}

// TestServerEndsHangs: callers who wait for ever are released when the server
// closes.
func TestServerEndsHangs(t *testing.T) {
	for _, name := range []string{"conn-hang", "hang-answer", "hang-body", "hang-drip", "hang-headers"} {
		t.Run(name, func(t *testing.T) {
			l := openLab(t, name, Scope{})
			l.cfg.Retryer = func() aws.Retryer { return aws.NopRetryer{} }
			ended := make(chan error)
			go func() {
				_, err := l.secrets().ListSecrets(l.ctx(), &secretsmanager.ListSecretsInput{})
				ended <- err
			}()
			for l.s.Hits() == 0 {
				runtime.Gosched()
			}
			l.s.Close()
			if err := <-ended; err == nil {
				t.Error("the call was answered")
			}
		})
	}
}

// TestFaultsTogether: two faults at work in two regions leave each other and
// a third region alone.
func TestFaultsTogether(t *testing.T) {
	l := openLab(t, "denied-json", Scope{Region: "us-east-1"})
	if _, err := l.cloud.Inject("key-unknown", Scope{Region: "eu-west-1"}); err != nil {
		t.Fatal(err)
	}
	for region, want := range map[string]string{
		"us-east-1": "AccessDeniedException", "eu-west-1": "UnrecognizedClientException", "eu-west-2": "",
	} {
		l.cfg.Region = region
		if _, _, err := l.list(); codeOf(err) != want {
			t.Errorf("%s: got %v, want %q", region, err, want)
		}
	}
}

// TestSensitive: what the cloud hands out and receives is known as
// sensitive.
func TestSensitive(t *testing.T) {
	l := openLab(t, "denied-json", Scope{Operation: "DescribeSecret"})
	value, err := l.secrets().GetSecretValue(l.ctx(), &secretsmanager.GetSecretValueInput{SecretId: aws.String(l.name(0))})
	if err != nil {
		t.Fatal(err)
	}
	keys, err := l.cfg.Credentials.Retrieve(l.ctx())
	if err != nil {
		t.Fatal(err)
	}
	texts := []string{}
	for _, text := range l.cloud.Sensitive() {
		texts = append(texts, string(text))
	}
	for _, want := range []string{aws.ToString(value.SecretString), keys.SecretAccessKey, l.cloud.Marker()} {
		if !slices.Contains(texts, want) {
			t.Errorf("%q is not among the sensitive texts", want)
		}
	}
	signatures := 0
	for _, text := range texts {
		if len(text) == 64 {
			signatures++
		}
	}
	if signatures != 1 {
		t.Errorf("%d signatures are known, want that of the one call", signatures)
	}
	if !slices.IsSorted(texts) || slices.Contains(texts, "") {
		t.Error("the texts are not sorted, or one is empty and found everywhere")
	}
}

// TestTypedErrors: refusals arrive as the SDK's own types where it has them.
func TestTypedErrors(t *testing.T) {
	l := openLab(t, "secrets-vanish", Scope{})
	for i := range labSecrets {
		_, err := l.describe(i)
		var missing *types.ResourceNotFoundException
		if err != nil && !errors.As(err, &missing) {
			t.Errorf("got %v, want a ResourceNotFoundException", err)
		}
	}
}

// TestPackedZeros unpacks a small bomb to its end, where the sum is checked.
func TestPackedZeros(t *testing.T) {
	for _, blocks := range []int{1, 2, 5} {
		var packed bytes.Buffer
		if err := packZeros(&packed, blocks); err != nil {
			t.Fatal(err)
		}
		r, err := gzip.NewReader(&packed)
		if err != nil {
			t.Fatal(err)
		}
		if n, err := io.Copy(io.Discard, r); err != nil || n != int64(blocks)*zeroBlock {
			t.Errorf("%d blocks unpack to %d bytes, %v", blocks, n, err)
		}
	}
}
