package audit

import (
	"bufio"
	"bytes"
	"cmp"
	"compress/flate"
	"container/heap"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"sync"
)

// Runs hold texts by key and give them back sorted. They are kept as sorted and
// compressed runs, some twenty times smaller than the texts, and merged when
// they are read, so that 100,000 secrets take about 10 MB.
type runs struct {
	pending []entry
	size    int // bytes of pending
	sealed  [][]byte
	before  int     // bytes of what is sealed, as they were
	packer  *packer // nil for one of its own
}

// A packer compresses for many, one after another: it is larger than what most regions
// hold.
type packer struct {
	mu sync.Mutex
	w  *flate.Writer
}

// pack compresses what write writes.
func (p *packer) pack(write func(io.Writer)) ([]byte, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	var out bytes.Buffer
	if p.w == nil {
		w, err := flate.NewWriter(&out, flate.BestSpeed)
		if err != nil {
			return nil, err
		}
		p.w = w
	}
	p.w.Reset(&out)
	write(p.w) // a bytes.Buffer takes everything
	err := p.w.Close()
	return bytes.Clone(out.Bytes()), err // of which half may be room to grow
}

// An entry is one text and what it is sorted by.
type entry struct{ key, text []byte }

// maxPending is how many bytes are sorted and compressed at a time: enough for a
// good ratio, and few enough runs to merge. Those who have little begin with
// minPending, because there may be hundreds of them.
const (
	minPending = 64 << 10
	maxPending = 2 << 20
)

// add takes a copy of nothing: key and text must not change afterwards.
func (r *runs) add(key, text []byte) error {
	r.pending = append(r.pending, entry{key, text})
	r.size += len(key) + len(text)
	if r.size < min(max(r.before/4, minPending), maxPending) {
		return nil
	}
	return r.seal()
}

// seal turns what is pending into a run.
func (r *runs) seal() error {
	if len(r.pending) == 0 {
		return nil
	}
	slices.SortStableFunc(r.pending, func(a, b entry) int { return bytes.Compare(a.key, b.key) })
	if r.packer == nil {
		r.packer = &packer{}
	}
	run, err := r.packer.pack(func(w io.Writer) {
		var head []byte
		for _, e := range r.pending {
			head = binary.AppendUvarint(head[:0], uint64(len(e.key)))
			head = binary.AppendUvarint(head, uint64(len(e.text)))
			w.Write(head)
			w.Write(e.key)
			w.Write(e.text)
		}
	})
	if err != nil {
		return err
	}
	r.sealed = append(r.sealed, run)
	r.before += r.size
	r.pending, r.size = nil, 0
	return nil
}

// all yields every entry, sorted by key and among equal keys by when they were
// added. It may be read more than once, not while something is added.
func (r *runs) all() iter.Seq2[entry, error] {
	return func(yield func(entry, error) bool) {
		if err := r.seal(); err != nil {
			yield(entry{}, err)
			return
		}
		merge := merger{}
		for i, run := range r.sealed {
			c := &cursor{order: i, in: bufio.NewReader(flate.NewReader(bytes.NewReader(run)))}
			if err := merge.take(c); err != nil {
				yield(entry{}, err)
				return
			}
		}
		for len(merge) > 0 {
			c := merge[0]
			if !yield(c.entry, nil) {
				return
			}
			heap.Pop(&merge)
			if err := merge.take(c); err != nil {
				yield(entry{}, err)
				return
			}
		}
	}
}

// A cursor reads one run.
type cursor struct {
	entry
	order int
	in    *bufio.Reader
}

func (c *cursor) next() error {
	keyLength, err := binary.ReadUvarint(c.in)
	if err != nil {
		return err
	}
	textLength, err := binary.ReadUvarint(c.in)
	if err != nil {
		return err
	}
	both := make([]byte, keyLength+textLength)
	if _, err := io.ReadFull(c.in, both); err != nil {
		return fmt.Errorf("inventory: %w", err)
	}
	c.entry = entry{both[:keyLength], both[keyLength:]}
	return nil
}

// A merger is a heap of cursors, the one with the least key on top.
type merger []*cursor

// take moves c to its next entry and puts it on the heap, unless c is at its end.
func (m *merger) take(c *cursor) error {
	err := c.next()
	if err == nil {
		heap.Push(m, c)
	}
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

func (m merger) Len() int { return len(m) }

func (m merger) Less(i, j int) bool {
	return cmp.Or(bytes.Compare(m[i].key, m[j].key), cmp.Compare(m[i].order, m[j].order)) < 0
}

func (m merger) Swap(i, j int) { m[i], m[j] = m[j], m[i] }

// Push is for package heap.
func (m *merger) Push(c any) { *m = append(*m, c.(*cursor)) }

// Pop is for package heap.
func (m *merger) Pop() any {
	last := (*m)[len(*m)-1]
	*m = (*m)[:len(*m)-1]
	return last
}
