package rules

import "bytes"

// placeholder reports whether value stands for a credential instead of being
// one: a template, a name in brackets, a mask, changeme, one character
// repeated. It looks for words only where they make up the value, because
// random text holds short words by chance.
func placeholder(value []byte) bool {
	return len(value) == 0 || template(value) || mask(value) || marked(value) || standIns(value)
}

// template reports whether value holds something that is replaced before use:
// ${NAME}, $(command), {{ name }}, #{name}, <%= name %>, %s, <name>, «name», @NAME@.
func template(value []byte) bool {
	first, last := value[0], value[len(value)-1]
	switch {
	case first == '<' && last == '>', first == '[' && last == ']', first == '%' && last == '%' && len(value) > 2,
		first == '@' && last == '@', first == '{' && last == '}' && named(value[1:len(value)-1]):
		return true
	case first == '$' && variable(value[1:]):
		return true
	case bytes.HasPrefix(value, []byte("\u00ab")) && bytes.HasSuffix(value, []byte("\u00bb")), bytes.HasPrefix(value, []byte("&lt;")), bytes.HasPrefix(value, []byte("${")), bytes.HasPrefix(value, []byte("{{")) && at(value, 2) == ' ':
		return true
	}
	for i := 0; i+1 < len(value); i++ {
		switch value[i] {
		case '$', '#', '{', '<', '%':
			if opens(value, i) {
				return true
			}
		}
	}
	return false
}

// named reports whether text, what stands between two braces, is made of names, none of
// which could be a credential that the braces quote, as those of ODBC and Jenkins do.
func named(text []byte) bool {
	const least, digits = 16, 3 // of a word, and in it
	for i := 0; i < len(text); {
		end := skip(text, i, isName, len(text))
		if end == i {
			if !is(text[i], isBlank) {
				return false
			}
			i++
			continue
		}
		if s := shapeOf(text[i:end]); end-i >= least && (s.digits >= digits || s.digits > 0 && s.upper > 0 && s.lower > 0 && s.joints == 0) {
			return false
		}
		i = end
	}
	return true
}

// variable reports whether all of name can name a variable, and does not read
// like a password that happens to start with a dollar sign.
func variable(name []byte) bool {
	digits := 0
	for i, b := range name {
		if !is(b, isName) && b != ':' && b != '>' && b != '[' && b != ']' && b != '\'' || i == 0 && is(b, isDigit) && len(name) > 1 {
			return false
		}
		if is(b, isDigit) {
			digits++
		}
	}
	return digits <= 2
}

// opens reports whether a template opens at value[i] and closes behind it.
func opens(value []byte, i int) bool {
	rest := value[i+1:]
	switch {
	case value[i] == '$' && is(rest[0], isLetter):
		end := skip(rest, 0, isName, len(rest))
		return (i == 0 || !is(value[i-1], isAlnum)) && end >= 3 && (classify(rest[:end]) != nameNone || readWords(rest[:end]).unreadable == 0 && skip(rest, 0, isLetter|isNameMark, end) == end)
	case value[i] == '$' && rest[0] == '(', value[i] == '<' && rest[0] == '%':
		return true
	case value[i] == '$' && rest[0] == '{', value[i] == '#' && rest[0] == '{':
		return closes(rest[1:], '}')
	case value[i] == '{' && rest[0] == '{':
		return doubled(rest[1:])
	case value[i] == '{' && rest[0] == '%':
		return bytes.Contains(rest, []byte("%}"))
	case value[i] == '{' && field(rest):
		return true
	case value[i] == '{' && closes(rest, '}'):
		return len(rest) <= 24 && i == 0 || rest[0] == '}' || is(rest[0], isDigit) && at(rest, 1) == '}'
	case value[i] == '%' && rest[0] == '(':
		end := skip(rest, 1, isName, len(rest))
		return end > 1 && at(rest, end) == ')' // %(name)s
	case value[i] == '%':
		return len(value) <= 3 || (rest[0] == 's' || rest[0] == 'd' || rest[0] == 'v') && (len(rest) == 1 || !is(rest[1], isAlnum))
	case value[i] == '<':
		return closes(rest, '>')
	}
	return false
}

// field reports whether text, what follows an opening brace, is the rest of a
// field of a format string: {token}, {token:40}. A name
// without a format has letters only, for random text holds braces by chance.
func field(text []byte) bool {
	name := skip(text, 0, isAlnum, len(text))
	if at(text, name) == '}' {
		return name >= 3 && skip(text, 0, isLetter, name) == name
	}
	end := skip(text, name+1, isDigit, len(text))
	return name >= 1 && at(text, name) == ':' && end > name+1 && at(text, end) == '}'
}

