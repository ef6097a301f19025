package audit

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/klauspost/compress/gzip"
)

// A trailReader reads the files of trails, on all processors, into one order of
// events that does not depend on theirs.
type trailReader struct {
	texts    texts
	from, to time.Time
	wanted   func(cell) bool
	progress *Progress
	source   EventSource

	mu       sync.Mutex
	counts   FileCounts
	covers   map[cell]*cover
	homeless cover // files whose region is not known
	all      sightings
	err      error // that ends the reading
}

// maxUnpacked bounds one file, in bytes. CloudTrail's own have some ten million.
const maxUnpacked = 4 << 30

func newTrailReader(t texts, from, to time.Time, wanted func(cell) bool, p *Progress) *trailReader {
	return &trailReader{texts: t, from: from, to: to, wanted: wanted, progress: p, source: FromTrailFiles, covers: map[cell]*cover{}}
}

// read reads all files. An error is one of the listing, or of the machine; what is
// wrong with single files stands with their regions.
func (r *trailReader) read(ctx context.Context, files iter.Seq2[trailFile, error], workers int) error {
	next := make(chan trailFile)
	var all sync.WaitGroup
	for range cmp.Or(workers, runtime.GOMAXPROCS(0)) {
		all.Go(func() {
			w := &fileReader{run: r, texts: texts{mask: remembering(r.texts.mask), prose: r.texts.prose}}
			for f := range next {
				if ctx.Err() == nil {
					w.read(ctx, &f)
				}
			}
		})
	}
	err := r.handOut(ctx, files, next)
	close(next)
	all.Wait()
	return errors.Join(err, r.err, ctx.Err())
}

// handOut sorts files out by their paths.
func (r *trailReader) handOut(ctx context.Context, files iter.Seq2[trailFile, error], next chan<- trailFile) error {
	for f, err := range files {
		if err != nil && f.name == "" {
			return err
		}
		r.mu.Lock()
		stop := r.err != nil
		switch {
		case stop:
		case err != nil:
			r.broken(f.at, &f, err)
		case f.sort == fileDigest:
			r.counts.Digests++
		case f.sort == fileForeign:
			r.counts.Foreign++
		case f.outside(r.from, r.to), f.at.known() && !r.wanted(f.at):
			r.counts.Outside++
		default:
			r.mu.Unlock()
			select {
			case next <- f:
			case <-ctx.Done():
				return nil
			}
			continue
		}
		r.mu.Unlock()
		if stop || ctx.Err() != nil {
			return nil
		}
	}
	return nil
}

// cover returns that of a region; the lock is held.
func (r *trailReader) cover(at cell) *cover {
	if !at.known() {
		return &r.homeless
	}
	c := r.covers[at]
	if c == nil {
		c = &cover{days: map[int64]bool{}}
		r.covers[at] = c
	}
	return c
}

// broken notes a file that could not be read to its end; the lock is held.
func (r *trailReader) broken(at cell, f *trailFile, err error) {
	r.counts.Damaged++
	r.cover(at).broken(f, err)
}

// sums adds the events up, region by region.
func (r *trailReader) sums() (map[cell]*eventSums, error) {
	list := map[cell]*eventSums{}
	for e, err := range r.all.all() {
		if err != nil {
			return nil, err
		}
		s, err := e.unpack()
		if err != nil {
			return nil, err
		}
		one := list[s.cell]
		if one == nil {
			one = newEventSums(s.cell)
			list[s.cell] = one
		}
		one.add(&s.event)
	}
	return list, nil
}

// A fileReader reads one file after the other.
type fileReader struct {
	run     *trailReader
	texts   texts
	scanner recordScanner
	gzip    *gzip.Reader
	buffer  *bufio.Reader
	// Of the file that is being read.
	at        cell
	first     time.Time
	found     []entry
	elsewhere int64
	odd       string // what made no sense
}

