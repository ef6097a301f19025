package audit

import (
	"cmp"
	"errors"
	"fmt"
	"math/bits"
	"strings"
	"time"
)

// A cron is a cron expression as Secrets Manager understands it: minute 0, any
// year, and one of day-of-month and day-of-week.
type cron struct {
	hours   uint32 // bit h
	months  uint32 // bit m, 1 to 12
	days    uint32 // bit d of the month, 1 to 31
	lastDay bool   // of the month
	// Of the days of the week, bit 0 is Sunday.
	weekdays    uint32    // every one
	nthWeekdays [6]uint32 // the first to the fifth of a month
	lastWeekday uint32    // the last of a month
}

func parseCron(body string) (cron, error) {
	f := strings.Fields(strings.ToUpper(body))
	if len(f) == 5 { // the year may be left out
		f = append(f, "*")
	}
	if len(f) != 6 {
		return cron{}, fmt.Errorf("it has %d fields where six belong", len(f))
	}
	if f[0] != "0" {
		return cron{}, errors.New("the minute must be 0")
	}
	if f[5] != "*" {
		return cron{}, errors.New("the year must be *")
	}
	var c cron
	var err [4]error
	c.hours, err[0] = hourField.parse(f[1])
	c.months, err[1] = monthField.parse(f[3])
	err[2] = c.parseDays(f[2], free(f[4]))
	err[3] = c.parseWeekdays(f[4], free(f[2]))
	return c, cmp.Or(err[:]...)
}

// free reports whether a field of days leaves the choice to the other one.
func free(field string) bool { return field == "*" || field == "?" }

// parseDays reads the day-of-month field. If it is free and the day-of-week is
// not, no day of the month counts by itself.
func (c *cron) parseDays(field string, otherFree bool) (err error) {
	if free(field) {
		if otherFree {
			c.days, err = dayField.parse("*")
		}
		return err
	}
	for part := range strings.SplitSeq(field, ",") {
		if part == "L" {
			c.lastDay = true
			continue
		}
		set, err := dayField.parse(part)
		if err != nil {
			return err
		}
		c.days |= set
	}
	return nil
}

// parseWeekdays reads the day-of-week field: also 6L, FRI#2, L.
func (c *cron) parseWeekdays(field string, otherFree bool) error {
	if free(field) {
		return nil
	}
	if !otherFree {
		return errors.New("one of day-of-month and day-of-week must be ?")
	}
	for part := range strings.SplitSeq(field, ",") {
		if err := c.parseWeekday(part); err != nil {
			return err
		}
	}
	return nil
}

func (c *cron) parseWeekday(part string) error {
	if part == "L" { // the last day of the week
		c.weekdays |= 1 << time.Saturday
		return nil
	}
	if name, ok := strings.CutSuffix(part, "L"); ok {
		day, err := weekdayField.value(name)
		c.lastWeekday |= 1 << day >> 1
		return err
	}
	if name, nth, ok := strings.Cut(part, "#"); ok {
		day, err1 := weekdayField.value(name)
		n, err2 := number(nth, 1, 5)
		c.nthWeekdays[n] |= 1 << day >> 1
		return cmp.Or(err1, err2)
	}
	set, err := weekdayField.parse(part)
	c.weekdays |= set >> 1
	return err
}

// pattern returns the days on which windows open in a month of so many days
// that begins on that day of the week, bit d for day d, whatever month it is.
func (c *cron) pattern(length, weekday int) uint32 {
	set := c.days
	if c.lastDay {
		set |= 1 << length
	}
	for d := 1; d <= length; d++ {
		which := c.weekdays | c.nthWeekdays[(d+6)/7]
		if d > length-7 {
			which |= c.lastWeekday
		}
		set |= which >> ((weekday + d - 1) % 7) & 1 << d
	}
	return set & (1<<(length+1) - 1)
}

// patterns returns all there are: for 28 to 31 days, from Sunday on.
func (c *cron) patterns() (all [4][7]uint32) {
	for i := range all {
		for weekday := range all[i] {
			all[i][weekday] = c.pattern(28+i, weekday)
		}
	}
	return all
}

func monthLength(year, month int) int {
	switch month {
	case 4, 6, 9, 11:
		return 30
	case 2:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	}
	return 31
}

