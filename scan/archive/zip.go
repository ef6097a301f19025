package archive

import (
	"bufio"
	"bytes"
	"compress/bzip2"
	"encoding/binary"
	"hash"
	"hash/crc32"
	"io"

	"github.com/klauspost/compress/flate"
)

// The directory of a zip file is read here, entry by entry, and not by archive/zip,
// which holds all of it: a hundred bytes for each that the file has. See
// APPNOTE.TXT of PKWARE.
const (
	zipLocal     = "PK\x03\x04"
	zipCentral   = "PK\x01\x02"
	zipEnd       = "PK\x05\x06"
	zipEnd64     = "PK\x06\x06"
	zipLocator64 = "PK\x06\x07"

	zipLocalSize   = 30
	zipCentralSize = 46
	zipEndSize     = 22
	zipEnd64Size   = 56
	zipLocatorSize = 20
	maxZipComment  = 1<<16 - 1

	zipEncrypted = 1 << 0
	zipUnsized   = 1 << 3 // sizes follow the data

	zipStored  = 0
	zipDeflate = 8
	zipBzip2   = 12
	zipZstd    = 93
	zipXZ      = 95
	zipAES     = 99
)

// A zipEntry is what a directory says of a member.
type zipEntry struct {
	name         string
	flags        uint16
	method       uint16
	sum          uint32
	packed, size int64
	offset       int64 // of the local header
}

// A zipFile is a zip file that is being read.
type zipFile struct {
	at    io.ReaderAt
	size  int64
	meter *Meter
	flate io.ReadCloser // for all members
	next  yield

	covered   int64 // up to where members were handed out
	unordered bool  // the directory goes to and fro
}

func readZip(c Content, m *Meter, next yield) {
	if c.At == nil {
		readZipStream(c.Reader, m, next)
		return
	}
	z := &zipFile{at: c.At, size: c.Size, meter: m, next: next}
	start, end, base, err := z.directory()
	if err != nil {
		// Without a directory the members are still there.
		if readZipStream(c.stream(), m, next) {
			next(Member{}, err)
		}
		return
	}
	dir := bufio.NewReaderSize(io.NewSectionReader(c.At, start, end-start), readBuffer)
	for {
		e, err := nextEntry(dir)
		if err == io.EOF {
			z.hidden(start)
			return
		}
		if err != nil {
			next(Member{}, err)
			return
		}
		e.offset += base
		if !z.hidden(e.offset) {
			return
		}
		if !z.entry(e) {
			return
		}
	}
}

// hidden hands out the members before an offset that the directory does not list:
// they were taken out of it, or belong to a zip file that stands before this one. It
// reports whether the reader wants more.
func (z *zipFile) hidden(offset int64) bool {
	if z.unordered = z.unordered || offset < z.covered; z.unordered {
		return true
	}
	for _, sizes := range []int64{0, 12, 16, 20, 24} { // that may follow a member
		if from := z.covered + sizes; from < offset && z.has(from, zipLocal) {
			z.covered = offset
			return readZipStream(io.NewSectionReader(z.at, from, offset-from), z.meter, func(one Member, err error) bool {
				if one.Name == "" && err != nil && z.meter.Err() == nil {
					return true // it is no member after all, or the last one ends there
				}
				return z.next(one, err)
			})
		}
	}
	return true
}

