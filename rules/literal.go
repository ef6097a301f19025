package rules

import (
	"encoding/binary"
	"math"
)

// The literal filter: every place where a prefix or keyword of any rule stands,
// found in one pass over the raw bytes.
//
// Every literal is filed under four of its bytes: the rarest, and not such that many
// literals have. Three sieves follow each other, each cheap for what reaches it:
//
//   - A table, which fits the first-level cache beside the text, tells of the four
//     bytes at every offset whether a literal may have them. Three bytes, with the
//     case of letters folded, choose a word of 16 bits. Twelve of these are for
//     literals of four and more, which set two each by their last byte; four are for
//     those of three bytes. So one load serves both. About 23 offsets in 1,000 of
//     source code pass.
//   - Two bitmaps with independent hashes, the second of which does not fold, are
//     asked without a branch about the places that are left. Some 5 in 1,000 pass,
//     and at every fifth of them a literal stands.
//   - The entries of the literals are compared, 1.5 for each of these places.
//
// The first sieve decides the speed. The designs that it was chosen from are kept in
// the tests, complete with the comparisons, checked to find the same, and compared by
// BenchmarkDesigns: MB a second of processor time on a Zen 3 core that others shared,
// with the literals of the built-in rules, on 8 MB of the source of Go, of Kubernetes,
// of the npm package n8n-nodes-base (minified, many keys) and of Icinga (C++):
//
//	145  120  110  176  an automaton of all literals (Aho-Corasick), one step a byte: its
//	                    states are megabytes, so that steps wait for a cache. There is no
//	                    rare byte to skip to: literals begin with every letter and digit
//	155   80   84  140  hashes of three bytes at every second offset against a bitmap, each
//	                    literal filed twice, and of all offsets for literals of three bytes
//	134  105  102  162  sets of bytes by position (Teddy) in Go: 8 groups of so many
//	                    literals let more than a quarter of all offsets pass
//	 49   41   39   57  the same in vectors, by halves of bytes: nearly all pass
//	243  192  203  237  this table, in Go: for arm64, all other processors and short texts
//	993  872  608 1122  this table, in vectors (AVX2): for amd64
//
// In vectors the words of the table are fetched one by one (VPINSRW), their numbers taken
// from registers; by way of memory it was a quarter slower, by VPGATHERDD a third.

// maxLiteral bounds a literal, in bytes.
const maxLiteral = 255

// The bitmaps have 2^17 and 2^16 bits: 16 KiB and 8 KiB. With some 1,900
// literals less than one bit in a hundred is set.
const (
	longBits  = 17
	shortBits = 16
)

// tableSize is how many words the table of the first sieve has: 16 KiB, half of
// the first-level cache of common processors.
const tableSize = 1 << 13

// headBits is how many bits of a hash choose a bucket. Few bits keep the tables
// small, which a hook that scans one file pays for; the bitmaps have more.
const headBits = 12

// hashFactor spreads a few bytes over the upper bits of a 32-bit product
// (Knuth's multiplicative hashing, 2^32 divided by the golden ratio). Its halves
// serve where there are 16 bits.
const (
	hashFactor = 2654435769
	mulA       = hashFactor >> 16
	mulB       = hashFactor & 0xffff
)

// fold sets the bit that tells lower from upper case in each of four bytes. It
// also merges some other characters, which costs a comparison and no more.
const fold = 0x20202020

// overlap is how many bytes the first sieve sees beyond an offset.
const overlap = 3

// The first sieve works on chunk offsets at most, so that a byte tells a place
// among them. Its vector form wants at least blockSize.
const (
	chunk     = 256
	blockSize = 32
)

type literals struct {
	table      [tableSize]uint16
	long       [1 << longBits / 64]uint64
	short      [1 << shortBits / 64]uint64
	longHeads  [1 << headBits]uint16 // 1 + index of the first entry in a bucket
	shortHeads [1 << headBits]uint16
	probes     []probe // of the entries
	entries    []entry
}

// A probe is what of an entry is looked at first, apart from the rest: those that
// source code meets all the time then stay in the first-level cache.
type probe struct {
	near, mask uint64 // see nearby: what it is like where the literal stands, and which bits tell
	next       uint16 // 1 + index of the next entry of the bucket
	offset     uint8  // of the bytes that the literal is filed under
}

// An entry is one literal and the rules that it calls. A literal of three bytes
// whose case does not count has an entry for each way to write it.
type entry struct {
	text  string // lower case
	exact string // the literal as written, where case counts
	rules []int  // indices into Set.rules
}

// A hit is a literal found at [start, end).
type hit struct {
	start, end, entry int
}

func hashLong(v uint32) uint32 { return v * hashFactor >> (32 - longBits) }

