//go:build race

package report

// slowedDown says that the race detector is on, with which all takes ten times as long.
const slowedDown = true
