package report

import (
	"bufio"
	"compress/flate"
	"fmt"
	"io"
	"iter"
)

// maxPacked bounds what a packed holds, in bytes after compression. A verdict
// takes 10 to 20 of them, for most of its text is that of its neighbours.
const maxPacked = 64 << 20

// A packed keeps lines of text compressed in memory, for a format that has to
// write them after others. A file would hold more, but a report writes no file
// that its user did not name.
type packed struct {
	limit  int // in bytes
	more   int // how many more lines there were than limit allows
	blocks blocks
	writer *flate.Writer // nil before the first line
}

// add keeps line, which holds no line end, unless there is no room left.
func (p *packed) add(line []byte) error {
	if p.more > 0 || p.blocks.size > p.limit {
		p.more++
		return nil
	}
	if p.writer == nil {
		var err error
		if p.writer, err = flate.NewWriter(&p.blocks, flate.BestSpeed); err != nil {
			return err
		}
	}
	_, err := p.writer.Write(line)
	if err == nil {
		_, err = p.writer.Write([]byte{'\n'})
	}
	return err
}

// all yields the lines in the order in which they came. It is called once, after
// the last add, and gives back the memory of what it has read.
func (p *packed) all() iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		if p.writer == nil {
			return
		}
		if err := p.writer.Close(); err != nil {
			yield(nil, err)
			return
		}
		p.writer = nil
		lines := bufio.NewReader(flate.NewReader(&p.blocks))
		for {
			line, err := lines.ReadBytes('\n')
			if err == io.EOF {
				return
			}
			if err != nil {
				yield(nil, fmt.Errorf("reading the verdicts that were kept: %w", err))
				return
			}
			if !yield(line[:len(line)-1], nil) {
				return
			}
		}
	}
}

// blocks is a buffer that grows without copying what it holds and shrinks as it
// is read.
type blocks struct {
	list [][]byte
	size int
}

// blockSize is the capacity of a block, in bytes.
const blockSize = 256 << 10

func (b *blocks) Write(p []byte) (int, error) {
	n := len(p)
	b.size += n
	for len(p) > 0 {
		last := len(b.list) - 1
		if last < 0 || len(b.list[last]) == blockSize {
			b.list = append(b.list, make([]byte, 0, blockSize))
			last++
		}
		room := min(len(p), blockSize-len(b.list[last]))
		b.list[last] = append(b.list[last], p[:room]...)
		p = p[room:]
	}
	return n, nil
}

func (b *blocks) Read(p []byte) (int, error) {
	if len(b.list) == 0 {
		return 0, io.EOF
	}
	n := copy(p, b.list[0])
	b.size -= n
	if b.list[0] = b.list[0][n:]; len(b.list[0]) == 0 {
		b.list[0] = nil
		b.list = b.list[1:]
	}
	return n, nil
}