func hashShort(v uint32) uint32 { return (v << 8) * hashFactor >> (32 - shortBits) }

// hashTable hashes the lower three bytes of v, which are folded, to the 13 bits
// of a word's number, and below them 3 bits, of which shortBit uses two.
func hashTable(v uint32) uint32 { return (v*mulA + v>>8*mulB) & 0xffff }

// longBucket returns the number of the bucket of literals that are filed under the
// folded bytes v.
func longBucket(v uint32) uint32 { return hashLong(v) >> (longBits - headBits) }

func shortBucket(v uint32) uint32 { return hashShort(v) >> (shortBits - headBits) }

func fourBytes[text string | []byte](s text) uint32 {
	return threeBytes(s) | uint32(s[3])<<24
}

// longMask has the two bits of a word of the table that a literal of four bytes and
// more has there, by the last of its bytes v: one of eight and one of four.
func longMask(v uint32) uint16 { return 1<<8<<(v>>24&7) | 1<<(v>>27&3) }

// shortMask has the bit that a literal of three bytes has, by their hashTable: one of four.
func shortMask(h uint32) uint16 { return 1 << 4 << (h & 3) }

func threeBytes[text string | []byte](s text) uint32 {
	return uint32(s[0]) | uint32(s[1])<<8 | uint32(s[2])<<16
}

// An indexer files literals. All of them are counted before the first is filed.
type indexer struct {
	*literals
	rules   []int                 // memory for entry.rules: nearly all have one
	holders [1 << headBits]uint16 // by bucket: how often the literals hold four bytes that belong there
}

func newIndexer(l *literals) *indexer {
	const usual = 2048 // entries of the built-in rules, and some
	l.probes, l.entries = make([]probe, 0, usual), make([]entry, 0, usual)
	return &indexer{literals: l, rules: make([]int, 0, usual)}
}

// count takes in a literal that is to be filed.
func (x *indexer) count(text string) {
	for i := 0; i+4 <= len(text); i++ {
		x.holders[longBucket(fourBytes(text[i:])|fold)]++
	}
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
	p, head := x.file(&e)
	for n := *head; n != 0; n = x.probes[n-1].next {
		if known := &x.entries[n-1]; known.text == e.text && known.exact == e.exact {
			known.rules = append(known.rules, rule)
			return
		}
	}
	x.rules = append(x.rules, rule)
	e.rules, p.next = x.rules[len(x.rules)-1:len(x.rules):len(x.rules)], *head
	x.probes, x.entries = append(x.probes, p), append(x.entries, e)
	*head = uint16(len(x.entries))
}

// file marks the literal in the sieves and returns its probe and the head of its
// bucket.
func (x *indexer) file(e *entry) (p probe, head *uint16) {
	if len(e.text) == minLiteral {
		v := threeBytes(e.exact)
		t, h := hashTable(v|fold), hashShort(v)
		x.table[t>>3] |= shortMask(t)
		x.short[h/64] |= 1 << (h % 64)
		p.near, p.mask = uint64(v)<<32, 0xffffff<<32
		return p, &x.shortHeads[shortBucket(v)]
	}
	at := x.rarest(e.text)
	v := fourBytes(e.text[at:]) | fold
	t, h := hashTable(v), hashLong(v)
	x.table[t>>3] |= longMask(v)
	x.long[h/64] |= 1 << (h % 64)
	p.offset = uint8(at)
	p.near, p.mask = nearby([]byte(e.text[:at+4]), at)|fold<<32|fold, ^uint64(0)<<(8*max(0, 4-at))
	p.near &= p.mask
	return p, &x.longHeads[longBucket(v)]
}

