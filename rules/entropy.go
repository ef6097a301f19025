package rules

import "math"

// relativeEntropy returns the Shannon entropy of value per byte, relative to
// the greatest that its length and its kinds of characters allow: 0 for one
// repeated byte, 1 for n different ones, about 0.9 and more for random text.
// It is H / log2(min(n, alphabet)), which treats short and long values alike.
func relativeEntropy(value []byte) float64 {
	n := len(value)
	if n < 2 {
		return 0
	}
	var count [256]uint16
	value = value[:min(n, math.MaxUint16)]
	n = len(value)
	for _, b := range value {
		count[b]++
	}
	// H = log2(n) - sum(c*log2(c))/n, and c is 1 for most bytes of random text.
	sum, seen := 0.0, 0
	for _, b := range value {
		if c := count[b]; c > 0 {
			seen++
			if c > 1 {
				sum += float64(c) * math.Log2(float64(c))
			}
			count[b] = 0
		}
	}
	if seen == 1 {
		return 0
	}
	h := math.Log2(float64(n)) - sum/float64(n)
	return min(1, h/math.Log2(float64(min(n, max(alphabet(value), seen)))))
}

// alphabet returns the size of the smallest common alphabet that holds value.
func alphabet(value []byte) int {
	var seen byte
	hex, other := true, false
	for _, b := range value {
		seen |= classes[b] & isAlnum
		other = other || !is(b, isAlnum)
		hex = hex && (is(b, isDigit) || 'a' <= b|0x20 && b|0x20 <= 'f')
	}
	size := 0
	if seen&isDigit != 0 {
		size += 10
	}
	if hex && seen != isLower|isUpper|isDigit {
		return size + 6
	}
	if seen&isLower != 0 {
		size += 26
	}
	if seen&isUpper != 0 {
		size += 26
	}
	if other {
		size += 32
	}
	return size
}
