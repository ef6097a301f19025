package scan

import (
	"context"
	"io"
	"iter"
)

// Stream is the source of one stream, such as standard input.
type Stream struct {
	Name   string
	Reader io.Reader
}

// Units implements Source.
func (s Stream) Units(context.Context) iter.Seq2[Unit, error] {
	return func(yield func(Unit, error) bool) {
		yield(func() iter.Seq2[Blob, error] {
			return func(yield func(Blob, error) bool) { yield(Blob{Path: s.Name, Rest: s.Reader}, nil) }
		}, nil)
	}
}
