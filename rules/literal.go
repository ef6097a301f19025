package rules

import "encoding/binary"

// The literal filter: every place where a prefix or keyword of any rule stands,
// found in one pass over the raw bytes.
//
// Four bytes at every offset, with the case of letters folded, are hashed to a
// bit of a bitmap that fits the first-level cache; literals of three bytes have a
// bitmap of their own, which does not fold. Most offsets of most files end
// there. Where the bit is set, the literals that share the hash are compared.
// Each literal is filed under its rarest four bytes, not its first.

// maxLiteral bounds a literal, in bytes.
const maxLiteral = 255

// The bitmaps have 2^17 and 2^16 bits: 16 KiB and 8 KiB. With some 1,900
// literals less than one bit in a hundred is set.
const (
	longBits  = 17
	shortBits = 16
)

// headBits is how many bits of a hash choose a bucket. Few bits keep the tables
// small, which a hook that scans one file pays for; the bitmaps have more.
const headBits = 12

// hashFactor spreads a few bytes over the upper bits of a 32-bit product
// (Knuth's multiplicative hashing, 2^32 divided by the golden ratio).
const hashFactor = 2654435769

// fold sets the bit that tells lower from upper case in each of four bytes. It
// also merges some other characters, which costs a comparison and no more.
const fold = 0x20202020

type literals struct {
	long       [1 << longBits / 64]uint64
	short      [1 << shortBits / 64]uint64
	longHeads  [1 << headBits]uint16 // 1 + index of the first entry in a bucket
	shortHeads [1 << headBits]uint16
	entries    []entry
}

// An entry is one literal and the rules that it calls. A literal of three bytes
// whose case does not count has an entry for each way to write it.
type entry struct {
	text   string // lower case
	exact  string // the literal as written, where case counts
	offset int    // of the bytes that it is filed under
	next   uint16 // 1 + index of the next entry of the bucket
	rules  []int  // indices into Set.rules
}

// A hit is a literal found at [start, end).
type hit struct {
	start, end, entry int
}

func hashLong(v uint32) uint32 { return v * hashFactor >> (32 - longBits) }

func hashShort(v uint32) uint32 { return (v << 8) * hashFactor >> (32 - shortBits) }

func threeBytes(s string) uint32 { return uint32(s[0]) | uint32(s[1])<<8 | uint32(s[2])<<16 }

// An indexer files literals.
type indexer struct{ *literals }

func newIndexer(l *literals) *indexer {
	l.entries = make([]entry, 0, 2048)
	return &indexer{l}
}

// add files a literal for a rule; exact says that its case counts.
func (x *indexer) add(text string, exact bool, rule int) {
	if len(text) == minLiteral && !exact {
		for _, variant := range caseVariants(text) {
			x.add(variant, true, rule)
		}
		return
	}
	if !exact {
		text = foldASCII(text)
	}
	e := entry{text: foldASCII(text)}
	if exact {
		e.exact = text
	}
	head := x.file(&e)
	for n := *head; n != 0; n = x.entries[n-1].next {
		if known := &x.entries[n-1]; known.text == e.text && known.exact == e.exact {
			known.rules = append(known.rules, rule)
			return
		}
	}
	e.rules, e.next = []int{rule}, *head
	x.entries = append(x.entries, e)
	*head = uint16(len(x.entries))
}

// file marks the literal in its bitmap and returns the head of its bucket.
func (x *indexer) file(e *entry) *uint16 {
	if len(e.text) == minLiteral {
		h := hashShort(threeBytes(e.exact))
		x.short[h/64] |= 1 << (h % 64)
		return &x.shortHeads[h>>(shortBits-headBits)]
	}
	e.offset = rarest(e.text)
	at := e.text[e.offset:]
	h := hashLong((threeBytes(at) | uint32(at[3])<<24) | fold)
	x.long[h/64] |= 1 << (h % 64)
	return &x.longHeads[h>>(longBits-headBits)]
}