// gaps is schedule.gaps. It looks at 28 years, after which days of the week and
// leap years begin again.
func (c *cron) gaps() (longest, shortest int64) {
	far, near := c.dayGaps()
	if far == 0 || c.hours == 0 {
		return 0, 0
	}
	first := int64(bits.TrailingZeros32(c.hours))
	before := first
	shortest = 1 << 32
	for set := c.hours & (c.hours - 1); set != 0; set &= set - 1 {
		hour := int64(bits.TrailingZeros32(set))
		longest, shortest = max(longest, hour-before), min(shortest, hour-before)
		before = hour
	}
	overnight := first - before // negative, or 0 with one window a day
	return max(longest, far*24+overnight), min(shortest, near*24+overnight)
}

// dayGaps returns the most and the fewest days from one day with windows to the
// next, 0 if there is none.
func (c *cron) dayGaps() (longest, shortest int64) {
	const years, days = 28, 28*365 + 7
	shortest = days
	start, last := int64(-1), int64(-1)
	today := int64(0)           // the day before the first of the month
	weekday := int(time.Monday) // of the first of the month, here of January 2001
	patterns := c.patterns()
	for m := range 12 * years {
		length := monthLength(2001+m/12, m%12+1)
		set := patterns[length-28][weekday]
		if c.months>>(m%12+1)&1 == 0 {
			set = 0
		}
		for ; set != 0; set &= set - 1 {
			day := today + int64(bits.TrailingZeros32(set))
			if last < 0 {
				start = day
			} else {
				longest, shortest = max(longest, day-last), min(shortest, day-last)
			}
			last = day
		}
		today += int64(length)
		weekday = (weekday + length) % 7
	}
	if last < 0 {
		return 0, 0
	}
	around := start + days - last
	return max(longest, around), min(shortest, around)
}

// openings calls yield with each time in the year after now at which a window
// opens, until that returns false.
func (c *cron) openings(now time.Time, yield func(time.Time) bool) {
	now = now.UTC()
	first := time.Date(now.Year(), now.Month(), 1, 0, 0, 0, 0, time.UTC)
	until := now.AddDate(0, 0, daysAhead)
	for range 14 { // months
		set := c.pattern(monthLength(first.Year(), int(first.Month())), int(first.Weekday()))
		if c.months>>uint(first.Month())&1 == 0 {
			set = 0
		}
		for ; set != 0; set &= set - 1 {
			day := first.AddDate(0, 0, bits.TrailingZeros32(set)-1)
			for hours := c.hours; hours != 0; hours &= hours - 1 {
				at := day.Add(time.Duration(bits.TrailingZeros32(hours)) * time.Hour)
				if !at.Before(now) && at.Before(until) && !yield(at) {
					return
				}
			}
		}
		first = first.AddDate(0, 1, 0)
	}
}

// A cronField knows the numbers that a field may hold, and their names.
type cronField struct {
	low, high int
	names     string // three letters each, from low on
}

var (
	hourField    = cronField{0, 23, ""}
	dayField     = cronField{1, 31, ""}
	monthField   = cronField{1, 12, "JANFEBMARAPRMAYJUNJULAUGSEPOCTNOVDEC"}
	weekdayField = cronField{1, 7, "SUNMONTUEWEDTHUFRISAT"}
)

// parse reads a list of numbers, ranges and steps into a set of bits.
func (f cronField) parse(text string) (set uint32, err error) {
	for part := range strings.SplitSeq(text, ",") {
		one, err := f.parsePart(part)
		if err != nil {
			return 0, err
		}
		set |= one
	}
	return set, nil
}

// parsePart reads *, 5, MON, MON-FRI, 22-4, */8, /8, 1-10/3 or 5/2, where the
// last counts to the end of the field.
func (f cronField) parsePart(part string) (uint32, error) {
	span, stepText, stepped := strings.Cut(part, "/")
	step := 1
	if stepped {
		var err error
		if step, err = number(stepText, 1, f.high); err != nil {
			return 0, err
		}
	}
	low, high := f.low, f.high
	if span != "*" && !(stepped && span == "") {
		from, to, ranged := strings.Cut(span, "-")
		var err error
		if low, err = f.value(from); err != nil {
			return 0, err
		}
		if !stepped {
			high = low
		}
		if ranged {
			if high, err = f.value(to); err != nil {
				return 0, err
			}
		}
	}
	if high < low { // around the end of the field
		high += f.high - f.low + 1
	}
	var set uint32
	for v := low; v <= high; v += step {
		set |= 1 << (f.low + (v-f.low)%(f.high-f.low+1))
	}
	return set, nil
}

// value reads a number or a name.
func (f cronField) value(text string) (int, error) {
	if i := strings.Index(f.names, text); len(text) == 3 && i >= 0 && i%3 == 0 {
		return f.low + i/3, nil
	}
	return number(text, f.low, f.high)
}
