package fakeaws

import (
	"sync"
	"time"
)

// Clock keeps the two times of a Cloud.
//
// Now is the time of the story: the end of the window of LookupEvents, the
// time from which Demo counts back. It stands still unless moved, so that two
// runs see the same.
//
// The wall time is the one on the server's wall: it dates answers and is what
// signatures are compared with. It follows the machine, because callers sign
// with the machine's clock, plus a skew.
//
// Advance moves the story, refills the rate limits and ages sessions, but
// does not move the wall: a caller who signs correctly goes on doing so.
//
// All methods may be called at any time from any goroutine.
type Clock struct {
	machine func() time.Time
	mu      sync.RWMutex
	now     time.Time
	moved   time.Duration
	skew    time.Duration
}

// Now returns the time of the story.
func (c *Clock) Now() time.Time {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.now
}

// Advance moves the story's time on by d, which may be negative.
func (c *Clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
	c.moved += d
}

// SetSkew makes the server's wall clock differ from the machine's by d:
// positive runs ahead of the callers.
func (c *Clock) SetSkew(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.skew = d
}

// wall returns the time that signatures are compared with.
func (c *Clock) wall() time.Time {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.machine().Add(c.skew)
}

// aging returns the time by which limits refill and sessions end.
func (c *Clock) aging() time.Time {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.machine().Add(c.moved)
}
