package object

import (
	"fmt"
	"io"
	"os"
	"runtime/debug"
)

// onlyRegular closes f unless it is a regular file.
func onlyRegular(f *os.File) (*os.File, error) {
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%s: not a regular file", f.Name())
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// readFile returns the whole of a regular file that is at most limit long.
func readFile(path string, limit int64) ([]byte, error) {
	f, err := openFile(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(&wholly{file: f}, limit+1))
	if err == nil && int64(len(data)) > limit {
		err = fmt.Errorf("%w: more than %d bytes", ErrLimit, limit)
	}
	return data, err
}

// A wholly reads a file to its end, and fails where the file gives fewer bytes than
// it has: a file without its second half may look sound.
type wholly struct {
	file *os.File
	read int64
}

func (w *wholly) Read(p []byte) (int, error) {
	n, err := w.file.Read(p)
	w.read += int64(n)
	if err == io.EOF {
		if info, bad := w.file.Stat(); bad != nil {
			err = bad
		} else if info.Size() > w.read {
			err = io.ErrUnexpectedEOF
		}
	}
	return n, err
}

// A content gives random access to the bytes of an open file: mapped where the
// system can, read piece by piece elsewhere.
type content struct {
	data  []byte // nil unless mapped
	size  int64
	file  *os.File // nil if mapped
	unmap func() error
}

func openContent(path string, opts Options) (*content, error) {
	f, err := openFile(path)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err != nil {
		f.Close()
		return nil, err
	}
	c := &content{size: info.Size()}
	if !opts.unmapped {
		c.data, c.unmap = mapFile(f, c.size)
	}
	if c.data != nil {
		return c, f.Close()
	}
	c.file = f
	return c, nil
}

func (c *content) close() error {
	if c.data != nil {
		c.data = nil
		return c.unmap()
	}
	return c.file.Close()
}

// whole returns all of the file.
func (c *content) whole() ([]byte, error) {
	if c.data != nil {
		return c.data, nil
	}
	return io.ReadAll(io.NewSectionReader(c.file, 0, c.size))
}

// at returns the n bytes at off, followed by at least srcPad more that may be
// anything. Fewer than n bytes come back where the file ends. The result lies
// in the mapping, or in *buf, which grows as needed.
func (c *content) at(off int64, n int, buf *[]byte) ([]byte, error) {
	if off < 0 || off > c.size {
		return nil, damagedf("offset %d in a file of %d bytes", off, c.size)
	}
	n = int(min(int64(n), c.size-off))
	if c.data != nil && c.size-off-int64(n) >= srcPad {
		return c.data[off : off+int64(n)+srcPad], nil
	}
	if cap(*buf) < n+srcPad {
		*buf = make([]byte, n+srcPad, n+n/4+srcPad)
	}
	b := (*buf)[:n+srcPad]
	clear(b[n:])
	if c.data != nil {
		copy(b[:n], c.data[off:])
		return b, nil
	}
	if _, err := c.file.ReadAt(b[:n], off); err != nil {
		return nil, err
	}
	return b, nil
}

// Mapped calls use with the whole of a regular file, which must not keep it: where
// the system can, it is a mapping. That another process cuts the file short while
// use reads it becomes an error.
func Mapped(f *os.File, use func(data []byte) error) (err error) {
	info, err := f.Stat()
	if err != nil {
		return err
	}
	data, unmap := mapFile(f, info.Size())
	if data == nil {
		if data, err = io.ReadAll(f); err != nil {
			return err
		}
		return use(data)
	}
	defer unmap() // nothing was written through it
	defer unguard(debug.SetPanicOnFault(true), &err)
	if err := use(data); err != nil {
		return err
	}
	// On the page where a file ends that was cut short there are zeros, and no fault.
	if now, err := f.Stat(); err != nil || now.Size() < info.Size() {
		return damagedf("the file was cut short while it was read")
	}
	return nil
}

// unguard is deferred by functions that read mapped files, which must have
// turned on debug.SetPanicOnFault. It turns the fault that follows when
// another process cuts such a file short into an error.
func unguard(before bool, err *error) {
	debug.SetPanicOnFault(before)
	fault := recover()
	if fault == nil {
		return
	}
	if _, ok := fault.(interface{ Addr() uintptr }); !ok {
		panic(fault)
	}
	*err = damagedf("the file was cut short while it was read")
}
