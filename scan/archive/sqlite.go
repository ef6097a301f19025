package archive

import (
	"encoding/binary"
	"errors"
	"io"
	"slices"
	"strings"
)

// SQLite databases are read here, tables only: each is a member, each record a line
// of JSON, so that the names of columns stand beside the values. What was deleted,
// and what a write-ahead log holds, is found by its bytes or not at all. See
// "Database File Format" of sqlite.org.
const (
	dbHeader   = 100 // bytes, at the beginning of the first page
	indexInner = 2   // kinds of pages
	tableInner = 5
	indexLeaf  = 10
	tableLeaf  = 13

	// maxRecord is how much of a record is read, in bytes.
	maxRecord = 16 << 20
	// maxTables is how many tables of a database are read.
	maxTables = 10_000
)

// schemaTable is what SQLite calls the table of tables.
const schemaTable = "sqlite_schema"

var errLongRecord = errors.New("a record is longer than 16 MiB; the rest of it was not examined")

// A database is a SQLite file that is being read.
type database struct {
	at       io.ReaderAt
	pageSize int64
	usable   int64 // bytes of a page
	pages    int64
	meter    *Meter
	encoding uint32 // 1 for UTF-8, 2 and 3 for UTF-16 with the low or the high byte first
}

// A table is what the schema says of one.
type table struct {
	name    string
	root    uint32
	columns []string
}

func readSQLite(c Content, m *Meter, next yield) {
	db, err := openDatabase(c)
	if err != nil {
		next(Member{}, err)
		return
	}
	db.meter = m
	schema := table{name: schemaTable, root: 1, columns: []string{"type", "name", "tbl_name", "rootpage", "sql"}}
	tables, err := db.tables(schema)
	if err != nil && !next(Member{Name: schemaTable}, err) {
		return
	}
	read, again := db.bits(), db.bits() // a page belongs to one table
	for _, t := range append([]table{schema}, tables...) {
		rows := &rowReader{records: db.records(t.root, read), columns: t.columns}
		if !next(Member{Name: t.name, Reader: &inflated{r: rows, meter: m}}, nil) {
			return
		}
		if rows.packed && !db.yieldPacked(t, again, next) {
			return
		}
	}
}

func openDatabase(c Content) (*database, error) {
	var head [dbHeader]byte
	if n, _ := c.At.ReadAt(head[:], 0); n < dbHeader {
		return nil, errTruncated
	}
	size := int64(binary.BigEndian.Uint16(head[16:]))
	if size == 1 {
		size = 1 << 16
	}
	if size < 512 || size&(size-1) != 0 {
		return nil, errDamaged
	}
	db := &database{
		at: c.At, pageSize: size, usable: size - int64(head[20]), pages: c.Size / size,
		encoding: binary.BigEndian.Uint32(head[56:]),
	}
	if db.usable < 480 {
		return nil, errDamaged
	}
	return db, nil
}

// tables reads the schema.
func (db *database) tables(schema table) (all []table, err error) {
	rows := db.records(schema.root, db.bits())
	for len(all) < maxTables {
		record, rowErr := rows.next()
		if rowErr == io.EOF {
			return all, rows.fault
		}
		values := db.values(record)
		if len(values) < 5 || values[0].text != "table" || values[3].number <= 0 || values[3].number > db.pages {
			continue
		}
		all = append(all, table{values[1].text, uint32(values[3].number), columnsOf(values[4].text)})
	}
	return all, errors.New("it has more than 10,000 tables; the others were not examined")
}

// yieldPacked hands out the values of a table that are containers themselves.
func (db *database) yieldPacked(t table, seen []uint64, next yield) bool {
	rows := db.records(t.root, seen)
	for {
		record, err := rows.next()
		if err != nil {
			return true // the rows were read once, and said what is wrong
		}
		for i, v := range db.values(record) {
			if v.kind != valueBlob || Sniff(v.blob) == None {
				continue
			}
			name := t.name + "/" + column(t.columns, i)
			body := strings.NewReader(string(v.blob))
			if !next(Member{Name: name, Reader: &inflated{r: body, meter: db.meter}}, nil) {
				return false
			}
		}
	}
}

// A records walks the tree of a table.
type records struct {
	db    *database
	stack []dbPage
	seen  []uint64 // by page: it was read
	fault error    // what was wrong on the way
}

// A dbPage is a page of a tree and how far it was read.
type dbPage struct {
	data  []byte
	start int // of the page's header
	cell  int // the next one
}

// bits returns a bit for each page, all of them zero.
func (db *database) bits() []uint64 { return make([]uint64, db.pages/64+1) }

