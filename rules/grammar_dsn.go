package rules

// readDSN reads the password of a data source name that is no URL. The keyword is
// what tells its kind:
//
//	user:value@tcp(host:3306)/db       Go's MySQL driver
//	jdbc:oracle:thin:user/value@host   and sqlplus user/value@db
func readDSN(data []byte, hit, hitEnd int) (candidate, bool) {
	c := candidate{form: formURL}
	if at(data, hit) == '@' {
		return c.beforeAddress(data, hit)
	}
	i := skip(data, min(hitEnd, len(data)), isBlank, 4)
	for at(data, i) == '-' { // sqlplus -s
		i = skip(data, skip(data, i, isName, 8), isBlank, 4)
	}
	if is(at(data, i), isQuote) {
		i++
	}
	user := i
	for i = skip(data, i, isName, maxName); at(data, i) == '#' || at(data, i) == '$'; i = skip(data, i, isName, maxName) {
		i++
	}
	if i == user || at(data, i) != '/' {
		return c, false
	}
	c.start = i + 1
	for c.end = c.start; c.end < min(len(data), c.start+maxName) && data[c.end] != '@'; c.end++ {
		if b := data[c.end]; is(b, isSpace|isQuote) || b == '/' || b == ':' {
			return c, false
		}
	}
	return c, at(data, c.end) == '@' && c.end > c.start
}

// beforeAddress reads the password between a colon and the at sign at i.
func (c candidate) beforeAddress(data []byte, i int) (candidate, bool) {
	c.end = i
	for c.start = i; c.start > max(0, i-maxName) && data[c.start-1] != ':'; c.start-- {
		if b := data[c.start-1]; is(b, isSpace|isQuote) || b == '/' {
			return c, false
		}
	}
	user := skipBack(data, c.start-1, isName, maxName)
	return c, at(data, c.start-1) == ':' && user < c.start-1 && c.start < c.end
}

// readPgpass reads the password of a line of .pgpass, host:port:database:user:value.
// The keyword is the port with its colons, or stars in its place.
func readPgpass(data []byte, hit, hitEnd int) (candidate, bool) {
	c := candidate{form: formURL}
	i := lineStart(data, hit)
	end := lineEnd(data, hit)
	colons := 0
	for ; i < end && colons < 4; i++ {
		switch b := data[i]; {
		case b == ':' && at(data, i-1) != '\\':
			colons++
		case !is(b, isName) && b != '*' && b != '\\' && b != ':' && b != '/':
			return c, false
		}
	}
	c.start, c.end = i, end
	for c.end > c.start && is(data[c.end-1], isBlank) {
		c.end--
	}
	for _, b := range data[c.start:c.end] {
		if is(b, isSpace|isQuote) || b == '/' {
			return c, false
		}
	}
	return c, colons == 4 && c.start < c.end
}
