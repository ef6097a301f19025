package audit

import (
	"errors"
	"net"
	"slices"
	"strings"
)

// An absentError says that the host that a service has in every region in which AWS
// offers it does not exist.
type absentError struct{ error }

func (e *absentError) Unwrap() error { return e.error }

// hostless reports whether a request failed because there is no such host, and not
// because nobody could tell.
func hostless(err error, host string) bool {
	dns, ok := errors.AsType[*net.DNSError](err)
	return ok && dns.IsNotFound && !dns.IsTemporary && strings.TrimSuffix(dns.Name, ".") == host
}

// absent reports whether the error of a call means that the region does not have the
// service, so that there is nothing of it to search: its own host does not exist, while
// Secrets Manager answered in the region and nothing of the service did.
func (c *caller) absent(op Operation, err error) bool {
	if _, ok := errors.AsType[*absentError](err); !ok || !op.searched() || !c.heard.Load() {
		return false
	}
	return !slices.ContainsFunc(c.calls(), func(n CallCount) bool { return n.reached() && n.Operation.Service() == op.Service() })
}

// reached reports whether anything but absence was learned of an operation.
func (n CallCount) reached() bool { return n.OK+n.Denied+n.Failed > 0 }

// countAbsent counts a call for which there is no service.
func (c *caller) countAbsent(op Operation) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.counted(op).Absent++
}

// contradicted returns gaps for the operations whose service was taken for absent and of
// which another operation was answered after all, or failed in another way.
func (c *caller) contradicted() []*Gap {
	calls := c.calls()
	var gaps []*Gap
	for _, n := range calls {
		same := func(other CallCount) bool {
			return other.reached() && other.Operation.Service() == n.Operation.Service()
		}
		if n.Absent > 0 && slices.ContainsFunc(calls, same) {
			gaps = append(gaps, c.gap(n.Operation, "", Failed, "the host of the service was not found at one time, and was there at another"))
		}
	}
	return gaps
}
