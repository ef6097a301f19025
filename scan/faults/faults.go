// Package faults runs a program and decides about each of its system calls that are
// about files: whether the kernel carries it out, or the program is told that it
// failed, or was given less than it asked for. A judge can also do something to the
// file first: cut it short, remove it, write to it, or send the program a signal.
//
// It is for tests and measurements. The program that is run is the one that users
// have, with nothing put between it and the kernel: what its libraries and the Go
// runtime ask for is judged like what it asks for itself. On Linux a seccomp filter
// stops the calls and has the kernel ask us (seccomp_unotify(2)); elsewhere Run
// returns ErrUnsupported.
//
// A program that calls Run calls Launch first thing in its main function or TestMain:
// Run starts the caller once more, which sets up the filter and then becomes the
// program that was asked for.
package faults

import (
	"errors"
	"strings"
	"syscall"
)

// ErrUnsupported says that calls cannot be judged here.
var ErrUnsupported = errors.New("system calls cannot be judged on this system")

// A Call is what a program is about to ask the kernel for.
type Call struct {
	Name string // such as "openat" or "read"
	Path string // of the file that it is about, as far as it is known
	Pid  int    // of the thread
	fd   int    // that is read from, -1 for other calls
	to   uint64 // where in the thread's memory
	size uint64 // how much was asked for, in bytes
	off  int64  // where from, -1 for where the file stands
}

// In reports whether the call is about a file in the folder.
func (c Call) In(folder string) bool {
	return c.Path == folder || strings.HasPrefix(c.Path, folder+"/")
}

// Is reports whether the call is one of the named.
func (c Call) Is(names ...string) bool {
	for _, n := range names {
		if c.Name == n {
			return true
		}
	}
	return false
}

// A Verdict is what becomes of a call. The zero value lets it happen.
type Verdict struct {
	Fail  syscall.Errno // it fails so
	Empty bool          // it returns zero, as a read does at the end of a file
	Half  bool          // a read gives half of what it could; other calls happen
}

// A Judge decides about one call after the other.
type Judge func(Call) Verdict
