package audit

import (
	"slices"
	"strings"
	"testing"
)

// What a check says of itself fits a terminal, and each part of it is there.
func TestWordingOfChecks(t *testing.T) {
	const longestTitle = 60 // beside a severity, an id and three counts
	for _, c := range Checks() {
		if n := len([]rune(c.Title)); n > longestTitle || strings.HasSuffix(c.Title, ".") {
			t.Errorf("%s: the title %q has %d characters, or a full stop", c.ID, c.Title, n)
		}
		for name, text := range map[string]string{"Text": c.Text, "Remedy": c.Remedy} {
			if !strings.HasSuffix(text, ".") || strings.ContainsAny(text, "\n\t") || strings.Contains(text, "  ") {
				t.Errorf("%s: %s is no plain sentence: %q", c.ID, name, text)
			}
		}
		if !strings.Contains(c.CLI, "aws ") || !strings.Contains(c.Terraform, " {\n") {
			t.Errorf("%s: there is no command, or no block of Terraform", c.ID)
		}
		if strings.Count(c.Terraform, "{") != strings.Count(c.Terraform, "}") {
			t.Errorf("%s: the braces of its Terraform do not match", c.ID)
		}
		if !slices.IsSorted(c.Controls) || len(slices.Compact(slices.Clone(c.Controls))) != len(c.Controls) {
			t.Errorf("%s: its controls are not sorted, or named twice: %v", c.ID, c.Controls)
		}
		if len(c.References) == 0 || slices.ContainsFunc(c.References, func(r string) bool { return !strings.HasPrefix(r, "https://docs.aws.amazon.com/") }) {
			t.Errorf("%s: its references are not AWS's documentation: %v", c.ID, c.References)
		}
	}
}
