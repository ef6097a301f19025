package rules

// A form is the way in which a candidate's value is written.
type form uint8

const (
	formQuoted   form = iota // name = "value", "name": "value"
	formBacktick             // name = `value`
	formBare                 // name = value up to a blank: YAML, properties, .env, shell
	formComment              // the same in a comment
	formQuery                // name=value inside a longer text: query strings, DSNs
	formElement              // <name>value</name>
	formPair                 // "name", "value" as two arguments or two fields
	formCall                 // setName("value")
	formFlag                 // --name value
	formHeader               // Authorization: Scheme value
	formBasic                // a base64 pair of user and password after "Basic"
	formURL                  // scheme://user:value@host
	formUser                 // user:value, where a command or an option says so
	formSQL                  // IDENTIFIED BY 'value'
	formLiteral              // an argument that nothing but a credential can be
)

// A candidate is a name and a value that a grammar has read. Offsets count in
// the data that the grammar was given.
type candidate struct {
	nameStart, nameEnd int // the name; both 0 where the form has none
	start, end         int // the value, without quotes
	form               form
}

func (c candidate) name(data []byte) []byte  { return data[c.nameStart:c.nameEnd] }
func (c candidate) value(data []byte) []byte { return data[c.start:c.end] }

// A grammar reads the candidate that a keyword belongs to, and says how far
// around the keyword it may look: it is shown nothing beyond.
type grammar struct {
	// read reads at the keyword data[hit:hitEnd]. It allocates nothing and accepts
	// any input.
	read func(data []byte, hit, hitEnd int) (candidate, bool)
	// begins reports, by the keyword's line alone, whether read can find anything;
	// nil where read is as quick. It spares what looks beyond its line the note
	// that it has to be tried again whenever a line near by changes.
	begins func(line []byte, hit, hitEnd int) bool
	// before and after are how many bytes on other lines are shown: from before
	// the keyword on, and up to the end of the line on which the byte stands that
	// is so many behind it. The keyword's own line is always shown whole.
	before, after int
}

// far reports whether more than the keyword's line may count.
func (g grammar) far() bool { return g.before > 0 || g.after > 0 }

// grammars holds every grammar under the name that rule files use.
var grammars = map[string]grammar{
	"assignment":   {read: readAssignment},
	"basic-auth":   {read: readBasic},
	"bearer-auth":  {read: readBearer},
	"argument":     {read: readArgument},
	"dsn":          {read: readDSN},
	"field":        {read: readField, begins: beginsField, before: fieldReach, after: fieldReach},
	"jwk":          {read: readJWK, before: jwkReach, after: 2 * jwkReach},
	"login":        {read: readLogin, after: 2*maxBlanks + maxName},
	"password-cmd": {read: readPasswordCommand},
	"pgpass":       {read: readPgpass},
	"piped":        {read: readPiped},
	"second":       {read: readSecond},
	"sql-password": {read: readSQL, before: maxLine / 2, after: 2 * maxName},
	"third":        {read: readThird},
	"url-userinfo": {read: readURL},
	"user-option":  {read: readUserOption, before: maxLine},
}

const (
	maxName   = 64   // bytes of a name on either side of its keyword
	maxBlanks = 60   // blanks before or after an operator: aligned columns
	maxValue  = 4096 // bytes of a value; a base64 private key of 4,096 bits has 3,200
	maxLine   = 512  // bytes of a line that a grammar searches for a part it needs
)

// Classes of bytes, as bits of the table below.
const (
	isLower byte = 1 << iota
	isUpper
	isDigit
	isNameMark // joins the words of a name
	isBlank    // space or tab
	isQuote    // " ' and the back-tick
	isBreak    // ends a line
	isOperator // stands between name and value

	isLetter = isLower | isUpper
	isAlnum  = isLetter | isDigit
	isName   = isAlnum | isNameMark
	isSpace  = isBlank | isBreak
)

var classes = newClasses()

func newClasses() (t [256]byte) {
	for c := range 256 {
		switch {
		case 'a' <= c && c <= 'z':
			t[c] = isLower
		case 'A' <= c && c <= 'Z':
			t[c] = isUpper
		case '0' <= c && c <= '9':
			t[c] = isDigit
		}
	}
	for bits, chars := range map[byte]string{
		isNameMark: "_-.", isBlank: " \t", isQuote: "\"'`", isBreak: "\n\r\x00", isOperator: "=:!<>?|+.~&",
	} {
		for _, c := range []byte(chars) {
			t[c] |= bits
		}
	}
	return t
}

func is(c, class byte) bool { return classes[c]&class != 0 }

// at returns the byte at i, and 0 outside of data.
func at(data []byte, i int) byte {
	if uint(i) < uint(len(data)) {
		return data[i]
	}
	return 0
}

// skip returns the first offset from i on, at most limit further, whose byte is
// not of the class.
func skip(data []byte, i int, class byte, limit int) int {
	for end := min(len(data), i+limit); i < end && classes[data[i]]&class != 0; i++ {
	}
	return i
}

// skipBack returns the offset after the last byte before i, at most limit
// back, that is not of the class.
func skipBack(data []byte, i int, class byte, limit int) int {
	for end := max(0, i-limit); i > end && classes[data[i-1]]&class != 0; i-- {
	}
	return i
}

// nameAround returns the name that the keyword at data[hit:hitEnd] is part of.
// The keyword itself may hold a byte that ends the name ("pw=").
func nameAround(data []byte, hit, hitEnd int) (start, end int) {
	start = skipBack(data, hit, isName, maxName)
	if skip(data, start, isNameMark, 1) > start && at(data, start) != '_' {
		start = skip(data, start, isNameMark, 4) // the dashes of a flag, the dots of a path
	}
	// The n of an escaped line break in a string literal is no letter of the name.
	if at(data, start-1) == '\\' && start < hit && (data[start] == 'n' || data[start] == 't' || data[start] == 'r') {
		start++
	}
	end = skip(data, min(hit, len(data)), isName, maxName)
	for end > hit && (data[end-1] == '-' || data[end-1] == '.') {
		end--
	}
	return start, end
}

// lineStart returns the offset of the first byte of the line that holds i, at
// most maxLine bytes back.
func lineStart(data []byte, i int) int {
	for stop := max(0, i-maxLine); i > stop && !is(data[i-1], isBreak); i-- {
	}
	return i
}

// lineEnd returns the offset of the end of the line that holds i, at most
// maxLine bytes further.
func lineEnd(data []byte, i int) int {
	for stop := min(len(data), i+maxLine); i < stop && !is(data[i], isBreak); i++ {
	}
	return i
}

// hasFold reports whether the lower-case ASCII word stands at data[i], in any case.
func hasFold(data []byte, i int, word string) bool {
	if i < 0 || i+len(word) > len(data) {
		return false
	}
	for k := range len(word) {
		c := data[i+k]
		if is(c, isUpper) {
			c |= 0x20
		}
		if c != word[k] {
			return false
		}
	}
	return true
}

// indexFold returns the first offset of the lower-case ASCII word in
// data[from:to] in any case, or -1.
func indexFold(data []byte, from, to int, word string) int {
	first := word[0]
	for i := max(from, 0); i+len(word) <= to && i < len(data); i++ {
		if data[i]|0x20 == first|0x20 && hasFold(data, i, word) {
			return i
		}
	}
	return -1
}
