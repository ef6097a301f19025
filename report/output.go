package report

import (
	"bytes"
	"fmt"
	"io"
)

// An output is what every format stands on. It holds the piece that is being
// made, writes it in one call, keeps the first error, and refuses calls that
// come out of order, so that no format writes half a document in silence.
type output struct {
	bytes.Buffer // the piece
	w            io.Writer
	stage        stage
	err          error // the first write error; every later call returns it
}

type stage uint8

const (
	stageNew stage = iota
	stageOpen
	stageEnded
)

var stageNames = [...]string{"before Begin", "after Begin", "after End"}

// enter moves from one stage to the next, or says why call may not be made now.
func (o *output) enter(call string, from, to stage) error {
	if o.err != nil {
		return o.err
	}
	if o.stage != from {
		return fmt.Errorf("report: %s called %s", call, stageNames[o.stage])
	}
	o.stage = to
	return nil
}

func (o *output) begin() error   { return o.enter("Begin", stageNew, stageOpen) }
func (o *output) finding() error { return o.enter("Finding", stageOpen, stageOpen) }
func (o *output) verdict() error { return o.enter("Verdict", stageOpen, stageOpen) }
func (o *output) notice() error  { return o.enter("Notice", stageOpen, stageOpen) }
func (o *output) end() error     { return o.enter("End", stageOpen, stageEnded) }

// flush writes the piece.
func (o *output) flush() error {
	if o.err != nil || o.Len() == 0 {
		return o.err
	}
	size := o.Len()
	n, err := o.w.Write(o.Bytes())
	o.Reset()
	if err == nil && n < size {
		err = io.ErrShortWrite
	}
	if err != nil {
		o.err = fmt.Errorf("writing the report: %w", err)
	}
	return o.err
}

// manyBytes is how much of a piece that nobody waits for is gathered before it is
// written: an audit gives millions of verdicts, and each write costs a system call.
const manyBytes = 32 << 10

// flushMany writes the piece if it has become large.
func (o *output) flushMany() error {
	if o.Len() < manyBytes {
		return o.err
	}
	return o.flush()
}

// json adds the JSON text of v to the piece.
func (o *output) json(v any) {
	text, err := marshal(v)
	if err != nil {
		o.err = fmt.Errorf("writing the report: %w", err)
		return
	}
	o.Write(text)
}

// maxHeld bounds the text of the notices that a format keeps for its end, in
// bytes: room for about 50,000 of them.
const maxHeld = 8 << 20

// A held keeps the notices of a format that has to write them after the findings.
type held struct {
	notices []Notice
	bytes   int
	limit   int // in bytes
	more    int // how many more there were than limit allows
}

func (h *held) add(n Notice) {
	size := len(n.Subject) + len(reason(n))
	if h.more > 0 || h.bytes+size > h.limit {
		h.more++
		return
	}
	h.bytes += size
	h.notices = append(h.notices, n)
}

// count returns how many notices were added.
func (h *held) count() int { return len(h.notices) + h.more }

// reason is the text of n's error.
func reason(n Notice) string {
	if n.Err == nil {
		return "no reason given"
	}
	return n.Err.Error()
}
