//go:build !amd64

package rules

// firstRun returns where the first run of least64 digits begins in data, or -1.
func firstRun(data []byte) int { return firstRunGo(data) }
