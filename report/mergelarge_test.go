package report

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// A million places take memory for the findings that they belong to, not for
// themselves, when reports are converted and merged.
func TestMillionPlaces(t *testing.T) {
	if testing.Short() {
		t.Skip("a million places")
	}
	const findings, parts = 20_000, 2
	places := 50
	if slowedDown {
		places = 4
	}
	var saved []Saved
	for n := range parts {
		name := filepath.Join(t.TempDir(), "part.jsonl")
		writeMany(t, name, findings, places/parts, n)
		one, err := SavedAs(name)
		if err != nil {
			t.Fatal(err)
		}
		saved = append(saved, one)
	}
	for what, c := range map[string]struct {
		tell  func(Handler) error
		limit uint64 // bytes of heap
	}{
		"convert": {func(h Handler) error { return saved[0].Tell(h) }, 40 << 20},
		"merge":   {func(h Handler) error { return Merge(saved, h) }, 120 << 20},
	} {
		var w lineCounter
		peak := peakHeap(func() {
			if err := c.tell(NewJSONL(&w)); err != nil {
				t.Fatal(err)
			}
		})
		if w.lines != findings+2 {
			t.Errorf("%s: %d lines", what, w.lines)
		}
		if peak > c.limit {
			t.Errorf("%s takes %d MB", what, peak>>20)
		}
	}
}

// writeMany writes the n-th part of a report.
func writeMany(t *testing.T, name string, findings, places, n int) {
	t.Helper()
	file, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	b := bufio.NewWriter(file)
	c := reportCase{run: testRun()}
	h := NewJSONL(b)
	if err := h.Begin(c.run); err != nil {
		t.Fatal(err)
	}
	for i := range findings {
		f := Finding{RuleID: "private-key", Message: "Private key.", Severity: SeverityHigh, Confidence: ConfidenceHigh, Fingerprint: fmt.Sprintf("assay/v1:%064x", i)}
		for j := range places {
			f.Occurrences = append(f.Occurrences, Location{
				Path: fmt.Sprintf("services/%d/%d/%d/settings.yaml", i%977, j, n), Region: Region{j + 1, 5, j + 1, 45},
				Object: strings.Repeat(fmt.Sprintf("%08x", i*places+j), 5), Type: "blob", Introduced: testCommit("c", 1+j%28),
			})
		}
		if err := h.Finding(f); err != nil {
			t.Fatal(err)
		}
	}
	if err := h.End(Summary{Findings: [5]int{3: findings}}); err != nil {
		t.Fatal(err)
	}
	if err := b.Flush(); err != nil {
		t.Fatal(err)
	}
}

type lineCounter struct{ lines int }

func (w *lineCounter) Write(p []byte) (int, error) {
	w.lines += strings.Count(string(p), "\n")
	return len(p), nil
}

// peakHeap returns the most bytes of heap that were live while do ran, looked at
// every 200 ms after a collection.
func peakHeap(do func()) uint64 {
	var peak atomic.Uint64
	done := make(chan struct{})
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		for {
			var m runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&m)
			peak.Store(max(peak.Load(), m.HeapAlloc))
			select {
			case <-done:
				return
			case <-time.After(200 * time.Millisecond):
			}
		}
	}()
	do()
	close(done)
	<-stopped
	return peak.Load()
}
