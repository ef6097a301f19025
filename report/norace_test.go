//go:build !race

package report

const slowedDown = false
