package object

import (
	"bytes"
	"encoding/binary"
	"hash"
	"math/bits"
	"sort"
)

const (
	indexMagic = 0xff744f63 // begins an index of version 2 and later
	fanSize    = 256 * 4
)

// An index is the table of a pack's objects, sorted by id. It is parsed in
// place from an .idx file, of version 1 or 2, or filled by reading the pack.
type index struct {
	n, hashSize int
	fan         []byte // 256 counts
	names       []byte // n ids, each followed by stride-hashSize other bytes
	stride      int
	crcs        []byte // n checksums; nil in version 1
	offs        []byte // n offsets of 4 bytes; interleaved in version 1
	offs64      []byte
	version1    bool
	packSum     []byte // the pack's trailer, as the index remembers it
	sum         []byte // the index's own trailer, which was compared with its content
	content     *content
	repeats     bool // an id occurs more than once

	made    []ID // instead of all of the above, for a pack without .idx
	madeOff []int64
}

// parseIndex checks the structure of an index, its checksum and its order.
func parseIndex(b []byte, hashSize int) (*index, error) {
	x, err := layIndex(b, hashSize)
	if err != nil {
		return nil, err
	}
	if err := checkTrailer(b, newHash(hashSize)); err != nil {
		return nil, err
	}
	x.sum = bytes.Clone(b[len(b)-hashSize:])
	return x, x.checkOrder()
}

// layIndex finds the parts of an index. No id can lead out of them, but a
// damaged one leads to another object or to none.
func layIndex(b []byte, hashSize int) (*index, error) {
	x := &index{hashSize: hashSize}
	if len(b) < fanSize+2*hashSize {
		return nil, damagedf("index of %d bytes", len(b))
	}
	var err error
	if binary.BigEndian.Uint32(b) == indexMagic {
		err = x.parse2(b)
	} else {
		err = x.parse1(b)
	}
	if err != nil {
		return nil, err
	}
	x.packSum = b[len(b)-2*hashSize : len(b)-hashSize]
	return x, x.checkCounts()
}

// checkCounts makes sure that the counts by first byte ascend.
func (x *index) checkCounts() error {
	at := uint32(0)
	for first := range 256 {
		end := binary.BigEndian.Uint32(x.fan[4*first:])
		if end < at || int64(end) > int64(x.n) {
			return damagedf("counts of the index")
		}
		at = end
	}
	return nil
}

// checkTrailer compares the hash of b with the hash at its end.
func checkTrailer(b []byte, h hash.Hash) error {
	body := len(b) - h.Size()
	h.Write(b[:body])
	if !bytes.Equal(h.Sum(nil), b[body:]) {
		return damagedf("checksum of the index")
	}
	return nil
}

func (x *index) parse1(b []byte) error {
	x.version1 = true
	x.fan = b[:fanSize]
	x.n = int(binary.BigEndian.Uint32(x.fan[fanSize-4:]))
	x.stride = 4 + x.hashSize
	rest := b[fanSize : len(b)-2*x.hashSize]
	if int64(len(rest)) != int64(x.n)*int64(x.stride) {
		return damagedf("index of %d bytes for %d objects", len(b), x.n)
	}
	x.offs = rest
	if x.n > 0 {
		x.names = rest[4:]
	}
	return nil
}

func (x *index) parse2(b []byte) error {
	if v := binary.BigEndian.Uint32(b[4:]); v != 2 {
		return damagedf("index of version %d", v)
	}
	if len(b) < 8+fanSize+2*x.hashSize {
		return damagedf("index of %d bytes", len(b))
	}
	x.fan = b[8 : 8+fanSize]
	count := int64(binary.BigEndian.Uint32(x.fan[fanSize-4:]))
	x.stride = x.hashSize
	rest := b[8+fanSize : len(b)-2*x.hashSize]
	far := int64(len(rest)) - count*int64(x.hashSize+8)
	if far < 0 || far%8 != 0 || far > 8*count {
		return damagedf("index of %d bytes for %d objects", len(b), count)
	}
	x.n = int(count)
	x.names, rest = rest[:x.n*x.hashSize], rest[x.n*x.hashSize:]
	x.crcs, rest = rest[:x.n*4], rest[x.n*4:]
	x.offs, x.offs64 = rest[:x.n*4], rest[x.n*4:]
	return nil
}

// checkOrder makes sure that ids ascend and that they fit the counts by first byte,
// since a search would overlook ids that are out of place.
func (x *index) checkOrder() error {
	at := 0
	for first := range 256 {
		end := int(binary.BigEndian.Uint32(x.fan[4*first:]))
		for ; at < end; at++ {
			order := -1
			if at > 0 {
				order = bytes.Compare(x.name(at-1), x.name(at))
			}
			if int(x.name(at)[0]) != first || order > 0 {
				return damagedf("order of the index at %d", at)
			}
			x.repeats = x.repeats || order == 0
		}
	}
	return nil
}

// name returns the bytes of the i-th id, in place.
func (x *index) name(i int) []byte {
	if x.made != nil {
		return x.made[i].hash[:x.hashSize]
	}
	return x.names[i*x.stride:][:x.hashSize]
}

func (x *index) id(i int) ID { return idFrom(x.name(i), x.hashSize) }

// offset returns where the i-th object claims to lie; 0, where no object can
// be, for nonsense.
func (x *index) offset(i int) int64 {
	if x.made != nil {
		return x.madeOff[i]
	}
	v := binary.BigEndian.Uint32(x.offs[i*x.offStride():])
	if x.version1 || v>>31 == 0 {
		return int64(v)
	}
	at := int(v&(1<<31-1)) * 8
	if at+8 > len(x.offs64) {
		return 0
	}
	far := binary.BigEndian.Uint64(x.offs64[at:])
	if bits.Len64(far) > 62 {
		return 0
	}
	return int64(far)
}

func (x *index) offStride() int {
	if x.version1 {
		return x.stride
	}
	return 4
}

// crc returns the checksum over the i-th object's bytes in the pack.
func (x *index) crc(i int) (uint32, bool) {
	if x.crcs == nil {
		return 0, false
	}
	return binary.BigEndian.Uint32(x.crcs[4*i:]), true
}

// find returns the position of id.
func (x *index) find(id ID) (int, bool) {
	if int(id.size) != x.hashSize {
		return 0, false
	}
	lo, hi := x.bucket(id.hash[0])
	want := id.hash[:x.hashSize]
	i := lo + sort.Search(hi-lo, func(i int) bool { return bytes.Compare(x.name(lo+i), want) >= 0 })
	return i, i < hi && bytes.Equal(x.name(i), want)
}

// bucket returns the range of positions whose ids begin with first.
func (x *index) bucket(first byte) (lo, hi int) {
	if x.made != nil {
		lo = sort.Search(x.n, func(i int) bool { return x.made[i].hash[0] >= first })
		hi = lo + sort.Search(x.n-lo, func(i int) bool { return x.made[lo+i].hash[0] > first })
		return lo, hi
	}
	if first > 0 {
		lo = int(binary.BigEndian.Uint32(x.fan[4*int(first)-4:]))
	}
	return lo, int(binary.BigEndian.Uint32(x.fan[4*int(first):]))
}
