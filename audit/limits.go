package audit

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"
)

// How calls are limited and repeated. AWS's own limits stand in operations.
const (
	// burst is how much of a limit may be used at once.
	burst = 100 * time.Millisecond
	// slowest is the least share of a limit that throttling answers reduce it to.
	slowest = 1.0 / 16
	// recovery is the time without a throttling answer after which a reduced
	// limit is raised again.
	recovery = 5 * time.Second
	// longestPause caps what a Retry-After may ask for.
	longestPause = 20 * time.Second

	// callAttempts is how many requests one call may make.
	callAttempts = 5
	// callTimeouts is how many of them may time out.
	callTimeouts = 2
	// callRenewals is how often a call asks for new credentials: a slow one may see
	// the end of two sessions.
	callRenewals = 2
	// retryBudget is how many retries the calls of one region have in all. Each
	// answer adds retryRefund to it, up to that number, so that n calls make at
	// most n + retryBudget + n*retryRefund requests.
	retryBudget = 500
	retryRefund = 0.05
	// A group is given up after at least breakStrikes failed requests, with no
	// answer between them, over twice the timeout of a request.
	breakStrikes = 5
)

// A clock tells the time and waits, so that tests need not.
type clock interface {
	Now() time.Time
	// Sleep waits for d. It returns the context's error if that ends first.
	Sleep(ctx context.Context, d time.Duration) error
}

type realClock struct{}

func (realClock) Now() time.Time { return time.Now() }

func (realClock) Sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// rates are the limits of one region of one account.
type rates struct {
	clock  clock
	byName map[string]*group
	groups map[Operation]*group

	mu      sync.Mutex
	retries float64 // left
}

func newRates(o callOptions) *rates {
	l := &rates{clock: o.Clock, byName: map[string]*group{}, groups: map[Operation]*group{}, retries: retryBudget}
	for _, row := range operations {
		g := l.byName[row.group]
		if g == nil {
			rate := row.rate * o.Rate
			g = &group{limits: l, base: rate, rate: rate, patience: 2 * o.Timeout}
			l.byName[row.group] = g
		}
		l.groups[row.Operation] = g
	}
	return l
}

// group returns the group whose limit an operation counts for.
func (l *rates) group(op Operation) *group { return l.groups[op] }

// retry takes one retry from the budget.
func (l *rates) retry() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.retries < 1 {
		return false
	}
	l.retries--
	return true
}

func (l *rates) refund() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.retries = min(l.retries+retryRefund, retryBudget)
}

// A group is the operations that share one limit of AWS's. Its requests start
// one by one, so that a second never has more of them than the limit, plus a
// short burst.
type group struct {
	limits   *rates
	base     float64 // requests a second
	patience time.Duration

	mu    sync.Mutex
	rate  float64   // at most base
	next  time.Time // when the next request is due
	hold  time.Time // nothing starts before
	raise time.Time // when a reduced rate is raised
	// What happened since the last answer that was none of these faults.
	strikes int
	since   time.Time // start of the first request
	given   *brokenError
}

// A brokenError says that a group was given up.
type brokenError struct {
	reason Reason
	text   string
}

func (e *brokenError) Error() string { return e.text }

// broken returns an error if the group was given up.
func (g *group) broken() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.given != nil {
		return g.given
	}
	return nil
}

// wait returns when a request may start, or with an error if it never may.
func (g *group) wait(ctx context.Context) error {
	for {
		due := g.reserve()
		if err := g.sleepUntil(ctx, due); err != nil {
			return err
		}
		if !g.held() {
			return nil
		}
	}
}

// reserve takes the next place in the row.
func (g *group) reserve() time.Time {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := g.limits.clock.Now()
	for g.rate < g.base && !now.Before(g.raise) {
		g.rate = min(g.rate*1.5, g.base)
		g.raise = g.raise.Add(recovery)
	}
	due := latest(g.next, now.Add(-burst), g.hold)
	g.next = due.Add(time.Duration(float64(time.Second) / g.rate))
	if g.since.IsZero() {
		g.since = latest(now, due)
	}
	return due
}

// sleepUntil waits in short steps, because the group may be given up meanwhile.
func (g *group) sleepUntil(ctx context.Context, due time.Time) error {
	for {
		if err := g.broken(); err != nil {
			return err
		}
		rest := due.Sub(g.limits.clock.Now())
		if rest <= 0 {
			return ctx.Err()
		}
		if err := g.limits.clock.Sleep(ctx, min(rest, time.Second)); err != nil {
			return err
		}
	}
}

func (g *group) held() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.limits.clock.Now().Before(g.hold)
}

// pause lets nothing start for d, as far as that is reasonable to ask for.
func (g *group) pause(d time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.hold = latest(g.hold, g.limits.clock.Now().Add(min(d, longestPause)))
}

// throttled halves the rate. The answers to requests that were under way at the
// same time count once.
func (g *group) throttled() {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := g.limits.clock.Now()
	if g.rate == g.base || now.After(g.raise.Add(time.Second-recovery)) {
		g.rate = max(g.rate/2, g.base*slowest)
		g.next = latest(g.next, now.Add(time.Duration(float64(time.Second)/g.rate)))
	}
	g.raise = now.Add(recovery)
}

// answered notes that the service is there and in working order.
func (g *group) answered() {
	g.mu.Lock()
	g.strikes, g.since = 0, time.Time{}
	g.mu.Unlock()
	g.limits.refund()
}

// failed notes what became of a request. The group is given up if it is one more
// of a long row without an answer: asking on would cost hours and get nothing.
func (g *group) failed(reason Reason, detail string) {
	switch reason {
	case Throttled, TimedOut, Expired, Failed:
	case Stopped:
		return
	default:
		g.answered()
		return
	}
	if reason == Throttled {
		g.throttled()
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.strikes++
	silent := !g.since.IsZero() && g.limits.clock.Now().Sub(g.since) >= g.patience
	if g.given == nil && silent && g.strikes >= breakStrikes {
		g.given = &brokenError{reason, "given up after " + g.patience.String() + " without an answer, the last one was: " + detail}
	}
}

// giveUp ends the group at once.
func (g *group) giveUp(reason Reason, text string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.given == nil {
		g.given = &brokenError{reason, text}
	}
}

// backoff is how long to wait before the n-th retry, from 0: exponentially
// longer, and by chance, so that goroutines that failed together do not come
// back together.
func backoff(n int, reason Reason) time.Duration {
	first := 250 * time.Millisecond
	if reason == Throttled {
		first = time.Second
	}
	ceiling := min(first<<n, longestPause)
	return ceiling/2 + rand.N(ceiling/2)
}

func latest(times ...time.Time) time.Time {
	var last time.Time
	for _, t := range times {
		if t.After(last) {
			last = t
		}
	}
	return last
}
