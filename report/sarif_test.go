package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/owenrumney/go-sarif/v2/sarif"
	"pgregory.net/rapid"
)

// sarifMultitool is the folder of the npm package
// @microsoft/sarif-multitool-linux, which holds the SARIF schema and Microsoft's
// validator with the rules of GitHub's ingestion.
const sarifMultitool = "ASSAY_SARIF_MULTITOOL"

func multitool(t *testing.T) string {
	t.Helper()
	folder := os.Getenv(sarifMultitool)
	if folder == "" {
		if os.Getenv("CI") == "true" {
			t.Fatalf("%s is not set", sarifMultitool)
		}
		t.Skipf("SKIPPED: SARIF IS NOT VALIDATED, for %s does not name the folder of the npm package @microsoft/sarif-multitool-linux", sarifMultitool)
	}
	return folder
}

func sarifVariants() []variant {
	return slices.DeleteFunc(variants(), func(v variant) bool { return !strings.HasSuffix(v.name, "sarif") })
}

func TestSARIFFollowsSchema(t *testing.T) {
	schema := compile(t, readFile(t, filepath.Join(multitool(t), "sarif-2.1.0.json")))
	for _, v := range sarifVariants() {
		for _, c := range cases() {
			if err := validate(schema, render(t, v, c)); err != nil {
				t.Errorf("%s.%s: %v", c.name, v.name, err)
			}
		}
	}
	nulled := bytes.Replace(render(t, sarifVariants()[0], cases()[0]), []byte(`"text":"Private key."`), []byte(`"text":null`), 1)
	if err := validate(schema, nulled); err == nil {
		t.Error("the schema lets a null pass")
	}
}

// What the validator says and we do not follow.
var sarifExempt = map[string]string{
	"SARIF2002": "message ids save little here, and code scanning shows none",
	"SARIF2003": "the run does not know where its repository lives",
	"SARIF2006": "it asks the network whether the schema is reachable",
	"SARIF2009": "our rule ids are names",
	"SARIF2010": "a snippet would copy the line that holds the credential",
	"SARIF2011": "and so would its surroundings",
}

