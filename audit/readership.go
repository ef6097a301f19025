package audit

import (
	"cmp"
	"path"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"
)

// What follows tells what is new from what is not: the last days of an interval
// from those before, which are the baseline.

// watched returns since when what is new is told, or says why nothing can be: there
// are too few days before.
func (r *Region) watched(t Thresholds) (from time.Time, why string) {
	const day = 24 * time.Hour
	if r.Events == nil {
		return from, "no events of CloudTrail were read"
	}
	from = latest(r.Events.To.Add(-time.Duration(t.WatchDays)*day), r.Events.From.Add(time.Duration(t.BaselineDays)*day))
	if r.Covered() < time.Duration(t.BaselineDays+1)*day || !from.Before(r.Events.To) {
		return from, "the events reach " + r.Interval() + ", and it takes " + plural(int64(t.BaselineDays), "day") + " to know what is not new"
	}
	return from, ""
}

// newSince is Quiet for what would be new since a time.
func (r *Region) newSince(what string, from time.Time, t Thresholds) Result {
	return r.QuietReads(what+" since "+onDay(from)+", of events", t)
}

// breakGlass reports whether a principal is one that people take on in an emergency.
func (r *Region) breakGlass(principal string) bool {
	return matchesAny(principal, r.Settings.BreakGlass)
}

// matchesAny matches the ARN of a principal with patterns.
func matchesAny(principal string, patterns []string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool {
		ok, _ := path.Match(pattern, principal)
		return ok
	})
}

// madeSuffix is what CloudFormation adds to the names of the roles that it makes.
var madeSuffix = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`-[A-Za-z0-9]{12,13}$`) })

// family is what the successors of a principal have in common: a role that
// CloudFormation made anew has the old name with other letters at its end.
func family(principal string) string {
	suffix := madeSuffix().FindString(principal)
	if strings.ContainsAny(suffix, "0123456789") && strings.ToLower(suffix) != suffix {
		return strings.TrimSuffix(principal, suffix)
	}
	return principal
}

// A readership is what is known of one reader of a secret, and of those whose
// successor it is.
type readership struct {
	*deed
	human bool
	list  []*Activity
}

// readersOf returns who read a secret, the first one first. Services of AWS and the
// function that rotates it are left out.
func readersOf(list []*Activity) []*readership {
	rotates := rotators(list)
	byFamily := map[string][]*Activity{}
	for _, a := range list {
		if isGoodRead(a) && !byService(a) && !rotates(a) {
			byFamily[family(a.Principal)] = append(byFamily[family(a.Principal)], a)
		}
	}
	var readers []*readership
	for _, some := range byFamily {
		deeds := deedsOf(some, eventOf)
		one := &readership{deed: deeds[0], list: some, human: slices.ContainsFunc(some, byPerson)}
		for _, d := range deeds[1:] {
			if d.first.Before(one.first) {
				one.first = d.first
			}
		}
		readers = append(readers, one)
	}
	slices.SortFunc(readers, func(a, b *readership) int {
		return cmp.Or(a.first.Compare(b.first), cmp.Compare(a.principal, b.principal))
	})
	return readers
}

// lastRead is when it read last, its successors too.
func (r *readership) lastRead() time.Time {
	last := r.last
	for _, a := range r.list {
		last = latest(last, a.Last)
	}
	return last
}

// byPerson reports whether a person did a: in the console, as root, or by a role
// that people sign in to. Users of IAM may be either.
func byPerson(a *Activity) bool {
	return a.Console || a.PrincipalType == "Root" || a.PrincipalType == "IdentityCenterUser" || strings.Contains(a.Principal, "/AWSReservedSSO_")
}

// lowerWords are what people call environments that hold no production.
var lowerWords = []string{
	"dev", "develop", "development", "test", "tests", "testing", "qa", "uat", "stage", "staging", "stg", "sandbox", "preprod", "nonprod",
}

// isLower reports whether one of the names says that something is not for
// production, and none that it is.
func isLower(names []string) bool {
	lower := false
	for _, name := range names {
		words := wordsOf(name)
		if slices.Contains(words, "prod") || slices.Contains(words, "production") {
			return false
		}
		lower = lower || slices.ContainsFunc(words, func(w string) bool { return slices.Contains(lowerWords, w) })
	}
	return lower
}

// wordsOf parts a name at whatever is no letter or digit.
func wordsOf(name string) []string {
	return strings.FieldsFunc(strings.ToLower(name), func(c rune) bool { return (c < 'a' || c > 'z') && (c < '0' || c > '9') })
}

// environmentsOf returns what says for which environment a secret is: its tags, and
// the first part of its name.
func environmentsOf(s *Secret) []string {
	names := tagValues(s, environmentTags)
	if first, _, ok := strings.Cut(strings.Trim(s.Name, "/"), "/"); ok {
		names = append(names, first)
	}
	return names
}

// roleName is the name of the role or user in an ARN, with its path.
func roleName(arn string) string {
	_, name, _ := strings.Cut(arn, "/")
	return name
}

// principalAccount is the account of a principal as activities name it, "" if it has none.
func principalAccount(principal string) string {
	if id, _, _ := strings.Cut(principal, "/"); isAccount(id) {
		return id
	}
	if parts := strings.SplitN(principal, ":", 6); len(parts) == 6 && isAccount(parts[4]) {
		return parts[4]
	}
	return ""
}
