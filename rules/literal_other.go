//go:build !amd64

package rules

// sift is the first sieve for at most chunk offsets.
func (l *literals) sift(places *[chunk]uint8, data []byte) int { return l.siftGo(places[:], data) }
