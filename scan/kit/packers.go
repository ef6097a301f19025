package kit

import (
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"io"

	"github.com/klauspost/compress/zstd"
	"github.com/ulikunitz/xz"
)

// The packers that bombs are made with.

func newGzip(w io.Writer) io.WriteCloser { return gzip.NewWriter(w) }

func newZlib(w io.Writer) io.WriteCloser { return zlib.NewWriter(w) }

func newDeflate(w io.Writer) io.WriteCloser { return made(flate.NewWriter(w, flate.BestCompression)) }

func newZstd(w io.Writer) io.WriteCloser { return made(zstd.NewWriter(w)) }

func newXZ(w io.Writer) io.WriteCloser { return made(xz.NewWriter(w)) }

func made[W io.WriteCloser](w W, err error) io.WriteCloser {
	if err != nil {
		panic(failure{err})
	}
	return w
}
