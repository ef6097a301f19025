package archive

import (
	"bufio"
	"bytes"
	"compress/bzip2"
	"encoding/binary"
	"hash/crc32"
	"io"
	"slices"

	"github.com/klauspost/compress/flate"
	"github.com/ulikunitz/xz/lzma"
)

// 7z archives are read here: the one library for them brings ten others along. A
// folder is what 7z packs as one stream, mostly many files. See 7zFormat.txt of the
// LZMA SDK.
const (
	sevenZipStart = 32       // bytes of the first header
	maxHeader7z   = 32 << 20 // bytes of the other one, packed and unpacked
)

// Methods by their ids.
const (
	method7zCopy    = "\x00"
	method7zDelta   = "\x03"
	method7zLZMA    = "\x03\x01\x01"
	method7zLZMA2   = "\x21"
	method7zDeflate = "\x04\x01\x08"
	method7zBzip2   = "\x04\x02\x02"
	method7zZstd    = "\x04\xf7\x11\x01"
	method7zAES     = "\x06\xf1\x07\x01"
)

// Filters that change nothing but the operands of branches in machine code, which
// hold bytes that no text has. What they change is left as it is.
var branchFilters = [...]string{"\x04", "\x07", "\x0a", "\x03\x03\x01\x03", "\x03\x03\x05\x01", "\x03\x03\x07\x01"}

func readSevenZip(c Content, m *Meter, next yield) {
	z := &sevenZip{c: c, meter: m}
	header, err := z.header()
	if err != nil {
		next(Member{}, plain(err))
		return
	}
	defer m.Release(maxHeader7z)
	streams, files, err := parse7z(header)
	if err != nil {
		next(Member{}, err)
		return
	}
	for _, f := range streams.folders {
		n := min(len(files), len(f.parts))
		if !z.folder(f, files[:n], next) {
			return
		}
		files = files[n:]
	}
	for _, name := range files { // those without content
		if !next(Member{Name: name, Reader: bytes.NewReader(nil)}, nil) {
			return
		}
	}
}

// A sevenZip is a 7z archive that is being read.
type sevenZip struct {
	c     Content
	meter *Meter
}

// header returns the header with the list of files. Memory for it is held until
// maxHeader7z is released, unless there is an error.
func (z *sevenZip) header() (header []byte, err error) {
	var start [sevenZipStart]byte
	if n, _ := z.c.At.ReadAt(start[:], 0); n < len(start) {
		return nil, errTruncated
	}
	if crc32.ChecksumIEEE(start[12:]) != binary.LittleEndian.Uint32(start[8:]) {
		return nil, errDamaged
	}
	offset, size := int64(le64(start[12:])), int64(le64(start[20:]))
	switch {
	case offset < 0 || size < 0 || offset > z.c.Size-sevenZipStart || size > z.c.Size-sevenZipStart-offset:
		return nil, errTruncated
	case size > maxHeader7z/2:
		return nil, ErrMemory
	case size == 0:
		return []byte{id7zHeader, id7zEnd}, z.meter.Hold(maxHeader7z)
	}
	if err := z.meter.Hold(maxHeader7z); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			z.meter.Release(maxHeader7z)
		}
	}()
	header = make([]byte, size)
	if n, _ := z.c.At.ReadAt(header, sevenZipStart+offset); n < len(header) {
		return nil, errTruncated
	}
	if crc32.ChecksumIEEE(header) != le32(start[28:]) {
		return nil, errChecksum
	}
	for range 4 { // it may be packed, and that again
		if header[0] != id7zPacked {
			return header, nil
		}
		if header, err = z.unpackHeader(header[1:]); err != nil {
			return nil, err
		}
	}
	return nil, errDamaged
}

func (z *sevenZip) unpackHeader(packed []byte) ([]byte, error) {
	streams, err := parseStreams7z(packed)
	if err != nil {
		return nil, err
	}
	if len(streams.folders) != 1 {
		return nil, errDamaged
	}
	r, release, err := z.open(streams.folders[0])
	if err != nil {
		return nil, err
	}
	defer release()
	header, err := io.ReadAll(io.LimitReader(r, maxHeader7z/2))
	if err == nil && len(header) == 0 {
		err = errTruncated
	}
	return header, err
}

