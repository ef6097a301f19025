package audit

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// What follows puts facts into words, so that every check says them alike.

// maxShown bounds what evidence shows of a text from AWS, in bytes: an ARN of a
// secret with the longest name fits.
const maxShown = 700

// shown returns text from AWS for use in a sentence: as it is if it is plain,
// quoted if it holds anything that could be taken for the sentence's own, and cut
// if it is long.
func shown(text string) string {
	cut := text
	if len(cut) > maxShown {
		cut = strings.ToValidUTF8(cut[:maxShown], "") + "..."
	}
	plain := func(r rune) bool { return r > ' ' && r < utf8.RuneSelf && r != '"' && r != '\\' && r != 0x7f }
	if cut != "" && strings.IndexFunc(cut, func(r rune) bool { return !plain(r) }) < 0 {
		return cut
	}
	return strconv.Quote(cut)
}

// onDay returns the day of t, "2026-11-21".
func onDay(t time.Time) string { return t.UTC().Format(time.DateOnly) }

// hoursSince returns the whole hours from t to now. Unlike time.Duration it does
// not saturate.
func hoursSince(t, now time.Time) int64 { return (now.Unix() - t.Unix()) / 3600 }

func daysSince(t, now time.Time) int64 { return hoursSince(t, now) / 24 }

// plural returns "1 day", "2 days".
func plural(n int64, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return strconv.FormatInt(n, 10) + " " + noun + "s"
}

// inTime returns hours as days where they are whole: "30 days", "36 hours".
func inTime(hours int64) string {
	if hours != 0 && hours%24 == 0 {
		return plural(hours/24, "day")
	}
	return plural(hours, "hour")
}

// lasting returns how long something has gone on, rounded down: "30 days", and
// hours below two days.
func lasting(hours int64) string {
	if hours >= 48 {
		return plural(hours/24, "day")
	}
	return plural(hours, "hour")
}

// firstYear is when Secrets Manager began: what AWS dates before is no date.
const firstYear = 2018

// past returns a time that AWS gives for something that happened. ok is false if
// there is none, or if it cannot be: before Secrets Manager began, or more than a
// day after the collection.
func past(t *time.Time, now time.Time) (_ time.Time, ok bool) {
	if t == nil || t.Year() < firstYear || t.After(now.AddDate(0, 0, 1)) {
		return time.Time{}, false
	}
	return *t, true
}

// newest returns the latest of the times that are past.
func newest(now time.Time, times ...*time.Time) (last time.Time, ok bool) {
	for _, p := range times {
		if t, is := past(p, now); is && (!ok || t.After(last)) {
			last, ok = t, true
		}
	}
	return last, ok
}

// original reports whether rotation and versions of s are its own: a replica has
// those of its primary, and a secret that is being deleted is past both.
func original(s *Secret) bool {
	return s.Deleted == nil && (s.PrimaryRegion == "" || s.PrimaryRegion == s.Region)
}

// rotates reports whether rotation of s is on.
func rotates(s *Secret) bool { return s.RotationEnabled != nil && *s.RotationEnabled }

// ownerRotates reports whether the service that manages a secret rotates it
// itself, as Secrets Manager's guide lists under managed rotation: without a
// function of the account's.
func ownerRotates(s *Secret) bool {
	return slices.Contains([]string{"rds", "redshift", "ecs-sc"}, s.OwningService)
}

// keeper says whom to ask for a change of a secret that belongs to a service or
// to a partner, and is "" for one of the account's own.
func keeper(s *Secret) string {
	switch {
	case s.OwningService != "":
		return "; " + shown(s.OwningService) + " manages the secret, so put it right there"
	case s.ManagedType != "":
		return "; it belongs to the partner " + shown(s.ManagedType) + ", where Secrets Manager can rotate it without a function"
	}
	return ""
}

// keeperOfSchedule is keeper for a change of the schedule, which is Secrets
// Manager's where a service rotates the secret itself.
func keeperOfSchedule(s *Secret) string {
	if ownerRotates(s) {
		return "; " + shown(s.OwningService) + " rotates it without a function, on a schedule that can be changed in Secrets Manager"
	}
	return keeper(s)
}

// listed joins the first of many phrases and counts the rest.
func listed(phrases []string) string {
	const most = 5
	if more := len(phrases) - most; more > 0 {
		return fmt.Sprintf("%s and %d more", strings.Join(phrases[:most], ", "), more)
	}
	return strings.Join(phrases, ", ")
}

// rotationControls returns the controls that ask for rotation, in every
// framework that names it, sorted; own are those of a check besides. The
// mappings are those of Security Hub's controls for Secrets Manager.
func rotationControls(own ...string) []string {
	list := append([]string{
		"NIST-800-53-r5/AC-2(1)", "NIST-800-53-r5/AC-3(15)", "PCI-DSS-4.0.1/8.3.9", "PCI-DSS-4.0.1/8.6.3",
	}, own...)
	slices.Sort(list)
	return list
}

// gapOf returns the gap of an operation, nil if there is none.
func gapOf(gaps []Gap, op Operation) *Gap {
	i := slices.IndexFunc(gaps, func(g Gap) bool { return g.Operation == op })
	if i < 0 {
		return nil
	}
	return &gaps[i]
}
