//go:build goexperiment.simd && amd64

package rules

import (
	"math/bits"
	"simd/archsimd"
)

// vectorDesigns are those that are written in Go's experimental vectors.
func vectorDesigns() []design { return []design{{"teddy", newVectorTeddy}} }

// A nibbles has, for the halves of a byte, the groups of literals that may have it.
type nibbles struct{ low, high [32]uint8 }

func newVectorTeddy(l *literals) func([]hit, []byte) []hit {
	t := teddyOf(l)
	if !archsimd.X86.AVX2() {
		return newTeddy(l)
	}
	var halves [4]nibbles
	for k := range halves {
		for c, groups := range t.masks[k] {
			for lane := 0; lane < 32; lane += 16 { // each half of a vector looks up in its own
				halves[k].low[lane+c&15] |= groups
				halves[k].high[lane+c>>4] |= groups
			}
		}
	}
	var places [chunk]uint8
	return func(dst []hit, data []byte) []hit {
		return l.sifted(dst, data, func(text []byte) []uint8 { return siftTeddy(&halves, places[:0], text) })
	}
}

// siftTeddy appends the offsets of text at which literals may be filed.
func siftTeddy(halves *[4]nibbles, places []uint8, text []byte) []uint8 {
	half, zero := archsimd.BroadcastUint8x32(0x0f), archsimd.BroadcastUint8x32(0)
	for i := 0; i+overlap < len(text); i += blockSize {
		groups := archsimd.BroadcastUint8x32(0xff)
		for k := range halves {
			v := load(text[i+k:])
			low := v.And(half).AsInt8x32()
			high := v.AsUint16x16().ShiftAllRight(4).AsUint8x32().And(half).AsInt8x32()
			groups = groups.And(archsimd.LoadUint8x32(&halves[k].low).PermuteOrZeroGrouped(low))
			groups = groups.And(archsimd.LoadUint8x32(&halves[k].high).PermuteOrZeroGrouped(high))
		}
		met := groups.NotEqual(zero).ToBits()
		if left := len(text) - overlap - i; left < blockSize {
			met &= 1<<left - 1
		}
		for ; met != 0; met &= met - 1 {
			places = append(places, uint8(i+bits.TrailingZeros32(met)))
		}
	}
	return places
}

// load returns the first bytes of text, and zeros where it is shorter.
func load(text []byte) archsimd.Uint8x32 {
	if len(text) >= blockSize {
		return archsimd.LoadUint8x32((*[blockSize]uint8)(text))
	}
	return archsimd.LoadUint8x32SlicePart(text)
}
