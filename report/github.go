package report

import (
	"fmt"
	"io"
	"strings"
)

// annotated is how many annotations of one kind are written. GitHub shows ten
// errors, ten warnings and ten notices of a step and drops the rest in silence;
// the last one is kept for the outcome.
const annotated = 9

// NewGitHub returns a Handler that writes GitHub's workflow commands: the runner
// turns them into annotations on the lines of a pull request. A finding has one for
// each place that has a line now, up to what GitHub shows of each kind; the last
// command says how the run ended and how many were not annotated. Nothing is held.
//
// No text from the input can be a command of its own: control characters, percent
// signs, and in properties colons and commas, are encoded.
func NewGitHub(w io.Writer) Handler { return &githubHandler{output: output{w: w}} }

type githubHandler struct {
	output
	rules   map[string]Rule // by id
	shard   Shard
	written map[string]int // annotations by kind
	beyond  int            // how many more there would be
}

func (h *githubHandler) Begin(r Run) error {
	if err := h.begin(); err != nil {
		return err
	}
	h.shard, h.rules, h.written = r.Shard, make(map[string]Rule, len(r.Rules)), map[string]int{}
	for _, rule := range r.Rules {
		h.rules[rule.ID] = rule
	}
	return nil
}

func (h *githubHandler) Finding(f Finding) error {
	if err := h.finding(); err != nil {
		return err
	}
	if !f.Counts() {
		return nil
	}
	rule := h.rules[f.RuleID]
	title := rule.Title
	if title == "" {
		title = f.RuleID
	}
	for _, l := range placesNow(f) {
		h.annotate(kindOf(f.Severity), position(l)+"title="+property(title), resultMessage(f, l, rule))
	}
	return h.flush()
}

// kindOf is the kind of annotation that a severity is worth.
func kindOf(s Severity) string {
	if kind := level(s); kind != "note" {
		return kind
	}
	return "notice"
}

// position says where l is, for what has a line in a file of today.
func position(l Location) string {
	if l.Path == "" || l.isObject() || isHistory(l) || l.Resource != nil {
		return ""
	}
	text := "file=" + property(l.Path) + ","
	if r := l.Region; r != (Region{}) && l.Inner == "" {
		text += fmt.Sprintf("line=%d,endLine=%d,col=%d,endColumn=%d,", r.StartLine, r.EndLine, r.StartColumn, r.EndColumn)
	}
	return text
}

// annotate writes a command, as long as GitHub would show it.
func (h *githubHandler) annotate(kind, properties, message string) {
	if h.written[kind] == annotated {
		h.beyond++
		return
	}
	h.written[kind]++
	h.command(kind, properties, message)
}

func (h *githubHandler) command(kind, properties, message string) {
	fmt.Fprintf(h, "::%s %s::%s\n", kind, properties, commandData(message))
}

// Verdict writes nothing: what fails is a finding.
func (h *githubHandler) Verdict(Verdict) error { return h.verdict() }

func (h *githubHandler) Notice(n Notice) error {
	if err := h.notice(); err != nil {
		return err
	}
	if n.Accepted == nil {
		h.annotate("warning", "title=Not examined", n.Subject+": "+reason(n))
	}
	return h.flush()
}

func (h *githubHandler) End(s Summary) error {
	if err := h.end(); err != nil {
		return err
	}
	kind, message := "notice", h.shard.alone()+outcomeLine(s)
	switch {
	case !s.Complete():
		kind = "error"
	case s.Findings != [SeverityCritical + 1]int{}:
		kind = "warning"
	}
	if h.beyond > 0 {
		message += ". GitHub shows few annotations; " + count(h.beyond, "more place") + " in the other reports"
	}
	h.command(kind, "title=assay", sentence(message))
	return h.flush()
}

// commandData encodes text after the two colons of a command. What is not
// printable is escaped first, so no line break is left.
func commandData(text string) string { return strings.ReplaceAll(escape(text), "%", "%25") }

// property encodes the value of a property of a command.
func property(text string) string {
	return strings.NewReplacer(":", "%3A", ",", "%2C").Replace(commandData(text))
}

// A CommandShield is a Writer in front of a log of GitHub Actions. The runner takes
// a line of output for a command if it begins with two colons, after blanks, or has
// ##[ anywhere, whoever wrote it; a file's name may do so. The shield puts a blank
// between the characters. Each call of Write has to hold whole lines.
type CommandShield struct{ W io.Writer }

// Write writes p with no command in it.
func (s CommandShield) Write(p []byte) (int, error) {
	text := strings.ReplaceAll(string(p), "##[", "## [")
	var b strings.Builder
	for line := range strings.Lines(text) {
		rest := strings.TrimLeft(line, " \t")
		if strings.HasPrefix(rest, "::") {
			line = line[:len(line)-len(rest)] + ": " + rest[1:]
		}
		b.WriteString(line)
	}
	n, err := io.WriteString(s.W, b.String())
	if err == nil && n < b.Len() {
		err = io.ErrShortWrite
	}
	if err != nil {
		return 0, err
	}
	return len(p), nil
}
