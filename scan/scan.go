// Package scan brings bytes to the rules: it reads files, the index and the
// object store of a Git repository, or a stream, examines every piece of content
// once, and says which credentials it holds and where each of them stands.
//
// A Source hands out Units, a few hundred kilobytes of work each. Workers examine
// them side by side; what they find is collected in the order of the source, so
// that the number of workers changes nothing in the report. Git history is not
// walked to be read: the object store is enumerated, whatever refs, grafts or
// damage say, and history is walked afterwards to attribute what was found.
//
// Blobs of a pack mostly are edits of each other. What the rules saw in one is
// carried over to the next (Edit, rules.Set.Reread), so that a history costs what
// its changes cost. Trees are read last, when it is known which blobs matter, and
// are kept as edits too (Trees, pruner).
//
// The bytes of a credential exist only while its blob is examined. What is kept
// of a match is its place, a keyed hash and an excerpt that is already masked.
//
// No library for Git is used. The reader of objects of go-git takes more than twice
// git's time where package object takes a third of it, and ends the process (a stack
// overflow cannot be recovered) on a REF_DELTA that leads to itself; its index takes
// ten times as long and knows no SHA-256; its patterns of ignore files bring packages
// along that take a twentieth of the time of a start.
package scan

import (
	"context"
	"fmt"
	"io"
	"iter"
	"runtime"
	"sync/atomic"

	"github.com/assayhq/assay/report"
	"github.com/assayhq/assay/rules"
	"github.com/assayhq/assay/scan/archive"
	"github.com/assayhq/assay/scan/object"
)

// A Blob is one piece of content to examine. Its bytes are valid until the next
// blob of the unit is asked for.
type Blob struct {
	Path    string      // relative to the scanned root, with slashes; "" where only history knows it
	ID      object.ID   // the Git object that holds the content; zero outside Git
	Type    object.Type // of the object; 0 for a file
	Content []byte
	Rest    io.Reader // what follows Content, nil if that is all
	Edit    Edit      // what Content shares with a blob before it
	Size    int64     // of the object, where Content is a part of it; 0 where it is not
	// Doubt, if it is not nil, is called where something inside the blob could not
	// be examined.
	Doubt func()
	inner string // of a member of a container; Path, ID and Type are the container's
	link  bool   // Content is what a symbolic link leads to; it is no file
	raw   bool   // a tree that does not parse: its bytes are examined, not the names in it
}

// An Edit says that a blob is an edit of one that the same unit has yielded: the
// last one whose Depth was one less. Copies is what both share, ascending and
// apart from each other in the blob; where it is empty nothing is known to be
// shared. See object.Object.
type Edit struct {
	Depth  int
	Copies []object.Copy
}

// A Unit is a piece of work that one worker does. It yields its blobs in a fixed
// order. An error costs one blob: a *Gap says which, and iteration goes on.
type Unit func() iter.Seq2[Blob, error]

// A Source is content to examine, in a fixed order. An error in the sequence is
// a *Gap; after it the sequence goes on.
type Source interface {
	Units(ctx context.Context) iter.Seq2[Unit, error]
}

// A Counter is a Source that passes over content on purpose: what the user
// excluded and what is never opened. It is asked after the source was read.
type Counter interface {
	Skipped() (excluded int, byKind map[string]int)
}

// An Attributor is a Source that finds out, after it was read, where in history
// those of its objects stand that hold credentials.
type Attributor interface {
	Source
	Attribute(ctx context.Context, held []Held) (Attribution, error)
}

// A Sequel is a Source of which a part is read after all else, when it is known
// which objects hold credentials.
type Sequel interface {
	Source
	Rest(held []Held) Source
}

// A Gap is something that was not examined. It becomes a report.Notice.
type Gap struct {
	Subject string
	Err     error
	id      object.ID // of the object that it is about, if it is one
}

func (g *Gap) Error() string { return g.Subject + ": " + g.Err.Error() }

func (g *Gap) Unwrap() error { return g.Err }

// Options are the settings of a run. The zero value is usable.
type Options struct {
	Workers int    // goroutines that examine; 0 is one for each processor
	Salt    []byte // keys the fingerprints; nil is the public default
	// LineHashes asks for report.Location.LineHash of places in files.
	LineHashes bool
	// IgnoreInlineAllow reports also what a comment in the source suppresses.
	IgnoreInlineAllow bool
	// Archives bounds the looking into containers; nil is archive.Defaults.
	Archives *archive.Limits
	// ExcludeMember, which may be nil, says which members of containers the user
	// leaves out, by their paths. It is not asked where the path of the container
	// is not known, in history.
	ExcludeMember func(path string) bool
	// Shares asks for report.Location.Share: the sources examine a shard.
	Shares bool
	// Memory is how many bytes of memory the run may take, the pages of mapped files
	// aside; 0 is DefaultMemory. What would not fit is read in pieces, or becomes a gap.
	Memory   int64
	Progress *Progress // nil: nobody watches
}

