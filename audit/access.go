package audit

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// A deed is what one principal did, told from many activities.
type deed struct {
	principal string
	count     int64
	kinds     map[string]int64 // by event or error
	sources   map[string]bool
	secrets   map[string]bool // as the events name them
	first     time.Time
	last      time.Time
}

// deedsOf groups activities by principal, the busiest first. kind says what to
// count them as.
func deedsOf(list []*Activity, kind func(*Activity) string) []*deed {
	byName := map[string]*deed{}
	for _, a := range list {
		name := principalOf(a)
		d := byName[name]
		if d == nil {
			d = &deed{principal: name, kinds: map[string]int64{}, sources: map[string]bool{}, secrets: map[string]bool{}, first: a.First, last: a.Last}
			byName[name] = d
		}
		d.add(a, kind(a))
	}
	return slices.SortedFunc(maps.Values(byName), func(a, b *deed) int {
		return cmp.Or(cmp.Compare(b.count, a.count), cmp.Compare(a.principal, b.principal))
	})
}

func (d *deed) add(a *Activity, kind string) {
	d.count += times(a)
	d.kinds[kind] += times(a)
	if a.Source != "" {
		d.sources[shown(a.Source)] = true
	}
	if a.SecretID != "" {
		d.secrets[shown(a.SecretID)] = true
	}
	if a.First.Before(d.first) {
		d.first = a.First
	}
	if a.Last.After(d.last) {
		d.last = a.Last
	}
}

// times is how often a was done, within bounds that no sum can overflow.
func times(a *Activity) int64 { return min(max(int64(a.Count), 1), 1<<31) }

// principalOf names who did a, for use in a sentence.
func principalOf(a *Activity) string {
	switch {
	case a.Principal != "":
		return shown(a.Principal)
	case a.PrincipalType != "":
		return "a principal of the type " + shown(a.PrincipalType) + " without a name"
	}
	return "a principal that the event does not name"
}

// tell says who did what how often from where and when: "arn:... 5 times
// (AccessDenied 5) from 203.0.113.7, between 2026-11-01 and 2026-11-20".
func (d *deed) tell() string {
	text := d.principal + " " + plural(d.count, "time") + " (" + counts(d.kinds) + ")"
	if len(d.sources) > 0 {
		text += " from " + listed(slices.Sorted(maps.Keys(d.sources)))
	}
	first, last := onDay(d.first), onDay(d.last)
	if first == last {
		return text + ", on " + first
	}
	return text + ", between " + first + " and " + last
}

// tellWith is tell with the secrets, where the resource does not say which.
func (d *deed) tellWith() string {
	if len(d.secrets) == 0 {
		return d.tell() + ", of secrets that the events do not name"
	}
	return d.tell() + ", of " + listed(slices.Sorted(maps.Keys(d.secrets)))
}

func counts(kinds map[string]int64) string {
	var texts []string
	for _, k := range slices.Sorted(maps.Keys(kinds)) {
		texts = append(texts, fmt.Sprintf("%s %d", k, kinds[k]))
	}
	return listed(texts)
}

// tellAll joins deeds with what is said of each.
func tellAll(list []*deed, tell func(*deed) string) string {
	const most = 3
	var texts []string
	for _, d := range list[:min(len(list), most)] {
		texts = append(texts, tell(d))
	}
	text := strings.Join(texts, "; ")
	if more := len(list) - most; more > 0 {
		text += fmt.Sprintf("; and %s more", plural(int64(more), "principal"))
	}
	return text
}

// isRead reports whether a asked for the value of a secret.
func isRead(a *Activity) bool {
	return !a.Service && (a.Event == "GetSecretValue" || a.Event == "BatchGetSecretValue")
}

// byService reports whether an AWS service did a, in its own name or in a role
// that only it can take on.
func byService(a *Activity) bool {
	return a.PrincipalType == "AWSService" || strings.Contains(a.Principal, ":role/aws-service-role/")
}

func filterActivity(list []*Activity, keep func(*Activity) bool) []*Activity {
	var kept []*Activity
	for _, a := range list {
		if keep(a) {
			kept = append(kept, a)
		}
	}
	return kept
}

// byMachine reports whether a role that no person signs in to did a outside the
// console. Users of IAM may be either and are not counted.
func byMachine(a *Activity) bool {
	return !a.Console && (byService(a) || a.PrincipalType == "AssumedRole" && !strings.Contains(a.Principal, "/AWSReservedSSO_"))
}

// rotators returns what tells whether the principal of an activity rotates the
// secret that it names: the last step of every rotation by a function moves the
// labels of the versions.
func rotators(list []*Activity) func(*Activity) bool {
	finished := map[[2]string]bool{}
	for _, a := range list {
		if a.Event == "UpdateSecretVersionStage" && a.Error == "" && a.Principal != "" {
			finished[[2]string{a.Principal, a.SecretID}] = true
		}
	}
	return func(a *Activity) bool { return a.SecretID != "" && finished[[2]string{a.Principal, a.SecretID}] }
}
