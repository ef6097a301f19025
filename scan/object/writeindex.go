package object

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"hash/crc32"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
)

// maxIndexed is how many objects a pack may have that WriteIndex takes: some 200 bytes
// of memory go to each, and the largest histories have 12 to 25 million.
const maxIndexed = 1 << 25

// Indexing bounds what WriteIndex takes.
type Indexing struct {
	HashSize int   // bytes of an id
	Memory   int64 // for objects, as Store.LimitMemory has it; 0: as Options has it
	Room     int64 // bytes on the disk, for objects that cannot be held and others are built on
}

// WriteIndex reads the pack in the file name front to back, which need trust nobody,
// and writes the index that a reader of packs wants beside it, of version 2, to the
// file index. A pack that is not whole is an error that wraps ErrDamaged: a base outside
// of it, a damaged entry, a trailer that does not fit. ErrLimit says that there is not
// enough room. Where ctx ends first, the error is its cause.
func WriteIndex(ctx context.Context, name, index string, bounds Indexing) error {
	opts := Options{HashSize: bounds.HashSize}
	if bounds.Memory > 0 {
		opts.MaxSize, opts.Held, opts.Cache = bounds.Memory/objectShare, bounds.Memory/heldShare, bounds.Memory/cacheShare
	}
	return indexPack(ctx, name, index, bounds.Room, opts.withDefaults())
}

func indexPack(ctx context.Context, name, index string, room int64, opts Options) error {
	s, hashSize := &Store{opts: opts}, opts.HashSize
	s.cache = newCache(s.opts.Cache)
	s.spare.New = func() any { return &scratch{opts: s.opts} }
	defer s.Close()
	c, err := openContent(name, s.opts)
	if err != nil {
		return err
	}
	p := &pack{name: filepath.Base(name), content: c, end: c.size - int64(hashSize)}
	s.packs = []*pack{p}
	if p.end < packHead {
		return damagedf("pack of %d bytes", c.size)
	}
	if err := p.checkHead(hashSize); err != nil {
		return err
	}
	if err := p.nameAll(ctx, s, filepath.Dir(name), room); err != nil {
		return err
	}
	crcs, trailer, err := p.checksums(name, newHash(hashSize))
	if err != nil {
		return err
	}
	return writeIndex(index, p.index, crcs, trailer, newHash(hashSize))
}

// nameAll gives p an index of all its entries. In dir files may be made, of so many
// bytes.
func (p *pack) nameAll(ctx context.Context, s *Store, dir string, room int64) error {
	n := newRescuer(s, p)
	n.stopped = func() bool { return ctx.Err() != nil || n.reports > 0 }
	if err := n.findWhole(ctx); err != nil {
		return err
	}
	n.begin()
	if err := n.nameLarge(&rebuilder{ctx: ctx, rescuer: n, dir: dir, room: room}); err != nil {
		return err
	}
	n.round(n.any) // which tells what is missing
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	n.finish()
	if len(s.problems) > 0 {
		return s.problems[0].Err
	}
	return nil
}

// findWhole fills offs, as findEntries does, but looks for nothing behind the first
// damage.
func (n *rescuer) findWhole(ctx context.Context) error {
	count, err := n.pack.count()
	if err != nil {
		return err
	}
	if count > maxIndexed {
		return fmt.Errorf("%w: the pack counts %d objects", ErrLimit, count)
	}
	n.large = map[int64]ID{}
	k := n.store.spare.Get().(*scratch)
	defer n.store.spare.Put(k)
	for off := int64(packHead); off < n.pack.end && int64(len(n.offs)) <= count; {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		next, err := n.try(k, off)
		if errors.Is(err, ErrLimit) {
			next, err = n.streamEntry(ctx, off)
		}
		if err != nil {
			return &DamageError{Pack: n.pack.name, Offset: off, Err: err}
		}
		n.offs = append(n.offs, off)
		off = next
	}
	return n.checkCount()
}

// checksums returns that of each entry, in the order of the index, and the trailer of
// the pack, which it compares with the content.
func (p *pack) checksums(name string, sum hash.Hash) (crcs []uint32, trailer []byte, err error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, nil, err
	}
	defer file.Close()
	x := p.index
	order := make([]int, x.n)
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(x.madeOff[a], x.madeOff[b]) })
	in := bufio.NewReaderSize(file, 256<<10)
	if _, err := io.CopyN(sum, in, packHead); err != nil {
		return nil, nil, err
	}
	crcs = make([]uint32, x.n)
	for i, e := range order {
		end := p.end
		if i+1 < len(order) {
			end = x.madeOff[order[i+1]]
		}
		crc := crc32.NewIEEE()
		if _, err := io.CopyN(io.MultiWriter(crc, sum), in, end-x.madeOff[e]); err != nil {
			return nil, nil, err
		}
		crcs[e] = crc.Sum32()
	}
	trailer, err = io.ReadAll(io.LimitReader(in, int64(sum.Size())))
	if err == nil && !bytes.Equal(trailer, sum.Sum(nil)) {
		err = damagedf("the trailer of the pack does not fit its content")
	}
	return crcs, trailer, err
}

// writeIndex writes an index of version 2.
func writeIndex(name string, x *index, crcs []uint32, trailer []byte, sum hash.Hash) error {
	file, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o444)
	if err != nil {
		return err
	}
	out := bufio.NewWriterSize(file, 256<<10)
	to := io.MultiWriter(out, sum)
	number := func(n uint32) { to.Write(binary.BigEndian.AppendUint32(nil, n)) } // Flush has the error
	number(indexMagic)
	number(2)
	at := 0
	for first := range 256 {
		for at < x.n && int(x.made[at].hash[0]) <= first {
			at++
		}
		number(uint32(at))
	}
	for _, id := range x.made {
		to.Write(id.hash[:id.size])
	}
	for _, crc := range crcs {
		number(crc)
	}
	var far []byte
	for _, off := range x.madeOff {
		if off <= math.MaxInt32 {
			number(uint32(off))
			continue
		}
		number(1<<31 | uint32(len(far)/8))
		far = binary.BigEndian.AppendUint64(far, uint64(off))
	}
	to.Write(far)
	to.Write(trailer)
	out.Write(sum.Sum(nil))
	if err := errors.Join(out.Flush(), file.Sync(), file.Close()); err != nil {
		return fmt.Errorf("index: %w", err)
	}
	return nil
}
