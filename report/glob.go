package report

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// maxGlob bounds a pattern, in bytes: longer than people write one.
const maxGlob = 1024

// globPattern turns a pattern for paths into a regular expression, whose matching
// takes linear time whatever a scanned tree wrote. "*" and "?" stand for anything
// but a slash, "**" for anything; a pattern that ends with a slash is about all
// that lies below it. The whole path has to match.
func globPattern(glob string) (*regexp.Regexp, error) {
	switch {
	case glob == "":
		return nil, errors.New("an empty pattern matches nothing")
	case len(glob) > maxGlob:
		return nil, fmt.Errorf("a pattern of more than %d bytes", maxGlob)
	}
	if strings.HasSuffix(glob, "/") {
		glob += "**"
	}
	var b strings.Builder
	b.WriteString(`(?s)\A`)
	for glob != "" {
		var piece string
		piece, glob = globPiece(glob)
		b.WriteString(piece)
	}
	b.WriteString(`\z`)
	return regexp.Compile(b.String())
}

// globPiece translates the beginning of a pattern and returns the rest.
func globPiece(glob string) (piece, rest string) {
	for _, p := range [...]struct{ glob, regexp string }{
		{"**/", `(?:.*/)?`}, {"**", `.*`}, {"*", `[^/]*`}, {"?", `[^/]`},
	} {
		if rest, ok := strings.CutPrefix(glob, p.glob); ok {
			return p.regexp, rest
		}
	}
	n := strings.IndexAny(glob, "*?")
	if n < 0 {
		n = len(glob)
	}
	return regexp.QuoteMeta(glob[:n]), glob[n:]
}

// matchesAnything reports whether a pattern names no part of any path.
func matchesAnything(glob string) bool { return strings.Trim(glob, "*?/.") == "" }
