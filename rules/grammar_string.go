package rules

// quoted reads a string at data[i], with the letters that may stand before its
// quote.
func (c candidate) quoted(data []byte, i int) (candidate, bool) {
	i = stringPrefix(data, i)
	escapes := 0
	for at(data, i) == '\\' && escapes < 4 {
		escapes, i = escapes+1, i+1
	}
	if !is(at(data, i), isQuote) {
		return c.entity(data, i)
	}
	start, end, ok := readQuoted(data, i, escapes)
	c.start, c.end, c.form = start, end, formQuoted
	switch {
	case data[i] == '`':
		c.form = formBacktick
	case at(data, i-1) == 'R' && ok && end > start+1 && data[start] == '(' && data[end-1] == ')': // C++
		c.start, c.end = start+1, end-1
	}
	return c, ok && c.end > c.start
}

// entity reads a string whose quotes are written as character references, or with
// the brackets that Perl and Ruby allow: q{v}, %q(v).
func (c candidate) entity(data []byte, i int) (candidate, bool) {
	for _, quote := range [...]string{"&quot;", "&#34;", "&#39;", "&apos;"} {
		if hasFold(data, i, quote) {
			c.start, c.form = i+len(quote), formQuoted
			c.end = indexFold(data, c.start, lineEnd(data, c.start), quote)
			return c, c.end > c.start
		}
	}
	if before := at(data, skipBack(data, i, isBlank, maxBlanks)-1); at(data, i) != 'q' || before == ':' {
		return c, false // what follows a colon is no Perl
	}
	if i++; at(data, i) == 'q' {
		i++
	}
	closing := byte(0)
	switch at(data, i) {
	case '{':
		closing = '}'
	case '(':
		closing = ')'
	case '[':
		closing = ']'
	default:
		return c, false
	}
	c.start, c.form = i+1, formQuoted
	for c.end = c.start; c.end < min(len(data), c.start+maxName) && data[c.end] != closing && !is(data[c.end], isBreak); c.end++ {
	}
	return c, at(data, c.end) == closing && c.end > c.start
}

// stringPrefix steps over the letters and signs that languages put before a
// string: b"", r”, L"", N”, @"", $"", rb"".
func stringPrefix(data []byte, i int) int {
	for j := i; j < i+3; j++ {
		switch at(data, j) {
		case 'b', 'B', 'r', 'R', 'u', 'U', 'f', 'F', 'L', 'N', 'q', '@', '$':
		case '"', '\'':
			return j
		default:
			return i
		}
	}
	return i
}

// unwrap steps over calls and constructors around a string, up to two of them:
// Some("v"), new String("v"), aws.String("v"), []byte("v"), [ "v", { "v". A look-up in the
// environment is no wrapper; its second argument is the value.
func unwrap(data []byte, i int) (int, bool) {
	start := i
	for range 2 {
		j := i
		if hasFold(data, j, "new ") {
			j += 4
		}
		if at(data, j) == '[' && at(data, j+1) == ']' { // []byte("v")
			j += 2
		}
		j = skip(data, j, isName, maxName)
		if c := at(data, j); c != '(' && c != '[' && c != '{' || c == '[' && j > i || c == '{' && j > i {
			break
		}
		i = skip(data, j+1, isBlank, maxBlanks)
	}
	if i == start || !is(at(data, stringPrefix(data, i)), isQuote) && at(data, i) != '\\' {
		return 0, false
	}
	if keyed(data, i) {
		return 0, false
	}
	if looksUp(data[start:i]) {
		return secondArgument(data, i)
	}
	return i, true
}

// keyed reports whether the string at i is a key itself: { "name": "value" }.
func keyed(data []byte, i int) bool {
	i = stringPrefix(data, i)
	if !is(at(data, i), isQuote) {
		return false
	}
	_, end, ok := readQuoted(data, i, 0)
	if !ok {
		return false
	}
	next := skip(data, end+1, isBlank, 4)
	return at(data, next) == ':' || at(data, next) == '=' && at(data, next+1) == '>'
}

// secondArgument steps over the string at data[i] to the one that counts where the
// look-up finds nothing: get("NAME", "v"), get("NAME") || "v", fetch("NAME") { "v" }.
func secondArgument(data []byte, i int) (int, bool) {
	i = stringPrefix(data, i)
	_, end, ok := readQuoted(data, i, 0)
	if !ok {
		return 0, false
	}
	i = skip(data, end+1, isBlank, maxBlanks)
	if at(data, i) == ',' {
		return skip(data, i+1, isBlank, maxBlanks), true
	}
	if b := at(data, i); b != ')' && b != ']' {
		return 0, false
	}
	i = skip(data, i+1, isBlank, maxBlanks)
	for _, or := range [...]string{"||", "??", "?:", "or ", "{"} {
		if hasFold(data, i, or) {
			return skip(data, i+len(or), isBlank, maxBlanks), true
		}
	}
	return 0, false
}

// looksUp reports whether text, the call before a string, names a function
// that looks its argument up instead of holding it.
func looksUp(text []byte) bool {
	for i := range text {
		if lookUps.at(text, i) > 0 {
			return true
		}
	}
	return false
}

// lookUps are parts of the names of functions whose argument is the place of a
// value: the environment, a form, a store, a translation.
var lookUps = newWordIndex(
	"config", "env", "fetch", "find", "get", "load", "lookup", "param", "post", "prompt",
	"property", "query", "read", "request", "require", "setting", "translate",
)

// readQuoted reads the string that the quote at data[i] opens, in which the
// quote may stand after a backslash. It fails if the string does not end on
// its line. escapes is the number of backslashes before the opening quote: the
// closing one of a string inside a string has as many.
func readQuoted(data []byte, i, escapes int) (start, end int, ok bool) {
	quote := data[i]
	start = i + 1
	if at(data, start) == quote && at(data, start+1) == quote { // """value"""
		start += 2
	}
	stop := min(len(data), start+maxValue)
	slashes := 0
	for end = start; end < stop; end++ {
		switch c := data[end]; {
		case c == '\\':
			slashes++
			continue
		case c == '\n' || c == '\r':
			return 0, 0, false
		case c == quote && slashes <= escapes:
			return start, end - slashes, true
		case c == quote && escapes == 0 && slashes&1 == 0:
			return start, end, true
		}
		slashes = 0
	}
	return 0, 0, false
}
