//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package fetch

import (
	"errors"
	"io/fs"
	"os"
	"syscall"
)

// Hold keeps a folder from everybody else who holds it, until release is called or the
// process ends, however it does. Where somebody has it the error is ErrInUse; where there
// are no locks it is another one. release can be called in each case.
func Hold(dir string) (release func(), err error) {
	folder, err := os.OpenFile(dir, os.O_RDONLY|syscall.O_DIRECTORY|syscall.O_NOFOLLOW, 0)
	if err != nil {
		return func() {}, err
	}
	if err = syscall.Flock(int(folder.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); errors.Is(err, syscall.EWOULDBLOCK) {
		err = ErrInUse
	}
	if err == nil {
		err = stillThere(dir, folder)
	}
	if err != nil {
		folder.Close()
		return func() {}, err
	}
	return func() { folder.Close() }, nil
}

// stillThere is an error if somebody removed the folder before it was held.
func stillThere(dir string, folder *os.File) error {
	held, err := folder.Stat()
	if err != nil {
		return err
	}
	there, err := os.Lstat(dir)
	if err == nil && !os.SameFile(held, there) {
		err = fs.ErrNotExist
	}
	return err
}

// isOwn reports whether name is a folder, and no link to one, that is this user's alone.
func isOwn(name string) bool {
	info, err := os.Lstat(name)
	if err != nil || !info.IsDir() || info.Mode().Perm()&0o022 != 0 {
		return false
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && int(stat.Uid) == os.Geteuid()
}
