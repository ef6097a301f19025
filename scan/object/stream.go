package object

import (
	"errors"
	"hash"
	"io"
	"os"
	"runtime/debug"
	"strconv"
	"sync"

	"github.com/klauspost/compress/zlib"
)

// Stream returns an object of any size for reading from front to back, where the store
// has it whole: one that is built on another is ErrLimit beyond Options.MaxSize, for
// both would have to be held. What is read is compared with the id: the last Read
// returns ErrMismatch, or ErrDamaged, instead of io.EOF. The caller closes it.
func (s *Store) Stream(id ID) (t Type, r io.ReadCloser, err error) {
	err = ErrNotFound
	for at := range s.places(id) {
		t, r, err1 := s.streamAt(id, at)
		if err1 == nil {
			return t, r, nil
		}
		if !errors.Is(err1, os.ErrNotExist) {
			err = s.damage(id, at, err1)
		}
	}
	return 0, nil, err
}

func (s *Store) streamAt(id ID, at place) (Type, io.ReadCloser, error) {
	if at.pack == nil {
		return s.streamLoose(id, s.loosePath(at.dir, id))
	}
	h, err := s.headOf(at)
	if err != nil {
		return 0, nil, err
	}
	if h.kind >= kindOffset {
		return 0, nil, ErrLimit
	}
	from := at.off + int64(h.len)
	z, err := zlib.NewReader(io.NewSectionReader(at.pack.content, from, at.pack.end-from))
	if err != nil {
		return 0, nil, damaged(err)
	}
	t := Type(h.kind)
	return t, s.newStream(id, t, h.size, z, nil), nil
}

// headOf reads the head of an entry, whatever its size.
func (s *Store) headOf(at place) (h entryHead, err error) {
	defer unguard(debug.SetPanicOnFault(true), &err)
	k := &scratch{opts: s.opts}
	k.opts.MaxSize = 1<<63 - 1
	return k.head(at.pack, at.off, s.opts.HashSize)
}

func (s *Store) streamLoose(id ID, path string) (Type, io.ReadCloser, error) {
	f, err := openFile(path)
	if err != nil {
		return 0, nil, err
	}
	z, err := zlib.NewReader(f)
	if err != nil {
		f.Close()
		return 0, nil, damaged(err)
	}
	var head []byte
	for b := make([]byte, 1); len(head) < maxLooseHead; {
		if _, err = io.ReadFull(z, b); err != nil {
			break
		}
		if head = append(head, b[0]); b[0] == 0 {
			break
		}
	}
	t, size, _, bad := parseLooseHead(head)
	if err = errors.Join(damaged(err), bad); err != nil {
		f.Close()
		return 0, nil, err
	}
	return t, s.newStream(id, t, size, z, f), nil
}

// A stream is an object that is read piece by piece.
type stream struct {
	io.ReadCloser
	left int64 // bytes that must still come
	sum  hash.Hash
	id   ID
	file io.Closer // nil if there is none
}

func (s *Store) newStream(id ID, t Type, size int64, content io.ReadCloser, file io.Closer) *stream {
	r := &stream{content, size, newHash(s.opts.HashSize), id, file}
	io.WriteString(r.sum, t.String()+" "+strconv.FormatInt(size, 10)+"\x00") // a hash takes everything
	return r
}

func (r *stream) Read(p []byte) (int, error) {
	n, err := r.ReadCloser.Read(p)
	r.sum.Write(p[:n])
	r.left -= int64(n)
	switch {
	case r.left < 0:
		return n, damagedf("the object is longer than it says")
	case err == nil:
		return n, nil
	case err != io.EOF:
		return n, damaged(err)
	case r.left > 0:
		return n, errShort
	case string(r.sum.Sum(nil)) != string(r.id.hash[:r.id.size]):
		return n, ErrMismatch
	}
	return n, io.EOF
}

func (r *stream) Close() error {
	err := r.ReadCloser.Close()
	if r.file != nil {
		err = errors.Join(err, r.file.Close())
	}
	return err
}

// ReadAt implements io.ReaderAt.
func (c *content) ReadAt(p []byte, off int64) (n int, err error) {
	if c.data == nil {
		return c.file.ReadAt(p, off)
	}
	defer unguard(debug.SetPanicOnFault(true), &err)
	if off < 0 || off >= int64(len(c.data)) {
		return 0, io.EOF
	}
	if n = copy(p, c.data[off:]); n < len(p) {
		err = io.EOF
	}
	return n, err
}

// Bytes of memory that a store takes as shares of what a program may take: one object,
// with its base and a delta between the two; the bases that a Reader holds; the cache.
const (
	objectShare = 4
	heldShare   = 8
	cacheShare  = 16
)

// LimitMemory sets the limits of Options for a program that may take so many bytes.
// It is called before objects are read.
func (s *Store) LimitMemory(bytes int64) {
	s.opts.MaxSize, s.opts.Held = bytes/objectShare, bytes/heldShare
	s.cache.limit = bytes / cacheShare
	s.spare = sync.Pool{New: s.newScratch} // those that were used know the old ones
}

// heavyShare is the part of MaxSize from which on only one Reader at a time holds an
// object.
const heavyShare = 8

// weigh waits, before n bytes are taken for an object, until no other Reader is at work
// on a heavy one. unwind ends it.
func (r *Reader) weigh(n int) {
	if !r.heavy && int64(n) > r.store.opts.MaxSize/heavyShare {
		r.store.heavy.Lock()
		r.heavy = true
	}
}
