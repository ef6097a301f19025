package scan

import (
	"bytes"
	"strings"

	"github.com/assayhq/assay/rules"
)

// Comments that suppress findings on their own line, and on the line after. Ours
// may name rules in brackets: assay:allow[generic-password] used in tests only.
const (
	ownMarker     = "assay:allow"
	ownNextMarker = "assay:allow-next-line"
)

// Those of other tools, so that who comes over keeps them.
var (
	lineMarkers = [...][]byte{
		[]byte("gitleaks:allow"), []byte("betterleaks:allow"), []byte("trufflehog:ignore"), []byte("ggignore"),
		[]byte("kingfisher:ignore"), []byte("kingfisher:allow"), []byte("secretlint-disable-line"),
		[]byte("pragma: allowlist secret"), []byte("pragma: whitelist secret"),
	}
	nextLineMarkers = [...][]byte{
		[]byte("secretlint-disable-next-line"), []byte("pragma: allowlist nextline secret"), []byte("pragma: whitelist nextline secret"),
	}
)

// commentReach is how far from a match, in bytes, its line may begin and end for
// a comment to count. Longer lines are generated, and nobody comments them. It is
// no more than what windows have to look around.
const commentReach = lead/2 - 4

// comments answers which rules the comments around a match suppress. The answers
// for one line are kept for the next match on it.
type comments struct {
	data       []byte
	start, end int // of the line
	all        bool
	own        []string // what follows ownMarker on the line and ownNextMarker above it
}

// allow reports whether a comment suppresses the match m.
func (c *comments) allow(m rules.Match) bool {
	start, ok := lineStart(c.data, m.Start, commentReach)
	if !ok {
		return false
	}
	end, ok := lineEnd(c.data, m.End, commentReach)
	if !ok {
		return false
	}
	if c.end == 0 || start != c.start || end != c.end {
		c.read(start, end)
	}
	if c.all {
		return true
	}
	for _, list := range c.own {
		if listed(list, m.Rule.ID) {
			return true
		}
	}
	return false
}

// read looks for comments on the line data[start:end] and on the one above.
func (c *comments) read(start, end int) {
	c.start, c.end = start, end
	line := c.data[start:end]
	c.all = holdsAny(line, lineMarkers[:])
	c.own = appendOwn(c.own[:0], line, ownMarker)
	last := lastLineEnd(c.data, start)
	if above, ok := lineStart(c.data, last, commentReach); ok && last < start {
		before := c.data[above:last]
		c.all = c.all || holdsAny(before, nextLineMarkers[:])
		c.own = appendOwn(c.own, before, ownNextMarker)
	}
}

// lastLineEnd returns where the line before the one that begins at start ends.
func lastLineEnd(data []byte, start int) int {
	end := start
	if end > 0 && data[end-1] == '\n' {
		end--
		if end > 0 && data[end-1] == '\r' {
			end--
		}
	} else if end > 0 && data[end-1] == '\r' {
		end--
	}
	return end
}

func holdsAny(line []byte, markers [][]byte) bool {
	for _, m := range markers {
		if bytes.Contains(line, m) {
			return true
		}
	}
	return false
}

// appendOwn appends what follows each marker on a line that is not the beginning
// of a longer word.
func appendOwn(dst []string, line []byte, marker string) []string {
	for {
		i := bytes.Index(line, []byte(marker))
		if i < 0 {
			return dst
		}
		line = line[i+len(marker):]
		if len(line) == 0 || line[0] != '-' && line[0] != '_' && !isLetter(line[0]) {
			dst = append(dst, string(line))
		}
	}
}

func isLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }

// listed reports whether what follows a marker is about the rule: it has no list
// of rules in brackets, or one with the rule or one of its families ("generic").
func listed(text, rule string) bool {
	list, ok := strings.CutPrefix(text, "[")
	if !ok {
		return true
	}
	list, _, _ = strings.Cut(list, "]")
	for id := range strings.SplitSeq(list, ",") {
		if id = strings.TrimSpace(id); id == rule || strings.HasPrefix(rule, id+"-") {
			return true
		}
	}
	return false
}
