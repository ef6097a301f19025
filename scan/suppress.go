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
	lineMarkers = []string{
		"gitleaks:allow", "betterleaks:allow", "trufflehog:ignore", "ggignore",
		"kingfisher:ignore", "kingfisher:allow", "secretlint-disable-line",
		"pragma: allowlist secret", "pragma: whitelist secret",
	}
	nextLineMarkers = []string{
		"secretlint-disable-next-line", "pragma: allowlist nextline secret", "pragma: whitelist nextline secret",
	}
)

// allowed reports whether a comment suppresses the match m.
func allowed(data []byte, m rules.Match) bool {
	start := bytes.LastIndexByte(data[:m.Start], '\n') + 1
	end := len(data)
	if n := bytes.IndexByte(data[m.End:], '\n'); n >= 0 {
		end = m.End + n
	}
	line := data[start:end]
	if holdsOwn(line, ownMarker, m.Rule.ID) || holdsAny(line, lineMarkers) {
		return true
	}
	if start == 0 {
		return false
	}
	before := data[bytes.LastIndexByte(data[:start-1], '\n')+1 : start-1]
	return holdsOwn(before, ownNextMarker, m.Rule.ID) || holdsAny(before, nextLineMarkers)
}

func holdsAny(line []byte, markers []string) bool {
	for _, m := range markers {
		if bytes.Contains(line, []byte(m)) {
			return true
		}
	}
	return false
}

// holdsOwn reports whether line has the marker, alone or with a list of rules
// that names the rule or one of its families ("generic").
func holdsOwn(line []byte, marker, rule string) bool {
	i := bytes.Index(line, []byte(marker))
	if i < 0 {
		return false
	}
	rest := string(line[i+len(marker):])
	if marker == ownMarker && strings.HasPrefix(rest, "-next-line") {
		return false
	}
	list, ok := strings.CutPrefix(rest, "[")
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
