package audit

import (
	"bytes"
	"compress/flate"
	"encoding/json"
	"sync"
)

// A backlog holds the secrets that are listed and not yet asked about. Listing a
// hundred takes one call, asking about them three hundred, so in a large account
// nearly all of them wait here; and the listing cannot wait for them, because the
// token of its next page does not last. Those beyond the first few pages are
// held compressed, some fifty bytes each.
type backlog struct {
	mu     sync.Mutex
	filled sync.Cond
	ready  []listedSecret
	packed [][]byte
	packer *flate.Writer
	closed bool
}

// maxReady is how many secrets wait uncompressed.
const maxReady = 5 * secretsPerPage

func newBacklog() *backlog {
	b := &backlog{}
	b.filled.L = &b.mu
	return b
}

// put adds secrets. It is called by one goroutine.
func (b *backlog) put(page []listedSecret) {
	if len(page) == 0 {
		return
	}
	b.mu.Lock()
	full := len(b.ready) >= maxReady || len(b.packed) > 0
	b.mu.Unlock()
	var packed []byte
	if full {
		packed = b.pack(page)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if packed != nil {
		b.packed = append(b.packed, packed)
	} else {
		b.ready = append(b.ready, page...)
	}
	b.filled.Broadcast()
}

// pack returns nil if a page cannot be packed; then it waits as it is.
func (b *backlog) pack(page []listedSecret) []byte {
	text, err := json.Marshal(page)
	if err != nil {
		return nil
	}
	var out bytes.Buffer
	if b.packer == nil {
		b.packer, _ = flate.NewWriter(&out, flate.BestSpeed) // fails for unknown levels only
	} else {
		b.packer.Reset(&out)
	}
	b.packer.Write(text) // a bytes.Buffer takes everything
	b.packer.Close()
	return out.Bytes()
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

// unpack makes the first packed page ready. Its own bytes cannot be malformed.
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
