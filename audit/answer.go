package audit

import (
	"cmp"
	"maps"
	"slices"
	"sync"
	"time"
)

// An answer of AWS is read by these methods, which remember what in it cannot be.
type answer struct {
	texts
	mentions *mentions
	wrong    string
}

// awsBegan is when AWS's first service opened. A time before it is none: most
// likely one in the far future, which the SDK's nanoseconds cannot hold.
var awsBegan = time.Date(2006, 3, 14, 0, 0, 0, 0, time.UTC)

// moment takes a time as it may stand in the inventory: UTC, in the milliseconds
// that AWS gives, not before AWS was there, nor after what RFC 3339 can write.
func (a *answer) moment(p *time.Time) *time.Time {
	if p == nil {
		return nil
	}
	t := p.UTC().Round(time.Millisecond)
	if !possible(t) {
		a.wrong = "a date before AWS was there, or beyond the year 9999"
		return nil
	}
	return &t
}

func possible(t time.Time) bool { return !t.Before(awsBegan) && t.Year() <= 9999 }

// document takes a policy, and returns the credentials that it holds.
func (a *answer) document(p *string) (text string, found []Exposure) {
	text, found, err := a.policy(p)
	if err != nil {
		a.wrong = err.Error()
	}
	return text, found
}

// reference takes the name of a key or a function, which will be asked about.
func (a *answer) reference(raw string) string {
	text := a.clean(raw)
	if text != raw {
		a.mentions.original(text, raw)
	}
	return text
}

// gap returns what was wrong with the answer, nil if nothing was.
func (a *answer) gap(c *caller, op Operation, resource string) *Gap {
	if a.wrong == "" {
		return nil
	}
	return c.gap(op, resource, Invalid, a.wrong)
}

func addGap(list []Gap, gap *Gap) []Gap {
	if gap == nil {
		return list
	}
	return append(list, *gap)
}

// A mentions gathers what the secrets of a region name, as it stands in their records.
type mentions struct {
	mu        sync.Mutex
	keys      map[string]bool
	functions map[string]bool
	originals map[string]string // of names that a mask has changed
}

func (n *mentions) original(text, raw string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.originals == nil {
		n.originals = map[string]string{}
	}
	n.originals[text] = raw
}

// raw returns a name as AWS gave it.
func (n *mentions) raw(text string) string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return cmp.Or(n.originals[text], text)
}

// secret notes the keys and the function that a secret names.
func (n *mentions) secret(s *Secret) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.keys == nil {
		n.keys, n.functions = map[string]bool{}, map[string]bool{}
	}
	n.keys[keyReference(s.KMSKeyID)] = true
	for _, v := range s.Versions {
		for _, k := range v.KMSKeyIDs {
			n.keys[k] = true
		}
	}
	if s.RotationLambdaARN != "" {
		n.functions[s.RotationLambdaARN] = true
	}
}

// list returns what was noted, sorted.
func (n *mentions) list() (keys, functions []string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.Sorted(maps.Keys(n.keys)), slices.Sorted(maps.Keys(n.functions))
}
