package scan

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"unsafe"

	"golang.org/x/sys/unix"
)

const openFlags = unix.O_NONBLOCK | unix.O_NOFOLLOW

// maxPath is how long a path the kernel takes in one call, its PATH_MAX less
// the final zero byte.
const maxPath = unix.PathMax - 1

// openBeneath opens name below d. Where the kernel cannot keep a path below a
// folder, or a sandbox forbids it, os.Root walks the path instead.
func (d *folder) openBeneath(name string) (*os.File, error) {
	fd, err := new(handle).openat(d, name, 0)
	switch {
	case err == nil:
		return os.NewFile(uintptr(fd), name), nil
	case rootless(err):
		return d.openRooted(name)
	}
	return nil, &fs.PathError{Op: "open", Path: name, Err: err}
}

// rootless reports whether there is no openat2 here.
func rootless(err error) bool { return errors.Is(err, unix.ENOSYS) || errors.Is(err, unix.EPERM) }

// A handle is an open regular file. Package os would ask the kernel twice more for
// each file, to find out that nobody waits for a regular one. It is used for one
// file after the other, and allocates nothing for any but the longest name.
type handle struct {
	fd   int
	path []byte
}

// openAs opens a regular file and returns its size. h is in use until it is closed.
func (d *folder) openAs(h *handle, name string) (openFile, int64, error) {
	fd, err := h.openat(d, name, 0)
	if err != nil {
		if rootless(err) {
			return d.open(name)
		}
		return nil, 0, err
	}
	var info unix.Stat_t
	if err := unix.Fstat(fd, &info); err != nil {
		unix.Close(fd)
		return nil, 0, fmt.Errorf("stat: %w", err)
	}
	if info.Mode&unix.S_IFMT != unix.S_IFREG {
		unix.Close(fd)
		return nil, 0, errNotRegular
	}
	h.fd = fd
	return h, info.Size, nil
}

// openat opens name below d with one system call that refuses symbolic links in
// every part of the path (openat2, Linux 5.6), or several where the path is too long
// for one.
func (h *handle) openat(d *folder, name string, flags uint64) (fd int, err error) {
	at, rest := int(d.fd.Fd()), name
	for len(rest) > maxPath {
		cut := strings.LastIndexByte(rest[:maxPath], '/')
		if cut < 0 {
			break
		}
		next, err := h.openat2(at, rest[:cut], unix.O_PATH|unix.O_DIRECTORY)
		if err != nil {
			return 0, err
		}
		defer unix.Close(next)
		at, rest = next, rest[cut+1:]
	}
	return h.openat2(at, rest, unix.O_RDONLY|openFlags|flags)
}

func (h *handle) openat2(at int, name string, flags uint64) (fd int, err error) {
	if strings.IndexByte(name, 0) >= 0 {
		return 0, unix.EINVAL
	}
	how := unix.OpenHow{
		Flags:   flags | unix.O_CLOEXEC,
		Resolve: unix.RESOLVE_BENEATH | unix.RESOLVE_NO_SYMLINKS | unix.RESOLVE_NO_MAGICLINKS,
	}
	h.path = append(append(h.path[:0], name...), 0)
	for {
		n, _, e := unix.Syscall6(unix.SYS_OPENAT2, uintptr(at), uintptr(unsafe.Pointer(&h.path[0])), uintptr(unsafe.Pointer(&how)), unsafe.Sizeof(how), 0, 0)
		switch e {
		case 0:
			return int(n), nil
		case unix.EINTR:
		default:
			return 0, e
		}
	}
}

// Read implements io.Reader.
func (h *handle) Read(p []byte) (int, error) {
	for {
		n, err := unix.Read(h.fd, p)
		switch {
		case err == unix.EINTR:
		case err != nil:
			return 0, err
		case n == 0 && len(p) > 0:
			return 0, io.EOF
		default:
			return n, nil
		}
	}
}

// ReadAt implements io.ReaderAt.
func (h *handle) ReadAt(p []byte, offset int64) (n int, err error) {
	for n < len(p) {
		m, err := unix.Pread(h.fd, p[n:], offset+int64(n))
		switch {
		case err == unix.EINTR:
			continue
		case err != nil:
			return n, err
		case m == 0:
			return n, io.EOF
		}
		n += m
	}
	return n, nil
}

// Seek implements io.Seeker.
func (h *handle) Seek(offset int64, whence int) (int64, error) {
	return unix.Seek(h.fd, offset, whence)
}

// Close implements io.Closer.
func (h *handle) Close() error { return unix.Close(h.fd) }
