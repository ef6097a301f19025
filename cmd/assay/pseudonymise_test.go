package main

import (
	"encoding/json"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/assayhq/assay/report"
)

// englishNames are names of the demo that are words of our own texts too.
var englishNames = []string{"root", "rotate", "reports", "nothing"}

// namesIn lists what the demo's inventory calls people, roles, secrets, keys,
// functions, alarms and rules of events, and the addresses that they came from.
func namesIn(t *testing.T, inventory string) []string {
	t.Helper()
	var names []string
	for line := range strings.Lines(inventory) {
		var record struct {
			Type, ARN, Name, Principal, Source string
			SecretID                           string `json:"secret_id"`
			Alarms, Rules, Filters             []struct{ Name string }
		}
		if err := json.Unmarshal([]byte(line), &record); err != nil {
			t.Fatal(err)
		}
		for _, text := range []string{record.ARN, record.Principal, record.SecretID} {
			if _, name, ok := strings.Cut(text[max(0, strings.LastIndexByte(text, ':')):], "/"); ok || text != "" && !strings.HasPrefix(text, "arn:") {
				names = append(names, name, text)
			}
		}
		names = append(names, record.Name)
		for _, watching := range slices.Concat(record.Alarms, record.Rules, record.Filters) {
			names = append(names, watching.Name)
		}
		if _, err := netip.ParseAddr(record.Source); err == nil {
			names = append(names, record.Source)
		}
	}
	slices.Sort(names)
	return slices.DeleteFunc(slices.Compact(names), func(n string) bool {
		return len(n) < 4 || strings.HasSuffix(n, ".amazonaws.com") || slices.Contains(englishNames, n)
	})
}

// Whatever the format, a report under pseudonyms holds no name of the demo's company
// and no address, and the same names in every format and every run.
func TestPseudonymisedAuditNamesNobody(t *testing.T) {
	if testing.Short() {
		t.Skip("it writes every format twice")
	}
	demo := filepath.Join("..", "..", "testdata", "aws", "demo.jsonl")
	inventory, err := os.ReadFile(demo)
	if err != nil {
		t.Fatal(err)
	}
	names := namesIn(t, string(inventory))
	if len(names) < 100 || !slices.Contains(names, "dana") || !slices.Contains(names, "prod/crm/mysql") {
		t.Fatalf("the demo has %d names: %q", len(names), names)
	}
	t.Setenv("ASSAY_SALT", "the salt of this test, which is long")
	made := regexp.MustCompile(`(name|address)-[a-km-z2-9]{12}`)
	var first []string
	for _, f := range report.Formats {
		code, out, errors := auditWith(t.Context(), "--inventory", demo, "--pseudonymise", "--format", f.Name, "--compliance", "fsbp")
		if code != exitFindings {
			t.Fatalf("%s: exit code %d: %s", f.Name, code, errors)
		}
		words := map[string]bool{}
		for _, word := range strings.FieldsFunc(out, func(r rune) bool {
			return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("_/-", r)
		}) {
			words[word] = true
		}
		for _, n := range names {
			if words[n] || strings.Contains(n, "/") && strings.Contains(out, n) {
				t.Errorf("%s holds %q", f.Name, n)
			}
		}
		found := made.FindAllString(out, -1)
		slices.Sort(found)
		found = slices.Compact(found)
		if f.Name == "jsonl" {
			first = found
		}
		if len(found) < 5 {
			t.Errorf("%s has %d pseudonyms", f.Name, len(found))
		}
	}
	_, again, _ := auditWith(t.Context(), "--inventory", demo, "--pseudonymise", "--format", "jsonl", "--compliance", "fsbp")
	found := made.FindAllString(again, -1)
	slices.Sort(found)
	if !slices.Equal(slices.Compact(found), first) {
		t.Error("another run has other pseudonyms")
	}
}
