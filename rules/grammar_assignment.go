package rules

// readAssignment reads the many ways of writing name, operator and value:
//
//	password = "value"        "password": "value"       password => 'value'
//	password: string = "..."  config["password"] = "v"  if (password == "value")
//	put("password", "value")  setPassword("value")      name="password" value="v"
//	password: value           PASSWORD=value            ?password=value&...
//	--password value          <password>value</password>
//
// also where the whole stands inside a string, with escaped quotes.
func readAssignment(data []byte, hit, hitEnd int) (candidate, bool) {
	c := candidate{}
	c.nameStart, c.nameEnd = nameAround(data, hit, hitEnd)
	if c.nameStart >= c.nameEnd || c.nameEnd-c.nameStart > maxName {
		return c, false
	}
	if at(data, c.nameStart-1) == '/' && at(data, c.nameStart-2) == '/' {
		return c, false // the user of a URL
	}
	i, closed := closeName(data, c.nameEnd)
	op := skip(data, i, isBlank, maxBlanks)
	switch at(data, op) {
	case '(':
		return c.call(data, op+1)
	case ')':
		return c.compared(data)
	case ',':
		return c.pair(data, op+1, closed)
	case ';':
		return c.serialized(data, op+1)
	case '>':
		if at(data, op-1) != '=' && !is(at(data, op+1), isOperator) {
			return c.element(data, op+1)
		}
	}
	end := skip(data, op, isOperator, 5)
	if end > op+1 && !assigns(data[op:end]) {
		end = op + 1 // an operator, and a value that starts like one: password=!value
		if b := data[end]; b != '!' && b != '+' && b != '.' && b != '&' {
			return c, false
		}
	}
	switch {
	case end > op && assigns(data[op:end]):
		v, ok := c.assigned(data, end, op > c.nameEnd)
		if ok && v.form.bare() && end > op+1 && (data[end-1] == '|' || data[end-1] == '=' && (data[end-2] == '=' || data[end-2] == '!')) {
			return v, false // compared with another expression, or an alternative
		}
		return v, ok
	case op > i && closed:
		return c.attribute(data, op)
	case op > i:
		return c.spaced(data, i, op)
	}
	return c, false
}

// closeName steps over what may close a name: a quote, also an escaped one,
// brackets of an index or of an array type. closed says that a quote did.
func closeName(data []byte, i int) (end int, closed bool) {
	j := i
	for at(data, j) == '\\' && j < i+4 {
		j++
	}
	switch {
	case is(at(data, j), isQuote):
		i, closed = j+1, true
	case hasFold(data, i, "&quot;"):
		i, closed = i+6, true
	}
	switch {
	case at(data, i) == ']':
		i++
	case at(data, i) == '[':
		if j := skip(data, i+1, isAlnum, 8); at(data, j) == ']' {
			i = j + 1
		}
	}
	return i, closed
}

// assigns reports whether op, a run of operator characters, gives a value to
// what stands before it or compares it with one.
func assigns(op []byte) bool {
	last := op[len(op)-1]
	switch {
	case len(op) == 1:
		return last == '=' || last == ':'
	case last == '=':
		return op[0] != '<' && op[0] != '>' && op[0] != '&'
	case last == '>':
		return op[len(op)-2] == '='
	case last == ':', last == '~':
		return false // a scope, a match
	}
	return last == '|' && op[0] == '|' || last == '?' && op[0] == '?' || last == '+' && op[0] == '='
}

// assigned reads the value after an operator. apart says that blanks or quotes
// stand between name and operator.
func (c candidate) assigned(data []byte, i int, apart bool) (candidate, bool) {
	after := i
	i = skip(data, i, isBlank, maxBlanks)
	if c.authorizes(data) {
		if v, ok := c.header(data, i); ok {
			return v, true
		}
	}
	if v, ok := c.quoted(data, i); ok {
		return v, true
	}
	if w, ok := unwrap(data, i); ok {
		return c.quoted(data, w)
	}
	if j, ok := typeAnnotation(data, i); ok && data[after-1] == ':' {
		return c.quoted(data, j)
	}
	return c.bare(data, i, apart || i > after)
}

// typeAnnotation steps over the type and the equals sign of
// "name: Type = value". i is where the type would start.
func typeAnnotation(data []byte, i int) (int, bool) {
	end := i
	for stop := min(len(data), i+maxName); end < stop; end++ {
		if c := data[end]; !is(c, isName|isBlank) && c != '<' && c != '>' && c != '&' && c != '\'' && c != '?' && c != '[' && c != ']' && c != '|' && c != '*' {
			break
		}
	}
	if end == i || at(data, end) != '=' || at(data, end+1) == '=' || at(data, end+1) == '>' {
		return 0, false
	}
	return skip(data, end+1, isBlank, maxBlanks), true
}

// call reads the string that is the first argument of a call or the
// initialiser of a variable: setPassword("value").
func (c candidate) call(data []byte, i int) (candidate, bool) {
	i = skip(data, i, isBlank, maxBlanks)
	if w, ok := unwrap(data, i); ok {
		i = w
	}
	v, ok := c.quoted(data, i)
	v.form = formCall
	return v, ok
}

