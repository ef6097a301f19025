package archive

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strconv"
	"strings"
)

// Archives that keep their members as they are: what ar makes (packages of Debian,
// static libraries) and what cpio makes (the contents of RPM packages, the first file
// system of Linux).

const (
	arMagic     = "!<arch>\n"
	arHead      = 60
	cpioNew     = "070701"
	cpioSummed  = "070702"
	cpioOld     = "070707"
	cpioNewHead = 110
	cpioOldHead = 76
	cpioEnd     = "TRAILER!!!"
	maxFlatName = 64 << 10 // bytes of a name that are read
)

func readAr(c Content, m *Meter, next yield) {
	in := bufio.NewReaderSize(m.packed(c.stream()), readBuffer)
	if _, err := in.Discard(len(arMagic)); err != nil {
		next(Member{}, plain(err))
		return
	}
	for {
		var head [arHead]byte
		if _, err := io.ReadFull(in, head[:]); err == io.EOF {
			return
		} else if err != nil {
			next(Member{}, plain(err))
			return
		}
		size, err := strconv.ParseUint(strings.TrimSpace(string(head[48:58])), 10, 62)
		if err != nil || string(head[58:]) != "`\n" {
			next(Member{}, errDamaged)
			return
		}
		name := strings.TrimSuffix(strings.TrimSpace(string(head[:16])), "/")
		if !flatMember(in, name, int64(size), int64(size)&1, next) {
			return
		}
	}
}

// flatMember hands out a member of size bytes and goes on behind it and its padding.
func flatMember(in *bufio.Reader, name string, size, padding int64, next yield) bool {
	body := &io.LimitedReader{R: in, N: size}
	if !next(Member{Name: orUnnamed(name), Reader: &whole{body}}, nil) {
		return false
	}
	if _, err := io.Copy(io.Discard, body); err != nil || body.N > 0 {
		return next(Member{}, errTruncated) && false
	}
	// What is cut off behind the last member is missed by nobody.
	if _, err := io.CopyN(io.Discard, in, padding); err != nil && err != io.EOF {
		return next(Member{}, plain(err)) && false
	}
	return true
}

// A whole reader says where less comes than was promised.
type whole struct{ *io.LimitedReader }

func (w *whole) Read(p []byte) (int, error) {
	n, err := w.LimitedReader.Read(p)
	if err == io.EOF && w.N > 0 {
		err = errTruncated
	}
	return n, err
}

// readCPIO reads the formats newc, crc and odc. What follows the end and its padding
// is a member, too: the first file system of Linux has its larger part there.
func readCPIO(c Content, m *Meter, next yield) {
	in := bufio.NewReaderSize(m.packed(c.stream()), readBuffer)
	for {
		name, size, padding, err := cpioHeader(in)
		if err != nil {
			next(Member{}, plain(err))
			return
		}
		if name == cpioEnd {
			break
		}
		if !flatMember(in, name, size, padding, next) {
			return
		}
	}
	for {
		b, err := in.ReadByte()
		if err != nil {
			return // io.EOF; any other comes again to whoever reads the rest
		}
		if b != 0 {
			break
		}
	}
	if err := in.UnreadByte(); err == nil {
		next(Member{Name: Unnamed, Reader: in}, nil)
	}
}

// cpioHeader reads the header of a member and its name.
func cpioHeader(in *bufio.Reader) (name string, size, padding int64, err error) {
	magic, err := in.Peek(len(cpioNew))
	if err != nil {
		return "", 0, 0, err
	}
	var nameSize int64
	head := make([]byte, cpioNewHead)
	switch string(magic) {
	case cpioNew, cpioSummed:
		if _, err := io.ReadFull(in, head); err != nil {
			return "", 0, 0, err
		}
		size, nameSize, err = cpioNumbers(head[54:62], head[94:102], 16)
	case cpioOld:
		head = head[:cpioOldHead]
		if _, err := io.ReadFull(in, head); err != nil {
			return "", 0, 0, err
		}
		size, nameSize, err = cpioNumbers(head[65:76], head[59:65], 8)
	default:
		return "", 0, 0, errDamaged
	}
	if err != nil || nameSize > maxFlatName {
		return "", 0, 0, errDamaged
	}
	text := make([]byte, nameSize)
	if _, err := io.ReadFull(in, text); err != nil {
		return "", 0, 0, err
	}
	if len(head) == cpioNewHead { // both are padded to four bytes
		padding = -size & 3
		if _, err := in.Discard(int(-(cpioNewHead + nameSize) & 3)); err != nil {
			return "", 0, 0, err
		}
	}
	return string(bytes.TrimRight(text, "\x00")), size, padding, nil
}

func cpioNumbers(size, nameSize []byte, base int) (int64, int64, error) {
	a, err := strconv.ParseUint(string(size), base, 40)
	b, bad := strconv.ParseUint(string(nameSize), base, 40)
	return int64(a), int64(b), errors.Join(err, bad)
}

// Layout of an RPM package, in bytes: a lead, two headers, and what is packed.
const (
	rpmMagic  = "\xed\xab\xee\xdb"
	rpmLead   = 96
	rpmHeader = "\x8e\xad\xe8\x01"
	rpmEntry  = 16 // of the index of a header
)

// readRPM hands out what is packed in a package. The headers are text to whoever
// reads the package as the bytes that it is.
func readRPM(c Content, m *Meter, next yield) {
	in := bufio.NewReaderSize(m.packed(c.stream()), readBuffer)
	_, err := in.Discard(rpmLead)
	for header := range 2 {
		if err == nil {
			err = skipRPMHeader(in, header == 0)
		}
	}
	if err != nil {
		next(Member{}, plain(err))
		return
	}
	next(Member{Name: Unnamed, Reader: in}, nil)
}

// skipRPMHeader reads past a header; the first one is padded to eight bytes.
func skipRPMHeader(in *bufio.Reader, padded bool) error {
	var head [16]byte
	if _, err := io.ReadFull(in, head[:]); err != nil {
		return err
	}
	if string(head[:4]) != rpmHeader {
		return errDamaged
	}
	size := int64(be32(head[8:]))*rpmEntry + int64(be32(head[12:]))
	if padded {
		size += -size & 7
	}
	_, err := io.CopyN(io.Discard, in, size)
	return err
}

func be32(b []byte) uint32 {
	return uint32(b[0])<<24 | uint32(b[1])<<16 | uint32(b[2])<<8 | uint32(b[3])
}
