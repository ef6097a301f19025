package audit

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/assayhq/assay/report"
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
	// Since is how far back events are read, by default 90 days, which is all that
	// CloudTrail's event history keeps.
	Since time.Duration
	// TrailFiles is where events are read instead of the event history: a folder, or
	// "s3://bucket/prefix". MaxEvents does not bound them.
	TrailFiles string
	// EventDataStore is the ARN of the store of CloudTrail Lake that is asked for events
	// instead of the event history.
	EventDataStore string
	// Mask hides credentials in text that came from AWS. Nil hides nothing.
	Mask func(string) string
	// MaskProse does so in messages, which are sentences and may hold whatever a
	// function prints; nil means Mask.
	MaskProse func(string) string
	// Match finds credentials in plaintext configuration while that is in memory.
	// Nil for none: then no configuration is asked for, nor where Secret is set.
	Match Matcher
	// TagValues are the keys of tags whose values are kept, in any case: those that
	// checks look at. Of other tags the key is kept, and how long the value is. Nil for
	// those of DefaultSettings.
	TagValues []string
	// Progress is counted up if it is not nil.
	Progress *Progress
	// Version is that of the program.
	Version string
	// Journal keeps the records as they come, and holds what an earlier collection
	// learned before it was broken off. Nil for none.
	Journal *Journal
	// Shard is the part of the regions to ask.
	Shard report.Shard
	// Members are asked in the place of the sessions' own accounts, nil for those.
	Members *Members
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
	if o.Since <= 0 || o.Since > maxSince && !o.otherEvents() {
		o.Since = maxSince
	}
	if o.TagValues == nil {
		settings := DefaultSettings()
		o.TagValues = settings.TagKeys()
	}
	if o.Progress == nil {
		o.Progress = &Progress{}
	}
	return o
}

// otherEvents reports whether events come from elsewhere than the event history.
func (o *Options) otherEvents() bool { return o.TrailFiles != "" || o.EventDataStore != "" }

// asksEvents reports whether events are to be read, wherever they are.
func (o *Options) asksEvents() bool { return o.Operations == nil || o.Operations[LookupEvents] }

// asks reports whether an operation is to be asked.
func (o *Options) asks(op Operation) bool {
	if op == LookupEvents && o.otherEvents() {
		return false
	}
	if row := op.row(); row != nil && row.named != "" {
		inS3 := strings.HasPrefix(o.TrailFiles, "s3://")
		return o.asksEvents() && (row.named == "s3" && inS3 || row.named == "store" && o.EventDataStore != "")
	}
	if op.searched() && (o.Match == nil || o.Secret != "") {
		return false
	}
	row := op.row()
	return row != nil && row.needed || o.Operations == nil || o.Operations[op]
}

// A recorder takes the records of a collection, each when it is complete: a
// *Secret, *Key, *Function, *Trail, *Configuration, *Activity, Gap or *RegionRecord. It may be
// used by several goroutines.
type recorder interface {
	record(at cell, v any) error
}

func (inv *Inventory) record(at cell, v any) error { return inv.add(at, v) }

// Collect asks AWS about all accounts and judges nothing. It fails
// with no Inventory only if it could not begin: one of the sessions has no
// credentials, or no answer from AWS at all. Whatever else is refused, late,
// broken or missing is a Gap in the Inventory, and everything else goes on. If ctx
// is done before the end, the Inventory holds what is known by then and says so.
func Collect(ctx context.Context, o Options, sessions ...aws.Config) (*Inventory, error) {
	o = o.orDefaults()
	if i := slices.IndexFunc(o.Regions, func(name string) bool { return !validRegion(name) }); i >= 0 {
		return nil, fmt.Errorf("%q is no region", o.Regions[i])
	}
	if err := o.Members.valid(); err != nil {
		return nil, err
	}
	within := ctx
	if o.RunTimeout > 0 {
		var cancel context.CancelFunc
		within, cancel = context.WithTimeout(ctx, o.RunTimeout)
		defer cancel()
	}
	first, accounts, refused, err := connectAll(within, o, sessions)
	if err != nil {
		return nil, err
	}
	inv := newInventory(o.header())
	to := recorder(inv)
	if o.Journal != nil {
		to = o.Journal.into(inv)
	}
	for _, gap := range refused {
		if !inShard(o.Shard, cell{gap.Account, gap.Region}) {
			continue
		}
		inv.Unfinished = inv.Unfinished || gap.Reason == Stopped
		for _, v := range unreached(gap) {
			if err := to.record(cell{gap.Account, gap.Region}, v); err != nil {
				return inv, err
			}
		}
	}
	common := &shared{first: first, accounts: accounts}
	runs := collectAll(within, common, to, o)
	for _, run := range runs {
		run.callers.close()
		inv.Unfinished = inv.Unfinished || run.stopped.Load()
		if err == nil {
			err = run.err
		}
	}
	inv.Interrupted = inv.Unfinished && ctx.Err() != nil
	if common.trail.reader != nil && o.TrailFiles != "" {
		inv.TrailFiles = &common.trail.reader.counts
	}
	return inv, err
}

