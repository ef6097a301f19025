//go:build !race

package audit

// underRace says that the race detector is on.
const underRace = false
