package main

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func sample(n int) []judgement {
	var all []judgement
	for i := range n {
		all = append(all, judgement{Sample: "s", Module: "m@v1", Path: "dir/a,b \"c\".go", Line: i + 1, Rule: "r"})
	}
	return all
}

func TestDraw(t *testing.T) {
	all := sample(500)
	first := draw(all, 20, 4)
	if len(first) != 20 {
		t.Fatalf("%d drawn, want 20", len(first))
	}
	shuffled := append(sample(500)[250:], sample(250)...)
	if diff := cmp.Diff(first, draw(shuffled, 20, 4)); diff != "" {
		t.Errorf("the order of the findings changes the sample:\n%s", diff)
	}
	if cmp.Equal(first, draw(all, 20, 5)) {
		t.Error("seeds 4 and 5 draw the same sample")
	}
	if got := draw(all[:3], 20, 4); len(got) != 3 {
		t.Errorf("%d drawn of 3", len(got))
	}
}

func TestJudgementsRoundTrip(t *testing.T) {
	all := sample(5)
	for i, v := range append(slices.Clone(verdicts), "") {
		all[i].Verdict = v
	}
	all[4].Sample = "t"
	var out bytes.Buffer
	for _, part := range [][]judgement{all[:4], all[4:]} {
		if err := writeJudgements(&out, "drawn with seed 4\nand judged", part); err != nil {
			t.Fatal(err)
		}
	}
	got, err := readJudgements(&out)
	if diff := cmp.Diff(all, got); err != nil || diff != "" {
		t.Errorf("error %v\n%s", err, diff)
	}
	if diff := cmp.Diff([]string{"s", "t"}, samplesOf(got)); diff != "" {
		t.Errorf("samples:\n%s", diff)
	}
}

func TestReadJudgementsRefuses(t *testing.T) {
	header := strings.Join(judgedHeader, ",") + "\n"
	for text, want := range map[string]string{
		"":                                    "header",
		"a,b,c,d,e,f\n":                       "header",
		header + "s,m,p,1,r,perhaps\n":        "line 2: verdict",
		header + "s,m,p,1,r,\ns,m,p,one,r,\n": "line 3",
		header + "m,p,1,r,true\n":             "fields",
	} {
		if _, err := readJudgements(strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v does not say %q", text, err, want)
		}
	}
}

func TestTallyCounts(t *testing.T) {
	for _, test := range []struct {
		tally tally
		want  []string // the counts and the two shares, without the intervals
	}{
		{tally{}, []string{"0", "0", "0", "0", "0", "-", "-"}},
		{tally{"": 3}, []string{"0", "0", "0", "0", "3", "-", "-"}},
		{tally{"true": 1, "worth": 2, "placeholder": 4, "false": 3, "": 5}, []string{"1", "2", "4", "3", "5", "30.0%", "30.0%"}},
		{tally{"true": 19, "false": 1}, []string{"19", "0", "0", "1", "0", "95.0%", "5.0%"}},
	} {
		c := test.tally.cells()
		if diff := cmp.Diff(test.want, append(c[:6:6], c[7])); diff != "" {
			t.Errorf("%v:\n%s", test.tally, diff)
		}
	}
}

func TestWriteCountsKeepsSamplesApart(t *testing.T) {
	all := sample(4)
	all[0].Verdict, all[1].Verdict = verdictTrue, verdictFalse
	all[2].Sample, all[2].Verdict = "typed", verdictWorth
	all[3].Sample, all[3].Rule = "typed", "other"
	var out strings.Builder
	if err := writeCounts(&out, all); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"s by rule", "typed by rule", "typed by tree", "50.0%", "100.0%"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is not in\n%s", want, out.String())
		}
	}
	if n := strings.Count(out.String(), "other"); n != 1 {
		t.Errorf("a rule of one sample is told %d times:\n%s", n, out.String())
	}
}

