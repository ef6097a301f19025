//go:build unix

package kit

import "syscall"

func mkfifo(name string, mode uint32) error { return syscall.Mkfifo(name, mode) }
