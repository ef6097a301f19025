package object

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"math/bits"
	"os"
	"strconv"
)

// A rebuilder rebuilds objects on the disk.
type rebuilder struct {
	*rescuer
	ctx   context.Context
	dir   string
	room  int64 // bytes that are left
	depth int
}

// A rebuilt is the content of an object in a file, which has no name where that can be.
type rebuilt struct {
	file *os.File
	size int64
}

func (r *rebuilder) create(size int64) (*rebuilt, error) {
	if size > r.room {
		return nil, fmt.Errorf("%w: rebuilding what cannot be held takes more room than there may be", ErrLimit)
	}
	file, err := os.CreateTemp(r.dir, "assay-object-")
	if err != nil {
		return nil, err
	}
	os.Remove(file.Name()) // where an open file has to have a name, remove does it
	r.room -= size
	return &rebuilt{file, size}, nil
}

func (r *rebuilder) remove(b *rebuilt) {
	b.file.Close()
	os.Remove(b.file.Name())
	r.room += b.size
}

// unnamed returns the first of c and its later siblings that has no id yet, or noBase.
func (r *rebuilder) unnamed(c int32) int32 {
	for c >= 0 && !r.pack.index.made[c].IsZero() {
		c = r.pack.forest.next[c]
	}
	return c
}

// begin names what is built on e, which has an id.
func (r *rebuilder) begin(e int32) error {
	f := &r.pack.forest
	root := e
	for f.base[root] >= 0 {
		root = f.base[root]
	}
	h, err := r.store.headOf(place{pack: r.pack, off: f.offs[root]})
	if err != nil {
		return err
	}
	base, err := r.whole(e)
	if err != nil {
		return r.damage(e, err)
	}
	return r.family(e, Type(h.kind), base)
}

// whole writes an object that has an id to a file.
func (r *rebuilder) whole(e int32) (*rebuilt, error) {
	off := r.pack.forest.offs[e]
	var from io.Reader
	var size int64
	if _, large := r.large[off]; large {
		s, err := r.openEntry(off)
		if err != nil {
			return nil, err
		}
		defer s.z.Close()
		from, size = s, s.size
	} else {
		k := r.store.spare.Get().(*scratch)
		defer r.store.spare.Put(k)
		_, data, err := r.store.readPacked(k, r.pack, off)
		if err != nil {
			return nil, err
		}
		from, size = bytes.NewReader(data), int64(len(data))
	}
	b, err := r.create(size)
	if err != nil {
		return nil, err
	}
	_, err = io.Copy(b.file, untilDone{r.ctx, from})
	return r.unless(err, b)
}

// unless gives b up where there is an error.
func (r *rebuilder) unless(err error, b *rebuilt) (*rebuilt, error) {
	if err != nil && b != nil {
		r.remove(b)
		b = nil
	}
	return b, err
}

// family names what is built on e, whose content base is, and gives base up.
func (r *rebuilder) family(e int32, t Type, base *rebuilt) error {
	r.depth++
	defer func() { r.depth-- }()
	f := &r.pack.forest
	var err error
	for c := r.unnamed(f.child[e]); c >= 0 && err == nil; {
		var child *rebuilt
		if child, err = r.build(c, t, base); err != nil {
			err = r.damage(c, err)
			break
		}
		next := r.unnamed(f.next[c])
		if next < 0 { // then the base is not needed while others are built on c
			r.remove(base)
			base = nil
		}
		if child != nil {
			err = r.family(c, t, child)
		}
		c = next
	}
	if base != nil {
		r.remove(base)
	}
	return err
}

// build names c, and returns its content if something may be built on it.
func (r *rebuilder) build(c int32, t Type, base *rebuilt) (*rebuilt, error) {
	s, err := r.openEntry(r.pack.forest.offs[c])
	if err != nil {
		return nil, err
	}
	defer s.z.Close()
	delta := bufio.NewReader(untilDone{r.ctx, io.LimitReader(s, s.size)})
	wants, bad := binary.ReadUvarint(delta)
	size, worse := binary.ReadUvarint(delta)
	if bad != nil || worse != nil || wants != uint64(base.size) || size > math.MaxInt64 {
		return nil, damagedf("head of the delta")
	}
	sum := newHash(r.store.opts.HashSize)
	io.WriteString(sum, t.String()+" "+strconv.FormatUint(size, 10)+"\x00") // a hash takes everything
	to := &countedWriter{Writer: sum, left: int64(size)}
	var b *rebuilt
	if r.pack.forest.child[c] >= 0 || len(r.waiting) > 0 {
		if r.depth > r.store.opts.MaxDepth {
			return nil, ErrLimit
		}
		if b, err = r.create(int64(size)); err != nil {
			return nil, err
		}
		to.Writer = io.MultiWriter(sum, b.file)
	}
	out := bufio.NewWriterSize(to, 256<<10)
	err = cmp.Or(patchStream(r.ctx, out, base, delta), out.Flush())
	if err == nil && to.left > 0 {
		err = damagedf("a delta gives less than it declares")
	}
	if b, err = r.unless(err, b); err == nil {
		r.call(c, idFrom(sum.Sum(nil), r.store.opts.HashSize))
	}
	return b, err
}

// A countedWriter takes so many bytes.
type countedWriter struct {
	io.Writer
	left int64
}

func (w *countedWriter) Write(p []byte) (int, error) {
	if w.left -= int64(len(p)); w.left < 0 {
		return 0, damagedf("a delta gives more than it declares")
	}
	return w.Writer.Write(p)
}

// patchStream writes what the instructions of a delta make of base.
func patchStream(ctx context.Context, out io.Writer, base *rebuilt, delta *bufio.Reader) error {
	for ctx.Err() == nil {
		c, err := delta.ReadByte()
		switch {
		case err == io.EOF:
			return nil
		case err != nil:
			return err
		case c == 0:
			return damagedf("a delta with an instruction of no kind")
		case c&0x80 == 0:
			_, err = io.CopyN(out, delta, int64(c))
		default:
			err = copyStream(out, base, c, delta)
		}
		if err == io.EOF || err == io.ErrUnexpectedEOF {
			err = damagedf("a delta breaks off")
		}
		if err != nil {
			return err
		}
	}
	return context.Cause(ctx)
}

// copyStream follows one copy instruction.
func copyStream(out io.Writer, base *rebuilt, c byte, delta io.Reader) error {
	var buf [7]byte
	args := buf[:bits.OnesCount8(c&0x7f)]
	if _, err := io.ReadFull(delta, args); err != nil {
		return err
	}
	off, size, _ := copyParts(c, args)
	if int64(off)+int64(size) > base.size {
		return damagedf("a delta copies what its base does not have")
	}
	_, err := io.CopyN(out, io.NewSectionReader(base.file, int64(off), int64(size)), int64(size))
	return err
}
