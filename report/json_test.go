package report

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"pgregory.net/rapid"
)

// Everything that the formats json and jsonl write is what their schemas say.
func TestJSONFollowsSchema(t *testing.T) {
	report, record := compileSchema(t, "json"), compileSchema(t, "jsonl")
	for _, c := range cases() {
		if err := validate(report, render(t, variant{New: NewJSON}, c)); err != nil {
			t.Errorf("%s.json: %v", c.name, err)
		}
		lines := bytes.Split(bytes.TrimSuffix(render(t, variant{New: NewJSONL}, c), []byte("\n")), []byte("\n"))
		if want := 2 + len(c.findings) + len(c.verdicts) + len(c.notices); len(lines) != want {
			t.Errorf("%s.jsonl has %d lines, want %d", c.name, len(lines), want)
		}
		for i, line := range lines {
			if err := validate(record, line); err != nil {
				t.Errorf("%s.jsonl line %d: %v", c.name, i+1, err)
			}
		}
	}
}

// A schema that lets everything pass would pass the test above.
func TestSchemasRefuse(t *testing.T) {
	record := compileSchema(t, "jsonl")
	line := strings.TrimSpace(string(render(t, variant{New: NewJSONL}, cases()[0])))
	run, summary, _ := strings.Cut(line, "\n")
	for _, wrong := range []string{
		"{}", `{"type":"thing"}`,
		strings.Replace(run, `"tool"`, `"tools"`, 1),
		strings.Replace(run, `{"type"`, `{"time":"12:00","type"`, 1),
		strings.Replace(run, `"severity":"high"`, `"severity":"terrible"`, 1),
		strings.Replace(summary, `"files":3`, `"files":-3`, 1),
		strings.Replace(summary, `"files":3`, `"files":3,"walks":1`, 1),
	} {
		if err := validate(record, []byte(wrong)); err == nil {
			t.Errorf("the schema lets this pass: %.80s", wrong)
		}
	}
}

func TestSchemasRefuseOfAudit(t *testing.T) {
	record, report := compileSchema(t, "jsonl"), compileSchema(t, "json")
	lines := strings.Split(string(render(t, variant{New: NewJSONL}, auditCase())), "\n")
	run, verdict := lines[0], lines[1]
	if !strings.Contains(verdict, `"type":"verdict"`) {
		t.Fatalf("no verdict: %s", verdict)
	}
	for _, c := range []struct{ text, old, new string }{
		{verdict, `"outcome":"pass"`, `"outcome":"fail"`},
		{verdict, `"arn"`, `"id"`},
		{run, `"denied":2`, `"denied":-2`},
		{run, `"status"`, `"state"`},
	} {
		if err := validate(record, []byte(c.text)); err != nil {
			t.Fatal(err)
		}
		if wrong := strings.Replace(c.text, c.old, c.new, 1); wrong == c.text || validate(record, []byte(wrong)) == nil {
			t.Errorf("the schema lets %s pass", c.new)
		}
	}
	whole := render(t, variant{New: NewJSON}, auditCase())
	if err := validate(report, bytes.Replace(whole, []byte(`"verdicts_left_out":0,`), nil, 1)); err == nil {
		t.Error("verdicts may be left out in silence")
	}
}

// A finding with very many places is written in pieces, and reads as in one.
func TestManyPlaces(t *testing.T) {
	f := suppressedFinding()
	f.Message = `"occurrences":[]` + hostile
	f.Occurrences = nil
	for i := range 3*fewPlaces + 1 {
		f.Occurrences = append(f.Occurrences, Location{Path: fmt.Sprintf("%d%s", i, hostile), InWorktree: true})
	}
	var b bytes.Buffer
	w := &longestWriter{w: &b}
	if err := (reportCase{run: testRun(), findings: []Finding{f}}).tell(NewJSONL(w)); err != nil {
		t.Fatal(err)
	}
	want, err := marshal(newFindingRecord(f))
	if err != nil {
		t.Fatal(err)
	}
	if got := bytes.Split(b.Bytes(), []byte("\n"))[1]; !bytes.Equal(got, want) {
		t.Errorf("in pieces it is %.300s, in one %.300s", got, want)
	}
	if w.longest > 2*manyBytes {
		t.Errorf("a piece has %d bytes", w.longest)
	}
}

// A longestWriter knows the longest write.
type longestWriter struct {
	w       io.Writer
	longest int
}

func (c *longestWriter) Write(p []byte) (int, error) {
	c.longest = max(c.longest, len(p))
	return c.w.Write(p)
}

func compileSchema(t *testing.T, format string) *jsonschema.Schema {
	t.Helper()
	text, err := Schema(format)
	if err != nil {
		t.Fatal(err)
	}
	return compile(t, text)
}

