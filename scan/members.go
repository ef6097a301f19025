package scan

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/assayhq/assay/scan/archive"
	"github.com/assayhq/assay/scan/object"
)

// maxInnerGaps bounds the notices about one outermost container.
const maxInnerGaps = 20

// where returns the path that rules judge by; "" where it is not known.
func (b *Blob) where() string {
	if b.Path == "" {
		return ""
	}
	return inside(b.Path, b.inner)
}

// inside returns the path of a member as if its containers were folders.
func inside(path, inner string) string {
	if inner == "" {
		return path
	}
	return path + "/" + strings.ReplaceAll(inner, "!", "/")
}

// whole examines a blob as the bytes that it is, and what is inside it.
func (e *examiner) whole(ctx context.Context, b *Blob, r *result) (size int64) {
	gone := startStream(b)
	kind := archive.Sniff(b.Content)
	if b.Type != object.Blob && b.Type != 0 {
		kind = archive.None
	}
	if kind != archive.None && e.limits.Depth == 0 {
		kind = archive.None
		r.counts.shut++
	}
	if c := (contained{kind: kind, stored: sniffStored(b.Content)}); gone && e.limits.Depth > 0 && (kind != archive.None || c.stored != storedNot) {
		return e.passing(ctx, c, b, r)
	}
	first := len(r.places)
	size, err := e.content(ctx, b, r)
	if err != nil {
		r.gap(&Gap{Subject: b.name(), Err: plain(err)})
	}
	if gone || ctx.Err() != nil || e.limits.Depth == 0 || b.Type != object.Blob && b.Type != 0 {
		return size
	}
	at, long := b.Rest.(io.ReaderAt)
	c, ok := containedIn(kind, b.Content, at, size)
	if !ok {
		return size
	}
	if !long {
		at = bytes.NewReader(b.Content)
	}
	in := e.interior(ctx, b, size, r)
	defer in.close()
	outside := len(r.places)
	in.open(ctx, c, archive.Content{At: at, Size: size}, "", 1)
	r.dropTwice(first, outside)
	return size
}

// A contained is what a content holds: a container, or what Git stores.
type contained struct {
	kind   archive.Kind
	stored storedKind
	from   int // where in the content the container begins
}

// containedIn looks for what is in a content that may be a container by its first bytes,
// of which content is the beginning. at has all of it, and is nil where content does
// or nobody.
func containedIn(kind archive.Kind, content []byte, at io.ReaderAt, size int64) (c contained, ok bool) {
	c.kind = kind
	if kind == archive.None {
		c.stored = sniffStored(content)
	}
	if kind == archive.None && c.stored == storedNot {
		c.kind = sniffEnd(content, at, size)
	}
	if c.kind == archive.None && c.stored == storedNot {
		c.kind, c.from = archive.SniffBehind(content)
	}
	if c.kind == archive.None && c.stored == storedNot && archive.IsZlib(content) {
		c.kind = archive.Zlib
	}
	return c, c.kind != archive.None || c.stored != storedNot
}

// sniffEnd looks at the end of a content.
func sniffEnd(content []byte, at io.ReaderAt, size int64) archive.Kind {
	switch {
	case at == nil && size == int64(len(content)):
		return archive.SniffEnd(content[max(0, len(content)-archive.Tail):])
	case at == nil || size < archive.Tail:
		return archive.None
	}
	tail := make([]byte, archive.Tail)
	n, _ := at.ReadAt(tail, size-archive.Tail) // an error comes again to whoever reads all
	return archive.SniffEnd(tail[:n])
}

// open examines it.
func (in *interior) open(ctx context.Context, c contained, of archive.Content, path string, depth int) {
	switch {
	case c.stored != storedNot:
		in.stored(ctx, c.stored, io.NewSectionReader(of.At, 0, of.Size), path, depth)
	case c.from > 0:
		rest := io.NewSectionReader(of.At, int64(c.from), of.Size-int64(c.from))
		in.walk(ctx, c.kind, archive.Content{At: rest, Size: rest.Size()}, path, depth)
	default:
		in.walk(ctx, c.kind, of, path, depth)
	}
}

