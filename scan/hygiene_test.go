package scan

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/assayhq/assay/report"
)

func TestExposureOf(t *testing.T) {
	for _, c := range []struct {
		path        string
		ok, certain bool
	}{
		{".env", true, true}, {"web/.env.production", true, true}, {".ENV.local", true, true},
		{".env.example", false, false}, {".env.sample", false, false}, {".env.dist", false, false}, {".env.test", false, false},
		{"test/.env", false, false}, {"examples/app/.env", false, false}, {"node_modules/a/.env", false, false},
		{".environment", false, false}, {"prod.env", false, false}, {".envrc", true, false},
		{"tls/server.key", true, true}, {"release.key", true, false}, {"keys/apt-archive.key", true, false}, {"testdata/server.key", false, false},
		{"roots.pem", true, false}, {"privkey.pem", true, true}, {"pubkey.pem", true, false}, {"docs/privkey.pem", false, false},
		{"app/release-store.p12", true, true}, {"a.pfx", true, true},
		{"secrets.json", true, true}, {"config/credentials.json", true, true}, {"secrets.json.md", false, false}, {"secrets.example.json", false, false},
		{".npmrc", true, false}, {"go.mod", false, false}, {"", false, false},
	} {
		x, ok := exposureOf(c.path)
		if ok != c.ok || ok && x.proof == c.certain {
			t.Errorf("%s: %t, %+v", c.path, ok, x)
		}
		if ok && len(x.lines) == 0 {
			t.Errorf("%s: no line mends it", c.path)
		}
	}
}

// What is staged is judged without a look at any file.
func TestHygieneOfStaged(t *testing.T) {
	list := &report.List{}
	h := NewHygiene(builtin(), list)
	see := h.Staged()
	for _, p := range []string{"z/.env", "a.pem", "b.pem", "main.go", ".env"} {
		see(p)
	}
	again := h.Staged()
	again(".env")
	leak := func(path string, c report.Confidence) report.Finding {
		return report.Finding{RuleID: "private-key", Confidence: c, Occurrences: []report.Location{{Path: path}}}
	}
	for _, err := range []error{
		h.Begin(report.Run{}),
		h.Finding(leak("a.pem", report.ConfidenceLow)), h.Finding(leak("b.pem", report.ConfidencePlaceholder)),
		h.End(report.Summary{}),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	var got []string
	for _, f := range list.Findings[2:] {
		got = append(got, f.RuleID+" "+f.Occurrences[0].Path)
	}
	id := HygieneRule().ID + " "
	if diff := cmp.Diff([]string{id + ".env", id + "a.pem", id + "z/.env"}, got); diff != "" {
		t.Error(diff)
	}
}