// TestSARIFMultitool runs the validator. Its exit code is 0 in any case, and it
// finds nothing in a document with nulls, so a broken document goes with the
// good ones and must be found fault with.
func TestSARIFMultitool(t *testing.T) {
	if testing.Short() {
		t.Skip("the validator takes a quarter of a minute")
	}
	folder := multitool(t)
	dir := t.TempDir()
	write := func(name string, text []byte) {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	for _, v := range sarifVariants() {
		for _, c := range cases() {
			if !strings.HasSuffix(c.name, "hostile") && c.name != "no-rules" { // their names and absent rules are what it would find
				write(c.name+"."+v.name, render(t, v, c))
			}
		}
	}
	saved := render(t, variant{New: NewJSONL}, cases()[2])
	write("merged.sarif", merged(t, sarifVariants()[0], saved, saved)) // of saved reports
	good := render(t, sarifVariants()[0], cases()[0])
	write("broken.sarif", bytes.Replace(good, []byte(`"fullDescription":{"text":"A private key in PEM form."},`), nil, 1))

	out := filepath.Join(dir, "log.json")
	command := exec.CommandContext(t.Context(), filepath.Join(folder, "Sarif.Multitool"),
		"validate", filepath.Join(dir, "*.sarif"), "--rule-kind", "Sarif;Ghas", "--level", "Error;Warning;Note", "--kind", "Fail",
		"--output", out, "--log", "ForceOverwrite")
	if output, err := command.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	foundBroken := false
	for _, fault := range multitoolFaults(t, out) {
		switch {
		case strings.Contains(fault, "broken.sarif"):
			foundBroken = foundBroken || strings.HasPrefix(fault, "GH")
		case sarifExempt[strings.Fields(fault)[0]] == "":
			t.Error(fault)
		}
	}
	if !foundBroken {
		t.Error("the validator finds nothing, not even in a broken document")
	}
}

// multitoolFaults reads the validator's log, which is SARIF itself.
func multitoolFaults(t *testing.T, file string) []string {
	t.Helper()
	log, err := sarif.FromBytes(bytes.TrimPrefix(readFile(t, file), []byte("\ufeff")))
	if err != nil {
		t.Fatal(err)
	}
	var faults []string
	for _, run := range log.Runs {
		for _, r := range run.Results {
			at := "?"
			if len(r.Locations) > 0 {
				at = filepath.Base(*r.Locations[0].PhysicalLocation.ArtifactLocation.URI)
			}
			faults = append(faults, fmt.Sprintf("%s %s %v", *r.RuleID, at, r.Message.Arguments))
		}
	}
	return faults
}

// Code scanning refuses nulls, and go-sarif writes some where a field is forgotten.
func TestSARIFHasNoNulls(t *testing.T) {
	for _, v := range sarifVariants() {
		for _, c := range append(cases(), reportCase{findings: []Finding{{}}, notices: []Notice{{}}}) {
			var doc any
			if err := json.Unmarshal(render(t, v, c), &doc); err != nil {
				t.Fatal(err)
			}
			if path := findNull(doc); path != "" {
				t.Errorf("%s.%s holds null at %s", c.name, v.name, path)
			}
		}
	}
}

func findNull(node any) string {
	switch node := node.(type) {
	case nil:
		return "."
	case map[string]any:
		for key, child := range node {
			if path := findNull(child); path != "" {
				return "." + key + path
			}
		}
	case []any:
		for i, child := range node {
			if path := findNull(child); path != "" {
				return fmt.Sprintf("[%d]%s", i, path)
			}
		}
	}
	return ""
}

// sarifOf is what a format made of findings and notices.
func sarifOf(t *testing.T, h func(*bytes.Buffer) Handler, c reportCase) *sarif.Report {
	t.Helper()
	var b bytes.Buffer
	if err := c.tell(h(&b)); err != nil {
		t.Fatal(err)
	}
	doc, err := sarif.FromBytes(b.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

func plainSARIF(b *bytes.Buffer) Handler { return NewSARIF(b, SARIFOptions{}) }

func withHistory(b *bytes.Buffer) Handler { return NewSARIF(b, SARIFOptions{History: HistoryInclude}) }

func uris(run *sarif.Run) []string {
	var list []string
	for _, r := range run.Results {
		list = append(list, *r.Locations[0].PhysicalLocation.ArtifactLocation.URI)
	}
	return list
}

func notes(run *sarif.Run) []string {
	var list []string
	for _, n := range run.Invocations[0].ToolExecutionNotifications {
		list = append(list, n.Level+" "+*n.Descriptor.Id)
	}
	return list
}

func TestSARIFPlaces(t *testing.T) {
	object := strings.Repeat("1", 40)
	worktree := Location{Path: "a", Object: object, InWorktree: true, AtHead: true}
	edited := Location{Path: "a", InWorktree: true}
	head := Location{Path: "a", Object: object, AtHead: true}
	other := Location{Path: "b", Object: object, AtHead: true}
	gone := Location{Path: "c", Object: object}
	message := Location{Object: object, Type: "commit"}
	for _, c := range []struct {
		name          string
		at            []Location
		omit, include []string
	}{
		{"working tree", []Location{worktree}, []string{"a"}, []string{"a"}},
		{"two files", []Location{worktree, {Path: "z", InWorktree: true}}, []string{"a", "z"}, []string{"a", "z"}},
		{"edited since HEAD", []Location{head, edited}, []string{"a"}, []string{"a"}},
		{"deleted since HEAD", []Location{edited, other}, []string{"a", "b"}, []string{"a", "b"}},
		{"history too", []Location{gone, worktree}, []string{"a"}, []string{"a"}},
		{"history alone", []Location{gone, message}, nil, []string{"c"}},
		{"commit message", []Location{message}, nil, []string{"commit/" + object}},
		{"no Git", []Location{{Path: "x y"}}, []string{"x%20y"}, []string{"x%20y"}},
		{"standard input", []Location{{}}, []string{"-"}, []string{"-"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			told := reportCase{findings: []Finding{{Fingerprint: fingerprint("a"), Occurrences: c.at}}}
			omitted := sarifOf(t, plainSARIF, told).Runs[0]
			if diff := cmp.Diff(c.omit, uris(omitted)); diff != "" {
				t.Errorf("omit: %s", diff)
			}
			if said := slices.Contains(notes(omitted), "note history-omitted"); said != (c.omit == nil) {
				t.Errorf("what was omitted: %q", notes(omitted))
			}
			if diff := cmp.Diff(c.include, uris(sarifOf(t, withHistory, told).Runs[0])); diff != "" {
				t.Errorf("include: %s", diff)
			}
		})
	}
}

func TestSARIFFingerprints(t *testing.T) {
	f := worktreeFinding()
	derived := strings.Repeat("a", 16) + ":1"
	for _, c := range []struct {
		name string
		at   Location
		want any
	}{
		{"computed", Location{InWorktree: true, Region: Region{1, 1, 1, 2}, LineHash: "abc:2"}, "abc:2"},
		{"left to the action that uploads", Location{InWorktree: true, Region: Region{1, 1, 1, 2}}, nil},
		{"a file's name", Location{InWorktree: true}, derived},
		{"history", Location{Object: "1", Region: Region{1, 1, 1, 2}}, derived},
	} {
		got := partialFingerprints(f, c.at)
		if got["primaryLocationLineHash"] != c.want || got["assayFingerprint/v1"] != f.Fingerprint {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}

func TestSARIFSplitsRuns(t *testing.T) {
	small := func(b *bytes.Buffer) Handler {
		h := NewSARIF(b, SARIFOptions{}).(*sarifHandler)
		h.resultsPerRun, h.runsPerFile = 3, 2
		return h
	}
	doc := sarifOf(t, small, reportCase{run: testRun(), findings: []Finding{copiesFinding()}, notices: []Notice{{"x", errors.New("y"), nil, ""}}})
	var sizes []int
	var ids []string
	for _, run := range doc.Runs {
		sizes = append(sizes, len(run.Results))
		ids = append(ids, *run.AutomationDetails.ID)
		if len(run.Tool.Driver.Rules) != 3 {
			t.Errorf("a run has %d rules", len(run.Tool.Driver.Rules))
		}
	}
	if diff := cmp.Diff([]int{3, 3}, sizes); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"assay-scan/", "assay-scan-part-2/"}, ids); diff != "" {
		t.Error(diff)
	}
	last := doc.Runs[1]
	if diff := cmp.Diff([]string{"warning not-examined", "warning results-omitted"}, notes(last)); diff != "" {
		t.Error(diff)
	}
	if text := *last.Invocations[0].ToolExecutionNotifications[1].Message.Text; !strings.Contains(text, "3 results") {
		t.Errorf("left out: %s", text)
	}
}

// What a range brings and what is there are apart in code scanning, and so are jobs
// with names of their own.
func TestSARIFCategory(t *testing.T) {
	for _, c := range []struct{ category, extent, want string }{
		{"", "", "assay-scan/"},
		{"", "range", "assay-scan-range/"},
		{"backend", "", "backend/"},
		{"ci/backend/", "range", "ci/backend-range/"},
	} {
		named := func(b *bytes.Buffer) Handler { return NewSARIF(b, SARIFOptions{Category: c.category}) }
		doc := sarifOf(t, named, reportCase{run: Run{Tool: "assay", Command: "scan", Extent: c.extent}})
		if got := *doc.Runs[0].AutomationDetails.ID; got != c.want {
			t.Errorf("category %q of %q is %q, want %q", c.category, c.extent, got, c.want)
		}
	}
}

func TestSARIFLimits(t *testing.T) {
	h := NewSARIF(nil, SARIFOptions{}).(*sarifHandler)
	if h.resultsPerRun != 25_000 || h.runsPerFile != 20 {
		t.Errorf("%d results in %d runs", h.resultsPerRun, h.runsPerFile)
	}
	long := strings.Repeat("ä ", 2000)
	rule := newSARIFRule(Rule{ID: long, Title: long, Text: long, Tags: strings.Split(fmt.Sprint(make([]int, 40)), " ")}, "scan")
	for what, text := range map[string]string{"short": *rule.ShortDescription.Text, "full": *rule.FullDescription.Text} {
		if n := len([]rune(text)); n != 1024 {
			t.Errorf("the %s description has %d characters", what, n)
		}
	}
	tags := newSARIFRule(Rule{Tags: []string{"security", "a", "a"}, Controls: strings.Split("bcdefghijklmnopqrstuvwxyz", "")}, "audit").Properties["tags"].([]string)
	if len(tags) != 20 || tags[0] != "security" || tags[1] != "a" || tags[2] != "b" {
		t.Errorf("tags %q", tags)
	}
}

func TestSARIFInterrupted(t *testing.T) {
	for _, interrupted := range []bool{false, true} {
		doc := sarifOf(t, plainSARIF, reportCase{notices: []Notice{{}}, summary: Summary{NotExamined: 1, Interrupted: interrupted}})
		if got := *doc.Runs[0].Invocations[0].ExecutionSuccessful; got == interrupted {
			t.Errorf("interrupted %v: executionSuccessful %v", interrupted, got)
		}
		if said := slices.Contains(notes(doc.Runs[0]), "error interrupted"); said != interrupted {
			t.Errorf("interrupted %v: %q", interrupted, notes(doc.Runs[0]))
		}
	}
}

// The URI of any path is a relative reference that decodes to the path.
func TestPercentEncode(t *testing.T) {
	if got := percentEncode("a b/c:d%é\xff[1]?#~.txt"); got != "a%20b/c%3Ad%25%C3%A9%FF%5B1%5D%3F%23~.txt" {
		t.Errorf("got %s", got)
	}
	rapid.Check(t, func(t *rapid.T) {
		path := string(rapid.SliceOf(rapid.Byte()).Draw(t, "path"))
		text := percentEncode(path)
		if got, err := url.PathUnescape(text); err != nil || got != path {
			t.Fatalf("%q came back as %q, %v", path, got, err)
		}
		if u, err := url.Parse(text); err != nil || u.Scheme != "" || u.RawQuery != "" || u.Fragment != "" {
			t.Fatalf("%q is %+v, %v", text, u, err)
		}
	})
}

func TestPascal(t *testing.T) {
	for id, want := range map[string]string{
		"github-app-token": "GithubAppToken", "SM-ROT-04": "SmRot04", "1password-key": "Rule1passwordKey", "": "Rule", "é-x": "X",
	} {
		if got := pascal(id); got != want {
			t.Errorf("pascal(%q) = %q, want %q", id, got, want)
		}
	}
}

func TestRegionIsPositive(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(-2, 5)
		r := physical(Location{Region: Region{n.Draw(t, "a"), n.Draw(t, "b"), n.Draw(t, "c"), n.Draw(t, "d")}}).Region
		if *r.StartLine < 1 || *r.StartColumn < 1 || *r.EndLine < *r.StartLine || *r.EndColumn < 1 ||
			*r.EndLine == *r.StartLine && *r.EndColumn < *r.StartColumn {
			t.Fatalf("%d:%d-%d:%d", *r.StartLine, *r.StartColumn, *r.EndLine, *r.EndColumn)
		}
	})
}

func TestHistoryNames(t *testing.T) {
	for _, want := range []History{HistoryOmit, HistoryInclude} {
		text, _ := want.MarshalText()
		var got History
		if err := got.UnmarshalText(text); err != nil || got != want {
			t.Errorf("%s came back as %v, %v", text, got, err)
		}
	}
	var h History
	if err := h.UnmarshalText([]byte("hide")); err == nil {
		t.Error("an unknown name passes")
	}
}

func readFile(t *testing.T, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// A resource is named by its ARN and stands at a place made up for it, whatever
// is done with history; what passes is no result, and what was asked is said.
func TestSARIFAudit(t *testing.T) {
	c := auditCase()
	for _, format := range []func(*bytes.Buffer) Handler{plainSARIF, withHistory} {
		run := sarifOf(t, format, c).Runs[0]
		if len(run.Results) != len(c.findings) {
			t.Fatalf("%d results of %d findings", len(run.Results), len(c.findings))
		}
		for i, r := range run.Results {
			hash, _ := r.PartialFingerprints["primaryLocationLineHash"].(string)
			location := r.Locations[0].LogicalLocations[0]
			if !strings.HasPrefix(*location.FullyQualifiedName, "arn:aws:secretsmanager:") || *location.Kind != "resource" || !strings.HasSuffix(hash, ":1") {
				t.Errorf("result %d: %+v, %q", i, location, hash)
			}
		}
		if want := "aws/123456789012/eu-west-1/secretsmanager/prod/gr%C3%B6%C3%9Fe%20%26%20more/api-key"; !slices.Contains(uris(run), want) {
			t.Errorf("no result at %s", want)
		}
		if diff := cmp.Diff(slices.Repeat([]string{"warning not-examined"}, len(c.notices)), notes(run)); diff != "" {
			t.Error(diff)
		}
		if properties := run.Invocations[0].Properties; properties["coverage"] == nil || properties["summary"] == nil {
			t.Errorf("the invocation says %v", properties)
		}
		for _, rule := range run.Tool.Driver.Rules {
			if tags := fmt.Sprint(rule.Properties["tags"]); strings.Contains(tags, "cwe") || !strings.Contains(tags, "security") {
				t.Errorf("%s has the tags %s", rule.ID, tags)
			}
		}
	}
}
