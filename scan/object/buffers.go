package object

import "math/bits"

// deltaBuffer returns room for the instructions of one delta.
func (r *Reader) deltaBuffer(n int) []byte {
	r.weigh(n)
	if cap(r.k.delta) < n+dstPad || cap(r.k.delta) > keep && n < keep/2 {
		r.k.delta = slack(max(n, 4096))
	}
	return r.k.delta[:n]
}

// keep is the largest buffer that stays with a Reader after use, and
// keepAll how much stays in all.
const (
	keep    = 8 << 20
	keepAll = 32 << 20
)

// classOf returns the class of buffers with a capacity of n or a little less:
// there are four between a power of two and the next.
func classOf(n int) int {
	shift := bits.Len(uint(n)) - 3
	return shift<<2 + n>>shift - 4
}

// alloc returns n bytes with room for the inflater, from the free buffers if
// one fits.
func (r *Reader) alloc(n int) []byte {
	class := classOf(n+dstPad-1) + 1 // all of this class are long enough
	for c := class; c < min(class+4, len(r.free)); c++ {
		if last := len(r.free[c]) - 1; last >= 0 {
			b := r.free[c][last]
			r.free[c] = r.free[c][:last]
			r.freed -= int64(cap(b))
			return b[:n]
		}
	}
	r.weigh(n)
	if n+dstPad > keep {
		return slack(n)
	}
	return make([]byte, n, (4+class&3)<<(class>>2))
}

// recycle takes a buffer back.
func (r *Reader) recycle(b []byte) {
	c := cap(b)
	if c < dstPad || c > keep || r.freed+int64(c) > keepAll {
		return
	}
	class := classOf(c)
	r.free[class] = append(r.free[class], b[:0])
	r.freed += int64(c)
}
