package rules

// readArgument reads the first argument of a function that takes nothing but a
// credential. The keyword is its name: ConvertTo-SecureString 'v', TOTP.new("v").
func readArgument(data []byte, hit, hitEnd int) (candidate, bool) {
	c := candidate{nameStart: hit, nameEnd: min(hitEnd, len(data))}
	i := skip(data, c.nameEnd, isBlank, maxBlanks)
	if at(data, i) == '(' {
		i = skip(data, i+1, isBlank, maxBlanks)
	}
	for at(data, i) == '-' && is(at(data, i+1), isLetter) { // switches of PowerShell: -AsPlainText -Force -String
		i = skip(data, skip(data, i, isName, 16), isBlank, maxBlanks)
	}
	return c.literal(data, i)
}

// readSecond reads the second argument of a function that takes a user, or what is
// to be signed, and then a credential: NetworkCredential("user", "v"),
// auth=("user", "v"), jwt.sign(claims, "v"). The keyword is the function's name.
func readSecond(data []byte, hit, hitEnd int) (candidate, bool) { return readNth(data, hit, hitEnd, 2) }

// readThird reads the third argument of a function that takes a place, a user and
// a password: getConnection(url, "user", "v").
func readThird(data []byte, hit, hitEnd int) (candidate, bool) { return readNth(data, hit, hitEnd, 3) }

func readNth(data []byte, hit, hitEnd, n int) (candidate, bool) {
	c := candidate{nameStart: hit, nameEnd: min(hitEnd, len(data))}
	i := skip(data, c.nameEnd, isBlank, maxBlanks)
	if b := at(data, i); b == '(' || b == '[' {
		i = skip(data, i+1, isBlank, maxBlanks)
	}
	for range n - 1 {
		if is(at(data, i), isQuote) && hasFold(data, i+1, "anonymous") {
			return c, false // signs in with anything
		}
		var ok bool
		if i, ok = skipArgument(data, i); !ok {
			return c, false
		}
	}
	return c.literal(data, i)
}

// skipArgument steps over an argument and the comma after it. Strings and brackets
// in it are stepped over as a whole.
func skipArgument(data []byte, i int) (int, bool) {
	depth := 0
	for stop := min(len(data), i+maxLine); i < stop; i++ {
		switch b := data[i]; {
		case b == '\\' && is(at(data, i+1), isQuote): // a call inside a string
			_, end, ok := readQuoted(data, i+1, 1)
			if !ok || data[end] != '\\' {
				return 0, false
			}
			i = end + 1
		case is(b, isQuote):
			_, end, ok := readQuoted(data, i, 0)
			if !ok {
				return 0, false
			}
			i = end
		case is(b, isBreak) || b == ';':
			return 0, false
		case b == '(' || b == '[' || b == '{':
			depth++
		case b == ')' || b == ']' || b == '}':
			if depth--; depth < 0 {
				return 0, false
			}
		case b == ',' && depth == 0:
			return skip(data, i+1, isBlank, maxBlanks), true
		}
	}
	return 0, false
}

// literal reads a string that is a credential by its place.
func (c candidate) literal(data []byte, i int) (candidate, bool) {
	if !is(at(data, stringPrefix(data, i)), isQuote) && at(data, i) != '\\' {
		return c, false
	}
	v, ok := c.quoted(data, i)
	v.form = formLiteral
	return v, ok
}
