package report

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// A style is the parameters of an SGR escape sequence (ECMA-48).
type style string

const (
	bold   style = "1"
	dim    style = "2"
	red    style = "1;31"
	yellow style = "1;33"
	cyan   style = "1;36"
	green  style = "1;32"
)

var severityColours = [...]style{
	SeverityInfo: dim, SeverityLow: cyan, SeverityMedium: yellow, SeverityHigh: red, SeverityCritical: "1;37;41",
}

// paint gives text the style where colours are asked for.
func (h *textHandler) paint(s style, text string) string {
	if h.options.Colour == ColourNever || text == "" {
		return text
	}
	return "\x1b[" + string(s) + "m" + text + "\x1b[0m"
}

// narrowest is the width of the narrowest column of prose that people read.
const narrowest = 20

// wrap breaks text at blanks into lines of at most width characters, or of one
// longer word. A width below narrowest is taken for none.
func wrap(text string, width int) []string {
	if width < narrowest {
		return []string{text}
	}
	var lines []string
	line, length := "", 0
	for _, word := range strings.Fields(text) {
		n := utf8.RuneCountInString(word)
		if length > 0 && length+1+n > width {
			lines = append(lines, line)
			line, length = "", 0
		}
		if length > 0 {
			line, length = line+" ", length+1
		}
		line, length = line+word, length+n
	}
	return append(lines, line)
}

// cut shortens text to width characters, the last of which then is an ellipsis.
func cut(text string, width int) string {
	if utf8.RuneCountInString(text) <= width {
		return text
	}
	return string([]rune(text)[:width-1]) + "…"
}

func runes(s string) int { return utf8.RuneCountInString(s) }

// pad adds blanks up to width characters.
func pad(s string, width int) string { return s + strings.Repeat(" ", max(0, width-runes(s))) }

// join escapes the parts that are not empty and joins them.
func join(separator string, parts ...string) string {
	var kept []string
	for _, p := range parts {
		if p != "" {
			kept = append(kept, escape(p))
		}
	}
	return strings.Join(kept, separator)
}

// count is n with thousands set apart and what it counts, in the plural if need be.
func count(n int, what string) string {
	if n != 1 {
		what += "s"
	}
	return thousands(int64(n)) + " " + what
}

func thousands(n int64) string {
	digits := strconv.FormatInt(n, 10)
	for i := len(digits) - 3; i > 0 && digits[i-1] != '-'; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

// size is a number of bytes in the largest decimal unit that keeps it above 1.
func size(n int64) string {
	if n < 1000 {
		return count(int(n), "byte")
	}
	value, unit := float64(n), -1
	for value >= 999.95 && unit < 4 {
		value, unit = value/1000, unit+1
	}
	return fmt.Sprintf("%.1f %s", value, [...]string{"kB", "MB", "GB", "TB", "PB"}[unit])
}
