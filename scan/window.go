package scan

import (
	"bytes"
	"encoding/binary"
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
// It lies in memory, which is made where it does not suffice.
func windows(memory *[]byte, first []byte, rest io.Reader, size int) iter.Seq2[window, error] {
	return func(yield func(window, error) bool) {
		if size = max(size, len(first)); cap(*memory) < size {
			*memory = make([]byte, size)
		}
		buf := append((*memory)[:0:size], first...)
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
		bare, at := l.bareCR(cr, offset)
		n, last = n+bare, max(last, at)
	}
	if n > 0 {
		l.line += n
		l.column = 1
		step = step[last+1:]
	}
	l.column += runeCount(step)
	l.at = offset
}

// runeCount is utf8.RuneCount, quick where text is ASCII or zeros.
func runeCount(text []byte) (n int) {
	const beyond = 0x8080808080808080
	for len(text) > 0 {
		for len(text) >= 8 && binary.NativeEndian.Uint64(text)&beyond == 0 {
			n, text = n+8, text[8:]
		}
		for k := min(8, len(text)); k > 0 && len(text) > 0; k-- {
			_, size := utf8.DecodeRune(text)
			n, text = n+1, text[size:]
		}
	}
	return n
}

var (
	newline  = []byte{'\n'}
	carriage = []byte{'\r'}
	pair     = []byte("\r\n")
)

// bareCR counts the CRs in data[at:offset] that no LF follows, the first CR at
// offset cr of that, and returns where the last of them stands there, or -1.
func (l *locator) bareCR(cr, offset int) (n, last int) {
	step := l.data[l.at:offset]
	n = bytes.Count(step[cr:], carriage) - bytes.Count(step[cr:], pair)
	if cut := l.data[offset-1] == '\r' && offset < len(l.data) && l.data[offset] == '\n'; cut {
		n-- // a pair that the step ends within
		step = step[:len(step)-1]
	}
	if n == 0 {
		return 0, -1
	}
	for last = bytes.LastIndexByte(step, '\r'); last+1 < len(step) && step[last+1] == '\n'; {
		last = bytes.LastIndexByte(step[:last], '\r')
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
