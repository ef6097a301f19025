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

// windows cuts first and what rest delivers into windows of size bytes, which
// must be more than seam. data of a window is valid until the next one is asked for.
func windows(first []byte, rest io.Reader, size int) iter.Seq2[window, error] {
	return func(yield func(window, error) bool) {
		buf := make([]byte, 0, max(size, len(first)))
		buf = append(buf, first...)
		w := window{line: 1, column: 1}
		for {
			n, err := io.ReadFull(rest, buf[len(buf):cap(buf)])
			buf = buf[:len(buf)+n]
			last := err != nil
			w.data, w.until = buf, len(buf)
			if !last {
				w.until -= seam - lead
			}
			// What was read before an error is examined all the same.
			if !yield(w, nil) {
				return
			}
			if last {
				if err != io.EOF && err != io.ErrUnexpectedEOF {
					yield(window{}, err)
				}
				return
			}
			keep := whole(buf, len(buf)-seam)
			w.from = len(buf) - seam + lead - keep
			w.advance(keep)
			buf = buf[:copy(buf, buf[keep:])]
		}
	}
}

// advance moves the beginning of w on by n bytes of its data.
func (w *window) advance(n int) {
	at := locator{data: w.data, line: w.line, column: w.column}
	at.seek(n)
	w.line, w.column = at.line, at.column
	w.offset += int64(n)
}

// whole moves the cut at offset i back in front of a character of several bytes,
// or a CRLF, that it would part.
func whole(data []byte, i int) int {
	for n := 1; n < utf8.UTFMax && n <= i; n++ {
		if utf8.RuneStart(data[i-n]) {
			if _, size := utf8.DecodeRune(data[i-n:]); size > n {
				return i - n
			}
			break
		}
	}
	if i > 0 && data[i-1] == '\r' && data[i] == '\n' {
		return i - 1
	}
	return i
}

// A locator turns offsets into lines and columns. Offsets are asked for in
// ascending order. LF, CR and CRLF end a line, as they do for report.LineHashes.
type locator struct {
	data         []byte
	at           int
	line, column int // of data[at]
}

// seek moves to offset.
func (l *locator) seek(offset int) {
	if offset <= l.at {
		return
	}
	step := l.data[l.at:offset]
	n := bytes.Count(step, newline)
	last := -1
	if n > 0 {
		last = bytes.LastIndexByte(step, '\n')
	}
	if cr := bytes.IndexByte(step, '\r'); cr >= 0 { // most content has none
		bare, at := l.bareCR(l.at+cr, offset)
		n, last = n+bare, max(last, at)
	}
	if n > 0 {
		l.line += n
		l.column = 1
		step = step[last+1:]
	}
	l.column += utf8.RuneCount(step)
	l.at = offset
}

var newline = []byte{'\n'}

// bareCR counts the CRs in data[from:offset] that no LF follows, and returns where
// the last of them stands, counted from at.
func (l *locator) bareCR(from, offset int) (n, last int) {
	last = -1
	for i := from; i < offset; i++ {
		if l.data[i] == '\r' && (i+1 == len(l.data) || l.data[i+1] != '\n') {
			n, last = n+1, i-l.at
		}
	}
	return n, last
}

// region returns the lines and columns of data[start:end].
func (l *locator) region(start, end int) report.Region {
	l.seek(start)
	r := report.Region{StartLine: l.line, StartColumn: l.column}
	tail := *l
	tail.seek(end)
	r.EndLine, r.EndColumn = tail.line, tail.column
	return r
}

// lineStart returns where the line of data[i] begins, if that is at most reach
// bytes before.
func lineStart(data []byte, i, reach int) (start int, ok bool) {
	stop := max(0, i-reach)
	for j := i; j > stop; j-- {
		if c := data[j-1]; c == '\n' || c == '\r' && (j == len(data) || data[j] != '\n') {
			return j, true
		}
	}
	return stop, stop == 0
}

// lineEnd returns where the line that data[i] is on ends, if that is at most
// reach bytes behind. The characters that end it do not belong to it.
func lineEnd(data []byte, i, reach int) (end int, ok bool) {
	stop := min(len(data), i+reach)
	if n := bytes.IndexByte(data[i:stop], '\n'); n >= 0 {
		stop, ok = i+n, true
	}
	if n := bytes.IndexByte(data[i:stop], '\r'); n >= 0 {
		return i + n, true
	}
	return stop, ok || stop == len(data)
}
