package audit

import (
	"maps"
	"slices"
	"time"
)

// The staging labels that Secrets Manager sets by itself.
const (
	stageCurrent  = "AWSCURRENT"
	stagePrevious = "AWSPREVIOUS"
	stagePending  = "AWSPENDING"
)

// withStage returns the versions that carry a label, sorted by id. The labels of
// ListSecrets and those of ListSecretVersionIds count alike: a version that only
// the first one names has no other facts.
func withStage(s *Secret, stage string) []Version {
	found := map[string]Version{}
	for id, stages := range s.Stages {
		if slices.Contains(stages, stage) {
			found[id] = Version{ID: id, Stages: stages}
		}
	}
	for _, v := range s.Versions {
		if _, named := found[v.ID]; named || slices.Contains(v.Stages, stage) {
			found[v.ID] = v
		}
	}
	var list []Version
	for _, id := range slices.Sorted(maps.Keys(found)) {
		list = append(list, found[id])
	}
	return list
}

// oldestWith returns the oldest version that carries a label, nil for none; one
// without a date counts as the oldest, so that nothing is said of it.
func oldestWith(s *Secret, stage string) *Version {
	var oldest *Version
	for _, v := range withStage(s, stage) {
		if oldest == nil || oldest.Created != nil && (v.Created == nil || v.Created.Before(*oldest.Created)) {
			oldest = &v
		}
	}
	return oldest
}

// mostInADay returns the most versions that were made within 24 hours, and when
// the first of them was.
func mostInADay(list []Version, now time.Time) (most int, from time.Time) {
	var times []time.Time
	for _, v := range list {
		if made, ok := past(v.Created, now); ok {
			times = append(times, made)
		}
	}
	slices.SortFunc(times, time.Time.Compare)
	first := 0
	for i, t := range times {
		for hoursSince(times[first], t) >= 24 {
			first++
		}
		if i-first+1 > most {
			most, from = i-first+1, times[first]
		}
	}
	return most, from
}
