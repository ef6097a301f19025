package audit

import (
	"context"
	"slices"
	"strings"
	"sync"
)

// A regionRun collects one region. Its stages run side by side: the secrets, then
// the keys and functions that they name; the trails; the events; the configuration of
// other services.
type regionRun struct {
	*collection
	c *caller
	// unsure says that the first answer decides whether the account has the region
	// enabled.
	unsure bool

	disabled bool // set before begun is closed
	listed   bool // at least one page of secrets was had
	begun    chan struct{}
	begin    sync.Once

	mentions mentions
	opinions opinions
}

func newRegionRun(run *collection, c *caller, unsure bool) *regionRun {
	return &regionRun{collection: run, c: c, unsure: unsure, begun: make(chan struct{})}
}

// collect asks everything and completes the record. A region that turns out to be
// disabled leaves nothing but that.
func (r *regionRun) collect(ctx context.Context, record *RegionRecord) {
	var events *EventWindow
	var stages sync.WaitGroup
	stages.Go(func() {
		defer r.start() // whatever happened
		r.collectSecrets(ctx)
	})
	stages.Go(func() {
		if <-r.begun; !r.disabled {
			r.collectTrails(ctx)
		}
	})
	stages.Go(func() {
		if <-r.begun; !r.disabled {
			events = r.collectEvents(ctx)
		}
	})
	stages.Go(func() {
		if <-r.begun; !r.disabled {
			r.collectConfiguration(ctx)
		}
	})
	stages.Go(func() {
		if <-r.begun; !r.disabled {
			r.collectWatch(ctx)
		}
	})
	stages.Wait()
	switch {
	case r.disabled:
		return
	case r.listed:
		record.Status = RegionExamined
	default:
		record.Status = RegionNotExamined
	}
	for _, gap := range r.c.contradicted() {
		r.saveGap(gap)
	}
	record.Events = events
	record.Calls = r.allCalls()
}

// workers are how many calls the region may have on their way at once.
func (r *regionRun) workers() int { return r.shared.shares.of(r.Concurrency) }

// start lets the other stages begin, once it is known whether the region is
// enabled.
func (r *regionRun) start() { r.begin.Do(func() { close(r.begun) }) }

// allCalls counts the calls of each operation that was to be asked, also of those
// for which there turned out to be nothing to ask about: a region without trails
// has no trail's status, which is an answer.
func (r *regionRun) allCalls() []CallCount {
	list := r.c.calls()
	for _, row := range operations {
		counted := slices.ContainsFunc(list, func(c CallCount) bool { return c.Operation == row.Operation })
		if !counted && row.perRegion() && r.asks(row.Operation) {
			list = append(list, CallCount{Operation: row.Operation})
		}
	}
	slices.SortFunc(list, func(a, b CallCount) int { return strings.Compare(string(a.Operation), string(b.Operation)) })
	return list
}

// each runs f for every item, as many at a time as there are workers.
func each[T any](workers int, items []T, f func(T)) {
	next := make(chan T)
	var all sync.WaitGroup
	for range min(workers, len(items)) {
		all.Go(func() {
			for item := range next {
				f(item)
			}
		})
	}
	for _, item := range items {
		next <- item
	}
	close(next)
	all.Wait()
}
