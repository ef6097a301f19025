package report

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// What json and jsonl write is read back: written once more it is the same.
func TestReadList(t *testing.T) {
	for _, format := range []string{"json", "jsonl"} {
		f, err := FormatNamed(format)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range cases() {
			c.verdicts, c.run.Coverage = nil, nil
			var first, second bytes.Buffer
			if err := c.tell(f.New(&first)); err != nil {
				t.Fatal(err)
			}
			list, err := ReadList(bytes.NewReader(first.Bytes()))
			if err != nil {
				t.Fatalf("%s %s: %v", format, c.name, err)
			}
			again := reportCase{run: list.Run, findings: list.Findings, notices: list.Notices, summary: c.summary}
			if err := again.tell(f.New(&second)); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(first.String(), second.String()); diff != "" {
				t.Errorf("%s %s: %s", format, c.name, diff)
			}
		}
	}
}

func TestReadListErrors(t *testing.T) {
	run := `{"type":"run","schema":"assay-report/v1","rules":[]}`
	for text, want := range map[string]string{
		"":                                      "it has no summary",
		run:                                     "it has no summary",
		"{":                                     "breaks off",
		"hunter2":                               "no JSON at byte 1",
		"[]":                                    "another kind",
		"{}":                                    "no known type",
		`{"type":"x"}`:                          "no known type",
		`{"findings":[],"summary":{}}`:          "no known type",
		`{"type":"finding","severity":"awful"}`: "another kind",
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
