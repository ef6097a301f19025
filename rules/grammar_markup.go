package rules

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
