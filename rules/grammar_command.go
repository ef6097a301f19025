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
	separator := byte(':')
	if runs(data, hit, "lftp") {
		separator = ','
	}
	c.start, c.end = 0, i
	for stop := min(len(data), i+128); c.end < stop; c.end++ {
		b := data[c.end]
		if is(b, isBreak) || b == quote && quote != 0 || quote == 0 && is(b, isSpace|isQuote) || b == '\\' {
			break
		}
		if b == separator && c.start == 0 {
			c.start = c.end + 1
		}
	}
	if c.start <= i+1 || c.end-c.start < 3 || skip(data, i, isDigit|isOperator, c.end-i) == c.end {
		return c, false // two numbers are ids of a user and a group: docker run -u 1000:1000
	}
	return c, separator == ',' || runs(data, hit, "curl") || runs(data, hit, "wget") || runs(data, hitEnd, "http")
}

// runs reports whether the command that option i belongs to starts a program
// of this name: on the line or on those that it continues.
func runs(data []byte, i int, program string) bool {
	return indexFold(data, max(0, i-maxLine), i, program) >= 0
}

// A command is a program that takes a password among its arguments.
type command struct {
	program string // or the part of the command that tells, in lower case
	options string // of which one stands before the password, parted by blanks; case-sensitive
	glued   bool   // the password follows the option without a blank, or with one as well
	apart   bool   // the password follows after a blank
	word    int    // without options: the number of the argument, from 1, options not counted
	needs   string // what else must stand on the line
	slash   bool   // options start with a slash
}

// commands is sorted by nothing: the longer of two that begin alike comes first.
var commands = []command{
	{program: "7z", options: "-p", glued: true},
	{program: "bcp ", options: "-P", apart: true, needs: "-U"},
	{program: "cqlsh", options: "-p", apart: true},
	{program: "htpasswd", word: 3, needs: "b"},
	{program: "http-basic.", word: 2},
	{program: "ipmitool", options: "-P", apart: true},
	{program: "ldap", options: "-w", apart: true, needs: "-D"},
	{program: "login", options: "-p", apart: true, needs: "-u"},
	{program: "mariadb", options: "-p", glued: true},
	{program: "mongo", options: "-p", apart: true, needs: "-u"},
	{program: "mosquitto_", options: "-P", apart: true},
	{program: "mysqladmin", options: "password", apart: true, needs: " password "},
	{program: "mysql", options: "-p", glued: true},
	{program: "net user ", word: 2, slash: true},
	{program: "net use ", word: 1, slash: true},
	{program: "nmcli", options: "password wifi-sec.psk", apart: true},
	{program: "npm config set", word: 2, needs: "_auth"},
	{program: "openssl enc", options: "-k", apart: true},
	{program: "plink", options: "-pw", apart: true},
	{program: "pscp", options: "-pw", apart: true},
	{program: "psexec", options: "-p", apart: true},
	{program: "put-parameter", options: "--value", apart: true, needs: "SecureString"},
	{program: "rar ", options: "-p -hp", glued: true},
	{program: "rdesktop", options: "-p", apart: true},
	{program: "rabbitmqctl", word: 3, needs: "add_user"},
	{program: "rabbitmqctl", word: 3, needs: "change_password"},
	{program: "redis-cli", options: "-a", apart: true},
	{program: "rpcclient", options: "-U", apart: true, needs: "%"},
	{program: "schtasks", options: "/rp /RP", apart: true},
	{program: "secret set", options: "--value --body -b", glued: true, apart: true},
	{program: "setapikey", word: 1},
	{program: "smbclient", options: "-U", apart: true, needs: "%"},
	{program: "snmp", options: "-A -X", apart: true},
	{program: "sqlcmd", options: "-P", glued: true, apart: true},
	{program: "ssh-keygen", options: "-N", apart: true},
	{program: "sshpass", options: "-p", glued: true, apart: true},
	{program: "twine", options: "-p", apart: true},
	{program: "usermod", options: "-p", apart: true},
	{program: "winexe", options: "-U", apart: true, needs: "%"},
	{program: "wpa_passphrase", word: 2},
	{program: "xfreerdp", options: "/p:", glued: true},
	{program: "zip", options: "-P", glued: true, apart: true},
}

// readPasswordCommand reads the password among the arguments of a program. The
// keyword is the program: sshpass -p value, mysql -pvalue, htpasswd -b file user value.
func readPasswordCommand(data []byte, hit, hitEnd int) (candidate, bool) {
	c := candidate{nameStart: hit, nameEnd: min(hitEnd, len(data))}
	for i := range commands {
		cmd := &commands[i]
		if !hasFold(data, hit, cmd.program) || is(at(data, hit-1), isAlnum) && cmd.word > 0 {
			continue
		}
		if end := lineEnd(data, c.nameEnd); cmd.needs == "" || contains(data[hit:end], cmd.needs) {
			return c.commandArgument(data, hit+len(cmd.program), end, cmd)
		}
	}
	return c, false
}

