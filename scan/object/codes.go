package object

import "encoding/binary"

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
		if i+times > nlit+ndist || e&isSpecial != 0 && (e&isRepeat == 0 || i == 0) {
			return errStream
		}
		if e&isSpecial == 0 {
			last = e >> 24
		} else {
			for ; last != 0 && times > 1; times-- {
				same := &count[uint32(nlit-1-i)>>31<<4+last]
				codes[made] = newCode(i, last, *same)
				*same++
				made++
				i++
			}
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
