package object

import "math/bits"

// Bits of a code that are decoded by one look into the primary table, and
// sizes of the tables with all that can hang behind it. The sizes are those
// that zlib's enough.c computes for 288 codes with 11 bits (2342) and for 32
// codes with 8 bits (402), rounded up.
const (
	litBits  = 11
	distBits = 8
	preBits  = 7
	litSize  = 2400
	distSize = 416
	maxBits  = 15 // longest code of the format
)

// A table entry holds
//
//	bits 0-7    how many bits it uses up: the code and the extra bits
//	bits 8-11   bits of the code, where the extra bits begin; for a pointer
//	            the bits that index the subtable
//	bits 16-30  the literal, the least length or distance, or the subtable's start
//
// and one of these flags.
const (
	isLiteral = 1 << 31
	isSpecial = 1 << 15 // pointer, end of block, or no code at all
	isPointer = 1 << 14
	isEnd     = 1 << 13
	isRepeat  = isPointer // in the table of the code length code: the length before, again
)

// needFixed makes the tables that the format itself defines, once.
func (z *inflater) needFixed() {
	if z.fixedReady {
		return
	}
	z.fixedReady = true
	var lens [maxCodes]uint8
	for i := range lens {
		switch {
		case i < 144 || i >= 280:
			lens[i] = 8
		case i < 256:
			lens[i] = 9
		default:
			lens[i] = 7
		}
	}
	lit := codeSetOf(lens[:])
	z.fixed.litMask, _ = z.builder.build(z.fixed.lit[:], &lit, litBits, litEntries[:])
	for i := range lens[:32] {
		lens[i] = 5
	}
	dist := codeSetOf(lens[:32])
	z.fixed.distMask, _ = z.builder.build(z.fixed.dist[:], &dist, distBits, distEntries[:])
}

// The entries of all symbols, without the code's length: extra bits stand in
// bits 0-7.
var (
	litEntries  = litEntryTable()
	distEntries = distEntryTable()
	preEntries  = preEntryTable()
)

func litEntryTable() (t [288]uint32) {
	for sym := range uint32(288) {
		switch {
		case sym < 256:
			t[sym] = isLiteral | sym<<16
		case sym == 256:
			t[sym] = isSpecial | isEnd
		case sym < 265:
			t[sym] = (sym - 257 + 3) << 16
		case sym < 285:
			extra := (sym - 261) / 4
			t[sym] = (3+(4+(sym-261)%4)<<extra)<<16 | extra
		case sym == 285:
			t[sym] = 258 << 16
		default: // part of the fixed code, but without a meaning
			t[sym] = isSpecial
		}
	}
	return t
}

func distEntryTable() (t [32]uint32) {
	for sym := range uint32(32) {
		switch {
		case sym < 4:
			t[sym] = (sym + 1) << 16
		case sym < 30:
			extra := (sym - 2) / 2
			t[sym] = (1+(2+sym%2)<<extra)<<16 | extra
		default:
			t[sym] = isSpecial
		}
	}
	return t
}

// preEntryTable: bits 16-23 hold for how many symbols a length is meant, before
// the extra bits, and bits 24-27 the length.
func preEntryTable() (t [19]uint32) {
	for sym := range uint32(16) {
		t[sym] = sym<<24 | 1<<16
	}
	t[16] = isSpecial | isRepeat | 3<<16 | 2
	t[17] = 3<<16 | 3
	t[18] = 11<<16 | 7
	return t
}

// tableBuilder is scratch space for making one table.
type tableBuilder struct {
	count, start [maxBits + 1]uint32
	sorted       [maxCodes]uint16
}

// build makes the decoding table for the given code lengths and returns the
// mask that indexes it. It refuses what zlib refuses: more codes than fit, and
// fewer than would fill the space, unless there is one code of one bit or none.
func (b *tableBuilder) build(table []uint32, codes *codeSet, width int, entries []uint32) (uint64, bool) {
	longest, complete, ok := b.sort(codes)
	if !ok {
		return 0, false
	}
	width = max(1, min(width, longest))
	mask := uint64(1)<<width - 1
	if !complete {
		if longest > 1 {
			return 0, false
		}
		table[0], table[1] = isSpecial, isSpecial
		if longest == 1 {
			table[0] = finish(entries[b.sorted[0]], 1)
		}
		return mask, true
	}
	b.fill(table, width, longest, entries)
	return mask, true
}

// sort orders the symbols by the length of their code.
func (b *tableBuilder) sort(codes *codeSet) (longest int, complete, ok bool) {
	left, at := 1, uint32(0)
	for l := 1; l <= maxBits; l++ {
		count := codes.count[l]
		left = left<<1 - int(count) // stays negative once it is
		b.count[l], b.start[l] = count, at
		at += count
		if count != 0 {
			longest = l
		}
	}
	if left < 0 {
		return 0, false, false
	}
	for _, c := range codes.list {
		b.sorted[b.start[c&maxBits]+c>>16] = uint16(symbolOf(c))
	}
	return longest, left == 0, true
}

// finish adds the length of the code to an entry.
func finish(e uint32, length int) uint32 { return e + uint32(length)*0x101 }

// fill writes a complete code. Codes are stored with their first bit lowest,
// so that all codes up to a length form a table that repeats itself: it is
// doubled by copying as the length grows.
func (b *tableBuilder) fill(table []uint32, width, longest int, entries []uint32) {
	code, at := uint16(0), 0 // of the next code, first bit highest; and its place in sorted
	for l := 1; l <= min(width, longest); l++ {
		size := 1 << (l - 1)
		if at > 0 {
			copy(table[size:2*size], table[:size])
		}
		n := int(b.count[l])
		code = fillLength(table[:2*size], l, code<<1, b.sorted[at:at+n], entries)
		at += n
	}
	if longest > width {
		b.fillSub(table, width, longest, entries, code, at)
	}
}

// fillLength writes the codes of one length, and returns the one behind the last.
func fillLength(table []uint32, l int, code uint16, symbols []uint16, entries []uint32) uint16 {
	for _, sym := range symbols {
		table[bits.Reverse16(code)>>((16-l)&15)] = finish(entries[sym], l)
		code++
	}
	return code
}

// fillSub writes the codes that are longer than width, from code on, into
// tables behind the primary one.
func (b *tableBuilder) fillSub(table []uint32, width, longest int, entries []uint32, code uint16, at int) {
	end := 1 << width // where the next subtable begins
	start, prefix := 0, -1
	for l := width + 1; l <= longest; l++ {
		code <<= 1
		for i := range int(b.count[l]) {
			reversed := int(bits.Reverse16(code) >> (16 - l))
			code++
			if p := reversed & (1<<width - 1); p != prefix {
				prefix, start = p, end
				sub := b.subBits(l, i, longest, width)
				end += 1 << sub
				table[p] = isSpecial | isPointer | uint32(start)<<16 | uint32(sub)<<8 | uint32(width)
			}
			e := finish(entries[b.sorted[at]], l-width)
			at++
			for j := start + reversed>>width; j < end; j += 1 << (l - width) {
				table[j] = e
			}
		}
	}
}

// subBits returns how many bits index the subtable whose first code is the
// i-th of length l: enough for the codes that fill it.
func (b *tableBuilder) subBits(l, i, longest, width int) int {
	sub := l - width
	used := int(b.count[l]) - i
	for used < 1<<sub && l < longest {
		l++
		sub++
		used = used<<1 + int(b.count[l])
	}
	return sub
}