// pair reads the string after a comma: the name was a string itself, the value
// is the next argument or the value of the next field.
func (c candidate) pair(data []byte, i int, closed bool) (candidate, bool) {
	i = skip(data, i, isBlank, maxBlanks)
	if v, ok := c.valueField(data, i); ok && closed {
		return v, true
	}
	if j := skip(data, i, isName, 8); j > i && hasFold(data, j, " := ") { // name, err := call("value")
		if w, ok := unwrap(data, j+len(" := ")); ok {
			return c.quoted(data, w)
		}
		return c, false
	}
	v, ok := c.quoted(data, i)
	v.form = formPair
	return v, ok && (closed || constant(c.name(data)))
}

// serialized reads a string of PHP's serialize after the name's semicolon:
// s:8:"password";s:5:"value";
func (c candidate) serialized(data []byte, i int) (candidate, bool) {
	if at(data, i) != 's' || at(data, i+1) != ':' {
		return c, false
	}
	i = skip(data, i+2, isDigit, 5)
	if at(data, i) != ':' {
		return c, false
	}
	return c.quoted(data, i+1)
}

// compared reads a string that the name is compared with and that stands
// before it: if ("value" == password).
func (c candidate) compared(data []byte) (candidate, bool) {
	i := skipBack(data, c.nameStart, isBlank, maxBlanks)
	op := skipBack(data, i, isOperator, 4)
	end := skipBack(data, op, isBlank, maxBlanks) - 1
	if i-op < 2 || data[i-1] != '=' || !is(at(data, end), isQuote) {
		return c, false
	}
	c.start, c.end, c.form = end, end, formQuoted
	for stop := max(0, end-maxLine); c.start > stop && data[c.start-1] != data[end]; c.start-- {
		if is(data[c.start-1], isBreak) {
			return c, false
		}
	}
	return c, c.start < c.end
}

// authorizes reports whether the name is that of a header whose value starts
// with a scheme: Authorization, Proxy-Authorization.
func (c candidate) authorizes(data []byte) bool {
	return hasFold(data, c.nameEnd-len("authorization"), "authorization")
}

// header reads the credential after the scheme of an authorization header,
// which may be quoted: Authorization: Token value.
func (c candidate) header(data []byte, i int) (candidate, bool) {
	for at(data, i) == '\\' || is(at(data, i), isQuote) {
		i++
	}
	end := skip(data, i, isAlnum|isNameMark, 16)
	v, ok := credentialAfter(data, i, end)
	v.nameStart, v.nameEnd, v.form = c.nameStart, c.nameEnd, formHeader
	return v, ok && at(data, v.end) != ' '
}

// constant reports whether name is written like a constant, such as an option
// that a function takes: CURLOPT_PASSWORD.
func constant(name []byte) bool {
	for _, b := range name {
		if is(b, isLower) {
			return false
		}
	}
	return true
}

// attribute reads the value of an element whose name is an attribute, too:
// <add key="password" value="v"/>.
func (c candidate) attribute(data []byte, i int) (candidate, bool) {
	return c.valueField(data, i)
}

// valueField reads a field named value: value="v", "value": "v".
func (c candidate) valueField(data []byte, i int) (candidate, bool) {
	if is(at(data, i), isQuote) {
		i++
	}
	if !hasFold(data, i, "value") {
		return c, false
	}
	i += len("value")
	if is(at(data, i), isQuote) {
		i++
	}
	i = skip(data, i, isBlank, maxBlanks)
	if b := at(data, i); b != '=' && b != ':' {
		return c, false
	}
	v, ok := c.quoted(data, skip(data, i+1, isBlank, maxBlanks))
	v.form = formPair
	return v, ok
}

// element reads the text of an XML element that has the name.
func (c candidate) element(data []byte, i int) (candidate, bool) {
	if b := at(data, c.nameStart-1); b != '<' && b != ':' {
		return c, false
	}
	c.start, c.form = i, formElement
	for c.end = i; c.end < len(data) && c.end-i < maxValue && data[c.end] != '<'; c.end++ {
		if is(data[c.end], isBreak) {
			return c, false
		}
	}
	return c, c.end > c.start && at(data, c.end) == '<' && at(data, c.end+1) == '/'
}

// spaced reads a value that only blanks separate from its name: a flag's
// argument, a directive, a type in front of an assignment (var name string = "v").
func (c candidate) spaced(data []byte, i, next int) (candidate, bool) {
	if is(at(data, next), isLower) {
		if j := skip(data, skip(data, next, isAlnum, 16), isBlank, 2); at(data, j) == '=' && at(data, j+1) != '=' {
			return c.quoted(data, skip(data, j+1, isBlank, maxBlanks))
		}
	}
	if c.compares(data) {
		return c.compared(data)
	}
	b := at(data, next)
	statement := (b == '"' || b == '\'') && c.first(data) && classify(c.name(data)) == namePassword // password "value";
	if !statement && !c.flag(data) && !c.directive(data) {
		return c, false
	}
	if v, ok := c.quoted(data, next); ok || statement {
		v.form = formFlag
		return v, ok
	}
	v, ok := c.bare(data, next, false)
	v.form = formFlag
	return v, ok
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
// after a blank: #define, ENV, redis' requirepass.
func (c candidate) directive(data []byte) bool {
	if hasFold(data, c.nameStart, "requirepass ") || hasFold(data, c.nameStart, "masterauth ") {
		return true
	}
	end := skipBack(data, c.nameStart, isBlank, maxBlanks)
	start := skipBack(data, end, isAlnum, 16)
	for _, word := range directives {
		if end-start == len(word) && hasFold(data, start, word) {
			return true
		}
	}
	return false
}

var directives = []string{"arg", "define", "env", "setx"}