func contains(text []byte, part string) bool {
	for i := 0; i+len(part) <= len(text); i++ {
		if string(text[i:i+len(part)]) == part {
			return true
		}
	}
	return false
}

// commandArgument reads the password among the arguments in data[i:end].
func (c candidate) commandArgument(data []byte, i, end int, cmd *command) (candidate, bool) {
	for i < end && !is(data[i], isBlank) && data[i-1] != ' ' { // the rest of the program's name: mysqldump, PsExec.exe
		i++
	}
	count := 0
	for {
		i = skip(data, i, isBlank, maxBlanks)
		next := shellWord(data, i, end)
		if next == i || at(data, i) == '|' || at(data, i) == '#' {
			return c, false
		}
		option := data[i] == '-' || data[i] == '/' && cmd.slash
		switch n := cmd.option(data, i, next); {
		case n > 0 && cmd.glued && i+n < next:
			return c.word(data, i+n, cmd)
		case n > 0 && cmd.apart && i+n == next:
			return c.word(data, skip(data, next, isBlank, 4), cmd)
		case cmd.word > 0 && !option && data[i] != '\\' && !(next == i+2 && data[i+1] == ':'): // a share, a drive
			if count++; count == cmd.word {
				return c.word(data, i, cmd)
			}
		}
		i = next
	}
}

// option returns the length of the option that the word data[i:end] is or begins
// with, or 0.
func (cmd *command) option(data []byte, i, end int) int {
	for from := 0; from < len(cmd.options); {
		to := from
		for to < len(cmd.options) && cmd.options[to] != ' ' {
			to++
		}
		if o := cmd.options[from:to]; i+len(o) <= end && string(data[i:i+len(o)]) == o {
			return len(o)
		}
		from = to + 1
	}
	return 0
}

// word reads the argument at i as a password.
func (c candidate) word(data []byte, i int, cmd *command) (candidate, bool) {
	if b := at(data, i); b == '-' || b == '|' || b == '>' || b == '/' && cmd.slash {
		return c, false
	}
	if at(data, i) == '=' {
		i++
	}
	v, ok := c.quoted(data, i)
	if !ok {
		v, ok = c.bare(data, i, false)
	}
	if ok && cmd.needs == "%" { // user%password
		for v.start < v.end && data[v.start] != '%' {
			v.start++
		}
		v.start++
	}
	v.form = formUser
	return v, ok && v.start < v.end
}

// shellWord returns the end of the word at i, in which blanks may stand in quotes.
func shellWord(data []byte, i, end int) int {
	quote := byte(0)
	for ; i < end; i++ {
		switch b := data[i]; {
		case quote != 0:
			if b == quote {
				quote = 0
			}
		case b == '"' || b == '\'':
			quote = b
		case is(b, isSpace):
			return i
		}
	}
	return i
}

// readPiped reads the password that is printed into a program which reads it from
// its standard input. The keyword tells that program:
//
//	echo value | docker login --password-stdin
//	echo user:value | chpasswd
func readPiped(data []byte, hit, hitEnd int) (candidate, bool) {
	c := candidate{nameStart: hit, nameEnd: min(hitEnd, len(data))}
	if at(data, hit) == '|' {
		return c.beforePipe(data)
	}
	pipe := hit
	for stop := max(0, hit-maxLine); pipe > stop && data[pipe-1] != '|' && !is(data[pipe-1], isBreak); pipe-- {
	}
	if at(data, pipe-1) != '|' {
		return c, false
	}
	i := -1
	for _, program := range [...]string{"echo ", "printf "} {
		if k := indexFold(data, max(0, pipe-maxLine), pipe, program); k >= 0 && (k == 0 || !is(data[k-1], isAlnum)) {
			i = k + len(program)
		}
	}
	if i < 0 {
		return c, false
	}
	for at(data, i) == '-' { // echo -n
		i = skip(data, skip(data, i, isName, 8), isBlank, 4)
	}
	v, ok := c.quoted(data, i)
	if !ok {
		v, ok = c.bare(data, i, false)
	}
	for k := v.start; k < v.end && ok; k++ {
		if data[k] == ':' && hasFold(data, hit, "chpasswd") {
			v.start = k + 1
		} else if data[k] == '\\' && at(data, k+1) == 'n' {
			v.end = k
		}
	}
	v.form = formUser
	return v, ok && v.start < v.end && v.end < pipe
}

// beforePipe reads the string before the pipe where the keyword starts:
// 'value' | ConvertTo-SecureString.
func (c candidate) beforePipe(data []byte) (candidate, bool) {
	c.end = skipBack(data, c.nameStart, isBlank, 4) - 1
	quote := at(data, c.end)
	if !is(quote, isQuote) {
		return c, false
	}
	c.form = formLiteral
	for c.start = c.end; c.start > max(0, c.end-maxName) && data[c.start-1] != quote; c.start-- {
		if is(data[c.start-1], isBreak) {
			return c, false
		}
	}
	return c, c.start < c.end && at(data, c.start-1) == quote
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
