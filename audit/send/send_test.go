package send

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"github.com/assayhq/assay/audit/fakeaws"
	"github.com/assayhq/assay/report"
)

const account = "444455556666"

// testClient notes how long it would have waited, and waits not.
func testClient(waits *[]time.Duration) *Client {
	c := NewClient("test")
	c.sleep = func(ctx context.Context, d time.Duration) error {
		*waits = append(*waits, d)
		return ctx.Err()
	}
	return c
}

// served is a made-up AWS and a session in it.
func served(t *testing.T) (*fakeaws.Cloud, aws.Config) {
	t.Helper()
	cloud := fakeaws.New(fakeaws.Options{})
	server, err := fakeaws.Start(cloud)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() })
	keys := cloud.Account(account).User("sender")
	return cloud, session(t, server.URL, keys.AccessKeyID, keys.SecretAccessKey)
}

func session(t *testing.T, url, id, key string) aws.Config {
	t.Helper()
	for _, name := range []string{"AWS_PROFILE", "AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"} {
		t.Setenv(name, "")
	}
	t.Setenv("HOME", t.TempDir())
	t.Setenv("AWS_ENDPOINT_URL", url)
	cfg, err := config.LoadDefaultConfig(t.Context(), config.WithRegion("eu-west-1"), config.WithCredentialsProvider(credentials.NewStaticCredentialsProvider(id, key, "")))
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

func resource(region, name string) report.Resource {
	return report.Resource{ARN: "arn:aws:secretsmanager:" + region + ":" + account + ":secret:" + name, Name: name, Type: "AWS::SecretsManager::Secret", Account: account, Region: region}
}

func finding(n int, s report.Severity, region string) report.Finding {
	r := resource(region, fmt.Sprintf("secret-%d", n))
	return report.Finding{
		RuleID: "SM-ROT-01", Message: "Rotation is off: by arn:aws:iam::444455556666:user/jane from 203.0.113.7", Severity: s, Confidence: report.ConfidenceHigh,
		Fingerprint: fmt.Sprintf("assay/v1:%064x", n), Occurrences: []report.Location{{Path: "aws/x", Resource: &r}},
	}
}

func run() report.Run {
	return report.Run{Tool: "assay", Command: "audit", Target: "account " + account, Rules: []report.Rule{{ID: "SM-ROT-01", Title: "Rotation is off", Remedy: "Turn it on."}}}
}

// hub sends n findings of each region and returns what came of it.
func hub(t *testing.T, h *SecurityHub, n int, regions ...string) {
	t.Helper()
	out := report.NewASFF(h.Writer(t.Context()), report.ASFFOptions{})
	errs := []error{out.Begin(run())}
	for _, region := range regions {
		for i := range n {
			errs = append(errs, out.Finding(finding(i, report.SeverityHigh, region)))
		}
	}
	if err := errors.Join(append(errs, out.End(report.Summary{}))...); err != nil {
		t.Fatal(err)
	}
}

func TestSecurityHubTakesEverything(t *testing.T) {
	cloud, cfg := served(t)
	cloud.Account(account).Region("eu-central-1").NoHub = true
	var waits []time.Duration
	h := &SecurityHub{Client: testClient(&waits), Sessions: map[string]aws.Config{account: cfg}}
	hub(t, h, 250, "eu-west-1", "eu-central-1")
	if got := len(cloud.Received()); got != 250 || h.Sent() != 250 {
		t.Errorf("%d were taken, %d counted", got, h.Sent())
	}
	for _, m := range cloud.Received() {
		if m.Region != "eu-west-1" {
			t.Fatalf("a finding came to %s", m.Region)
		}
	}
	// 100, 100 and 50, one try for the region where it is off; the run's own finding has
	// an account of zeros here, of which there is no session.
	if n := cloud.Counts()["securityhub:BatchImportFindings"]; n != 4 {
		t.Errorf("%d requests", n)
	}
	said := fmt.Sprint(h.Refusals())
	if len(h.Refusals()) != 2 || !strings.Contains(said, "InvalidAccessException: Account 444455556666 is not subscribed") || !strings.Contains(said, "no session is of this account") {
		t.Errorf("refusals: %s", said)
	}
	if err := h.Err(); err == nil || err.Error() != "251 of 501 findings were not taken by Security Hub" {
		t.Errorf("got %v", err)
	}
	for _, w := range waits {
		if w > interval {
			t.Errorf("it would have waited for %s", w)
		}
	}
}

// A finding that is refused is named, one that failed for another reason sent again.
func TestSecurityHubNamesWhatIsRefused(t *testing.T) {
	requests := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		requests++
		var b batch
		json.NewDecoder(r.Body).Decode(&b)
		var answer importAnswer
		for i, text := range b.Findings {
			var f batchFinding
			json.Unmarshal(text, &f)
			if i > 1 || requests > 1 && i == 0 {
				continue
			}
			code := [...]string{"InvalidInput", "InternalError"}[i]
			answer.FailedFindings = append(answer.FailedFindings, struct {
				ID           string `json:"Id"`
				ErrorCode    string
				ErrorMessage string
			}{f.ID, code, "because"})
		}
		json.NewEncoder(w).Encode(answer)
	}))
	t.Cleanup(server.Close)
	var waits []time.Duration
	h := &SecurityHub{Client: testClient(&waits), Sessions: map[string]aws.Config{account: session(t, server.URL, "id", "key")}}
	var line bytes.Buffer
	out := report.NewASFF(&line, report.ASFFOptions{})
	for _, err := range []error{out.Begin(run()), out.Finding(finding(1, report.SeverityHigh, "eu-west-1")), out.Finding(finding(2, report.SeverityHigh, "eu-west-1")), out.Finding(finding(3, report.SeverityHigh, "eu-west-1"))} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := out.End(report.Summary{}); err != nil {
		t.Fatal(err)
	}
	first, _, _ := bytes.Cut(line.Bytes(), []byte("\n"))
	if _, err := h.Writer(t.Context()).Write(first); err != nil {
		t.Fatal(err)
	}
	if requests != 2 || h.Sent() != 2 || len(h.Refusals()) != 1 || h.Refusals()[0].Why() != "InvalidInput: because" || h.Refusals()[0].ID == "" {
		t.Errorf("%d requests, %d sent, refusals %+v", requests, h.Sent(), h.Refusals())
	}
	for _, bad := range []string{"", "{}", `{"Findings":[]}`, `{"Findings":[7]}`} {
		if _, err := h.Writer(t.Context()).Write([]byte(bad)); err == nil {
			t.Errorf("%q was taken for a request", bad)
		}
	}
}

