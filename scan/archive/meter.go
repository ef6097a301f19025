package archive

import (
	"errors"
	"fmt"
	"io"
	"time"
)

// Limits bound what is done for one outermost container, with all that is nested
// in it.
type Limits struct {
	Depth   int           // containers in each other; 0 looks into none
	Bytes   int64         // that come out of it, at all depths together
	Ratio   int64         // of what comes out to what went in, beyond the first Grace bytes
	Members int           // at all depths together
	Time    time.Duration // of the clock
	// Memory is how many bytes of what is needed to look into the container may be
	// held at once: dictionaries, and members that have to be held. 0 is 96 MiB.
	Memory int64
}

// Grace is what may come out of any container, in bytes, whatever it was packed into.
const Grace = 128 << 20

// Defaults returns the limits that hold unless somebody sets others.
//
// Depth: an image that holds a layer that holds a program that holds libraries is
// five deep. Bytes and Members: images of containers are mostly below; eight GiB
// take about a minute. Ratio: text that people keep packs 5 to 50 times; a stream
// of zeros in gzip 1,030 times. Time: for what a slow method takes ages to unpack.
func Defaults() Limits {
	return Limits{Depth: 8, Bytes: 8 << 30, Ratio: 200, Members: 1_000_000, Time: 10 * time.Minute}
}

// memory is the default of Limits.Memory.
const memory = 96 << 20

// A LimitError says that the outermost container goes beyond a limit. What was not
// read of it stays unread.
type LimitError struct{ text string }

func (e *LimitError) Error() string { return e.text }

// ErrMemory says that to look into a member would take more memory than is granted.
var ErrMemory = errors.New("to look into it would take more memory than is granted (--max-memory)")

// errRatio costs the member that unpacks to too much.
var errRatio = errors.New("unpacks to too many times its size; the rest was not examined (--max-archive-ratio)")

// A Room bounds how many outermost containers hold memory at the same time.
type Room chan struct{}

// NewRoom returns a Room for n containers.
func NewRoom(n int) Room { return make(Room, n) }

// A Meter counts what comes out of an outermost container. It is for one goroutine.
type Meter struct {
	limits  Limits
	stopped func() error
	started time.Time
	ticks   int64 // bytes since the clock was looked at
	in, out int64
	members int
	held    int64
	room    Room
	inside  bool // room was found
	err     error
}

// NewMeter returns a Meter for a container of size bytes, 0 if it is a stream of
// which In tells them. stopped says when to give up, and why. Close ends its use.
func NewMeter(l Limits, size int64, room Room, stopped func() error) *Meter {
	if l.Memory <= 0 {
		l.Memory = memory
	}
	return &Meter{limits: l, stopped: stopped, started: time.Now(), in: size, room: room}
}

// Close leaves the room to others.
func (m *Meter) Close() {
	if m.inside {
		<-m.room
		m.inside = false
	}
}

// Err returns why nothing more is read, nil while there is no reason.
func (m *Meter) Err() error { return m.err }

// In returns a reader of the outermost container, where that is a stream.
func (m *Meter) In(r io.Reader) io.Reader {
	return &counter{r: r, each: func(n int) { m.in += int64(n) }}
}

// Hold asks for n bytes of memory, which Release gives back, and waits until there
// is room. The error says that so much is not to be had.
func (m *Meter) Hold(n int64) error {
	if !m.inside {
		m.room <- struct{}{}
		m.inside = true
	}
	if n < 0 || m.held+n > m.limits.Memory {
		return ErrMemory
	}
	m.held += n
	return nil
}

// Release gives back what was held.
func (m *Meter) Release(n int64) { m.held -= n }

// clock is how many bytes pass between two looks at the time.
const clock = 1 << 20

// tick notes that so many bytes were worked on.
func (m *Meter) tick(n int64) error {
	if m.ticks += n; m.err != nil || m.ticks < clock {
		return m.err
	}
	m.ticks = 0
	if m.err = m.stopped(); m.err == nil && time.Since(m.started) > m.limits.Time {
		m.err = &LimitError{fmt.Sprintf("to unpack it takes longer than %v; the rest was not examined (--archive-timeout)", m.limits.Time)}
	}
	return m.err
}

// member counts a member. One costs as much as some thousand bytes.
func (m *Meter) member() error {
	if m.members++; m.err == nil && m.members > m.limits.Members {
		m.err = &LimitError{fmt.Sprintf("it holds more than %d members; the rest was not examined (--max-archive-members)", m.limits.Members)}
	}
	return m.tick(4 << 10)
}

// Again counts a member that lies in a zip file once more, before it is read where it
// lies: entries of a zip file may all mean the same bytes.
func (m *Meter) Again(lying *io.SectionReader) error { return m.bytes(lying.Size()) }

// bytes counts what came out.
func (m *Meter) bytes(n int64) error {
	m.out += n
	switch {
	case m.err != nil:
	case m.out > m.limits.Bytes:
		m.err = &LimitError{fmt.Sprintf("it unpacks to more than %d MiB; the rest was not examined (--max-archive-size)", m.limits.Bytes>>20)}
	case m.out > Grace && m.out/m.limits.Ratio > m.in:
		m.err = &LimitError{"it " + errRatio.Error()}
	}
	return m.tick(n)
}

// A counter is a reader that tells how much was read.
type counter struct {
	r    io.Reader
	n    int64
	each func(n int)
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	if c.each != nil {
		c.each(n)
	}
	return n, err
}

// packed returns a counter of what a method unpacks, which has the clock looked at.
func (m *Meter) packed(r io.Reader) *counter {
	c := &counter{r: r}
	c.each = func(n int) { m.tick(int64(n)) } // who reads what comes out meets the error
	return c
}

// An inflated reads what a method unpacks.
type inflated struct {
	r     io.Reader
	meter *Meter
	in    *counter // what went in; nil where one does not go with the other
	out   int64
}

func (f *inflated) Read(p []byte) (int, error) {
	if f.meter.err != nil {
		return 0, f.meter.err
	}
	n, err := f.r.Read(p)
	f.out += int64(n)
	if limit := f.meter.bytes(int64(n)); limit != nil {
		return n, limit
	}
	if f.in != nil && f.out > Grace && f.out/f.meter.limits.Ratio > f.in.n {
		return n, errRatio
	}
	return n, err
}
