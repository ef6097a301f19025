package audit

import (
	"iter"
	"runtime"
)

// inOrder yields f of every item, in the order of the items, computed on all
// processors. Items are handed out in lots, so that a quick f is worth it; few
// lots are under way at a time, so that memory stays bounded. An error ends it.
func inOrder[T, U any](items iter.Seq2[T, error], f func(T) U) iter.Seq2[U, error] {
	const lotSize = 64
	type lot struct {
		results []U
		err     error
	}
	return func(yield func(U, error) bool) {
		queue := make(chan chan lot, 2*runtime.GOMAXPROCS(0))
		done := make(chan struct{})
		defer close(done)
		start := func(items []T, err error) bool {
			future := make(chan lot, 1)
			select {
			case queue <- future:
			case <-done:
				return false
			}
			go func() {
				l := lot{make([]U, len(items)), err}
				for i, item := range items {
					l.results[i] = f(item)
				}
				future <- l
			}()
			return true
		}
		go func() {
			defer close(queue)
			var next []T
			for item, err := range items {
				if err != nil {
					start(next, err)
					return
				}
				if next = append(next, item); len(next) == lotSize {
					if !start(next, nil) {
						return
					}
					next = nil
				}
			}
			start(next, nil)
		}()
		for future := range queue {
			l := <-future
			for _, r := range l.results {
				if !yield(r, nil) {
					return
				}
			}
			if l.err != nil {
				var none U
				yield(none, l.err)
				return
			}
		}
	}
}