// startStream reads the beginning of a stream, which cannot be read twice. It
// reports whether b is one.
func startStream(b *Blob) bool {
	if _, again := b.Rest.(io.ReaderAt); again || b.Rest == nil {
		return false
	}
	if len(b.Content) < archive.Head {
		head := make([]byte, archive.Head)
		n := copy(head, b.Content)
		k, _ := io.ReadFull(b.Rest, head[n:]) // an error comes again
		b.Content = head[:n+k]
	}
	return true
}

// passing examines a container that comes as a stream.
func (e *examiner) passing(ctx context.Context, c contained, b *Blob, r *result) (size int64) {
	in := e.interior(ctx, b, 0, r)
	defer in.close()
	all := in.meter.In(&sized{io.MultiReader(bytes.NewReader(b.Content), b.Rest), &size})
	one := *b
	one.Content, one.Rest = nil, all
	in.container(ctx, c, one, nil, 1)
	if _, err := io.Copy(io.Discard, all); err != nil { // who writes it is let to its end
		in.gap("", plain(err))
	}
	return size
}

// A sized counts what is read.
type sized struct {
	r io.Reader
	n *int64
}

func (s *sized) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	*s.n += int64(n)
	return n, err
}

// An interior is the examination of what is inside one blob, at all depths.
type interior struct {
	*examiner
	outer *Blob
	meter *archive.Meter
	r     *result
	gaps  int
	ended bool // by a limit
	seen  []seen
	level int // of the buffer in use
}

func (e *examiner) interior(ctx context.Context, b *Blob, size int64, r *result) *interior {
	in := &interior{examiner: e, outer: b, r: r, seen: e.seen}
	in.meter = archive.NewMeter(e.limits, size, e.room, ctx.Err)
	e.seen = nil // what is inside is no edit of anything
	return in
}

// close ends the examination.
func (in *interior) close() {
	in.meter.Close()
	in.examiner.seen = in.seen
	if more := in.gaps - maxInnerGaps; more > 0 {
		in.r.gap(&Gap{Subject: in.outer.name(), Err: fmt.Errorf("%d more of what it holds could not be examined", more)})
	}
}

// gap says what inside could not be examined.
func (in *interior) gap(inner string, err error) {
	if in.ended || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return
	}
	if limit := in.meter.Err(); limit != nil {
		in.ended, inner, err = true, "", limit
	}
	if in.outer.Doubt != nil {
		in.outer.Doubt()
	}
	if in.gaps++; in.gaps > maxInnerGaps && !in.ended {
		return
	}
	subject := in.outer.name()
	if inner != "" {
		subject += "!" + inner
	}
	in.r.gap(&Gap{Subject: subject, Err: err})
}

// walk examines the members of a container that is so deep.
func (in *interior) walk(ctx context.Context, kind archive.Kind, c archive.Content, path string, depth int) {
	for m, err := range archive.Members(kind, c, in.meter) {
		name := joined(path, m.Name)
		if err != nil {
			in.gap(name, fmt.Errorf("%s: %w", kind, err))
			continue
		}
		if in.opt.ExcludeMember != nil && in.outer.Path != "" && in.opt.ExcludeMember(inside("", name)[1:]) {
			in.r.counts.excluded++
			continue
		}
		in.member(ctx, kind, m, path, name, depth)
	}
}

// member examines a member of a container of that kind at path. What a compressed
// stream holds is no level of its own if it is an archive.
func (in *interior) member(ctx context.Context, kind archive.Kind, m archive.Member, path, name string, depth int) {
	in.level++
	defer func() { in.level-- }()
	data, more, err := in.head(m.Reader)
	if err != nil {
		in.gap(name, fmt.Errorf("%s: %w", kind, err))
	}
	b := *in.outer
	b.Content, b.Rest, b.Edit, b.inner = data, nil, Edit{}, name
	if more {
		b.Rest = m.Reader
	}
	held := archive.Sniff(data)
	if held.Flat() && kind.Compressed() {
		in.walk(ctx, held, archive.Content{Reader: b.reader()}, path, depth)
		return
	}
	in.r.counts.members++
	size := int64(len(data))
	if more {
		size = -1
	}
	c, holds := containedIn(held, data, nil, size)
	switch {
	case !holds:
		in.text(ctx, &b)
	case depth >= in.limits.Depth:
		in.gap(name, fmt.Errorf("a %s container more than %d deep (--max-archive-depth)", c, in.limits.Depth))
		in.text(ctx, &b)
	case kind == archive.Zip && m.Lying != nil && in.meter.Again(m.Lying) != nil:
		in.gap(name, in.meter.Err())
	default:
		in.container(ctx, c, b, m.Lying, depth+1)
	}
	in.fileName(&b, in.r)
}

