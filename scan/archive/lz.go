package archive

import (
	"bufio"
	"bytes"
	"errors"
	"io"

	"github.com/klauspost/compress/snappy"
	"github.com/ulikunitz/xz/lzma"
)

// Older and quicker methods, each one compressed content without a name.

const (
	lz4Magic      = "\x04\x22\x4d\x18"
	lz4Legacy     = "\x02\x21\x4c\x18"
	lz4Window     = 64 << 10
	lz4Block      = 4 << 20 // what a block unpacks to at most
	lz4LegacySize = 8 << 20

	lzipMagic   = "LZIP\x01"
	lzipTrailer = 20
	snappyMagic = "\xff\x06\x00\x00sNaPpY"
)

// readLZ4 reads frames one after the other. See the "LZ4 Frame Format Description".
func readLZ4(c Content, m *Meter, next yield) {
	const memory = 2*lz4LegacySize + lz4Window
	if err := m.Hold(memory); err != nil {
		next(Member{}, err)
		return
	}
	defer m.Release(memory)
	in := m.packed(c.stream())
	z := &lz4Reader{in: bufio.NewReaderSize(in, readBuffer)}
	next(Member{Name: Unnamed, Reader: &inflated{r: faults{z}, meter: m, in: in}}, nil)
}

// An lz4Reader unpacks LZ4 frames.
type lz4Reader struct {
	in      *bufio.Reader
	legacy  bool
	inFrame bool
	sums    bool // behind each block
	sum     bool // behind the last one
	packed  []byte
	window  []byte // what was unpacked, its end is ready
	ready   []byte
	err     error
}

func (z *lz4Reader) Read(p []byte) (int, error) {
	for len(z.ready) == 0 {
		if z.err != nil {
			return 0, z.err
		}
		if !z.inFrame {
			z.err = z.frame()
			continue
		}
		z.err = z.block()
	}
	n := copy(p, z.ready)
	z.ready = z.ready[n:]
	return n, nil
}

// frame reads the head of a frame. Skippable ones are skipped.
func (z *lz4Reader) frame() error {
	var head [8]byte
	if n, err := io.ReadFull(z.in, head[:4]); n == 0 && err == io.EOF {
		return io.EOF
	} else if err != nil {
		return err
	}
	z.window, z.sums, z.sum = z.window[:0], false, false
	switch {
	case string(head[:4]) == lz4Legacy:
		z.legacy, z.inFrame = true, true
		return nil
	case head[0]&0xf0 == 0x50 && string(head[1:4]) == "\x2a\x4d\x18":
		return z.skipFrame()
	case string(head[:4]) != lz4Magic:
		return errDamaged
	}
	if _, err := io.ReadFull(z.in, head[:2]); err != nil {
		return ended(err)
	}
	flags := head[0]
	if flags>>6 != 1 {
		return errMethod
	}
	if flags&1 != 0 { // a dictionary that lies elsewhere
		return errMethod
	}
	z.legacy, z.inFrame, z.sums, z.sum = false, true, flags&0x10 != 0, flags&4 != 0
	rest := int64(1)
	if flags&8 != 0 {
		rest += 8
	}
	_, err := io.CopyN(io.Discard, z.in, rest)
	return ended(err)
}

func (z *lz4Reader) skipFrame() error {
	var size [4]byte
	if _, err := io.ReadFull(z.in, size[:]); err != nil {
		return ended(err)
	}
	_, err := io.CopyN(io.Discard, z.in, int64(le32(size[:])))
	return ended(err)
}

// block unpacks the next block of the frame.
func (z *lz4Reader) block() error {
	var head [4]byte
	if n, err := io.ReadFull(z.in, head[:]); n == 0 && err == io.EOF && z.legacy {
		return io.EOF
	} else if err != nil {
		return ended(err)
	}
	size := le32(head[:])
	stored, most := size&(1<<31) != 0, uint32(lz4Block)
	switch {
	case z.legacy && size > 2*lz4LegacySize: // the magic of what follows
		return errDamaged
	case z.legacy:
		stored, most = false, lz4LegacySize
		z.window = z.window[:0]
	case size == 0:
		return z.endFrame()
	}
	if size &^= 1 << 31; size > most+most/255+16 {
		return errDamaged
	}
	if err := z.fill(int64(size)); err != nil {
		return err
	}
	z.window = append(z.window[:0], z.window[max(0, len(z.window)-lz4Window):]...)
	from := len(z.window)
	var err error
	if stored {
		z.window = append(z.window, z.packed...)
	} else {
		z.window, err = undoLZ4(z.window, z.packed, from+int(most))
	}
	z.ready = z.window[from:]
	if err == nil && z.sums {
		_, err = io.CopyN(io.Discard, z.in, 4)
	}
	return err
}

func (z *lz4Reader) endFrame() (err error) {
	z.inFrame = false
	if z.sum {
		_, err = io.CopyN(io.Discard, z.in, 4)
	}
	return ended(err)
}

// fill reads a block into memory that grows with what comes.
func (z *lz4Reader) fill(size int64) error {
	b := bytes.NewBuffer(z.packed[:0])
	n, err := io.CopyN(b, z.in, size)
	z.packed = b.Bytes()
	if n < size {
		return ended(err)
	}
	return nil
}

