package scan

import (
	"cmp"
	"context"
	"errors"
	"sync"

	"github.com/assayhq/assay/scan/object"
)

// ahead is how many units per worker may be under way or wait to be collected:
// enough that a slow unit does not stop the others.
const ahead = 8

// A job is a unit on its way through the pipeline. The collector waits for the
// jobs in the order of the source, whichever worker is done first.
type job struct {
	source int // number of the source
	unit   Unit
	gap    error // instead of unit
	done   chan result
}

// A part is a source, or its sequel, and the number of the source.
type part struct {
	number int
	source Source
}

// A result is what one unit brought.
type result struct {
	places []place
	most   int // places; 0 is maxPlaces
	over   int // places beyond most
	gaps   []error
	counts counts
	broken bool // a fault of this program cost something
}

func (r *result) gap(err error) { r.gaps = append(r.gaps, err) }

func (r *result) fault(err error) {
	r.broken = true
	r.gap(err)
}

func (r *result) add(p place) {
	if len(r.places) >= cmp.Or(r.most, maxPlaces) {
		r.over++
		return
	}
	r.places = append(r.places, p)
}

// counts is what was examined.
type counts struct {
	files, blobs, commits, trees, tags int
	members, excluded, shut            int // of containers, and containers that were not looked into
	bytes                              int64
}

func (c *counts) add(b *Blob, size int64) {
	c.bytes += size
	switch b.Type {
	case object.Commit:
		c.commits++
	case object.Tree:
		c.trees++
	case object.Tag:
		c.tags++
	case object.Blob:
		c.blobs++
	default:
		c.files++
	}
}

// pipeline runs all units of the parts through the examiners into the
// collector. It returns when every job that was started is collected.
func pipeline(ctx context.Context, parts []part, workers int, newExaminer func() *examiner, c *collector) {
	order := make(chan job, ahead*workers)
	work := make(chan job)
	spare := &sync.Pool{New: func() any { return new([]place) }}
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			e := newExaminer()
			for j := range work {
				j.done <- e.unit(ctx, j.unit, (*spare.Get().(*[]place))[:0])
			}
		})
	}
	go func() {
		defer close(order)
		defer close(work)
		defer guard(func() string { return "a source" }, func(err error) { order <- job{gap: err} })
		for _, p := range parts {
			if !feed(ctx, p, order, work) {
				return
			}
		}
	}()
	for j := range order {
		if j.gap != nil {
			c.gapAt(j.source, j.gap)
			continue
		}
		r := <-j.done
		c.add(j.source, r)
		spare.Put(&r.places)
	}
	wg.Wait()
}

// feed sends the units of one source on their way. It reports false when ctx is
// done.
func feed(ctx context.Context, p part, order, work chan<- job) bool {
	for unit, err := range p.source.Units(ctx) {
		if ctx.Err() != nil {
			return false
		}
		if err != nil {
			order <- job{source: p.number, gap: err}
			continue
		}
		j := job{source: p.number, unit: unit, done: make(chan result, 1)}
		order <- j
		work <- j
	}
	return ctx.Err() == nil
}

// unit examines the blobs of one unit. The places in the result lie in buffer as
// far as it has room.
func (e *examiner) unit(ctx context.Context, unit Unit, buffer []place) (r result) {
	r.places, r.most = buffer, e.opt.places()
	var last Blob
	e.folder = "" // what is told of a folder depends on the unit alone
	defer guard(func() string { return following(&last) }, r.fault)
	for b, err := range unit() {
		if ctx.Err() != nil {
			return r
		}
		if err != nil {
			r.gap(err)
			continue
		}
		last = b
		e.blob(ctx, &last, &r)
	}
	return r
}

// following names what a unit still had to yield after its last blob.
func following(last *Blob) string {
	if last.Path == "" && last.ID.IsZero() {
		return "a unit of the source"
	}
	return "what follows " + last.name() + " in its unit"
}

// name says which blob this is.
func (b *Blob) name() string {
	if b.Path != "" {
		return b.Path
	}
	return b.Type.String() + " " + b.ID.String()
}

// asGap makes any error a gap with a subject.
func asGap(err error) *Gap {
	var g *Gap
	if errors.As(err, &g) {
		return g
	}
	var d *object.DamageError
	if errors.As(err, &d) {
		return &Gap{Subject: "object " + d.ID.String(), Err: d.Err}
	}
	return &Gap{Subject: "the source", Err: err}
}
