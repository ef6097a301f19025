package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// limitProcess keeps a program that fails a case of the kit from taking the machine
// along: 16 GiB of addresses, mapped files among them, files of 1 GiB, no core file.
// What it may take is judged by what it took.
func limitProcess(pid int) {
	for resource, most := range map[int]uint64{unix.RLIMIT_AS: 16 << 30, unix.RLIMIT_FSIZE: 1 << 30, unix.RLIMIT_CORE: 0} {
		_ = unix.Prlimit(pid, resource, &unix.Rlimit{Cur: most, Max: most}, nil) // it may be over by now
	}
}

// processMemory reads /proc/PID/status. A process that is gone has the zero memory.
func processMemory(pid int) memory {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return memory{}
	}
	return parseStatus(string(data))
}

func parseStatus(status string) memory {
	var m memory
	for line := range strings.Lines(status) {
		name, value, _ := strings.Cut(line, ":")
		switch name {
		case "VmHWM":
			m.peak = kilobytes(value)
		case "RssAnon":
			m.anon = kilobytes(value)
		}
	}
	return m
}

func kilobytes(value string) int64 {
	fields := strings.Fields(value)
	if len(fields) != 2 || fields[1] != "kB" {
		return 0
	}
	n, _ := strconv.ParseInt(fields[0], 10, 64)
	return n << 10
}

// childrenOf lists the processes that a process started.
func childrenOf(pid int) (children []int) {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", pid, pid))
	if err != nil {
		return nil
	}
	for _, field := range strings.Fields(string(data)) {
		if child, err := strconv.Atoi(field); err == nil {
			children = append(children, child)
		}
	}
	return children
}

// residentOf is the memory that a process holds now, in bytes, and the CPU time that it took so far.
func residentOf(pid int) (rss int64, cpu time.Duration) {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, 0
	}
	_, after, _ := strings.Cut(string(data), ") ") // the name of the program stands before it
	fields := strings.Fields(after)
	if len(fields) < 22 {
		return 0, 0
	}
	const tick = 10 * time.Millisecond // of all architectures that Go knows
	return number(fields[21]) * int64(os.Getpagesize()), time.Duration(number(fields[11])+number(fields[12])) * tick
}

// peakOf is the peak that the kernel counted. It starts a new process at the
// peak of the one that started it, so a value that is not above our own peak
// says nothing about the program, and 0 is returned.
func peakOf(state *os.ProcessState) int64 {
	r, ok := state.SysUsage().(*syscall.Rusage)
	if !ok || r.Maxrss<<10 <= processMemory(os.Getpid()).peak {
		return 0
	}
	return r.Maxrss << 10
}