func TestAddSampleKeepsVerdicts(t *testing.T) {
	file := filepath.Join(t.TempDir(), "judged.csv")
	first, second := sample(2), sample(3)
	for i := range second {
		second[i].Sample = "typed"
	}
	if err := addSample(file, "s", "one", first); err != nil {
		t.Fatal(err)
	}
	if err := addSample(file, "typed", "two", second); err != nil {
		t.Fatal(err)
	}
	before, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := addSample(file, "typed", "three", second); err == nil || !strings.Contains(err.Error(), "typed") {
		t.Errorf("a sample is drawn over another: %v", err)
	}
	after, err := os.ReadFile(file)
	if err != nil || !bytes.Equal(before, after) {
		t.Errorf("the file changed: %v", err)
	}
	got, err := readJudgements(bytes.NewReader(after))
	if diff := cmp.Diff(slices.Concat(first, second), got); err != nil || diff != "" {
		t.Errorf("error %v\n%s", err, diff)
	}
}

func TestWanted(t *testing.T) {
	p := place{corpus: corpus{Origin: "m@v1"}, Dir: filepath.FromSlash("/in")}
	spots := []spot{
		{Finding: 0, Rule: "aws-key", High: true, Path: "a/x_test.go", Line: 1},
		{Finding: 0, Rule: "aws-key", High: true, Path: "a/x.go", Line: 2},
		{Finding: 0, Rule: "aws-key", High: true, Path: "a/y.go", Line: 3},
		{Finding: 1, Rule: "generic-key", High: true, Path: "a/z.go", Line: 4},
		{Finding: 2, Rule: "jwt-signed", Path: "a/z.go", Line: 5},
		{Finding: 3, Rule: "key-rsa", High: true, Path: "docs/z.key", Line: 6},
	}
	lines := func(d drawing) (at []int) {
		for _, j := range d.wanted(p, spots) {
			if j.Sample != d.name() || j.Module != "m@v1" {
				t.Errorf("%+v", j)
			}
			at = append(at, j.Line)
		}
		return at
	}
	if diff := cmp.Diff([]int{1, 4, 5, 6}, lines(drawing{})); diff != "" {
		t.Errorf("first places:\n%s", diff)
	}
	if diff := cmp.Diff([]int{2}, lines(drawing{Typed: true})); diff != "" {
		t.Errorf("typed ones in the product:\n%s", diff)
	}
}

func TestInProduct(t *testing.T) {
	for file, want := range map[string]bool{
		"pkg/server/key.go":                  true,
		"deps/latest/contest.py":             true,
		"src/document/spectrum.ts":           true,
		"pkg/server/key_test.go":             false,
		"agent/test-fixtures/a.key":          false,
		"java/LoginTests.java":               false,
		"java/CipherParserTestCase.java":     false,
		"pkg/testcerts/certs.go":             false,
		"ui/login.spec.ts":                   false,
		"README.md":                          false,
		"docs/conf.py":                       false,
		"samples/ca.pem":                     false,
		"man/curl.1":                         false,
		"core/frontend/exampleConfig.js":     false,
		".github/workflows/root.key":         true,
		"conf/app.example.ini":               false,
		"charts/values.yaml":                 true,
		"internal/Ölfarbe/überTest/key.json": false,
	} {
		if got := inProduct(file); got != want {
			t.Errorf("inProduct(%q) = %v", file, got)
		}
	}
}

func TestRemarkTellsTheCommand(t *testing.T) {
	got := drawing{Typed: true, Count: 300}.remark(9, []string{"loki"}, 12, 34, time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC))
	for _, want := range []string{"typed: 12 of 34", "--seed 9 judge draw --count 300 --typed loki", "2026-01-02", "worth:"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is not in %q", want, got)
		}
	}
}

// The samples that the repository holds are in form and judged whole.
func TestKeptSamples(t *testing.T) {
	f, err := os.Open(filepath.Join("..", "..", "testdata", "judged.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	all, err := readJudgements(f)
	if err != nil || len(all) == 0 {
		t.Fatalf("%d judgements, error %v", len(all), err)
	}
	for _, j := range all {
		if j.Verdict == "" {
			t.Errorf("%s:%d has no verdict", j.Path, j.Line)
		}
	}
}
