package report

import (
	"strings"

	"github.com/owenrumney/go-sarif/v2/sarif"
)

// informationURI is where the tool lives: the path of the module.
const informationURI = "https://github.com/assayhq/assay"

// Limits of code scanning on a rule.
const (
	maxDescription = 1024 // characters of shortDescription and fullDescription
	maxRuleName    = 255  // characters
	maxTags        = 20
)

func newDriver(r Run) *sarif.ToolComponent {
	driver := &sarif.ToolComponent{
		Name:           escape(r.Tool),
		FullName:       new(join(" ", r.Tool, r.Version)),
		InformationURI: new(informationURI),
		Rules:          make([]*sarif.ReportingDescriptor, len(r.Rules)),
	}
	if r.Version != "" {
		driver.Version = new(escape(r.Version))
	}
	for i, rule := range r.Rules {
		driver.Rules[i] = newSARIFRule(rule, r.Command)
	}
	return driver
}

func newSARIFRule(r Rule, command string) *sarif.ReportingDescriptor {
	descriptor := &sarif.ReportingDescriptor{
		ID:                   escape(r.ID),
		Name:                 new(pascal(r.ID)),
		ShortDescription:     plain(cut(sentence(r.Title), maxDescription)),
		FullDescription:      plain(cut(sentence(r.Text), maxDescription)),
		Help:                 newHelp(r),
		DefaultConfiguration: &sarif.ReportingConfiguration{Level: level(r.Severity)},
		Properties: sarif.Properties{
			"tags":              ruleTags(r, command),
			"precision":         precision(r.Confidence),
			"security-severity": securitySeverity(r.Severity),
		},
	}
	if len(r.References) > 0 {
		descriptor.HelpURI = new(escape(r.References[0]))
	}
	return descriptor
}

// plain is a message of text alone.
func plain(s string) *sarif.MultiformatMessageString {
	return &sarif.MultiformatMessageString{Text: new(s)}
}

// sentence is s with the full stop that SARIF wants, and never empty.
func sentence(s string) string {
	s = strings.TrimSpace(escape(strings.Join(strings.Fields(s), " ")))
	if s == "" {
		return "No description."
	}
	if strings.ContainsAny(s[len(s)-1:], ".!?") {
		return s
	}
	return s + "."
}

func newHelp(r Rule) *sarif.MultiformatMessageString {
	parts := []string{sentence(r.Text)}
	marked := []string{"# " + escape(r.Title), sentence(r.Text)}
	if r.Remedy != "" {
		parts = append(parts, sentence(r.Remedy))
		marked = append(marked, "**Remedy.** "+sentence(r.Remedy))
	}
	if len(r.References) > 0 {
		links := make([]string, len(r.References))
		for i, url := range r.References {
			links[i] = "- <" + escape(url) + ">"
		}
		marked = append(marked, "## References", strings.Join(links, "\n"))
	}
	return &sarif.MultiformatMessageString{
		Text:     new(strings.Join(parts, "\n")),
		Markdown: new(strings.Join(marked, "\n\n") + "\n"),
	}
}

// ruleTags begins with what code scanning looks for: "security" makes it read
// the security-severity, and the weakness is shown beside the alert. CWE-798 is
// the use of hard-coded credentials.
func ruleTags(r Rule, command string) []string {
	tags := []string{"security"}
	if command == "scan" {
		tags = append(tags, "external/cwe/cwe-798")
	}
	seen := map[string]bool{"security": true, "external/cwe/cwe-798": true}
	for _, list := range [][]string{r.Tags, r.Controls} {
		for _, tag := range list {
			if !seen[tag] && len(tags) < maxTags {
				tags = append(tags, escape(tag))
			}
			seen[tag] = true
		}
	}
	return tags
}

// level is the SARIF level of s: all that code scanning fails a check on by
// default is an error.
func level(s Severity) string {
	switch {
	case s >= SeverityHigh:
		return "error"
	case s == SeverityMedium:
		return "warning"
	}
	return "note"
}

// securitySeverity is the middle of the range that code scanning has for s:
// critical from 9.0, high from 7.0, medium from 4.0, low above 0.0.
func securitySeverity(s Severity) string {
	return [...]string{
		SeverityInfo: "0.1", SeverityLow: "2.0", SeverityMedium: "5.5", SeverityHigh: "8.0", SeverityCritical: "9.5",
	}[min(s, SeverityCritical)]
}

func precision(c Confidence) string {
	return [...]string{
		ConfidencePlaceholder: "low", ConfidenceLow: "low", ConfidenceMedium: "medium", ConfidenceHigh: "high",
	}[min(c, ConfidenceHigh)]
}

// pascal turns a rule's id into the name that SARIF asks for:
// "github-app-token" becomes "GithubAppToken", "1password-key" "Rule1passwordKey".
func pascal(id string) string {
	var b strings.Builder
	upper := true
	for _, c := range []byte(id) {
		letter := 'a' <= c|0x20 && c|0x20 <= 'z'
		switch {
		case !letter && (c < '0' || '9' < c):
			upper = true
			continue
		case letter && upper:
			c &^= 0x20
		case letter:
			c |= 0x20
		}
		if b.Len() == 0 && !letter {
			b.WriteString("Rule")
		}
		b.WriteByte(c)
		upper = false
	}
	if b.Len() == 0 {
		return "Rule"
	}
	return cut(b.String(), maxRuleName)
}
