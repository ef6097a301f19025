package object

import (
	"encoding/binary"
	"errors"
	"hash/adler32"
)

// The general inflate packages decode a stream of unknown length into a
// sliding window. Objects have a known length and lie whole in memory, and
// most are some hundred bytes of delta, so this decoder writes straight into
// the destination, which is its own window, and checks bounds once per symbol
// against room that is there by contract: srcPad bytes behind the input,
// dstPad bytes behind the output.

const (
	// srcPad: two loads of 8 bytes each, begun at most 8 bytes behind the bits
	// that are used up.
	srcPad = 24
	// dstPad: two literals and the longest match (258), rounded up to words.
	dstPad = 288
)

var (
	errFull   = errors.New("more content than declared")
	errShort  = errors.New("less content than declared")
	errInput  = errors.New("compressed data ends early")
	errStream = errors.New("invalid compressed data")
	errSum    = errors.New("checksum of the content is wrong")
)

// An inflater decodes zlib streams. It holds only scratch space.
type inflater struct {
	dynamic, fixed tables
	fixedReady     bool
	codes          [320]uint32 // room for all that one block's head can define, and one more
	pre            [1 << preBits]uint32
	builder        tableBuilder
}

// tables decode the symbols of one block.
type tables struct {
	lit      [litSize]uint32
	dist     [distSize]uint32
	litMask  uint64
	distMask uint64
}

// A bitReader holds the input and the bits that were taken from it but not
// used: the low n bits of buf.
type bitReader struct {
	src []byte
	pos int
	buf uint64
	n   uint
}

// refill leaves at least 56 bits in buf, and reports false at the end of src.
func (b *bitReader) refill() bool {
	if b.pos+8 > len(b.src) {
		return false
	}
	b.buf |= binary.LittleEndian.Uint64(b.src[b.pos:]) << (b.n & 63)
	b.pos += int((63 - b.n) >> 3)
	b.n |= 56
	return true
}

// take removes n of the bits in buf.
func (b *bitReader) take(n uint) uint64 {
	v := b.buf & (1<<(n&63) - 1)
	b.buf >>= n & 63
	b.n -= n
	return v
}

// align drops the rest of a byte and gives back what was read ahead.
func (b *bitReader) align() {
	b.pos -= int(b.n >> 3)
	b.buf, b.n = 0, 0
}

// exact decodes one zlib stream that must fill dst, and returns how many bytes
// of src it took. src must go on for srcPad bytes behind the stream's last
// possible byte, at end; dst must have dstPad bytes of spare capacity, which
// are overwritten. With sum, the stream's own checksum is compared.
func (z *inflater) exact(dst, src []byte, end int, sum sumMode) (int, error) {
	n, used, err := z.run(dst, src)
	switch {
	case err != nil:
		return 0, err
	case n < len(dst):
		return 0, errShort
	case used+4 > end:
		return 0, errInput
	case sum == checkSum && binary.BigEndian.Uint32(src[used:]) != adler32.Checksum(dst):
		return 0, errSum
	}
	return used + 4, nil
}

// sumMode tells whether the content's checksum is compared.
type sumMode uint8

const (
	checkSum sumMode = iota
	skipSum          // the compressed bytes were verified already
)

// prefix decodes as much of a zlib stream as fits into dst, with the same
// demands on dst and src as exact.
func (z *inflater) prefix(dst, src []byte) (int, error) {
	n, _, err := z.run(dst, src)
	if errors.Is(err, errFull) {
		err = nil
	}
	return n, err
}

// run decodes up to len(dst) bytes and returns how many were written and how
// many bytes of src the stream took without its checksum.
func (z *inflater) run(dst, src []byte) (n, used int, err error) {
	if len(src) < srcPad || src[0]&0x8f != 8 || src[1]&0x20 != 0 ||
		(uint(src[0])<<8|uint(src[1]))%31 != 0 {
		return 0, 0, errStream
	}
	in := bitReader{src: src, pos: 2}
	out := dst[:len(dst)+dstPad]
	for last := false; !last; {
		if !in.refill() {
			return 0, 0, errInput
		}
		last = in.take(1) == 1
		switch in.take(2) {
		case 0:
			n, err = stored(&in, out, n)
		case 1:
			z.needFixed()
			n, err = decode(&z.fixed, &in, out, n)
		case 2:
			if err = z.readTables(&in); err == nil {
				n, err = decode(&z.dynamic, &in, out, n)
			}
		default:
			err = errStream
		}
		if err != nil {
			return min(n, len(dst)), 0, err
		}
	}
	in.align()
	return n, in.pos, nil
}

