//go:build !race

package scan

// underRace says that the race detector is on.
const underRace = false
