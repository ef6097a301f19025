package archive

import (
	"archive/tar"
	"bufio"
	"compress/bzip2"
	"io"
	"strings"

	"github.com/klauspost/compress/gzip"
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

func readTar(c Content, m *Meter, next yield) {
	in := c.stream()
	section, _ := in.(*io.SectionReader)
	t := tar.NewReader(in)
	for {
		h, err := t.Next()
		if err == io.EOF {
			return
		}
		if err != nil {
			next(Member{}, plain(err)) // where the next one begins is not known
			return
		}
		if h.Size == 0 && h.Typeflag != tar.TypeReg { // folders and links
			if err := m.member(); err != nil {
				next(Member{}, err)
				return
			}
			continue
		}
		one := Member{Name: strings.TrimPrefix(h.Name, "./"), Reader: m.packed(faults{t})}
		if sparse(h) {
			one.Reader = &inflated{r: one.Reader, meter: m} // holes come out of nothing
		} else if section != nil {
			at, _ := section.Seek(0, io.SeekCurrent)
			one.Lying = io.NewSectionReader(c.At, at, h.Size)
		}
		if !next(one, nil) {
			return
		}
	}
}

// sparse reports whether a file has holes.
func sparse(h *tar.Header) bool {
	if h.Typeflag == tar.TypeGNUSparse {
		return true
	}
	for key := range h.PAXRecords {
		if strings.HasPrefix(key, "GNU.sparse.") {
			return true
		}
	}
	return false
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
