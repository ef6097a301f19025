package report

import (
	"fmt"
	"io"
	"strings"
)

// How much a summary lists: GitHub takes 1 MiB for a step, and people less.
const (
	rowsListed = 200
	cellLength = 300 // characters
	gapsListed = 50
)

// NewMarkdown returns a Handler that writes a short report in Markdown, for the
// summary of a job or a comment: the outcome, a table of findings, and what was not
// examined. It is held and written at the end, for the outcome comes first; what is
// beyond 200 findings and 50 gaps is counted only. Text from the input is encoded so
// that it is neither a link nor markup.
func NewMarkdown(w io.Writer) Handler { return &markdownHandler{output: output{w: w}} }

type markdownHandler struct {
	output
	run         Run
	rules       map[string]Rule // by id
	rows        strings.Builder
	gaps        strings.Builder
	found, lost int // findings and gaps, listed or not
}

func (h *markdownHandler) Begin(r Run) error {
	if err := h.begin(); err != nil {
		return err
	}
	h.run, h.rules = r, rulesByID(r)
	return nil
}

func (h *markdownHandler) Finding(f Finding) error {
	if err := h.finding(); err != nil {
		return err
	}
	if !f.Counts() {
		return nil
	}
	if h.found++; h.found > rowsListed {
		return nil
	}
	title := h.rules[f.RuleID].Title
	if title == "" {
		title = f.RuleID
	}
	where, since := "", ""
	if places := placesNow(f); len(places) > 0 {
		where, since = markdownPlace(places[0]), standing(places[0])
		if c := places[0].Introduced; c != nil {
			since = "introduced in " + commit(*c) + "; " + since
		}
	}
	if more := len(f.Occurrences) - 1; more > 0 {
		where += " and " + count(more, "more place")
	}
	if h.audits() {
		since = evidence(f.Message, title)
	}
	fmt.Fprintf(&h.rows, "| %s | %s | %s | %s | %s |\n", f.Severity, markdown(title), where, markdown(strings.TrimSuffix(since, "; ")), markdownCode(f.Fingerprint))
	return nil
}

// audits reports whether the findings are about resources, which no commit introduced.
// What is wrong with each, such as which variable holds a credential, is in its message.
func (h *markdownHandler) audits() bool { return h.run.Command == "audit" }

// markdownPlace names l as people know it.
func markdownPlace(l Location) string {
	if l.Resource != nil {
		return markdownCode(l.Resource.Name + " " + l.Resource.ARN)
	}
	return markdownCode(place(l))
}

// Verdict writes nothing: what fails is a finding.
func (h *markdownHandler) Verdict(Verdict) error { return h.verdict() }

func (h *markdownHandler) Notice(n Notice) error {
	if err := h.notice(); err != nil {
		return err
	}
	if n.Accepted != nil {
		return nil
	}
	if h.lost++; h.lost <= gapsListed {
		fmt.Fprintf(&h.gaps, "- %s: %s\n", markdownCode(n.Subject), markdown(reason(n)))
	}
	return nil
}

func (h *markdownHandler) End(s Summary) error {
	if err := h.end(); err != nil {
		return err
	}
	fmt.Fprintf(h, "## %s\n\n**%s**\n", markdown(join(" ", h.run.Tool, h.run.Command, h.run.Target)), h.run.Shard.alone()+outcomeLine(s))
	if h.found > 0 {
		last := "Since"
		if h.audits() {
			last = "Evidence"
		}
		fmt.Fprintf(h, "\n| Severity | What | Where | %s | Fingerprint |\n| --- | --- | --- | --- | --- |\n%s", last, h.rows.String())
	}
	if more := h.found - rowsListed; more > 0 {
		fmt.Fprintf(h, "\n%s in the other reports.\n", count(more, "more finding"))
	}
	if h.run.Command == "scan" && h.found > 0 {
		h.WriteString(markdownNext)
	}
	if h.lost > 0 {
		fmt.Fprintf(h, "\n### Not examined\n\n%s", h.gaps.String())
	}
	if more := h.lost - gapsListed; more > 0 {
		fmt.Fprintf(h, "- and %d more\n", more)
	}
	for _, f := range s.Compliance {
		fmt.Fprintf(h, "\n**%s**: %s. %s\n", markdown(f.Title), markdown(f.line()), complianceCaveat)
	}
	fmt.Fprintf(h, "\nExamined: %s.", markdown(examined(s)))
	if text := setAside(s); text != "" {
		h.WriteString(" " + markdownEncoded(text))
	}
	h.WriteByte('\n')
	return h.flush()
}

const markdownNext = "\nRevoke a credential first: whoever could read the commit may have it. Then take it out. " +
	"`assay explain FINGERPRINT` says all that is known of one; " +
	"`assay ignore add FINGERPRINT --reason \"...\"` keeps what may stay.\n"

// markdown encodes text so that it is text in Markdown, on one line of a table, and
// not too long.
func markdown(text string) string { return markdownEncoded(cut(escape(text), cellLength)) }

// markdownEncoded encodes text that was made harmless for people already.
func markdownEncoded(text string) string {
	var b strings.Builder
	for _, r := range text {
		if strings.ContainsRune("\\`*_{}[]<>#|&~@!$:", r) {
			fmt.Fprintf(&b, "&#%d;", r)
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}

// markdownCode is text in the type of code.
func markdownCode(text string) string { return "<code>" + markdown(text) + "</code>" }