// directory finds where the directory begins and ends, and what has to be added to
// offsets because something was put before the file.
func (z *zipFile) directory() (start, end, base int64, err error) {
	tail := make([]byte, min(z.size, zipEndSize+maxZipComment))
	if _, err := z.at.ReadAt(tail, z.size-int64(len(tail))); err != nil && err != io.EOF {
		return 0, 0, 0, errTruncated
	}
	i := bytes.LastIndex(tail, []byte(zipEnd))
	for i >= 0 && (len(tail)-i < zipEndSize || int(le16(tail[i+20:])) > len(tail)-i-zipEndSize) {
		i = bytes.LastIndex(tail[:i], []byte(zipEnd))
	}
	if i < 0 {
		return 0, 0, 0, errTruncated
	}
	end = z.size - int64(len(tail)) + int64(i)
	length, offset := int64(le32(tail[i+12:])), int64(le32(tail[i+16:]))
	if offset == 1<<32-1 || length == 1<<32-1 || le16(tail[i+10:]) == 1<<16-1 {
		length, offset, end = z.end64(end, length, offset)
	}
	start = end - length
	if length < 0 || offset < 0 || start < 0 {
		return 0, 0, 0, errDamaged
	}
	base = start - offset
	if base != 0 && z.has(offset, zipCentral) {
		return offset, end, 0, nil // something lies between the directory and its end
	}
	return start, end, base, nil
}

// end64 returns what the longer form of the directory's end says, if there is one.
func (z *zipFile) end64(end, length, offset int64) (int64, int64, int64) {
	var locator [zipLocatorSize]byte
	if !z.read(locator[:], end-zipLocatorSize) || string(locator[:4]) != zipLocator64 {
		return length, offset, end
	}
	var record [zipEnd64Size]byte
	for _, at := range []int64{int64(le64(locator[8:])), end - zipLocatorSize - zipEnd64Size} {
		if z.read(record[:], at) && string(record[:4]) == zipEnd64 {
			return int64(le64(record[40:])), int64(le64(record[48:])), at
		}
	}
	return length, offset, end
}

// read fills p from an offset that the file may have made up.
func (z *zipFile) read(p []byte, at int64) bool {
	if at < 0 || at > z.size-int64(len(p)) {
		return false
	}
	n, _ := z.at.ReadAt(p, at)
	return n == len(p)
}

func (z *zipFile) has(at int64, magic string) bool {
	p := make([]byte, len(magic))
	return z.read(p, at) && string(p) == magic
}

// nextEntry reads an entry of the directory; io.EOF says that it was the last.
func nextEntry(dir *bufio.Reader) (e zipEntry, err error) {
	var head [zipCentralSize]byte
	n, err := io.ReadFull(dir, head[:])
	if n == 0 && err == io.EOF {
		return e, io.EOF
	}
	if n >= 4 && string(head[:4]) != zipCentral {
		if string(head[:4]) == zipEnd64 || string(head[:4]) == zipEnd {
			return e, io.EOF
		}
		return e, errDamaged
	}
	if err != nil {
		return e, errTruncated
	}
	e = zipEntry{
		flags: le16(head[8:]), method: le16(head[10:]), sum: le32(head[16:]),
		packed: int64(le32(head[20:])), size: int64(le32(head[24:])), offset: int64(le32(head[42:])),
	}
	name := make([]byte, le16(head[28:]))
	extra := make([]byte, le16(head[30:]))
	if _, err := io.ReadFull(dir, name); err != nil {
		return e, errTruncated
	}
	if _, err := io.ReadFull(dir, extra); err != nil {
		return e, errTruncated
	}
	if _, err := dir.Discard(int(le16(head[32:]))); err != nil {
		return e, errTruncated
	}
	e.name = string(name)
	e.widen(extra)
	return e, nil
}

// widen takes numbers that need 64 bits from the extra field.
func (e *zipEntry) widen(extra []byte) {
	field := extraField(extra, 1)
	for _, n := range []*int64{&e.size, &e.packed, &e.offset} {
		if *n == 1<<32-1 && len(field) >= 8 {
			*n, field = int64(le64(field)), field[8:]
		}
	}
}

// extraField returns the field with an id, nil if there is none.
func extraField(extra []byte, id uint16) []byte {
	for len(extra) >= 4 {
		size := int(le16(extra[2:]))
		if size > len(extra)-4 {
			return nil
		}
		if le16(extra) == id {
			return extra[4 : 4+size]
		}
		extra = extra[4+size:]
	}
	return nil
}

