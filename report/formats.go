package report

import (
	"fmt"
	"io"
	"strings"
)

// A Format is one way to write a report.
type Format struct {
	Name  string // what --format takes
	About string // one line for help
	// New returns a Handler that writes to w with the format's default options.
	// It makes one call to w for each piece of the report that is ready, so a
	// reader on a pipe sees findings as they come.
	New func(w io.Writer) Handler
}

// Formats lists every format, sorted by name.
var Formats = []Format{
	{"asff", "AWS Security Finding Format: on each line a request for Security Hub", func(w io.Writer) Handler { return NewASFF(w, ASFFOptions{}) }},
	{"codequality", "GitLab's Code Quality report, a part of Code Climate's", NewCodeQuality},
	{"csv", "a table for spreadsheets: findings, verdicts, what was not examined", NewCSV},
	{"github", "workflow commands, which GitHub Actions shows as annotations", NewGitHub},
	{"gitlab", "GitLab's secret detection report", func(w io.Writer) Handler { return NewGitLab(w, GitLabOptions{}) }},
	{"gitleaks-json", "the JSON report of gitleaks 8, with REDACTED for the credential", NewGitleaksJSON},
	{"html", "one page for people that loads nothing: of a scan its findings, of an audit the posture", func(w io.Writer) Handler { return NewHTML(w, HTMLOptions{}) }},
	{"json", "one JSON document, one finding per line; its schema is published", NewJSON},
	{"jsonl", "one JSON record per line, streamed; its schema is published", NewJSONL},
	{"junit", "JUnit's XML: a case for each finding, verdict and gap", NewJUnit},
	{"markdown", "a short table, for the summary of a job or a comment", NewMarkdown},
	{"ocsf", "OCSF events: Compliance Findings of an audit, Detection Findings of a scan", func(w io.Writer) Handler { return NewOCSF(w, OCSFOptions{}) }},
	{"sarif", "SARIF 2.1.0 for code scanning", func(w io.Writer) Handler { return NewSARIF(w, SARIFOptions{}) }},
	{"text", "for people", func(w io.Writer) Handler { return NewText(w, TextOptions{}) }},
}

// FormatNamed returns the format of that name, or an error that lists the names
// there are.
func FormatNamed(name string) (Format, error) {
	names := make([]string, len(Formats))
	for i, f := range Formats {
		if f.Name == name {
			return f, nil
		}
		names[i] = f.Name
	}
	return Format{}, fmt.Errorf("unknown format %q, use one of: %s", name, strings.Join(names, ", "))
}
