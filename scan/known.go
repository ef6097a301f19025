package scan

import (
	"cmp"
	"encoding/binary"
	"slices"
	"sort"

	"github.com/assayhq/assay/scan/object"
)

// A mark stands for an object that was examined: the first 126 bits of its id, and
// its type in the last two bits. To make two objects agree in 126 bits costs 2^63
// hashes, no less than to make SHA-1 itself collide; with the 96 bits that would
// do against chance it is an afternoon on rented machines, and the second of the
// two would never be examined.
type mark struct{ hi, lo uint64 }

const (
	markSize = 16 // bytes in a file
	markType = 3  // the bits of lo that hold the type
)

func markOf(id object.ID, t object.Type) mark {
	hi, lo := id.Head()
	return mark{hi, lo&^markType | uint64(t-object.Commit)}
}

func (m mark) object() object.Type { return object.Type(m.lo&markType) + object.Commit }

// compare orders marks by their ids.
func (m mark) compare(o mark) int {
	if m.hi != o.hi {
		return cmp.Compare(m.hi, o.hi)
	}
	return cmp.Compare(m.lo&^markType, o.lo&^markType)
}

// A markList is marks as they lie in a file, ascending and each object once.
type markList []byte

func (l markList) len() int { return len(l) / markSize }

func (l markList) at(i int) mark {
	b := l[i*markSize:]
	return mark{binary.BigEndian.Uint64(b), binary.BigEndian.Uint64(b[8:])}
}

func (l markList) add(m mark) markList {
	return binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(l, m.hi), m.lo)
}

// find returns the index of an object.
func (l markList) find(id object.ID) (int, bool) {
	want := markOf(id, object.Commit)
	i := sort.Search(l.len(), func(i int) bool { return l.at(i).compare(want) >= 0 })
	return i, i < l.len() && l.at(i).compare(want) == 0
}

// A cursor finds objects in a list that are asked for in ascending order, several
// times over, as object.Store.UnitsExcept asks.
type cursor struct {
	list markList
	pos  int // of the first mark that is not less than last
	last mark
}

func (c *cursor) find(id object.ID) (int, bool) {
	want := markOf(id, object.Commit)
	if want.compare(c.last) < 0 {
		c.pos = 0 // the next pack
	}
	c.last = want
	n, from := c.list.len(), c.pos
	for step := 1; c.pos < n && c.list.at(c.pos).compare(want) < 0; step *= 2 {
		from = c.pos + 1
		c.pos += step
	}
	to := min(c.pos, n)
	c.pos = from + sort.Search(to-from, func(i int) bool { return c.list.at(from+i).compare(want) >= 0 })
	return c.pos, c.pos < n && c.list.at(c.pos).compare(want) == 0
}

// sorted returns marks as a list. Ids are hashes: by the first two of their bytes
// they fall into even shares, which are soon sorted.
func sorted(marks [][]mark) markList {
	var end [1 << 16]int
	n := 0
	for _, some := range marks {
		for _, m := range some {
			end[m.hi>>48]++
			n++
		}
	}
	sum := 0
	for i, k := range end {
		end[i], sum = sum, sum+k
	}
	all := make([]mark, n)
	for _, some := range marks {
		for _, m := range some {
			all[end[m.hi>>48]] = m
			end[m.hi>>48]++
		}
	}
	first := 0
	for _, last := range end {
		slices.SortFunc(all[first:last], mark.compare)
		first = last
	}
	l := make(markList, 0, n*markSize)
	for i, m := range all {
		if i == 0 || m.compare(all[i-1]) != 0 {
			l = l.add(m)
		}
	}
	return l
}

// merged returns what of old was seen, and added, which are sorted and apart.
func merged(old markList, seen []bool, added markList) markList {
	l := make(markList, 0, len(old)+len(added))
	k := 0
	for i := range old.len() {
		if !seen[i] {
			continue
		}
		m := old.at(i)
		for ; k < added.len() && added.at(k).compare(m) < 0; k++ {
			l = l.add(added.at(k))
		}
		l = l.add(m)
		if k < added.len() && added.at(k).compare(m) == 0 {
			k++
		}
	}
	return append(l, added[k*markSize:]...)
}
