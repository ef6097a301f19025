package object

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"io"

	"github.com/klauspost/compress/zlib"
)

// An index needs the id of each object, also of those that are too large to be held.
// These are rebuilt on the disk: what others are built on in a file, which is given up
// when the last of them is built, and the rest only for its hash.

// An entryStream is an entry that is read from front to back.
type entryStream struct {
	entryHead
	section *io.SectionReader
	in      *bufio.Reader // of which no byte behind the end is taken
	z       io.ReadCloser
	from    int64 // where its compressed data begin
}

func (n *rescuer) openEntry(off int64) (*entryStream, error) {
	p := n.pack
	h, err := n.store.headOf(place{pack: p, off: off})
	if err != nil {
		return nil, err
	}
	from := off + int64(h.len)
	section := io.NewSectionReader(p.content, from, p.end-from)
	in := bufio.NewReaderSize(section, 256<<10)
	z, err := zlib.NewReader(in)
	return &entryStream{h, section, in, z, from}, damaged(err)
}

// Read reads what is in the entry. An error of the compressed data wraps ErrDamaged.
func (s *entryStream) Read(p []byte) (int, error) {
	n, err := s.z.Read(p)
	if err != io.EOF {
		err = damaged(err)
	}
	return n, err
}

// end is where the entry ends, when all of it was read.
func (s *entryStream) end() (int64, error) {
	at, err := s.section.Seek(0, io.SeekCurrent)
	return s.from + at - int64(s.in.Buffered()), err
}

// streamEntry finds out where an entry ends that cannot be held, and the id of one that
// is whole.
func (n *rescuer) streamEntry(ctx context.Context, off int64) (end int64, err error) {
	s, err := n.openEntry(off)
	if err != nil {
		return 0, err
	}
	defer s.z.Close()
	id := ID{size: uint8(n.store.opts.HashSize)}
	if s.kind >= kindOffset {
		got, err := io.Copy(io.Discard, untilDone{ctx, io.LimitReader(s, s.size+1)})
		if err == nil && got != s.size {
			err = damagedf("%d bytes, where the entry declares %d", got, s.size)
		}
		if err != nil {
			return 0, err
		}
	} else {
		object := n.store.newStream(id, Type(s.kind), s.size, s.z, nil)
		if _, err := io.Copy(io.Discard, untilDone{ctx, object}); err != ErrMismatch { // with an id that is not known yet
			return 0, cmp.Or(err, error(ErrDamaged))
		}
		copy(id.hash[:], object.sum.Sum(nil))
	}
	n.large[off] = id
	return s.end()
}

// An untilDone can be read until its context ends.
type untilDone struct {
	ctx context.Context
	io.Reader
}

func (r untilDone) Read(p []byte) (int, error) {
	if r.ctx.Err() != nil {
		return 0, context.Cause(r.ctx)
	}
	return r.Reader.Read(p)
}

// nameLarge names what cannot be held, and what is built on it.
func (n *rescuer) nameLarge(r *rebuilder) error {
	f := &n.pack.forest
	for e := range int32(len(f.pos)) {
		if id, large := n.large[f.offs[e]]; large && id.IsZero() {
			if err := n.plantLarge(e); err != nil {
				return n.damage(e, err)
			}
		}
	}
	for e := range int32(len(f.pos)) {
		if id := n.large[f.offs[e]]; !id.IsZero() {
			n.call(e, id)
		}
	}
	for e := range int32(len(f.pos)) {
		if n.reports > 0 {
			break
		}
		if n.pack.index.made[e].IsZero() || r.unnamed(f.child[e]) < 0 {
			continue
		}
		if err := r.begin(e); err != nil {
			return err
		}
	}
	n.publish()
	return nil
}

func (n *rescuer) damage(e int32, err error) error {
	if !errors.Is(err, ErrDamaged) && !errors.Is(err, ErrLimit) {
		return err
	}
	return &DamageError{Pack: n.pack.name, Offset: n.pack.forest.offs[e], Err: err}
}

// plantLarge puts a delta into its place in the forest whose size plantEntry refused.
func (n *rescuer) plantLarge(e int32) error {
	f := &n.pack.forest
	h, err := n.store.headOf(place{pack: n.pack, off: f.offs[e]})
	if err != nil {
		return err
	}
	f.flags[e] &^= flagDamaged
	if h.kind == kindOffset {
		return f.hang(e, f.offs[e]-h.back)
	}
	k := n.store.spare.Get().(*scratch)
	defer n.store.spare.Put(k)
	id, err := k.baseID(n.pack, f.offs[e], h, n.store.opts.HashSize)
	if err != nil {
		return err
	}
	if off, ok := n.pack.lookup(id); ok {
		return f.hang(e, off)
	}
	f.base[e] = outside
	n.waiting[id] = append(n.waiting[id], e)
	return nil
}

// hang makes e a child of the entry at off.
func (f *forest) hang(e int32, off int64) error {
	b, ok := f.search(off)
	if !ok {
		return damagedf("no entry at the base offset")
	}
	f.base[e], f.next[e], f.child[b] = b, f.child[b], e
	return nil
}
