package fakeaws

import (
	"maps"
	"sync"
	"time"
)

// Call is one line of the call log.
type Call struct {
	Time      time.Time // the server's wall clock, when the call came in
	Account   string
	Region    string
	Service   string
	Operation string
	Resource  string // as asked for
	Attempt   int    // from 1, as the SDK counts
	Status    int    // HTTP status; 0 when no answer was begun
	Host      string // that the caller addressed and signed
	UserAgent string
}

// Name returns the call's operation as service:Operation.
func (c Call) Name() string { return c.Service + ":" + c.Operation }

// callLog holds the calls in the order in which they came in.
type callLog struct {
	countOnly bool
	mu        sync.Mutex
	n         int
	calls     []*Call
	counts    map[string]int
}

// begin notes a call. It returns its number, from 1, and its line, nil when
// calls are only counted.
func (l *callLog) begin(now time.Time, r *Request) (int, *Call) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.n++
	if l.counts == nil {
		l.counts = make(map[string]int)
	}
	l.counts[r.name()]++
	if l.countOnly {
		return l.n, nil
	}
	call := &Call{
		Time: now, Account: r.Account, Region: r.Region, Service: r.Service, Operation: r.Operation,
		Resource: r.Resource, Attempt: r.Attempt, Host: r.HTTP.Host, UserAgent: r.HTTP.UserAgent(),
	}
	l.calls = append(l.calls, call)
	return l.n, call
}

// end notes how a call was answered.
func (l *callLog) end(call *Call, status int) {
	if call == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	call.Status = status
}

// Calls returns the calls since the start or the last ResetCalls, in the
// order in which they came in; none with Options.CountOnly.
func (c *Cloud) Calls() []Call {
	c.log.mu.Lock()
	defer c.log.mu.Unlock()
	calls := make([]Call, len(c.log.calls))
	for i, call := range c.log.calls {
		calls[i] = *call
	}
	return calls
}

// Counts returns how often each operation (service:Operation) was called,
// whatever the answer.
func (c *Cloud) Counts() map[string]int {
	c.log.mu.Lock()
	defer c.log.mu.Unlock()
	return maps.Clone(c.log.counts)
}

// ResetCalls empties the call log and the counts.
func (c *Cloud) ResetCalls() {
	c.log.mu.Lock()
	defer c.log.mu.Unlock()
	c.log.calls, c.log.counts = nil, nil
}
