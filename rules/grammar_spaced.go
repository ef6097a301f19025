package rules

import "bytes"

// spaced reads a value that only blanks separate from its name: a flag's
// argument, a directive, a type in front of an assignment (var name string = "v").
func (c candidate) spaced(data []byte, i, next int) (candidate, bool) {
	if is(at(data, next), isLower) || hasFold(data, next, "as ") {
		j := skip(data, skip(data, next, isAlnum, 16), isBlank, 2)
		if hasFold(data, next, "as ") { // Dim name As String = "v"
			j = skip(data, skip(data, j, isAlnum, 16), isBlank, 2)
		}
		if at(data, j) == '=' && at(data, j+1) != '=' {
			return c.quoted(data, skip(data, j+1, isBlank, maxBlanks))
		}
	}
	if c.compares(data) {
		return c.compared(data)
	}
	b := at(data, next)
	quote := b == '"' || b == '\''
	switch {
	case hasFold(data, next, "<- "): // R
		return c.quoted(data, skip(data, next+len("<- "), isBlank, maxBlanks))
	case c.flag(data), c.directive(data):
	case quote && classify(c.name(data)) >= nameSecret && (c.first(data) || c.inList(data)): // password "value";
		v, ok := c.quoted(data, next)
		v.form = formFlag
		return v, ok
	case !quote && c.first(data) && lastWord(data, next) && classify(c.name(data)) >= nameSecret: // rootpw value
		v, ok := c.bare(data, next, true)
		return v, ok && v.form == formBare && mixed(v.value(data))
	default:
		return c, false
	}
	if b == 'q' && c.defined(data) {
		return c, false
	}
	if v, ok := c.quoted(data, next); ok {
		v.form = formFlag
		return v, ok
	}
	if hasFold(data, next, "pass:") { // openssl -pass pass:value
		next += len("pass:")
	}
	if c.defined(data) {
		return c, false
	}
	v, ok := c.bare(data, next, false)
	v.form = formFlag
	return v, ok
}

// defined reports whether the name is that of a macro of C, which has its strings in quotes.
func (c candidate) defined(data []byte) bool {
	i := skipBack(data, c.nameStart, isBlank, maxBlanks) - len("define")
	return hasFold(data, i, "define") && at(data, skipBack(data, i, isBlank, maxBlanks)-1) == '#'
}

// lastWord reports whether the word at i is the last one of its line.
func lastWord(data []byte, i int) bool {
	for stop := min(len(data), i+maxName); i < stop && !is(data[i], isSpace); i++ {
	}
	i = skip(data, i, isBlank, maxBlanks)
	return i >= len(data) || is(data[i], isBreak)
}

// mixed reports whether value has a digit and a letter, and no slash, as a port and
// a path have.
func mixed(value []byte) bool {
	s := shapeOf(value)
	return s.digits > 0 && s.lower+s.upper > 0 && bytes.IndexByte(value, '/') < 0
}

// inList reports whether the name stands in a list of Lisp: (def password "v"),
// :password "v".
func (c candidate) inList(data []byte) bool {
	if at(data, c.nameStart-1) == ':' {
		return is(at(data, c.nameStart-2), isSpace) || at(data, c.nameStart-2) == '{' || at(data, c.nameStart-2) == '('
	}
	i := skipBack(data, c.nameStart, isBlank, 2)
	word := skipBack(data, i, isName, 16)
	return i < c.nameStart && at(data, word-1) == '(' && word < i
}

// compares reports whether a comparison stands before the name.
func (c candidate) compares(data []byte) bool {
	return at(data, skipBack(data, c.nameStart, isBlank, maxBlanks)-1) == '='
}

// first reports whether the name is the first word of its line.
func (c candidate) first(data []byte) bool {
	i := skipBack(data, c.nameStart, isBlank, maxBlanks)
	return i == 0 || is(data[i-1], isBreak)
}

// flag reports whether the name is that of a command-line flag, with two
// dashes or, as in PowerShell, with one.
func (c candidate) flag(data []byte) bool {
	i := skipBack(data, c.nameStart, isNameMark, 3)
	return i < c.nameStart && data[c.nameStart-1] == '-' && (i == 0 || is(data[i-1], isSpace|isQuote))
}

// directive reports whether a word before the name says that its value follows
// after a blank: #define, ENV, setenv, redis' requirepass.
func (c candidate) directive(data []byte) bool {
	if hasFold(data, c.nameStart, "requirepass ") || hasFold(data, c.nameStart, "masterauth ") {
		return true
	}
	end := skipBack(data, c.nameStart, isBlank, maxBlanks)
	start := skipBack(data, end, isAlnum|isNameMark, 16)
	for _, word := range directives {
		if end-start == len(word) && hasFold(data, start, word) {
			return true
		}
	}
	return constant(c.name(data)) && (hasFold(data, start, "-x") && hasFold(data, start-len("set "), "set ") || hasFold(data, start-1, "\\set")) // fish, psql
}

var directives = []string{"arg", "define", "env", "fastcgi_param", "setenv", "setx"}