// How much of a collection goes on at the same time. AWS's limits hold for each
// region of each account by itself, so that the sum of them soon is more than one
// machine can use, and memory is what has to be spared.
const (
	// maxInFlight is how many secrets, keys, functions and so on are asked about.
	maxInFlight = 1024
	// maxCells is how many regions, of all accounts together, are collected.
	maxCells = 1024
)

// A shared is what the collections of all accounts have in common.
type shared struct {
	first    *callers // of the session itself, whether or not its account is asked
	accounts []*callers
	shares   shares
	packer   packer
	trail    trailShare
}

// shares divide maxInFlight among the regions that have secrets to ask about. Who waits
// for a limit of AWS's holds a part of its own region's share only.
type shares struct{ regions atomic.Int64 }

// of is what one region may ask about at the same time, at most most.
func (s *shares) of(most int) int {
	return min(most, max(2, maxInFlight/max(1, int(s.regions.Load()))))
}

// places are as many as there may be of something at the same time; nil for any
// number.
type places chan struct{}

func (p places) take() {
	if p != nil {
		p <- struct{}{}
	}
}

func (p places) leave() {
	if p != nil {
		<-p
	}
}

// collectAll collects the regions of all accounts side by side, so that one that
// hangs delays nobody else, and beside them what each account has but once.
func collectAll(ctx context.Context, common *shared, to recorder, o Options) []*collection {
	type task struct {
		run    *collection
		region accountRegion
	}
	runs, lists := make([]*collection, len(common.accounts)), make([][]accountRegion, len(common.accounts))
	each(connecting, indices(runs), func(i int) {
		runs[i] = newCollection(common.accounts[i], to, o, common)
		lists[i] = runs[i].which(ctx)
	})
	var tasks []task
	for i, run := range runs {
		for _, r := range lists[i] {
			if inShard(o.Shard, cell{run.callers.identity.Account, r.Name}) {
				tasks = append(tasks, task{run, r})
			}
		}
	}
	o.Progress.allRegions.Add(int64(len(tasks)))
	var once sync.WaitGroup
	once.Go(func() { each(connecting, runs, func(run *collection) { run.global(ctx) }) })
	each(maxCells, tasks, func(t task) {
		t.run.region(ctx, t.region)
		o.Progress.regions.Add(1)
	})
	once.Wait()
	return runs
}

// header says what was to be asked.
func (o *Options) header() Header {
	h := Header{Version: o.Version, Collected: o.Now, Secret: o.Secret, Regions: slices.Clone(o.Regions), Shard: o.Shard.String(), TagValues: slices.Clone(o.TagValues)}
	if o.Members != nil {
		h.Organization, h.Accounts = o.Members.Accounts == nil, slices.Compact(slices.Sorted(slices.Values(o.Members.Accounts)))
	}
	if o.Operations != nil && slices.ContainsFunc(operations, func(r operationRow) bool { return r.named == "" && !r.ofMembers && !o.asks(r.Operation) }) {
		for _, op := range Operations() {
			if o.asks(op) && !op.row().ofMembers {
				h.Operations = append(h.Operations, op)
			}
		}
	}
	return h
}

// A collection is what one run of Collect does in one account.
type collection struct {
	Options
	texts   texts
	callers *callers
	to      recorder
	trails  trailCache
	shared  *shared
	stopped atomic.Bool

	mu  sync.Mutex
	err error // the first of to
}

func newCollection(all *callers, to recorder, o Options, common *shared) *collection {
	return &collection{
		Options: o, texts: texts{o.Mask, o.MaskProse, o.Match}, callers: all, to: to, shared: common,
		trails: trailCache{facts: map[string]*trailFacts{}},
	}
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
	if run.noted(gap) != nil && inShard(run.Shard, cell{gap.Account, gap.Region}) {
		run.save(cell{gap.Account, gap.Region}, *gap)
	}
	return list
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
