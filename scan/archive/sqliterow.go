package archive

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// A value is one column of a record.
type value struct {
	kind   valueKind
	number int64
	real   float64
	text   string
	blob   []byte
}

type valueKind uint8

const (
	valueNull valueKind = iota
	valueInt
	valueReal
	valueText
	valueBlob
)

// intSizes are the bytes that numbers of the first serial types take.
var intSizes = [...]int{0, 1, 2, 3, 4, 6, 8}

// values takes a record apart, as far as it goes.
func (db *database) values(record []byte) (all []value) {
	size, n := dbVarint(record)
	if size < int64(n) || size > int64(len(record)) {
		return nil
	}
	types, body := record[n:size], record[size:]
	for len(types) > 0 {
		t, n := dbVarint(types)
		types = types[n:]
		v, rest, ok := db.value(t, body)
		if !ok {
			break
		}
		all, body = append(all, v), rest
	}
	return all
}

// value reads a value of a serial type.
func (db *database) value(t int64, body []byte) (v value, rest []byte, ok bool) {
	size := int64(0)
	switch {
	case t == 0:
		return v, body, true
	case t == 8 || t == 9:
		return value{kind: valueInt, number: t - 8}, body, true
	case t > 0 && t < int64(len(intSizes)):
		v.kind, size = valueInt, int64(intSizes[t])
	case t == 7:
		v.kind, size = valueReal, 8
	case t >= 12 && t%2 == 0:
		v.kind, size = valueBlob, (t-12)/2
	case t >= 13:
		v.kind, size = valueText, (t-13)/2
	default:
		return v, nil, false
	}
	if size > int64(len(body)) {
		if v.kind < valueText {
			return v, nil, false
		}
		size = int64(len(body)) // of a record that was cut
	}
	own := body[:size]
	switch v.kind {
	case valueInt:
		for i, c := range own {
			if i == 0 {
				v.number = int64(int8(c))
				continue
			}
			v.number = v.number<<8 | int64(c)
		}
	case valueReal:
		v.real = math.Float64frombits(binary.BigEndian.Uint64(own))
	case valueText:
		v.text = db.decode(own)
	case valueBlob:
		v.blob = own
	}
	return v, body[size:], true
}

// decode returns text as UTF-8.
func (db *database) decode(text []byte) string {
	if db.encoding != 2 && db.encoding != 3 {
		return string(text)
	}
	var order binary.ByteOrder = binary.LittleEndian
	if db.encoding == 3 {
		order = binary.BigEndian
	}
	units := make([]uint16, len(text)/2)
	for i := range units {
		units[i] = order.Uint16(text[2*i:])
	}
	return string(utf16.Decode(units))
}

// A rowReader reads a table as lines of JSON.
type rowReader struct {
	records *records
	columns []string
	line    []byte
	rest    []byte // of line
	packed  bool   // a value is a container
}

func (r *rowReader) Read(p []byte) (int, error) {
	for len(r.rest) == 0 {
		record, err := r.records.next()
		if err == io.EOF && r.records.fault != nil {
			err = r.records.fault
		}
		if err != nil {
			return 0, err
		}
		r.line = r.append(r.line[:0], r.records.db.values(record))
		r.rest = r.line
	}
	n := copy(p, r.rest)
	r.rest = r.rest[n:]
	return n, nil
}

// append appends a record.
func (r *rowReader) append(dst []byte, values []value) []byte {
	dst = append(dst, '{')
	for i, v := range values {
		if v.kind == valueBlob && Sniff(v.blob) != None {
			r.packed = true
			continue
		}
		if v.kind == valueNull || v.kind == valueBlob && (!utf8.Valid(v.blob) || bytes.IndexByte(v.blob, 0) >= 0) {
			continue
		}
		if len(dst) > 1 {
			dst = append(dst, ", "...)
		}
		dst = appendQuoted(dst, column(r.columns, i))
		dst = append(dst, ": "...)
		switch v.kind {
		case valueInt:
			dst = strconv.AppendInt(dst, v.number, 10)
		case valueReal:
			dst = strconv.AppendFloat(dst, v.real, 'g', -1, 64)
		case valueText:
			dst = appendQuoted(dst, v.text)
		case valueBlob:
			dst = appendQuoted(dst, string(v.blob))
		}
	}
	return append(dst, "}\n"...)
}

// column returns the name of a column.
func column(names []string, i int) string {
	if i < len(names) {
		return names[i]
	}
	return fmt.Sprintf("column%d", i+1)
}

// appendQuoted appends a string of JSON, with no more escapes than it needs.
func appendQuoted(dst []byte, s string) []byte {
	dst = append(dst, '"')
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			dst = append(dst, '\\', c)
		case c == '\n':
			dst = append(dst, `\n`...)
		case c == '\r':
			dst = append(dst, `\r`...)
		case c == '\t':
			dst = append(dst, `\t`...)
		case c < ' ':
			dst = fmt.Appendf(dst, `\u%04x`, c)
		default:
			dst = append(dst, c)
		}
	}
	return append(dst, '"')
}

// columnsOf returns the names of the columns that a CREATE TABLE statement lists, in
// the order in which records have them.
func columnsOf(sql string) (names []string) {
	_, list, ok := strings.Cut(sql, "(")
	if !ok {
		return nil
	}
	parts, rest := splitList(list)
	var key []string
	for _, part := range parts {
		name, after := identifier(part)
		switch strings.ToUpper(name) {
		case "CONSTRAINT", "UNIQUE", "CHECK", "FOREIGN", "":
			continue
		case "PRIMARY":
			if _, columns, ok := strings.Cut(after, "("); ok {
				inKey, _ := splitList(columns)
				for _, k := range inKey {
					name, _ := identifier(k)
					key = append(key, name)
				}
			}
			continue
		}
		names = append(names, name)
		if strings.Contains(strings.ToUpper(after), "PRIMARY KEY") {
			key = append(key, name)
		}
	}
	if strings.Contains(strings.ToUpper(rest), "WITHOUT ROWID") {
		names = slices.DeleteFunc(names, func(n string) bool { return slices.Contains(key, n) })
		names = append(key, names...)
	}
	return names
}

// splitList splits what stands before the bracket that ends a list at its commas.
func splitList(s string) (parts []string, rest string) {
	depth, start := 0, 0
	var quote byte
	for i := range len(s) {
		c := s[i]
		switch {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'' || c == '`':
			quote = c
		case c == '[':
			quote = ']'
		case c == '(':
			depth++
		case c == ')' && depth == 0:
			return append(parts, s[start:i]), s[i+1:]
		case c == ')':
			depth--
		case c == ',' && depth == 0:
			parts, start = append(parts, s[start:i]), i+1
		}
	}
	return append(parts, s[start:]), ""
}

// identifier returns the first word of a definition, and what follows.
func identifier(s string) (name, rest string) {
	s = strings.TrimLeft(s, " \t\r\n")
	if s == "" {
		return "", ""
	}
	if end := strings.IndexByte("\"\"``''[]", s[0]); end >= 0 && end%2 == 0 {
		close := "\"\"``''[]"[end+1]
		if i := strings.IndexByte(s[1:], close); i >= 0 {
			return s[1 : 1+i], s[2+i:]
		}
	}
	if i := strings.IndexAny(s, " \t\r\n("); i >= 0 {
		return s[:i], s[i:]
	}
	return s, ""
}
