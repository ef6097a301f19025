package rules

import (
	"bytes"
	"strings"
)

// People choose passwords, and issuers or programs draw keys and tokens at random. What
// this file looks for speaks against a value in the place of the second kind.

// tooPlain reports whether value cannot well have been drawn at random: a short number,
// eight hexadecimal digits, a word in small letters where a key or a token belongs.
func tooPlain(name []byte, e evidence, value []byte) bool {
	const (
		leastDigits = 8 // 27 bits; the codes that are good for a minute have 6 or 7 digits
		leastHex    = 9 // 36 bits; up to eight digits are the id of a commit, of a key
		mostWord    = 10
	)
	s := shapeOf(value)
	switch {
	case e.kind == kindNumber:
		return e.length < leastDigits
	case s.hex && s.digits > 0:
		return e.length < leastHex
	}
	return s.lower == len(value) && e.length <= mostWord && e.form != formHeader && e.class != nameWeak && issued(name)
}

// issued reports whether the last word of name is key or token.
func issued(name []byte) bool {
	for _, ending := range [...]string{"key", "keys", "token", "tokens"} {
		if hasFold(name, len(name)-len(ending), ending) {
			return true
		}
	}
	return false
}

// restates reports whether value begins with name and with what assigns to it:
// {"acme-key", "acmekey: v"} in a table of tests. The inner one is judged by itself.
func restates(name, value []byte) bool {
	i, n := 0, 0
	for i < len(value) && n < len(name) {
		switch {
		case lower(value[i]) == lower(name[n]):
			i, n = i+1, n+1
		case is(name[n], isNameMark):
			n++
		case is(value[i], isNameMark):
			i++
		default:
			return false
		}
	}
	i = skip(value, i, isDigit, 2)
	return n == len(name) && i < len(value) && strings.IndexByte(":=,;", value[i]) >= 0
}

// statement reports whether value is an assignment with blanks around its sign: x = v.
func statement(value []byte) bool {
	i := skip(value, 0, isName, maxName)
	return i > 0 && hasFold(value, i, " = ")
}

// lineAndColumn reports whether value is a line and a column behind the name of a file, also at
// the end of a pattern: credentials:3:25$.
func lineAndColumn(value []byte) bool {
	line := skip(value, 0, isDigit, 7)
	end := skip(value, line+1, isDigit, 5)
	return line > 0 && at(value, line) == ':' && end > line+1 && (end == len(value) || value[end] == '$' && end+1 == len(value))
}

// properName reports whether value is a capital and small letters: Palau.
func properName(value []byte) bool {
	return is(value[0], isUpper) && skip(value, 1, isLower, len(value)) == len(value)
}

// inSentence reports whether at least two words follow a value without quotes.
func inSentence(data []byte, c candidate) bool {
	i := c.end
	for range 2 {
		word := skip(data, i, isBlank, 1)
		end := skip(data, word, isLetter, maxName)
		if word == i || end == word {
			return false
		}
		i = end
	}
	return true
}

// constantName reports whether value is written like the name of a constant that it
// stands for: words of capitals and an underscore between them.
func constantName(value []byte) bool {
	const digits = 2
	s := shapeOf(value)
	return s.upper+s.digits+s.joints == len(value) && s.upper > 2*s.digits && s.digits <= digits &&
		strings.IndexByte(string(value), '_') > 0 && is(value[0], isUpper) && is(value[len(value)-1], isUpper)
}

// dashed reports whether a dash stands between name and value: token - "v". Nothing
// assigns so but people in their notes, and the list of what a program offers looks the same.
func dashed(data []byte, c candidate) bool {
	i := skipBack(data, c.start-1, isBlank, 2)
	return i < c.start-1 && data[i-1] == '-' && is(at(data, i-2), isBlank) && i-2 >= c.nameEnd
}

// handshake reports whether the scheme of an authorization header is one whose messages
// hold for the connection that they were made for (RFC 4559).
func handshake(data []byte, c candidate) bool {
	for _, scheme := range [...]string{"negotiate ", "kerberos ", "ntlm "} {
		if hasFold(data, c.start-len(scheme), scheme) {
			return true
		}
	}
	return false
}

// idempotent reports whether name is that of a token which tells a request that is sent
// again from a new one: AWS takes a ClientToken or ClientRequestToken of the caller's choice.
func idempotent(name []byte) bool {
	for _, ending := range [...]string{"clienttoken", "clientrequesttoken", "client_request_token"} {
		if hasFold(name, len(name)-len(ending), ending) {
			return true
		}
	}
	return false
}

// idList reports whether value is made of ids of 8, 16 or 40 hexadecimal digits and commas.
func idList(value []byte) bool {
	parts := 0
	for len(value) > 0 {
		part, rest, _ := bytes.Cut(value, []byte{','})
		if n := len(part); n != 8 && n != 16 && n != 40 || !shapeOf(part).hex {
			return false
		}
		parts, value = parts+1, rest
	}
	return parts > 1
}

// composed reports whether value is put together of parts, as the keys of caches, maps and
// series are: cpu,host=a, n1:6:10:16. Random text has at most the padding of base64.
func composed(value []byte) bool {
	text := bytes.TrimRight(value, "=")
	return bytes.IndexByte(text, ',') >= 0 || bytes.IndexByte(text, '=') >= 0 || bytes.Count(text, []byte{':'}) > 1
}

// credentialName reports whether value is the name of a variable or an option that has
// a credential, and no credential: wgDBpassword, userToken.
func credentialName(value []byte) bool {
	s := shapeOf(value)
	return is(value[0], isLower) && s.upper > 0 && s.lower+s.upper == len(value) && classify(value) >= nameToken
}

// handed reports whether the string is the first of several arguments of a function whose
// result is assigned: secret := newSecret("name", "namespace").
func handed(data []byte, c candidate) bool {
	i := c.start - 1
	for i > c.nameEnd && is(data[i-1], isQuote|isLetter) {
		i--
	}
	return at(data, i-1) == '(' && i > c.nameEnd && is(at(data, i-2), isName) && at(data, skip(data, c.end+1, isBlank, maxBlanks)) == ','
}
