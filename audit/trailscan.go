package audit

import (
	"bytes"
	"errors"
	"fmt"
	"io"
)

// A recordScanner takes a file of a trail apart, {"Records":[{...},{...}]}, without
// reading the JSON of every record: it knows strings, brackets and braces, which is
// enough to tell where a record ends, and looks for a name in the bytes. One in
// fifty records is of interest, and reading JSON takes ten times as long as
// unpacking it.
type recordScanner struct {
	in  io.Reader
	buf []byte // what was read and not yet used is buf[at:end]
	at  int
	end int
	eof bool
	// hit is where the name stands next, from at on; len(buf) if nowhere before end.
	hit int

	records int
	reads   bool // a record says that it is of an event that reads
}

// scanBuffer is how much of a file is held, in bytes. No record may be longer:
// CloudTrail's own bound is 256 kB.
const scanBuffer = 2 << 20

var (
	secretsMark = []byte(secretsSource)
	sourceKey   = []byte(`"eventSource"`)
	recordsKey  = []byte(`"Records"`)
	readMarks   = [][]byte{[]byte(`"readOnly":true`), []byte(`"readOnly": true`)}
)

// errForeign says that a file is none of a trail's.
var errForeign = errors.New("it does not begin as a file of a trail does, with a list of Records")

// reset begins a new file and keeps the buffer.
func (s *recordScanner) reset(in io.Reader) {
	if s.buf == nil {
		s.buf = make([]byte, scanBuffer)
	}
	*s = recordScanner{in: in, buf: s.buf}
	s.hit = len(s.buf)
}

// scan calls found with each record of Secrets Manager's, and with the first of
// all, whose event tells the account and region of the file. The bytes are good
// until found returns. An error says after how many records the file broke.
func (s *recordScanner) scan(found func(record []byte, first bool)) error {
	if err := s.begin(); err != nil {
		return err
	}
	for {
		c, err := s.next()
		switch {
		case err != nil:
			return s.broken(err)
		case c == ']':
			if more, err := s.another(); !more {
				return err
			}
			continue
		case c == ',':
			s.at++
			continue
		case c != '{':
			return s.broken(errors.New("what stands there is no record"))
		}
		record, err := s.record()
		if err != nil {
			return s.broken(err)
		}
		s.records++
		if s.records == 1 || s.hit < s.at && ofSecrets(record) {
			found(record, s.records == 1)
		}
	}
}

// another goes behind the list. A file may hold several, one after the other, as files
// that were put together do; reading to the end proves the sum of a packed one. A nil
// error is that of the end.
func (s *recordScanner) another() (more bool, err error) {
	s.at++ // the bracket
	c, err := s.next()
	if err == nil && c != '}' {
		err = errors.New("what stands behind its records is none of a trail's")
	}
	if err != nil {
		return false, s.broken(err)
	}
	s.at++
	switch _, err := s.next(); {
	case err == io.EOF:
		return false, nil
	case err != nil:
		return false, s.broken(err)
	}
	if err := s.begin(); err != nil {
		return false, s.broken(errors.New("what stands behind its records is none of a trail's"))
	}
	return true, nil
}

func (s *recordScanner) broken(err error) error {
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return fmt.Errorf("it breaks after %d records: %w", s.records, err)
}

// begin goes to the first record.
func (s *recordScanner) begin() error {
	for _, want := range [][]byte{{'{'}, recordsKey, {':'}, {'['}} {
		if _, err := s.next(); err != nil && err != io.EOF {
			return err
		}
		for s.end-s.at < len(want) && s.fill() == nil {
		}
		if !bytes.HasPrefix(s.buf[s.at:s.end], want) {
			return errForeign
		}
		s.at += len(want)
	}
	return nil
}

// next returns the next byte that is no white space, and stays before it.
func (s *recordScanner) next() (byte, error) {
	for {
		for s.at < s.end {
			switch c := s.buf[s.at]; c {
			case ' ', '\t', '\r', '\n':
				s.at++
			default:
				return c, nil
			}
		}
		if err := s.fill(); err != nil {
			return 0, err
		}
	}
}

// record returns the record that begins here, and goes behind it.
func (s *recordScanner) record() ([]byte, error) {
	for {
		if n := objectLength(s.buf[s.at:s.end]); n > 0 {
			r := s.buf[s.at : s.at+n]
			if s.hit < s.at { // that was in an earlier record
				s.seek(s.at)
			}
			s.at += n
			return r, nil
		}
		if err := s.fill(); err != nil {
			return nil, err
		}
	}
}

// fill reads more, behind what is there. Its error is io.EOF at the end.
func (s *recordScanner) fill() error {
	if s.eof {
		return io.EOF
	}
	copy(s.buf, s.buf[s.at:s.end])
	s.end -= s.at
	s.at = 0
	if s.end == len(s.buf) {
		return fmt.Errorf("a record longer than %d bytes", len(s.buf))
	}
	from := s.end
	for s.end < len(s.buf) {
		n, err := s.in.Read(s.buf[s.end:])
		s.end += n
		if err == io.EOF {
			s.eof = true
			break
		}
		if err != nil {
			return err
		}
	}
	for _, mark := range readMarks {
		s.reads = s.reads || bytes.Contains(s.buf[max(0, from-len(mark)):s.end], mark)
	}
	s.seek(0)
	if s.end == from {
		return io.EOF
	}
	return nil
}

// seek looks for the name from a place on.
func (s *recordScanner) seek(from int) {
	s.hit = len(s.buf)
	if i := bytes.Index(s.buf[from:s.end], secretsMark); i >= 0 {
		s.hit = from + i
	}
}

// objectLength returns how many bytes the object takes that text begins with, 0 if
// its end is not there. Brackets and braces that do not match count as if they did:
// whoever reads the JSON finds out.
func objectLength(text []byte) int {
	depth := 0
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '"':
			n := stringLength(text[i+1:])
			if n == 0 {
				return 0
			}
			i += n
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth == 0 {
				return i + 1
			}
		}
	}
	return 0
}

// stringLength returns how many bytes the rest of a string takes, with the quote
// that ends it, 0 if that is not there.
func stringLength(text []byte) int {
	for from := 0; ; {
		i := bytes.IndexByte(text[from:], '"')
		if i < 0 {
			return 0
		}
		end := from + i
		back := end
		for back > 0 && text[back-1] == '\\' {
			back--
		}
		if (end-back)%2 == 0 {
			return end + 1
		}
		from = end + 1
	}
}

// ofSecrets reports whether a member of the record, or of an object in it, says
// that the event is one of Secrets Manager.
func ofSecrets(record []byte) bool {
	for {
		_, rest, ok := bytes.Cut(record, sourceKey)
		if !ok {
			return false
		}
		value := bytes.TrimLeft(rest, ": \t\r\n")
		if bytes.HasPrefix(value, []byte(`"`+secretsSource+`"`)) {
			return true
		}
		record = rest
	}
}
