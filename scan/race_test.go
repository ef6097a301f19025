//go:build race

package scan

// underRace says that the race detector is on, which makes memory larger and
// garbage slower to go.
const underRace = true
