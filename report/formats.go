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
	{"csv", "a table for spreadsheets: findings, verdicts, what was not examined", NewCSV},
	{"json", "one JSON document, one finding per line; its schema is published", NewJSON},
	{"jsonl", "one JSON record per line, streamed; its schema is published", NewJSONL},
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