// Progress is what a run has examined so far; it may be read while it goes on.
type Progress struct{ Blobs, Bytes atomic.Int64 }

// Run examines every source in turn and sends what it finds to to. The Summary
// holds what was examined even where err is not nil. When ctx is done the run
// stops early, reports what it has, and says so in Summary.Interrupted.
func Run(ctx context.Context, sources []Source, set *rules.Set, to report.Sink, opt Options) (report.Summary, error) {
	if opt.Workers <= 0 {
		opt.Workers = runtime.GOMAXPROCS(0)
	}
	opt.Workers = opt.workers(opt.Workers)
	c := newCollector(set)
	c.summary.RulesActive, c.shares = set.Len(), opt.Shares
	c.most, c.each = opt.places(), share(placesEach, opt.memory())
	c.memories = memories(sources, set, opt)
	for from := 0; from < len(sources); {
		c.homes = homes(sources)
		c.meet(sources[from:])
		read(ctx, sources, from, opt, c)
		more := c.follow(sources, from)
		from, sources = len(sources), append(sources[:len(sources):len(sources)], more...)
	}
	for i, s := range sources {
		if s, ok := s.(Reviser); ok {
			c.revise(ctx, i, s, opt)
		}
		c.skipped(s)
	}
	attribution := c.attribute(ctx, sources)
	c.close()
	c.summary.Interrupted = ctx.Err() != nil
	err := c.emit(to, attribution)
	return c.summary, err
}

// meet gets to know sources that are about to be read. Only those that a run begins
// with have a memory.
func (c *collector) meet(sources []Source) {
	for _, s := range sources {
		_, timeless := s.(rememberer)
		c.timeless = append(c.timeless, timeless)
	}
	for len(c.memories) < len(c.timeless) {
		c.memories = append(c.memories, nil)
	}
}

// read examines the sources from a number on, and then what is left of those that
// have a sequel.
func read(ctx context.Context, sources []Source, from int, opt Options, c *collector) {
	newExaminer := newExaminers(c.set, opt)
	var all, rest []part
	for i := from; i < len(sources); i++ {
		all = append(all, part{i, sources[i]})
	}
	pipeline(ctx, all, opt.Workers, newExaminer, c)
	for i, m := range c.memories[from:] {
		if m != nil {
			m.recall(c, from+i)
		}
	}
	for i := from; i < len(sources); i++ {
		if s, ok := sources[i].(Sequel); ok {
			rest = append(rest, part{i, s.Rest(c.held(i))})
		}
	}
	pipeline(ctx, rest, opt.Workers, newExaminer, c)
}

// attribute asks the sources where in history the credentials stand, and has them
// remember it.
func (c *collector) attribute(ctx context.Context, sources []Source) (all Attribution) {
	for i, s := range sources {
		var own Attribution
		sound := true
		by, ok := s.(Attributor)
		held := c.held(i)
		ok = ok && len(held) > 0 && ctx.Err() == nil
		if ok {
			own, sound = c.attributed(ctx, i, by, held)
		}
		if m := c.memories[i]; m != nil && ctx.Err() == nil {
			m.keep(c, i, own, sound)
		}
		if ok {
			own, err := indexed(s, own, held)
			c.gapAt(i, err)
			if c.shares {
				c.describes(i, own)
			}
			all = all.with(own)
		}
	}
	return all
}

// attributed reports false where the attribution lacks something.
func (c *collector) attributed(ctx context.Context, source int, by Attributor, held []Held) (a Attribution, sound bool) {
	defer guard(func() string { return "history" }, func(err error) { c.gapAt(source, err) })
	a, err := by.Attribute(ctx, held)
	c.gapAt(source, err)
	return a, err == nil
}

// skipped adds what a source passed over to the summary.
func (c *collector) skipped(s Source) {
	counter, ok := s.(Counter)
	if !ok {
		return
	}
	excluded, byKind := counter.Skipped()
	c.summary.Excluded += excluded
	for kind, n := range byKind {
		c.skippedKind(kind, n)
	}
}

func (c *collector) skippedKind(kind string, n int) {
	if c.summary.Skipped == nil {
		c.summary.Skipped = map[string]int{}
	}
	c.summary.Skipped[kind] += n
}

// guard turns a panic while a unit is examined into a gap: one bad input must
// not cost the others. The panic's text is not passed on, it could quote data.
func guard(subject func() string, gap func(error)) {
	if p := recover(); p != nil {
		err := fmt.Errorf("internal error (%T), please report it", p)
		if re, ok := p.(runtime.Error); ok {
			err = fmt.Errorf("internal error (%s), please report it", re.Error())
		}
		gap(&Gap{Subject: subject(), Err: err})
	}
}
