package audit

import (
	"context"
	"errors"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func testGroup(rate float64) (*group, *leapClock) {
	clock := newLeapClock()
	r := &rates{clock: clock, retries: retryBudget}
	return &group{limits: r, base: rate, rate: rate, patience: time.Minute}, clock
}

func TestEveryOperationHasALimit(t *testing.T) {
	r := newRates(callOptions{}.orDefaults())
	for _, op := range Operations() {
		if g := r.group(op); g == nil || g.base <= 0 || g.base > 40_000 {
			t.Errorf("%s has the group %+v", op, g)
		}
	}
	if r.group(ListSecrets) == r.group(DescribeSecret) {
		t.Error("ListSecrets and DescribeSecret share a limit, which AWS counts apart")
	}
}

// No second holds more starts than the limit and its burst, and none is wasted.
func TestGroupKeepsItsRate(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rate := rapid.Float64Range(0.1, 5000).Draw(t, "rate")
		g, clock := testGroup(rate)
		var starts []time.Time
		for range 300 {
			if rapid.IntRange(0, 20).Draw(t, "idle") == 0 {
				clock.Sleep(t.Context(), time.Duration(rapid.IntRange(0, 5000).Draw(t, "ms"))*time.Millisecond)
			}
			if err := g.wait(t.Context()); err != nil {
				t.Fatal(err)
			}
			starts = append(starts, clock.Now())
		}
		most := int(rate*(1+burst.Seconds())+1e-6) + 2
		for i := range starts {
			n := 0
			for j := i; j < len(starts) && starts[j].Sub(starts[i]) < time.Second; j++ {
				n++
			}
			if n > most {
				t.Fatalf("%d starts in a second at %.3f/s", n, rate)
			}
		}
	})
}

func TestGroupWastesNothing(t *testing.T) {
	g, clock := testGroup(40)
	begin := clock.Now()
	for range 400 {
		if err := g.wait(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if took := clock.Now().Sub(begin); took > 10*time.Second {
		t.Errorf("400 starts at 40/s took %s", took)
	}
}

func TestThrottlingHalvesTheRateForAWhile(t *testing.T) {
	g, clock := testGroup(100)
	for range 5 {
		g.throttled() // five answers to requests that were under way together
	}
	if g.rate != 50 {
		t.Errorf("rate %v after one storm, want half", g.rate)
	}
	clock.Sleep(t.Context(), 1500*time.Millisecond)
	g.throttled()
	if g.rate != 25 {
		t.Errorf("rate %v after a second one", g.rate)
	}
	for range 20 {
		clock.Sleep(t.Context(), 1500*time.Millisecond)
		g.throttled()
	}
	if g.rate != 100*slowest {
		t.Errorf("rate %v after many, want the least", g.rate)
	}
	clock.Sleep(t.Context(), time.Minute)
	if err := g.wait(t.Context()); err != nil || g.rate != 100 {
		t.Errorf("rate %v after a minute of peace (%v)", g.rate, err)
	}
}

func TestPauseIsCapped(t *testing.T) {
	g, clock := testGroup(100)
	begin := clock.Now()
	g.pause(365 * 24 * time.Hour)
	if err := g.wait(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := clock.Now().Sub(begin); got != longestPause {
		t.Errorf("paused for %s, want %s", got, longestPause)
	}
}

// A request that was waiting when the pause came does not slip through.
func TestPauseHoldsThoseWhoWait(t *testing.T) {
	g, clock := testGroup(1)
	if err := g.wait(t.Context()); err != nil {
		t.Fatal(err)
	}
	due := g.reserve()
	g.pause(10 * time.Second)
	if err := g.sleepUntil(t.Context(), due); err != nil || !g.held() {
		t.Errorf("at %s nothing holds the request back (%v)", clock.Now(), err)
	}
}

func TestGroupIsGivenUp(t *testing.T) {
	g, clock := testGroup(100)
	fail := func(n int, each time.Duration) {
		for range n {
			if err := g.wait(t.Context()); err != nil {
				t.Fatal(err)
			}
			clock.Sleep(t.Context(), each)
			g.failed(Throttled, "ThrottlingException: Rate exceeded")
		}
	}
	fail(30, time.Second)
	g.answered() // half a minute of silence, then an answer
	fail(30, time.Second)
	if err := g.broken(); err != nil {
		t.Fatalf("given up after 30 s: %v", err)
	}
	fail(3, 10*time.Second)
	err := g.broken()
	var given *brokenError
	if !errors.As(err, &given) || given.reason != Throttled {
		t.Fatalf("a minute without an answer: %v", err)
	}
	if err := g.wait(t.Context()); !errors.Is(err, given) {
		t.Errorf("waiting in a group that was given up: %v", err)
	}
}

func TestAnswersOfAnyKindKeepAGroupAlive(t *testing.T) {
	for _, reason := range []Reason{Denied, Vanished, Unsupported, Invalid} {
		g, clock := testGroup(100)
		for range 50 {
			if err := g.wait(t.Context()); err != nil {
				t.Fatalf("%s: %v", reason, err)
			}
			clock.Sleep(t.Context(), time.Minute)
			g.failed(reason, "")
		}
	}
}

func TestWaitEndsWithItsContext(t *testing.T) {
	g, _ := testGroup(0.001)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := g.wait(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("wait gave %v", err)
	}
}

func TestRetryBudget(t *testing.T) {
	r := &rates{retries: retryBudget}
	n := 0
	for r.retry() {
		n++
	}
	if n != retryBudget {
		t.Errorf("%d retries, want %d", n, retryBudget)
	}
	for range 40 {
		r.refund()
	}
	if !r.retry() || r.limitsLeft() > 1.01 {
		t.Errorf("40 answers are worth two retries, %v are left after one", r.limitsLeft())
	}
}

func (r *rates) limitsLeft() float64 { return r.retries }

func TestBackoffGrowsAndEnds(t *testing.T) {
	for n := range 60 {
		for _, reason := range []Reason{Throttled, Failed} {
			d := backoff(min(n, callAttempts), reason)
			if d < 125*time.Millisecond || d > longestPause {
				t.Errorf("backoff %d for %s is %s", n, reason, d)
			}
		}
	}
	if backoff(0, Throttled) >= 2*time.Second || backoff(4, Throttled) < 8*time.Second {
		t.Error("the backoff does not grow")
	}
}
