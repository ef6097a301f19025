package audit

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/assayhq/assay/report"
)

// Every check has a file of inventories, named by its id under
// testdata/aws/checks. The name of a section begins with the outcome that every
// result of the check in it must have: pass.jsonl, fail-cron.jsonl,
// not-evaluated.jsonl. A section fail-cron.want holds lines that some result's
// text must contain, and fail-cron.settings the Settings as JSON, by the names of
// their Go fields.
func TestChecksOverInventories(t *testing.T) {
	for _, c := range Checks() {
		t.Run(c.ID, func(t *testing.T) {
			archive, err := txtar.ParseFile(filepath.Join("..", "testdata", "aws", "checks", c.ID+".txtar"))
			if err != nil {
				t.Fatal(err)
			}
			sections := map[string][]byte{}
			for _, f := range archive.Files {
				sections[f.Name] = f.Data
			}
			for _, outcome := range []string{"pass.jsonl", "fail.jsonl", "not-evaluated.jsonl"} {
				if sections[outcome] == nil {
					t.Errorf("there is no section %s", outcome)
				}
			}
			for name, data := range sections {
				if section, ok := strings.CutSuffix(name, ".jsonl"); ok {
					t.Run(section, func(t *testing.T) {
						checkSection(t, c, section, data, sections[section+".want"], sections[section+".settings"])
					})
				}
			}
		})
	}
}

// checkSection runs a check over one inventory.
func checkSection(t *testing.T, c *Check, section string, data, want, own []byte) {
	inv, err := ReadInventory(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	var settings Settings
	if own != nil {
		if err := json.Unmarshal(own, &settings); err != nil {
			t.Fatal(err)
		}
	}
	if settings, err = settings.Merge(); err != nil {
		t.Fatal(err)
	}
	var got outcomes
	if _, err := (&Judge{Checks: []*Check{c}, Settings: settings}).Run(inv, &got); err != nil {
		t.Fatal(err)
	}
	expected := expectedOutcome(section)
	if expected == "" {
		t.Fatalf("the name of section %s begins with no outcome", section)
	}
	for i, o := range got.names {
		if o != expected {
			t.Errorf("the check says %s: %s", o, got.texts[i])
		}
	}
	if len(got.names) == 0 && expected != "not-applicable" {
		t.Error("the check says nothing")
	}
	all := strings.Join(got.texts, "\n")
	for line := range strings.Lines(string(want)) {
		if line = strings.TrimSpace(line); line != "" && !strings.Contains(all, line) {
			t.Errorf("no result holds %q; they are:\n%s", line, all)
		}
	}
}

func expectedOutcome(section string) string {
	for _, o := range []string{"pass", "fail", "not-evaluated", "not-applicable"} {
		if strings.HasPrefix(section, o) {
			return o
		}
	}
	return ""
}

// outcomes is a Sink that keeps what a check said.
type outcomes struct{ names, texts []string }

func (o *outcomes) Finding(f report.Finding) error { return o.add("fail", f.Message) }

func (o *outcomes) Verdict(v report.Verdict) error { return o.add(v.Outcome.String(), v.Reason) }

func (o *outcomes) Notice(report.Notice) error { return nil }

func (o *outcomes) add(name, text string) error {
	o.names, o.texts = append(o.names, name), append(o.texts, text)
	return nil
}

// No file of inventories stands there for a check that does not exist.
func TestNoStrayInventories(t *testing.T) {
	entries, err := os.ReadDir(filepath.Join("..", "testdata", "aws", "checks"))
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{}
	for _, c := range Checks() {
		known[c.ID+".txtar"] = true
	}
	for _, e := range entries {
		if !known[e.Name()] {
			t.Errorf("%s belongs to no check", e.Name())
		}
	}
}
