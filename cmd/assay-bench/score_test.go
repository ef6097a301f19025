package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const labelHeader = "Id,FileID,Domain,RepoName,FilePath,LineStart,LineEnd,GroundTruth,ValueStart,ValueEnd,CryptographyKey,PredefinedPattern,Category\n"

func labelled(t *testing.T, rows ...string) []*unit {
	t.Helper()
	meta := t.TempDir()
	text := labelHeader
	for _, r := range rows {
		f := strings.Split(r, " ") // file, first line, last line, truth, category
		text += "1,x,GitHub,0000aaaa,data/0000aaaa/" + f[0] + "," + f[1] + "," + f[2] + "," + f[3] + ",,,,," + f[4] + "\n"
	}
	if err := os.WriteFile(filepath.Join(meta, "0000aaaa.csv"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	units, err := readUnits(meta)
	if err != nil {
		t.Fatal(err)
	}
	return units
}

func TestScoreCredData(t *testing.T) {
	units := labelled(t,
		"a.go 1 1 T Password", "a.go 1 1 F Token", // one true unit
		"a.go 2 4 T Password:Token",
		"a.go 9 9 F Password",
		"a.go 10 10 X Key",
		"a.go 20 20 T UUID",
		"b.go 1 1 T Key",
	)
	at := func(file string, first, last int) spot {
		return spot{Rule: "r", Path: "0000aaaa/" + file, Line: first, EndLine: last}
	}
	got := scoreCredData("x", "/somewhere/data", []spot{
		at("a.go", 1, 1), at("a.go", 1, 1), // reported twice
		at("a.go", 4, 9),                                           // touches a true unit and a false one: no false positive
		at("a.go", 10, 10),                                         // an example
		at("a.go", 15, 15), at("a.go", 15, 16), at("c.go", 15, 15), // two places without label
		at("a.go", 20, 20), // excluded
		{Rule: "r", Path: "/elsewhere/x", Line: 1, EndLine: 1},
	}, units, []string{"UUID", "Salt"})
	want := credDataScore{
		Tool: "x", TP: 2, FN: 1, FP: 1, Unlabelled: 2,
		PrecisionStrict: 2.0 / 5, PrecisionLabelled: 2.0 / 3, Recall: 2.0 / 3, F1Strict: 0.5, F1Labelled: 2.0 / 3,
		Categories: []categoryScore{{"Password", 2, 2}, {"Key", 1, 0}, {"Token", 1, 1}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if all := scoreCredData("x", "/somewhere/data", nil, units, nil); all.FN != 4 || all.F1Strict != 0 {
		t.Errorf("without an exclusion and without a finding: %+v", all)
	}
}

func TestReadUnitsRefuses(t *testing.T) {
	dir := t.TempDir()
	if _, err := readUnits(dir); err == nil {
		t.Error("a folder without labels is read without an error")
	}
	file := filepath.Join(dir, "x.csv")
	for name, text := range map[string]string{
		"no column":   "Id,FilePath\n1,x\n",
		"no number":   labelHeader + "1,x,GitHub,r,data/r/a,one,1,T,,,,,Key\n",
		"few columns": labelHeader + "1,x\n",
	} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := readUnits(dir); err == nil || !strings.Contains(err.Error(), "x.csv") {
			t.Errorf("%s: error %v does not name the file", name, err)
		}
	}
}

var someExamples = []example{
	{Source: "one", Provider: "acme.io", Text: "a", Label: "positive"},
	{Source: "one", Provider: "generic", Text: "b\n", Label: "positive", Path: "../x//conf/.npmrc"},
	{Source: "two", Provider: "acme.io", Text: "c", Label: "positive"},
	{Source: "two", Provider: "acme.io", Text: "d", Label: "negative", NegKind: "near_miss"},
	{Source: "two", Provider: "database", Text: "e", Label: "negative", NegKind: "rule_negative"},
}

func TestLayKeepsExamplesInside(t *testing.T) {
	dir := t.TempDir()
	if err := lay(dir, someExamples); err != nil {
		t.Fatal(err)
	}
	for file, want := range map[string]string{"000000.txt": "a\n", "000001/x/conf/.npmrc": "b\n", "000004.txt": "e\n"} {
		data, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(file)))
		if err != nil || string(data) != want {
			t.Errorf("%s: %q, %v", file, data, err)
		}
	}
}

func TestScoreExamples(t *testing.T) {
	rules := flagged("/in", []spot{
		{Rule: "acme-io-key", Path: "/in/000000.txt"}, {Rule: "other", Path: "000000.txt"},
		{Rule: "other", Path: "000001/x/conf/.npmrc"},
		{Rule: "other", Path: "000003.txt"},
		{Rule: "other", Path: "000002.txtual"}, {Rule: "other", Path: "a/000002.txt"}, // no files of ours
	})
	got := scoreExamples("x", someExamples, rules)
	want := exampleScore{Tool: "x", Groups: []exampleGroup{
		{Group: "ALL", Positives: 3, Recalled: 2, RecalledTyped: 1, Negatives: 2, Flagged: 1},
		{Group: "class:generic", Positives: 1, Recalled: 1, Negatives: 1},
		{Group: "class:provider", Positives: 2, Recalled: 1, RecalledTyped: 1, Negatives: 1, Flagged: 1},
		{Group: "neg:near_miss", Negatives: 1, Flagged: 1},
		{Group: "neg:rule_negative", Negatives: 1},
		{Group: "one", Positives: 2, Recalled: 2, RecalledTyped: 1},
		{Group: "two", Positives: 1, Negatives: 2, Flagged: 1},
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestReadExamples(t *testing.T) {
	file := filepath.Join(t.TempDir(), "x.jsonl")
	write := func(text string) {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(`{"source_tool":"one","provider":"p","text":"a\nb","label":"positive","neg_kind":"","path":null}` + "\n")
	got, err := readExamples(file)
	if diff := cmp.Diff([]example{{Source: "one", Provider: "p", Text: "a\nb", Label: "positive"}}, got); err != nil || diff != "" {
		t.Errorf("error %v\n%s", err, diff)
	}
	write(`{"text":"a","label":"positive"}` + "\n" + `{"text":"b","label":"maybe"}`)
	if _, err := readExamples(file); err == nil || !strings.Contains(err.Error(), "example 2") {
		t.Errorf("error %v does not name the second example", err)
	}
}
