package history

import "encoding/binary"

// See "Database File Format" of sqlite.org. A table is a tree of pages whose leaves
// hold the rows by number; what of a row does not fit goes to pages of its own.
const (
	pageSize    = 4096
	headerSize  = 100 // of the file, at the beginning of the first page
	kindInner   = 5   // of a page of a table
	kindLeaf    = 13
	application = 0x61737379 // "assy": says whose file it is
	version     = 1          // of the schema
	writtenBy   = 3045000    // a version of SQLite that knows all that is used here

	// How much of a row stands in a leaf, in bytes.
	maxLocal = pageSize - 35
	minLocal = (pageSize-12)*32/255 - 23
)

const magic = "SQLite format 3\x00"

// encode returns a database with the table and rows numbered from 1.
func encode(rows []row) []byte {
	e := &encoder{pages: make([][]byte, 1)} // the first is the schema's
	var cells [][]byte
	for i, r := range rows {
		cells = append(cells, e.cell(i+1, record(r)))
	}
	root := e.tree(cells)
	first := make([]byte, pageSize)
	e.fill(first, headerSize, kindLeaf, 0, [][]byte{e.cell(1, record(row{"table", "runs", "runs", int64(root), schema}))})
	header(first, len(e.pages))
	e.pages[0] = first
	data := make([]byte, 0, len(e.pages)*pageSize)
	for _, p := range e.pages {
		data = append(data, p...)
	}
	return data
}

func header(page []byte, pages int) {
	copy(page, magic)
	binary.BigEndian.PutUint16(page[16:], pageSize)
	copy(page[18:], []byte{1, 1, 0, 64, 32, 32}) // no log; nothing reserved; fixed fractions
	for at, n := range map[int]uint32{24: 1, 28: uint32(pages), 40: 1, 44: 4, 56: 1, 60: version, 68: application, 92: 1, 96: writtenBy} {
		binary.BigEndian.PutUint32(page[at:], n)
	}
}

// An encoder makes pages. A page's number is its place, from 1.
type encoder struct{ pages [][]byte }

func (e *encoder) add() (page []byte, number uint32) {
	page = make([]byte, pageSize)
	e.pages = append(e.pages, page)
	return page, uint32(len(e.pages))
}

// tree writes cells to leaves and leaves under pages above them, and returns the page
// at the top.
func (e *encoder) tree(cells [][]byte) uint32 {
	type child struct {
		page uint32
		last uint64 // row number
	}
	var level []child
	row := 0
	for _, group := range grouped(cells, pageSize-8) {
		page, number := e.add()
		e.fill(page, 0, kindLeaf, 0, group)
		row += len(group)
		level = append(level, child{number, uint64(row)})
	}
	for len(level) > 1 {
		var above []child
		inner := make([][]byte, len(level))
		for i, c := range level {
			inner[i] = binary.BigEndian.AppendUint32(nil, c.page)
			inner[i] = appendVarint(inner[i], c.last)
		}
		at := 0
		for _, group := range pairs(grouped(inner, pageSize-12)) {
			page, number := e.add()
			at += len(group)
			last := level[at-1] // is reached over a field of its own
			e.fill(page, 0, kindInner, last.page, group[:len(group)-1])
			above = append(above, child{number, last.last})
		}
		level = above
	}
	return level[0].page
}

// pairs sees to it that no page above others has one below it only, which SQLite does
// not know: the last group gets a cell of the one before. They are all as short.
func pairs(groups [][][]byte) [][][]byte {
	last := len(groups) - 1
	if last > 0 && len(groups[last]) == 1 {
		before := groups[last-1]
		groups[last] = [][]byte{before[len(before)-1], groups[last][0]}
		groups[last-1] = before[:len(before)-1]
	}
	return groups
}

// grouped cuts cells into runs that fit into room bytes with the two bytes that point
// to each. There is one run at least.
func grouped(cells [][]byte, room int) [][][]byte {
	groups := [][][]byte{nil}
	used := 0
	for _, c := range cells {
		if used+len(c)+2 > room {
			groups = append(groups, nil)
			used = 0
		}
		used += len(c) + 2
		groups[len(groups)-1] = append(groups[len(groups)-1], c)
	}
	return groups
}

// fill writes a page: pointers from its beginning, cells from its end.
func (e *encoder) fill(page []byte, start int, kind byte, right uint32, cells [][]byte) {
	page[start] = kind
	binary.BigEndian.PutUint16(page[start+3:], uint16(len(cells)))
	pointers := start + 8
	if kind == kindInner {
		binary.BigEndian.PutUint32(page[start+8:], right)
		pointers += 4
	}
	end := pageSize
	for i, c := range cells {
		end -= len(c)
		copy(page[end:], c)
		binary.BigEndian.PutUint16(page[pointers+2*i:], uint16(end))
	}
	binary.BigEndian.PutUint16(page[start+5:], uint16(end))
}

// cell is a row as it stands in a leaf. The rest of a long one goes to pages that
// name each other.
func (e *encoder) cell(number int, record []byte) []byte {
	cell := appendVarint(nil, uint64(len(record)))
	cell = appendVarint(cell, uint64(number))
	local := localSize(len(record))
	cell = append(cell, record[:local]...)
	rest := record[local:]
	if len(rest) == 0 {
		return cell
	}
	cell = binary.BigEndian.AppendUint32(cell, uint32(len(e.pages)+1))
	for len(rest) > 0 {
		page, number := e.add()
		n := copy(page[4:], rest)
		if rest = rest[n:]; len(rest) > 0 {
			binary.BigEndian.PutUint32(page, number+1)
		}
	}
	return cell
}

// localSize is how much of a record stands in its leaf.
func localSize(size int) int {
	if size <= maxLocal {
		return size
	}
	if n := minLocal + (size-minLocal)%(pageSize-4); n <= maxLocal {
		return n
	}
	return minLocal
}

// record is a row: the kinds of its values, then the values.
func record(values row) []byte {
	var kinds, body []byte
	for _, v := range values {
		switch v := v.(type) {
		case int64:
			kinds = appendVarint(kinds, 6)
			body = binary.BigEndian.AppendUint64(body, uint64(v))
		case string:
			kinds = appendVarint(kinds, uint64(13+2*len(v)))
			body = append(body, v...)
		default:
			kinds = append(kinds, 0) // NULL; that of the key stands for the row's number
		}
	}
	size := len(kinds) + 1
	if size > 127 {
		size++ // its own length takes two bytes; there are never more than 25 columns
	}
	return append(append(appendVarint(nil, uint64(size)), kinds...), body...)
}

// appendVarint appends n in groups of seven bits, the highest first. It is below
// 1<<56 here.
func appendVarint(b []byte, n uint64) []byte {
	var digits [9]byte
	i := len(digits) - 1
	digits[i] = byte(n & 0x7f)
	for n >>= 7; n > 0; n >>= 7 {
		i--
		digits[i] = byte(n&0x7f) | 0x80
	}
	return append(b, digits[i:]...)
}