// nearby returns the four bytes before offset i and the four from there on, as
// they stand in the memory of a little-endian machine. Those before are 0 where
// data has less than four of them.
func nearby(data []byte, i int) uint64 {
	if i >= 4 {
		return binary.LittleEndian.Uint64(data[i-4:])
	}
	near := uint64(binary.LittleEndian.Uint32(data[i:])) << 32
	for k := range i {
		near |= uint64(data[k]) << (8 * (4 - i + k))
	}
	return near
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

// rarest returns the offset of the four bytes of s that are met least often: their
// letters surprise after each other, and few literals hold them. What many hold,
// such as _key or .com, is common in texts, and all of them would have to be compared.
func (x *indexer) rarest(s string) int {
	best, bestScore := 0, math.MinInt
	for i := 0; i+4 <= len(s); i++ {
		a, b, c, d := letterIndex(s[i]), letterIndex(s[i+1]), letterIndex(s[i+2]), letterIndex(s[i+3])
		score := halfBits(0, 0, a) + halfBits(0, a, b) + halfBits(a, b, c) + halfBits(b, c, d)
		if score -= int(x.holders[longBucket(fourBytes(s[i:])|fold)]); score > bestScore {
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
	if len(data) < minLiteral {
		return dst
	}
	last := len(data) - overlap
	if last < blockSize {
		var places [blockSize]uint8 // of names there are many: the array is worth its own size
		dst = l.look(dst, data, 0, places[:l.siftGo(places[:], data)])
	} else {
		dst = l.findMany(dst, data)
	}
	// At the last offset there is no fourth byte.
	v := threeBytes(data[last:])
	return l.bucket(dst, data, last, uint64(v)<<32, l.shortHeads[shortBucket(v)])
}

// findMany finds the literals before the last offset.
func (l *literals) findMany(dst []hit, data []byte) []hit {
	var places [chunk]uint8
	for i := 0; i+overlap < len(data); i += chunk {
		text := data[i:min(i+chunk+overlap, len(data))]
		dst = l.look(dst, data, i, places[:l.sift(&places, text)])
	}
	return dst
}

// siftGo is the first sieve: it lists the offsets of data, ascending, at which a
// literal may be filed, and returns their number. All offsets that have four bytes
// are asked; places has room for each of them.
func (l *literals) siftGo(places []uint8, data []byte) int {
	n := 0
	rest := data
	for ; len(rest) >= 8; rest = rest[4:] {
		v := binary.LittleEndian.Uint64(rest) | fold<<32 | fold
		if l.may(uint32(v))|l.may(uint32(v>>8))|l.may(uint32(v>>16))|l.may(uint32(v>>24)) == 0 {
			continue // one branch for four offsets
		}
		for i := len(data) - len(rest); i < len(data)-len(rest)+4; i++ {
			places[n] = uint8(i)
			if l.may(uint32(v)) != 0 {
				n++
			}
			v >>= 8
		}
	}
	for ; len(rest) > overlap; rest = rest[1:] {
		if l.may(binary.LittleEndian.Uint32(rest)|fold) != 0 {
			places[n] = uint8(len(data) - len(rest))
			n++
		}
	}
	return n
}

// may returns 0 if no literal is filed under the folded bytes v.
func (l *literals) may(v uint32) uint32 {
	h := hashTable(v)
	word, long := l.table[h>>3], longMask(v)
	lacks := uint32(word&long ^ long)
	return (lacks-1)>>31 | uint32(word&shortMask(h))
}

// look asks the bitmaps about places, which count from base and have four bytes
// each, and compares the literals where they agree.
func (l *literals) look(dst []hit, data []byte, base int, places []uint8) []hit {
	n := 0
	for _, p := range places {
		v := binary.LittleEndian.Uint32(data[base+int(p):])
		a, b := hashLong(v|fold), hashShort(v)
		places[n] = p
		n += int((l.long[a/64]>>(a%64) | l.short[b/64]>>(b%64)) & 1)
	}
	for _, p := range places[:n] {
		i := base + int(p)
		near := nearby(data, i)
		v := uint32(near >> 32)
		if a := hashLong(v | fold); l.long[a/64]>>(a%64)&1 != 0 {
			dst = l.bucket(dst, data, i, near|fold<<32|fold, l.longHeads[a>>(longBits-headBits)])
		}
		if b := hashShort(v); l.short[b/64]>>(b%64)&1 != 0 {
			dst = l.bucket(dst, data, i, near, l.shortHeads[b>>(shortBits-headBits)])
		}
	}
	return dst
}

// bucket compares the literals of a bucket with the text around i, which is near,
// folded if the literals are longer than three bytes.
func (l *literals) bucket(dst []hit, data []byte, i int, near uint64, head uint16) []hit {
	for n := head; n != 0; {
		p := &l.probes[n-1]
		if near&p.mask == p.near {
			e, start := &l.entries[n-1], i-int(p.offset)
			if start >= 0 && start+len(e.text) <= len(data) && e.equal(data[start:start+len(e.text)]) {
				dst = append(dst, hit{start, start + len(e.text), int(n - 1)})
			}
		}
		n = p.next
	}
	return dst
}

// equal reports whether text is the literal. text has its length.
func (e *entry) equal(text []byte) bool {
	if e.exact != "" {
		return string(text) == e.exact
	}
	for i, c := range text {
		if c != e.text[i] && lower(c) != e.text[i] {
			return false
		}
	}
	return true
}

// foldASCII returns s with the ASCII letters in lower case.
func foldASCII(s string) string {
	for i := range len(s) {
		if lower(s[i]) == s[i] {
			continue
		}
		folded := []byte(s)
		for ; i < len(folded); i++ {
			folded[i] = lower(folded[i])
		}
		return string(folded)
	}
	return s // as most keywords are
}

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}
