package rules

import "bytes"

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
	case '(', '{':
		return c.call(data, op+1)
	case ')':
		return c.compared(data)
	case ',':
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
	}
	end := skip(data, op, isOperator, 5)
	if end > op+1 && !assigns(data[op:end]) {
		end = op + 1 // an operator, and a value that starts like one: password=!value
		if b := data[end]; b != '!' && b != '+' && b != '.' && b != '&' && (b != '<' || at(data, end+1) != '/') {
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
	return skip(data, end+1, isBlank, maxBlanks), true
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

// attribute reads the value of an element whose name is an attribute, too:
// <add key="password" value="v"/>.
func (c candidate) attribute(data []byte, i int) (candidate, bool) {
	for range 4 {
		if v, ok := c.valueField(data, i); ok {
			return v, true
		}
		next := skip(data, i, isName, maxName)
		if next == i || at(data, next) != '=' || !is(at(data, next+1), isQuote) {
			break
		}
		_, end, ok := readQuoted(data, next+1, 0)
		if !ok {
			break
		}
		i = skip(data, end+1, isBlank, maxBlanks)
	}
	if at(data, i) == '>' {
		if hasFold(data, i+1, "<value>") {
			i += len("<value>")
		}
		return c.text(data, i+1)
	}
	return c, false
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

// element reads the text of an XML element that has the name, or that an
// attribute gives it: <password>v</password>, <property name="password">v</property>.
func (c candidate) element(data []byte, i int, closed bool) (candidate, bool) {
	switch b := at(data, c.nameStart-1); {
	case b == '<' || b == ':':
	case closed && (hasFold(data, c.nameStart-7, " name=") || hasFold(data, c.nameStart-6, " key=")):
	default:
		return c, false
	}
	return c.text(data, i)
}

// text reads the text of an element from i on up to the tag that closes it.
func (c candidate) text(data []byte, i int) (candidate, bool) {
	const open, shut = "<![CDATA[", "]]>"
	c.start, c.form = i, formElement
	if i+len(open) < len(data) && string(data[i:i+len(open)]) == open {
		c.start += len(open)
	}
	for c.end = c.start; c.end < len(data) && c.end-c.start < maxValue && data[c.end] != '<'; c.end++ {
		if is(data[c.end], isBreak) {
			break
		}
	}
	after := skip(data, c.end, isSpace, maxBlanks)
	if c.start > i && c.end-c.start > len(shut) && string(data[c.end-len(shut):c.end]) == shut {
		c.end -= len(shut)
	}
	return c, c.end > c.start && at(data, after) == '<' && at(data, after+1) == '/'
}

// afterMarkup reads a value that the marks of a document part from the name:
// **Password:** v, <b>Password</b>: v, | Password | v |. i is behind the name.
func (c candidate) afterMarkup(data []byte, i int) (candidate, bool) {
	if classify(c.name(data)) < nameSecret {
		return c, false
	}
	if data[i] == '|' {
		if at(data, skipBack(data, c.nameStart, isBlank|isQuote, maxBlanks)-1) != '|' || at(data, i+1) == '|' {
			return c, false
		}
		v, ok := c.assigned(data, i+1, true)
		return v, ok && mixed(v.value(data)) && data[v.start] != ':' && at(data, skip(data, v.end, isBlank|isQuote, maxBlanks)) == '|'
	}
	i = skipMarkup(data, i)
	if at(data, i) != ':' {
		return c, false
	}
	if at(data, skip(data, skipMarkup(data, i+1), isBlank, maxBlanks)) == '<' {
		return c, false
	}
	return c.assigned(data, i+1, true)
}

// skipMarkup steps over stars and a tag that closes.
func skipMarkup(data []byte, i int) int {
	if at(data, i) == '*' && at(data, i+1) != '*' {
		return i // a star may belong to a value
	}
	for at(data, i) == '*' {
		i++
	}
	if at(data, i) == '<' && at(data, i+1) == '/' {
		if end := skip(data, i+2, isAlnum, 8); at(data, end) == '>' {
			i = end + 1
		}
	}
	return i
}

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
	if v, ok := c.quoted(data, next); ok {
		v.form = formFlag
		return v, ok
	}
	if hasFold(data, next, "pass:") { // openssl -pass pass:value
		next += len("pass:")
	}
	v, ok := c.bare(data, next, false)
	v.form = formFlag
	return v, ok
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
