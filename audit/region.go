package audit

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// A Region holds what an inventory says of one region of one account, all but
// its secrets, which are read one at a time. Checks only read it.
type Region struct {
	RegionRecord
	// Now is when the inventory was collected.
	Now time.Time
	// Settings are the user's, complete.
	Settings Settings
	// Empty says that the region was listed to its end and holds no secret.
	Empty bool
	// Narrowed says that the inventory holds one secret alone, and nothing of what
	// was done to others.
	Narrowed bool
	Keys     []*Key // sorted by ARN
	Trails   []*Trail
	// Configurations are the resources whose configuration was searched, sorted by
	// ARN.
	Configurations []*Configuration
	// Bursts are what principals read at one go, sorted by time.
	Bursts []*Burst
	// Gaps are those of the region as a whole.
	Gaps []Gap

	keys       map[string]*Key      // by each of its references
	functions  map[string]*Function // by ARN
	activities map[string][]*Activity
	named      map[string]bool   // ids of activities that name a secret of the region
	keyUsers   map[string]int    // secrets by the reference that they name their key by
	watches    map[string]*Watch // of the account, by region
	elsewhere  *replicas
	roster     *roster // nil for none
	global     *Region // what the account has but once, nil if that was not asked

	organization *Organization // in the region "global"
}

// Key returns the key that a secret names. The reference "" is the key that AWS
// manages for Secrets Manager. It is nil if the inventory does not hold it.
func (r *Region) Key(reference string) *Key {
	return r.keys[keyReference(reference)]
}

// keyReference is the reference that "" stands for.
func keyReference(id string) string { return cmp.Or(id, managedAlias) }

// managedAlias names the key that AWS manages for Secrets Manager.
const managedAlias = "alias/aws/secretsmanager"

// ManagedKey reports whether a reference names the key that AWS manages for
// Secrets Manager, which no policy of the account's can narrow or share.
func (r *Region) ManagedKey(reference string) bool {
	if reference == "" || reference == managedAlias || strings.HasSuffix(reference, ":"+managedAlias) {
		return true
	}
	key := r.Key(reference)
	return key != nil && key.Manager == "AWS"
}

// KeyUsers returns how many secrets of the region are encrypted under a key.
func (r *Region) KeyUsers(k *Key) int {
	n := 0
	for _, reference := range k.References {
		n += r.keyUsers[reference]
	}
	return n
}

// Function returns the rotation function of that ARN, nil if the inventory does
// not hold it.
func (r *Region) Function(arn string) *Function { return r.functions[arn] }

// Activity returns what CloudTrail says of a secret, sorted by first time.
func (r *Region) Activity(s *Secret) []*Activity {
	var list []*Activity
	for _, id := range secretIDs(s.ARN, s.Name) {
		list = append(list, r.activities[id]...)
	}
	return sortActivity(list)
}

// AllActivity returns every activity of the region, sorted by first time.
func (r *Region) AllActivity() []*Activity {
	var list []*Activity
	for _, some := range r.activities {
		list = append(list, some...)
	}
	return sortActivity(list)
}

// Covered returns how long an interval the events cover, 0 if none were read.
func (r *Region) Covered() time.Duration {
	if r.Events == nil {
		return 0
	}
	return max(r.Events.To.Sub(r.Events.From)-time.Duration(r.Events.MissingDays)*24*time.Hour, 0)
}

// Quiet is the result of a check that looked for events and found none: a pass
// that states the interval, or NotEvaluated where that is too short to prove
// anything or where reading older ones failed: a budget is the user's decision, a
// failure is not.
func (r *Region) Quiet(what string, t Thresholds) Result {
	switch {
	case r.Events == nil && r.Empty:
		return NotApplicable() // there is nothing that events could be about
	case r.Events == nil:
		return NotEvaluated("no events of CloudTrail were read")
	}
	interval := r.Interval()
	if r.Covered() < time.Duration(t.MinEventDays)*24*time.Hour {
		return NotEvaluated("no %s %s, which is shorter than the %d days that would prove it", what, interval, t.MinEventDays)
	}
	if r.Events.Cut && gapOf(r.Gaps, LookupEvents) != nil {
		return NotEvaluated("no %s %s, but older events could not be read", what, interval)
	}
	if gap := gapOf(r.Gaps, readTrailFiles); gap != nil {
		return NotEvaluated("no %s %s, but %s", what, interval, gap.Detail)
	}
	if late := r.Now.Sub(r.Events.To); late > time.Duration(t.MinEventDays)*24*time.Hour {
		return NotEvaluated("no %s %s, and nothing is known of the %d days since", what, interval, daysSince(r.Events.To, r.Now))
	}
	return Pass("no %s %s", what, interval)
}

