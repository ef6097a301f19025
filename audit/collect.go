package audit

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// Options say what a collection asks, and how. The zero value asks everything.
type Options struct {
	// Regions are the regions to ask, nil for all that the account has enabled.
	Regions []string
	// Secret is a name, a partial or a full ARN: only that secret is asked about,
	// in every region that may have it or a copy of it.
	Secret string
	// Operations are the operations to ask, from the chosen checks; nil for all.
	// Those that every collection needs are asked in any case.
	Operations map[Operation]bool
	// Now is the clock of the checks and the end of the events' interval. Zero
	// means the present second.
	Now time.Time
	// Rate is the share of AWS's request limits to use, 0.8 by default.
	Rate float64
	// Concurrency is how many calls are on their way at once in each region, 32
	// by default: enough to use up AWS's limits where an answer takes half a
	// second. What a region does not get done holds up no other.
	Concurrency int
	// CallTimeout bounds one request, 30 seconds by default.
	CallTimeout time.Duration
	// RunTimeout bounds the collection, 0 for not at all. What was not asked by
	// then is a Gap whose reason is Stopped.
	RunTimeout time.Duration
	// MaxEvents is how many events of CloudTrail are read in each region, 20,000
	// by default: at AWS's limit of 100 events a second that takes four minutes.
	MaxEvents int
	// Since is how far back events are read, at most and by default the 90 days
	// that CloudTrail keeps them.
	Since time.Duration
	// Mask hides credentials in text that came from AWS. Nil hides nothing.
	Mask func(string) string
	// MaskProse does so in messages, which are sentences and may hold whatever a
	// function prints; nil means Mask.
	MaskProse func(string) string
	// Progress is counted up if it is not nil.
	Progress *Progress
	// Version is that of the program.
	Version string
	// Journal keeps the records as they come, and holds what an earlier collection
	// learned before it was broken off. Nil for none.
	Journal *Journal
}

// What Options mean where they say nothing.
const (
	DefaultRate        = 0.8
	DefaultConcurrency = 32
	DefaultCallTimeout = 30 * time.Second
	DefaultMaxEvents   = 20_000
	// MaxEventDays is how long CloudTrail keeps its event history.
	MaxEventDays = 90
)

const maxSince = MaxEventDays * 24 * time.Hour

func (o Options) orDefaults() Options {
	if o.Now.IsZero() {
		o.Now = time.Now().Truncate(time.Second)
	}
	o.Now = o.Now.UTC()
	if o.Concurrency <= 0 {
		o.Concurrency = DefaultConcurrency
	}
	if o.MaxEvents <= 0 {
		o.MaxEvents = DefaultMaxEvents
	}
	if o.Since <= 0 || o.Since > maxSince {
		o.Since = maxSince
	}
	if o.Progress == nil {
		o.Progress = &Progress{}
	}
	return o
}

// asks reports whether an operation is to be asked.
func (o *Options) asks(op Operation) bool {
	needed := slices.ContainsFunc(operations, func(r operationRow) bool { return r.Operation == op && r.needed })
	return needed || o.Operations == nil || o.Operations[op]
}

// A recorder takes the records of a collection, each when it is complete: a
// *Secret, *Key, *Function, *Trail, *Activity, Gap or *RegionRecord. It may be
// used by several goroutines.
type recorder interface {
	record(at cell, v any) error
}

func (inv *Inventory) record(at cell, v any) error { return inv.add(at, v) }

// Collect asks AWS about one account after another and judges nothing. It fails
// with no Inventory only if it could not begin: one of the sessions has no
// credentials, or no answer from AWS at all. Whatever else is refused, late,
// broken or missing is a Gap in the Inventory, and everything else goes on. If ctx
// is done before the end, the Inventory holds what is known by then and says so.
func Collect(ctx context.Context, o Options, sessions ...aws.Config) (*Inventory, error) {
	o = o.orDefaults()
	if i := slices.IndexFunc(o.Regions, func(name string) bool { return !validRegion(name) }); i >= 0 {
		return nil, fmt.Errorf("%q is no region", o.Regions[i])
	}
	within := ctx
	if o.RunTimeout > 0 {
		var cancel context.CancelFunc
		within, cancel = context.WithTimeout(ctx, o.RunTimeout)
		defer cancel()
	}
	accounts, err := connectAll(within, o, sessions)
	if err != nil {
		return nil, err
	}
	inv := newInventory(o.header())
	to := recorder(inv)
	if o.Journal != nil {
		to = o.Journal.into(inv)
	}
	for _, account := range accounts {
		defer account.close()
		run := newCollection(account, to, o)
		run.regions(within, run.which(within))
		if run.stopped.Load() {
			inv.Unfinished, inv.Interrupted = true, ctx.Err() != nil
		}
		if run.err != nil {
			return inv, run.err
		}
	}
	return inv, nil
}

