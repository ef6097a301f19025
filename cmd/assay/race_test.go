//go:build race

package main

// underRace says that the race detector is on, which makes memory larger and
// garbage slower to go.
const underRace = true
