package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"pgregory.net/rapid"
)

func testSchema(t *testing.T, name string) *jsonschema.Schema {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "schema", name))
	if err != nil {
		t.Fatal(err)
	}
	return compile(t, text)
}

func TestASFFFollowsSchema(t *testing.T) {
	schema := testSchema(t, "asff.schema.json")
	for _, c := range cases() {
		for i, line := range asffLines(render(t, variant{New: newTestASFF}, c)) {
			if err := validate(schema, line); err != nil {
				t.Errorf("%s, request %d: %v", c.name, i, err)
			}
		}
	}
	good := asffLines(render(t, variant{New: newTestASFF}, auditCase()))[0]
	for was, wrong := range map[string]string{
		`"Status":"PASSED"`: `"Status":"PASS"`, `"SchemaVersion"`: `"Schema"`, `"AwsAccountId"`: `"AccountId"`, `"Findings"`: `"Finding"`,
		`"Title":"`: `"Title":"` + strings.Repeat("x", 257), `"Label":"INFORMATIONAL"`: `"Label":"INFO"`,
	} {
		if bad := bytes.Replace(good, []byte(was), []byte(wrong), 1); bytes.Equal(bad, good) || validate(schema, bad) == nil {
			t.Errorf("the schema lets %s pass", wrong)
		}
	}
}

// newTestASFF is the format with its default options.
func newTestASFF(w io.Writer) Handler { return NewASFF(w, ASFFOptions{}) }

func asffLines(text []byte) [][]byte {
	return bytes.Split(bytes.TrimSuffix(text, []byte("\n")), []byte("\n"))
}

type asffRequest struct{ Findings []asffFinding }

func asffRequests(t testing.TB, text []byte) []asffRequest {
	t.Helper()
	var list []asffRequest
	for _, line := range asffLines(text) {
		var r asffRequest
		d := json.NewDecoder(bytes.NewReader(line))
		d.DisallowUnknownFields()
		if err := d.Decode(&r); err != nil {
			t.Fatal(err)
		}
		list = append(list, r)
	}
	return list
}

// Whatever comes, a request has at most 100 findings of one account and region, none
// of them longer than Security Hub takes, nothing is lost, and each is one write.
func TestASFFRequestsStayWithinLimits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := &countingWriter{}
		h := NewASFF(w, ASFFOptions{})
		text := strings.Repeat(rapid.StringN(1, 8, 32).Draw(t, "text"), rapid.SampledFrom([]int{1, 80}).Draw(t, "times"))
		if err := h.Begin(Run{Command: "audit", Rules: []Rule{{ID: "SM-X", Title: text, Remedy: text, Controls: strings.Split(strings.Repeat("a/"+text[:1]+" ", 40), " ")}}}); err != nil {
			t.Fatal(err)
		}
		want := 1 // about the run
		for range rapid.IntRange(1, 3).Draw(t, "cells") {
			account := rapid.SampledFrom([]string{"111122223333", "444455556666"}).Draw(t, "account")
			region := rapid.SampledFrom([]string{"eu-west-1", "cn-north-1"}).Draw(t, "region")
			for i := range rapid.SampledFrom([]int{0, 1, 30, 100, 101, 205}).Draw(t, "findings") {
				r := testResource(account, region, fmt.Sprint(i, text))
				var err error
				if i%2 == 0 {
					err = h.Verdict(Verdict{"SM-X", r, OutcomePass, text})
				} else {
					err = h.Finding(auditFinding("SM-X", SeverityHigh, text, r, "a"))
				}
				if err != nil {
					t.Fatal(err)
				}
				want++
			}
		}
		if err := h.End(Summary{}); err != nil {
			t.Fatal(err)
		}
		got, requests := 0, 0
		for line := range bytes.Lines(w.Bytes()) {
			requests++
			got += checkASFFRequest(t, line)
		}
		if got != want || requests != w.writes {
			t.Fatalf("%d findings in %d requests and %d writes, want %d", got, requests, w.writes, want)
		}
	})
}

