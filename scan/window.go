package scan

import (
	"bytes"
	"io"
	"iter"
	"unicode/utf8"

	"github.com/assayhq/assay/report"
)

// Content that is longer than chunk is examined in windows, so that memory stays
// the same whatever the length. Neighbouring windows share seam bytes: more than
// the longest match and its line, so that none is cut.
const (
	chunk = 4 << 20
	seam  = 96 << 10
	// lead is what of the seam lies before the first match that a window answers
	// for: the names, operators and boundaries that a rule looks back at.
	lead = 32 << 10
)

// A window is a stretch of a content. Matches that start in [from, until) are
// its own; the rest of data is for looking around.
type window struct {
	data         []byte
	offset       int64 // of data in the content
	line, column int   // of data[0]
	from, until  int
}

// windows cuts first and what rest delivers into windows. data of a window is
// valid until the next one is asked for.
func windows(first []byte, rest io.Reader) iter.Seq2[window, error] {
	return func(yield func(window, error) bool) {
		buf := make([]byte, 0, chunk)
		buf = append(buf, first...)
		w := window{line: 1, column: 1}
		for {
			n, err := io.ReadFull(rest, buf[len(buf):cap(buf)])
			buf = buf[:len(buf)+n]
			last := err == io.EOF || err == io.ErrUnexpectedEOF
			if err != nil && !last {
				yield(w, err)
				return
			}
			w.data, w.until = buf, len(buf)
			if !last {
				w.until -= seam - lead
			}
			if !yield(w, nil) || last {
				return
			}
			keep := len(buf) - seam
			at := locator{data: buf, line: w.line, column: w.column}
			at.seek(keep)
			w.line, w.column = at.line, at.column
			w.offset += int64(keep)
			w.from = lead
			buf = buf[:copy(buf, buf[keep:])]
		}
	}
}

// A locator turns offsets into lines and columns. Offsets are asked for in
// ascending order.
type locator struct {
	data         []byte
	at           int
	line, column int // of data[at]
}

// seek moves to offset.
func (l *locator) seek(offset int) {
	if offset < l.at {
		return
	}
	step := l.data[l.at:offset]
	if n := bytes.Count(step, newline); n > 0 {
		l.line += n
		l.column = 1
		step = step[bytes.LastIndexByte(step, '\n')+1:]
	}
	l.column += utf8.RuneCount(step)
	l.at = offset
}

var newline = []byte{'\n'}

// region returns the lines and columns of data[start:end].
func (l *locator) region(start, end int) report.Region {
	l.seek(start)
	r := report.Region{StartLine: l.line, StartColumn: l.column}
	tail := *l
	tail.seek(end)
	r.EndLine, r.EndColumn = tail.line, tail.column
	return r
}
