//go:build !unix

package scan

const openFlags = 0
