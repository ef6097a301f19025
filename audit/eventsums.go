package audit

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// eventSums add up the events of one region, which come by time.
type eventSums struct {
	cell
	tallies map[Activity]*tally
	readers map[string]*reader
	bursts  []*Burst
	read    int
	oldest  time.Time
	newest  time.Time
	full    time.Time // of the first event that found no place, zero if all did
	asks    int       // that the readers may hold: at the last sweep, and since
	crowded time.Time // when asks, readers or bursts were first given up, zero for never
}

// A tally counts the events that differ in their time alone.
type tally struct {
	count, days, busiest int
	first, last          time.Time
	today                int // events on the day of last
}

// What bounds the memory of a region.
const (
	maxTallies = 200_000 // activities: 400 bytes each
	maxReaders = 50_000  // 500 bytes each
	maxAsks    = 500_000 // requests that bursts are told from: 70 bytes each
	maxBursts  = 50_000  // 600 bytes each
)

func newEventSums(at cell) *eventSums {
	return &eventSums{cell: at, tallies: map[Activity]*tally{}, readers: map[string]*reader{}}
}

// add takes the next event.
func (s *eventSums) add(e *event) {
	if s.read++; s.oldest.IsZero() {
		s.oldest = e.time
	}
	s.newest = e.time
	for _, a := range e.activities() {
		n := s.tallies[a]
		if n == nil {
			if len(s.tallies) >= maxTallies {
				s.full = earliest(s.full, e.time)
				continue
			}
			n = &tally{first: e.time}
			s.tallies[a] = n
		}
		n.add(e.time)
	}
	if !isRead(&e.about) {
		return
	}
	if r := s.readerOf(&e.about); r != nil {
		r.add(s, e)
	} else {
		s.crowded = earliest(s.crowded, e.time)
	}
}

func (n *tally) add(at time.Time) {
	if n.days == 0 || dayOf(at) != dayOf(n.last) {
		n.days++
		n.today = 0
	}
	n.count++
	n.today++
	n.busiest = max(n.busiest, n.today)
	n.last = at
}

// dayOf numbers the days of UTC.
func dayOf(t time.Time) int64 { return (t.Unix() - mod(t.Unix(), 86400)) / 86400 }

func mod(a, b int64) int64 { return (a%b + b) % b }

func earliest(a, b time.Time) time.Time {
	if a.IsZero() || b.Before(a) {
		return b
	}
	return a
}

// records hands on what was added up.
func (s *eventSums) records(save func(any)) {
	for about, n := range s.tallies {
		a := about
		a.Type, a.Account, a.Region = "activity", s.account, s.region
		a.Count, a.First, a.Last = n.count, n.first, n.last
		if n.days > 1 {
			a.Days, a.Busiest = n.days, n.busiest
		}
		save(&a)
	}
	for _, name := range slices.Sorted(maps.Keys(s.readers)) {
		s.readers[name].endDay(s)
	}
	for _, b := range s.bursts {
		save(b)
	}
}

// overflow says that there was more than is kept, "" if not.
func (s *eventSums) overflow() string {
	var said []string
	if !s.full.IsZero() {
		said = append(said, fmt.Sprintf("there are more than %d different activities; of those that began after %s none was kept", maxTallies, s.full.Format(time.RFC3339)))
	}
	if !s.crowded.IsZero() {
		said = append(said, fmt.Sprintf("there are too many reads to tell all that were made at one go: from %s on some may be missing, or have been wider", s.crowded.Format(time.RFC3339)))
	}
	return strings.Join(said, "; ")
}

// sweep makes the readers forget what is over, which they do themselves only when they
// ask again. Where most of it is not over, all of it is given up.
func (s *eventSums) sweep(now time.Time) {
	s.asks = 0
	for _, r := range s.readers {
		r.sum(s)
		r.forget(now.Add(-burstSpan))
		r.late = slices.Clone(r.late) // without what came before
		s.asks += len(r.late)
	}
	if s.asks <= maxAsks/2 {
		return
	}
	s.asks, s.crowded = 0, earliest(s.crowded, now)
	for _, r := range s.readers {
		r.late, r.count = nil, map[string]int{}
	}
}

