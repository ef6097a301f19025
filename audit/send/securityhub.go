package send

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// SecurityHub sends what the format asff writes: each write is the request of one
// BatchImportFindings, see report.NewASFF. A request that fails costs itself; Err says
// in the end what was not taken.
type SecurityHub struct {
	Client *Client
	// Sessions are by account: only the account that a finding is of may send it.
	Sessions map[string]aws.Config
	// Dry, if it is not nil, is told of each request instead.
	Dry func(line string)

	sent    int
	refused []Refused
	lost    int               // findings in requests that failed
	off     map[string]string // why nothing more is sent to a region of an account
	last    time.Time
}

// A Refused is a finding that Security Hub did not take.
type Refused struct {
	ID, Region, Account string
	Code, Message       string // what Security Hub says
}

// interval keeps to ten requests a second for each account and region, which is the
// documented limit; there is one at a time of all of them.
const interval = 100 * time.Millisecond

// Writer returns what the format is to be written to. Requests end with ctx.
func (h *SecurityHub) Writer(ctx context.Context) io.Writer {
	return writes(func(line []byte) error { return h.take(ctx, line) })
}

type writes func([]byte) error

func (f writes) Write(p []byte) (int, error) { return len(p), f(p) }

// A batch is the request as far as it has to be known.
type batch struct{ Findings []json.RawMessage }

type batchFinding struct {
	ID      string `json:"Id"`
	Account string `json:"AwsAccountId"`
	Region  string
}

// take sends one request. Its error is that of a request that is none.
func (h *SecurityHub) take(ctx context.Context, line []byte) error {
	var b batch
	var first batchFinding
	if err := json.Unmarshal(line, &b); err != nil || len(b.Findings) == 0 {
		return errors.New("not a request of BatchImportFindings")
	}
	if err := json.Unmarshal(b.Findings[0], &first); err != nil {
		return errors.New("not a finding")
	}
	switch cfg, known := h.Sessions[first.Account]; {
	case h.Dry != nil:
		h.Dry(fmt.Sprintf("would send %d findings (%d bytes) to Security Hub in %s of account %s", len(b.Findings), len(line), first.Region, first.Account))
		h.sent += len(b.Findings)
	case !known:
		h.lose(first, len(b.Findings), "no session is of this account")
	case h.off[first.Account+first.Region] != "":
		h.lost += len(b.Findings)
	default:
		cfg.Region = first.Region
		h.send(ctx, cfg, first, b)
	}
	return nil
}

// lose counts findings that are not sent, and says why once for each region.
func (h *SecurityHub) lose(at batchFinding, n int, why string) {
	h.lost += n
	if h.off == nil {
		h.off = map[string]string{}
	}
	if cell := at.Account + at.Region; h.off[cell] == "" {
		h.off[cell] = why
		h.refused = append(h.refused, Refused{Region: at.Region, Account: at.Account, Message: why})
	}
}

// send makes the request, and once more for those findings that Security Hub could
// not take through no fault of theirs.
func (h *SecurityHub) send(ctx context.Context, cfg aws.Config, at batchFinding, b batch) {
	for attempt := range 2 {
		answer, err := h.request(ctx, cfg, b)
		if err != nil {
			h.lose(at, len(b.Findings), err.Error())
			return
		}
		again := h.taken(at, b, answer, attempt == 1)
		if len(again.Findings) == 0 {
			return
		}
		b = again
	}
}

func (h *SecurityHub) request(ctx context.Context, cfg aws.Config, b batch) (*importAnswer, error) {
	if wait := interval - h.Client.now().Sub(h.last); wait > 0 && !h.last.IsZero() {
		if err := h.Client.sleep(ctx, min(wait, interval)); err != nil {
			return nil, err
		}
	}
	h.last = h.Client.now()
	body, err := json.Marshal(b)
	if err != nil {
		return nil, err
	}
	text, err := h.Client.aws(ctx, cfg, "securityhub", "SecurityHub", request{contentType: "application/json", body: body}, "findings/import")
	if err != nil {
		return nil, err
	}
	var answer importAnswer
	if err := json.Unmarshal(text, &answer); err != nil {
		return nil, errors.New("the answer is not what Security Hub sends")
	}
	return &answer, nil
}

type importAnswer struct {
	FailedFindings []struct {
		ID           string `json:"Id"`
		ErrorCode    string
		ErrorMessage string
	}
}

// taken counts what an answer says of a request, and returns what is to be sent once
// more.
func (h *SecurityHub) taken(at batchFinding, b batch, answer *importAnswer, last bool) (again batch) {
	why := map[string]int{}
	for i, f := range answer.FailedFindings {
		why[f.ID] = i
	}
	for _, text := range b.Findings {
		var f batchFinding
		if json.Unmarshal(text, &f) != nil {
			continue // it was marshalled here
		}
		i, failed := why[f.ID]
		switch {
		case !failed:
			h.sent++
		case answer.FailedFindings[i].ErrorCode != "InvalidInput" && !last:
			again.Findings = append(again.Findings, text)
		default:
			h.lost++
			h.refused = append(h.refused, Refused{f.ID, at.Region, at.Account, answer.FailedFindings[i].ErrorCode, answer.FailedFindings[i].ErrorMessage})
		}
	}
	return again
}

// Sent returns how many findings were taken.
func (h *SecurityHub) Sent() int { return h.sent }

// Refusals returns what was not taken, with an entry without an id for a region that
// took nothing more.
func (h *SecurityHub) Refusals() []Refused { return h.refused }

// Err says how many findings were not taken, nil for none.
func (h *SecurityHub) Err() error {
	if h.lost == 0 {
		return nil
	}
	return fmt.Errorf("%d of %d findings were not taken by Security Hub", h.lost, h.lost+h.sent)
}

// Why says in one line why a finding was not taken.
func (r Refused) Why() string {
	if r.Code == "" {
		return r.Message
	}
	return r.Code + ": " + r.Message
}