// folder hands out the files of a folder.
func (z *sevenZip) folder(f folder7z, names []string, next yield) bool {
	if len(f.parts) == 0 {
		return true
	}
	r, release, err := z.open(f)
	if err != nil {
		for _, name := range names {
			if !next(Member{Name: name}, err) {
				return false
			}
		}
		return true
	}
	defer release()
	for i, part := range f.parts {
		one := Member{}
		if i < len(names) {
			one.Name = names[i]
		}
		body := io.LimitReader(r, part.size)
		one.Reader = body
		if part.summed && !f.filtered {
			one.Reader = &summed{r: body, want: part.sum, size: part.size, sum: crc32.NewIEEE()}
		}
		if !next(one, nil) {
			return false
		}
		if _, err := io.Copy(io.Discard, body); err != nil {
			return i+1 == len(f.parts) || next(Member{}, err) // the others cannot be reached
		}
	}
	return true
}

// open returns a reader of what a folder unpacks to, and what ends its use.
func (z *sevenZip) open(f folder7z) (r io.Reader, release func(), err error) {
	if f.err != nil {
		return nil, nil, f.err
	}
	if f.offset < 0 || f.packed < 0 || f.offset > z.c.Size-sevenZipStart || f.packed > z.c.Size-sevenZipStart-f.offset {
		return nil, nil, errTruncated
	}
	in := z.meter.packed(io.NewSectionReader(z.c.At, sevenZipStart+f.offset, f.packed))
	r = bufio.NewReaderSize(in, readBuffer)
	var held int64
	release = func() { z.meter.Release(held) }
	for _, c := range f.coders {
		var more int64
		r, more, err = z.decode(c, r)
		held += more
		if err != nil {
			release()
			return nil, nil, err
		}
	}
	return &inflated{r: faults{r}, meter: z.meter, in: in}, release, nil
}

// decode unpacks what one coder packed, and says how much memory it holds for that.
func (z *sevenZip) decode(c coder7z, in io.Reader) (r io.Reader, held int64, err error) {
	switch c.method {
	case method7zCopy:
		return in, 0, nil
	case method7zDeflate:
		return flate.NewReader(in), 0, nil
	case method7zBzip2:
		return bzip2.NewReader(in), 0, nil
	case method7zAES:
		return nil, 0, ErrEncrypted
	case method7zDelta:
		if len(c.properties) != 1 {
			return nil, 0, errDamaged
		}
		return &delta7z{r: in, distance: int(c.properties[0]) + 1}, 0, nil
	case method7zLZMA, method7zLZMA2:
		return z.decodeLZMA(c, in)
	case method7zZstd:
		if err := z.meter.Hold(maxWindow); err != nil {
			return nil, 0, err
		}
		d, err := newZstd(in)
		return d, maxWindow, err
	}
	if slices.Contains(branchFilters[:], c.method) {
		return in, 0, nil
	}
	return nil, 0, errMethod
}

// decodeLZMA unpacks LZMA and LZMA2. The dictionary need not be larger than what
// comes out.
func (z *sevenZip) decodeLZMA(c coder7z, in io.Reader) (r io.Reader, held int64, err error) {
	var size int64
	if c.method == method7zLZMA2 {
		if len(c.properties) != 1 {
			return nil, 0, errDamaged
		}
		if size, err = lzma.DecodeDictCap(c.properties[0]); err != nil {
			return nil, 0, errDamaged
		}
	} else {
		if len(c.properties) != 5 {
			return nil, 0, errDamaged
		}
		size = int64(le32(c.properties[1:]))
	}
	size = max(min(size, c.size), lzma.MinDictCap)
	if err := z.meter.Hold(size); err != nil {
		return nil, 0, err
	}
	if c.method == method7zLZMA2 {
		r, err = lzma.Reader2Config{DictCap: int(size)}.NewReader2(in)
		return r, size, err
	}
	header := binary.LittleEndian.AppendUint32(c.properties[:1:1], uint32(size))
	header = binary.LittleEndian.AppendUint64(header, uint64(c.size))
	r, err = lzma.ReaderConfig{DictCap: int(size)}.NewReader(io.MultiReader(bytes.NewReader(header), in))
	return r, size, err
}

// A delta7z adds up differences of bytes that are so far apart.
type delta7z struct {
	r        io.Reader
	distance int
	past     [256]byte
	at       int
}

func (d *delta7z) Read(p []byte) (int, error) {
	n, err := d.r.Read(p)
	for i := range p[:n] {
		k := d.at % d.distance
		d.past[k] += p[i]
		p[i] = d.past[k]
		d.at++
	}
	return n, err
}
