package audit

import (
	"fmt"
	"runtime"
	"slices"
	"testing"
	"time"
)

// A burst is the widest stretch of the day, as it was, and costs what is in it, not
// that for every read that makes it wider.
func TestBursts(t *testing.T) {
	const reads = 4000
	s := newEventSums(home)
	at := func(d time.Duration, secret int, source, failed string) *event {
		return &event{time: collected.Truncate(24 * time.Hour).Add(d), secrets: []string{fmt.Sprintf("secret-%05d", secret)},
			about: Activity{Event: "GetSecretValue", Principal: "role/a", Source: source, Error: failed}}
	}
	var events []*event
	for i := range reads { // each drops one of the same secret, and is of another
		events = append(events, at(time.Duration(i)*100*time.Millisecond, 0, "192.0.2.1", ""))
	}
	for i := range reads {
		events = append(events, at(burstSpan+time.Duration(i)*100*time.Millisecond, reads-i, "192.0.2.2", "AccessDenied"))
	}
	events = append(events, at(2*time.Hour, 1, "192.0.2.3", ""), at(25*time.Hour, 1, "192.0.2.3", ""))
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for _, e := range events {
		s.add(e)
	}
	s.records(func(any) {})
	runtime.ReadMemStats(&after)
	if got := after.TotalAlloc - before.TotalAlloc; got > 64<<20 {
		t.Errorf("%d reads took %d bytes", len(events), got)
	}
	if len(s.bursts) != 1 {
		t.Fatalf("%d bursts", len(s.bursts))
	}
	b := s.bursts[0]
	if b.Secrets != reads+1 || b.Count != reads+1 || b.Failed != reads || !b.First.Equal(events[reads-1].time) || !b.Last.Equal(events[2*reads-1].time) {
		t.Errorf("%+v", b)
	}
	if b.Names[0] != "secret-00000" || len(b.Names) != maxBurstNames || !slices.Equal(b.Sources, []string{"192.0.2.1", "192.0.2.2"}) {
		t.Errorf("%q from %q", b.Names, b.Sources)
	}
}

// What bursts are told from is bounded, and what was given up is told of.
func TestReadersAreBounded(t *testing.T) {
	t0 := collected.Truncate(24 * time.Hour)
	read := func(at time.Duration, who string, secrets ...string) *event {
		return &event{time: t0.Add(at), secrets: secrets, about: Activity{Event: "GetSecretValue", Principal: who}}
	}
	batch := slices.Repeat([]string{"one"}, 100)
	for _, tt := range []struct {
		name    string
		every   time.Duration
		crowded bool
	}{{"over many hours", time.Second, false}, {"within minutes", time.Millisecond, true}} {
		s := newEventSums(home)
		for i := range 5 {
			s.add(read(0, "role/early", fmt.Sprint("secret-", i)))
		}
		last := time.Duration(0)
		for i := range (maxAsks + maxAsks/2) / len(batch) {
			last = time.Duration(i) * tt.every
			e := read(last, fmt.Sprint("role/", i%100), batch...)
			s.readerOf(&e.about).add(s, e) // as add does, which also counts activities
		}
		held := 0
		for _, r := range s.readers {
			held += len(r.late) + len(r.best)
		}
		if held > maxAsks || s.crowded.IsZero() == tt.crowded || (s.overflow() == "") == tt.crowded {
			t.Errorf("%s: %d are held, and %q is said", tt.name, held, s.overflow())
		}
		for i := range 6 {
			s.add(read(last, "role/late", fmt.Sprint("secret-", i)))
		}
		s.records(func(any) {})
		if len(s.bursts) != 2 || s.bursts[0].Secrets != 5 || s.bursts[1].Secrets != 6 || !s.bursts[0].First.Equal(t0) {
			t.Errorf("%s: the bursts are %+v", tt.name, s.bursts)
		}
	}
	s := newEventSums(home)
	for i := range maxReaders + 1 {
		s.add(read(0, fmt.Sprint("role/", i), "one"))
	}
	if len(s.readers) > maxReaders || s.overflow() == "" {
		t.Errorf("%d readers, and %q is said", len(s.readers), s.overflow())
	}
	s = newEventSums(home)
	for range maxBursts + 1 {
		(&reader{best: []ask{{at: t0}}, secrets: 1}).endDay(s)
	}
	if len(s.bursts) > maxBursts || s.overflow() == "" {
		t.Errorf("%d bursts, and %q is said", len(s.bursts), s.overflow())
	}
}
