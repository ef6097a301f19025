package scan

import (
	"strings"
)

// Patterns are patterns as ignore files of Git have them, in the order in which
// they count: of those that match a path the last decides. The format is described
// in Git's gitignore(5). Bytes are compared: core.ignoreCase does not count.
//
// They are read here because the libraries that do so bring packages along which
// take a twentieth of the time that the program needs to start.
type Patterns []ignorePattern

// An ignorePattern is one line of an ignore file.
type ignorePattern struct {
	domain   string   // the folder that it is about, "" or with a slash at the end
	parts    []string // what stands between slashes
	anywhere bool     // it is about names, in whatever folder below domain
	folders  bool     // it is about folders only
	include  bool     // what it matches is not ignored
}

// ParsePatterns reads the text of an ignore file that lies in folder, whose parts
// slashes separate; "" is the root. Patterns match paths that are relative to it.
func ParsePatterns(text, folder string) Patterns {
	if folder != "" {
		folder += "/"
	}
	var all Patterns
	for line := range strings.Lines(strings.TrimPrefix(text, "\ufeff")) {
		line = strings.TrimSuffix(strings.TrimSuffix(line, "\n"), "\r")
		if p, ok := parsePattern(line); ok {
			p.domain = folder
			all = append(all, p)
		}
	}
	return all
}

func parsePattern(line string) (p ignorePattern, ok bool) {
	if strings.HasPrefix(line, "#") {
		return p, false
	}
	for strings.HasSuffix(line, " ") && !strings.HasSuffix(line, `\ `) {
		line = line[:len(line)-1]
	}
	line, p.include = strings.CutPrefix(line, "!")
	line, p.folders = strings.CutSuffix(line, "/")
	p.anywhere = !strings.Contains(line, "/")
	line = strings.TrimPrefix(line, "/")
	p.parts = splitPattern(line)
	return p, line != ""
}

// splitPattern parts a pattern at its slashes. One in a set of characters is none.
func splitPattern(line string) (parts []string) {
	start := 0
	for i := 0; i < len(line); {
		switch end := i; line[i] {
		case '[':
			n, _ := matchClass(line[i:], 0)
			i += n
		case '\\':
			i += 2
			if i > len(line) || line[i-1] != '/' {
				continue
			}
			fallthrough
		case '/':
			parts = append(parts, line[start:end])
			i = max(i, end+1)
			start = i
		default:
			i++
		}
	}
	return append(parts, line[start:])
}

// Match reports whether a path is ignored: it, or a folder that it lies in. What
// lies in an ignored folder cannot be included again.
func (p Patterns) Match(path string, folder bool) bool {
	for end := range len(path) {
		if path[end] == '/' && p.ignores(path[:end], true) {
			return true
		}
	}
	return p.ignores(path, folder)
}

// ignores decides about a path without those above it.
func (p Patterns) ignores(path string, folder bool) bool {
	for i := len(p) - 1; i >= 0; i-- {
		if p[i].match(path, folder) {
			return !p[i].include
		}
	}
	return false
}

func (p *ignorePattern) match(path string, folder bool) bool {
	below, ok := strings.CutPrefix(path, p.domain)
	if !ok || p.folders && !folder {
		return false
	}
	if p.anywhere {
		return matchPart(p.parts[0], below[strings.LastIndexByte(below, '/')+1:])
	}
	return matchParts(p.parts, strings.Split(below, "/"))
}

// matchParts matches the parts of a path. Two stars stand for any number of them,
// at the end of a pattern for one at least.
func matchParts(pattern, path []string) bool {
	retry, from := -1, 0 // where to go on if what follows the last two stars does not fit
	i, k := 0, 0
	for k < len(path) {
		switch {
		case i < len(pattern) && pattern[i] == "**":
			if i++; i == len(pattern) {
				return true
			}
			retry, from = i, k
		case i < len(pattern) && matchPart(pattern[i], path[k]):
			i, k = i+1, k+1
		case retry >= 0:
			from++
			i, k = retry, from
		default:
			return false
		}
	}
	return i == len(pattern)
}

// matchPart matches one part of a path.
func matchPart(pattern, name string) bool {
	retry, from := -1, 0 // as in matchParts, for one star
	i, k := 0, 0
	for k < len(name) {
		if i < len(pattern) && pattern[i] == '*' {
			i++
			retry, from = i, k
			continue
		}
		if n, ok := matchByte(pattern[i:], name[k]); ok {
			i, k = i+n, k+1
			continue
		}
		if retry < 0 {
			return false
		}
		from++
		i, k = retry, from
	}
	return strings.Trim(pattern[i:], "*") == ""
}

// matchByte matches what a pattern begins with, unless it is a star, and returns
// how long that is.
func matchByte(pattern string, c byte) (n int, ok bool) {
	switch {
	case pattern == "":
		return 0, false
	case pattern[0] == '?':
		return 1, true
	case pattern[0] == '[':
		return matchClass(pattern, c)
	case pattern[0] == '\\':
		return 2, len(pattern) > 1 && pattern[1] == c
	}
	return 1, pattern[0] == c
}

// matchClass matches a set of characters in brackets. One that does not end
// matches nothing.
func matchClass(pattern string, c byte) (n int, ok bool) {
	i := 1
	not := i < len(pattern) && (pattern[i] == '!' || pattern[i] == '^')
	if not {
		i++
	}
	in := false
	for first := i; i < len(pattern) && (pattern[i] != ']' || i == first); {
		if name, rest, ok := namedClass(pattern[i:]); ok {
			in = in || inClass(name, c)
			i = len(pattern) - len(rest)
			continue
		}
		low, next := classByte(pattern, i)
		high := low
		if next+1 < len(pattern) && pattern[next] == '-' && pattern[next+1] != ']' {
			high, next = classByte(pattern, next+1)
		}
		in = in || low <= c && c <= high
		i = next
	}
	return i + 1, i < len(pattern) && in != not
}

// classByte reads a character of a set, which a backslash may stand before.
func classByte(pattern string, i int) (c byte, next int) {
	if pattern[i] == '\\' && i+1 < len(pattern) {
		i++
	}
	return pattern[i], i + 1
}

// namedClass reads the name of a class of characters, such as [:digit:].
func namedClass(pattern string) (name, rest string, ok bool) {
	if after, ok := strings.CutPrefix(pattern, "[:"); ok {
		return strings.Cut(after, ":]")
	}
	return "", "", false
}

// inClass reports whether an ASCII character is in a class of POSIX.
func inClass(name string, c byte) bool {
	lower, upper, digit := 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9'
	printed := ' ' < c && c < 0x7f
	switch name {
	case "alpha":
		return lower || upper
	case "digit":
		return digit
	case "alnum":
		return lower || upper || digit
	case "lower":
		return lower
	case "upper":
		return upper
	case "xdigit":
		return digit || 'a' <= c|0x20 && c|0x20 <= 'f'
	case "space":
		return c == ' ' || '\t' <= c && c <= '\r'
	case "blank":
		return c == ' ' || c == '\t'
	case "punct":
		return printed && !lower && !upper && !digit
	case "graph":
		return printed
	case "print":
		return printed || c == ' '
	case "cntrl":
		return c < ' ' || c == 0x7f
	}
	return false
}
