//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package object

import (
	"os"
	"syscall"
)

// openFile opens a regular file and nothing else: no symbolic link is
// followed in the last element, and a FIFO or device does not block.
func openFile(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	return onlyRegular(f)
}

// mapFile maps size bytes of f. A nil result means that the file has to be
// read instead.
func mapFile(f *os.File, size int64) (data []byte, unmap func() error) {
	if size == 0 || size != int64(int(size)) {
		return nil, nil
	}
	data, err := syscall.Mmap(int(f.Fd()), 0, int(size), syscall.PROT_READ, syscall.MAP_SHARED)
	if err != nil {
		return nil, nil
	}
	return data, func() error { return syscall.Munmap(data) }
}
