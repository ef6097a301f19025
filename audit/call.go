package audit

import (
	"context"
	"fmt"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/smithy-go/logging"
)

// callOptions say how calls are made. Zero fields mean the defaults.
type callOptions struct {
	// Rate is the share of AWS's limits that is used, 0.8 by default, so that
	// others in the account are not starved. It may be above 1 where the limits
	// are known to be higher.
	Rate float64
	// Timeout bounds one request from the dial to the last byte of the answer,
	// 30 seconds by default. A call is at most callAttempts requests, of which at
	// most two may time out.
	Timeout time.Duration
	// Connections is how many idle connections to one host are kept, 64 by default.
	Connections int
	Mask        func(string) string // applied to every text that came from AWS
	MaskProse   func(string) string // applied to messages; Mask if nil
	Version     string              // of the program, for the user agent
	Clock       clock               // replaced by tests
}

func (o callOptions) orDefaults() callOptions {
	if o.Rate <= 0 {
		o.Rate = DefaultRate
	}
	if o.Timeout <= 0 {
		o.Timeout = DefaultCallTimeout
	}
	if o.Connections <= 0 {
		o.Connections = 64
	}
	if o.Mask == nil {
		o.Mask = func(text string) string { return text }
	}
	if o.MaskProse == nil {
		o.MaskProse = o.Mask
	}
	if o.Version == "" {
		o.Version = "dev"
	}
	if o.Clock == nil {
		o.Clock = realClock{}
	}
	return o
}

// An identity is who the credentials belong to.
type identity struct {
	Account   string // twelve digits
	ARN       string
	Partition string // "aws", "aws-cn", "aws-us-gov"
}

// callers holds the caller of each region of one account. It may be used by any
// number of goroutines.
type callers struct {
	cfg      aws.Config
	options  callOptions
	home     string // region of the account's own services
	identity identity

	mu sync.Mutex
	in map[string]*caller
}

// newCallers prepares cfg for calls: what leaves and what comes in passes the
// guard, and no setting of the environment adds attempts or logs.
func newCallers(cfg aws.Config, o callOptions) *callers {
	o = o.orDefaults()
	cfg = cfg.Copy()
	if cfg.Region == "" {
		cfg.Region = "us-east-1"
	}
	cfg.HTTPClient = guardedClient(cfg.HTTPClient, o)
	if _, ok := cfg.Credentials.(*credentialSource); !ok && cfg.Credentials != nil {
		cfg.Credentials = newCredentialSource(cfg.Credentials, credentialTimeout, new(atomic.Int32))
	}
	cfg.Logger, cfg.ClientLogMode = logging.Nop{}, 0
	cfg.RetryMaxAttempts, cfg.RetryMode = 0, ""
	cfg.APIOptions = append(slices.Clone(cfg.APIOptions), stamped(o.Version))
	return &callers{cfg: cfg, options: o, home: cfg.Region, in: map[string]*caller{}}
}

// close gives up the connections, which nobody needs any more.
func (cs *callers) close() {
	if c, ok := cs.cfg.HTTPClient.(*http.Client); ok {
		c.CloseIdleConnections()
	}
}

// at returns the caller of a region, which is always the same one: its limits
// hold for all that the account does there.
func (cs *callers) at(region string) *caller {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	if c := cs.in[region]; c != nil {
		return c
	}
	c := newCaller(cs.cfg, cell{cs.identity.Account, region}, cs.identity.Partition, cs.options)
	cs.in[region] = c
	return c
}

// A caller makes the calls of one region of one account: within AWS's limits,
// with few retries, in bounded time, counted, and with every error turned into a
// Gap. It may be used by any number of goroutines.
type caller struct {
	cell
	partition string
	clients

	cfg     aws.Config // of this region
	options callOptions
	limits  *rates

	heard atomic.Bool // Secrets Manager answered here

	skew atomic.Int64 // how far AWS's clock is ahead, for requests that are signed here

	mu     sync.Mutex
	counts map[Operation]*CallCount
}