// QuietReads is Quiet for a check that looked for reads. Where the trail or the event
// data store leaves them out, absence says nothing.
func (r *Region) QuietReads(what string, t Thresholds) Result {
	if r.Events != nil && r.Events.WritesOnly {
		holder, maker := "the files hold", "the trail leaves"
		if r.Events.Source == FromDataStore {
			holder, maker = "the event data store holds", "it leaves"
		}
		return NotEvaluated("no %s %s, but %s no event that reads: %s them out", what, r.Interval(), holder, maker)
	}
	return r.Quiet(what, t)
}

// Interval says which time the events cover: "from 2026-08-23 10:00 to
// 2026-11-21 10:00 UTC". Every finding that rests on events says it.
func (r *Region) Interval() string {
	if r.Events == nil {
		return "in no interval"
	}
	const minute = "2006-01-02 15:04"
	text := "from " + r.Events.From.UTC().Format(minute) + " to " + r.Events.To.UTC().Format(minute) + " UTC"
	if r.Events.Cut {
		text += " (older events were beyond the budget)"
	}
	if r.Events.MissingDays > 0 {
		text += " (without a file for " + plural(int64(r.Events.MissingDays), "day") + " of it)"
	}
	return text
}

// An OtherCopy says what is known of another copy of a secret.
type OtherCopy struct {
	ARN, Region   string
	PrimaryRegion string
	KMSKeyID      string
	Rotation      bool
	// Key is the key of that copy in its own region, nil if the inventory does
	// not hold it.
	Key *Key
}

// Copy returns the copy of a secret in another region. ok is false if that
// region was not listed to its end, so that nothing can be said; a nil copy with
// ok says that there is none.
func (r *Region) Copy(s *Secret, region string) (c *OtherCopy, ok bool) {
	return r.elsewhere.find(r.Account, s.ARN, region)
}

// Asked reports whether the user asked for another region. What only such a one
// could tell is not missing.
func (r *Region) Asked(region string) bool {
	if !inShard(r.elsewhere.shard, cell{r.Account, region}) {
		return false
	}
	return len(r.elsewhere.asked) == 0 || slices.Contains(r.elsewhere.asked, region)
}

// secretIDs returns the keys under which activity of a secret is filed: those
// of its full ARN, its partial ARN and its name.
func secretIDs(arn, name string) []string {
	ids := []string{"name:" + name}
	if tail := arnTail(arn); tail != "" {
		ids = append(ids, "arn:"+tail)
		if partial, ok := cutSuffix6(tail); ok && partial != name {
			ids = append(ids, "arn:"+partial)
		}
	}
	return append(ids, "arn:"+name)
}

// activityID is the key that an event's secretId is filed under.
func activityID(secretID string) string {
	if tail := arnTail(secretID); tail != "" {
		return "arn:" + tail
	}
	return "name:" + secretID
}

// arnTail returns what follows ":secret:" in the ARN of a secret, "" for what is
// none.
func arnTail(arn string) string {
	if !strings.HasPrefix(arn, "arn:") {
		return ""
	}
	_, tail, _ := strings.Cut(arn, ":secret:")
	return tail
}

// cutSuffix6 takes the hyphen and the six characters from a tail that Secrets
// Manager adds to the name.
func cutSuffix6(tail string) (string, bool) {
	const suffix = len("-AbCdEf")
	if len(tail) <= suffix || tail[len(tail)-suffix] != '-' {
		return "", false
	}
	return tail[:len(tail)-suffix], true
}
