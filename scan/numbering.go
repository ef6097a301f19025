package scan

import (
	"math/bits"

	"github.com/assayhq/assay/scan/object"
)

// An idTable tells under which number an object was filed: a hash table with
// linear probing. Ids are hashes, so their own bytes tell where to look. It is
// filled and asked in long loops that do nothing else, so that the processor waits
// for several cells at a time.
type idTable struct {
	cells []uint64 // some bits of the id above, 1 + the number below; 0 where nothing is
	filed int      // cells that are taken
	shift int      // of a 32-bit hash to an index of cells
	id    func(number uint32) object.ID
}

// newIDTable returns a table with room for so many objects; it grows where there
// are more. id returns the id of an object that was filed.
func newIDTable(objects int, id func(uint32) object.ID) *idTable {
	t := &idTable{id: id}
	t.make(max(6, bits.Len(uint(objects+objects/2))))
	return t
}

// make makes 2^n empty cells.
func (t *idTable) make(n int) { t.cells, t.shift = make([]uint64, 1<<n), 32-min(n, 32) }

// add files an object. The first number of an object stays.
func (t *idTable) add(id object.ID, number uint32) {
	i, ok := t.find(id)
	if ok {
		return
	}
	h, _ := id.Head()
	t.cells[i] = h>>32<<32 | uint64(number+1)
	if t.filed++; t.filed > len(t.cells)/4*3 {
		t.grow()
	}
}

// grow doubles the table.
func (t *idTable) grow() {
	old := t.cells
	t.make(bits.Len(uint(len(old))))
	for _, c := range old {
		if c != 0 {
			i, _ := t.find(t.id(uint32(c) - 1))
			t.cells[i] = c
		}
	}
}

// number returns the number of an object.
func (t *idTable) number(id object.ID) (number uint32, ok bool) {
	i, ok := t.find(id)
	return uint32(t.cells[i]) - 1, ok
}

// find returns the cell that an object is in, or that it would be put in.
func (t *idTable) find(id object.ID) (cell int, ok bool) {
	h, _ := id.Head()
	mask := len(t.cells) - 1
	for i := int(uint32(h) >> t.shift); ; i = (i + 1) & mask {
		c := t.cells[i]
		if c == 0 {
			return i, false
		}
		if c>>32 == h>>32 && t.id(uint32(c)-1) == id {
			return i, true
		}
	}
}