func compile(t *testing.T, text []byte) *jsonschema.Schema {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	c.AssertContent()
	if err := c.AddResource("schema.json", doc); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

func validate(schema *jsonschema.Schema, text []byte) error {
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return err
	}
	return schema.Validate(doc)
}

// Both schemas are published whole, so what they share stands in both.
func TestSchemasAgree(t *testing.T) {
	var defs [2]map[string]any
	for i, format := range []string{"json", "jsonl"} {
		text, err := Schema(format)
		if err != nil {
			t.Fatal(err)
		}
		var schema struct {
			Defs map[string]any `json:"$defs"`
		}
		if err := json.Unmarshal(text, &schema); err != nil {
			t.Fatal(err)
		}
		defs[i] = schema.Defs
		for name, def := range schema.Defs {
			checkDescribed(t, format+" "+name, def)
		}
	}
	if diff := cmp.Diff(defs[0], defs[1]); diff != "" {
		t.Errorf("json and jsonl differ:\n%s", diff)
	}
}

// checkDescribed wants every object closed and every field explained.
func checkDescribed(t *testing.T, path string, node any) {
	t.Helper()
	def, ok := node.(map[string]any)
	if !ok {
		t.Fatalf("%s is no object", path)
	}
	properties, _ := def["properties"].(map[string]any)
	if def["type"] == "object" && def["additionalProperties"] == nil {
		t.Errorf("%s is open", path)
	}
	if def["description"] == nil && def["$ref"] == nil && def["const"] == nil {
		t.Errorf("%s has no description", path)
	}
	for name, property := range properties {
		checkDescribed(t, path+"."+name, property)
	}
}

func TestSchemaOfOthers(t *testing.T) {
	for _, format := range []string{"sarif", "text", ""} {
		if text, err := Schema(format); err == nil || text != nil {
			t.Errorf("Schema(%q) = %d bytes, %v", format, len(text), err)
		}
	}
}

// A path of any bytes can be had back from the report.
func TestPathsRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		path := rapid.OneOf(rapid.String(), rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) string { return string(b) })).Draw(t, "path")
		var b bytes.Buffer
		c := reportCase{
			findings: []Finding{{Occurrences: []Location{{Path: path}}}},
			notices:  []Notice{{path, errors.New("x"), nil, ""}},
		}
		if err := c.tell(NewJSONL(&b)); err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(b.String(), "\n")
		var finding struct {
			Occurrences []struct {
				Path       string
				PathBase64 []byte `json:"path_base64"`
			}
		}
		var notice struct {
			Subject       string
			SubjectBase64 []byte `json:"subject_base64"`
		}
		if err := errors.Join(json.Unmarshal([]byte(lines[1]), &finding), json.Unmarshal([]byte(lines[2]), &notice)); err != nil {
			t.Fatal(err)
		}
		place := finding.Occurrences[0]
		if got := exact(place.Path, place.PathBase64); got != path {
			t.Errorf("path %q came back as %q", path, got)
		}
		if got := exact(notice.Subject, notice.SubjectBase64); got != path {
			t.Errorf("subject %q came back as %q", path, got)
		}
	})
}

func exact(text string, bytes []byte) string {
	if bytes != nil {
		return string(bytes)
	}
	return text
}

func TestNonUTF8Path(t *testing.T) {
	got := newLocationRecord(Location{Path: "caf\xe9"})
	if got.Path != `caf\xe9` || got.PathBase64 != base64.StdEncoding.EncodeToString([]byte("caf\xe9")) {
		t.Errorf("got %+v", got)
	}
}

// Notices beyond what the format holds are counted.
func TestJSONNoticesBounded(t *testing.T) {
	var b bytes.Buffer
	h := NewJSON(&b).(*jsonHandler)
	h.notices.limit = 10
	c := reportCase{notices: []Notice{{"12345", errors.New("67890"), nil, ""}, {"x", errors.New("y"), nil, ""}, {"", errors.New(""), nil, ""}}}
	if err := c.tell(h); err != nil {
		t.Fatal(err)
	}
	var got struct {
		Notices []noticeRecord
		LeftOut int `json:"notices_left_out"`
	}
	if err := json.Unmarshal(b.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if len(got.Notices) != 1 || got.LeftOut != 2 {
		t.Errorf("%d listed, %d left out", len(got.Notices), got.LeftOut)
	}
}

// The golden files are what programs of others were written against.
func TestGoldenFilesFollowSchema(t *testing.T) {
	schema := compileSchema(t, "json")
	files, err := filepath.Glob("testdata/*.json")
	if err != nil || len(files) != len(cases()) {
		t.Fatalf("%d golden files, %v", len(files), err)
	}
	for _, file := range files {
		if err := validate(schema, readFile(t, file)); err != nil {
			t.Errorf("%s: %v", file, err)
		}
	}
}
