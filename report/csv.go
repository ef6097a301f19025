package report

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// NewCSV returns a Handler that writes a table as RFC 4180 has it, with a header
// and one line for each record. The column record says what a line is: run,
// coverage, finding, verdict, notice, check, repository or summary. A finding has a line for
// each of its places, numbered in the column occurrence, so that occurrence 1
// gives each finding once. A control of a framework has its id in the
// column rule and in outcome what its checks came to. The column companion says what makes a pair with the
// credential, and at which line and column of the same file. The column name has
// the name of a resource or of an operation, or what a notice is about. A file
// without a summary is the report of a run that
// broke. Nothing is held but the verdicts since the last write, up to 32 KiB.
//
// No cell is a formula to a spreadsheet: see cell.
func NewCSV(w io.Writer) Handler {
	h := &csvHandler{output: output{w: w}}
	h.rows = csv.NewWriter(&h.output)
	h.rows.UseCRLF = true
	return h
}

type csvHandler struct {
	output
	rows  *csv.Writer
	rules map[string]Rule // by id
}

// A csvRow is a line of the table, with a field for each column.
type csvRow struct {
	record, rule, severity, confidence, outcome, message string
	occurrence, path, line, column, object               string
	commit, author, date, standing, excerpt              string
	account, region, resource, name, kind, fingerprint   string
	companion, repository                                string
}

// csvColumns is the header.
var csvColumns = []string{
	"record", "rule", "severity", "confidence", "outcome", "message",
	"occurrence", "path", "line", "column", "object",
	"commit", "author", "date", "standing", "excerpt",
	"account", "region", "resource", "name", "type", "fingerprint", "companion", "repository",
}

func (r csvRow) cells() []string {
	return []string{
		r.record, r.rule, r.severity, r.confidence, r.outcome, r.message,
		r.occurrence, r.path, r.line, r.column, r.object,
		r.commit, r.author, r.date, r.standing, r.excerpt,
		r.account, r.region, r.resource, r.name, r.kind, r.fingerprint, r.companion, r.repository,
	}
}

func (h *csvHandler) Begin(r Run) error {
	if err := h.begin(); err != nil {
		return err
	}
	h.rules = rulesByID(r)
	h.rows.Write(csvColumns)
	h.row(csvRow{record: "run", message: join(" ", r.Tool, r.Version, r.Command, r.Target)})
	h.coverage(r.Coverage)
	return h.flush()
}

// coverage writes a line for each region, and one for each operation that was
// asked in it.
func (h *csvHandler) coverage(c *Coverage) {
	if c == nil {
		return
	}
	for _, row := range c.Rows {
		region := csvRow{record: "coverage", account: row.Account, region: row.Region, outcome: row.Status}
		if row.Events != "" {
			region.message = "events: " + row.Events
		}
		h.row(region)
		for operation, n := range c.asked(row) {
			region.name, region.kind = operation, "operation"
			region.message = fmt.Sprintf("%d answered, %d denied, %d failed", n.OK, n.Denied, n.Failed)
			if n.Absent > 0 {
				region.message += fmt.Sprintf(", %d to a service that the region does not have", n.Absent)
			}
			h.row(region)
		}
	}
}

func (h *csvHandler) Finding(f Finding) error {
	if err := h.finding(); err != nil {
		return err
	}
	for i, l := range f.Occurrences {
		h.row(csvFinding(f, i, l))
	}
	if len(f.Occurrences) == 0 {
		h.row(csvFinding(f, 0, Location{}))
	}
	return h.flush()
}

