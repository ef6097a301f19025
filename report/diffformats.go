package report

import (
	"fmt"
	"io"
	"strings"
)

// diffSchema changes when a field is renamed, removed or means something else.
const diffSchema = "assay-diff/v1"

// NewDiffText returns a DiffHandler that writes for people: a block for each change
// as it comes, what was examined differently, and a closing line.
func NewDiffText(w io.Writer) DiffHandler { return &diffText{output{w: w}} }

type diffText struct{ output }

func (h *diffText) Begin(old, new Run) error {
	if err := h.begin(); err != nil {
		return err
	}
	fmt.Fprintf(h, "%s\n\n", join(" ", new.Tool, new.Version, "report diff:", new.Command, new.Target))
	return h.flush()
}

func (h *diffText) Change(c Change) error {
	if err := h.finding(); err != nil {
		return err
	}
	f := c.Finding
	severity := strings.ToUpper(f.Severity.String())
	fmt.Fprintf(h, "%-8s %-9s %s\n", c.Kind, severity, escape(firstSentence(f.Message)))
	where := ""
	if len(f.Occurrences) > 0 {
		l := f.Occurrences[0]
		if where = place(l); l.Resource != nil {
			where = resourceName(*l.Resource)
		}
	}
	if more := max(c.Now, c.Before) - 1; more > 0 && c.Kind != ChangeChanged {
		where += " and " + count(more, "more place")
	}
	fmt.Fprintf(h, "         %s\n", where)
	for _, what := range c.What {
		fmt.Fprintf(h, "         %s\n", escape(what))
	}
	fmt.Fprintf(h, "         %s  %s\n", escape(f.RuleID), escape(f.Fingerprint))
	return h.flush()
}

// firstSentence is a message as far as its title.
func firstSentence(message string) string {
	title, _, _ := strings.Cut(message, ". ")
	return strings.TrimSuffix(title, ".")
}

func (h *diffText) End(s DiffSummary) error {
	if err := h.end(); err != nil {
		return err
	}
	if s.Counts != (DiffSummary{}).Counts {
		h.WriteByte('\n')
	}
	if len(s.Coverage) > 0 {
		h.WriteString("Coverage\n")
	}
	for _, c := range s.Coverage {
		fmt.Fprintf(h, "  %s: %s -> %s\n", escape(c.What), orNone(c.Old), orNone(c.New))
	}
	if len(s.Coverage) > 0 {
		h.WriteByte('\n')
	}
	if s.Salted {
		h.WriteString("What is new stands where what is gone stood: the runs had different salts.\n")
	}
	fmt.Fprintf(h, "%d new (%d at or above the gate), %d changed, %d gone, %d unknown, %d as before\n",
		s.Counts[ChangeNew], s.Failing, s.Counts[ChangeChanged], s.Counts[ChangeGone], s.Counts[ChangeUnknown], s.Unchanged)
	if s.Incomplete {
		h.WriteString("Incomplete: something was not examined in one of the runs\n")
	}
	return h.flush()
}

func orNone(text string) string {
	if text == "" {
		return "none"
	}
	return escape(text)
}

// NewDiffJSON returns a DiffHandler that writes one JSON document with a change on
// each line; Schema("diff") describes it.
func NewDiffJSON(w io.Writer) DiffHandler { return &diffJSON{output: output{w: w}} }

type diffJSON struct {
	output
	changes int
}

type diffRunRecord struct {
	Tool    string `json:"tool"`
	Version string `json:"version"`
	Command string `json:"command"`
	Target  string `json:"target"`
	Config  string `json:"config,omitempty"`
}

type changeRecord struct {
	Change      ChangeKind   `json:"change"`
	RuleID      string       `json:"rule_id"`
	Severity    Severity     `json:"severity"`
	Confidence  Confidence   `json:"confidence"`
	Fingerprint string       `json:"fingerprint"`
	Message     string       `json:"message"`
	Place       *placeRecord `json:"place,omitempty"`
	PlacesOld   int          `json:"places_old"`
	PlacesNew   int          `json:"places_new"`
	What        []string     `json:"what,omitempty"`
	Fails       bool         `json:"fails"`
}

type placeRecord struct {
	Path   string `json:"path"`
	Line   int    `json:"line,omitempty"`
	Column int    `json:"column,omitempty"`
	Object string `json:"object,omitempty"`
	ARN    string `json:"arn,omitempty"`
}

type coverageChangeRecord struct {
	What string `json:"what"`
	Old  string `json:"old"`
	New  string `json:"new"`
}

type diffSummaryRecord struct {
	New       int  `json:"new"`
	Changed   int  `json:"changed"`
	Gone      int  `json:"gone"`
	Unknown   int  `json:"unknown"`
	Unchanged int  `json:"unchanged"`
	Failing   int  `json:"failing"`
	Complete  bool `json:"complete"`
	OtherSalt bool `json:"other_salt"`
}

func (h *diffJSON) Begin(old, new Run) error {
	if err := h.begin(); err != nil {
		return err
	}
	h.WriteString(`{"schema":"` + diffSchema + `","old":`)
	h.json(newDiffRun(old))
	h.WriteString(",\n\"new\":")
	h.json(newDiffRun(new))
	h.WriteString(",\n\"changes\":[")
	return h.flush()
}

func newDiffRun(r Run) diffRunRecord {
	return diffRunRecord{validUTF8(r.Tool), validUTF8(r.Version), validUTF8(r.Command), validUTF8(r.Target), validUTF8(r.Config)}
}

func (h *diffJSON) Change(c Change) error {
	if err := h.finding(); err != nil {
		return err
	}
	h.element(h.changes, newChangeRecord(c))
	h.changes++
	return h.flush()
}

func newChangeRecord(c Change) changeRecord {
	f := c.Finding
	rec := changeRecord{
		Change: c.Kind, RuleID: validUTF8(f.RuleID), Severity: f.Severity, Confidence: f.Confidence,
		Fingerprint: validUTF8(f.Fingerprint), Message: validUTF8(f.Message),
		PlacesOld: c.Before, PlacesNew: c.Now, What: allValidUTF8(c.What), Fails: c.Fails,
	}
	if len(f.Occurrences) > 0 {
		l := f.Occurrences[0]
		rec.Place = &placeRecord{
			Path: validUTF8(l.fullPath()), Line: max(l.Region.StartLine, 0), Column: max(l.Region.StartColumn, 0), Object: validUTF8(l.Object),
		}
		if l.Resource != nil {
			rec.Place.ARN = validUTF8(l.Resource.ARN)
		}
	}
	return rec
}

func (h *diffJSON) End(s DiffSummary) error {
	if err := h.end(); err != nil {
		return err
	}
	h.WriteString("\n],\n\"coverage\":[")
	for i, c := range s.Coverage {
		h.element(i, coverageChangeRecord{validUTF8(c.What), validUTF8(c.Old), validUTF8(c.New)})
	}
	h.WriteString("\n],\n\"summary\":")
	h.json(diffSummaryRecord{
		s.Counts[ChangeNew], s.Counts[ChangeChanged], s.Counts[ChangeGone], s.Counts[ChangeUnknown],
		s.Unchanged, s.Failing, !s.Incomplete, s.Salted,
	})
	h.WriteString("}\n")
	return h.flush()
}
