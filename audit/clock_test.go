package audit

import (
	"context"
	"sync"
	"time"
)

// A leapClock jumps to the end of every wait, so that tests of waiting take none.
type leapClock struct {
	mu  sync.Mutex
	now time.Time
}

func newLeapClock() *leapClock {
	return &leapClock{now: time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC)}
}

func (c *leapClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *leapClock) Sleep(ctx context.Context, d time.Duration) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(max(d, 0))
	return nil
}