func csvFinding(f Finding, i int, l Location) csvRow {
	row := csvRow{
		record: "finding", rule: f.RuleID, severity: f.Severity.String(), confidence: f.Confidence.String(),
		message: f.Message, occurrence: strconv.Itoa(i + 1), path: l.fullPath(), object: l.Object,
		standing: standing(l), fingerprint: f.Fingerprint, repository: l.Repository,
	}
	if l.Region != (Region{}) {
		row.line, row.column = strconv.Itoa(l.Region.StartLine), strconv.Itoa(l.Region.StartColumn)
	}
	if i == 0 {
		row.excerpt = f.Excerpt
	}
	if c := l.Companion; c != nil {
		row.companion = fmt.Sprintf("%s at %d:%d", c.What, c.Region.StartLine, c.Region.StartColumn)
	}
	if l.Introduced != nil {
		row.commit, row.author, row.date = l.Introduced.ID, l.Introduced.Author, timestamp(l.Introduced.Date)
	}
	if l.Resource != nil {
		row.outcome = "fail"
		row.of(*l.Resource)
	}
	switch {
	case f.Suppression != nil:
		row.outcome, row.message = "suppressed", row.message+" Suppressed "+decision(f.Suppression)
	case f.Baseline == BaselineUnchanged:
		row.outcome = "in the baseline"
	}
	return row
}

// of fills in the columns that name a resource.
func (r *csvRow) of(resource Resource) {
	r.account, r.region, r.resource = resource.Account, resource.Region, resource.ARN
	r.name, r.kind = resource.Name, resource.Type
}

func (h *csvHandler) Verdict(v Verdict) error {
	if err := h.verdict(); err != nil {
		return err
	}
	row := csvRow{record: "verdict", rule: v.RuleID, outcome: v.Outcome.String(), message: v.Reason}
	if rule, known := h.rules[v.RuleID]; known {
		row.severity = rule.Severity.String()
	}
	row.of(v.Resource)
	h.row(row)
	return h.flushMany()
}

func (h *csvHandler) Notice(n Notice) error {
	if err := h.notice(); err != nil {
		return err
	}
	row := csvRow{record: "notice", outcome: "not examined", name: n.Subject, message: reason(n), repository: n.Repository}
	if n.Accepted != nil {
		row.outcome, row.message = "accepted", row.message+", accepted "+decision(n.Accepted)
	}
	h.row(row)
	return h.flush()
}

func (h *csvHandler) End(s Summary) error {
	if err := h.end(); err != nil {
		return err
	}
	for _, c := range s.Checks {
		h.row(csvRow{
			record: "check", rule: c.ID, severity: h.rules[c.ID].Severity.String(),
			message: fmt.Sprintf("%d failed, %d passed, %d not evaluated", c.Failed, c.Passed, c.NotEvaluated),
		})
	}
	h.compliance(s.Compliance)
	for _, r := range s.Repositories {
		h.row(csvRow{record: "repository", name: r.Name, outcome: r.Outcome(), message: r.says(), repository: r.Name})
	}
	outcome := "complete"
	switch {
	case s.Interrupted:
		outcome = "interrupted"
	case !s.Complete():
		outcome = "incomplete"
	}
	h.row(csvRow{record: "summary", outcome: outcome, message: join(". ", fmt.Sprintf(
		"examined: %s; findings: %s; not examined: %d", examined(s), findings(s), s.NotExamined), setAside(s))})
	return h.flush()
}

// row adds a line to the piece. What the csv.Writer writes to cannot fail.
func (h *csvHandler) row(r csvRow) {
	cells := r.cells()
	for i, text := range cells {
		cells[i] = cell(text)
	}
	h.rows.Write(cells)
	h.rows.Flush()
}

// formulaStart is what makes a spreadsheet compute a cell: the characters that
// OWASP lists, with the full-width forms that East Asian versions take for them.
// The control characters of that list stand escaped by then.
const formulaStart = "=+-@＝＋－＠"

// cell is text as a table may hold it: on one line, and never a formula. An
// apostrophe before it makes a spreadsheet take it for text. The same goes for
// what follows a semicolon, for where a comma stands in decimal numbers a
// spreadsheet begins a new cell there. Blanks and quotation marks before a formula
// are no obstacle.
func cell(text string) string {
	text = escape(text)
	if !strings.ContainsAny(text, formulaStart) {
		return text
	}
	parts := strings.Split(text, ";")
	for i, part := range parts {
		if strings.IndexAny(strings.TrimLeft(part, " \""), formulaStart) == 0 {
			parts[i] = "'" + part
		}
	}
	return strings.Join(parts, ";")
}
