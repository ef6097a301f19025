//go:build unix

package scan

import "syscall"

func makeFIFO(name string) error { return syscall.Mkfifo(name, 0o666) }
