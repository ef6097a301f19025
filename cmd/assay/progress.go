package main

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"golang.org/x/term"
)

// A watch shows on standard error how far a run is, in the words of text: a line that is overwritten
// on a terminal, a new line every ten seconds elsewhere.
type watch struct {
	text  func() string
	done  chan struct{}
	ended sync.WaitGroup
}

const (
	terminalTick = 200 * time.Millisecond
	logTick      = 10 * time.Second
)

func (a *app) watch(quiet bool, text func() string) *watch {
	w := &watch{text: text, done: make(chan struct{})}
	if quiet {
		return w
	}
	file, ok := a.stderr.(*os.File)
	onTerminal := ok && term.IsTerminal(int(file.Fd()))
	w.ended.Go(func() { w.show(a.stderr, onTerminal) })
	return w
}

// stop ends the display and waits until it is gone.
func (w *watch) stop() {
	close(w.done)
	w.ended.Wait()
}

func (w *watch) show(to io.Writer, onTerminal bool) {
	tick, start, end := logTick, "assay: ", "\n"
	if onTerminal {
		tick, start, end = terminalTick, "\r\x1b[K", ""
	}
	timer := time.NewTicker(tick)
	defer timer.Stop()
	for {
		select {
		case <-w.done:
			if onTerminal {
				fmt.Fprint(to, "\r\x1b[K")
			}
			return
		case <-timer.C:
			fmt.Fprint(to, start, w.text(), end)
		}
	}
}
