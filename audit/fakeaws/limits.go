package fakeaws

import (
	"net/http"
	"sync"
	"time"
)

// limiter holds a token bucket per account, region and API group, each of
// one second's worth of calls.
type limiter struct {
	mu      sync.Mutex
	buckets map[bucketKey]*bucket
}

type bucketKey struct{ account, region, service, group string }

type bucket struct {
	tokens float64
	filled time.Time
}

// slack is how many calls a bucket has room for at least, if AWS's own rate has it: with
// limits that are scaled down, a call that comes late would otherwise make the next one
// come too early.
const slack = 3

// take reports whether the call may go on now.
func (l *limiter) take(scale float64, now time.Time, r *Request, op operation) bool {
	if scale <= 0 {
		return true
	}
	rate := op.rate * scale
	room := max(rate, min(op.rate, slack))
	key := bucketKey{r.Account, r.Region, r.Service, op.group}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.buckets == nil {
		l.buckets = make(map[bucketKey]*bucket)
	}
	b := l.buckets[key]
	if b == nil {
		b = &bucket{tokens: room, filled: now}
		l.buckets[key] = b
	}
	if passed := now.Sub(b.filled); passed > 0 {
		b.tokens = min(room, b.tokens+rate*passed.Seconds())
		b.filled = now
	}
	if b.tokens < 1 {
		return false
	}
	b.tokens--
	return true
}

// throttle answers as the service does above its rate.
func (c *Cloud) throttle(w http.ResponseWriter, r *Request) {
	switch r.Service {
	case "lambda":
		w.Header().Set("Retry-After", "1")
		writeError(w, r, http.StatusTooManyRequests, "TooManyRequestsException", "Rate exceeded")
	case "account":
		writeError(w, r, http.StatusTooManyRequests, "TooManyRequestsException", "Too many requests")
	case "ec2":
		writeError(w, r, http.StatusServiceUnavailable, "RequestLimitExceeded", "Request limit exceeded.")
	case "sts", "iam":
		writeError(w, r, http.StatusBadRequest, "Throttling", "Rate exceeded")
	default:
		writeError(w, r, http.StatusBadRequest, "ThrottlingException", "Rate exceeded")
	}
}
