package archive

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"hash"
	"hash/crc32"
	"hash/crc64"
	"io"

	"github.com/ulikunitz/xz/lzma"
)

// The frame of an xz file is read here and not by the library, which takes as much
// memory for its dictionary as the header of any block claims. See "The .xz File
// Format" of the XZ project.
const (
	xzMagic      = "\xfd7zXZ\x00"
	xzFooter     = 12 // bytes
	lzma2Filter  = 0x21
	xzCheckCRC32 = 1
	xzCheckCRC64 = 4
	xzCheckSHA   = 10
)

func readXZ(c Content, m *Meter, next yield) {
	in := m.packed(c.stream())
	z := &xzReader{in: bufio.NewReaderSize(in, readBuffer), meter: m}
	defer z.release()
	next(Member{Name: Unnamed, Reader: &inflated{r: faults{z}, meter: m, in: in}}, nil)
}

// An xzReader unpacks the streams of an xz file.
type xzReader struct {
	in    *bufio.Reader
	meter *Meter
	held  int64

	streams  int // read to their ends
	inStream bool
	check    byte      // which one the stream has
	sum      hash.Hash // of the block, nil if it has none that is known
	body     io.Reader // of the block at hand, nil between blocks
	packed   int64     // of it, read so far
	err      error
}

func (z *xzReader) Read(p []byte) (int, error) {
	for z.err == nil {
		if z.body == nil {
			z.err = z.advance()
			continue
		}
		n, err := z.body.Read(p)
		if z.sum != nil {
			z.sum.Write(p[:n])
		}
		if err == io.EOF {
			err = z.endBlock()
		}
		z.err = err
		if n > 0 {
			return n, nil
		}
	}
	return 0, z.err
}

// advance goes on to the next block. io.EOF says that there is none.
func (z *xzReader) advance() error {
	if !z.inStream {
		if err := z.streamHeader(); err != nil {
			return err
		}
	}
	size, err := z.byte()
	if err != nil {
		return err
	}
	if size == 0 {
		z.inStream = false
		return z.skipIndex()
	}
	return z.blockHeader(size)
}

// streamHeader reads the head of a stream, after as much padding as there is.
func (z *xzReader) streamHeader() error {
	var head [12]byte
	for {
		n, err := io.ReadFull(z.in, head[:4])
		if n == 0 && err == io.EOF {
			return io.EOF
		}
		if err != nil {
			return err
		}
		if head[0] != 0 || z.streams == 0 {
			break
		}
	}
	if err := z.full(head[4:]); err != nil {
		return err
	}
	if string(head[:6]) != xzMagic || head[6] != 0 || crc32.ChecksumIEEE(head[6:8]) != binary.LittleEndian.Uint32(head[8:]) {
		return errDamaged
	}
	z.check, z.inStream = head[7]&15, true
	return nil
}

// blockHeader reads the head of a block, whose first byte tells its length. Only
// LZMA2 alone is unpacked: other filters are for machine code.
func (z *xzReader) blockHeader(first byte) error {
	head := make([]byte, (int(first)+1)*4) // at most a kibibyte
	head[0] = first
	if err := z.full(head[1:]); err != nil {
		return err
	}
	end := len(head) - 4
	if crc32.ChecksumIEEE(head[:end]) != binary.LittleEndian.Uint32(head[end:]) {
		return errDamaged
	}
	flags, rest := head[1], bytes.NewReader(head[2:end])
	for _, present := range []byte{0x40, 0x80} { // sizes, which are not needed
		if flags&present != 0 {
			if _, err := binary.ReadUvarint(rest); err != nil {
				return errDamaged
			}
		}
	}
	id, err := binary.ReadUvarint(rest)
	if err != nil {
		return errDamaged
	}
	if flags&3 != 0 || id != lzma2Filter {
		return errMethod
	}
	if n, err := rest.ReadByte(); err != nil || n != 1 {
		return errDamaged
	}
	code, err := rest.ReadByte()
	if err != nil {
		return errDamaged
	}
	return z.openBlock(code)
}

// openBlock begins to unpack a block whose dictionary has the size that code says.
func (z *xzReader) openBlock(code byte) error {
	size, err := lzma.DecodeDictCap(code)
	if err != nil {
		return errDamaged
	}
	z.release()
	if err := z.meter.Hold(size); err != nil {
		return err
	}
	z.held, z.packed = size, 0
	z.sum = newCheck(z.check)
	z.body, err = lzma.Reader2Config{DictCap: max(int(size), lzma.MinDictCap)}.NewReader2(&countedBytes{z.in, &z.packed})
	return err
}

func newCheck(kind byte) hash.Hash {
	switch kind {
	case xzCheckCRC32:
		return crc32.NewIEEE()
	case xzCheckCRC64:
		return crc64.New(crc64.MakeTable(crc64.ECMA))
	case xzCheckSHA:
		return sha256.New()
	}
	return nil
}

// checkSizes are the lengths of checks by their kind.
var checkSizes = [16]int{0, 4, 4, 4, 8, 8, 8, 16, 16, 16, 32, 32, 32, 64, 64, 64}

// endBlock reads what follows the body of a block: padding and its check.
func (z *xzReader) endBlock() error {
	z.body = nil
	if err := z.discard(-z.packed & 3); err != nil {
		return err
	}
	have := make([]byte, checkSizes[z.check])
	if err := z.full(have); err != nil || z.sum == nil {
		return err
	}
	want := z.sum.Sum(nil)
	if z.check != xzCheckSHA { // stored with the lowest byte first
		for i, k := 0, len(want)-1; i < k; i, k = i+1, k-1 {
			want[i], want[k] = want[k], want[i]
		}
	}
	if !bytes.Equal(have, want) {
		return errChecksum
	}
	return nil
}

// skipIndex reads past the index and the footer of a stream.
func (z *xzReader) skipIndex() error {
	at := int64(1)
	in := &countedBytes{z.in, &at}
	records, err := binary.ReadUvarint(in)
	for i := uint64(0); err == nil && i < 2*records; i++ {
		_, err = binary.ReadUvarint(in)
	}
	if err != nil {
		return err
	}
	z.streams++
	return z.discard(-at&3 + 4 + xzFooter)
}

func (z *xzReader) discard(n int64) error {
	_, err := io.CopyN(io.Discard, z.in, n)
	return ended(err)
}

func (z *xzReader) full(p []byte) error {
	_, err := io.ReadFull(z.in, p)
	return ended(err)
}

func (z *xzReader) byte() (byte, error) {
	b, err := z.in.ReadByte()
	return b, ended(err)
}

// ended makes an end where there should be more an error.
func ended(err error) error {
	if err == io.EOF {
		return errTruncated
	}
	return err
}

func (z *xzReader) release() {
	z.meter.Release(z.held)
	z.held = 0
}

// A countedBytes counts what is read of a buffer, and reads no more than it is
// asked for.
type countedBytes struct {
	*bufio.Reader
	n *int64
}

func (c *countedBytes) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	*c.n += int64(n)
	return n, err
}

func (c *countedBytes) ReadByte() (byte, error) {
	b, err := c.Reader.ReadByte()
	if err == nil {
		*c.n++
	}
	return b, err
}
