package report

import (
	"bytes"
	"fmt"
	"io"
)

// NewJSON returns a Handler that writes one JSON document: an object with the
// members run, findings, verdicts and verdicts_left_out (of an audit), notices,
// notices_left_out and summary, in that order. Each finding, verdict and notice
// stands on its own line. Findings are written as they come. The rest is kept
// for the end, notices up to 8 MiB of text and verdicts up to 64 MiB of
// compressed text, which is some millions; how many more there were is said in
// the members left_out, and the format jsonl has them all.
func NewJSON(w io.Writer) Handler {
	return &jsonHandler{output: output{w: w}, verdicts: packed{limit: maxPacked}, notices: held{limit: maxHeld}}
}

type jsonHandler struct {
	output
	audit    bool // the document has verdicts
	verdicts packed
	notices  held
	findings int
}

func (h *jsonHandler) Begin(r Run) error {
	if err := h.begin(); err != nil {
		return err
	}
	h.audit = r.Command == "audit"
	h.WriteString(`{"run":`)
	h.json(newRunRecord(r))
	h.WriteString(",\n\"findings\":[")
	return h.flush()
}

func (h *jsonHandler) Finding(f Finding) error {
	if err := h.finding(); err != nil {
		return err
	}
	h.separate(h.findings)
	h.findings++
	h.findingJSON(f)
	return h.flush()
}

func (h *jsonHandler) Verdict(v Verdict) error {
	if err := h.verdict(); err != nil {
		return err
	}
	h.audit = true
	text, err := marshal(newVerdictRecord(v))
	if err != nil {
		return err
	}
	return h.verdicts.add(text)
}

func (h *jsonHandler) Notice(n Notice) error {
	if err := h.notice(); err != nil {
		return err
	}
	h.notices.add(n)
	return nil
}

func (h *jsonHandler) End(s Summary) error {
	if err := h.end(); err != nil {
		return err
	}
	h.WriteString("\n],\n")
	if h.audit {
		if err := h.listVerdicts(); err != nil {
			return err
		}
	}
	h.WriteString("\"notices\":[")
	for i, n := range h.notices.notices {
		h.element(i, newNoticeRecord(n))
	}
	h.WriteString("\n],\n\"notices_left_out\":")
	h.json(h.notices.more)
	h.WriteString(",\n\"summary\":")
	h.json(newSummaryRecord(s))
	h.WriteString("}\n")
	return h.flush()
}

// listVerdicts writes the verdicts that were kept.
func (h *jsonHandler) listVerdicts() error {
	h.WriteString("\"verdicts\":[")
	i := 0
	for line, err := range h.verdicts.all() {
		if err != nil {
			return err
		}
		h.separate(i)
		h.Write(line)
		i++
		if err := h.flushMany(); err != nil {
			return err
		}
	}
	h.WriteString("\n],\n\"verdicts_left_out\":")
	h.json(h.verdicts.more)
	h.WriteString(",\n")
	return nil
}

// element adds the i-th element of an array on its own line.
func (o *output) element(i int, v any) {
	o.separate(i)
	o.json(v)
}

// separate begins the line of the i-th element.
func (o *output) separate(i int) {
	if i > 0 {
		o.WriteByte(',')
	}
	o.WriteByte('\n')
}

// fewPlaces is how many places of a finding are encoded at once.
const fewPlaces = 1000

// findingJSON adds a finding to the piece. That of a finding with very many places
// is written while it is made: it may be larger than all the rest of a report.
func (o *output) findingJSON(f Finding) {
	places := f.Occurrences
	if len(places) <= fewPlaces {
		o.json(newFindingRecord(f))
		return
	}
	f.Occurrences = []Location{}
	text, err := marshal(newFindingRecord(f))
	if err != nil {
		o.err = fmt.Errorf("writing the report: %w", err)
		return
	}
	head, tail, _ := bytes.Cut(text, []byte(`"occurrences":[]`)) // which no string holds
	o.Write(head)
	o.WriteString(`"occurrences":[`)
	for i, l := range places {
		if i > 0 {
			o.WriteByte(',')
		}
		o.json(newLocationRecord(l))
		if o.flushMany() != nil {
			return
		}
	}
	o.WriteByte(']')
	o.Write(tail)
}
