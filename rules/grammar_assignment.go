package rules

// readAssignment reads the many ways of writing name, operator and value:
//
//	password = "value"        "password": "value"       password => 'value'
//	password: string = "..."  config["password"] = "v"  if (password == "value")
//	put("password", "value")  setPassword("value")      name="password" value="v"
//	password: value           PASSWORD=value            ?password=value&...
//	--password value          <password>value</password>        password - "value"
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
	case '(', '{':
		if op > i && at(data, op+1) == '`' {
			return c, false // a remark in Markdown: keys (`a` to `b`)
		}
		return c.call(data, op+1)
	case ')':
		return c.compared(data)
	case ',':
		if at(data, c.nameStart-1) == ':' {
			return c, false // "aws:pass", "custom"
		}
		if closed && at(data, skipBack(data, c.nameStart-1, isBlank, maxBlanks)-1) == '=' {
			return c, false // name, salt := "password", "v": a value itself
		}
		return c.pair(data, op+1, closed)
	case ';':
		return c.serialized(data, op+1)
	case '>':
		if at(data, op-1) != '=' && (!is(at(data, op+1), isOperator) || at(data, op+2) == '!') {
			return c.element(data, op+1, closed)
		}
	case '<':
		if v, ok := c.afterMarkup(data, op); ok {
			return v, true
		}
	case '|', '*':
		if v, ok := c.afterMarkup(data, op); ok {
			return v, true
		}
	case '-':
		if op > i && at(data, op+1) == ' ' { // token - "value", in notes and logs
			return c.quoted(data, op+2)
		}
	}
	end := skip(data, op, isOperator, 5)
	if end > op+1 && !assigns(data[op:end]) {
		end = op + 1 // an operator, and a value that starts like one: password=!value
		if b := data[end]; b != '!' && b != '+' && b != '.' && b != '&' && (b != '<' || at(data, end+1) != '/') {
			return c, false
		}
	}
	switch {
	case end == op+1 && data[op] == '=' && at(data, end) == ',' && op == c.nameEnd:
		return c, false // nothing is given, or the name was the end of a base64 text
	case end > op && assigns(data[op:end]):
		v, ok := c.assigned(data, end, op > c.nameEnd)
		if ok && v.form.bare() && end > op+1 && (data[end-1] == '|' || data[end-1] == '=' && (data[end-2] == '=' || data[end-2] == '!')) {
			return v, false // compared with another expression, or an alternative
		}
		return v, ok
	case op > i && (closed || at(data, c.nameStart-1) == '<'):
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
	case hasFold(data, i, "&#34;"), hasFold(data, i, "&#39;"):
		i, closed = i+5, true
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
	if b := at(data, i); b == '*' || b == '<' {
		i = skip(data, skipMarkup(data, i), isBlank, maxBlanks)
	}
	if c.authorizes(data) {
		if v, ok := c.header(data, i); ok {
			return v, true
		}
	}
	if v, ok := c.quoted(data, i); ok {
		return v, true
	}
	if w, ok := unwrap(data, i); ok {
		if b := at(data, i); (b == '(' || b == '[') && classify(c.name(data)) < nameSecret {
			if second, ok := skipArgument(data, w); ok { // auth = ("user", "v")
				w = second
			}
		}
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
	value := skip(data, end+1, isBlank, maxBlanks)
	return value, value < len(data) && !is(data[value], isBreak) // else it is the padding of base64
}

// call reads the string that is the first argument of a call or the
// initialiser of a variable: setPassword("value").
func (c candidate) call(data []byte, i int) (candidate, bool) {
	open := data[i-1]
	i = skip(data, i, isBlank, maxBlanks)
	if open == '{' && !is(at(data, i), isQuote) {
		return c.afterAccessors(data, i)
	}
	c.method(data)
	if w, ok := unwrap(data, i); ok {
		i = w
	}
	v, ok := c.quoted(data, i)
	v.form = formCall
	if ok && hasFold(data, c.nameEnd-len("userpassword"), "userpassword") && at(data, v.end+1) == ',' {
		return v, false // user and password, in this order: readSecond reads it
	}
	return v, ok
}

// method leaves out of the name what says what the call does with it:
// withPassword("v"), password.equals("v").
func (c *candidate) method(data []byte) {
	if hasFold(data, c.nameStart, "with") && is(at(data, c.nameStart+len("with")), isUpper) {
		c.nameStart += len("with")
	}
	for _, ending := range [...]string{".equals", ".equalsignorecase", ".compareto"} {
		if end := c.nameEnd - len(ending); end > c.nameStart && hasFold(data, end, ending) {
			c.nameEnd = end
		}
	}
}

// afterAccessors reads the first value of a property of C#:
// string Password { get; set; } = "v".
func (c candidate) afterAccessors(data []byte, i int) (candidate, bool) {
	if !hasFold(data, i, "get") {
		return c, false
	}
	for stop := min(len(data), i+maxName); i < stop && data[i] != '}' && !is(data[i], isBreak); i++ {
	}
	op := skip(data, i+1, isBlank, 4)
	if at(data, i) != '}' || at(data, op) != '=' {
		return c, false
	}
	return c.quoted(data, skip(data, op+1, isBlank, maxBlanks))
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
	if c.authorizes(data) && is(at(data, i), isQuote) {
		if v, ok := c.header(data, i); ok {
			return v, true
		}
	}
	v, ok := c.quoted(data, i)
	v.form = formPair
	return v, ok && (closed || constant(c.name(data)) || hasFold(data, c.nameStart-len("cmp("), "cmp("))
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
	equals := i - len(".equals(")
	switch {
	case hasFold(data, equals, ".equals(") && is(at(data, equals-1), isQuote):
		end = equals - 1
	case i-op < 2 || data[i-1] != '=' || !is(at(data, end), isQuote):
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
