package main

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/assayhq/assay/scan"
)

// gitleaksProgram is gitleaks 8.30.1, built of its Go module; the default
// configuration of that module is named beside it, and so are the trees and
// repositories that both examine, as NAME=FOLDER, separated like PATH.
var gitleaksProgram = outside{"ASSAY_GITLEAKS", "gitleaks and assay are not compared"}

const (
	gitleaksDefaultConfig = "ASSAY_GITLEAKS_CONFIG"
	gitleaksTrees         = "ASSAY_GITLEAKS_TREES"
	differencesTable      = "../../testdata/gitleaks-differences.csv"
)

// A keyed is one credential at one path as both programs tell it.
type keyed struct{ rule, path, print string }

// With gitleaks' own default configuration assay finds what gitleaks finds, in trees
// and in histories. What differs stands in a table with the reason, by tree, verb and
// rule: this test fails for a difference that is not explained there, and for a row of
// a tree that was examined where nothing differs any more.
func TestSameAsGitleaks(t *testing.T) {
	if testing.Short() {
		t.Skip("it examines whole trees twice")
	}
	if version, _ := gitleaksProgram.run(t, ".", "version"); strings.TrimSpace(version) == "" {
		t.Fatal("gitleaks does not run")
	}
	explained := readDifferences(t)
	trees := filepath.SplitList(os.Getenv(gitleaksTrees))
	if len(trees) == 0 {
		root, err := filepath.Abs("../..")
		if err != nil {
			t.Fatal(err)
		}
		trees = []string{"assay=" + root}
	}
	for _, tree := range trees {
		name, folder, _ := strings.Cut(tree, "=")
		for _, verb := range []string{"dir", "git"} {
			if _, err := os.Stat(filepath.Join(folder, ".git")); verb == "git" && err != nil {
				if _, err := os.Stat(filepath.Join(folder, "objects")); err != nil {
					continue
				}
			} else if _, err := os.Stat(filepath.Join(folder, "objects")); verb == "dir" && err == nil {
				continue // a bare repository
			}
			t.Run(name+"/"+verb, func(t *testing.T) { compareWithGitleaks(t, explained, name, verb, folder) })
		}
	}
}

func compareWithGitleaks(t *testing.T, explained map[[4]string]int, name, verb, folder string) {
	theirs, ours := gitleaksFinds(t, verb, folder), assayFinds(t, verb, folder)
	counts := map[[4]string]int{}
	for k := range theirs {
		if !ours[k] {
			counts[[4]string{name, verb, "missing", k.rule}]++
		}
	}
	for k := range ours {
		if !theirs[k] {
			counts[[4]string{name, verb, "extra", k.rule}]++
		}
	}
	both := 0
	for k := range theirs {
		if ours[k] {
			both++
		}
	}
	t.Logf("gitleaks %d, assay %d, both %d", len(theirs), len(ours), both)
	for key, n := range counts {
		if explained[key] != n {
			t.Errorf("%s: %d, the table explains %d", strings.Join(key[:], ","), n, explained[key])
		}
	}
	for key, n := range explained {
		if key[0] == name && key[1] == verb && n > 0 && counts[key] == 0 {
			t.Errorf("%s: nothing differs any more, the table has %d", strings.Join(key[:], ","), n)
		}
	}
}

func gitleaksFinds(t *testing.T, verb, folder string) map[keyed]bool {
	file := filepath.Join(t.TempDir(), "gitleaks.json")
	out, _ := gitleaksProgram.run(t, folder, verb, ".", "-c", os.Getenv(gitleaksDefaultConfig), "--no-banner", "-l", "error", "-f", "json", "-r", file)
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err, out)
	}
	var all []struct{ RuleID, File, Secret string }
	if err := json.Unmarshal(text, &all); err != nil {
		t.Fatal(err)
	}
	found := map[keyed]bool{}
	for _, f := range all {
		value := f.Secret
		if value == "" { // a rule about a path
			value = f.File[strings.LastIndexByte(f.File, '/')+1:]
		}
		found[keyed{f.RuleID, f.File, scan.Fingerprint(nil, f.RuleID, []byte(value))}] = true
	}
	return found
}

func assayFinds(t *testing.T, verb, folder string) map[keyed]bool {
	t.Chdir(folder)
	var out, said bytes.Buffer
	a := &app{
		name: "assay", stdin: strings.NewReader(""), stdout: io.Discard, stderr: &said, now: time.Now,
		getenv: func(key string) string {
			if key == "ASSAY_FORMAT" {
				return "json"
			}
			return ""
		},
		environ: func() []string { return nil },
	}
	a.stdout = &out
	a.run(t.Context(), []string{verb, ".", "-c", os.Getenv(gitleaksDefaultConfig), "--exit-code", "0"})
	var report struct {
		Findings []struct {
			Rule        string `json:"rule_id"`
			Fingerprint string
			Occurrences []struct{ Path string }
		}
	}
	if err := json.Unmarshal(out.Bytes(), &report); err != nil {
		t.Fatal(err, said.String())
	}
	found := map[keyed]bool{}
	for _, f := range report.Findings {
		for _, o := range f.Occurrences {
			found[keyed{f.Rule, o.Path, f.Fingerprint}] = true
		}
	}
	return found
}

// readDifferences reads the table: tree, verb, missing or extra, rule, how many, why.
func readDifferences(t *testing.T) map[[4]string]int {
	t.Helper()
	file, err := os.Open(differencesTable)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	rows, err := csv.NewReader(file).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	all := map[[4]string]int{}
	for i, row := range rows[1:] {
		n, err := strconv.Atoi(row[4])
		if err != nil || strings.TrimSpace(row[5]) == "" || !slices.Contains([]string{"missing", "extra", "both"}, row[2]) {
			t.Fatalf("%s:%d: not tree,verb,difference,rule,count,reason", differencesTable, i+2)
		}
		if row[2] != "both" {
			all[[4]string(row[:4])] = n
		}
	}
	return all
}

// The table is well formed, whether gitleaks is there or not.
func TestDifferencesTable(t *testing.T) {
	if len(readDifferences(t)) == 0 {
		t.Skip("no difference is known")
	}
}
