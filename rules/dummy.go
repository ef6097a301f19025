package rules

import (
	"bytes"

	"github.com/assayhq/assay/report"
)

// Values that stand where a token would, in the shape of the vendor, are of two
// kinds, and a gate should treat them differently.
//
// Some say themselves that they are none: a template, a mask, "example",
// "your-key", one character over and over. Nobody was ever given such a value, and
// nothing accepts it: standsIn, a placeholder, outside of every gate.
//
// Others have the vendor's prefix, length and alphabet, and only look typed: they
// count (1234567890abcdef) or repeat themselves. Most were made up for a test, but
// nothing in them says so. What was issued may have been cut and filled up, and a
// service on one's own machine takes the key that one chooses. Such a token is madeUp: it
// stays inside the gate, but never among what is certain, and says why.

// madeUpDoubt is the doubt about a token that is madeUp.
const madeUpDoubt = "It has the right shape, but counts or repeats itself, so it is most likely made up."

// leastCounted is the length from which a value that counts can be a token at all.
const leastCounted = 8

// tell returns the confidence in a match of r that has the rule's confidence so
// far, and why it is lower. inner is what the structure check says of the value.
func (r *compiled) tell(confidence report.Confidence, value []byte, inner inspection) (report.Confidence, string) {
	tail := value[r.public(value):]
	proved := r.structure.proves && inner.fits
	switch {
	case r.allows(value), !proved && standsIn(tail):
		return report.ConfidencePlaceholder, maskedDoubt
	case !inner.fits:
		return inner.lower(confidence)
	case !proved && (madeUp(tail) || r.typedDigits(tail)):
		return min(confidence, report.ConfidenceMedium), madeUpDoubt
	}
	return confidence, ""
}

// blank reports whether a mask follows a vendor's prefix of so many bytes. Its
// entropy is low, and still it is shown to who asks for placeholders; without the
// prefix it could be anything.
func blank(prefix int, tail []byte) bool {
	return prefix > 0 && len(tail) >= leastCounted && standsIn(tail)
}

// standsIn reports whether the body of a token says that it is none.
func standsIn(tail []byte) bool {
	return len(tail) == 0 || template(tail) || masked(tail) || marked(tail) || standIns(tail) && !madeUp(tail)
}

// madeUp reports whether the body of a token was typed along the alphabet or the
// digits, or says the same twice.
func madeUp(tail []byte) bool {
	return len(tail) >= leastCounted && sequence(tail)
}

// typedDigits reports whether a long value has digits only although the rule
// lets letters stand in it: someone typed it.
func (r *compiled) typedDigits(tail []byte) bool {
	const long = 16 // random text of letters and digits is all digits once in 10^12 times
	return len(tail) >= long && skip(tail, 0, isDigit, len(tail)) == len(tail) && r.pattern().bytes['a']
}

// masked reports whether the body of a token is a mask, or a part of it is. A field
// of digits between dashes, dots, colons and slashes is the number of an account or of
// an application: it is no part of what is secret, and runs of one digit stand in made
// up and in real ones.
func masked(tail []byte) bool {
	if !mask(tail) {
		return false
	}
	secrets, accounts := 0, 0 // the second with a run
	for start := 0; start <= len(tail); {
		end := len(tail)
		if n := bytes.IndexAny(tail[start:], "-.:/"); n >= 0 {
			end = start + n
		}
		switch run := mask(tail[start:end]); {
		case skip(tail, start, isDigit, end) == end:
			if run {
				accounts++
			}
		case run:
			return true
		default:
			secrets++
		}
		start = end + 1
	}
	return secrets == 0 || accounts == 0
}
