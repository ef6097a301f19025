package rules

import (
	"bytes"

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
	conf, ok := m.judge(&t)
	if e.kind == kindHuman && wordy(value) {
		e.kind = kindWord // for the path to judge
	}
	return conf, e.kind, ok
}

// wordy reports whether value is made of stand-in words with digits and signs in
// place of letters: p@ssword.
func wordy(value []byte) bool {
	var buf [24]byte
	text := buf[:0]
	for _, b := range value[:min(len(value), len(buf))] {
		switch b {
		case '@', '4':
			b = 'a'
		case '0':
			b = 'o'
		case '1', '!':
			b = 'i'
		case '3':
			b = 'e'
		case '$', '5':
			b = 's'
		}
		text = append(text, b)
	}
	return standIns(text)
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
	case lineAndColumn(value):
		return e.out("it is a place in a file")
	case restates(c.name(data), value), statement(value):
		return e.out("it is an assignment of its own")
	case inArray(data, c), c.form == formUser && e.kind == kindWord && at(data, c.end+1) == ',':
		return e.out("it is one of several strings in an array")
	case inARN(data, c.nameStart):
		return e.out("it is a part of the name of an AWS resource")
	case c.form == formCall && c.nameEnd-c.nameStart <= len("_pass") && hasFold(data, c.nameEnd-len("pass"), "pass"):
		return e.out("its function lets pass what it is given")
	case c.form == formFlag && value[0] == '-' && at(value, 1) == '-':
		return e.out("it is the next flag")
	case c.form == formQuoted && handed(data, c):
		return e.out("it is handed to a function, whose result the name gets")
	case e.kind != kindRandom && idempotent(c.name(data)):
		return e.out("it tells two equal requests apart")
	case e.class == nameWeak && idList(value):
		return e.out("it is a list of ids, such as those of OpenPGP keys")
	case c.form == formBasic, (e.class == nameWeak || c.form == formHeader && hasFold(data, c.start-len("basic "), "basic ")) && pairInBase64(value):
		confidence, kind := judgePair(value)
		e.kind = kind
		return e.settle(confidence, "it is a pair of user and password in base64")
	case e.class == nameWeak && len(value) <= 8 && shapeOf(value).hex:
		return e.out("it is a short id, such as that of an OpenPGP key")
	case e.class == nameWeak && len(value) <= 8 && skip(value, 0, isDigit|isLower, 8) == len(value):
		return e.settle(report.ConfidenceLow, "it is as short as an id")
	case (e.kind == kindWord || properName(value)) && c.nameEnd-c.nameStart == 2:
		return e.out("two letters before a word are a code, such as that of a country")
	case c.form == formHeader && hasFold(data, c.start-len("basic "), "basic ") && withoutPassword(value):
		return e.out("it is a user without a password")
	case fingerprint(c.name(data), value):
		return e.out("it is the fingerprint of a key")
	case e.kind == kindWord && c.form.bare() && hasFold(data, c.nameStart-len("# $"), "# $"):
		return e.out("it is what a variable of a shell is compared with, in a remark")
	case c.form.bare() && properName(value) && inSentence(data, c):
		return e.out("it begins a sentence")
	case crypted(value):
		return e.settle(report.ConfidenceLow, "it is hashed or encrypted")
	case e.class == namePassword && echoes(c.name(data), value) && !template(value):
		return e.settle(report.ConfidenceLow, "it says what its name says")
	case placeholder(value) || sequence(value) || truncated(data, c) || standsInBase64(value):
		return e.settle(report.ConfidencePlaceholder, "it is a placeholder")
	case e.class <= nameToken && constantName(value):
		return e.out("it is the name of a constant")
	case echoes(c.name(data), value):
		return e.settle(report.ConfidenceLow, "it says what its name says")
	case c.form == formQuoted && e.kind != kindRandom && e.kind != kindHex && dashed(data, c):
		return e.settle(report.ConfidenceLow, "a dash parts it from its name, which assigns nothing")
	case c.form == formHeader && handshake(data, c):
		return e.settle(report.ConfidenceLow, "it belongs to one connection only")
	case e.class < namePassword && tooPlain(c.name(data), e, value):
		return e.settle(report.ConfidenceLow, "it is too short or too plain for what is issued")
	case e.class >= nameToken && boasts(value):
		e.kind = kindWord
		return e.settle(report.ConfidenceMedium, "it calls itself a secret")
	case e.class != namePassword && e.kind == kindWord && issued(c.name(data)):
		return e.out("it is made of words, and keys and tokens are not")
	case remarkedMadeUp(data, c):
		return e.settle(report.ConfidenceLow, "a remark on its line says that it is made up")
	case e.kind == kindWord && credentialName(value):
		return e.settle(report.ConfidenceLow, "it is the name of a credential")
	case e.class == nameWeak && (e.kind == kindHuman || composed(value)):
		return e.settle(report.ConfidenceLow, "people do not choose keys, and they have no parts")
	case e.class == nameWeak && e.kind == kindWord:
		return e.out("it is a word, and the name is seldom that of a credential")
	}
	if e.kind == kindHuman && listed(data, c) && (e.class != namePassword || c.form == formCall || e.length < 8) {
		e.kind = kindListed
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
	if i := bytes.IndexByte(text, ':'); i > 0 && i+1 < len(text) && placeholder(text[i+1:]) {
		return true
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
	return placeholder(text) || sequence(text) || words >= 3
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
		nameToken:    {kindRandom: sure, kindHex: sure, kindUUID: sure, kindHuman: fromEight, kindWord: unsure, kindListed: unsure},
		nameSecret:   {kindRandom: sure, kindHex: sure, kindUUID: sure, kindHuman: fromSix, kindNumber: fromSix, kindWord: unsure, kindListed: unsure},
		namePassword: {kindRandom: sure, kindHex: sure, kindUUID: sure, kindHuman: sure, kindNumber: fromSix, kindText: unsure, kindWord: unsure, kindListed: unsure},
	}
	bareWords = [...][valueKinds]opinion{
		nameWeak:     {kindRandom: sure, kindHex: sure},
		nameToken:    {kindRandom: sure, kindHex: sure, kindUUID: sure, kindHuman: unsure},
		nameSecret:   {kindRandom: sure, kindHex: sure, kindUUID: sure, kindHuman: fromEight, kindWord: unsure, kindListed: unsure},
		namePassword: {kindRandom: sure, kindHex: sure, kindUUID: sure, kindHuman: sure, kindNumber: fromSix, kindWord: unsure, kindListed: unsure},
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
func judgePair(text []byte) (report.Confidence, valueKind) {
	if template(text) {
		return report.ConfidencePlaceholder, kindCode
	}
	var buf [128]byte
	pair := bytes.TrimRight(decodeBase64(buf[:0], text), "\r\n")
	i := bytes.IndexByte(pair, ':')
	if i < 0 || i+1 == len(pair) {
		return report.ConfidenceMedium, kindRandom
	}
	password := pair[i+1:]
	if placeholder(password) || hasFold(pair, 0, "aladdin:open") { // RFC 7617, 2
		return report.ConfidencePlaceholder, kindCode
	}
	if wordy(password) {
		return report.ConfidenceMedium, kindWord
	}
	return report.ConfidenceMedium, kindRandom
}
