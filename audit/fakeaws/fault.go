package fakeaws

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"hash/fnv"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
)

// Effect says what a fault does to a caller who handles it well, when it
// meets every call of its scope.
type Effect string

const (
	// Recovers: who tries again, corrects his clock or drops duplicates ends
	// with what he would have had without the fault.
	Recovers Effect = "recovers"
	// Gaps: what the met calls would have told cannot be had, and must be
	// reported as missing.
	Gaps Effect = "gaps"
	// Odd: the answers are strange but can be read; nothing need be missing.
	Odd Effect = "odd"
)

// FaultKind is a fault that can be injected by its name; Faults lists them.
type FaultKind struct {
	Name   string
	Text   string // what it does
	Effect Effect
	// Operations are those it can meet; empty means every one.
	Operations []string
	// Connection says that it meets connections, before there is a call: the
	// names of a Scope mean nothing to it. It needs a listener of its own, see
	// StartFaulty and Injection.Listen.
	Connection bool

	defaults Scope // counts that hold where the caller's Scope gives none
	once     bool  // a call is met once, its next attempt is not
	overall  bool  // calls are numbered over all APIs, not for each
	begin    func(*Injection) error
	strike   func(*hit) bool // false: the call goes on to the services
	meetConn func(*Injection, net.Conn)
	secured  bool // the listener presents what begin put into certificates
}

// Scope says which calls a fault meets; the zero value means all. Calls are
// numbered for each account, region and operation among those that the names
// select.
type Scope struct {
	Account, Region, Service, Operation string // empty: any
	// Resource is a name, an id or an ARN; calls that name the same thing in
	// another of these ways are met too. Empty: any.
	Resource    string
	From        int     // number of the first call that can be met, from 1; 0 means 1
	Count       int     // how many can be met from there on; 0 means no end
	Probability float64 // share of these that is met; 0 means all
}

// Injection is a fault at work. Its methods may be called from any goroutine.
type Injection struct {
	Kind FaultKind

	cloud   *Cloud
	where   Scope
	chance  uint64 // of the seed and the fault's name
	stopped atomic.Bool
	hits    atomic.Int64

	certificates []tls.Certificate // of a fault of TLS
	roots        *x509.CertPool    // what a caller must trust, the same
	elsewhere    int               // port to which redirects lead

	mu       sync.Mutex
	numbers  map[string]int // calls so far, by API
	attempts map[uint64]int // attempts so far, by call
	items    map[string]any // what an earlier page ended with, by listing
	strays   []Stray
	closers  []func()
}

// hit is a call that a fault meets.
type hit struct {
	*Injection
	w    http.ResponseWriter
	r    *Request
	next func(http.ResponseWriter)
	n    int    // number of the call
	roll uint64 // chance that belongs to this attempt of this call
}

// Inject sets the fault of this name to work on what where selects. Several
// may be at work; the first injected is asked first. It fails for an unknown
// name, and when a listener that the fault needs cannot be opened.
func (c *Cloud) Inject(name string, where Scope) (*Injection, error) {
	kind, err := faultNamed(name)
	if err != nil {
		return nil, err
	}
	i := &Injection{
		Kind:     kind,
		cloud:    c,
		where:    where.or(kind.defaults),
		chance:   c.options.Seed ^ hashOf(name),
		numbers:  make(map[string]int),
		attempts: make(map[uint64]int),
		items:    make(map[string]any),
	}
	if kind.begin != nil {
		if err := kind.begin(i); err != nil {
			return nil, fmt.Errorf("fault %s: %w", name, err)
		}
	}
	c.watch()
	if kind.strike != nil {
		c.Update(func() { c.faults = append(slices.Clip(c.faults), i) })
	}
	return i, nil
}

// faultNamed finds a kind in Faults.
func faultNamed(name string) (FaultKind, error) {
	for _, kind := range Faults {
		if kind.Name == name {
			return kind, nil
		}
	}
	return FaultKind{}, fmt.Errorf("no fault is called %q", name)
}

// Hits returns how many calls or connections the fault has met so far.
func (i *Injection) Hits() int { return int(i.hits.Load()) }

// Close ends the fault and what it holds open. Calls that hang are released
// by their client or their server, not by Close.
func (i *Injection) Close() {
	i.stopped.Store(true)
	i.mu.Lock()
	closers := i.closers
	i.closers = nil
	i.mu.Unlock()
	for _, end := range slices.Backward(closers) {
		end()
	}
}

// atEnd has end called by Close.
func (i *Injection) atEnd(end func()) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.closers = append(i.closers, end)
}

// Serve implements Fault.
func (i *Injection) Serve(w http.ResponseWriter, r *Request, next func(http.ResponseWriter)) bool {
	if i.stopped.Load() || !i.Kind.reaches(r.Operation) || !i.where.selects(r) {
		return false
	}
	h := &hit{Injection: i, w: w, r: r, next: next}
	if !h.met() {
		return false
	}
	i.hits.Add(1)
	if i.Kind.strike(h) {
		return true
	}
	i.hits.Add(-1)
	return false
}

