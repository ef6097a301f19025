package rules

import (
	"bytes"
	"unicode/utf8"
)

// A valueKind is what a value looks like.
type valueKind uint8

const (
	kindCode   valueKind = iota // an expression, a path, a type: no literal
	kindText                    // several words with blanks, words of another language
	kindWord                    // words of a language or of a program, an identifier
	kindListed                  // what people choose as a password, but one of several strings in a row
	kindNumber                  // digits only
	kindUUID
	kindHuman  // what people choose: words with digits and signs, short unreadable text
	kindRandom // long and random
	kindHex    // the same in hexadecimal digits
	valueKinds
)

// describe returns what value looks like.
func describe(value []byte, f form) valueKind {
	s := shapeOf(value)
	switch {
	case s.digits == 0 && value[len(value)-1] == ':': // a label, or what a text begins with
		return kindCode
	case s.control > 0, s.foreign > 0 && !utf8.Valid(value), escaped(value), between(value):
		return kindCode
	case s.spaces > 0 && s.lower+s.upper+s.digits+s.foreign > 0:
		return describeWords(value, s)
	case uuid(value):
		return kindUUID
	case s.digits == len(value):
		return kindNumber
	case s.lower+s.upper+s.signs+s.foreign == 0: // a date, a version, the number of an account
		return kindCode
	case code(value, s), f.open() && codeBare(value, s):
		return kindCode
	case s.foreign > 0 && (s.digits+s.marks == 0 || s.lower+s.upper+s.digits == 0) || lines(value):
		return kindText
	}
	return describeToken(value, s, f)
}

// describeToken returns what a value without blanks that is no code looks like.
func describeToken(value []byte, s shape, f form) valueKind {
	w := readWords(value)
	long := len(value) >= 16 && s.digits > 0 || len(value) >= 12 && s.digits > 1 && s.kinds() >= 3
	readable := w.unreadable == 0 && 2*w.readable >= w.letters && 2*w.letters >= len(value) ||
		s.joints > 0 && s.digits <= 2 && s.signs == 0 && w.readable > 2*w.unreadable
	random := s.hex && 4*s.digits >= len(value) || !readable && 2*w.readable <= w.letters
	switch {
	case long && random && relativeEntropy(value) > 0.7:
		if s.hex {
			return kindHex
		}
		return kindRandom
	case identifier(value, s, f):
		return kindWord
	case !readable, s.digits > 0 && s.joints == 0, s.marks > 0:
		return kindHuman // hunter2, Summer2024!, super$ecret
	}
	return kindWord
}

// describeWords judges a value with blanks: a text, unless most of it is
// unreadable.
func describeWords(value []byte, s shape) valueKind {
	if s.spaces <= 3 && s.foreign == 0 && 3*readWords(value).readable < len(value) {
		return kindHuman
	}
	return kindText
}

// identifier reports whether value is a name itself: that of a credential
// (access_token), of an environment variable (DB_HOST), or, without quotes,
// of anything that is written with joints and no digit (registry-login).
func identifier(value []byte, s shape, f form) bool {
	if s.signs+s.foreign > 0 || s.digits > 2 {
		return false
	}
	if s.joints > 0 && s.digits == 0 && (s.lower == 0 || f.bare()) {
		return true
	}
	parts := s.joints > 0 || s.lower > 0 && s.upper > 0
	return parts && classify(value) != nameNone
}

// lines reports whether an escaped line break parts value.
func lines(value []byte) bool {
	i := bytes.Index(value, []byte(`\n`))
	return i > 0 && i+2 < len(value)
}

// uuid reports whether value is a UUID in its usual form (RFC 9562).
func uuid(value []byte) bool {
	if len(value) != 36 {
		return false
	}
	for i, b := range value {
		if i == 8 || i == 13 || i == 18 || i == 23 {
			if b != '-' {
				return false
			}
		} else if hexDigit(b) < 0 {
			return false
		}
	}
	return true
}

// A shape counts the kinds of bytes in a value.
type shape struct {
	lower, upper, digits, spaces int
	joints                       int  // _ - . / : which join words of identifiers and paths
	signs                        int  // other ASCII
	marks                        int  // of these ! @ # $ ^ & * ? which people put into passwords
	brackets                     int  // of these the round, square and curly ones
	foreign                      int  // bytes outside of ASCII
	control                      int  // control characters, which no text holds
	hex                          bool // nothing but hexadecimal digits
}

func shapeOf(value []byte) (s shape) {
	s.hex = true
	for _, b := range value {
		s.hex = s.hex && hexDigit(b) >= 0
		switch {
		case is(b, isLower):
			s.lower++
		case is(b, isUpper):
			s.upper++
		case is(b, isDigit):
			s.digits++
		case is(b, isNameMark) || b == '/' || b == ':':
			s.joints++
		case b == ' ' || b == '\t':
			s.spaces++
		case b >= 0x80:
			s.foreign++
		case b < 0x20, b == 0x7f:
			s.control++
		default:
			s.sign(b)
		}
	}
	return s
}

func (s *shape) sign(b byte) {
	s.signs++
	switch b {
	case '!', '@', '#', '$', '^', '&', '*', '?':
		s.marks++
	case '(', ')', '[', ']', '{', '}':
		s.brackets++
	}
}

// kinds returns how many kinds of characters the value has.
func (s shape) kinds() int {
	n := 0
	for _, k := range [...]int{s.lower, s.upper, s.digits, s.signs + s.joints, s.foreign} {
		if k > 0 {
			n++
		}
	}
	return n
}