// entry hands out one member.
func (z *zipFile) entry(e zipEntry) bool {
	start := z.locate(e)
	if e.packed == 0 && len(e.name) > 0 && e.name[len(e.name)-1] == '/' {
		if err := z.meter.member(); err != nil { // a folder
			return z.next(Member{}, err)
		}
		return true
	}
	one := Member{Name: e.name}
	switch {
	case e.flags&zipEncrypted != 0 || e.method == zipAES:
		return z.next(one, ErrEncrypted)
	case start < 0:
		return z.next(one, errDamaged)
	case e.packed < 0 || start > z.size-e.packed:
		return z.next(one, errTruncated)
	}
	section := io.NewSectionReader(z.at, start, e.packed)
	r, release, err := z.unpack(e.method)
	if err != nil {
		return z.next(one, err)
	}
	defer release()
	in := z.meter.packed(section)
	if e.method == zipStored {
		one.Lying = section
	}
	one.Reader = &inflated{r: &summed{r: faults{r(in)}, want: e.sum, size: e.size, sum: crc32.NewIEEE()}, meter: z.meter, in: in}
	return z.next(one, nil)
}

// locate returns where the bytes of a member begin, or -1.
func (z *zipFile) locate(e zipEntry) int64 {
	var local [zipLocalSize]byte
	if !z.read(local[:], e.offset) || string(local[:4]) != zipLocal {
		z.unordered = true // who knows what lies where
		return -1
	}
	start := e.offset + zipLocalSize + int64(le16(local[26:])) + int64(le16(local[28:]))
	z.covered = max(z.covered, start+min(max(e.packed, 0), z.size))
	return start
}

// unpack returns how to unpack what a method packed.
func (z *zipFile) unpack(method uint16) (r func(io.Reader) io.Reader, release func(), err error) {
	release = func() {}
	switch method {
	case zipStored:
		r = func(in io.Reader) io.Reader { return in }
	case zipDeflate:
		r = func(in io.Reader) io.Reader { return z.deflated(bufio.NewReaderSize(in, 4<<10)) }
	case zipBzip2:
		r = func(in io.Reader) io.Reader { return bzip2.NewReader(bufio.NewReader(in)) }
	case zipZstd:
		if err := z.meter.Hold(maxWindow); err != nil {
			return nil, nil, err
		}
		d, err := newZstd(nil)
		if err != nil {
			z.meter.Release(maxWindow)
			return nil, nil, err
		}
		release = func() { d.Close(); z.meter.Release(maxWindow) }
		r = func(in io.Reader) io.Reader {
			if d.Reset(in) != nil {
				return bytes.NewReader(nil)
			}
			return d
		}
	case zipXZ:
		x := &xzReader{meter: z.meter}
		release = x.release
		r = func(in io.Reader) io.Reader { x.in = bufio.NewReader(in); return x }
	default:
		err = errMethod
	}
	return r, release, err
}

// deflated returns a reader of what deflate packed, one for all members.
func (z *zipFile) deflated(in io.Reader) io.Reader {
	if z.flate == nil {
		z.flate = flate.NewReader(in)
	} else if r, ok := z.flate.(flate.Resetter); !ok || r.Reset(in, nil) != nil {
		z.flate = flate.NewReader(in)
	}
	return z.flate
}

// A summed reader says at the end whether what was read is what the directory
// promises.
type summed struct {
	r    io.Reader
	sum  hash.Hash32
	n    int64
	want uint32
	size int64
}

func (s *summed) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	s.sum.Write(p[:n])
	s.n += int64(n)
	if err == io.EOF && (s.n != s.size || s.sum.Sum32() != s.want) {
		err = errChecksum
	}
	return n, err
}

func le16(b []byte) uint16 { return binary.LittleEndian.Uint16(b) }
func le32(b []byte) uint32 { return binary.LittleEndian.Uint32(b) }
func le64(b []byte) uint64 { return binary.LittleEndian.Uint64(b) }
