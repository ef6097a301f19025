package rules

import (
	"bytes"
	"strings"
)

// remarkedMadeUp reports whether a remark behind the value, on its line, says that it is made
// up: token := "v" // Fake token for testing.
func remarkedMadeUp(data []byte, c candidate) bool {
	const farthest = 40 // bytes from the value to the remark
	i := c.end
	for stop := min(len(data), i+farthest); ; i++ {
		if i+1 >= stop || is(data[i], isBreak) {
			return false
		}
		if data[i] == '/' && (data[i+1] == '/' || data[i+1] == '*') || data[i] == '#' && is(data[i-1], isBlank) {
			break
		}
	}
	for i < len(data) && (data[i] == '/' || data[i] == '*' || data[i] == '#' || data[i] == ' ') {
		i++
	}
	return i < len(data) && madeUpWords.at(data, i) > 0
}

var madeUpWords = newWordIndex("a fake", "dummy", "fake", "for test", "just a test", "made up", "mock", "not a real", "not real", "not a secret", "random value", "test ")

// classOfCandidate returns what the name, or the form where there is no name,
// says about the value.
func classOfCandidate(data []byte, c candidate) nameClass {
	switch c.form {
	case formURL, formUser, formSQL, formLiteral, formBasic:
		return namePassword
	case formHeader:
		return nameToken
	}
	name := c.name(data)
	switch {
	case string(name) == "PASS" && at(data, c.nameEnd) == ':':
		return nameNone // the outcome of a test
	case len(name) == 2 && !c.apart(data):
		return nameNone // two letters in the midst of random text are no name
	}
	if c.ordinal(data) || c.form == formCall && string(name) == "pass" {
		return nameNone
	}
	class := classify(name)
	if class == nameWeak && at(data, c.nameStart-1) == ' ' {
		// "API Key:" is an API key.
		end := c.nameStart - 1
		if start := skipBack(data, end, isLetter, 12); start < end {
			class = max(class, classify(data[start:c.nameEnd]))
		}
	}
	return class
}

// ordinal reports whether the name is the word pass in the sense of going through:
// "Second pass: drop what is unused".
func (c candidate) ordinal(data []byte) bool {
	if at(data, c.nameEnd) != ':' || !hasFold(c.name(data), 0, "pass") || c.nameEnd-c.nameStart != len("pass") {
		return false
	}
	end := skipBack(data, c.nameStart, isBlank, 2)
	switch word := data[skipBack(data, end, isAlnum, 8):end]; len(word) {
	case 0:
		return false
	default:
		for _, ordinal := range [...]string{"first", "second", "third", "fourth", "1st", "2nd", "3rd", "next", "last", "final", "one", "two", "each", "this", "another"} {
			if len(word) == len(ordinal) && hasFold(word, 0, ordinal) {
				return true
			}
		}
	}
	return false
}

// apart reports whether the name stands apart from what is before it: at the start
// of a line or a string, or behind a sign that parts the fields of a note or of a
// query string and that no base64 has: user:a/pw:v, (pw:v), &pw=v.
func (c candidate) apart(data []byte) bool {
	before := at(data, c.nameStart-1)
	switch {
	case c.nameStart == 0, is(before, isSpace|isQuote):
		return true
	case at(data, c.nameEnd) == ':':
		return before == '/' || before == ',' || before == '(' || before == ';' || before == '|' || before == '-' && is(at(data, c.nameStart-2), isSpace)
	}
	return at(data, c.nameEnd) == '=' && (before == '?' || before == '&' || before == ';' || before == ',' || before == '-')
}

// echoes reports whether a value says what its name says, in other spelling:
// ENCRYPTION_KEY = "encryption-key-1024" is an identifier.
func echoes(name, value []byte) bool {
	var a, b [48]byte
	n, v := letters(a[:0], name), letters(b[:0], value)
	return len(v) >= 6 && len(n) >= 6 && (bytes.Contains(n, v) || bytes.HasPrefix(v, n) && len(v) <= len(n)+4)
}

