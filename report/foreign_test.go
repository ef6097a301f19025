package report

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// What we write of other programs' formats follows the schema that we wrote down
// of them, and the schema refuses what those programs would.
func TestForeignJSONFollowsSchema(t *testing.T) {
	for format, wrongs := range map[string]map[string]string{
		"codequality": {
			`"severity":"critical"`: `"severity":"high"`, `"path":"config`: `"path":"./config`, `"begin":12`: `"begin":0`,
			`"type":"issue",`: ``, `"fingerprint":"`: `"fingerprint":"x`, `"location"`: `"place"`,
		},
		"gitleaks-json": {
			`"Secret":"REDACTED"`: `"Secret":"x"`, `"Match":"REDACTED"`: `"Match":"y"`, `"StartLine":12`: `"StartLine":"12"`,
			`"Tags":["cloud","api"]`: `"Tags":null`, `"Commit"`: `"commit"`,
		},
	} {
		schema := compileSchema(t, format)
		f, err := FormatNamed(format)
		if err != nil {
			t.Fatal(err)
		}
		v := variant{format, f.New}
		for _, c := range cases() {
			if err := validate(schema, render(t, v, c)); err != nil {
				t.Errorf("%s.%s: %v", c.name, format, err)
			}
		}
		good := render(t, v, cases()[2])
		for was, wrong := range wrongs {
			bad := bytes.Replace(good, []byte(was), []byte(wrong), 1)
			if bytes.Equal(good, bad) || validate(schema, bad) == nil {
				t.Errorf("%s: the schema lets %s pass", format, wrong)
			}
		}
	}
}

// Places have fingerprints of their own, which do not change with their lines.
func TestCodeQualityFingerprints(t *testing.T) {
	f := worktreeFinding()
	f.Occurrences = []Location{
		{Path: "a", Region: Region{1, 1, 1, 9}, InWorktree: true}, {Path: "a", Region: Region{2, 1, 2, 9}, InWorktree: true},
		{Path: "b", Region: Region{1, 1, 1, 9}, InWorktree: true},
	}
	prints := func() string {
		var issues []codeQualityIssue
		if err := json.Unmarshal(render(t, variant{New: NewCodeQuality}, reportCase{findings: []Finding{f}}), &issues); err != nil {
			t.Fatal(err)
		}
		var list []string
		seen := map[string]bool{}
		for _, i := range issues {
			list = append(list, i.Fingerprint)
			seen[i.Fingerprint] = true
		}
		if len(seen) != 3 {
			t.Errorf("%d fingerprints for 3 places", len(seen))
		}
		return strings.Join(list, " ")
	}
	first := prints()
	for i := range f.Occurrences {
		f.Occurrences[i].Region.StartLine += 7
	}
	if second := prints(); first != second {
		t.Errorf("the fingerprints changed with the lines: %s, then %s", first, second)
	}
}

func TestGitleaksFields(t *testing.T) {
	var entries []gitleaksEntry
	if err := json.Unmarshal(render(t, variant{New: NewGitleaksJSON}, reportCase{run: testRun(), findings: []Finding{worktreeFinding()}}), &entries); err != nil {
		t.Fatal(err)
	}
	if len(entries) != 3 {
		t.Fatalf("%d entries for 3 places", len(entries))
	}
	e := entries[0]
	got := fmt.Sprint(e.File, e.StartLine, e.StartColumn, e.EndColumn, e.Author, e.Email, e.Date, e.Fingerprint)
	commit := strings.Repeat("c", 40)
	if want := fmt.Sprint("config/app.env", 12, 13, 52, "Jane Doe", "jane@example.com", "2024-03-02T01:30:00Z", commit+":config/app.env:example-api-key:12"); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if want := "deploy/k8s.yaml:example-api-key:4"; entries[1].Fingerprint != want {
		t.Errorf("without a commit the fingerprint is %s, want %s", entries[1].Fingerprint, want)
	}
}

// junitSchema names the file with the schema by which Jenkins reads JUnit's XML. It
// is in the Go module github.com/yannh/kubeconform, as fixtures/junit.xsd.
const junitSchema = "ASSAY_JUNIT_XSD"

