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
)

// tableBuilder is scratch space for making one table.
type tableBuilder struct {
	count, next [maxBits + 1]uint16
	sorted      [288]uint16
}

// needFixed makes the tables that the format itself defines, once.
func (z *inflater) needFixed() {
	if z.fixedReady {
		return
	}
	z.fixedReady = true
	lens := z.lens[:288]
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
	z.fixed.litMask, _ = z.builder.build(z.fixed.lit[:], lens, litBits, litEntries[:])
	dist := z.lens[:32]
	for i := range dist {
		dist[i] = 5
	}
	z.fixed.distMask, _ = z.builder.build(z.fixed.dist[:], dist, distBits, distEntries[:])
}

// readTables reads the head of a block with codes of its own.
func (z *inflater) readTables(in *bitReader) error {
	// 14 bits here, at most 57 for the code lengths' own code.
	nlit, ndist, npre := int(in.take(5))+257, int(in.take(5))+1, int(in.take(4))+4
	if nlit > 286 || ndist > 30 {
		return errStream
	}
	var pre [19]uint8
	for i := range npre {
		if in.n < 3 && !in.refill() {
			return errInput
		}
		pre[preOrder[i]] = uint8(in.take(3))
	}
	mask, ok := z.builder.build(z.pre[:], pre[:], preBits, preEntries[:])
	if !ok {
		return errStream
	}
	if err := z.readLengths(in, mask, nlit+ndist); err != nil {
		return err
	}
	if z.lens[256] == 0 {
		return errStream // the block could not end
	}
	t := &z.dynamic
	if t.litMask, ok = z.builder.build(t.lit[:], z.lens[:nlit], litBits, litEntries[:]); !ok {
		return errStream
	}
	if t.distMask, ok = z.builder.build(t.dist[:], z.lens[nlit:nlit+ndist], distBits, distEntries[:]); !ok {
		return errStream
	}
	return nil
}

// preOrder is the order in which lengths of the code length code are stored.
var preOrder = [19]uint8{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15}

// readLengths fills lens[:n].
func (z *inflater) readLengths(in *bitReader, mask uint64, n int) error {
	for i := 0; i < n; {
		if in.n < 16 && !in.refill() {
			return errInput
		}
		e := z.pre[in.buf&mask]
		if e&isSpecial != 0 {
			return errStream
		}
		in.take(uint(e & 63))
		sym := uint8(e >> 16)
		if sym < 16 {
			z.lens[i] = sym
			i++
			continue
		}
		var times int
		var value uint8
		switch sym {
		case 16:
			if i == 0 {
				return errStream
			}
			times, value = 3+int(in.take(2)), z.lens[i-1]
		case 17:
			times = 3 + int(in.take(3))
		default:
			times = 11 + int(in.take(7))
		}
		if i+times > n {
			return errStream
		}
		for ; times > 0; times-- {
			z.lens[i] = value
			i++
		}
	}
	return nil
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

func preEntryTable() (t [19]uint32) {
	for sym := range t {
		t[sym] = uint32(sym) << 16
	}
	return t
}

// build makes the decoding table for the given code lengths and returns the
// mask that indexes it. It refuses what zlib refuses: more codes than fit, and
// fewer than would fill the space, unless there is one code of one bit or none.
func (b *tableBuilder) build(table []uint32, lens []uint8, width int, entries []uint32) (uint64, bool) {
	longest, complete, ok := b.sort(lens)
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
func (b *tableBuilder) sort(lens []uint8) (longest int, complete, ok bool) {
	b.count = [maxBits + 1]uint16{}
	for _, l := range lens {
		b.count[l]++
	}
	left, at := 1, uint16(0)
	for l := 1; l <= maxBits; l++ {
		left = left<<1 - int(b.count[l])
		if left < 0 {
			return 0, false, false
		}
		b.next[l] = at
		at += b.count[l]
		if b.count[l] != 0 {
			longest = l
		}
	}
	for sym, l := range lens {
		if l != 0 {
			b.sorted[b.next[l]] = uint16(sym)
			b.next[l]++
		}
	}
	return longest, left == 0, true
}

// finish adds the length of the code to an entry.
func finish(e uint32, length int) uint32 {
	return e + uint32(length) | uint32(length)<<8
}

// fill writes a complete code. Codes are stored with their first bit lowest,
// so that all codes up to a length form a table that repeats itself: it is
// doubled by copying as the length grows.
func (b *tableBuilder) fill(table []uint32, width, longest int, entries []uint32) {
	var code uint32 // reversed
	size, at := 1, 0
	end := 1 << width // where the next subtable begins
	start, prefix := 0, ^uint32(0)
	for l := 1; l <= longest; l++ {
		if l <= width {
			copy(table[size:], table[:size])
			size *= 2
		}
		for i := 0; i < int(b.count[l]); i++ {
			e := entries[b.sorted[at]]
			at++
			if l <= width {
				table[code] = finish(e, l)
			} else {
				if p := code & (1<<width - 1); p != prefix {
					prefix, start = p, end
					sub := b.subBits(l, i, longest, width)
					end += 1 << sub
					table[p] = isSpecial | isPointer | uint32(start)<<16 | uint32(sub)<<8 | uint32(width)
				}
				sub := bits.Len32(uint32(end-start)) - 1
				for j := int(code >> width); j < 1<<sub; j += 1 << (l - width) {
					table[start+j] = finish(e, l-width)
				}
			}
			code = nextReversed(code, l)
		}
	}
}

// nextReversed adds one to a code of l bits whose first bit is lowest.
func nextReversed(code uint32, l int) uint32 {
	free := ^code & (1<<l - 1)
	if free == 0 {
		return code
	}
	bit := uint32(1) << (bits.Len32(free) - 1)
	return code&(bit-1) | bit
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
