//go:build !linux

package main

// peak is the most memory that this process had, in bytes; 0 where that is not told
// the same way everywhere.
func peak() int64 { return 0 }
