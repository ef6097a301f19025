package main

import (
	"cmp"
	"slices"
)

// A chance is what share of the values with about the same score are credentials.
type chance struct {
	score      int32 // the mean of the scores
	some, true int64 // values, and how many of them are credentials
}

// thousandths returns the share; neither certainty is ever claimed.
func (c chance) thousandths() int64 { return max(1, min(999, 1000*c.true/c.some)) }

// A graded is a value that a model judged that had not seen it.
type graded struct {
	score int32
	truth bool
}

// fewest is how many values a share is taken of at least: with 60, one more or less
// changes it by less than two in a hundred.
const fewest = 60

// calibrate returns chances that grow with the score: the means of as many values as
// are needed for that, by pooling what stands in the wrong order (isotonic
// regression).
func calibrate(all []graded) []chance {
	slices.SortFunc(all, func(a, b graded) int { return cmp.Compare(a.score, b.score) })
	var pools []chance
	for from := 0; from < len(all); {
		end := min(from+fewest, len(all))
		for end < len(all) && (len(all)-end < fewest || all[end].score == all[end-1].score) {
			end++ // equal scores are not parted, and no few are left at the end
		}
		pool, sum := chance{some: int64(end - from)}, int64(0)
		for _, g := range all[from:end] {
			sum += int64(g.score)
			if g.truth {
				pool.true++
			}
		}
		pool.score = int32(sum / pool.some)
		pools = append(pools, pool)
		for n := len(pools); n > 1 && pools[n-2].true*pools[n-1].some >= pools[n-1].true*pools[n-2].some; n-- {
			pools[n-2] = pools[n-2].with(pools[n-1])
			pools = pools[:n-1]
		}
		from = end
	}
	return pools
}

// with returns both as one.
func (c chance) with(d chance) chance {
	some := c.some + d.some
	return chance{int32((int64(c.score)*c.some + int64(d.score)*d.some) / some), some, c.true + d.true}
}
