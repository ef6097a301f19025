package rules

// readBasic reads the base64 text after the word Basic. The keyword is "basic".
func readBasic(data []byte, hit, hitEnd int) (candidate, bool) {
	c, ok := credentialAfter(data, hit, hitEnd)
	c.form = formBasic
	return c, ok && pairInBase64(c.value(data))
}

// readBearer reads the token after the word Bearer, or after another scheme
// that an authorization header names. The keyword is the scheme.
func readBearer(data []byte, hit, hitEnd int) (candidate, bool) {
	c, ok := credentialAfter(data, hit, hitEnd)
	c.form = formHeader
	return c, ok
}

// credentialAfter reads the characters that a header allows for a credential,
// one or two blanks (also a plus or %20) after the scheme at data[hit:hitEnd].
func credentialAfter(data []byte, hit, hitEnd int) (candidate, bool) {
	c := candidate{nameStart: hit, nameEnd: min(hitEnd, len(data))}
	if is(at(data, hit-1), isAlnum) {
		return c, false
	}
	i := skip(data, c.nameEnd, isBlank, 2)
	if hasFold(data, i, "%20") {
		i += 3
	}
	if i == c.nameEnd {
		return c, false
	}
	if at(data, i) == '\\' || is(at(data, i), isQuote) { // "Bearer " + "token" stays unread
		return c, false
	}
	c.start, c.end = i, i
	for stop := min(len(data), i+maxValue); c.end < stop && inToken68(data[c.end]); c.end++ {
	}
	for c.end > c.start && data[c.end-1] == '.' {
		c.end--
	}
	return c, c.end-c.start >= 4
}

// inToken68 reports whether RFC 7235 allows b in the credential of a header.
func inToken68(b byte) bool {
	return is(b, isName) || b == '~' || b == '+' || b == '/' || b == '=' || b == ':' || b == '|'
}