// checkASFFRequest returns how many findings a request has.
func checkASFFRequest(t *rapid.T, line []byte) int {
	var r asffRequest
	if err := json.Unmarshal(line, &r); err != nil {
		t.Fatal(err)
	}
	if len(r.Findings) == 0 || len(r.Findings) > 100 || len(line) > 6<<20 {
		t.Fatalf("a request of %d findings, %d bytes", len(r.Findings), len(line))
	}
	for _, f := range r.Findings {
		one, _ := json.Marshal(f)
		if f.AWSAccountID != r.Findings[0].AWSAccountID || f.Region != r.Findings[0].Region || len(one) > 240_000 {
			t.Fatalf("a request of %s and %s, a finding of %d bytes", f.Region, r.Findings[0].Region, len(one))
		}
		for name, most := range map[string]int{f.Title: 256, f.Description: 1024, f.Remediation.text(): 512, f.Resources[0].ID: 512, f.ID: 512} {
			if len(name) > most || !utf8.ValidString(name) {
				t.Fatalf("%d bytes, at most %d are taken", len(name), most)
			}
		}
		if len(f.Compliance.RelatedRequirements) > 32 {
			t.Fatal("too many requirements")
		}
	}
	return len(r.Findings)
}

func (r *asffRemediation) text() string {
	if r == nil {
		return ""
	}
	return r.Recommendation.Text
}

type countingWriter struct {
	bytes.Buffer
	writes int
}

func (w *countingWriter) Write(p []byte) (int, error) {
	w.writes++
	return w.Buffer.Write(p)
}

// A resource that passes takes the place of its own failure: Id and ProductArn are the
// same, whatever the evidence is.
func TestASFFPassReplacesFailure(t *testing.T) {
	r := testResource(testAccount, "eu-west-1", "prod/db")
	at := time.Date(2026, 11, 21, 9, 0, 0, 0, time.FixedZone("", 3600))
	say := func(tell func(Handler) error) asffFinding {
		var b bytes.Buffer
		h := NewASFF(&b, ASFFOptions{Now: func() time.Time { return at }})
		for _, err := range []error{h.Begin(testRun()), tell(h), h.End(Summary{})} {
			if err != nil {
				t.Fatal(err)
			}
		}
		return asffRequests(t, b.Bytes())[0].Findings[0]
	}
	failed := say(func(h Handler) error { return h.Finding(auditFinding("SM-ROT-01", SeverityHigh, "Off", r, "a")) })
	passed := say(func(h Handler) error { return h.Verdict(Verdict{"SM-ROT-01", r, OutcomePass, "on"}) })
	if failed.ID != passed.ID || failed.ProductARN != passed.ProductARN || failed.Compliance.Status != "FAILED" || passed.Compliance.Status != "PASSED" {
		t.Errorf("failed %+v, passed %+v", failed, passed)
	}
	if passed.UpdatedAt != "2026-11-21T08:00:00Z" || failed.FindingProviderFields.Severity.Label != "HIGH" {
		t.Errorf("at %s, severity %s", passed.UpdatedAt, failed.FindingProviderFields.Severity.Label)
	}
	other := say(func(h Handler) error { return h.Verdict(Verdict{"SM-ROT-02", r, OutcomeNotEvaluated, "denied"}) })
	if other.ID == passed.ID || other.Compliance.Status != "NOT_AVAILABLE" {
		t.Errorf("another check: %+v", other)
	}
}

func TestCutBytes(t *testing.T) {
	for _, test := range []struct {
		text string
		most int
		want string
	}{{"abc", 3, "abc"}, {"abcd", 3, "…"}, {"abcde", 4, "a…"}, {"aüüü", 6, "aü…"}, {"üüü", 5, "ü…"}, {"🔑🔑", 6, "…"}} {
		if got := cutBytes(test.text, test.most); got != test.want || len(got) > test.most {
			t.Errorf("cutBytes(%q, %d) = %q, want %q", test.text, test.most, got, test.want)
		}
	}
}
