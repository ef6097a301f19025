package faults

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// A callKind says where among the arguments of a system call the file stands.
type callKind struct {
	number uint32
	name   string
	fd     int // argument that is a descriptor: of the file, or of the folder that path is below
	path   int // argument that is a path, -1 if there is none
}

// calls are those about files that a Go program makes.
var calls = [...]callKind{
	{unix.SYS_OPENAT, "openat", 0, 1},
	{unix.SYS_OPENAT2, "openat2", 0, 1},
	{unix.SYS_NEWFSTATAT, "fstatat", 0, 1},
	{unix.SYS_STATX, "statx", 0, 1},
	{unix.SYS_READLINKAT, "readlinkat", 0, 1},
	{unix.SYS_UNLINKAT, "unlinkat", 0, 1},
	{unix.SYS_RENAMEAT, "renameat", 2, 3},
	{unix.SYS_RENAMEAT2, "renameat", 2, 3},
	{unix.SYS_MKDIRAT, "mkdirat", 0, 1},
	{unix.SYS_FCHMODAT, "fchmodat", 0, 1},
	{unix.SYS_READ, "read", 0, -1},
	{unix.SYS_PREAD64, "pread", 0, -1},
	{unix.SYS_WRITE, "write", 0, -1},
	{unix.SYS_PWRITE64, "pwrite", 0, -1},
	{unix.SYS_FSTAT, "fstat", 0, -1},
	{unix.SYS_GETDENTS64, "getdents", 0, -1},
	{unix.SYS_FSYNC, "fsync", 0, -1},
	{unix.SYS_FTRUNCATE, "ftruncate", 0, -1},
	{unix.SYS_FCHMOD, "fchmod", 0, -1},
	{unix.SYS_CLOSE, "close", 0, -1},
	{unix.SYS_MMAP, "mmap", 4, -1},
	{unix.SYS_COPY_FILE_RANGE, "copy_file_range", 2, -1},
}

// callOf tells what a thread asked for.
func callOf(n *notification) Call {
	c := Call{Pid: int(n.pid), fd: -1}
	for _, k := range calls {
		if k.number != n.number {
			continue
		}
		c.Name = k.name
		fd := int(int32(n.args[k.fd]))
		if k.path >= 0 {
			c.Path = below(c.Pid, fd, memoryText(c.Pid, n.args[k.path]))
		} else {
			c.Path = fileOf(c.Pid, fd)
		}
		if c.Is("read", "pread") {
			c.fd, c.to, c.size, c.off = fd, n.args[1], n.args[2], -1
		}
		if c.Is("pread") {
			c.off = int64(n.args[3])
		}
	}
	return c
}

// below returns the path that a thread means by one below the folder fd.
func below(pid, fd int, path string) string {
	switch {
	case filepath.IsAbs(path):
		return filepath.Clean(path)
	case fd == unix.AT_FDCWD:
		cwd, _ := os.Readlink(fmt.Sprintf("/proc/%d/cwd", pid)) // "" is in no folder
		return filepath.Join(cwd, path)
	}
	return filepath.Join(fileOf(pid, fd), path)
}

// fileOf returns the path of an open file; what is none has another name there.
func fileOf(pid, fd int) string {
	name, _ := os.Readlink(fmt.Sprintf("/proc/%d/fd/%d", pid, fd))
	return strings.TrimSuffix(name, " (deleted)")
}

// memoryText reads a text that ends with a zero byte in the memory of a thread.
func memoryText(pid int, at uint64) string {
	const page = 4096
	var all []byte
	for len(all) < unix.PathMax {
		part := make([]byte, page-at%page) // the next page may be nobody's
		local := []unix.Iovec{{Base: &part[0]}}
		local[0].SetLen(len(part))
		n, err := unix.ProcessVMReadv(pid, local, []unix.RemoteIovec{{Base: uintptr(at), Len: len(part)}}, 0)
		if err != nil {
			break
		}
		text, _, ended := bytes.Cut(part[:n], []byte{0})
		if all = append(all, text...); ended {
			break
		}
		at += uint64(n)
	}
	return string(all)
}

// tgid returns the process that a thread belongs to.
func tgid(pid int) int {
	status, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	for line := range strings.Lines(string(status)) {
		if text, ok := strings.CutPrefix(line, "Tgid:"); ok {
			var id int
			if _, err := fmt.Sscan(text, &id); err == nil {
				return id
			}
		}
	}
	return pid
}