func newCaller(cfg aws.Config, at cell, partition string, o callOptions) *caller {
	c := &caller{cell: at, partition: partition, options: o, limits: newRates(o), counts: map[Operation]*CallCount{}}
	cfg = cfg.Copy()
	cfg.Region = at.region
	cfg.Retryer = func() aws.Retryer { return &retryer{limits: c.limits, credentials: cfg.Credentials} }
	c.cfg = cfg
	c.clients = newClients(cfg)
	return c
}

// call asks one operation about one resource ("" for the region as a whole). It
// runs f once; the requests that f makes with the caller's clients wait for the
// limit of the operation and are retried inside. The Gap says why there is no
// answer, nil that f succeeded. An error that is an answer all the same, such as
// "no such function", is for f to keep to itself. Where the region does not have the
// service there is no Gap either, and f found nothing.
func (c *caller) call(ctx context.Context, op Operation, resource string, f func(context.Context) error) *Gap {
	flight := &flight{operation: op, group: c.limits.group(op)}
	defer flight.leave()
	err := flight.group.broken()
	if err == nil {
		err = protect(func() error { return f(context.WithValue(ctx, flightKey{}, flight)) })
	}
	if err == nil {
		flight.group.answered()
		c.count(op, "")
		return nil
	}
	if c.absent(op, err) {
		c.countAbsent(op)
		return nil
	}
	reason, detail := classify(ctx, err, flight)
	flight.group.failed(reason, detail)
	if reason == Expired && flight.renewed() {
		flight.group.giveUp(Expired, detail)
	}
	c.count(op, reason)
	return c.gap(op, resource, reason, detail)
}

// protect turns a panic of the code that reads hostile answers into an error,
// so that it costs this call only. What a panic says may quote the answer, unless it
// is Go's own.
func protect(f func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			why := fmt.Sprintf("%T", r)
			if own, ok := r.(runtime.Error); ok {
				why = own.Error()
			}
			err = &answerError{"reading the answer failed: " + why}
		}
	}()
	return f()
}

// gap makes the record of a missing fact. The text is made fit for a report.
func (c *caller) gap(op Operation, resource string, reason Reason, detail string) *Gap {
	if reason == Denied {
		detail = "needs " + op.Action() + ": " + detail
	}
	return &Gap{Type: "gap", Account: c.account, Region: c.region, Operation: op, Resource: c.options.Mask(resource),
		Reason: reason, Detail: oneLine(c.options.MaskProse(detail))}
}

func (c *caller) count(op Operation, reason Reason) {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := c.counted(op)
	switch reason {
	case "":
		n.OK++
	case Denied:
		n.Denied++
	default:
		n.Failed++
	}
}

// counted returns the count of an operation. c.mu is held.
func (c *caller) counted(op Operation) *CallCount {
	n := c.counts[op]
	if n == nil {
		n = &CallCount{Operation: op}
		c.counts[op] = n
	}
	return n
}

// calls returns how often each operation was asked so far, sorted.
func (c *caller) calls() []CallCount {
	c.mu.Lock()
	defer c.mu.Unlock()
	var list []CallCount
	for _, n := range c.counts {
		list = append(list, *n)
	}
	slices.SortFunc(list, func(a, b CallCount) int { return strings.Compare(string(a.Operation), string(b.Operation)) })
	return list
}

// A flight is one call on its way, which the retryer and the transport find in
// the context of its requests.
type flight struct {
	operation Operation
	group     *group

	mu       sync.Mutex
	retries  int
	timeouts int
	renewals int    // how often new credentials were asked for
	expired  string // the key of those before
	holds    places // a place of which is taken until the answer is read
	// What the last requests were signed with.
	accessKey string
	secrets   []string // texts that must not stand in an error: token, signature
}

// take waits for one of some places, which the call keeps until its end or until it is
// asked again.
func (f *flight) take(p places) {
	p.take()
	f.mu.Lock()
	defer f.mu.Unlock()
	f.holds = p
}

// leave gives up the place that the call holds, if it holds one.
func (f *flight) leave() {
	if f == nil {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.holds.leave()
	f.holds = nil
}

type flightKey struct{}

// flightOf returns the call that ctx belongs to, nil for a request that the SDK
// makes on its own account, to get credentials.
func flightOf(ctx context.Context) *flight {
	f, _ := ctx.Value(flightKey{}).(*flight)
	return f
}
