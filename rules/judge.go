package rules

import (
	"bytes"
	"strings"

	"github.com/assayhq/assay/report"
)

// judge decides about the candidate of a grammar: how sure we are that its
// value is a credential, and false if there is nothing to report. Text that
// cannot be one is ruled out first, then evidence is collected and decided on, by
// the model, or by the tables below where there is none.
func judge(model func() *Model, data []byte, c candidate) (report.Confidence, valueKind, bool) {
	var buf [64]byte
	value := c.plain(buf[:0], data)
	e, o := screen(data, c, value)
	switch o {
	case ruledOut:
		return 0, e.kind, false
	case settled:
		return e.settled, e.kind, true
	}
	m := model()
	if m == nil {
		conf, ok := decide(e)
		return conf, e.kind, ok
	}
	var t Traits
	t.observe(data, c, value, e)
	conf, ok := m.confidence(m.score(&t))
	return conf, e.kind, ok
}

// plain returns the value without the escapes of a URL, in dst if it has room.
func (c candidate) plain(dst, data []byte) []byte {
	if c.form == formURL {
		return unescape(dst, c.value(data))
	}
	return c.value(data)
}

// A ruling is what the screening of a candidate comes to.
type ruling uint8

const (
	ruledOut  ruling = iota // it cannot be a credential
	settled                 // the evidence says how sure it is
	undecided               // it is to be weighed
)

// screen rules out what cannot be a credential and settles what needs no
// weighing: placeholders, hashes, pairs of user and password.
func screen(data []byte, c candidate, value []byte) (evidence, ruling) {
	e := evidence{class: classOfCandidate(data, c), form: c.form, length: len(value)}
	switch {
	case e.class == nameNone:
		return e.out("the name is not that of a credential")
	case len(value) < e.class.leastLength(), len(value) > maxValue:
		return e.out("it is too short or too long")
	}
	e.kind = describe(value, c.form)
	switch {
	case e.kind == kindCode:
		return e.out("it is an expression, a path, a pattern or a version")
	case harmless(value):
		return e.out("it is a digest, a number, a colour or a public key")
	case c.form.bare() && e.kind == kindText:
		return e.out("it is a text without quotes")
	case continues(data, c):
		return e.out("it is a part of a longer expression")
	case isKey(data, c):
		return e.out("it is the name of the next member of an object")
	case inArray(data, c):
		return e.out("it is one of several strings in an array")
	case inARN(data, c):
		return e.out("it is a part of the name of an AWS resource")
	case c.form == formBasic || e.class == nameWeak && pairInBase64(value):
		return e.settle(judgePair(value), "it is a pair of user and password in base64")
	case crypted(value):
		return e.settle(report.ConfidenceLow, "it is hashed or encrypted")
	case echoes(c.name(data), value):
		return e.settle(report.ConfidenceLow, "it says what its name says")
	case placeholder(value) || sequence(value) || truncated(data, c) || standsInBase64(value):
		return e.settle(report.ConfidencePlaceholder, "it is a placeholder")
	case e.class >= nameToken && boasts(value):
		return e.settle(report.ConfidenceMedium, "it calls itself a secret")
	}
	if e.kind == kindHuman && listed(data, c) && (e.class != namePassword || c.form == formCall || e.length < 8) {
		e.kind = kindWord
	}
	return e, undecided
}

func (e evidence) out(reason string) (evidence, ruling) {
	e.reason = reason
	return e, ruledOut
}

func (e evidence) settle(confidence report.Confidence, reason string) (evidence, ruling) {
	e.settled, e.reason = confidence, reason
	return e, settled
}

// standsInBase64 reports whether value is base64 of a placeholder or of a text of
// several words: "not a real password".
func standsInBase64(value []byte) bool {
	if len(value)&3 != 0 || len(value) < 8 || len(value) > 64 {
		return false
	}
	var buf [48]byte
	text := bytes.TrimRight(decodeBase64(buf[:0], value), "\r\n")
	if len(text) < len(value)/4*3-4 {
		return false
	}
	words := 1
	for _, b := range text {
		if b < 0x20 || b >= 0x7f {
			return false
		}
		if b == ' ' {
			words++
		}
	}
	return placeholder(text) || words >= 3
}