// How reads of many secrets are told from those of a few: within burstSpan, which
// is what a script takes for an account and more than a deploy for one service,
// one principal asked for the values of leastBurst secrets.
const (
	burstSpan  = 10 * time.Minute
	leastBurst = 5
)

// A reader is a principal that asks for values, and what it asked for of late.
type reader struct {
	about Activity
	late  []ask
	count map[string]int // of late, by secret
	day   int64
	// The burst of the day: the widest stretch of late, and its secrets, 0 for none. It
	// is in best until it is summed up.
	best    []ask
	secrets int
	burst   *Burst
}

// An ask is one request for the value of a secret.
type ask struct {
	at             time.Time
	secret, source string
	failed         bool
}

// readerOf returns the reader that did a, nil where there are too many of them.
func (s *eventSums) readerOf(a *Activity) *reader {
	name := a.Principal + "\x00" + a.PrincipalType
	r := s.readers[name]
	if r == nil && len(s.readers) < maxReaders {
		r = &reader{about: Activity{Principal: a.Principal, PrincipalType: a.PrincipalType}, count: map[string]int{}}
		s.readers[name] = r
	}
	return r
}

// add takes a read. The burst of a day is the widest, of equal ones the first.
func (r *reader) add(s *eventSums, e *event) {
	if day := dayOf(e.time); day != r.day {
		r.endDay(s)
		r.day = day
	}
	for _, id := range e.secrets {
		one := ask{e.time, secretName(id), e.about.Source, e.about.Error != ""}
		r.late = append(r.late, one)
		r.count[one.secret]++
	}
	if s.asks += len(e.secrets); s.asks > maxAsks {
		s.sweep(e.time)
	}
	r.forget(e.time.Add(-burstSpan))
	if n := len(r.count); n >= leastBurst && n > r.secrets {
		r.best, r.secrets = r.late, n // what is appended to late or dropped from it does not change this
	}
}

// forget drops what was asked for before a time.
func (r *reader) forget(before time.Time) {
	drop := 0
	for ; drop < len(r.late) && r.late[drop].at.Before(before); drop++ {
		name := r.late[drop].secret
		if r.count[name]--; r.count[name] == 0 {
			delete(r.count, name)
		}
	}
	r.late = r.late[drop:]
}

// maxBurstNames bounds the secrets and sources that a burst names.
const maxBurstNames = 10

// endDay keeps the burst of the day.
func (r *reader) endDay(s *eventSums) {
	switch r.sum(s); {
	case r.burst == nil:
	case len(s.bursts) >= maxBursts:
		s.crowded = earliest(s.crowded, r.burst.First)
	default:
		s.bursts = append(s.bursts, r.burst)
	}
	r.burst, r.secrets = nil, 0
}

// sum adds the burst of the day up: once, not whenever it grows.
func (r *reader) sum(s *eventSums) {
	if len(r.best) == 0 {
		return
	}
	b := &Burst{
		Type: "burst", Account: s.account, Region: s.region, Principal: r.about.Principal, PrincipalType: r.about.PrincipalType,
		Secrets: r.secrets, Count: len(r.best), First: r.best[0].at, Last: r.best[len(r.best)-1].at,
	}
	secrets, sources := map[string]bool{}, map[string]bool{}
	for _, one := range r.best {
		secrets[one.secret] = true
		if one.source != "" {
			sources[one.source] = true
		}
		if one.failed {
			b.Failed++
		}
	}
	b.Names, b.Sources = firstFew(secrets), firstFew(sources)
	r.burst, r.best = b, nil
}

func firstFew(set map[string]bool) []string {
	list := slices.Sorted(maps.Keys(set))
	return list[:min(len(list), maxBurstNames)]
}

// secretName makes one name of those by which events name a secret.
func secretName(id string) string {
	if tail := arnTail(id); tail != "" {
		return nameOf(id)
	}
	return id
}

// compareBursts orders bursts by time, principal and the rest.
func compareBursts(a, b *Burst) int {
	return cmp.Or(a.First.Compare(b.First), cmp.Compare(a.Principal, b.Principal), cmp.Compare(a.PrincipalType, b.PrincipalType),
		cmp.Compare(a.Secrets, b.Secrets), cmp.Compare(a.Count, b.Count), a.Last.Compare(b.Last))
}