// stored copies an uncompressed block to out[n:].
func stored(in *bitReader, out []byte, n int) (int, error) {
	in.align()
	if in.pos+4 > len(in.src) {
		return n, errInput
	}
	size := int(binary.LittleEndian.Uint16(in.src[in.pos:]))
	if size != int(^binary.LittleEndian.Uint16(in.src[in.pos+2:])) {
		return n, errStream
	}
	in.pos += 4
	if in.pos+size > len(in.src) {
		return n, errInput
	}
	room := len(out) - dstPad - n
	copy(out[n:n+min(size, room)], in.src[in.pos:])
	if size > room {
		return n + room, errFull
	}
	in.pos += size
	return n + size, nil
}

// decode reads the symbols of one block and writes to out[o:], at most up to
// dstPad before its end.
func decode(t *tables, in *bitReader, out []byte, o int) (int, error) {
	src, pos, buf, n := in.src, in.pos, in.buf, in.n
	limit, inEnd := len(out)-dstPad, len(in.src)-16
	lit, dist, litMask, distMask := &t.lit, &t.dist, t.litMask, t.distMask
	for pos <= inEnd && o <= limit {
		buf |= binary.LittleEndian.Uint64(src[pos:]) << (n & 63)
		pos += int((63 - n) >> 3)
		n |= 56
		// Up to three literals of at most litBits each.
		e := lit[buf&litMask]
		if e&isLiteral != 0 {
			buf, n = buf>>(e&63), n-uint(e&63)
			out[o] = byte(e >> 16)
			o++
			e = lit[buf&litMask]
			if e&isLiteral != 0 {
				buf, n = buf>>(e&63), n-uint(e&63)
				out[o] = byte(e >> 16)
				o++
				e = lit[buf&litMask]
				if e&isLiteral != 0 {
					buf, n = buf>>(e&63), n-uint(e&63)
					out[o] = byte(e >> 16)
					o++
					continue
				}
			}
		}
		if e&isSpecial != 0 {
			if e&isPointer != 0 {
				buf, n = buf>>(e&63), n-uint(e&63)
				e = lit[uint64(e>>16)+buf&(1<<(e>>8&15)-1)]
			}
			switch {
			case e&isLiteral != 0:
				buf, n = buf>>(e&63), n-uint(e&63)
				out[o] = byte(e >> 16)
				o++
				continue
			case e&isEnd != 0:
				in.pos, in.buf, in.n = pos, buf>>(e&63), n-uint(e&63)
				if o > limit {
					return limit, errFull
				}
				return o, nil
			case e&isSpecial != 0:
				return o, errStream
			}
		}
		length := int(e>>16) + int(buf&(1<<(e&63)-1)>>(e>>8&15))
		buf, n = buf>>(e&63), n-uint(e&63)
		if n < 32 { // a distance takes up to 15 bits of code and 13 more
			buf |= binary.LittleEndian.Uint64(src[pos:]) << (n & 63)
			pos += int((63 - n) >> 3)
			n |= 56
		}
		e = dist[buf&distMask]
		if e&isSpecial != 0 {
			if e&isPointer != 0 {
				buf, n = buf>>(e&63), n-uint(e&63)
				e = dist[uint64(e>>16)+buf&(1<<(e>>8&15)-1)]
			}
			if e&isSpecial != 0 {
				return o, errStream
			}
		}
		d := int(e>>16) + int(buf&(1<<(e&63)-1)>>(e>>8&15))
		buf, n = buf>>(e&63), n-uint(e&63)
		if d > o {
			return o, errStream
		}
		if d >= 8 && length <= 16 {
			from, to := out[o-d:o-d+16:o-d+16], out[o:o+16:o+16]
			binary.LittleEndian.PutUint64(to, binary.LittleEndian.Uint64(from))
			binary.LittleEndian.PutUint64(to[8:], binary.LittleEndian.Uint64(from[8:]))
		} else {
			repeat(out, o, d, length)
		}
		o += length
	}
	if o > limit {
		return limit, errFull
	}
	return o, errInput
}

// repeat copies length bytes from d bytes before o to o. Up to 7 bytes behind
// them are overwritten.
func repeat(out []byte, o, d, length int) {
	end := o + length
	switch {
	case d >= length && length > 32:
		copy(out[o:end], out[o-d:])
	case d >= 8:
		for ; o < end; o += 8 {
			binary.LittleEndian.PutUint64(out[o:], binary.LittleEndian.Uint64(out[o-d:]))
		}
	case d == 1:
		word := uint64(out[o-1]) * 0x0101010101010101
		for ; o < end; o += 8 {
			binary.LittleEndian.PutUint64(out[o:], word)
		}
	default:
		for ; o < end; o++ {
			out[o] = out[o-d]
		}
	}
}