func alertOf(t *testing.T, a *Alerts, findings ...report.Finding) *Alert {
	t.Helper()
	errs := []error{a.Begin(run())}
	for _, f := range findings {
		errs = append(errs, a.Finding(f))
	}
	if err := errors.Join(append(errs, a.End(report.Summary{NotExamined: 2}))...); err != nil {
		t.Fatal(err)
	}
	return a.Alert()
}

func TestAlertsTellWhatIsNewOrWorse(t *testing.T) {
	earlier := NewEarlier()
	muted := finding(4, report.SeverityHigh, "eu-west-1")
	muted.Suppression = &report.Suppression{}
	for _, f := range []report.Finding{finding(1, report.SeverityHigh, "eu-west-1"), finding(2, report.SeverityLow, "eu-west-1"), muted} {
		earlier.Finding(f)
	}
	now := []report.Finding{
		finding(1, report.SeverityMedium, "eu-west-1"), finding(2, report.SeverityHigh, "eu-west-1"), finding(3, report.SeverityCritical, "eu-west-1"),
		finding(4, report.SeverityHigh, "eu-west-1"), finding(5, report.SeverityInfo, "eu-west-1"), muted,
	}
	got := alertOf(t, &Alerts{Earlier: earlier, Least: report.SeverityLow}, now...)
	var told []string
	for _, c := range got.Changes {
		told = append(told, c.Kind+" "+c.Name+" "+c.Before)
		if c.Evidence != "" {
			t.Errorf("evidence was not asked for: %s", c.Evidence)
		}
	}
	if want := []string{"new secret-3 ", "new secret-4 ", "worse secret-2 low"}; !slices.Equal(told, want) {
		t.Errorf("told %q, want %q", told, want)
	}
	if got.New != 2 || got.Worse != 1 || got.NotExamined != 2 || !strings.HasPrefix(got.Text, "assay: 2 new and 1 worse in account 444455556666; the worst is critical SM-ROT-01") {
		t.Errorf("got %+v", got)
	}
	if again := alertOf(t, &Alerts{Earlier: earlier}, now[0]); again != nil {
		t.Errorf("nothing is new, and %+v", again)
	}
	text, _ := json.Marshal(got)
	if bytes.Contains(text, []byte("jane")) || bytes.Contains(text, []byte("203.0.113")) {
		t.Errorf("a principal or an address is in %s", text)
	}
	whole := alertOf(t, &Alerts{Earlier: earlier, Evidence: EvidenceIncluded}, now[2])
	if !strings.Contains(whole.Changes[0].Evidence, "user/jane") {
		t.Errorf("the evidence was asked for: %+v", whole.Changes[0])
	}
}

