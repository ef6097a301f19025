package object

import (
	"encoding/binary"
	"math"
	"math/bits"
)

// The kinds of pack entries that are not objects themselves.
const (
	kindOffset = 6 // delta; the base is named by how far before it lies
	kindRef    = 7 // delta; the base is named by its id
)

// maxEntryHead bounds an entry's bytes before its compressed data: type and
// size in 7-bit groups, then a base offset of as many or a base id of 32 bytes.
const maxEntryHead = 10 + 32

// An entryHead is the readable beginning of a pack entry. It has few enough
// fields for the compiler to keep it in registers.
type entryHead struct {
	kind uint8 // 1 to 4, kindOffset or kindRef
	len  int   // bytes up to the compressed data; with kindRef the last of them name the base
	size int64 // declared bytes of the inflated data
	back int64 // kindOffset: the base lies so many bytes before the entry
}

// parseEntry reads the beginning of an entry. b should hold maxEntryHead
// bytes, fewer only at the end of the pack.
func parseEntry(b []byte, hashSize int) (entryHead, error) {
	if len(b) == 0 {
		return entryHead{}, damagedf("entry outside the pack")
	}
	kind, size, n := b[0]>>4&7, int64(b[0]&15), 1
	for shift := 4; b[n-1]&0x80 != 0; shift += 7 {
		if n == len(b) || shift > 56 {
			return entryHead{}, damagedf("size in the entry's head")
		}
		size |= int64(b[n]&0x7f) << shift
		n++
	}
	switch kind {
	case 1, 2, 3, 4:
		return entryHead{kind, n, size, 0}, nil
	case kindOffset:
		back, m := baseOffset(b[n:])
		if m == 0 {
			return entryHead{}, damagedf("base offset in the entry's head")
		}
		return entryHead{kind, n + m, size, back}, nil
	case kindRef:
		if len(b) < n+hashSize {
			return entryHead{}, damagedf("base id cut off")
		}
		return entryHead{kind, n + hashSize, size, 0}, nil
	}
	return entryHead{}, damagedf("entry of unknown type %d", kind)
}

// baseOffset reads how far before an entry its base lies, and returns how many
// bytes that took; 0 where there is no valid number. It stands in groups of 7
// bits, highest first, where each further group adds one so that no number has
// two forms.
func baseOffset(b []byte) (back int64, n int) {
	for n < len(b) && back <= math.MaxInt64>>8 {
		c := b[n]
		n++
		back |= int64(c & 0x7f)
		if c&0x80 == 0 {
			return back, n
		}
		back = (back + 1) << 7
	}
	return 0, 0
}

// deltaSizes reads the head of a delta: how long the base must be and how long
// the result will be. ops is the rest.
func deltaSizes(delta []byte) (base, result int64, ops []byte, err error) {
	base, n := varint(delta)
	result, m := varint(delta[n:])
	if n == 0 || m == 0 {
		return 0, 0, nil, damagedf("head of the delta")
	}
	return base, result, delta[n+m:], nil
}

// varint reads 7-bit groups, lowest first, and returns how many bytes they
// took; 0 where there is no valid number.
func varint(b []byte) (v int64, n int) {
	for shift := 0; n < len(b) && shift <= 56; shift += 7 {
		c := b[n]
		n++
		v |= int64(c&0x7f) << shift
		if c&0x80 == 0 {
			return v, n
		}
	}
	return 0, 0
}

// deltaLength adds up what the instructions would write, without writing. It
// makes sure that a tiny delta cannot claim a huge result that it does not
// even produce.
func deltaLength(ops []byte) int64 {
	var sum int64
	for i := 0; i < len(ops); {
		c := ops[i]
		i++
		if c&0x80 == 0 {
			sum += int64(c)
			i += int(c)
			continue
		}
		_, size, n := copyArgs(c, ops[i:])
		if n < 0 {
			break
		}
		sum += int64(size)
		i += n
	}
	return sum
}

// copyArgs reads the arguments of a copy instruction: offset and size, and how
// many bytes they took; -1 where they are cut off.
func copyArgs(c byte, b []byte) (off, size, n int) {
	// The bits of c say which bytes of the two numbers are there. As a rule the
	// lowest are, and the rest is zero.
	o, s := c&15, c>>4&7
	if o&(o+1)|s&(s+1) != 0 || len(b) < 8 {
		return copyParts(c, b)
	}
	args := binary.LittleEndian.Uint64(b)
	oBits, sBits := bits.Len8(o)*8&63, bits.Len8(s)*8&63
	off = int(args & (1<<oBits - 1))
	size = int(args >> oBits & (1<<sBits - 1))
	if size == 0 {
		size = 0x10000
	}
	return off, size, (oBits + sBits) / 8
}

// copyParts is copyArgs for arguments of any form.
func copyParts(c byte, b []byte) (off, size, n int) {
	for bit := range 7 {
		if c>>bit&1 == 0 {
			continue
		}
		if n == len(b) {
			return 0, 0, -1
		}
		if bit < 4 {
			off |= int(b[n]) << (8 * bit)
		} else {
			size |= int(b[n]) << (8 * (bit - 4))
		}
		n++
	}
	if size == 0 {
		size = 0x10000
	}
	return off, size, n
}
