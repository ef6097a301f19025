package rules

// readUserOption reads the password of "curl -u user:password". The keyword is
// the option with the blank before it; the line, or the one that it continues,
// must call a program that takes it.
func readUserOption(data []byte, hit, hitEnd int) (candidate, bool) {
	c := candidate{form: formUser}
	if !is(at(data, hit-1), isSpace|isQuote) && !is(at(data, hit), isBlank) {
		return c, false
	}
	i := hitEnd
	if at(data, i) == '=' {
		i++
	}
	i = skip(data, i, isBlank, 4)
	quote := byte(0)
	for is(at(data, i), isQuote) || at(data, i) == '\\' {
		if at(data, i) != '\\' {
			quote = data[i]
		}
		i++
	}
	c.start, c.end = 0, i
	for stop := min(len(data), i+128); c.end < stop; c.end++ {
		b := data[c.end]
		if is(b, isBreak) || b == quote && quote != 0 || quote == 0 && is(b, isSpace|isQuote) || b == '\\' {
			break
		}
		if b == ':' && c.start == 0 {
			c.start = c.end + 1
		}
	}
	if c.start <= i+1 || c.end-c.start < 3 {
		return c, false
	}
	return c, runs(data, hit, "curl") || runs(data, hit, "wget") || runs(data, hit, "http")
}

// runs reports whether the command that option i belongs to starts a program
// of this name: on the line or on those that it continues.
func runs(data []byte, i int, program string) bool {
	return indexFold(data, max(0, i-maxLine), i, program) >= 0
}

// readPasswordCommand reads the password in the arguments of a program that
// takes it after -p. The keyword is the program: sshpass -p value,
// mysql -pvalue, psexec -p value.
func readPasswordCommand(data []byte, hit, hitEnd int) (candidate, bool) {
	c := candidate{nameStart: hit, nameEnd: hitEnd}
	end := lineEnd(data, hitEnd)
	glued := hasFold(data, hit, "mysql")
	for i := skip(data, hitEnd, isName, maxName); i+3 < end; i++ {
		if !is(data[i], isBlank) || data[i+1] != '-' || data[i+2] != 'p' {
			continue
		}
		next := i + 3
		if glued == is(data[next], isBlank) {
			continue
		}
		v, ok := c.quoted(data, skip(data, next, isBlank, 4))
		if !ok {
			v, ok = c.bare(data, skip(data, next, isBlank, 4), false)
		}
		v.form = formUser
		return v, ok
	}
	return c, false
}

// readArgument reads the first argument of a function that takes nothing but a
// credential. The keyword is its name: ConvertTo-SecureString 'v', TOTP.new("v").
func readArgument(data []byte, hit, hitEnd int) (candidate, bool) {
	c := candidate{nameStart: hit, nameEnd: min(hitEnd, len(data))}
	i := skip(data, c.nameEnd, isBlank, maxBlanks)
	if at(data, i) == '(' {
		i = skip(data, i+1, isBlank, maxBlanks)
	} else if hasFold(data, i, "-string ") {
		i = skip(data, i+len("-string "), isBlank, maxBlanks)
	}
	return c.literal(data, i)
}

// readSecond reads the second argument of a function that takes user and
// password. The keyword is its name: NetworkCredential("user", "v"), auth=("user", "v").
func readSecond(data []byte, hit, hitEnd int) (candidate, bool) {
	c := candidate{nameStart: hit, nameEnd: min(hitEnd, len(data))}
	i := skip(data, c.nameEnd, isBlank, maxBlanks)
	if at(data, i) == '(' {
		i = skip(data, i+1, isBlank, maxBlanks)
	}
	if !is(at(data, stringPrefix(data, i)), isQuote) {
		return c, false
	}
	i, ok := secondArgument(data, i)
	if !ok {
		return c, false
	}
	return c.literal(data, i)
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

// readLogin reads the password of a .netrc file. The keyword is the word before
// the user: machine host login user password value, also broken up into lines.
func readLogin(data []byte, hit, hitEnd int) (candidate, bool) {
	c := candidate{}
	i := skip(data, hitEnd, isSpace, maxBlanks)
	if i == hitEnd || hit > 0 && !is(data[hit-1], isSpace) {
		return c, false
	}
	for stop := min(len(data), i+maxName); i < stop && !is(data[i], isSpace); i++ {
	}
	c.nameStart = skip(data, i, isSpace, maxBlanks)
	if c.nameStart == i || !hasFold(data, c.nameStart, "password") {
		return c, false
	}
	c.nameEnd = c.nameStart + len("password")
	i = skip(data, c.nameEnd, isBlank, maxBlanks)
	if i == c.nameEnd {
		return c, false
	}
	v, ok := c.quoted(data, i)
	if !ok {
		v, ok = c.bare(data, i, false)
	}
	v.form = formFlag
	return v, ok
}
