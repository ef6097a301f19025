package audit

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestScheduleGaps(t *testing.T) {
	const day = 24
	for _, c := range []struct {
		text              string
		longest, shortest int64 // hours
		hourly            bool
	}{
		{"rate(4 hours)", 4, 4, true},
		{"rate(1 hour)", 1, 1, true},
		{"rate(1 day)", day, day, false},
		{" rate( 10 days ) ", 10 * day, 10 * day, false},
		{"rate(999 days)", 999 * day, 999 * day, false},
		{"rate(48 hours)", 48, 48, true},
		{"cron(0 10 * * ? *)", day, day, false},
		{"cron(0 10 ? * * *)", day, day, false},
		{"cron(0 10 * * *)", day, day, false},
		{"cron(0 18 ? * MON-FRI *)", 3 * day, day, false},
		{"cron(0 18 ? * 2-6 *)", 3 * day, day, false},
		{"cron(0 18 ? * fri-mon *)", 4 * day, day, false},
		{"cron(0 8 1 * ? *)", 31 * day, 28 * day, false},
		{"cron(0 8 1 */3 ? *)", 92 * day, 90 * day, false},
		{"cron(0 8 1 JAN,APR,JUL,OCT ? *)", 92 * day, 90 * day, false},
		{"cron(0 8 1,15 * ? *)", 17 * day, 14 * day, false},
		{"cron(0 0 L * ? *)", 31 * day, 28 * day, false},
		{"cron(0 0 L,1 * ? *)", 30 * day, day, false},
		{"cron(0 6 ? * 2#3 *)", 35 * day, 28 * day, false},
		{"cron(0 6 ? * MON#5 *)", 119 * day, 63 * day, false},
		{"cron(0 6 ? * 6L *)", 35 * day, 28 * day, false},
		{"cron(0 6 ? * L *)", 7 * day, 7 * day, false},
		{"cron(0 /8 * * ? *)", 8, 8, true},
		{"cron(0 */5 * * ? *)", 5, 4, true},
		{"cron(0 1-23/11 * * ? *)", 11, 2, true},
		{"cron(0 22-2 * * ? *)", 20, 1, true},
		{"cron(0 8,20 1 * ? *)", 31*day - 12, 12, true},
		{"cron(0 0 1 1 ? *)", 366 * day, 365 * day, false},
		{"cron(0 0 29 2 ? *)", 1461 * day, 1461 * day, false},
		{"cron(0 0 31 2 ? *)", 0, 0, false},
	} {
		s, err := parseSchedule(c.text)
		if err != nil {
			t.Error(err)
			continue
		}
		longest, shortest := s.gaps()
		if longest != c.longest || shortest != c.shortest || s.hourly() != c.hourly {
			t.Errorf("%s: %d to %d hours, hourly %v; want %d to %d, %v", c.text, shortest, longest, s.hourly(), c.shortest, c.longest, c.hourly)
		}
	}
}

func TestScheduleErrors(t *testing.T) {
	for text, want := range map[string]string{
		"":                                       "neither",
		"30":                                     "neither",
		"rate(10 days":                           "neither",
		"every(10 days)":                         "neither",
		"rate()":                                 "a number and a unit",
		"rate(0 days)":                           "none of 1 to 999",
		"rate(-1 days)":                          "none of 1 to 999",
		"rate(1000 days)":                        "none of 1 to 999",
		"rate(99999999999999999999 days)":        "none of 1 to 999",
		"rate(5 minutes)":                        "no unit",
		"cron(15 8 1 * ? *)":                     "minute must be 0",
		"cron(0 8 1 * ? 2027)":                   "year must be *",
		"cron(0 8 1 * 2 *)":                      "must be ?",
		"cron(0 24 1 * ? *)":                     "none of 0 to 23",
		"cron(0 8 0 * ? *)":                      "none of 1 to 31",
		"cron(0 8 15W * ? *)":                    "none of 1 to 31",
		"cron(0 8 1 FOO ? *)":                    "none of 1 to 12",
		"cron(0 8 1 ANF ? *)":                    "none of 1 to 12",
		"cron(0 8 ? * MON#6 *)":                  "none of 1 to 5",
		"cron(0 8 ? * 8 *)":                      "none of 1 to 7",
		"cron(0 */0 * * ? *)":                    "none of 1 to 23",
		"cron(0 1,, * * ? *)":                    "none of 0 to 23",
		"cron(0 ? * * ? *)":                      "none of 0 to 23",
		"cron(0 8 1 *)":                          "4 fields",
		"cron(" + strings.Repeat("0", 300) + ")": "306 bytes",
	} {
		if _, err := parseSchedule(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: the error is %v, want one with %q", text, err, want)
		}
	}
}