// evidence is what a decision rests on.
type evidence struct {
	class  nameClass // what the name says
	kind   valueKind // what the value looks like
	form   form      // how both are written
	length int       // of the value, in bytes
	// Where nothing is left to be weighed: the confidence, and why, in words.
	settled report.Confidence
	reason  string
}

// An opinion is an entry of the tables below.
type opinion uint8

const (
	never     opinion = iota
	unsure            // low confidence
	fromSix           // medium from six bytes on, low below
	fromEight         // medium from eight bytes on, low below
	sure              // medium
)

// inQuotes is the table for values in quotes and in places that hold nothing
// but credentials; bareWords is for values without quotes, which are code or
// prose much more often. Both were set by hand.
var (
	inQuotes = [...][valueKinds]opinion{
		nameWeak:     {kindRandom: sure, kindHex: sure, kindHuman: unsure},
		nameToken:    {kindRandom: sure, kindHex: sure, kindUUID: sure, kindHuman: fromEight, kindWord: unsure},
		nameSecret:   {kindRandom: sure, kindHex: sure, kindUUID: sure, kindHuman: fromSix, kindNumber: fromSix, kindWord: unsure},
		namePassword: {kindRandom: sure, kindHex: sure, kindUUID: sure, kindHuman: sure, kindNumber: fromSix, kindText: unsure, kindWord: unsure},
	}
	bareWords = [...][valueKinds]opinion{
		nameWeak:     {kindRandom: sure, kindHex: sure},
		nameToken:    {kindRandom: sure, kindHex: sure, kindUUID: sure, kindHuman: unsure},
		nameSecret:   {kindRandom: sure, kindHex: sure, kindUUID: sure, kindHuman: fromEight, kindWord: unsure},
		namePassword: {kindRandom: sure, kindHex: sure, kindUUID: sure, kindHuman: sure, kindNumber: fromSix, kindWord: unsure},
	}
)

// decide turns evidence into a confidence, and false into nothing to report.
func decide(e evidence) (report.Confidence, bool) {
	o := inQuotes[e.class][e.kind]
	if e.form.bare() {
		o = bareWords[e.class][e.kind]
	}
	switch {
	case o == never:
		return 0, false
	case o == unsure, o == fromSix && e.length < 6, o == fromEight && e.length < 8:
		return report.ConfidenceLow, true
	}
	return report.ConfidenceMedium, true
}

// leastLength returns the bytes from which the value of a name is looked at.
func (class nameClass) leastLength() int {
	if class == namePassword {
		return 4
	}
	return 5
}

// bare reports whether only a blank or the line's end closes the value.
func (f form) bare() bool { return f == formBare || f == formComment }

// judgePair decides about a pair of user and password in base64.
func judgePair(text []byte) report.Confidence {
	if template(text) {
		return report.ConfidencePlaceholder
	}
	var buf [128]byte
	pair := decodeBase64(buf[:0], text)
	if i := bytes.IndexByte(pair, ':'); i >= 0 && placeholder(pair[i+1:]) {
		return report.ConfidencePlaceholder
	}
	return report.ConfidenceMedium
}

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
	case len(name) == 2 && c.nameStart > 0 && !is(data[c.nameStart-1], isSpace|isQuote):
		return nameNone // two letters in the midst of signs are no name
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
	if c.form != formPair || !is(at(data, i), isQuote) || at(data, skip(data, c.end+1, isBlank, 4)) != ',' {
		return false
	}
	quotes := 0
	for stop := max(0, i-maxLine); i > stop; i-- {
		switch b := data[i-1]; {
		case is(b, isQuote):
			quotes++
		case quotes&1 == 1: // in a string
		case b == '[', b == '{' && at(data, skipBack(data, i-1, isName, maxName)-1) == ']': // []string{
			return quotes > 0
		case b != ',' && !is(b, isBlank):
			return false
		}
	}
	return false
}

// inARN reports whether the name is a part of the name of an AWS resource:
// arn:aws:secretsmanager:eu-west-1:111122223333:secret:prod/db-AbCdEf.
func inARN(data []byte, c candidate) bool {
	const longest = 200 // bytes before the part that is taken for a name
	i := c.nameStart
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
