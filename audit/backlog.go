package audit

import (
	"bytes"
	"compress/flate"
	"encoding/json"
	"io"
	"slices"
	"sync"
)

// A backlog holds the secrets that are listed and not yet asked about. Listing a
// hundred takes one call, asking about them three hundred, so in a large account
// nearly all of them wait here; and the listing cannot wait for them, because the
// token of its next page does not last. All but a few are held compressed, some
// fifty bytes each: hundreds of regions may be listed at the same time.
type backlog struct {
	mu     sync.Mutex
	filled sync.Cond
	ready  []listedSecret
	packed [][]byte
	packer *packer
	closed bool
}

// packedTogether is how many secrets are compressed together, and about as many wait
// uncompressed.
const packedTogether = 25

func newBacklog(p *packer) *backlog {
	b := &backlog{packer: p}
	b.filled.L = &b.mu
	return b
}

// put adds secrets. It is called by one goroutine.
func (b *backlog) put(page []listedSecret) {
	for lot := range slices.Chunk(page, packedTogether) {
		b.mu.Lock()
		full := len(b.ready) > 0 || len(b.packed) > 0
		b.mu.Unlock()
		var packed []byte
		if full {
			packed = b.pack(lot)
		}
		b.mu.Lock()
		if packed != nil {
			b.packed = append(b.packed, packed)
		} else {
			b.ready = append(b.ready, lot...)
		}
		b.filled.Broadcast()
		b.mu.Unlock()
	}
}

// pack returns nil if secrets cannot be packed; then they wait as they are.
func (b *backlog) pack(lot []listedSecret) []byte {
	text, err := json.Marshal(lot)
	if err != nil {
		return nil
	}
	packed, err := b.packer.pack(func(w io.Writer) { w.Write(text) })
	if err != nil {
		return nil
	}
	return packed
}

// take waits for a secret. It reports false when all are taken and none will
// come.
func (b *backlog) take() (listedSecret, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for len(b.ready) == 0 {
		switch {
		case len(b.packed) > 0:
			b.unpack()
		case b.closed:
			return listedSecret{}, false
		default:
			b.filled.Wait()
		}
	}
	one := b.ready[0]
	b.ready[0] = listedSecret{}
	b.ready = b.ready[1:]
	return one, true
}

// unpack makes the first packed ones ready. Its own bytes cannot be malformed.
func (b *backlog) unpack() {
	page := b.packed[0]
	b.packed = b.packed[1:]
	b.ready = nil
	if err := json.NewDecoder(flate.NewReader(bytes.NewReader(page))).Decode(&b.ready); err != nil {
		panic("audit: the backlog cannot be read: " + err.Error())
	}
}

// close says that nothing more will be put.
func (b *backlog) close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed = true
	b.filled.Broadcast()
}
