package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
)

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