// The gaps are those that walking through the days of 28 years hour by hour
// finds.
func TestCronGapsAgainstWalk(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		hours := rapid.SliceOfNDistinct(rapid.IntRange(0, 23), 1, 4, rapid.ID[int]).Draw(t, "hours")
		months := rapid.SliceOfNDistinct(rapid.IntRange(1, 12), 1, 6, rapid.ID[int]).Draw(t, "months")
		day, nth := rapid.IntRange(1, 31).Draw(t, "day"), rapid.IntRange(1, 5).Draw(t, "nth")
		weekday := rapid.IntRange(1, 7).Draw(t, "weekday")
		kinds := map[string]func(time.Time) bool{
			fmt.Sprintf("%d * ?", day):     func(d time.Time) bool { return d.Day() == day },
			"L * ?":                        func(d time.Time) bool { return d.AddDate(0, 0, 1).Day() == 1 },
			fmt.Sprintf("? * %d", weekday): func(d time.Time) bool { return int(d.Weekday())+1 == weekday },
			fmt.Sprintf("? * %dL", weekday): func(d time.Time) bool {
				return int(d.Weekday())+1 == weekday && d.AddDate(0, 0, 7).Month() != d.Month()
			},
			fmt.Sprintf("? * %d#%d", weekday, nth): func(d time.Time) bool { return int(d.Weekday())+1 == weekday && (d.Day()-1)/7+1 == nth },
		}
		kind := rapid.SampledFrom(slices.Sorted(func(yield func(string) bool) {
			for k := range kinds {
				if !yield(k) {
					return
				}
			}
		})).Draw(t, "kind")
		text := fmt.Sprintf("cron(0 %s %s *)", numbers(hours), strings.Replace(kind, "*", numbers(months), 1))
		s, err := parseSchedule(text)
		if err != nil {
			t.Fatal(err)
		}
		longest, shortest := s.gaps()
		wantLongest, wantShortest := walk(hours, months, kinds[kind])
		if longest != wantLongest || shortest != wantShortest {
			t.Fatalf("%s: %d to %d hours, want %d to %d", text, shortest, longest, wantShortest, wantLongest)
		}
	})
}

func numbers(list []int) string {
	return strings.Trim(strings.ReplaceAll(fmt.Sprint(list), " ", ","), "[]")
}

// walk goes twice through 28 years, so that it sees the gap at their end.
func walk(hours, months []int, on func(time.Time) bool) (longest, shortest int64) {
	slices.Sort(hours)
	last, began := int64(0), false
	for d := time.Date(1961, 1, 1, 0, 0, 0, 0, time.UTC); d.Year() < 1961+56; d = d.AddDate(0, 0, 1) {
		if !slices.Contains(months, int(d.Month())) || !on(d) {
			continue
		}
		for _, h := range hours {
			at := d.Unix()/3600 + int64(h)
			if began {
				longest = max(longest, at-last)
				if shortest == 0 || at-last < shortest {
					shortest = at - last
				}
			}
			last, began = at, true
		}
	}
	return longest, shortest
}

func TestWindows(t *testing.T) {
	now := time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC)
	next := time.Date(2026, 11, 30, 23, 59, 59, 0, time.UTC)
	for _, c := range []struct {
		text  string
		hours int64
		want  string // the first two
	}{
		{"rate(10 days)", 0, "2026-11-30 00:00-2026-12-01 00:00, 2026-12-10 00:00-2026-12-11 00:00"},
		{"rate(10 days)", 3, "2026-11-30 00:00-2026-11-30 03:00, 2026-12-10 00:00-2026-12-10 03:00"},
		{"rate(12 hours)", 0, "2026-11-30 22:59-2026-11-30 23:59, 2026-12-01 10:59-2026-12-01 11:59"},
		{"cron(0 8 1 * ? *)", 0, "2026-12-01 08:00-2026-12-02 00:00, 2027-01-01 08:00-2027-01-02 00:00"},
		{"cron(0 8 1 * ? *)", 2, "2026-12-01 08:00-2026-12-01 10:00, 2027-01-01 08:00-2027-01-01 10:00"},
		{"cron(0 8,20 21 * ? *)", 0, "2026-11-21 20:00-2026-11-21 21:00, 2026-12-21 08:00-2026-12-21 09:00"},
	} {
		s, err := parseSchedule(c.text)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for w := range s.windows(c.hours, &next, now) {
			got = append(got, w.start.Format("2006-01-02 15:04")+"-"+w.end.Format("2006-01-02 15:04"))
			if len(got) == 2 {
				break
			}
		}
		if text := strings.Join(got, ", "); text != c.want {
			t.Errorf("%s: the windows are %s, want %s", c.text, text, c.want)
		}
	}
}

func TestParseDuration(t *testing.T) {
	for text, want := range map[string]int64{"1h": 1, "24h": 24, "999h": 999, "": 0, "h": 0, "0h": 0, "-3h": 0, "3": 0, "3hh": 0, "1000h": 0, "3 h": 0} {
		got, err := parseDuration(text)
		if got != want || (err == nil) != (want > 0) {
			t.Errorf("%q: %d, %v", text, got, err)
		}
	}
}

func FuzzSchedule(f *testing.F) {
	for _, text := range []string{"rate(10 days)", "rate(4 hours)", "cron(0 8 1 * ? *)", "cron(0 /8 ? 1-12/3 MON#2,6L,L *)", "cron(0 22-2/3 L,5-9 FEB ? *)"} {
		f.Add(text, int64(3), int64(1795000000), int64(1790000000))
	}
	f.Fuzz(func(t *testing.T, text string, hours, next, now int64) {
		s, err := parseSchedule(text)
		if err != nil {
			if strings.ContainsFunc(err.Error(), func(r rune) bool { return r < ' ' }) {
				t.Errorf("the error of %q holds a control character", text)
			}
			return
		}
		longest, shortest := s.gaps()
		if shortest > longest || shortest < 0 || (longest == 0) != (shortest == 0) {
			t.Fatalf("%q: gaps of %d to %d hours", text, shortest, longest)
		}
		at, count := time.Unix(next%1e12, 0), 0
		var last time.Time
		for w := range s.windows(hours%1000, &at, time.Unix(now%1e12, 0)) {
			if w.start.Before(last) || !w.start.Before(w.end) {
				t.Fatalf("%q: the window %v to %v comes after %v", text, w.start, w.end, last)
			}
			last = w.start
			count++
		}
		if count > 24*(daysAhead+1) {
			t.Fatalf("%q: %d windows", text, count)
		}
	})
}

func BenchmarkCronGaps(b *testing.B) {
	s, err := parseSchedule("cron(0 2 ? * MON-FRI *)")
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		s.gaps()
	}
}