func (k *FaultKind) reaches(operation string) bool {
	return len(k.Operations) == 0 || slices.Contains(k.Operations, operation)
}

// met numbers the call and decides whether it is one of those to be met.
func (h *hit) met() bool {
	api := "connection"
	if h.r != nil && !h.Kind.overall {
		api = strings.Join([]string{h.r.Account, h.r.Region, h.r.Service, h.r.Operation}, " ")
	}
	attempt := h.count(api)
	h.roll = mix(h.chance ^ h.identity() ^ uint64(attempt)<<32)
	first := max(h.where.From, 1)
	switch {
	case h.n < first || h.where.Count > 0 && h.n >= first+h.where.Count:
		return false
	case h.Kind.once && attempt > 1:
		return false
	}
	return h.where.Probability == 0 || share(h.roll) < h.where.Probability
}

// count gives the call its number and returns which attempt of it this is.
func (h *hit) count(api string) (attempt int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.numbers[api]++
	h.n = h.numbers[api]
	if h.r == nil || !h.Kind.once && h.where.Probability == 0 {
		return h.n
	}
	id := h.identity()
	h.attempts[id]++
	return h.attempts[id]
}

// identity is equal for the attempts of one call, in whatever order calls
// come in, so that chance does not depend on how the caller's workers run.
func (h *hit) identity() uint64 {
	if h.r == nil {
		return 0
	}
	r := h.r
	return hashOf(r.Account, r.Region, r.Service, r.Operation, r.Resource, string(r.Body))
}

// or takes the counts that s leaves open from defaults.
func (s Scope) or(defaults Scope) Scope {
	if s.From == 0 {
		s.From = defaults.From
	}
	if s.Count == 0 {
		s.Count = defaults.Count
	}
	if s.Probability == 0 {
		s.Probability = defaults.Probability
	}
	return s
}

// selects reports whether the names of s mean r.
func (s Scope) selects(r *Request) bool {
	return (s.Account == "" || s.Account == r.Account) &&
		(s.Region == "" || s.Region == r.Region) &&
		(s.Service == "" || s.Service == r.Service) &&
		(s.Operation == "" || s.Operation == r.Operation) &&
		(s.Resource == "" || sameResource(s.Resource, r.Resource))
}

// sameResource compares names, ids and ARNs with each other.
func sameResource(a, b string) bool {
	a, suffixA := bareName(a)
	b, suffixB := bareName(b)
	return a == b || suffixA && strings.HasPrefix(a, b+"-") && len(a) == len(b)+secretSuffix ||
		suffixB && strings.HasPrefix(b, a+"-") && len(b) == len(a)+secretSuffix
}

// secretSuffix is the length of what Secrets Manager puts behind the name in
// an ARN: a hyphen and six characters.
const secretSuffix = 7

// bareName takes the type off the resource part of an ARN, and reports
// whether it may end in a secret's random suffix.
func bareName(id string) (name string, suffixed bool) {
	if !strings.HasPrefix(id, "arn:") {
		return id, false
	}
	parts := strings.SplitN(id, ":", 6)
	name = parts[len(parts)-1]
	if rest, ok := strings.CutPrefix(name, "secret:"); ok {
		return rest, true
	}
	for _, kind := range []string{"function:", "key/", "trail/", "role/"} {
		name = strings.TrimPrefix(name, kind)
	}
	return name, false
}

// hashOf hashes texts with what separates them.
func hashOf(texts ...string) uint64 {
	sum := fnv.New64a()
	for _, text := range texts {
		sum.Write([]byte(text))
		sum.Write([]byte{0xff})
	}
	return sum.Sum64()
}

// mix spreads what little differs between two hashes over all bits
// (the finalizer of SplitMix64).
func mix(x uint64) uint64 {
	x ^= x >> 30
	x *= 0xbf58476d1ce4e5b9
	x ^= x >> 27
	x *= 0x94d049bb133111eb
	return x ^ x>>31
}

// share makes a number in [0,1) of chance.
func share(roll uint64) float64 { return float64(roll>>11) / (1 << 53) }

// chosen reports whether the resource belongs to the third that a fault of
// some resources meets: always the same ones, whatever they are called by.
func (h *hit) chosen(resource string) bool {
	name := secretName(resource)
	return name != "" && mix(h.chance^hashOf(name))%3 == 0
}

// secretName takes an ARN down to the name of the secret.
func secretName(resource string) string {
	name, suffixed := bareName(resource)
	if suffixed && len(name) > secretSuffix {
		name = name[:len(name)-secretSuffix]
	}
	return name
}
