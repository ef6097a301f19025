package main

import (
	"os"
	"testing"
)

func TestParseStatus(t *testing.T) {
	m := parseStatus("Name:\tx\nVmHWM:\t  2048 kB\nVmRSS:\t 1 kB\nRssAnon:\t    12 kB\n")
	if m != (memory{peak: 2 << 20, anon: 12 << 10}) {
		t.Errorf("got %+v", m)
	}
	if m := parseStatus("VmHWM: many\nRssAnon:\t5 MB\n"); m != (memory{}) {
		t.Errorf("from nonsense: %+v", m)
	}
}

func TestProcessMemory(t *testing.T) {
	if m := processMemory(os.Getpid()); m.peak < 1<<20 || m.anon <= 0 || m.anon > m.peak {
		t.Errorf("this process: %+v", m)
	}
}