// connectAll finds out whose accounts they are before anything is asked, so that
// one that cannot be used costs no collection. An account that is reached twice
// is asked once.
func connectAll(ctx context.Context, o Options, sessions []aws.Config) ([]*callers, error) {
	var accounts []*callers
	for _, cfg := range sessions {
		one, err := connect(ctx, cfg, callOptions{
			Rate: o.Rate, Timeout: o.CallTimeout, Connections: o.Concurrency + 2, Mask: o.Mask, MaskProse: o.MaskProse, Version: o.Version,
		})
		if err != nil {
			return nil, err
		}
		if !slices.ContainsFunc(accounts, func(a *callers) bool { return a.identity.Account == one.identity.Account }) {
			accounts = append(accounts, one)
		}
	}
	return accounts, nil
}

// header says what was to be asked.
func (o *Options) header() Header {
	h := Header{Version: o.Version, Collected: o.Now, Secret: o.Secret, Regions: slices.Clone(o.Regions)}
	if o.Operations != nil && slices.ContainsFunc(operations, func(r operationRow) bool { return !o.asks(r.Operation) }) {
		for _, op := range Operations() {
			if o.asks(op) {
				h.Operations = append(h.Operations, op)
			}
		}
	}
	return h
}

// A collection is one run of Collect.
type collection struct {
	Options
	texts   texts
	callers *callers
	to      recorder
	trails  trailCache
	stopped atomic.Bool

	mu  sync.Mutex
	err error // the first of to
}

func newCollection(all *callers, to recorder, o Options) *collection {
	return &collection{Options: o, texts: texts{o.Mask, o.MaskProse}, callers: all, to: to, trails: trailCache{facts: map[string]*trailFacts{}}}
}

// which says what regions to collect. Those that the user names are asked whether
// or not the account lists them.
func (run *collection) which(ctx context.Context) []accountRegion {
	if len(run.Options.Regions) > 0 {
		var list []accountRegion
		for _, name := range slices.Compact(slices.Sorted(slices.Values(run.Options.Regions))) {
			list = append(list, accountRegion{Name: name, Unsure: true})
		}
		return list
	}
	list, gap := run.callers.listRegions(ctx)
	if run.noted(gap) != nil {
		run.save(cell{gap.Account, gap.Region}, *gap)
	}
	return list
}

// regions collects all regions side by side, so that one that hangs delays
// nobody else.
func (run *collection) regions(ctx context.Context, list []accountRegion) {
	run.Progress.allRegions.Add(int64(len(list)))
	var all sync.WaitGroup
	for _, r := range list {
		all.Go(func() {
			run.region(ctx, r)
			run.Progress.regions.Add(1)
		})
	}
	all.Wait()
}

func (run *collection) region(ctx context.Context, r accountRegion) {
	c := run.callers.at(r.Name)
	if run.Journal != nil && run.Journal.region(c.cell) {
		return
	}
	record := &RegionRecord{Type: "region", Account: c.account, Region: c.region, Partition: c.partition, Status: RegionDisabled}
	if !r.Disabled {
		newRegionRun(run, c, r.Unsure).collect(ctx, record)
	}
	run.save(c.cell, record)
}

// save hands a record on. The first error ends the run.
func (run *collection) save(at cell, v any) {
	err := run.to.record(at, v)
	if err == nil {
		return
	}
	run.mu.Lock()
	defer run.mu.Unlock()
	if run.err == nil {
		run.err = err
	}
}

// broken reports whether records can no longer be handed on.
func (run *collection) broken() bool {
	run.mu.Lock()
	defer run.mu.Unlock()
	return run.err != nil
}

// ask makes one call, see caller.call. After the end of the run it makes none and
// says so.
func (run *collection) ask(ctx context.Context, c *caller, op Operation, resource string, f func(context.Context) error) *Gap {
	if gap := run.over(ctx, c, op, resource); gap != nil {
		return gap
	}
	run.Progress.calls.Add(1)
	return run.noted(c.call(ctx, op, resource, f))
}

// askPages lists page by page, see caller.pages.
func (run *collection) askPages(ctx context.Context, c *caller, op Operation, resource string, fetch func(context.Context, *string) (*string, int, error)) *Gap {
	if gap := run.over(ctx, c, op, resource); gap != nil {
		return gap
	}
	return run.noted(c.pages(ctx, op, resource, func(ctx context.Context, token *string) (*string, int, error) {
		run.Progress.calls.Add(1)
		return fetch(ctx, token)
	}))
}

// over returns a gap if the run has ended.
func (run *collection) over(ctx context.Context, c *caller, op Operation, resource string) *Gap {
	switch err := context.Cause(ctx); {
	case errors.Is(err, context.DeadlineExceeded):
		return run.noted(c.gap(op, resource, Stopped, outOfTime))
	case err != nil:
		return run.noted(c.gap(op, resource, Stopped, interrupted))
	case run.broken():
		return run.noted(c.gap(op, resource, Stopped, "the inventory could not be written"))
	}
	return nil
}

// noted remembers that the run did not get to its end.
func (run *collection) noted(gap *Gap) *Gap {
	if gap != nil && gap.Reason == Stopped {
		run.stopped.Store(true)
	}
	return gap
}
