package rules

import "bytes"

// bare reads a value without quotes. It ends at a blank, a quote or an escape;
// inside a query string or a list of fields also at what separates them. apart
// says that blanks stand around the operator.
func (c candidate) bare(data []byte, i int, apart bool) (candidate, bool) {
	if at(data, i) == '-' && at(data, c.nameStart-1) == '{' { // ${NAME:-value}
		i++
	}
	end := i
	for stop := min(len(data), i+maxValue); end < stop; end++ {
		if b := data[end]; is(b, isSpace|isQuote) || b == '<' || b == '\\' {
			break
		}
		if separates(data, end) {
			break
		}
	}
	c.start, c.end = i, end
	for c.end > c.start && trailing(data[c.start:c.end]) {
		c.end--
	}
	c.form = formBare
	switch {
	case (!apart || c.enclosed(data)) && c.inQuery(data):
		c.form = formQuery
	case c.inComment(data):
		c.form = formComment
	}
	if end > i && at(data, end) == '|' && (data[end-1] == '|' || at(data, end+1) == '|') {
		return c, false // x = y || "": an expression
	}
	if is(at(data, end), isQuote) && end > i && bytes.IndexByte([]byte("?([{|&+"), data[end-1]) >= 0 {
		return c, false // an expression that a string is a part of
	}
	if c.end == c.start || is(at(data, end), isQuote) && c.form == formBare && !c.inString(data, at(data, end)) && !closesText(data, end) {
		return c, false // x = y"...": an expression, no value
	}
	return c, true
}

// enclosed reports whether name and value together are a string: "Token: v".
func (c candidate) enclosed(data []byte) bool {
	quote := at(data, c.nameStart-1)
	return is(quote, isQuote) && at(data, c.end) == quote
}

// closesText reports whether the quote at i, which nothing on its line opens, is the
// end of a text of several lines: only what ends a statement may follow.
func closesText(data []byte, i int) bool {
	for stop := i + 3; i < stop && is(at(data, i), isQuote); i++ {
	}
	for stop := i + 3; i < stop && (at(data, i) == ')' || at(data, i) == ',' || at(data, i) == ';'); i++ {
	}
	return i >= len(data) || is(data[i], isBreak)
}

// separates reports whether the byte at i parts two fields of a line: an
// ampersand, a semicolon or a comma that the end, a blank or "name=" follows.
func separates(data []byte, i int) bool {
	switch data[i] {
	case '&', ';', ',', '|':
	case '/': // user:a/pw:b
		return hasFold(data, i, "/pw:") || hasFold(data, i, "/pwd:") || hasFold(data, i, "/password:")
	default:
		return false
	}
	if end := skip(data, i+1, isAlnum, 8); data[i] == '&' && (at(data, end) == ';' && end > i+2 || at(data, i+1) == '#') {
		return true // a character reference
	}
	if i+1 >= len(data) || is(data[i+1], isSpace|isQuote) || data[i+1] >= 0x80 || data[i+1] == '\\' {
		return true
	}
	end := skip(data, i+1, isName|isBlank, maxName)
	return end > i+1 && (at(data, end) == '=' || at(data, end) == ':')
}

// trailing reports whether the last byte of value belongs to the text around
// it: punctuation, or a bracket that nothing in the value opens.
func trailing(value []byte) bool {
	switch value[len(value)-1] {
	case ',', ';', '>', '.', ':':
		return true
	case ')':
		return bytes.IndexByte(value, '(') < 0
	case '}':
		return bytes.IndexByte(value, '{') < 0
	case ']':
		return bytes.IndexByte(value, '[') < 0
	}
	return false
}

// inQuery reports whether the name follows what parts the fields of a query
// string or a DSN, or stands within a text of such fields.
func (c candidate) inQuery(data []byte) bool {
	before := at(data, skipBack(data, c.nameStart, isBlank, 2)-1)
	if at(data, c.nameStart-2) == '\\' { // a line within a string: "user=x\npassword=y"
		return true
	}
	return before == '?' || before == '&' || before == ';' || before == ',' || before == '(' ||
		is(before, isQuote) || is(at(data, c.end), isQuote) || at(data, c.end) == ';' || at(data, c.end) == '&'
}

// inComment reports whether the line that the name stands on starts like a
// comment of a programming language.
func (c candidate) inComment(data []byte) bool {
	start := lineStart(data, c.nameStart)
	switch start = skip(data, start, isBlank, maxBlanks); at(data, start) {
	case '#', '*', ';':
		return true
	case '/', '-':
		return at(data, start+1) == data[start]
	}
	return false
}

// inString reports whether quote stands on the line before the name, so that
// name and value are both inside a string.
func (c candidate) inString(data []byte, quote byte) bool {
	for i, stop := c.nameStart-1, max(0, c.nameStart-maxLine); i >= stop && !is(data[i], isBreak); i-- {
		if data[i] == quote {
			return true
		}
	}
	return false
}
