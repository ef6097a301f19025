package rules

import "bytes"

// readURL reads the password of scheme://user:password@host. The keyword is
// "://". A password may hold an at sign, also where it should be escaped: the
// last one before the path counts.
func readURL(data []byte, hit, hitEnd int) (candidate, bool) {
	c := candidate{form: formURL}
	if hit == 0 || !is(data[hit-1], isAlnum) {
		return c, false
	}
	colon, at := -1, -1
	end := hitEnd
	for stop := min(len(data), hitEnd+256); end < stop; end++ {
		b := data[end]
		if is(b, isSpace) || b == '"' || b == '`' || b == '<' || b == '>' || b == '\\' {
			break
		}
		switch {
		case b == ':' && colon < 0:
			colon = end
		case b == '@':
			at = end
		}
		if b == '/' && colon >= 0 && at < 0 && end-colon <= 6 && skip(data, colon+1, isDigit, 6) == end {
			break // host:port/
		}
		if (b == '/' || b == '?' || b == '#' || b == '\'' || b == ',' || b == '|') && (at >= 0 || colon < 0) {
			break
		}
	}
	if colon < 0 || at <= colon+1 || !hostFollows(data, at+1) {
		return c, false
	}
	c.start, c.end = colon+1, at
	if bytes.IndexByte(c.value(data), '/') >= 0 && !is(data[c.start], isLetter) {
		return c, false // host:port/path@version
	}
	if parameters := bytes.IndexByte(c.value(data), ';'); parameters >= 0 && bytes.IndexByte(c.value(data)[parameters:], '=') > 0 {
		return c, false // jdbc:sqlserver://host:port;user=name@domain
	}
	return c, bytes.IndexByte(c.value(data), '(') < 0
}

// hostFollows reports whether something that can name a host stands at i.
func hostFollows(data []byte, i int) bool {
	b := data[min(i, len(data)-1)]
	return i < len(data) && (is(b, isAlnum) || b == '[' || b == '$' || b == '{' || b == '%' || b == '<' || b == '*' || b == '(')
}
