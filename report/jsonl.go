package report

import "io"

// NewJSONL returns a Handler that writes one JSON object per line: the run,
// then findings, verdicts and notices as they come, then the summary. A file
// without a summary is the report of a run that broke. Nothing is held but the
// verdicts since the last write, up to 32 KiB.
func NewJSONL(w io.Writer) Handler { return &jsonlHandler{output{w: w}} }

type jsonlHandler struct{ output }

func (h *jsonlHandler) Begin(r Run) error {
	if err := h.begin(); err != nil {
		return err
	}
	return h.line(newRunRecord(r))
}

func (h *jsonlHandler) Finding(f Finding) error {
	if err := h.finding(); err != nil {
		return err
	}
	h.findingJSON(f)
	h.WriteByte('\n')
	return h.flush()
}

func (h *jsonlHandler) Verdict(v Verdict) error {
	if err := h.verdict(); err != nil {
		return err
	}
	h.json(newVerdictRecord(v))
	h.WriteByte('\n')
	return h.flushMany()
}

func (h *jsonlHandler) Notice(n Notice) error {
	if err := h.notice(); err != nil {
		return err
	}
	return h.line(newNoticeRecord(n))
}

func (h *jsonlHandler) End(s Summary) error {
	if err := h.end(); err != nil {
		return err
	}
	return h.line(newSummaryRecord(s))
}

func (h *jsonlHandler) line(v any) error {
	h.json(v)
	h.WriteByte('\n')
	return h.flush()
}