// caseVariants returns all ways to write the letters of a short text.
func caseVariants(text string) []string {
	all := []string{""}
	for _, c := range []byte(foldASCII(text)) {
		var next []string
		for _, head := range all {
			next = append(next, head+string([]byte{c}))
			if 'a' <= c && c <= 'z' {
				next = append(next, head+string([]byte{c - 'a' + 'A'}))
			}
		}
		all = next
	}
	return all
}

// rarest returns the offset of the four bytes of s that are met least often in
// text: those whose letters surprise most after each other.
func rarest(s string) int {
	best, bestScore := 0, -1
	for i := 0; i+4 <= len(s); i++ {
		a, b, c, d := letterIndex(s[i]), letterIndex(s[i+1]), letterIndex(s[i+2]), letterIndex(s[i+3])
		score := halfBits(0, 0, a) + halfBits(0, a, b) + halfBits(a, b, c) + halfBits(b, c, d)
		if score > bestScore {
			best, bestScore = i, score
		}
	}
	return best
}

// letterIndex returns 1 to 26 for a lower-case letter and 0 for what is none, as
// halfBits counts them.
func letterIndex(c byte) int {
	if 'a' <= c && c <= 'z' {
		return int(c-'a') + 1
	}
	return 0
}

// find appends a hit for every literal in data, in about the order of the text.
func (l *literals) find(dst []hit, data []byte) []hit {
	long, short := &l.long, &l.short
	i := 0
	for ; i+8 <= len(data); i += 4 {
		v := binary.LittleEndian.Uint64(data[i:])
		f := v | fold<<32 | fold
		a0, a1, a2, a3 := hashLong(uint32(f)), hashLong(uint32(f>>8)), hashLong(uint32(f>>16)), hashLong(uint32(f>>24))
		b0, b1, b2, b3 := hashShort(uint32(v)), hashShort(uint32(v>>8)), hashShort(uint32(v>>16)), hashShort(uint32(v>>24))
		// One branch for four offsets: nearly always none of the bits is set.
		if (long[a0/64]>>(a0%64)|long[a1/64]>>(a1%64)|long[a2/64]>>(a2%64)|long[a3/64]>>(a3%64)|
			short[b0/64]>>(b0%64)|short[b1/64]>>(b1%64)|short[b2/64]>>(b2%64)|short[b3/64]>>(b3%64))&1 != 0 {
			dst = l.look(dst, data, i, i+4)
		}
	}
	return l.look(dst, data, i, len(data))
}

// look compares the literals at every offset from start to end.
func (l *literals) look(dst []hit, data []byte, start, end int) []hit {
	for i := start; i < min(end, len(data)-2); i++ {
		v := uint32(data[i]) | uint32(data[i+1])<<8 | uint32(data[i+2])<<16
		if h := hashShort(v); l.short[h/64]>>(h%64)&1 != 0 {
			dst = l.bucket(dst, data, i, l.shortHeads[h>>(shortBits-headBits)])
		}
		if i+3 == len(data) {
			break
		}
		if h := hashLong(v | uint32(data[i+3])<<24 | fold); l.long[h/64]>>(h%64)&1 != 0 {
			dst = l.bucket(dst, data, i, l.longHeads[h>>(longBits-headBits)])
		}
	}
	return dst
}

// bucket compares the literals of a bucket with the text around i.
func (l *literals) bucket(dst []hit, data []byte, i int, head uint16) []hit {
	for n := head; n != 0; {
		e := &l.entries[n-1]
		start := i - e.offset
		if start >= 0 && start+len(e.text) <= len(data) && e.equal(data[start:start+len(e.text)]) {
			dst = append(dst, hit{start, start + len(e.text), int(n - 1)})
		}
		n = e.next
	}
	return dst
}

// equal reports whether text is the literal. text has its length.
func (e *entry) equal(text []byte) bool {
	if e.exact != "" {
		return string(text) == e.exact
	}
	for i, c := range text {
		if lower(c) != e.text[i] {
			return false
		}
	}
	return true
}

// foldASCII returns s with the ASCII letters in lower case.
func foldASCII(s string) string {
	folded := []byte(s)
	for i, c := range folded {
		folded[i] = lower(c)
	}
	return string(folded)
}

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}
