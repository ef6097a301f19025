package main

import (
	"sync"
	"time"
)

// A memory is what a look at a process shows, in bytes.
type memory struct {
	peak int64 // most resident bytes so far
	anon int64 // resident bytes that are no part of a mapped file
}

// A watcher looks at a process from time to time and keeps the greatest values.
type watcher struct {
	done chan struct{}
	wait sync.WaitGroup
	most memory
}

// watchMemory starts to watch a process. An interval of 0 watches nothing.
func watchMemory(pid int, interval time.Duration) *watcher {
	w := &watcher{done: make(chan struct{})}
	if interval > 0 {
		w.wait.Go(func() { w.loop(pid, interval) })
	}
	return w
}

func (w *watcher) loop(pid int, interval time.Duration) {
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for {
		now := processMemory(pid)
		w.most = memory{peak: max(w.most.peak, now.peak), anon: max(w.most.anon, now.anon)}
		select {
		case <-w.done:
			return
		case <-ticker.C:
		}
	}
}

// stop ends the watch and returns the greatest values.
func (w *watcher) stop() memory {
	close(w.done)
	w.wait.Wait()
	return w.most
}
