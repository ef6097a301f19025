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
func (s Stream) Units(ctx context.Context) iter.Seq2[Unit, error] {
	return func(yield func(Unit, error) bool) {
		yield(func() iter.Seq2[Blob, error] {
			return func(yield func(Blob, error) bool) {
				yield(Blob{Path: s.Name, Rest: endWith(ctx, s.Reader)}, nil)
			}
		}, nil)
	}
}

// endWith returns a reader of r that ends when ctx is done. A read of a terminal
// or pipe cannot be broken off, so it is left to a goroutine, which lives until
// its read returns.
func endWith(ctx context.Context, r io.Reader) io.Reader {
	out, in := io.Pipe()
	stop := context.AfterFunc(ctx, func() { in.Close() })
	go func() {
		_, err := io.Copy(in, r)
		in.CloseWithError(err)
		stop()
	}()
	return out
}