func (w *fileReader) read(ctx context.Context, f *trailFile) {
	w.at, w.first, w.elsewhere, w.odd = f.at, time.Time{}, 0, ""
	w.scanner.reset(nil)
	err := w.scan(ctx, f)
	w.flush()
	r := w.run
	r.mu.Lock()
	defer r.mu.Unlock()
	if errors.Is(err, errForeign) && !f.at.known() { // one that is named as a trail's is damaged
		r.counts.Foreign++
		return
	}
	r.counts.Files++
	r.counts.Records += int64(w.scanner.records)
	r.counts.Elsewhere += w.elsewhere
	if r.progress != nil {
		r.progress.events.Add(int64(w.scanner.records))
	}
	if err != nil && ctx.Err() == nil {
		r.broken(w.at, f, err)
	}
	if refused(err) {
		r.err = cmp.Or(r.err, err) // the others would be too
	}
	c := r.cover(w.at)
	c.odd = least(c.odd, w.odd)
	if c == &r.homeless {
		return
	}
	c.reads = c.reads || w.scanner.reads
	c.note(w.first)
	c.note(f.time)
}

// refused reports whether an error is one that all files would meet.
func refused(err error) bool {
	var e *gapError
	return errors.As(err, &e) && (e.gap.Reason == Denied || e.gap.Reason == Expired || e.gap.Reason == Stopped)
}

// scan unpacks a file if it is packed.
func (w *fileReader) scan(ctx context.Context, f *trailFile) error {
	in, err := f.open(ctx)
	if err != nil {
		return err
	}
	defer in.Close()
	if w.buffer == nil {
		w.buffer = bufio.NewReaderSize(nil, 1<<16)
	}
	w.buffer.Reset(&stoppable{ctx, in})
	plain := io.Reader(w.buffer)
	if head, _ := w.buffer.Peek(2); string(head) == "\x1f\x8b" {
		if w.gzip == nil {
			w.gzip = new(gzip.Reader)
		}
		if err := w.gzip.Reset(w.buffer); err != nil {
			return err
		}
		plain = w.gzip
	}
	w.scanner.reset(&metered{plain, maxUnpacked})
	return w.scanner.scan(w.record)
}

// record takes a record of Secrets Manager's, or the first of a file, which tells
// whose it is where its path does not.
func (w *fileReader) record(text []byte, first bool) {
	e, err := parseEvent(string(text), w.texts)
	if first && err == nil {
		if w.first = e.time; e.at.known() && !w.at.known() { // a file of a region may begin with an event of a global service
			w.at = e.at
		}
	}
	if !e.at.known() {
		e.at = w.at
	}
	switch {
	case err != nil:
		if ofSecrets(text) {
			w.odd = "a file of the trail holds " + err.Error()
		}
	case e.source != secretsSource || e.ours:
	case !possible(e.time):
		w.odd = "a file of the trail holds an event whose time cannot be"
	case e.time.Before(w.run.from) || e.time.After(w.run.to):
	case !w.run.wanted(e.at):
		w.elsewhere++
	default:
		if e.id == "" {
			hash := shortHash(string(text))
			e.id = string(hash[:])
		}
		if w.found = append(w.found, (&sighting{e.at, e}).entry()); len(w.found) == maxFound {
			w.flush()
		}
	}
}

// maxFound is how many events are handed on at a time.
const maxFound = 4096

// flush hands on what was found.
func (w *fileReader) flush() {
	if err := w.run.all.addAll(w.found); err != nil {
		w.run.mu.Lock()
		w.run.err = errors.Join(w.run.err, err)
		w.run.mu.Unlock()
	}
	w.found = w.found[:0]
}

// A metered reader fails where a file is longer than any is.
type metered struct {
	in   io.Reader
	left int64
}

func (b *metered) Read(p []byte) (int, error) {
	n, err := b.in.Read(p)
	if b.left -= int64(n); b.left < 0 {
		return 0, fmt.Errorf("it holds more than %d GiB", maxUnpacked>>30)
	}
	return n, err
}

// A stoppable reader ends with its context.
type stoppable struct {
	ctx context.Context
	in  io.Reader
}

func (s *stoppable) Read(p []byte) (int, error) {
	if err := s.ctx.Err(); err != nil {
		return 0, err
	}
	return s.in.Read(p)
}

// remembering returns a function that says the same as mask and asks it once for
// each text, of which trails have few.
func remembering(mask func(string) string) func(string) string {
	if mask == nil {
		return nil
	}
	const most = 1 << 16
	said := map[string]string{}
	return func(text string) string {
		if masked, ok := said[text]; ok {
			return masked
		}
		if len(said) >= most {
			clear(said)
		}
		text = strings.Clone(text)
		said[text] = mask(text)
		return said[text]
	}
}
