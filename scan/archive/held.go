package archive

import (
	"errors"
	"io"
)

// heldPiece is how much memory is taken at a time, in bytes.
const heldPiece = 256 << 10

// A Held is a content in memory.
type Held struct {
	pieces [][]byte // of heldPiece bytes, the last one may be shorter
	size   int64
	meter  *Meter
}

// HoldAll reads all of r into memory that the meter grants. Where that is not enough,
// or r fails, the Held has what was read, and the error says why that is not all.
// Release gives the memory back.
func (m *Meter) HoldAll(r io.Reader) (*Held, error) {
	h := &Held{meter: m}
	for {
		if err := m.Hold(heldPiece); err != nil {
			return h, err
		}
		piece := make([]byte, heldPiece)
		n, err := io.ReadFull(r, piece)
		h.pieces = append(h.pieces, piece[:n])
		h.size += int64(n)
		if err == io.EOF || err == io.ErrUnexpectedEOF {
			return h, nil
		}
		if err != nil {
			return h, err
		}
	}
}

// Size returns how many bytes are held.
func (h *Held) Size() int64 { return h.size }

// Release gives the memory back.
func (h *Held) Release() {
	h.meter.Release(int64(len(h.pieces)) * heldPiece)
	h.pieces, h.size = nil, 0
}

// ReadAt implements io.ReaderAt.
func (h *Held) ReadAt(p []byte, at int64) (n int, err error) {
	if at < 0 {
		return 0, errors.New("negative offset")
	}
	for n < len(p) && at < h.size {
		k := copy(p[n:], h.pieces[at/heldPiece][at%heldPiece:])
		n, at = n+k, at+int64(k)
	}
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}