func TestJUnitFollowsSchema(t *testing.T) {
	schema := os.Getenv(junitSchema)
	program, err := exec.LookPath("xmllint")
	if schema == "" || err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("%s is not set, or there is no xmllint", junitSchema)
		}
		t.Skipf("SKIPPED: JUNIT IS NOT VALIDATED, for %s names no schema or there is no xmllint", junitSchema)
	}
	lint := func(text []byte) error {
		name := filepath.Join(t.TempDir(), "junit.xml")
		if err := os.WriteFile(name, text, 0o666); err != nil {
			t.Fatal(err)
		}
		if out, err := exec.CommandContext(t.Context(), program, "--noout", "--nonet", "--schema", schema, name).CombinedOutput(); err != nil {
			return fmt.Errorf("%w\n%s", err, out)
		}
		return nil
	}
	for _, c := range cases() {
		if err := lint(render(t, variant{New: NewJUnit}, c)); err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	good := render(t, variant{New: NewJUnit}, cases()[2])
	if lint(bytes.Replace(good, []byte("<failure "), []byte(`<failure line="1" `), 1)) == nil {
		t.Error("the schema lets everything pass")
	}
}

// A junitDocument is JUnit's XML as programs read it.
type junitDocument struct {
	Tests    int `xml:"tests,attr"`
	Failures int `xml:"failures,attr"`
	Errors   int `xml:"errors,attr"`
	Suites   []struct {
		Name     string `xml:"name,attr"`
		Tests    int    `xml:"tests,attr"`
		Failures int    `xml:"failures,attr"`
		Errors   int    `xml:"errors,attr"`
		Skipped  int    `xml:"skipped,attr"`
		Cases    []struct {
			Class   string  `xml:"classname,attr"`
			Name    string  `xml:"name,attr"`
			Failure *string `xml:"failure"`
			Error   *string `xml:"error"`
			Skipped *string `xml:"skipped"`
		} `xml:"testcase"`
	} `xml:"testsuite"`
}

// The counts are those of the cases, no case hides another, and each finding,
// verdict and notice is one.
func TestJUnitCounts(t *testing.T) {
	for _, c := range cases() {
		var doc junitDocument
		d := xml.NewDecoder(bytes.NewReader(render(t, variant{New: NewJUnit}, c)))
		if err := d.Decode(&doc); err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		tests, failures, faults := 0, 0, 0
		for _, s := range doc.Suites {
			seen := map[string]bool{}
			n := [4]int{}
			for _, one := range s.Cases {
				seen[one.Class+"\x00"+one.Name] = true
				for i, set := range []bool{true, one.Failure != nil, one.Error != nil, one.Skipped != nil} {
					if set {
						n[i]++
					}
				}
			}
			if n != [4]int{s.Tests, s.Failures, s.Errors, s.Skipped} || len(seen) != s.Tests && c.name != "audit-hostile" { // whose check both fails and passes
				t.Errorf("%s: suite %s counts %d %d %d %d, and has %v with %d names", c.name, s.Name, s.Tests, s.Failures, s.Errors, s.Skipped, n, len(seen))
			}
			tests, failures, faults = tests+n[0], failures+n[1], faults+n[2]
		}
		if tests != doc.Tests || failures != doc.Failures || faults != doc.Errors {
			t.Errorf("%s: %d %d %d in all, and has %d %d %d", c.name, doc.Tests, doc.Failures, doc.Errors, tests, failures, faults)
		}
		want := max(1, len(c.findings)+len(c.verdicts)) + max(1, len(c.notices))
		if tests != want {
			t.Errorf("%s: %d cases, want %d", c.name, tests, want)
		}
	}
}

func TestJUnitBeyondItsBound(t *testing.T) {
	h := NewJUnit(io.Discard).(*junitHandler)
	var b bytes.Buffer
	h.w, h.examined.cases.limit = &b, -1
	h.judged.cases.limit = -1
	c := reportCase{findings: []Finding{copiesFinding()}, notices: []Notice{{Subject: "a", Err: errors.New("b")}}}
	if err := c.tell(h); err != nil {
		t.Fatal(err)
	}
	if text := b.String(); strings.Count(text, "1 more case, for which there was no room") != 2 || !strings.Contains(text, `tests="4" failures="1" errors="3"`) {
		t.Error(text)
	}
}
