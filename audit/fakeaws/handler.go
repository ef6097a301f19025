package fakeaws

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Handler serves the cloud. The account comes from the access key, region and
// service from the signature's scope, so one address serves everything.
func (c *Cloud) Handler() http.Handler { return http.HandlerFunc(c.serve) }

func (c *Cloud) serve(w http.ResponseWriter, h *http.Request) {
	r, err := c.identify(h)
	out := &statusWriter{ResponseWriter: w}
	header := w.Header()
	now := c.Clock.wall()
	n, line := c.log.begin(now, r)
	defer func() { c.log.end(line, out.status) }()
	header["X-Amzn-Requestid"] = []string{"00000000-0000-4000-8000-" + padded(uint64(n), 16, 12)}
	header["Date"] = []string{now.UTC().Format(http.TimeFormat)}

	c.mu.RLock()
	faults := c.faults
	c.mu.RUnlock()
	c.pass(faults, out, r, err)
}

// pass asks the faults one after the other and then the services.
func (c *Cloud) pass(faults []Fault, w http.ResponseWriter, r *Request, err error) {
	for i, fault := range faults {
		next := func(w http.ResponseWriter) { c.pass(faults[i+1:], w, r, err) }
		if fault.Serve(w, r, next) {
			return
		}
	}
	if err != nil {
		c.fail(w, r, err)
		return
	}
	c.answer(w, r)
}

// answer checks who asks, the rate, and lets the operation write its answer.
func (c *Cloud) answer(w http.ResponseWriter, r *Request) {
	op, known := operations[r.name()]
	if err := c.verify(r); err != nil {
		c.fail(w, r, err)
		return
	}
	if !known {
		c.fail(w, r, errUnknownOperation)
		return
	}
	if !c.limits.take(c.options.Scale, c.Clock.aging(), r, op) {
		c.throttle(w, r)
		return
	}
	e := c.buffers.Get().(*encoder)
	defer c.buffers.Put(e)
	e.buf, e.raw = e.buf[:0], nil
	if err := c.run(op, r, e); err != nil {
		c.fail(w, r, err)
		return
	}
	if p := protocolOf(r.Service); p == queryXML || p == ec2XML {
		e.buf = closeXML(e.buf, p, r.Operation, requestID(w))
	}
	w.Header()["Content-Type"] = []string{contentType(r.Service)}
	settle(len(e.buf))
	writeBody(w, http.StatusOK, e.buf)
}

// padded writes n with at least so many digits.
func padded(n uint64, base, digits int) string {
	text := strconv.FormatUint(n, base)
	return strings.Repeat("0", max(0, digits-len(text))) + text
}

// settle waits before a long answer. The Go SDK closes the request's body as
// soon as it sees an answer's header; when net/http has not yet looked for
// the body's end by then (a network is slower than that, a loopback is not),
// it takes the close for an error and drops the connection under the answer.
// Answers that fit its first read come through all the same.
func settle(size int) {
	const firstRead, moment = 3 << 10, time.Millisecond
	if size > firstRead {
		time.Sleep(moment)
	}
}

// run calls the operation while the state cannot change.
func (c *Cloud) run(op operation, r *Request, e *encoder) error {
	c.mu.RLock()
	defer c.mu.RUnlock()
	account := c.accounts[r.Account]
	region := account.Regions[r.Region]
	if region == nil { // gone since the key was checked
		return unknownKey(r.Service)
	}
	return op.run(&call{Request: r, encoder: e, cloud: c, account: account, region: region})
}

// call is one operation at work: what was asked, of whom, and the answer.
type call struct {
	*Request
	*encoder
	cloud   *Cloud
	account *Account
	region  *Region
}

// operation is one API call that the fake knows.
type operation struct {
	group string  // operations of one group share a rate
	rate  float64 // calls a second per account and region that AWS allows
	run   func(*call) error
}

// Operations returns every operation that the fake answers, as
// service:Operation, sorted.
func Operations() []string { return slices.Clone(sortedKeys(operations)) }

// Forbidden reports whether an operation (service:Operation) reads a secret's
// value or decrypts: the fake answers it, and an auditor must never ask.
func Forbidden(operation string) bool {
	switch operation {
	case "secretsmanager:GetSecretValue", "secretsmanager:BatchGetSecretValue", "kms:Decrypt":
		return true
	}
	return false
}

// statusWriter remembers the status for the call log.
type statusWriter struct {
	http.ResponseWriter
	status int
}

func (w *statusWriter) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *statusWriter) Write(p []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	return w.ResponseWriter.Write(p)
}

// Unwrap lets http.ResponseController reach flushing and hijacking.
func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
