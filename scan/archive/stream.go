package archive

import (
	"bufio"
	"bytes"
	"compress/bzip2"
	"io"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zlib"
	"github.com/klauspost/compress/zstd"
)

// readBuffer is how much is read ahead of a method that asks for single bytes.
const readBuffer = 64 << 10

func readGzip(c Content, m *Meter, next yield) {
	in := m.packed(c.stream())
	z, err := gzip.NewReader(bufio.NewReaderSize(in, readBuffer))
	if err != nil {
		next(Member{}, plain(err))
		return
	}
	next(Member{Name: orUnnamed(z.Name), Reader: &inflated{r: faults{z}, meter: m, in: in}}, nil)
}

func readZlib(c Content, m *Meter, next yield) {
	in := m.packed(c.stream())
	z, err := zlib.NewReader(bufio.NewReaderSize(in, readBuffer))
	if err != nil {
		next(Member{}, plain(err))
		return
	}
	next(Member{Name: Unnamed, Reader: &inflated{r: faults{z}, meter: m, in: in}}, nil)
}

// IsZlib reports whether a content begins as zlib does and what follows can be unpacked.
func IsZlib(content []byte) bool {
	const enough = 64 // bytes
	if len(content) < 8 || content[0] != 0x78 || (uint(content[0])<<8|uint(content[1]))%31 != 0 {
		return false
	}
	head := content[:min(len(content), Head)]
	z, err := zlib.NewReader(bytes.NewReader(head))
	if err != nil {
		return false
	}
	n, err := io.ReadFull(z, make([]byte, enough))
	return n == enough || err == io.EOF || err == io.ErrUnexpectedEOF && len(content) == len(head)
}

func orUnnamed(name string) string {
	if name == "" {
		return Unnamed
	}
	return name
}

func readBzip2(c Content, m *Meter, next yield) {
	in := m.packed(c.stream())
	z := bzip2.NewReader(bufio.NewReaderSize(in, readBuffer))
	next(Member{Name: Unnamed, Reader: &inflated{r: faults{z}, meter: m, in: in}}, nil)
}

// maxWindow is how far back a zstd stream may reach, in bytes. RFC 8878 asks for
// 8 MiB; zstd itself goes up to that unless it is told --ultra or --long.
const maxWindow = 32 << 20

func readZstd(c Content, m *Meter, next yield) {
	in := m.packed(c.stream())
	if err := m.Hold(maxWindow); err != nil {
		next(Member{}, err)
		return
	}
	defer m.Release(maxWindow)
	z, err := newZstd(in)
	if err != nil {
		next(Member{}, plain(err))
		return
	}
	defer z.Close()
	next(Member{Name: Unnamed, Reader: &inflated{r: faults{z}, meter: m, in: in}}, nil)
}

func newZstd(r io.Reader) (*zstd.Decoder, error) {
	return zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(maxWindow))
}

// faults makes the errors of a method those of this package.
type faults struct{ io.Reader }

func (f faults) Read(p []byte) (int, error) {
	n, err := f.Reader.Read(p)
	if err != nil && err != io.EOF {
		err = plain(err)
	}
	return n, err
}