// A resource of IAM is a principal.
func TestAlertsNameNoPrincipal(t *testing.T) {
	f := finding(1, report.SeverityHigh, "eu-west-1")
	*f.Occurrences[0].Resource = report.Resource{ARN: "arn:aws:iam::444455556666:role/jane", Name: "jane", Type: "AWS::IAM::Role", Account: account, Region: "eu-west-1"}
	got, _ := json.Marshal(alertOf(t, &Alerts{Earlier: NewEarlier()}, f))
	if bytes.Contains(got, []byte("jane")) {
		t.Errorf("got %s", got)
	}
}

// However much is new, each destination gets what it takes.
func TestAlertsFitTheirDestinations(t *testing.T) {
	cloud, cfg := served(t)
	west := cloud.Account(account).Region("eu-west-1")
	topic, fifo := "arn:aws:sns:eu-west-1:444455556666:alerts", "arn:aws:sns:eu-west-1:444455556666:alerts.fifo"
	cloud.Update(func() { west.Topics, west.Buses = []string{topic, fifo}, []string{"security"} })
	var findings []report.Finding
	for i := range 3000 {
		f := finding(i, report.SeverityHigh, "eu-west-1")
		f.Message = strings.Repeat("\"ü", 2000)
		findings = append(findings, f)
	}
	a := alertOf(t, &Alerts{Earlier: NewEarlier(), Evidence: EvidenceIncluded}, findings...)
	if len(a.Changes) != maxChanges || a.New != 3000 || a.More != 2900 {
		t.Fatalf("%d listed, %d new, %d left out", len(a.Changes), a.New, a.More)
	}
	var waits []time.Duration
	c := testClient(&waits)
	for _, to := range []string{"sns:" + topic, "sns:" + fifo, "eventbridge:default", "eventbridge:arn:aws:events:eu-west-1:444455556666:event-bus/security"} {
		d, err := ParseDestination(to)
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Alert(t.Context(), cfg, d, a); err != nil {
			t.Error(err)
		}
	}
	got := map[string]int{}
	for _, m := range cloud.Received() {
		got[m.To]++
	}
	if got[topic] != 1 || got[fifo] != 1 || got["default"] != maxChanges || got["security"] != maxChanges {
		t.Errorf("got %v", got)
	}
	d, _ := ParseDestination("sns:arn:aws:sns:eu-west-1:444455556666:nothing")
	if err := c.Alert(t.Context(), cfg, d, a); err == nil || !strings.Contains(err.Error(), "HTTP 404 NotFound: Topic does not exist") {
		t.Errorf("got %v", err)
	}
}

func TestParseDestination(t *testing.T) {
	for text, good := range map[string]bool{
		"sns:arn:aws:sns:eu-west-1:444455556666:alerts": true, "sns:arn:aws-cn:sns:cn-north-1:444455556666:a.fifo": true, "sns:alerts": false, "sns:arn:aws:sqs:eu-west-1:444455556666:alerts": false,
		"eventbridge:default": true, "eventbridge:arn:aws:events:eu-west-1:444455556666:event-bus/x": true, "eventbridge:": false, "eventbridge:a b": false,
		"webhook:https://hooks.example.com/x": true, "webhook:http://127.0.0.1:8080/x": true, "webhook:http://[::1]/x": true, "webhook:http://localhost/x": true,
		"webhook:http://example.com/x": false, "webhook:http://127.0.0.1.example.com/": false, "webhook:ftp://127.0.0.1/": false, "webhook:": false, "webhook:https://": false, "webhook:://%": false,
		"mail:me": false, "": false,
	} {
		d, err := ParseDestination(text)
		if (err == nil) != good {
			t.Errorf("%q: %v", text, err)
		}
		if err == nil && strings.Contains(d.String(), "/x") && d.Webhook() {
			t.Errorf("%q is shown as %s", text, d)
		}
	}
}

// FuzzParseDestination looks for addresses that are shown, or taken over no TLS.
func FuzzParseDestination(f *testing.F) {
	f.Add("webhook:https://u:p@hooks.example.com/secret?x#y")
	f.Add("webhook:http://localhost:1/secret")
	f.Add("sns:arn:aws:sns:eu-west-1:444455556666:alerts")
	f.Fuzz(func(t *testing.T, text string) {
		d, err := ParseDestination(text)
		if err != nil {
			kind, _, _ := strings.Cut(text, ":")
			if _, same := ParseDestination(kind + ":"); same == nil || same.Error() != err.Error() {
				t.Errorf("the error depends on the address %q: %v", text, err)
			}
			return
		}
		if d.Webhook() && secure(d.name) != nil {
			t.Errorf("%q is not secure", text)
		}
		if strings.ContainsAny(d.String(), "\n\r\x1b") {
			t.Errorf("%q is shown as %q", text, d)
		}
	})
}

