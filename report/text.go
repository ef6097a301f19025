package report

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"
)

// TextOptions are what the format text can be told. The zero value writes
// plain text with lines as long as they come, for files and pipes.
type TextOptions struct {
	Colour Colour
	// Width is the terminal's, in characters: prose is wrapped and excerpts are
	// cut to it. 0 means that there is none.
	Width int
}

// A Colour says whether text carries terminal colours. When to use them is
// the caller's to decide: it knows the terminal and NO_COLOR.
type Colour uint8

const (
	ColourNever Colour = iota
	ColourAlways
)

const (
	placesListed  = 5   // further places that a finding's block names
	refsListed    = 3   // refs that a place names
	noticesListed = 100 // notices that the end names
	shortID       = 10  // hex digits of a commit id that people need
	labelWidth    = 15  // columns up to the value of a field
)

// NewText returns a Handler that writes for people. Of a scan, a block for each
// finding as it comes, then what was not examined; of an audit, at its end, what
// was asked, the checks that failed with examples, and what was not examined.
// Both close with a summary whose last line is the verdict. No text from the
// input can move the cursor or change colours.
func NewText(w io.Writer, o TextOptions) Handler {
	return &textHandler{output: output{w: w}, options: o, notices: held{limit: maxHeld}}
}

type textHandler struct {
	output
	options TextOptions
	rules   func() map[string]*Rule // by id; most runs of a hook ask for none
	notices held
	audit   *auditText // nil for a scan
	shard   Shard
}

func (h *textHandler) Begin(r Run) error {
	if err := h.begin(); err != nil {
		return err
	}
	h.rules, h.shard = byID(r.Rules), r.Shard
	if r.Command == "audit" {
		h.audit = newAuditText(h, r)
	}
	h.printf("%s\n\n", h.paint(dim, join(" ", r.Tool, r.Version, r.Command, r.Target)))
	return h.flush()
}

func (h *textHandler) Finding(f Finding) error {
	if err := h.finding(); err != nil {
		return err
	}
	if h.audit != nil {
		h.audit.addFinding(f)
		return nil
	}
	h.head(f)
	if len(f.Occurrences) > 0 {
		h.first(f.Occurrences[0])
	}
	h.excerpt(f.Excerpt)
	h.further(f.Occurrences)
	h.prose("remedy", h.rule(f.RuleID).Remedy)
	if f.Suppression != nil {
		h.prose("suppressed", decision(f.Suppression))
	}
	h.field("baseline", baselineWords[min(f.Baseline, BaselineUnchanged)])
	h.field("fingerprint", h.paint(dim, escape(f.Fingerprint)))
	h.printf("\n")
	return h.flush()
}

func (h *textHandler) Verdict(v Verdict) error {
	if err := h.verdict(); err != nil {
		return err
	}
	if h.audit != nil {
		h.audit.addVerdict(v)
	}
	return nil
}

func (h *textHandler) Notice(n Notice) error {
	if err := h.notice(); err != nil {
		return err
	}
	h.notices.add(n)
	return nil
}

// baselineWords say how a finding stands to the baseline, where that is worth a line.
var baselineWords = [...]string{BaselineUnchanged: "it is in the baseline"}

// decision says in words who decided what.
func decision(s *Suppression) string {
	text := "by " + s.By + ": " + strings.TrimSuffix(s.Reason, ".")
	if s.Owner != "" {
		text += ", says " + s.Owner
	}
	if s.Expires != "" {
		text += ", until " + s.Expires
	}
	return sentence(text)
}

// byID returns what finds rules by their ids, which is made when it is first asked.
func byID(rules []Rule) func() map[string]*Rule {
	return sync.OnceValue(func() map[string]*Rule {
		all := make(map[string]*Rule, len(rules))
		for i := range rules {
			all[rules[i].ID] = &rules[i]
		}
		return all
	})
}

// rule returns the description of a rule, empty if the run has none of it.
func (h *textHandler) rule(id string) Rule {
	if r := h.rules()[id]; r != nil {
		return *r
	}
	return Rule{}
}

// head writes what was found and how bad and how sure it is.
func (h *textHandler) head(f Finding) {
	rule := h.rule(f.RuleID)
	label := strings.ToUpper(f.Severity.String())
	title := rule.Title
	if title == "" {
		title = f.RuleID
	}
	h.printf("%s  %s  %s\n", h.paint(severityColours[min(f.Severity, SeverityCritical)], label), h.paint(bold, escape(title)),
		h.paint(dim, fmt.Sprintf("[%s, %s confidence]", escape(f.RuleID), f.Confidence)))
	h.prose("what", evidence(f.Message, title))
}

