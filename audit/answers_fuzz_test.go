package audit

import (
	"bytes"
	"context"
	"hash/crc32"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/assayhq/assay/audit/fakeaws"
	"github.com/assayhq/assay/report"
)

// FuzzAnswers changes one answer of AWS and collects: whatever an endpoint sends costs
// the call that it answers, breaks nothing, and can be written, read again and judged.
func FuzzAnswers(f *testing.F) {
	for i, text := range []string{`null`, `[]`, `{"a":`, `-1e999`, `"`, "\xff", `<a><b>`, `{"__type":"a#b:c","message":{}}`, strings.Repeat("[", 20_000), "9223372036854775808"} {
		f.Add(uint16(i), uint16(10*i), uint16(20), text, uint16(200))
	}
	cloud := newCloud()
	account := cloud.Account(testAccount)
	region := account.Region("eu-west-1")
	region.Secrets = append(region.Secrets, &fakeaws.Secret{Name: "a", ARN: region.ARN("secretsmanager", "secret:a-AbCdEf"), Tags: []fakeaws.Tag{{Key: "k", Value: "v"}},
		Policy: `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}]}`})
	fakeaws.Expose(cloud, region)
	handler, user := cloud.Handler(), account.User("auditor")
	o := searching(f)
	o.Regions = []string{"eu-west-1"}
	f.Fuzz(func(t *testing.T, call, at, cut uint16, text string, status uint16) {
		var calls atomic.Int32
		cfg := staticConfig("http://127.0.0.1", user)
		cfg.HTTPClient = doer(func(r *http.Request) (*http.Response, error) {
			calls.Add(1)
			answer, body := served(handler, r)
			if kind := crc32.ChecksumIEEE([]byte(r.Header.Get("X-Amz-Target") + r.URL.Path + body)); uint16(kind%64) == call%64 {
				answer = changed(t, answer, int(at), int(cut), text, int(status))
			}
			return answer, nil
		})
		inv, err := Collect(context.Background(), o, cfg)
		if err != nil {
			if n := calls.Load(); n > 3 {
				t.Fatalf("after %d calls: %v", n, err)
			}
			return // the first call, which says whose account it is
		}
		for _, line := range linesOf(t, inv) {
			if strings.Contains(line, "reading the answer failed") {
				t.Fatalf("a panic while an answer was read: %s", line)
			}
		}
		checkReadable(t, inv)
	})
}

// served asks the made-up AWS without a connection. It returns what was sent, too.
func served(handler http.Handler, r *http.Request) (*http.Response, string) {
	in := r.Clone(r.Context())
	in.Host, in.RequestURI = r.URL.Host, r.URL.RequestURI()
	var sent []byte
	if r.Body != nil {
		sent, _ = io.ReadAll(r.Body) // it is in memory
	}
	in.Body = io.NopCloser(bytes.NewReader(sent))
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, in)
	answer := w.Result()
	answer.Request = r
	return answer, string(sent)
}

// changed replaces a piece of an answer.
func changed(t *testing.T, answer *http.Response, at, cut int, text string, status int) *http.Response {
	t.Helper()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	from := at % (len(body) + 1)
	to := min(from+cut, len(body))
	body = append(append(bytes.Clone(body[:from]), text...), body[to:]...)
	if status >= 200 && status < 600 {
		answer.StatusCode = status
	}
	answer.Header.Del("Content-Length")
	answer.Body, answer.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	return answer
}

// checkReadable writes an inventory, reads it again, and judges it.
func checkReadable(t *testing.T, inv *Inventory) {
	t.Helper()
	var b bytes.Buffer
	if err := inv.Write(&b); err != nil {
		t.Fatal(err)
	}
	again, err := ReadInventory(&b)
	if err != nil {
		t.Fatalf("what was collected cannot be read: %v", err)
	}
	var out bytes.Buffer
	h := report.NewJSONL(&out)
	if err := h.Begin(report.Run{Tool: "assay", Command: "audit"}); err != nil {
		t.Fatal(err)
	}
	if _, err := (&Judge{Checks: Checks()}).Run(again, h); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(out.String(), "a defect of the check") {
		t.Fatal("a check broke")
	}
}
