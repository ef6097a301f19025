package rules

import "strings"

// A rule with a keyword says of most vendors' values: somewhere behind the vendor's name
// a name ends that credentials have, then comes what parts a name from its value, then the
// value. Patterns write the middle as {named}, or as {assigned} where a dash or a dot is not
// enough because the value has such in itself:
//
//	pattern = '''{named}(?P<secret>[0-9a-f]{32})'''
//
// finds ACME_API_KEY=…, acmeToken: "…", "acme", key "…", acme = …
const (
	namedMark    = "{named}"
	assignedMark = "{assigned}"
)

// withNames writes out the mark that a pattern begins with.
func withNames(pattern string) string {
	if rest, ok := strings.CutPrefix(pattern, namedMark); ok {
		return nameEnds + nameSigns + `[\-.]|` + nameBlanks + rest
	}
	if rest, ok := strings.CutPrefix(pattern, assignedMark); ok {
		return nameEnds + nameSigns + nameBlanks + rest
	}
	return pattern
}

const (
	// nameEnds are words that names of credentials have, what follows up to the end of the
	// name, a type (key: string), and a field of its own for the value (name: key, value: v).
	nameEnds = `(?:(?i:key|token|secret|passw|pwd|auth|cred|access|private|api|[_\-]pat)[\w.\-]{0,20}["'\x60\])\\]{0,3}(?:\s?:\s?\w{1,16})?(?:[,;]?\s{0,3}["']?(?i:value)["']?)?`
	// nameSigns assign, compare, default, or open a call.
	nameSigns = `(?:\s{0,9}(?:[:?|+]{0,3}=>?|[:,(>]|\|\||\?\?)\s{0,9}|\s(?:or|is|-)\s|`
	// nameBlanks end the alternatives: blanks alone, or the vendor's own name assigned to; then
	// the scheme of a header and quotes.
	nameBlanks = `\s{1,2})|^(?i:ai|api|app|io|hq)?["'\x60]?\s{0,3}(?:=>|[:=])\s{0,3})(?:[a-zA-Z]{1,8}\s)?["'\x60(\\]{0,3}\s?`
)
