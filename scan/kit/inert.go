package kit

import (
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// checkFormat looks whether a report is inert, and sound as what it claims to be.
func (v *Verdict) checkFormat(format, text string) {
	if !utf8.ValidString(text) {
		v.fault("%s is not UTF-8", format)
	}
	for _, r := range text {
		if r != '\n' && r != '\t' && !(r == '\r' && format == "csv") && (unicode.IsControl(r) || bidi(r)) {
			v.fault("%s holds the character %U", format, r)
			break
		}
	}
	switch format {
	case "json", "sarif", "gitlab", "codequality", "gitleaks-json":
		if !json.Valid([]byte(text)) {
			v.fault("%s is no JSON", format)
		}
	case "csv":
		v.checkCells(text)
	case "junit":
		if err := readXML(text); err != nil {
			v.fault("junit is no XML: %v", err)
		}
	case "html", "markdown":
		if bad := active[format].FindString(text); bad != "" {
			v.fault("%s holds %q", format, bad)
		}
	}
	if format != "github" && commandLine.MatchString(text) {
		v.fault("%s holds a line that a CI server obeys", format)
	}
}

func bidi(r rune) bool {
	return r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 || r == 0x200e || r == 0x200f || r == 0x061c
}

var (
	active = map[string]*regexp.Regexp{
		"html":     regexp.MustCompile(`<script>alert|<img src=x|" onmouseover="`),
		"markdown": regexp.MustCompile(`<script>alert|<img src=x|\]\(javascript:`),
	}
	commandLine = regexp.MustCompile(`(?m)^(::(error|set-output)|##\[)`)
)

// checkCells looks at every cell of a spreadsheet.
func (v *Verdict) checkCells(text string) {
	r := csv.NewReader(strings.NewReader(text))
	r.FieldsPerRecord = -1
	for {
		cells, err := r.Read()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			v.fault("csv: %v", err)
			return
		}
		for _, c := range cells {
			if c != "" && strings.ContainsRune("=+-@\t\r", rune(c[0])) {
				v.fault("a cell begins with %q", c[:1])
			}
		}
	}
}

func readXML(text string) error {
	d := xml.NewDecoder(strings.NewReader(text))
	for {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
	}
}
