package audit

import (
	"slices"
	"strings"
	"testing"

	"github.com/assayhq/assay/report"
)

// Every control that a check names stands in a framework, with a title.
func TestControlsOfChecksAreKnown(t *testing.T) {
	rows := frameworkRows()
	for _, c := range Checks() {
		for _, name := range c.Controls {
			prefix, id, _ := strings.Cut(name, "/")
			known := slices.ContainsFunc(rows, func(f frameworkRow) bool {
				return slices.Contains(f.prefixes, prefix) && slices.ContainsFunc(f.controls, func(r controlRow) bool { return r.id == id })
			})
			if !known {
				t.Errorf("%s supports %s, which stands in no framework of frameworks.go", c.ID, name)
			}
		}
	}
}

func TestFrameworksAreComplete(t *testing.T) {
	for _, row := range frameworkRows() {
		seen := map[string]bool{}
		for _, c := range row.controls {
			if seen[c.id] || c.id == "" || c.title == "" {
				t.Errorf("%s: control %q is named twice, or has no title", row.id, c.id)
			}
			seen[c.id] = true
			if strings.HasSuffix(c.title, ".") || strings.HasSuffix(c.gap, ".") {
				t.Errorf("%s %s ends in a full stop", row.id, c.id)
			}
		}
	}
	list := Frameworks()
	if !slices.IsSortedFunc(list, func(a, b report.Framework) int { return strings.Compare(a.ID, b.ID) }) {
		t.Error("the frameworks are not sorted")
	}
	for _, f := range list {
		if !strings.HasPrefix(f.URL, "https://") || f.ID != strings.ToLower(f.ID) || strings.Contains(strings.ToLower(f.Title+f.Note), "complian") {
			t.Errorf("%s: %+v", f.ID, f)
		}
		if !slices.ContainsFunc(f.Controls, func(c report.Control) bool { return len(c.Checks) > 0 }) || !slices.ContainsFunc(f.Controls, func(c report.Control) bool { return c.Gap != "" }) && f.ID != "cisa" {
			t.Errorf("%s: no check, or no gap", f.ID)
		}
		for _, c := range f.Controls {
			if len(c.Checks) == 0 && c.Gap == "" || !slices.IsSorted(c.Checks) {
				t.Errorf("%s %s: %+v", f.ID, c.ID, c)
			}
		}
	}
}

// The mappings that Security Hub and CIS publish.
func TestPublishedMappings(t *testing.T) {
	for _, test := range []struct{ framework, control, check string }{
		{"nist-800-53-r5", "AC-2(1)", "SM-ROT-01"}, {"nist-800-53-r5", "AC-3(15)", "SM-ROT-03"}, {"nist-800-53-r5", "AC-3(15)", "SM-LIF-01"},
		{"pci-dss-4.0.1", "8.6.3", "SM-ROT-04"}, {"pci-dss-4.0.1", "8.3.9", "SM-ROT-01"}, {"pci-dss-4.0.1", "3.7.4", "SM-KMS-03"},
		{"fsbp", "SecretsManager.1", "SM-ROT-01"}, {"fsbp", "SecretsManager.2", "SM-ROT-04"}, {"fsbp", "SecretsManager.3", "SM-LIF-01"},
		{"fsbp", "SecretsManager.4", "SM-ROT-03"}, {"fsbp", "SecretsManager.5", "SM-LIF-03"},
		{"cis-aws-7.0", "2.21", "SM-POL-01"}, {"cis-aws-7.0", "4.6", "SM-KMS-03"}, {"cis-aws-5.0", "3.6", "SM-KMS-03"}, {"cis-aws-1.5", "3.8", "SM-KMS-03"},
		{"hipaa", "164.308(a)(5)(ii)(D)", "SM-ROT-01"}, {"soc2", "CC6.1", "SM-ROT-01"}, {"mitre-attack", "T1552", "SM-ROT-01"},
	} {
		list, err := FrameworksNamed([]string{strings.ToUpper(test.framework), test.framework})
		if err != nil || len(list) != 1 {
			t.Fatalf("%s: %d, %v", test.framework, len(list), err)
		}
		i := slices.IndexFunc(list[0].Controls, func(c report.Control) bool { return c.ID == test.control })
		if i < 0 || !slices.Contains(list[0].Controls[i].Checks, test.check) {
			t.Errorf("%s does not support %s of %s", test.check, test.control, test.framework)
		}
	}
	for _, version := range []string{"1.5", "2.0", "3.0", "4.0", "5.0", "6.0", "7.0"} {
		list, _ := FrameworksNamed([]string{"cis-aws-" + version})
		for _, c := range list[0].Controls {
			if slices.ContainsFunc(c.Checks, func(id string) bool { return strings.HasPrefix(id, "SM-ROT-") }) {
				t.Errorf("CIS %s has nothing about rotation, and %s names %q", version, c.ID, c.Checks)
			}
		}
	}
	if _, err := FrameworksNamed([]string{"iso"}); err == nil || !strings.Contains(err.Error(), "iso-27001-2022, mitre-attack") {
		t.Errorf("an unknown framework: %v", err)
	}
}
