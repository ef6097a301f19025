package history

import (
	"encoding/binary"
	"errors"
	"math"
	"strings"
)

var (
	errForeign = errors.New("it is no history of audits")
	errDamaged = errors.New("it is damaged, and was left as it is")
)

// decode returns the rows of the table, in the order of their numbers. It reads what
// SQLite itself may have written too, and refuses a file that holds more than the
// table, since a change would lose that.
func decode(data []byte) ([]row, error) {
	if len(data) < headerSize || string(data[:len(magic)]) != magic || binary.BigEndian.Uint32(data[68:]) != application {
		return nil, errForeign
	}
	d := &decoder{data: data, size: int(binary.BigEndian.Uint16(data[16:]))}
	if d.size == 1 {
		d.size = 1 << 16
	}
	d.usable = d.size - int(data[20])
	if d.size < 512 || d.usable < 480 || data[18] > 2 || binary.BigEndian.Uint32(data[56:]) > 1 {
		return nil, errDamaged
	}
	d.seen = make([]bool, len(data)/d.size+1)
	tables, err := d.table(1, 0)
	if err != nil {
		return nil, err
	}
	if len(tables) != 1 || tables[0].text(1) != "runs" || !strings.EqualFold(tables[0].text(4), schema) {
		return nil, errors.New("it holds other tables than one of runs, which would be lost; make a history of its own")
	}
	return d.table(uint32(tables[0].number(3)), 0)
}

// maxDepth is how many pages of a tree stand above each other: of SQLite's own.
const maxDepth = 20

// A decoder reads pages. No page is read twice, so that none can name itself, and no
// more bytes of rows than the file has, since cells may lie over each other.
type decoder struct {
	data         []byte
	size, usable int
	seen         []bool
	read         int // bytes of rows
}

func (d *decoder) page(number uint32) ([]byte, error) {
	i := int64(number) - 1
	if i < 0 || (i+1)*int64(d.size) > int64(len(d.data)) || d.seen[i] {
		return nil, errDamaged
	}
	d.seen[i] = true
	return d.data[i*int64(d.size):][:d.usable], nil
}

// table returns the rows below a page.
func (d *decoder) table(root uint32, depth int) ([]row, error) {
	page, err := d.page(root)
	if err != nil || depth > maxDepth {
		return nil, errDamaged
	}
	start := 0
	if root == 1 {
		start = headerSize
	}
	count := int(binary.BigEndian.Uint16(page[start+3:]))
	switch page[start] {
	case kindLeaf:
		return d.leaf(page, start+8, count)
	case kindInner:
		return d.inner(page, start+12, count, binary.BigEndian.Uint32(page[start+8:]), depth)
	}
	return nil, errDamaged
}

// cellsOf yields where the cells of a page begin.
func cellsOf(page []byte, pointers, count int, each func(cell []byte) error) error {
	if pointers+2*count > len(page) {
		return errDamaged
	}
	for i := range count {
		at := int(binary.BigEndian.Uint16(page[pointers+2*i:]))
		if at >= len(page) {
			return errDamaged
		}
		if err := each(page[at:]); err != nil {
			return err
		}
	}
	return nil
}

func (d *decoder) inner(page []byte, pointers, count int, right uint32, depth int) ([]row, error) {
	var rows []row
	below := func(number uint32) error {
		more, err := d.table(number, depth+1)
		rows = append(rows, more...)
		return err
	}
	err := cellsOf(page, pointers, count, func(cell []byte) error {
		if len(cell) < 4 {
			return errDamaged
		}
		return below(binary.BigEndian.Uint32(cell))
	})
	if err == nil {
		err = below(right)
	}
	return rows, err
}

func (d *decoder) leaf(page []byte, pointers, count int) ([]row, error) {
	var rows []row
	err := cellsOf(page, pointers, count, func(cell []byte) error {
		size, n := varint(cell)
		_, m := varint(cell[n:])
		if n == 0 || m == 0 || size > uint64(len(d.data)-d.read) {
			return errDamaged
		}
		d.read += int(size)
		record, err := d.whole(cell[n+m:], int(size))
		if err != nil {
			return err
		}
		r, err := parseRecord(record)
		rows = append(rows, r)
		return err
	})
	return rows, err
}

// whole joins what of a record stands in a leaf with the pages that hold the rest.
func (d *decoder) whole(cell []byte, size int) ([]byte, error) {
	local := d.localSize(size)
	if local > len(cell) {
		return nil, errDamaged
	}
	record := append([]byte(nil), cell[:local]...)
	if local == size {
		return record, nil
	}
	if len(cell) < local+4 {
		return nil, errDamaged
	}
	next := binary.BigEndian.Uint32(cell[local:])
	for len(record) < size {
		page, err := d.page(next)
		if err != nil {
			return nil, err
		}
		record = append(record, page[4:min(len(page), 4+size-len(record))]...)
		next = binary.BigEndian.Uint32(page)
	}
	return record, nil
}

// localSize is that of a page of any size.
func (d *decoder) localSize(size int) int {
	most, least := d.usable-35, (d.usable-12)*32/255-23
	if size <= most {
		return size
	}
	if n := least + (size-least)%(d.usable-4); n <= most {
		return n
	}
	return least
}

// sizes are the bytes of the integers of kinds 0 to 6.
var sizes = [...]int{0, 1, 2, 3, 4, 6, 8}

func parseRecord(record []byte) (row, error) {
	size, n := varint(record)
	if n == 0 || size > uint64(len(record)) || int(size) < n {
		return nil, errDamaged
	}
	kinds, body := record[n:size], record[size:]
	var values row
	for len(kinds) > 0 {
		kind, n := varint(kinds)
		if n == 0 || len(values) > columns {
			return nil, errDamaged
		}
		kinds = kinds[n:]
		value, used, ok := parseValue(kind, body)
		if !ok {
			return nil, errDamaged
		}
		values, body = append(values, value), body[used:]
	}
	return values, nil
}

// parseValue reads a value and says how many bytes it took.
func parseValue(kind uint64, body []byte) (value any, used int, ok bool) {
	switch {
	case kind == 8 || kind == 9:
		return int64(kind - 8), 0, true
	case kind < uint64(len(sizes)):
		used = sizes[kind]
	case kind == 7:
		used = 8
	case kind >= 12 && (kind-12)/2 <= uint64(len(body)):
		used = int(kind-12) / 2
	default:
		return nil, 0, false
	}
	if used > len(body) {
		return nil, 0, false
	}
	switch text := body[:used]; {
	case kind == 0:
		return nil, 0, true
	case kind == 7:
		return int64(min(max(math.Float64frombits(binary.BigEndian.Uint64(text)), 0), maxNumber)), used, true
	case kind < 7:
		return signed(text), used, true
	default:
		return string(text), used, true
	}
}

func signed(b []byte) int64 {
	n := int64(int8(b[0]))
	for _, c := range b[1:] {
		n = n<<8 | int64(c)
	}
	return n
}

// varint reads a number of up to nine bytes; n is 0 if there is none.
func varint(b []byte) (x uint64, n int) {
	for n < len(b) && n < 8 {
		x = x<<7 | uint64(b[n]&0x7f)
		n++
		if b[n-1] < 0x80 {
			return x, n
		}
	}
	if n == 8 && n < len(b) {
		return x<<8 | uint64(b[8]), 9
	}
	return 0, 0
}
