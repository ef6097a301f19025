package audit

import (
	"errors"
	"fmt"
	"iter"
	"math/bits"
	"strconv"
	"strings"
	"time"
)

// A schedule says when Secrets Manager opens the windows in which it rotates a
// secret: always in UTC and on the hour.
type schedule struct {
	// every is the hours from window to window, 0 where cron says it.
	every int64
	// inDays says that a rate counts days, so that its windows open at midnight.
	inDays bool
	cron   cron
}

// The bounds that AWS sets: of RotationRulesType.ScheduleExpression, of the rate
// of a schedule, and of RotationRulesType.AutomaticallyAfterDays.
const (
	maxExpression   = 256 // bytes
	maxRateDays     = 999
	maxRotationDays = 1000
)

// schedule reads the rules. An expression counts before AutomaticallyAfterDays,
// which AWS works out from it.
func (r *RotationRules) schedule() (schedule, error) {
	switch {
	case r == nil, r.ScheduleExpression == "" && r.AutomaticallyAfterDays == nil:
		return schedule{}, errors.New("the rules name no schedule")
	case r.ScheduleExpression != "":
		return parseSchedule(r.ScheduleExpression)
	}
	days := *r.AutomaticallyAfterDays
	if days < 1 || days > maxRotationDays {
		return schedule{}, fmt.Errorf("AutomaticallyAfterDays is %d, which is none of 1 to %d", days, maxRotationDays)
	}
	return schedule{every: days * 24, inDays: true}, nil
}

// parseSchedule reads rate(10 days), rate(4 hours) or cron(0 8 1 * ? *).
func parseSchedule(text string) (schedule, error) {
	if len(text) > maxExpression {
		return schedule{}, fmt.Errorf("the schedule has %d bytes, AWS allows %d", len(text), maxExpression)
	}
	name, rest, _ := strings.Cut(strings.TrimSpace(text), "(")
	body, closed := strings.CutSuffix(rest, ")")
	var s schedule
	err := errors.New("it is neither rate(...) nor cron(...)")
	switch {
	case !closed:
	case name == "rate":
		s, err = parseRate(body)
	case name == "cron":
		s.cron, err = parseCron(body)
	}
	if err != nil {
		return schedule{}, fmt.Errorf("the schedule %s cannot be read: %w", shown(text), err)
	}
	return s, nil
}

func parseRate(body string) (schedule, error) {
	fields := strings.Fields(body)
	if len(fields) != 2 {
		return schedule{}, errors.New("a rate is a number and a unit")
	}
	switch fields[1] {
	case "day", "days":
		n, err := number(fields[0], 1, maxRateDays)
		return schedule{every: int64(n) * 24, inDays: true}, err
	case "hour", "hours":
		n, err := number(fields[0], 1, maxRateDays*24)
		return schedule{every: int64(n)}, err
	}
	return schedule{}, fmt.Errorf("%s is no unit of a rate", shown(fields[1]))
}

func number(text string, low, high int) (int, error) {
	n, err := strconv.ParseUint(text, 10, 16)
	if err != nil || int(n) < low || int(n) > high {
		return 0, fmt.Errorf("%s is none of %d to %d", shown(text), low, high)
	}
	return int(n), nil
}

// hourly reports whether windows open more than once a day, or by a rate in
// hours: then AWS closes a window after one hour by default.
func (s schedule) hourly() bool {
	if s.every > 0 {
		return !s.inDays
	}
	return bits.OnesCount32(s.cron.hours) > 1
}

// gaps returns the longest and the shortest time from the opening of a window to
// that of the next, in hours. Both are 0 if none ever opens.
func (s schedule) gaps() (longest, shortest int64) {
	if s.every > 0 {
		return s.every, s.every
	}
	return s.cron.gaps()
}

// lastOpening returns the latest hour of the day at which a window opens. ok is
// false if that drifts through the day.
func (s schedule) lastOpening() (hour int64, ok bool) {
	switch {
	case s.every == 0:
		return int64(bits.Len32(s.cron.hours)) - 1, true
	case s.inDays:
		return 0, true
	case 24%s.every == 0:
		return 24 - s.every, true
	}
	return 0, false
}

// A window is a stretch of time in which Secrets Manager may rotate a secret.
type window struct{ start, end time.Time }

// windows returns those that open in the year after now, in order. hours is
// their length, 0 for the default. A rate needs next, the end of its next window.
func (s schedule) windows(hours int64, next *time.Time, now time.Time) iter.Seq[window] {
	return func(yield func(window) bool) {
		if s.every == 0 {
			s.cron.openings(now, func(start time.Time) bool { return yield(s.window(start, hours)) })
			return
		}
		if next == nil {
			return
		}
		start := next.UTC().Add(-time.Second).Truncate(24 * time.Hour)
		if !s.inDays {
			start = next.UTC().Add(-time.Duration(max(hours, 1)) * time.Hour)
		}
		until := now.AddDate(0, 0, daysAhead)
		for range daysAhead*24/s.every + 1 {
			if start.After(until) || !yield(s.window(start, hours)) {
				return
			}
			start = start.Add(time.Duration(s.every) * time.Hour)
		}
	}
}

// daysAhead is how far windows look ahead: past that, people change schedules.
const daysAhead = 366

func (s schedule) window(start time.Time, hours int64) window {
	switch {
	case hours > 0:
		return window{start, start.Add(time.Duration(hours) * time.Hour)}
	case s.hourly():
		return window{start, start.Add(time.Hour)}
	}
	return window{start, start.Truncate(24*time.Hour).AddDate(0, 0, 1)}
}

// parseDuration reads the length of a window, "3h", in hours.
func parseDuration(text string) (int64, error) {
	digits, ok := strings.CutSuffix(text, "h")
	n, err := number(digits, 1, 999)
	if !ok || err != nil {
		return 0, fmt.Errorf("the duration %s is no number of hours such as 3h", shown(text))
	}
	return int64(n), nil
}
