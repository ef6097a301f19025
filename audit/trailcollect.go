package audit

import (
	"context"
	"errors"
	"iter"
	"strings"
	"sync"
	"time"
)

// readTrailFiles names the reading of a trail's files in gaps. It is no operation
// of AWS's.
const readTrailFiles Operation = "trail:ReadFiles"

// A TrailFolder is a folder of files that a trail delivered, for an inventory that
// was collected without them.
type TrailFolder struct {
	// Dir is the folder, or one file.
	Dir string
	// Since is how far back from the inventory's time events are read; 0 for all.
	Since time.Duration
	// Workers read files side by side; 0 for as many as there are processors.
	Workers int
	// Mask and MaskProse hide credentials, see Options.
	Mask, MaskProse func(string) string
	// Progress is counted up if it is not nil.
	Progress *Progress
}

// ReadTrail reads the files of a folder in place of the events that the inventory
// holds. Which order the files come in makes no difference. The error is one of the
// folder, of the context or of the machine; damaged files are gaps.
func (inv *Inventory) ReadTrail(ctx context.Context, folder TrailFolder) (FileCounts, error) {
	wanted := func(at cell) bool { return inv.cells[at] != nil }
	from := awsBegan
	if folder.Since > 0 {
		from = inv.Collected.Add(-folder.Since)
	}
	r := newTrailReader(texts{folder.Mask, folder.MaskProse, nil}, from, inv.Collected, wanted, folder.Progress)
	defer r.all.close()
	if err := r.read(ctx, filesIn(folder.Dir), folder.Workers); err != nil {
		return r.counts, err
	}
	if r.counts.Files == 0 {
		return r.counts, errors.New("trail files: there is no file of a trail in " + folder.Dir)
	}
	sums, err := r.sums()
	if err != nil {
		return r.counts, err
	}
	for at, d := range inv.cells {
		d.activities, d.bursts = nil, nil
		if d.record == nil || d.record.Status == RegionDisabled {
			continue
		}
		record := *d.record
		d.record = &record
		record.Events = r.hand(at, sums[at], func(v any) { err = errors.Join(err, inv.add(at, v)) })
	}
	inv.TrailFiles = &r.counts
	return r.counts, err
}

// hand hands on what the files say of a region, and returns which interval they
// cover, nil if there is no file of it.
func (r *trailReader) hand(at cell, sums *eventSums, save func(any)) *EventWindow {
	faults := r.homeless.faults()
	if r.counts.Files == 0 && r.counts.Damaged == 0 && r.source == FromTrailFiles {
		faults = append(faults, "there is no file of a trail of those days where they were looked for")
	}
	c := r.covers[at]
	if c != nil {
		faults = append(faults, c.faults()...)
	}
	events := 0
	if sums != nil {
		events = sums.read
		sums.records(save)
		if text := sums.overflow(); text != "" {
			faults = append(faults, text)
		}
	}
	for _, fault := range faults {
		save(Gap{Type: "gap", Account: at.account, Region: at.region, Operation: readTrailFiles, Reason: Failed, Detail: oneLine(r.texts.sentence(fault))})
	}
	if c == nil || c.from.IsZero() {
		return nil
	}
	w := c.window(r.from, r.to, events)
	if w.Source = r.source; w.Source == FromDataStore { // which has no files, and is asked to the end
		w.To, w.MissingDays = r.to, 0
	}
	return w
}

// A trailShare reads the files of a trail once, for all regions of all accounts of
// a collection.
type trailShare struct {
	once   sync.Once
	reader *trailReader
	sums   map[cell]*eventSums
	gap    *Gap // for want of which there are no events; its account and region are of nobody
}

// read reads the files, or says why not. by asks for them, where they are in AWS.
func (t *trailShare) read(ctx context.Context, o *Options, text texts, by *callers, accounts []*callers) {
	wanted := func(at cell) bool {
		for _, a := range accounts {
			if a.identity.Account == at.account {
				return true
			}
		}
		return false
	}
	t.reader = newTrailReader(text, o.Now.Add(-o.Since), o.Now, wanted, o.Progress)
	err := t.readAll(ctx, o, by, accounts)
	if err == nil {
		t.sums, err = t.reader.sums()
	}
	t.reader.all.close()
	if err != nil {
		t.gap = gapOfFiles(err)
	}
}

func (t *trailShare) readAll(ctx context.Context, o *Options, by *callers, accounts []*callers) error {
	if o.EventDataStore != "" {
		t.reader.source = FromDataStore
		return t.readStore(ctx, o, by)
	}
	files, err := o.trailFiles(ctx, by, accounts)
	if err != nil {
		return err
	}
	return t.reader.read(ctx, files, 0)
}

// trailFiles returns the files that the options name.
func (o *Options) trailFiles(ctx context.Context, by *callers, accounts []*callers) (iter.Seq2[trailFile, error], error) {
	if !strings.HasPrefix(o.TrailFiles, "s3://") {
		return filesIn(o.TrailFiles), nil
	}
	name, prefix, ok := s3Address(o.TrailFiles)
	if !ok {
		return nil, errors.New("trail files: no address such as s3://bucket/prefix")
	}
	b := &s3Bucket{run: by, in: by.at(by.home), options: o, name: name, prefix: prefix}
	return b.files(ctx, accounts, o.Now.Add(-o.Since), o.Now), nil
}

// gapOfFiles is the gap that an error leaves.
func gapOfFiles(err error) *Gap {
	var e *gapError
	switch {
	case errors.As(err, &e):
		return e.gap
	case errors.Is(err, context.DeadlineExceeded):
		return &Gap{Operation: readTrailFiles, Reason: Stopped, Detail: outOfTime}
	case errors.Is(err, context.Canceled):
		return &Gap{Operation: readTrailFiles, Reason: Stopped, Detail: interrupted}
	}
	return &Gap{Operation: readTrailFiles, Reason: Failed, Detail: oneLine(err.Error())}
}

// A gapError is a gap on its way.
type gapError struct{ gap *Gap }

func (e *gapError) Error() string { return string(e.gap.Operation) + " " + e.gap.phrase() }

// eventsOfFiles takes what the files of the trail say of the region.
func (r *regionRun) eventsOfFiles(ctx context.Context) *EventWindow {
	t := &r.shared.trail
	t.once.Do(func() { t.read(ctx, &r.Options, r.texts, r.shared.first, r.shared.accounts) })
	if t.gap != nil {
		own := *t.gap
		own.Type, own.Account, own.Region = "gap", r.c.account, r.c.region
		r.save(r.c.cell, *r.noted(&own))
		return nil
	}
	return t.reader.hand(r.c.cell, t.sums[r.c.cell], func(v any) { r.save(r.c.cell, v) })
}