const hookSecret = "T0-the-secret-of-the-hook"

// post sends an alert to a server, and returns how often it was asked.
func post(t *testing.T, handle http.HandlerFunc) (asked int, waits []time.Duration, err error) {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked++
		handle(w, r)
	}))
	defer server.Close()
	d, err := ParseDestination("webhook:" + server.URL + "/" + hookSecret)
	if err != nil {
		t.Fatal(err)
	}
	err = testClient(&waits).Alert(t.Context(), aws.Config{}, d, alertOf(t, &Alerts{Earlier: NewEarlier()}, finding(1, report.SeverityHigh, "eu-west-1")))
	if err != nil && (strings.Contains(err.Error(), hookSecret) || strings.Contains(err.Error(), "the body")) {
		t.Errorf("the error tells too much: %v", err)
	}
	return asked, waits, err
}

func TestWebhook(t *testing.T) {
	var body Alert
	asked, _, err := post(t, func(w http.ResponseWriter, r *http.Request) {
		text, _ := io.ReadAll(r.Body)
		if json.Unmarshal(text, &body) != nil || r.Header.Get("Content-Type") != "application/json" || r.Header.Get("User-Agent") != "assay/test" || r.Header.Get("Authorization") != "" {
			t.Errorf("got %v %s", r.Header, text)
		}
		w.WriteHeader(http.StatusNoContent)
	})
	if err != nil || asked != 1 || body.New != 1 {
		t.Errorf("%d requests, %+v, %v", asked, body, err)
	}
	for _, test := range []struct {
		status, asked int
	}{{http.StatusBadRequest, 1}, {http.StatusFound, 1}, {http.StatusTemporaryRedirect, 1}, {http.StatusNotFound, 1}, {http.StatusTooManyRequests, attempts}, {http.StatusBadGateway, attempts}} {
		asked, waits, err := post(t, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Location", "/elsewhere")
			w.Header().Set("Retry-After", "7")
			w.WriteHeader(test.status)
			io.WriteString(w, "the body")
		})
		if err == nil || asked != test.asked || len(waits) != asked-1 || !strings.Contains(err.Error(), fmt.Sprint(test.status)) {
			t.Errorf("%d: %d requests, waits %v, %v", test.status, asked, waits, err)
		}
		for _, w := range waits {
			if w < 7*time.Second || w > longestWait {
				t.Errorf("it would wait for %s", w)
			}
		}
	}
	recovered := 0
	asked, _, err = post(t, func(w http.ResponseWriter, r *http.Request) {
		if recovered++; recovered < 3 {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	})
	if err != nil || asked != 3 {
		t.Errorf("%d requests, %v", asked, err)
	}
	asked, _, err = post(t, func(w http.ResponseWriter, r *http.Request) { panic(http.ErrAbortHandler) })
	if err == nil || asked != attempts {
		t.Errorf("a connection that breaks: %d requests, %v", asked, err)
	}
}

// What is signed goes to no address that others could read.
func TestSignedRequestsAreSecure(t *testing.T) {
	var waits []time.Duration
	d, _ := ParseDestination("eventbridge:default")
	a := alertOf(t, &Alerts{Earlier: NewEarlier()}, finding(1, report.SeverityHigh, "eu-west-1"))
	err := testClient(&waits).Alert(t.Context(), session(t, "http://aws.example.com", "id", "key"), d, a)
	if err == nil || !strings.Contains(err.Error(), "neither https nor on this machine") || len(waits) > 0 {
		t.Errorf("got %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := testClient(&waits).Alert(ctx, session(t, "http://127.0.0.1:1", "id", "key"), d, a); err == nil {
		t.Error("a run that was broken off sent something")
	}
}

// Throttling is waited for.
func TestThrottledRequestsAreSentAgain(t *testing.T) {
	cloud, cfg := served(t)
	if _, err := cloud.Inject("throttle-storm", fakeaws.Scope{}); err != nil {
		t.Fatal(err)
	}
	var waits []time.Duration
	d, _ := ParseDestination("eventbridge:default")
	if err := testClient(&waits).Alert(t.Context(), cfg, d, alertOf(t, &Alerts{Earlier: NewEarlier()}, finding(1, report.SeverityHigh, "eu-west-1"))); err != nil || len(waits) == 0 {
		t.Errorf("waits %v, %v", waits, err)
	}
}
