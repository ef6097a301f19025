package report

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A report that was saved as jsonl becomes in every format what the run itself
// would have written in it. One saved as json has its notices and verdicts at its
// end, as the formats have that hold them back.
func TestReadGivesEveryFormat(t *testing.T) {
	inOrder := map[string]bool{"jsonl": true, "csv": true, "github": true, "codequality": true, "gitleaks-json": true}
	for _, from := range []variant{{"json", NewJSON}, {"jsonl", NewJSONL}} {
		for _, c := range cases() {
			saved := render(t, from, c)
			for _, v := range variants() {
				streamed := inOrder[v.name] || strings.HasSuffix(v.name, "hook") || slices.Contains([]string{"asff", "junit", "ocsf"}, v.name) && c.verdicts != nil
				if from.name == "json" && streamed || strings.HasSuffix(c.name, "hostile") {
					continue
				}
				var again bytes.Buffer
				if err := Read(bytes.NewReader(saved), v.New(&again)); err != nil {
					t.Fatalf("%s %s %s: %v", from.name, c.name, v.name, err)
				}
				if diff := cmp.Diff(string(render(t, v, c)), again.String()); diff != "" {
					t.Errorf("%s.%s from %s: %s", c.name, v.name, from.name, diff)
				}
			}
		}
	}
}

// What json and jsonl write is read back: written once more it is the same, also
// where text was no UTF-8.
func TestReadAgain(t *testing.T) {
	for _, v := range []variant{{"json", NewJSON}, {"jsonl", NewJSONL}} {
		for _, c := range cases() {
			first := render(t, v, c)
			var second bytes.Buffer
			if err := Read(bytes.NewReader(first), v.New(&second)); err != nil {
				t.Fatalf("%s %s: %v", v.name, c.name, err)
			}
			if diff := cmp.Diff(string(first), second.String()); diff != "" {
				t.Errorf("%s %s: %s", v.name, c.name, diff)
			}
		}
	}
}

// A report that lacks something says so in what becomes of it.
func TestReadLeftOut(t *testing.T) {
	text := bytes.Replace(render(t, variant{New: NewJSON}, auditCase()), []byte(`"verdicts_left_out":0`), []byte(`"verdicts_left_out":7`), 1)
	text = bytes.Replace(text, []byte(`"notices_left_out":0`), []byte(`"notices_left_out":3`), 1)
	l, err := ReadList(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	var said []string
	for _, n := range l.Notices[len(auditCase().notices)-1:] {
		said = append(said, n.Subject+": "+n.Err.Error())
	}
	if text := strings.Join(said, "; "); !strings.Contains(text, "verdicts: 7 more") && !strings.Contains(text, "notices: 3 more") {
		t.Errorf("said is %s", text)
	}
}

// An error of the Handler is not one of the report.
func TestReadHandlerFails(t *testing.T) {
	text := render(t, variant{New: NewJSONL}, cases()[2])
	full := errors.New("no space left")
	if err := Read(bytes.NewReader(text), NewJSON(&failingWriter{failAt: 2, err: full})); !errors.Is(err, full) || strings.Contains(err.Error(), "not a report") {
		t.Errorf("%v", err)
	}
}

func TestReadListErrors(t *testing.T) {
	run := `{"type":"run","schema":"assay-report/v1","rules":[]}`
	for text, want := range map[string]string{
		"":                             "it has no summary",
		run:                            "it has no summary",
		"{":                            "breaks off",
		"hunter2":                      "no JSON at byte 1",
		"[]":                           "another kind",
		"{}":                           "no known type",
		`{"type":"x"}`:                 "no known type",
		`{"findings":[],"summary":{}}`: "no known type",
		run + run:                      "not in the order",
		`{"run":{"rules":[]},"summary":{},"findings":[{}]}`: "not in the order",
		`{"run":{"rules":[]},"summary":{}}{}`:               "something follows",
		run + `{"type":"summary"}` + run:                    "something follows",
		`{"run":{"rules":[]},"findings":{}}`:                "no known type",
		`{"run":{"rules":[]},"findings":[{"occurrences":1`:  "breaks off",
		`{"run":{"rules":[]},"walks":1}`:                    "no known type",
		`{"type":"finding"}`:                                "not in the order",
		run + `{"type":"finding","severity":"awful"}`:       "another kind",
	} {
		_, err := ReadList(strings.NewReader(text))
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func FuzzReadList(f *testing.F) {
	f.Add([]byte(`{"run":{"rules":[]},"findings":[{"occurrences":[{"path":"a","path_base64":"YQ=="}]}],"summary":{}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		list, err := ReadList(bytes.NewReader(data))
		if err == nil && list == nil {
			t.Error("nothing, and no error")
		}
	})
}
