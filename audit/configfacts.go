package audit

import (
	"fmt"
	"slices"

	"github.com/assayhq/assay/report"
)

// exposed fails a resource of one of the kinds in whose configuration a credential
// was found.
func exposed(kinds ...string) func(*Configuration, *Region) Result {
	return func(c *Configuration, _ *Region) Result {
		if !slices.Contains(kinds, c.Kind) {
			return NotApplicable()
		}
		return judgeExposures(c)
	}
}

// judgeExposures says what was found in a resource.
func judgeExposures(c *Configuration) Result {
	if len(c.Exposures) == 0 {
		return Pass("no credential was found in %s of it", plural(int64(c.Values), "text"))
	}
	return Fail("%s", tellExposures(c.Exposures, c.MoreExposures))
}

// tellExposures says where credentials are, of what kind, and how sure that is.
func tellExposures(list []Exposure, more int) string {
	var phrases []string
	for _, e := range list {
		phrase := fmt.Sprintf("%s holds what %s finds: %s", shown(e.Field), shown(e.Rule), e.Excerpt)
		if e.Confidence < report.ConfidenceHigh {
			phrase += " (" + e.Confidence.String() + " confidence)"
		}
		phrases = append(phrases, phrase)
	}
	text := listed(phrases)
	if more > 0 {
		text += fmt.Sprintf("; there are %d more than were recorded", more)
	}
	return text
}

// plainControls are the controls about credentials in plain sight, sorted; own are those
// of a check besides.
func plainControls(own ...string) []string {
	list := append(own, "ISO-27001-2022/A.5.17", "MITRE-ATT&CK/T1552", "NIST-800-53-r5/IA-5(7)", "PCI-DSS-4.0.1/8.6.2")
	slices.Sort(list)
	return list
}
