package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Whoever wrote a scanned byte can write one that moves a terminal's cursor,
// reverses the reading direction or breaks a line in two. The functions here
// make such text inert. What counts as harmless is unicode.IsPrint: letters,
// marks, numbers, punctuation, symbols and the ASCII space.

// escape returns s for people to read: characters that are not printable stand
// as \x1b or \u202e, bytes that are not UTF-8 as \xff.
func escape(s string) string {
	if !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r > '~' }) {
		return s
	}
	return rewrite(s, func(r rune) bool { return !unicode.IsPrint(r) })
}

// validUTF8 returns s with each byte that is not UTF-8 as \xff.
func validUTF8(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	return rewrite(s, func(rune) bool { return false })
}

// rewrite escapes the bytes of s that are not UTF-8 and the characters that
// harmful names.
func rewrite(s string, harmful func(rune) bool) string {
	var b strings.Builder
	for i, r := range s {
		switch {
		case r == utf8.RuneError && !strings.HasPrefix(s[i:], "\uFFFD"):
			fmt.Fprintf(&b, `\x%02x`, s[i])
		case !harmful(r):
			b.WriteRune(r)
		case r < 0x80:
			fmt.Fprintf(&b, `\x%02x`, r)
		case r < 0x10000:
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			fmt.Fprintf(&b, `\U%08x`, r)
		}
	}
	return b.String()
}

// marshal returns v as JSON on one line. Characters that are not printable
// stand as \u escapes, which every JSON reader turns back into what they were.
func marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false) // excerpts hold < and >
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return inertJSON(bytes.TrimSuffix(b.Bytes(), []byte("\n"))), nil
}

// inertJSON rewrites text that encoding/json made: what is not ASCII stands
// inside strings only, so an escape may replace it wherever it is.
func inertJSON(text []byte) []byte {
	i := beyondASCII(text)
	if i < 0 {
		return text
	}
	out := make([]byte, 0, len(text)+len(text)/8)
	for ; i >= 0; i = beyondASCII(text) {
		out = append(out, text[:i]...)
		r, size := utf8.DecodeRune(text[i:])
		switch {
		case unicode.IsPrint(r):
			out = append(out, text[i:i+size]...)
		case r < 0x10000:
			out = fmt.Appendf(out, `\u%04x`, r)
		default:
			r -= 0x10000
			out = fmt.Appendf(out, `\u%04x\u%04x`, 0xd800+r>>10, 0xdc00+r&0x3ff)
		}
		text = text[i+size:]
	}
	return append(out, text...)
}

// beyondASCII returns the index of the first byte that is no printable ASCII,
// control characters aside, which JSON text does not hold; -1 for none.
func beyondASCII(text []byte) int {
	for i, c := range text {
		if c >= 0x7f {
			return i
		}
	}
	return -1
}

// Inert returns s with every character that could move a cursor, change colours
// or the direction of writing replaced by its escape, as the format text does.
func Inert(s string) string { return escape(s) }

// allEscaped escapes each of list.
func allEscaped(list []string) []string {
	escaped := make([]string, len(list))
	for i, s := range list {
		escaped[i] = escape(s)
	}
	return escaped
}
