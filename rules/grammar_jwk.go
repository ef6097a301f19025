package rules

// jwkReach is how far from "kty" the other members of a JSON Web Key may
// stand: a private RSA key of 4,096 bits has about 3 kB.
const jwkReach = 4096

// readJWK reads the private part of a JSON Web Key, also of one written as a
// literal in code: the member "d", or "k" of a symmetric key. The keyword is
// "kty", which may stand anywhere among the members.
func readJWK(data []byte, hit, hitEnd int) (candidate, bool) {
	start := hit
	for stop := max(0, hit-jwkReach); start > stop && data[start-1] != '{' && data[start-1] != '}'; start-- {
	}
	end := min(len(data), hitEnd+jwkReach)
	for i := start; i < end && data[i] != '}'; i++ {
		if b := data[i]; b != 'd' && b != 'k' || is(at(data, i-1), isName) || is(at(data, i+1), isName) {
			continue
		}
		c := candidate{nameStart: i, nameEnd: i + 1}
		j, _ := closeName(data, i+1)
		j = skip(data, j, isBlank, maxBlanks)
		if at(data, j) != ':' && at(data, j) != '=' {
			continue
		}
		v, ok := c.quoted(data, skip(data, j+1, isBlank, maxBlanks))
		if ok && v.end-v.start >= 16 && inBase64URL(v.value(data)) {
			v.form = formLiteral
			return v, true
		}
	}
	return candidate{}, false
}

// inBase64URL reports whether every byte of text is a digit of base64.
func inBase64URL(text []byte) bool {
	for _, b := range text {
		if base64Digit(b) < 0 && b != '=' {
			return false
		}
	}
	return true
}
