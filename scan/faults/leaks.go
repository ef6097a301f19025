package faults

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"time"
)

// Tests are those of a package, as a testing.M.
type Tests interface{ Run() int }

// Leakless are tests that fail, too, where goroutines are left when they are over.
func Leakless(t Tests) Tests { return leakless{t} }

type leakless struct{ Tests }

func (l leakless) Run() int {
	code := l.Tests.Run()
	if err := leaked(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	return code
}

// leaked returns the stacks of goroutines that are still there when all tests are over,
// but those that Go itself keeps. Some may be about to end: it waits a second for them.
func leaked() error {
	var left []string
	for range 100 {
		if left = running(); len(left) == 0 {
			return nil
		}
		time.Sleep(10 * time.Millisecond)
	}
	return fmt.Errorf("%d goroutines are left:\n%s", len(left), strings.Join(left, "\n\n"))
}

// running lists the stacks of all goroutines but the caller's, and but those that wait
// for signals as long as the program lives.
func running() (all []string) {
	buf := make([]byte, 1<<20)
	stacks := strings.Split(string(buf[:runtime.Stack(buf, true)]), "\n\n")
	for _, s := range stacks[1:] {
		if !strings.Contains(s, "os/signal.") && !strings.Contains(s, "testing.(*M)") {
			all = append(all, s)
		}
	}
	return all
}
