package rules

import "bytes"

// readSQL reads the password of a statement that makes or changes a user. The
// keyword is "identified" or "password":
//
//	IDENTIFIED BY 'value'                 IDENTIFIED BY value
//	IDENTIFIED WITH plugin BY 'value'     PASSWORD 'value'
//	SET PASSWORD FOR user = PASSWORD('value')
//	SET PASSWORD FOR user = 'value'
func readSQL(data []byte, hit, hitEnd int) (candidate, bool) {
	c := candidate{nameStart: hit, nameEnd: min(hitEnd, len(data))}
	if is(at(data, hit-1), isName) {
		return c, false
	}
	i := skip(data, c.nameEnd, isSpace, 4)
	if i == c.nameEnd {
		return c, false
	}
	identified := hasFold(data, hit, "identified")
	if identified {
		if i = indexFold(data, i, min(lineEnd(data, i), i+maxName), "by "); i < 0 {
			return c, false
		}
		i = skip(data, i+len("by "), isSpace, maxBlanks)
	}
	if hasFold(data, i, "values ") || hasFold(data, i, "password ") {
		i = skip(data, skip(data, i, isLetter, 16), isSpace, 4)
	}
	if !identified && hasFold(data, i, "for ") { // SET PASSWORD FOR user = 'v'
		n := bytes.IndexByte(data[i:min(lineEnd(data, i), i+maxName)], '=')
		if n < 0 {
			return c, false
		}
		i, identified = skip(data, i+n+1, isSpace, 4), true
	}
	v, ok := c.quoted(data, i)
	if !ok && is(at(data, i), isAlnum) {
		v, ok = c.bare(data, i, false)
		ok = ok && (shapeOf(v.value(data)).digits > 0 || readWords(v.value(data)).readable == 0) && makesUser(data, hit)
	}
	v.form = formSQL
	return v, ok && (identified && is(data[hit], isUpper) || makesUser(data, hit))
}

// makesUser reports whether the statement before offset i makes or changes a
// role or a user.
func makesUser(data []byte, i int) bool {
	from := max(0, i-maxLine/2)
	for _, verb := range [...]string{"create ", "alter ", "grant ", "set "} {
		at := indexFold(data, from, i, verb)
		if at < 0 {
			continue
		}
		for _, noun := range [...]string{" role", " user", " login", " to ", "server", " database"} {
			if indexFold(data, at, i, noun) >= 0 {
				return true
			}
		}
	}
	return false
}