// letters appends the letters of text in lower case, as many as dst has room for.
func letters(dst, text []byte) []byte {
	for _, c := range text {
		if is(c, isLetter) && len(dst) < cap(dst) {
			dst = append(dst, lower(c))
		}
	}
	return dst
}

// isKey reports whether the string after a comma is the name of the next member
// of an object: "name": "prod/token", "kms_key_id": ...
func isKey(data []byte, c candidate) bool {
	return c.form == formPair && at(data, skip(data, c.end+1, isBlank, 4)) == ':'
}

// inArray reports whether name and value are two of several strings in an array,
// ["token", "password", "secret"], []string{"token", ...}; an array of arguments has dashes before its
// names.
func inArray(data []byte, c candidate) bool {
	i := c.nameStart - 1
	if c.form != formPair || !is(at(data, i), isQuote) {
		return false
	}
	if b := at(data, skip(data, c.end+1, isBlank, 4)); b != ',' && (b != ']' || skip(data, c.start, isLetter, c.end-c.start) != c.end) {
		return false // the last string, and no list of names
	}
	quotes := 0
	for stop := max(0, i-maxLine); i > stop; i-- {
		switch b := data[i-1]; {
		case is(b, isQuote):
			quotes++
		case quotes&1 == 1: // in a string
		case b == '[', b == '{' && at(data, skipBack(data, i-1, isName, maxName)-1) == ']': // []string{
			return quotes > 0
		case b != ',' && !is(b, isSpace):
			return false
		}
	}
	return quotes >= 16 // nothing but strings, as far as one looks
}

// inARN reports whether the name is a part of the name of an AWS resource:
// arn:aws:secretsmanager:eu-west-1:111122223333:secret:prod/db-AbCdEf.
func inARN(data []byte, i int) bool {
	const longest = 200 // bytes before the part that is taken for a name
	for least := max(i-longest, 0); i > least && strings.IndexByte(" \t\r\n\"'`<>(),;=[]{}", data[i-1]) < 0; {
		i--
	}
	return hasFold(data, i, "arn:aws")
}

// listed reports whether a comma follows the value, so that it is one of
// several strings in a row and the one before it may be no name.
func listed(data []byte, c candidate) bool {
	return (c.form == formPair || c.form == formCall) && at(data, skip(data, c.end+1, isBlank, 4)) == ','
}

// truncated reports whether dots, or a field that is to be filled in, stand for
// the rest of the value.
func truncated(data []byte, c candidate) bool {
	switch next := at(data, c.end); {
	case next == '{' && field(data[c.end+1:]):
		return true
	case next == '<' && phrase(data, c.end+1):
		return true
	}
	const dots, ellipsis = "...", "\u2026" // both have three bytes
	return hasFold(data, c.end, dots) || hasFold(data, c.end-3, dots) || hasFold(data, c.end, ellipsis) || hasFold(data, c.end-3, ellipsis)
}

// phrase reports whether several words and a closing bracket stand at data[i]:
// token=ab<your value here>. A tag has attributes instead.
func phrase(data []byte, i int) bool {
	word := skip(data, i, isLetter, 16)
	end := skip(data, word, isLetter|isNameMark|isBlank, maxName)
	return word > i && is(at(data, word), isNameMark|isBlank) && is(at(data, end-1), isLetter) && at(data, end) == '>'
}

// continues reports whether what follows a string shows that it is the
// beginning of something longer: "prefix-" + id, "a" . $b, "%s" % name.
func continues(data []byte, c candidate) bool {
	if c.form == formBare {
		return at(data, c.end) == ';' && bytes.ContainsAny(c.value(data), "(){}[]") // an expression
	}
	if c.form != formQuoted && c.form != formCall && c.form != formPair {
		return false
	}
	i := skip(data, c.end+1, isBlank, 4)
	switch at(data, i) {
	case '+', '%':
		return true
	case '.':
		return at(data, i+1) == ' ' || at(data, i+1) == '$'
	}
	return false
}
