package rules

import "bytes"

// fieldReach is how far from a name the field may stand that holds its value, in
// bytes: a type, a description and a flag fit between them.
const fieldReach = 400

// readField reads a value that does not stand beside its name:
//
//   - name: DB_PASSWORD          {"name": "DB_PASSWORD", "value": "v"}
//     value: v                   <name>password</name> <value>v</value>
//
//     variable "db_password" {     DbPassword:
//     default = "v"                NoEcho: true
//     }                              Default: v
//
// The keyword is part of the name.
func readField(data []byte, hit, hitEnd int) (candidate, bool) {
	c := candidate{}
	c.nameStart, c.nameEnd = nameAround(data, hit, hitEnd)
	switch label, form := c.place(data); form {
	case placeField:
		return c.sibling(data, label)
	case placeElement:
		return c.nextElement(data)
	case placeHead:
		return c.member(data)
	}
	return c, false
}

func beginsField(line []byte, hit, hitEnd int) bool {
	end := skip(line, min(hit, len(line)), isName, maxName)
	if b := at(line, end); !is(b, isQuote|isSpace) && bytes.IndexByte([]byte(":=<>,}\\"), b) < 0 {
		return false // the name goes on, or something is done with it
	}
	c := candidate{}
	c.nameStart, c.nameEnd = nameAround(line, hit, hitEnd)
	_, place := c.place(line)
	return place != placeNone
}

// A place says where a name stands whose value stands elsewhere.
type place uint8

const (
	placeNone    place = iota
	placeField         // it is the value of a field called name or key
	placeElement       // it is the text of such an element
	placeHead          // it heads a block of fields
)

// place returns where the name stands, and for a field the offset of its label. It
// looks at the name's line only.
func (c candidate) place(data []byte) (label int, p place) {
	if c.nameStart >= c.nameEnd || c.nameEnd-c.nameStart > maxName {
		return 0, placeNone
	}
	after, closed := closeName(data, c.nameEnd)
	switch at(data, after) {
	case '<':
		if at(data, after+1) == '/' && c.inLabelled(data) {
			p = placeElement
		}
	case '>':
		if at(data, c.nameStart-1) == '<' && is(at(data, after+1), isBreak) {
			p = placeHead
		}
	case '(', '.', '[', '/':
		return 0, placeNone
	default:
		if label = c.label(data, closed); label >= 0 {
			p = placeField
		} else if c.heads(data, after, closed) {
			p = placeHead
		}
	}
	if p != placeNone && classify(c.name(data)) < nameToken {
		return 0, placeNone
	}
	return label, p
}

// label returns the offset of the label "name" or "key" of the field whose value is
// the name, or -1: name: DB_PASSWORD, "ParameterKey": "DbPassword".
func (c candidate) label(data []byte, closed bool) int {
	i := c.nameStart
	for i > 0 && (data[i-1] == '/' || is(data[i-1], isName)) && c.nameStart-i < maxName {
		i-- // a path
	}
	if closed {
		i = beforeQuote(data, i)
	}
	i = skipBack(data, i, isBlank, maxBlanks)
	op := skipBack(data, i, isOperator, 2)
	if op == i || data[op] != ':' && data[op] != '=' {
		return -1
	}
	end := beforeQuote(data, skipBack(data, op, isBlank, maxBlanks))
	start := skipBack(data, end, isAlnum|isNameMark, 24)
	if hasFold(data, end-len("name"), "name") || hasFold(data, end-len("key"), "key") {
		return skip(data, start, isNameMark, 2)
	}
	return -1
}

// beforeQuote returns the offset before the quote that ends at i, escaped or not,
// or i.
func beforeQuote(data []byte, i int) int {
	if !is(at(data, i-1), isQuote) {
		return i
	}
	for i--; at(data, i-1) == '\\'; i-- {
	}
	return i
}

// inLabelled reports whether the name is the text of an element whose own name ends
// in "name" or "key".
func (c candidate) inLabelled(data []byte) bool {
	end := c.nameStart - 1
	return at(data, end) == '>' && (hasFold(data, end-len("name"), "name") || hasFold(data, end-len("key"), "key")) &&
		at(data, skipBack(data, end, isName, 32)-1) == '<'
}

// heads reports whether a block of fields starts after the name: name: {, name {,
// or name: at the end of the line.
func (c candidate) heads(data []byte, i int, closed bool) bool {
	j := skip(data, i, isBlank, maxBlanks)
	switch b := at(data, j); {
	case b == '{':
		return closed && j > i
	case b != ':' && b != '=':
		return false
	}
	j = skip(data, j+1, isBlank, maxBlanks)
	return at(data, j) == '{' || is(at(data, j), isBreak) && c.first(data)
}

