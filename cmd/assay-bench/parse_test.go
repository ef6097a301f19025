package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestReadAssay(t *testing.T) {
	got, err := readAssay(strings.NewReader(`{"type":"run","tool":"assay","rules":[{"id":"r"}]}
{"type":"finding","rule_id":"r","occurrences":[{"path":"a/b","region":{"start_line":3,"end_line":5},"object":"0f"},{"path":"c"}]}
{"type":"notice","subject":"x","reason":"y"}
{"type":"finding","rule_id":"s","occurrences":[{"path":"d","region":{"start_line":1,"end_line":1}}]}
{"type":"summary","complete":false}
`))
	if err != nil {
		t.Fatal(err)
	}
	want := scan{Findings: 2, Incomplete: true, Spots: []spot{
		{Rule: "r", Path: "a/b", Line: 3, EndLine: 5, Object: "0f"},
		{Rule: "r", Path: "c"},
		{Rule: "s", Path: "d", Line: 1, EndLine: 1, Finding: 1},
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestReadAssayRefuses(t *testing.T) {
	for name, report := range map[string]string{
		"no summary": `{"type":"run"}`,
		"cut":        `{"type":"run"}` + "\n" + `{"type":"fin`,
		"no JSON":    "no findings",
	} {
		if _, err := readAssay(strings.NewReader(report)); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestReadGitleaks(t *testing.T) {
	got, err := readGitleaks(strings.NewReader(`[{"RuleID":"r","File":"/x/y","StartLine":4,"EndLine":4,"Commit":"c1","Secret":"s","Tags":[]},{"RuleID":"q","File":"z","StartLine":9,"EndLine":0}]`))
	if err != nil {
		t.Fatal(err)
	}
	want := scan{Findings: 2, Spots: []spot{
		{Rule: "r", Path: "/x/y", Line: 4, EndLine: 4, Commit: "c1", Secret: "s"},
		{Rule: "q", Path: "z", Line: 9, EndLine: 9, Finding: 1},
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	for name, report := range map[string]string{"empty": "", "null": "null", "none": "[]"} {
		if got, err := readGitleaks(strings.NewReader(report)); err != nil || got.Findings != 0 {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	if _, err := readGitleaks(strings.NewReader(`{"runs":[]}`)); err == nil {
		t.Error("another format is read without an error")
	}
}

func TestSpotPaths(t *testing.T) {
	for _, test := range []struct{ path, under, relative string }{
		{"/in/a/b", "/in/a/b", "a/b"},
		{"a/b", "/in/a/b", "a/b"},
		{"./a", "/in/a", "a"},
	} {
		s := spot{Path: test.path}
		if got := s.under("/in"); got != test.under {
			t.Errorf("under of %s: %s, want %s", test.path, got, test.under)
		}
		if got := s.relative("/in"); got != test.relative {
			t.Errorf("relative of %s: %s, want %s", test.path, got, test.relative)
		}
	}
}

func TestParseFetched(t *testing.T) {
	mods, err := parseFetched([]byte("{\"Path\":\"m\",\"Version\":\"v1\",\"Dir\":\"/d\",\"Zip\":\"/z\"}\n{\"Path\":\"m\",\"Version\":\"v2\"}\n"))
	want := []fetched{{Path: "m", Version: "v1", Dir: "/d", Zip: "/z"}, {Path: "m", Version: "v2"}}
	if diff := cmp.Diff(want, mods); err != nil || diff != "" {
		t.Errorf("error %v\n%s", err, diff)
	}
	if _, err := parseFetched([]byte(`{"Path":"m","Version":"v3","Error":"not there"}`)); err == nil || !strings.Contains(err.Error(), "m@v3: not there") {
		t.Errorf("error %v", err)
	}
}
