package archive

import (
	"bufio"
	"bytes"
	"io"

	"github.com/klauspost/compress/flate"
)

// readZipStream reads a zip file from front to back, by the headers before its
// members: one that is too long to be held, or that lost its directory. It reports
// whether the reader of members wants more.
func readZipStream(r io.Reader, m *Meter, next yield) bool {
	s := &zipStream{in: bufio.NewReaderSize(r, readBuffer), file: zipFile{meter: m}}
	for {
		e, err := s.header()
		if err == io.EOF {
			return true
		}
		if err != nil {
			return next(Member{}, err)
		}
		if !s.member(e, next) {
			return false
		}
		if s.lost {
			return next(Member{}, errDamaged)
		}
	}
}

// A zipStream is a zip file on its way.
type zipStream struct {
	in   *bufio.Reader
	file zipFile
	lost bool // where the next member begins is not known
}

// header reads the header before a member; io.EOF says that the members are over.
func (s *zipStream) header() (e zipEntry, err error) {
	magic, err := s.in.Peek(4)
	if string(magic) != zipLocal {
		if len(magic) == 4 && string(magic[:2]) == "PK" {
			return e, io.EOF // the directory
		}
		if err != nil {
			return e, errTruncated
		}
		return e, errDamaged
	}
	var head [zipLocalSize]byte
	if _, err := io.ReadFull(s.in, head[:]); err != nil {
		return e, errTruncated
	}
	e = zipEntry{
		flags: le16(head[6:]), method: le16(head[8:]), sum: le32(head[14:]),
		packed: int64(le32(head[18:])), size: int64(le32(head[22:])),
	}
	name, extra := make([]byte, le16(head[26:])), make([]byte, le16(head[28:]))
	if _, err := io.ReadFull(s.in, name); err != nil {
		return e, errTruncated
	}
	if _, err := io.ReadFull(s.in, extra); err != nil {
		return e, errTruncated
	}
	e.name = string(name)
	e.widen(extra)
	return e, nil
}

// member hands out one member and goes on behind it.
func (s *zipStream) member(e zipEntry, next yield) bool {
	if e.flags&zipUnsized != 0 && e.packed == 0 {
		return s.unsized(e, next)
	}
	one := Member{Name: e.name}
	packed := io.LimitReader(s.in, max(0, e.packed))
	again := s.hand(one, e, packed, next)
	if _, err := io.Copy(io.Discard, packed); err != nil {
		s.lost = true
	}
	return again
}

func (s *zipStream) hand(one Member, e zipEntry, packed io.Reader, next yield) bool {
	m := s.file.meter
	if e.flags&zipEncrypted != 0 || e.method == zipAES {
		return next(one, ErrEncrypted)
	}
	r, release, err := s.file.unpack(e.method)
	if err != nil {
		return next(one, err)
	}
	defer release()
	in := m.packed(packed)
	one.Reader = &inflated{r: faults{r(in)}, meter: m, in: in}
	return next(one, nil)
}

// unsized hands out a member whose length only its own end tells.
func (s *zipStream) unsized(e zipEntry, next yield) bool {
	one := Member{Name: e.name}
	if e.method != zipDeflate || e.flags&zipEncrypted != 0 {
		s.lost = true
		return next(one, errMethod)
	}
	m := s.file.meter
	packed := m.packed(s.in)
	body := flate.NewReader(&exact{packed, s.in})
	out := &inflated{r: faults{body}, meter: m, in: packed}
	one.Reader = out
	again := next(one, nil)
	if again {
		_, err := io.Copy(io.Discard, out)
		s.lost = err != nil || !s.skipSizes()
	}
	return again
}

// exact lets a method read single bytes, so that none is read ahead.
type exact struct {
	*counter
	in *bufio.Reader
}

func (x *exact) ReadByte() (byte, error) {
	b, err := x.in.ReadByte()
	if err == nil {
		x.n++
		x.each(1)
	}
	return b, err
}

// skipSizes reads past the sizes that follow a member: with or without a magic,
// of 32 or of 64 bits.
func (s *zipStream) skipSizes() bool {
	for _, n := range []int{16, 24, 12, 20} {
		after, _ := s.in.Peek(n + 4)
		if len(after) == n+4 && (bytes.HasPrefix(after[n:], []byte(zipLocal)) || bytes.HasPrefix(after[n:], []byte(zipCentral))) {
			s.in.Discard(n)
			return true
		}
	}
	return false
}