// sibling reads the field called value that stands beside the field whose value
// is the name. label is the offset of that field.
func (c candidate) sibling(data []byte, label int) (candidate, bool) {
	column := columnOf(data, label)
	depth := 0
	for i, stop := c.nameEnd, min(len(data), c.nameEnd+fieldReach); i < stop; i++ {
		switch b := data[i]; {
		case b == '{' || b == '[':
			depth++
		case b == '}' || b == ']':
			if depth--; depth < 0 {
				i = stop
			}
		case b == '\n' && itemFollows(data, i+1):
			i = stop
		case (b == 'v' || b == 'V') && depth == 0:
			if v, ok := c.fieldAt(data, i, column, c.nameEnd); ok {
				return v, true
			}
		}
	}
	for i, stop := label-1, max(0, label-fieldReach); i > stop && data[i] != '{' && data[i] != '}'; i-- {
		if b := data[i]; b == 'v' || b == 'V' {
			if v, ok := c.fieldAt(data, i, column, label); ok {
				return v, true
			}
		} else if b == '\n' && itemFollows(data, i+1) {
			break
		}
	}
	return c, false
}

// fieldAt reads the field whose label ends in the word at i: value, or default. On
// another line than near it must start in the column.
func (c candidate) fieldAt(data []byte, i, column, near int) (candidate, bool) {
	word := ""
	switch {
	case hasFold(data, i, "value"):
		word = "value"
	case hasFold(data, i, "default"):
		word = "default"
		if hasFold(data, i, "defaultvalue") {
			word = "defaultvalue"
		}
	default:
		return c, false
	}
	start := skipBack(data, i, isAlnum, 16)
	if column >= 0 && otherLine(data, start, near) && columnOf(data, start) != column {
		return c, false
	}
	end, _ := closeName(data, i+len(word))
	end = skip(data, end, isBlank, maxBlanks)
	op := skip(data, end, isOperator, 2)
	if op == end || !assigns(data[end:op]) {
		return c, false
	}
	return c.assigned(data, op, true)
}

// otherLine reports whether a line break stands between two offsets.
func otherLine(data []byte, a, b int) bool {
	if a > b {
		a, b = b, a
	}
	for _, x := range data[a:min(b, len(data))] {
		if x == '\n' {
			return true
		}
	}
	return false
}

// columnOf returns how many bytes stand on the line before the label at i, a quote
// before it not counted.
func columnOf(data []byte, i int) int {
	return beforeQuote(data, i) - lineStart(data, i)
}

// itemFollows reports whether the line at i is empty or starts an item of a list.
func itemFollows(data []byte, i int) bool {
	j := skip(data, i, isBlank, maxBlanks)
	return at(data, j) == '-' && is(at(data, j+1), isBlank) || is(at(data, j), isBreak)
}

// nextElement reads the text of the element after the one that holds the name.
func (c candidate) nextElement(data []byte) (candidate, bool) {
	i := c.nameEnd
	for stop := min(len(data), i+maxName); i < stop && data[i] != '>'; i++ {
	}
	i = skip(data, i+1, isSpace, maxBlanks)
	end := skip(data, i+1, isName, 32)
	if at(data, i) != '<' || at(data, end) != '>' || !hasFold(data, end-len("value"), "value") && !hasFold(data, i, "<string") {
		return c, false
	}
	return c.text(data, end+1)
}

// member reads the field called value or default of the block that the name heads,
// or the text of the element.
func (c candidate) member(data []byte) (candidate, bool) {
	i, _ := closeName(data, c.nameEnd)
	if at(data, i) == '>' {
		i = skip(data, i+1, isSpace, maxBlanks)
		return c.text(data, i)
	}
	if classify(c.name(data)) < nameSecret {
		return c, false
	}
	i = skip(data, i, isBlank|isOperator, maxBlanks)
	indent := -1
	if at(data, i) == '{' {
		i++
	} else {
		indent = columnOf(data, c.nameStart)
	}
	depth := 0
	for stop := min(len(data), i+fieldReach); i < stop; i++ {
		switch b := data[i]; {
		case b == '{' || b == '[':
			depth++
		case b == '}' || b == ']':
			if depth--; depth < 0 {
				return c, false
			}
		case b == '\n' && indent >= 0:
			if j := skip(data, i+1, isBlank, maxBlanks); j-i-1 <= indent {
				return c, false
			}
		case (b|0x20 == 'v' || b|0x20 == 'd') && depth == 0 && !is(at(data, i-1), isAlnum):
			if v, ok := c.fieldAt(data, i, -1, 0); ok {
				return v, true
			}
		}
	}
	return c, false
}