// undoLZ4 appends what a block stands for to dst, up to most bytes of dst.
func undoLZ4(dst, src []byte, most int) ([]byte, error) {
	for len(src) > 0 {
		token := src[0]
		literals, rest, ok := lz4Length(int(token>>4), src[1:])
		if !ok || literals > len(rest) || len(dst)+literals > most {
			return dst, errDamaged
		}
		dst, src = append(dst, rest[:literals]...), rest[literals:]
		if len(src) == 0 {
			return dst, nil // the last sequence has no match
		}
		if len(src) < 2 {
			return dst, errDamaged
		}
		back := int(le16(src))
		length, rest, ok := lz4Length(int(token&15), src[2:])
		length += 4
		if !ok || back == 0 || back > len(dst) || len(dst)+length > most {
			return dst, errDamaged
		}
		for range length { // what is copied may be what was just written
			dst = append(dst, dst[len(dst)-back])
		}
		src = rest
	}
	return dst, nil
}

// lz4Length reads a length of which the token holds the first four bits.
func lz4Length(n int, src []byte) (length int, rest []byte, ok bool) {
	if n < 15 {
		return n, src, true
	}
	for i, c := range src {
		if n += int(c); c < 0xff {
			return n, src[i+1:], true
		}
	}
	return 0, nil, false
}

// isLZMA reports whether head begins as the files of LZMA Utils do: properties that
// these write, a dictionary of a usual size, and the length or that it is not known.
func isLZMA(head []byte) bool {
	if len(head) < lzma.HeaderLen+2 || head[0] != 0x5d || head[1] != 0 || head[2] != 0 && head[2] != 0x80 || head[4] > 8 {
		return false
	}
	size := le64(head[5:])
	dict := le32(head[1:])
	return head[lzma.HeaderLen] == 0 && dict > 0 && dict&(dict-1) == 0 && (size == 1<<64-1 || 0 < size && size < 1<<40)
}

func readLZMA(c Content, m *Meter, next yield) {
	in := m.packed(c.stream())
	buffered := bufio.NewReaderSize(in, readBuffer)
	head, err := buffered.Peek(lzma.HeaderLen)
	if err != nil {
		next(Member{}, plain(err))
		return
	}
	readLZMAStream(buffered, int64(le32(head[1:])), in, m, next)
}

// readLZMAStream unpacks what needs a dictionary of so many bytes.
func readLZMAStream(r io.Reader, dict int64, in *counter, m *Meter, next yield) {
	dict = max(dict, lzma.MinDictCap)
	if err := m.Hold(dict); err != nil {
		next(Member{}, err)
		return
	}
	defer m.Release(dict)
	z, err := lzma.ReaderConfig{DictCap: int(dict)}.NewReader(r)
	if err != nil {
		next(Member{}, plain(err))
		return
	}
	next(Member{Name: Unnamed, Reader: &inflated{r: faults{z}, meter: m, in: in}}, nil)
}

// readLZIP reads the members of a file of lzip, which are LZMA with another head.
func readLZIP(c Content, m *Meter, next yield) {
	in := m.packed(c.stream())
	buffered := bufio.NewReaderSize(in, readBuffer)
	for {
		head := make([]byte, len(lzipMagic)+1)
		if _, err := io.ReadFull(buffered, head); err != nil || string(head[:len(lzipMagic)]) != lzipMagic {
			return // what follows the last member belongs to nobody
		}
		code := head[len(lzipMagic)]
		dict := int64(1) << (code & 31)
		dict -= dict / 16 * int64(code>>5)
		// The properties are the same for all, and the end is marked.
		classic := append([]byte{0x5d, byte(dict), byte(dict >> 8), byte(dict >> 16), byte(dict >> 24)}, bytes.Repeat([]byte{0xff}, 8)...)
		more := true
		readLZMAStream(&joint{bytes.NewReader(classic), buffered}, dict, in, m, func(one Member, err error) bool {
			more = next(one, err) && err == nil
			if more {
				_, bad := io.Copy(io.Discard, one.Reader)
				more = bad == nil
			}
			return more
		})
		if !more {
			return
		}
		if _, err := buffered.Discard(lzipTrailer); err != nil {
			next(Member{}, plain(err))
			return
		}
	}
}

// A joint reads one after the other, also single bytes, and nothing ahead.
type joint struct {
	first *bytes.Reader
	then  *bufio.Reader
}

func (j *joint) Read(p []byte) (int, error) {
	if j.first.Len() > 0 {
		return j.first.Read(p)
	}
	return j.then.Read(p)
}

func (j *joint) ReadByte() (byte, error) {
	if j.first.Len() > 0 {
		return j.first.ReadByte()
	}
	return j.then.ReadByte()
}

func readSnappy(c Content, m *Meter, next yield) {
	in := m.packed(c.stream())
	next(Member{Name: Unnamed, Reader: &inflated{r: faults{snappy.NewReader(in)}, meter: m, in: in}}, nil)
}

// readClosed says of a format that is known and not read that nothing was.
func readClosed(_ Content, _ *Meter, next yield) { next(Member{}, errClosed) }

var errClosed = errors.New("its format is not read here")
