package report

import (
	"cmp"
	"fmt"
	"io"
	"strings"
)

// redacted stands in fields of other tools' formats that hold the credential there.
const redacted = "REDACTED"

// NewGitleaksJSON returns a Handler that writes the JSON report of gitleaks 8, for
// programs that read it: an array with an entry on a line for each place of each
// credential. Secret and Match hold the word REDACTED, Entropy and Message are empty.
// What was not examined is an entry with the RuleID "not-examined", for a program
// that counts entries must not take a run that broke for a clean one. Findings that
// are suppressed or in the baseline, and placeholders, are left out, as gitleaks
// does. Nothing is held.
func NewGitleaksJSON(w io.Writer) Handler { return &gitleaksHandler{output: output{w: w}} }

type gitleaksHandler struct {
	output
	rules   map[string]Rule // by id
	entries int
}

// A gitleaksEntry has the fields in gitleaks' order.
type gitleaksEntry struct {
	RuleID      string
	Description string
	StartLine   int
	EndLine     int
	StartColumn int
	EndColumn   int // of the last character
	Match       string
	Secret      string
	File        string
	SymlinkFile string
	Commit      string
	Entropy     float64
	Author      string
	Email       string
	Date        string
	Message     string
	Tags        []string
	Fingerprint string
}

func (h *gitleaksHandler) Begin(r Run) error {
	if err := h.begin(); err != nil {
		return err
	}
	h.rules = rulesByID(r)
	h.WriteByte('[')
	return h.flush()
}

func (h *gitleaksHandler) Finding(f Finding) error {
	if err := h.finding(); err != nil {
		return err
	}
	if !f.Counts() || f.Confidence == ConfidencePlaceholder {
		return nil
	}
	places := f.Occurrences
	if len(places) == 0 {
		places = make([]Location, 1)
	}
	for _, l := range places {
		if err := h.entry(newGitleaksEntry(f, l, h.rules[f.RuleID])); err != nil {
			return err
		}
	}
	return nil
}

func newGitleaksEntry(f Finding, l Location, rule Rule) gitleaksEntry {
	r := l.Region
	e := gitleaksEntry{
		RuleID: escape(f.RuleID), Description: escape(cmp.Or(rule.Title, f.Message)),
		StartLine: max(r.StartLine, 0), EndLine: max(r.EndLine, 0), StartColumn: max(r.StartColumn, 0), EndColumn: max(r.EndColumn-1, 0),
		Match: redacted, Secret: redacted, File: escape(l.fullPath()), Tags: allEscaped(rule.Tags),
	}
	if l.isObject() || l.Path == "" {
		e.File = fileName(l)
	}
	if c := l.Introduced; c != nil {
		e.Commit, e.Date = escape(c.ID), timestamp(c.Date)
		e.Author, e.Email = authorParts(escape(c.Author))
	}
	e.Fingerprint = gitleaksFingerprint(e)
	if l.Resource != nil { // which is in no file
		e.Fingerprint = escape(f.Fingerprint)
	}
	return e
}

// gitleaksFingerprint names an entry as .gitleaksignore does.
func gitleaksFingerprint(e gitleaksEntry) string {
	place := fmt.Sprintf("%s:%s:%d", e.File, e.RuleID, e.StartLine)
	if e.Commit != "" {
		return e.Commit + ":" + place
	}
	return place
}

// authorParts takes "Name <address>" apart.
func authorParts(author string) (name, address string) {
	name, rest, found := strings.Cut(author, " <")
	if !found {
		return author, ""
	}
	return name, strings.TrimSuffix(rest, ">")
}

func (h *gitleaksHandler) entry(e gitleaksEntry) error {
	h.element(h.entries, e)
	h.entries++
	return h.flush()
}

// Verdict writes nothing: what fails is a finding.
func (h *gitleaksHandler) Verdict(Verdict) error { return h.verdict() }

func (h *gitleaksHandler) Notice(n Notice) error {
	if err := h.notice(); err != nil || n.Accepted != nil {
		return err
	}
	return h.entry(asideEntry(noteNotExamined, "Not examined: "+reason(n), n.Subject))
}

// asideEntry is an entry about the run.
func asideEntry(id, text, file string) gitleaksEntry {
	e := gitleaksEntry{RuleID: id, Description: escape(text), File: escape(file), Tags: []string{"incomplete"}}
	e.Fingerprint = gitleaksFingerprint(e)
	return e
}

func (h *gitleaksHandler) End(s Summary) error {
	if err := h.end(); err != nil {
		return err
	}
	if s.Interrupted {
		if err := h.entry(asideEntry(noteInterrupted, interruptedText, "")); err != nil {
			return err
		}
	}
	h.WriteString("\n]\n")
	return h.flush()
}