// doubled reports whether text, what follows two opening braces, is a
// reference up to the two closing ones.
func doubled(text []byte) bool {
	if b := at(text, 0); b == '@' || b == '#' || b == '^' || b == '&' { // an argument, a section, raw text
		text = text[1:]
	}
	i := bytes.IndexByte(text, '}')
	return i > 0 && at(text, i+1) == '}' && closes(text[:i+1], '}')
}

// closes reports whether text holds the closing byte, and before it nothing
// but what a reference in a template is made of.
func closes(text []byte, closing byte) bool {
	for i, b := range text {
		if b == closing {
			return i > 0
		}
		if !is(b, isName|isBlank|isQuote) && bytes.IndexByte([]byte("|:[]()+/?!,$"), b) < 0 && b < 0x80 {
			return false
		}
	}
	return false
}

// mask reports whether a run of one character or of a pair covers most of
// value, or a run of at least four x, stars, dots or hashes stands in it.
func mask(value []byte) bool {
	if len(value) > 1 && run(value, 1) == len(value) || len(value) > 3 && run(value, 2) >= len(value)-1 || len(value) > 5 && run(value, 3) == len(value) || len(value) >= 16 && run(value, 4) >= len(value)-4 {
		return true
	}
	longest := 1
	for i := 1; i < len(value); i++ {
		if value[i] != value[i-1] {
			longest = 1
			continue
		}
		longest++
		switch b := value[i]; {
		case longest >= 4 && (b|0x20 == 'x' || b == '*' || b == '.' || b == '#' || b == '?' || b == '_'):
			return true
		case longest >= 8 && 4*longest >= len(value), longest >= 5 && 2*longest > len(value):
			return true
		}
	}
	return false
}

// run returns the length of the beginning of value that repeats with a period.
func run(value []byte, period int) int {
	i := period
	for i < len(value) && value[i] == value[i-period] {
		i++
	}
	return i
}

// marks are words that nobody puts into a credential and that random text does
// not hold by chance, sorted: seven letters and more, or with a separator.
var marks = newWordIndex(
	"badc0ffee", "baadf00d", "cafebabe", "deadbeef", "deadc0de", "feedface", "mf_9.b5f-4.1jqm", // no key holds these by chance; the last is of RFC 6750
	"change this", "change-me", "change_me", "changeit", "changeme", "change_this", "changethis", "enter your", "enter_your", "example", "fill_me",
	"insert_", "insert-", "lorem ipsum", "not-a-real", "notreal", "placeholder", "put your", "quick brown fox", "redacted", "removed", "replace-", "replace_", "replaceme",
	"set-me", "set_me", "to_be_", "todo", "your-", "your_", "yourpassw", "yoursecret", "yourtoken",
)

// marked reports whether one of marks stands in value, in any case.
func marked(value []byte) bool {
	if bytes.Contains(value, []byte("EXAMPLE")) { // so AWS marks the values in its documents
		return true
	}
	if len(value) > 200 {
		return false
	}
	for i := range value {
		if n := marks.at(value, i); n >= 7 || n > 0 && (i == 0 || !is(value[i-1], isAlnum)) {
			return true
		}
	}
	return false
}

// standIns reports whether value is made of nothing but stand-in words, digits
// and separators: test123, my_secret, foo.
func standIns(value []byte) bool {
	if len(value) > 48 {
		return false
	}
	letters := false
	for i := 0; i < len(value); {
		if !is(value[i], isLetter) {
			if b := value[i]; !is(b, isDigit|isNameMark|isBlank) && b != '!' && b != '\'' && b != '#' && b != '@' && b != '$' && b != ':' && b != ';' {
				return false
			}
			i++
			continue
		}
		letters = true
		n := standIn(value[i:])
		if n == 0 {
			return false
		}
		i += n
	}
	return letters
}

// standIn returns the length of the longest stand-in word at the start of
// text, 0 if there is none.
func standIn(text []byte) int {
	var low [maxStandIn]byte
	n := 0
	for n < len(text) && n < len(low) && is(text[n], isLetter) {
		low[n] = text[n] | 0x20
		n++
	}
	for all := standInWords(); n > 0; n-- {
		if all.has(low[:n]) {
			return n
		}
	}
	return 0
}

// boasts reports whether value says of itself how secret it is: supersecret123,
// my-super-secret-key. Tutorials are full of such values, and so is what was made
// from them: nobody has to change them for the program to run.
func boasts(value []byte) bool {
	for i := range value[:min(len(value), maxName)] {
		if boastWords.at(value, i) > 0 {
			return true
		}
	}
	return false
}

var boastWords = newWordIndex(
	"super-secret", "super-secure", "super_secret", "super_secure", "supersecret", "supersecure", "top-secret", "top_secret", "topsecret", "very-secret", "very_secret", "verysecret", // assay:allow words
)
