package scan

import (
	"errors"
	"io/fs"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

const openFlags = unix.O_NONBLOCK | unix.O_NOFOLLOW

// maxPath is how long a path the kernel takes in one call, its PATH_MAX less
// the final zero byte.
const maxPath = unix.PathMax - 1

// openBeneath opens name below d with one system call that refuses symbolic
// links in every part of the path (openat2, Linux 5.6), or several where the path
// is too long for one. Where the kernel has no such call, or a sandbox forbids
// it, os.Root walks the path instead.
func (d *folder) openBeneath(name string) (*os.File, error) {
	at, rest := int(d.fd.Fd()), name
	for len(rest) > maxPath {
		cut := strings.LastIndexByte(rest[:maxPath], '/')
		if cut < 0 {
			break
		}
		next, err := openat2(at, rest[:cut], unix.O_PATH|unix.O_DIRECTORY)
		if err != nil {
			return nil, &fs.PathError{Op: "open", Path: name, Err: err}
		}
		defer unix.Close(next)
		at, rest = next, rest[cut+1:]
	}
	fd, err := openat2(at, rest, unix.O_RDONLY|openFlags)
	switch {
	case err == nil:
		return os.NewFile(uintptr(fd), name), nil
	case errors.Is(err, unix.ENOSYS), errors.Is(err, unix.EPERM):
		return d.openRooted(name)
	}
	return nil, &fs.PathError{Op: "open", Path: name, Err: err}
}

func openat2(at int, name string, flags uint64) (fd int, err error) {
	how := unix.OpenHow{
		Flags:   flags | unix.O_CLOEXEC,
		Resolve: unix.RESOLVE_BENEATH | unix.RESOLVE_NO_SYMLINKS | unix.RESOLVE_NO_MAGICLINKS,
	}
	for {
		fd, err = unix.Openat2(at, name, &how)
		if !errors.Is(err, unix.EINTR) {
			return fd, err
		}
	}
}
