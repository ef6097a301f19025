package fakeaws

import (
	"net/http"
	"slices"
	"sync"
)

// canary notes what callers sent that nobody else may see. It is a Fault
// that meets nothing.
type canary struct {
	mu   sync.Mutex
	seen map[string]bool
}

// maxSeen bounds the texts that a canary keeps: enough for every call of a
// test, a few megabytes in a load run.
const maxSeen = 50_000

// Serve implements Fault.
func (k *canary) Serve(_ http.ResponseWriter, r *Request, _ func(http.ResponseWriter)) bool {
	k.note(r.signature)
	k.note(r.HTTP.Header.Get("X-Amz-Security-Token"))
	return false
}

func (k *canary) note(text string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if text == "" || len(k.seen) >= maxSeen {
		return
	}
	k.seen[text] = true
}

func (k *canary) all() []string {
	k.mu.Lock()
	defer k.mu.Unlock()
	return sortedKeys(k.seen)
}

// watch returns the cloud's canary, and sets it before all faults when there
// is none yet.
func (c *Cloud) watch() *canary {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, fault := range c.faults {
		if k, ok := fault.(*canary); ok {
			return k
		}
	}
	k := &canary{seen: make(map[string]bool)}
	c.faults = append([]Fault{k}, c.faults...)
	return k
}

// Sensitive returns every text that must never stand in what an auditor
// writes: the marker that is every secret's value, the secret keys and session
// tokens that the cloud has handed out, and the signatures and session tokens
// that it has received since Inject or Sensitive was first called (the first
// 50,000 of them). Sorted, each once.
func (c *Cloud) Sensitive() [][]byte {
	texts := append(c.handedOut(), c.watch().all()...)
	slices.Sort(texts)
	sensitive := make([][]byte, 0, len(texts))
	for _, text := range slices.Compact(texts) {
		sensitive = append(sensitive, []byte(text))
	}
	return sensitive
}