// records walks the tree with that root, and sets the bits of its pages, none of which
// is read where it is set.
func (db *database) records(root uint32, seen []uint64) *records {
	r := &records{db: db, seen: seen}
	r.push(root)
	return r
}

// page returns a page that was not read yet, nil if there is no such one.
func (r *records) page(n uint32) []byte {
	i := int64(n) - 1
	if i < 0 || i >= r.db.pages || r.seen[i/64]&(1<<(i%64)) != 0 {
		r.fault = errDamaged
		return nil
	}
	r.seen[i/64] |= 1 << (i % 64)
	if r.db.meter.tick(r.db.pageSize) != nil {
		return nil // who reads on is told
	}
	data := make([]byte, r.db.pageSize)
	if k, _ := r.db.at.ReadAt(data, i*r.db.pageSize); int64(k) < r.db.pageSize {
		r.fault = errTruncated
		return nil
	}
	return data[:r.db.usable]
}

func (r *records) push(n uint32) {
	data := r.page(n)
	if data == nil {
		return
	}
	p := dbPage{data: data}
	if n == 1 {
		p.start = dbHeader
	}
	switch data[p.start] {
	case tableInner, tableLeaf, indexInner, indexLeaf:
		r.stack = append(r.stack, p)
	default:
		r.fault = errDamaged
	}
}

func (p *dbPage) kind() byte { return p.data[p.start] }

// inner reports whether a page has others below it.
func (p *dbPage) inner() bool { return p.kind() == tableInner || p.kind() == indexInner }

func (p *dbPage) cells() int { return int(binary.BigEndian.Uint16(p.data[p.start+3:])) }

// next returns the next record, io.EOF after the last.
func (r *records) next() ([]byte, error) {
	for len(r.stack) > 0 {
		p := &r.stack[len(r.stack)-1]
		if p.cell >= p.cells() {
			last := *p
			r.stack = r.stack[:len(r.stack)-1]
			if last.inner() {
				r.push(binary.BigEndian.Uint32(last.data[last.start+8:]))
			}
			continue
		}
		cell := p.next()
		if cell == nil {
			r.fault = errDamaged
			continue
		}
		kind := p.kind()
		if p.inner() && len(cell) >= 4 {
			r.push(binary.BigEndian.Uint32(cell))
			cell = cell[4:]
		}
		if record := r.record(kind, cell); record != nil {
			return record, nil
		}
	}
	return nil, io.EOF
}

// next returns the bytes from the next cell on, nil where it lies outside.
func (p *dbPage) next() []byte {
	at := p.start + 8 + 2*p.cell
	if p.inner() {
		at += 4
	}
	p.cell++
	if at+2 > len(p.data) {
		p.cell = p.cells()
		return nil
	}
	start := int(binary.BigEndian.Uint16(p.data[at:]))
	if start >= len(p.data) {
		return nil
	}
	return p.data[start:]
}

// record returns the record in a cell, nil if it has none.
func (r *records) record(kind byte, cell []byte) []byte {
	if kind == tableInner {
		return nil // a key alone
	}
	size, n := dbVarint(cell)
	cell = cell[n:]
	most := (r.db.usable-12)*64/255 - 23
	if kind == tableLeaf {
		most = r.db.usable - 35
		_, n = dbVarint(cell)
		cell = cell[n:]
	}
	if size < 0 {
		r.fault = errDamaged
		return nil
	}
	local := size
	if size > most {
		least := (r.db.usable-12)*32/255 - 23
		if local = least + (size-least)%(r.db.usable-4); local > most {
			local = least
		}
	}
	if local > int64(len(cell)) {
		r.fault = errDamaged
		return nil
	}
	if local == size {
		return cell[:local]
	}
	return r.overflow(slices.Clone(cell[:local]), cell[local:], size)
}

// overflow adds the pages that a record goes on in.
func (r *records) overflow(record, pointer []byte, size int64) []byte {
	for int64(len(record)) < size && len(pointer) >= 4 {
		page := r.page(binary.BigEndian.Uint32(pointer))
		if page == nil {
			break
		}
		record = append(record, page[4:4+min(size-int64(len(record)), int64(len(page))-4)]...)
		pointer = page
		if len(record) > maxRecord {
			r.fault = errLongRecord
			break
		}
	}
	return record
}

// dbVarint reads a number of one to nine bytes, and returns how many they are.
func dbVarint(b []byte) (x int64, n int) {
	for n < len(b) && n < 8 {
		c := b[n]
		n++
		x = x<<7 | int64(c&0x7f)
		if c < 0x80 {
			return x, n
		}
	}
	if n < len(b) {
		return x<<8 | int64(b[n]), n + 1
	}
	return -1, n
}
