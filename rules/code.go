package rules

import "bytes"

// open reports whether nothing in the text shows where the value begins and
// ends, so that it may be an expression.
func (f form) open() bool { return f.bare() || f == formQuery || f == formSQL }

// code reports whether value, in quotes or not, is a path, a URL, a pattern or
// a version, which stand where a credential would.
func code(value []byte, s shape) bool {
	switch first := value[0]; {
	case s.lower+s.upper+s.digits == 0 && 2*s.foreign < len(value), value[0] == '%' && 6*bytes.Count(value, []byte{'%'}) > len(value) && len(value) >= 6:
		return true // signs, also as a URL writes them
	case s.lower+s.upper+s.foreign == 0 && bytes.IndexByte([]byte("^~<>=*"), first) >= 0: // ^1.2.3
		return true
	case (first == '/' || first == '.') && s.digits == 0:
		return true
	case bytes.Contains(value, []byte("(%r")), bytes.Contains(value, []byte("(%e")): // an operand of an assembler: 8(%rsp)
		return true
	case bytes.HasPrefix(value, []byte("./")), bytes.HasPrefix(value, []byte("~/")), bytes.Contains(value, []byte("://")):
		return true
	}
	return fileName(value) || release(value) || regularExpression(value)
}

// release reports whether value is a version of a product: go1.26, v1.2.3, gpl-3.0.
func release(value []byte) bool {
	i := skip(value, 0, isLetter, 12)
	if i > 0 && at(value, i) == '-' {
		i++
	} else if i > 4 {
		return false
	}
	dots := 0
	for k := i; k < len(value); k++ {
		switch b := value[k]; {
		case b == '.' && k > i && is(at(value, k+1), isDigit):
			dots++
		case !is(b, isDigit):
			return false
		}
	}
	return dots > 0
}

// codeBare reports whether value, which no quotes enclose, is an expression, a
// comment or a link.
func codeBare(value []byte, s shape) bool {
	if i := bytes.IndexByte(value, '#'); i == 0 || i > 0 && fileName(value[:i]) {
		return true
	}
	for _, operator := range [...]string{"==", "&&", "||", "=>"} {
		if bytes.Contains(bytes.TrimRight(value, "="), []byte(operator)) {
			return true
		}
	}
	if s.digits == 0 && s.signs == 0 && bytes.IndexByte(value, '.') > 0 {
		return true // var.name, self.name
	}
	word := skip(value, 0, isAlnum, len(value))
	if constants().has(value[:word]) && (word == len(value) || bytes.IndexByte([]byte("),;}]"), value[word]) >= 0) {
		return true
	}
	if value[0] == '!' && is(at(value, 1), isDigit) && (len(value) == 2 || value[2] == ',') { // true or false, as minified code writes them
		return true
	}
	if s.brackets == 0 {
		return false
	}
	if bytes.Contains(value, []byte(");")) {
		return true
	}
	i := skip(value, 0, isName, len(value))
	return i > 0 && (at(value, i) == '(' || at(value, i) == '[') || s.signs-s.brackets < 4 || callWithin(value)
}

// constants are words of programming languages that stand as a value without
// quotes: types, and values that are none.
var constants = wordSet("False None True any bool boolean bytes char false int nil no null number object str string text true undefined unknown varchar void yes String")

// callWithin reports whether value holds a call: a letter, an opening bracket
// and a closing one behind it.
func callWithin(value []byte) bool {
	i := bytes.IndexByte(value, '(')
	return i > 0 && is(value[i-1], isLetter) && bytes.IndexByte(value[i:], ')') > 0
}

// between reports whether value, read between two quotes, is the code between
// two strings instead.
func between(value []byte) bool {
	if bytes.HasPrefix(value, []byte("+ ")) || bytes.HasPrefix(value, []byte(" + ")) {
		return true
	}
	first, last := value[0], value[len(value)-1]
	return bytes.IndexByte([]byte("+ ,).}"), first) >= 0 && bytes.IndexByte([]byte("( +[,"), last) >= 0
}

// fileName reports whether value ends like the name of a file.
func fileName(value []byte) bool {
	i := bytes.LastIndexByte(value, '.')
	if i < 0 || len(value)-i > 6 {
		return false
	}
	return fileEndings().has(value[i+1:])
}

// fileEndings are endings of files that hold credentials or tell about them.
var fileEndings = wordSet("cer cert cfg conf crt csr der env gpg html ini jks js json key md p12 pem pfx php png properties pub py rb sh sql ts txt xml yaml yml")

// escaped reports whether value is a string of bytes or of characters that are
// written as escapes.
func escaped(value []byte) bool {
	i := bytes.IndexByte(value, '\\')
	return i >= 0 && (bytes.Contains(value[i:], []byte(`\x`)) || bytes.Contains(value[i:], []byte(`\U`)) || bytes.Count(value[i:], []byte(`\u`)) > 1 || i == 0 && at(value, 1) == 'u' && len(value) <= len(`\u0020`)+2)
}

// regularExpression reports whether value is a pattern for values.
func regularExpression(value []byte) bool {
	if bytes.HasSuffix(value, []byte(".+$")) {
		return true
	}
	if !bytes.ContainsAny(value, `([\*`) {
		return false
	}
	for _, mark := range [...]string{"(?", ".*", "[^", "[a-z", "[A-Z", "[0-9", `\d`, `\w`, `\s`, `\S`} {
		if bytes.Contains(value, []byte(mark)) {
			return true
		}
	}
	i := bytes.IndexByte(value, '[')
	return i >= 0 && at(value, i+2) == '-' && is(at(value, i+1), isLetter) && at(value, i+1) < at(value, i+3) && bytes.IndexByte(value[i:], ']') > 0
}

// crypted reports whether value is a hash of a password in the notation of
// crypt(3), Django or LDAP, or was encrypted: {SSHA}..., $2a$10$..., ENC(...).
func crypted(value []byte) bool {
	if value[0] == '$' {
		return len(value) > 20 && bytes.Count(value, []byte{'$'}) >= 3
	}
	if value[0] == '{' && hasFold(value, 1, jenkins) || hasFold(value, 0, jenkins) {
		return true
	}
	for _, mark := range cryptMarks {
		if hasFold(value, 0, mark) {
			return true
		}
	}
	return false
}

// jenkins starts a value that Jenkins encrypted: hudson.util.Secret writes a version
// and the length of an initialisation vector before it.
const jenkins = "aqaaabaaaa"

// cryptMarks start a hashed or an encrypted value.
var cryptMarks = []string{
	"!vault", "argon2", "bcrypt", "enc(", "enc[", "md5$", "pbkdf2", "sha1$", "sha256$", "sha512$", "tlrmtvntuaad", "{cipher}", "{crypt", "{sha", "{ssha",
}
