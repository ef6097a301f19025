package main

import (
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// The limits of one input. What goes beyond is a finding: the process that works on
// it is made to abort, upon which the one that leads it keeps the input, as after
// any crash.
const (
	fuzzGoMemory   = "768MiB" // from which on Go collects garbage at any price
	mostFuzzMemory = 1 << 30  // resident bytes of a worker, with the 100 MB that it shares with its leader
	// Minimizing, which counts no executions, is over after 5 s.
	mostFuzzCPU   = 60 * time.Second // that a worker takes without telling progress
	mostFuzzStall = 10 * time.Minute // on a machine that is busy with other work
)

// A fuzzWatch reads what a fuzz run says and watches over its workers.
type fuzzWatch struct {
	lines
	run  *fuzzRun
	mu   sync.Mutex
	done chan struct{}
	wait sync.WaitGroup

	progress string    // what the last line said but for the time
	since    time.Time // of the progress
	cpu      time.Duration
	peak     int64 // resident bytes of a worker
	broke    string
	failure  string
}

func newFuzzWatch(run *fuzzRun) *fuzzWatch {
	w := &fuzzWatch{run: run, done: make(chan struct{}), since: time.Now()}
	w.do = w.line
	return w
}

var (
	fuzzProgress = regexp.MustCompile(`^fuzz: elapsed: \S+ (.*)`)
	fuzzCounts   = regexp.MustCompile(`execs: (\d+) .*new interesting: (\d+) \(total: (\d+)\)`)
	fuzzFailed   = regexp.MustCompile(`^\s+(Failing input written to \S+|failure while testing seed corpus entry: \S+|fuzzing process .*|panic: .*|.*\.go:\d+: .*)`)
)

func (w *fuzzWatch) line(line string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if m := fuzzProgress.FindStringSubmatch(line); m != nil {
		if m[1] != w.progress {
			w.progress, w.since, w.cpu = m[1], time.Now(), 0
		}
		if n := fuzzCounts.FindStringSubmatch(line); n != nil {
			w.run.Execs, w.run.New, w.run.Total = number(n[1]), number(n[2]), number(n[3])
		}
		return
	}
	if m := fuzzFailed.FindStringSubmatch(line); m != nil && len(w.failure) < 500 {
		w.failure = strings.TrimPrefix(w.failure+"; "+strings.TrimSpace(m[1]), "; ")
	}
}

func number(s string) int64 {
	n, _ := strconv.ParseInt(s, 10, 64)
	return n
}

// finding says how a run broke, or nothing.
func (w *fuzzWatch) finding() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return strings.TrimPrefix(w.failure+w.broke, "; ")
}

// guard looks at the workers of a leader until stop is called.
func (w *fuzzWatch) guard(leader int) {
	w.wait.Go(func() {
		ticker := time.NewTicker(time.Second)
		defer ticker.Stop()
		base := map[int]time.Duration{} // CPU time of a worker when progress was last seen
		for {
			select {
			case <-w.done:
				return
			case <-ticker.C:
			}
			for _, pid := range childrenOf(leader) {
				w.look(pid, base)
			}
		}
	})
}

// look aborts a worker that is beyond a limit.
func (w *fuzzWatch) look(pid int, base map[int]time.Duration) {
	rss, cpu := residentOf(pid)
	w.mu.Lock()
	defer w.mu.Unlock()
	if _, known := base[pid]; !known || w.cpu == 0 {
		base[pid], w.cpu = cpu, 1 // any value but 0: progress was seen
	}
	w.peak = max(w.peak, rss)
	switch {
	case rss > mostFuzzMemory:
		w.abort(pid, fmt.Sprintf("; %s of memory", size(rss)))
	case cpu-base[pid] > mostFuzzCPU || time.Since(w.since) > mostFuzzStall:
		w.abort(pid, fmt.Sprintf("; no progress in %s", duration(time.Since(w.since))))
	}
}

func (w *fuzzWatch) abort(pid int, why string) {
	if w.broke == "" {
		w.broke = why
	}
	if p, err := os.FindProcess(pid); err == nil {
		p.Signal(syscall.SIGABRT)
	}
}

func (w *fuzzWatch) stop() {
	close(w.done)
	w.wait.Wait()
}