// container examines a container inside the outermost one, as the bytes that it is
// where these can be read twice, and what it holds. lying is where it lies, if it
// lies somewhere as it is.
func (in *interior) container(ctx context.Context, holds contained, b Blob, lying *io.SectionReader, depth int) {
	first, c := len(in.r.places), archive.Content{Reader: b.Rest}
	switch {
	case b.Rest == nil:
		in.text(ctx, &b)
		c = archive.Content{At: bytes.NewReader(b.Content), Size: int64(len(b.Content))}
	case lying != nil:
		c = archive.Content{At: lying, Size: lying.Size()}
	case holds.kind.Streams() && holds.from == 0:
		c.Reader = b.reader()
	default:
		all := b.reader()
		held, err := in.meter.HoldAll(all)
		defer held.Release()
		c = archive.Content{At: held, Size: held.Size()}
		b.Content, b.Rest = nil, io.NewSectionReader(held, 0, held.Size())
		if errors.Is(err, archive.ErrMemory) {
			b.Rest = io.MultiReader(b.Rest, all)
			c = archive.Content{Reader: b.Rest}
		}
		if err != nil && !(holds.kind == archive.Zip && c.At == nil) {
			in.gap(b.inner, fmt.Errorf("%s: %w", holds, err))
			in.text(ctx, &b)
			return
		}
		if c.At != nil {
			in.text(ctx, &b)
		}
	}
	outside := len(in.r.places)
	in.open(ctx, holds, c, b.inner, depth)
	in.r.dropTwice(first, outside)
}

// text examines the bytes of a member.
func (in *interior) text(ctx context.Context, b *Blob) {
	if b.Rest != nil || orderOf(b.Content) != nil {
		if _, err := in.content(ctx, b, in.r); err != nil {
			in.gap(b.inner, plain(err))
		}
		return
	}
	in.examiner.seen = in.examiner.seen[:0] // nobody asks for it
	in.matches = in.set.Find(in.matches[:0], b.Content)
	if len(in.matches) > 0 {
		in.window(b, window{data: b.Content, line: 1, column: 1, until: len(b.Content)}, isBinary(b.Content), nil, in.r)
	}
}

// reader reads all of a blob.
func (b *Blob) reader() io.Reader {
	if b.Rest == nil {
		return bytes.NewReader(b.Content)
	}
	return io.MultiReader(bytes.NewReader(b.Content), b.Rest)
}

// head reads up to a chunk of a member. more says that there may be more.
func (in *interior) head(r io.Reader) (data []byte, more bool, err error) {
	for len(in.buffers) <= in.level {
		in.buffers = append(in.buffers, fileBuffer{})
	}
	return in.buffers[in.level].start(r)
}

// firstRead is how much memory a member is read into first, in bytes.
const firstRead = 32 << 10

// start reads up to one chunk, into memory that grows with what comes.
func (b *fileBuffer) start(r io.Reader) (data []byte, more bool, err error) {
	if b.data == nil {
		b.data = make([]byte, firstRead)
	}
	n := 0
	for {
		m, err := io.ReadFull(r, b.data[n:])
		n += m
		switch {
		case err == io.EOF || err == io.ErrUnexpectedEOF:
			return b.data[:n], false, nil
		case err != nil:
			return b.data[:n], false, err
		case len(b.data) >= chunk:
			return b.data, true, nil
		}
		b.data = append(b.data, make([]byte, len(b.data))...)
	}
}

// dropTwice takes out of places[first:outside], those in a container as the bytes
// that it is, what was found again inside it, where the place says more.
func (r *result) dropTwice(first, outside int) {
	if first == outside || outside == len(r.places) {
		return
	}
	inside := map[[sha256.Size]byte]bool{}
	for i := range r.places[outside:] {
		inside[r.places[outside+i].print] = true
	}
	kept := slices.DeleteFunc(r.places[first:outside], func(p place) bool { return inside[p.print] })
	n := first + len(kept)
	r.places = append(r.places[:n], r.places[outside:]...)
}

// joined is the path of a member of a container.
func joined(path, name string) string {
	switch {
	case path == "":
		return name
	case name == "":
		return path
	}
	return path + "!" + name
}