// first writes where the finding stands, who brought it and whether it is gone.
func (h *textHandler) first(l Location) {
	h.field("where", h.paint(bold, place(l)))
	if c := l.Companion; c != nil {
		h.field("with", escape(c.What)+" at "+place(l.companion()))
	}
	if l.Object != "" && !l.InWorktree && !l.isObject() {
		h.field("", escape(l.Type)+" "+escape(l.Object))
	}
	if l.Introduced != nil {
		h.wrapped("introduced", commit(*l.Introduced))
	}
	h.wrapped("now", standing(l))
}

func (h *textHandler) excerpt(line string) {
	line = escape(strings.TrimSpace(strings.ReplaceAll(line, "\t", " ")))
	if line == "" {
		return
	}
	if room := h.options.Width - labelWidth; h.options.Width > 0 {
		line = cut(line, max(room, 20))
	}
	h.field("excerpt", line)
}

// further lists the next places, and says how many it leaves unlisted.
func (h *textHandler) further(places []Location) {
	if len(places) < 2 {
		return
	}
	places = places[1:]
	label := "also"
	for _, l := range places[:min(len(places), placesListed)] {
		h.field(label, place(l)+h.paint(dim, "  "+standing(l)))
		label = ""
	}
	if more := len(places) - placesListed; more > 0 {
		h.field("", fmt.Sprintf("and %s", count(more, "more place")))
	}
}

// companion is where the other half of what stands at l is.
func (l Location) companion() Location {
	l.Region = l.Companion.Region
	return l
}

// place is l's path, line and column; or its object, for what has no path, after
// the submodule that the object is in.
func place(l Location) string {
	text := escape(l.fullPath())
	if l.isObject() {
		text = join(" ", l.Path, l.Type, l.Object) + escape(l.inside())
	}
	if l.Region != (Region{}) {
		text += fmt.Sprintf(":%d:%d", l.Region.StartLine, l.Region.StartColumn)
	}
	return text
}

// standing says whether the credential can still be had at l.
func standing(l Location) string {
	var in []string
	if l.InWorktree && l.inHistory() {
		in = append(in, "in the working tree")
	}
	if l.AtHead {
		in = append(in, "at HEAD")
	}
	if len(l.Refs) > 0 {
		in = append(in, "on "+refs(l))
	}
	switch {
	case len(in) > 0:
		return "still " + strings.Join(in, ", ")
	case l.Removed != nil:
		return "only in history, removed in " + commit(*l.Removed)
	case l.Object != "":
		return "only in history"
	}
	return ""
}

// fullPath is the path that people read: that of a container, and where inside it.
// What has no path of its own has none here either.
func (l Location) fullPath() string {
	if l.isObject() {
		return l.Path
	}
	return l.Path + l.inside()
}

func (l Location) inside() string {
	if l.Inner == "" {
		return ""
	}
	return "!" + l.Inner
}

// inHistory reports whether l is known to a Git history. Outside one there is
// nothing to say about where else the credential can be had.
func (l Location) inHistory() bool {
	return l.Object != "" || l.Introduced != nil || l.AtHead || len(l.Refs) > 0
}

// isObject reports whether l is an object without a path in its repository.
func (l Location) isObject() bool {
	return l.Object != "" && (l.Path == "" || strings.HasSuffix(l.Path, "/"))
}

func refs(l Location) string {
	shown := l.Refs[:min(len(l.Refs), refsListed)]
	text := join(", ", shown...)
	if more := len(l.Refs) - len(shown) + l.RefsMore; more > 0 {
		text += fmt.Sprintf(" and %s", count(more, "more ref"))
	}
	return text
}

func commit(c Commit) string {
	text := escape(c.ID[:min(len(c.ID), shortID)])
	if c.Author != "" {
		text += " by " + escape(c.Author)
	}
	if date := timestamp(c.Date); date != "" {
		text += ", " + date[:len(time.DateOnly)]
	}
	return text
}

// field writes one labelled line, unless there is nothing to say.
func (h *textHandler) field(label, value string) {
	if value != "" {
		h.printf("  %s%s\n", h.paint(dim, fmt.Sprintf("%-*s", labelWidth-2, label)), value)
	}
}

// prose writes a labelled text, whose blanks count as one each.
func (h *textHandler) prose(label, text string) {
	h.wrapped(label, escape(strings.Join(strings.Fields(text), " ")))
}

// wrapped writes a labelled value over as many lines as the width asks for.
func (h *textHandler) wrapped(label, value string) {
	for _, line := range wrap(value, h.options.Width-labelWidth) {
		h.field(label, line)
		label = ""
	}
}

func (h *textHandler) printf(format string, args ...any) { fmt.Fprintf(h, format, args...) }
