package object

import (
	"encoding/binary"
	"math/bits"
)

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

// maxCodes is the most symbols of one alphabet: the 288 of the fixed code.
const maxCodes = 288

// A codeSet says which symbols of an alphabet have codes of which lengths.
// Symbols without a code, most of them in a small block, are not in it.
type codeSet struct {
	count [maxBits + 1]uint32 // codes of each length; not the absent ones
	list  []uint32            // of newCode, the symbols ascending
}

// newCode packs a symbol, the length of its code, and how many symbols before
// it have codes of that length. The last makes it unnecessary to count again.
func newCode(symbol int, length, rank uint32) uint32 {
	return rank<<16 | uint32(symbol)<<4 | length
}

// symbolOf returns the symbol of a code.
func symbolOf(code uint32) int { return int(code >> 4 & (1<<12 - 1)) }

// add gives the next symbol a code.
func (s *codeSet) add(symbol int, length uint8) {
	if length != 0 {
		s.list = append(s.list, newCode(symbol, uint32(length), s.count[length]))
		s.count[length]++
	}
}

// codeSetOf makes a set of the lengths of all symbols.
func codeSetOf(lens []uint8) (s codeSet) {
	for sym, l := range lens {
		s.add(sym, l)
	}
	return s
}

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

// readTables reads the head of a block with codes of its own.
func (z *inflater) readTables(in *bitReader) error {
	// 14 bits here, at most 57 for the code lengths' own code.
	nlit, ndist, npre := int(in.take(5))+257, int(in.take(5))+1, int(in.take(4))+4
	if nlit > 286 || ndist > 30 {
		return errStream
	}
	mask, err := z.readPre(in, npre)
	if err != nil {
		return err
	}
	var lit, dist codeSet
	if err := z.readLengths(in, mask, nlit, ndist, &lit, &dist); err != nil {
		return err
	}
	if i := searchCode(lit.list, 256); i == len(lit.list) || symbolOf(lit.list[i]) != 256 {
		return errStream // the block could not end
	}
	t := &z.dynamic
	var ok bool
	if t.litMask, ok = z.builder.build(t.lit[:], &lit, litBits, litEntries[:]); !ok {
		return errStream
	}
	if t.distMask, ok = z.builder.build(t.dist[:], &dist, distBits, distEntries[:]); !ok {
		return errStream
	}
	return nil
}

// preOrder is the order in which lengths of the code length code are stored.
var preOrder = [19]uint8{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15}

// readPre reads the lengths of the code length code, n of them, and makes its
// table.
func (z *inflater) readPre(in *bitReader, n int) (mask uint64, err error) {
	var lens [19]uint8
	for i := range n {
		if in.n < 3 && !in.refill() {
			return 0, errInput
		}
		lens[preOrder[i]] = uint8(in.take(3))
	}
	pre := codeSet{list: z.codes[:0]}
	for sym, l := range lens {
		pre.add(sym, l)
	}
	mask, ok := z.builder.build(z.pre[:], &pre, preBits, preEntries[:])
	if !ok {
		return 0, errStream
	}
	return mask, nil
}

// searchCode returns the place of the first code whose symbol is not less than
// sym, which stands near the end as a rule.
func searchCode(list []uint32, sym int) int {
	i := len(list)
	for i > 0 && symbolOf(list[i-1]) >= sym {
		i--
	}
	return i
}

// readLengths reads the lengths of nlit codes and ndist more. The lists lie in
// z.codes.
func (z *inflater) readLengths(in *bitReader, mask uint64, nlit, ndist int, lit, dist *codeSet) error {
	var count [2 * (maxBits + 1)]uint32 // first of lit, then of dist
	src, pos, buf, n := in.src, in.pos, in.buf, in.n
	codes, made := &z.codes, 0
	last := uint32(0)
	for i := 0; i < nlit+ndist; {
		if n < 16 {
			if pos+8 > len(src) {
				return errInput
			}
			buf |= binary.LittleEndian.Uint64(src[pos:]) << (n & 63)
			pos += int((63 - n) >> 3)
			n |= 56
		}
		e := z.pre[buf&mask]
		times := int(e>>16&0xff) + int(buf&(1<<(e&63)-1)>>(e>>8&15))
		buf, n = buf>>(e&63), n-uint(e&63)
		if e&isSpecial != 0 {
			if e&isRepeat == 0 || i == 0 {
				return errStream
			}
			if i+times > nlit+ndist {
				return errStream
			}
			for ; last != 0 && times > 1; times-- {
				same := &count[uint32(nlit-1-i)>>31<<4+last]
				codes[made] = newCode(i, last, *same)
				*same++
				made++
				i++
			}
		} else {
			last = e >> 24
		}
		if i+times > nlit+ndist {
			return errStream
		}
		// No branch for "no code": it would be mispredicted often.
		same := &count[uint32(nlit-1-i)>>31<<4+last]
		codes[made] = newCode(i, last, *same)
		*same++
		made += int((last + 15) >> 4)
		i += times
	}
	in.pos, in.buf, in.n = pos, buf, n
	split := searchCode(codes[:made], nlit)
	lit.count, lit.list = [maxBits + 1]uint32(count[:]), codes[:split]
	dist.count, dist.list = [maxBits + 1]uint32(count[maxBits+1:]), codes[split:made]
	for i := range dist.list {
		dist.list[i] -= uint32(nlit) << 4
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
