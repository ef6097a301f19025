package report

import "io"

// NewJSON returns a Handler that writes one JSON document: an object with the
// members run, findings, notices, notices_left_out and summary, in that order.
// Each finding and each notice stands on its own line. Findings are written as
// they come. Notices are kept for the end, up to 8 MiB of text; how many more
// there were is said in notices_left_out, and the format jsonl has them all.
func NewJSON(w io.Writer) Handler {
	return &jsonHandler{output: output{w: w}, notices: held{limit: maxHeld}}
}

type jsonHandler struct {
	output
	notices  held
	findings int
}

func (h *jsonHandler) Begin(r Run) error {
	if err := h.begin(); err != nil {
		return err
	}
	h.WriteString(`{"run":`)
	h.json(newRunRecord(r))
	h.WriteString(",\n\"findings\":[")
	return h.flush()
}

func (h *jsonHandler) Finding(f Finding) error {
	if err := h.finding(); err != nil {
		return err
	}
	h.element(h.findings, newFindingRecord(f))
	h.findings++
	return h.flush()
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
	h.WriteString("\n],\n\"notices\":[")
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

// element adds the i-th element of an array on its own line.
func (o *output) element(i int, v any) {
	if i > 0 {
		o.WriteByte(',')
	}
	o.WriteByte('\n')
	o.json(v)
}
