package rules

import (
	"bytes"
	"slices"
	"unicode/utf8"
)

// Runs of base64 and of hexadecimal digits are looked for in every text. Nearly
// all are names, paths, digests and images: that the first bytes which they stand
// for are no text tells so.
const (
	least64  = 24      // digits; the shortest credentials with a format of their own have 20 characters, in base64 28
	leastHex = 32      // digits
	maxRun   = 1 << 20 // bytes of a run that are decoded
	peek     = 24      // digits that are decoded to tell whether more is worth it
	glance   = 4       // bytes that tell of most digests that they are no text
)

// lookCoats looks for runs in data[from:to], which is whole lines.
func (v *visit) lookCoats(from, to int) {
	seen, noted := len(v.reading.found), len(v.reading.far)
	data := v.data[:to]
	for i := from; ; {
		n := firstRun(data[i:])
		if n < 0 {
			break
		}
		start := i + n
		for i = start + least64; i < to && digits64[data[i]] != noDigit; i++ {
		}
		v.run(start, i)
	}
	v.lookUTF16(from, to)
	if len(v.reading.found) > seen {
		slices.SortStableFunc(v.reading.found, func(a, b sighting) int { return a.hit - b.hit })
	}
	if len(v.reading.far) > noted {
		slices.SortStableFunc(v.reading.far, func(a, b far) int { return a.start - b.start })
	}
}

// firstRunGo is firstRun without vector instructions.
func firstRunGo(data []byte) int {
	for end := least64 - 1; end < len(data); {
		// Counted back from where a run would end: a byte that is no digit rules
		// out all runs over it.
		i := end
		for i > end-least64 && digits64[data[i]] != noDigit {
			i--
		}
		if i == end-least64 {
			return i + 1
		}
		end = i + least64
	}
	return -1
}

// run tries the run data[start:end].
func (v *visit) run(start, end int) {
	data := v.data
	if at(data, start-1) == '\\' && (data[start] == 'n' || data[start] == 't' || data[start] == 'r') {
		start++ // the letter of an escaped line break
	}
	switch {
	case at(data, start) == '0' && data[start+1]|0x20 == 'x':
		start += 2
	case data[start] == 'x' && at(data, start-1) == '\\': // bytes in PostgreSQL
		start++
	}
	if end-start < least64 {
		return
	}
	if at(data, end) == '\\' && at(data, end+1) == '/' {
		v.tryEscapes(coatBackslash, coatNone, end)
	}
	if hexDigits[data[start]] && hexDigits[data[start+1]] && hexDigits[data[start+2]] {
		v.hex(start, end)
	}
	if worth64(data[start:end]) {
		v.undress(coatBase64, span{start, end}, start, false)
		v.tryWrapped(start, end)
	}
}

func (v *visit) hex(start, end int) {
	var buf [peek]byte
	if text, _ := undoHex(buf[:0], v.data[start:end], 1); !plain(text[0]) && text[0] < utf8.RuneSelf {
		return // half of all digests
	}
	if text, _ := undoHex(buf[:0], v.data[start:end], glance); !readable(text) {
		return // nearly all of the others
	}
	n := start
	for n < end && hexDigits[v.data[n]] {
		n++
	}
	if n-start < leastHex {
		return
	}
	if text, _ := undoHex(buf[:0], v.data[start:n], peek); readable(text) {
		v.undress(coatHex, span{start, n}, start, false)
	}
}

var hexDigits = func() (t byteSet) {
	for c := range t {
		t[c] = isHex(byte(c))
	}
	return t
}()

// worth64 reports whether the run decodes to what may be a text or packed text.
func worth64(run []byte) bool {
	if len(run) < least64 {
		return false
	}
	d := uint32(digits64[run[0]])<<10 | uint32(digits64[run[1]])<<4 | uint32(digits64[run[2]])>>2
	if a, b := byte(d>>8), byte(d); a == 'x' && b == 1 { // zlib at its quickest
	} else if !plain(a) && a != 0 && a < 0xef && a != 0x1f || !plain(b) && b != 0 && b < 0x8b {
		return false // this rules out most of them
	}
	var buf [peek]byte
	text, _ := undoBase64(buf[:0], run[:peek], peek)
	return readable(text) || encodingOf(text) != coatNone
}

// plain reports whether b is a printable character of ASCII or a blank.
func plain(b byte) bool { return 0x20 <= b && b < 0x7f || b == '\n' || b == '\r' || b == '\t' }

// readable reports whether text, of which the end may be cut off, is one.
func readable(text []byte) bool {
	text = bytes.TrimPrefix(text, []byte("\xef\xbb\xbf"))
	for i := 0; i < len(text); {
		if plain(text[i]) {
			i++
			continue
		}
		if text[i] < utf8.RuneSelf {
			return false
		}
		r, n := utf8.DecodeRune(text[i:])
		if r == utf8.RuneError && utf8.FullRune(text[i:]) {
			return false
		}
		i += n
	}
	return len(text) > 0
}

// encodingOf returns the coat that content wears beneath base64, if its first
// bytes tell.
func encodingOf(content []byte) coat {
	if len(content) < 8 {
		return coatNone
	}
	switch {
	case bytes.HasPrefix(content, []byte{0x1f, 0x8b, 8}):
		return coatGzip
	case isPacked(content):
		return coatPacked
	case bytes.HasPrefix(content, []byte{0xff, 0xfe}) && content[3] == 0:
		return coatUTF16LE
	case bytes.HasPrefix(content, []byte{0xfe, 0xff, 0}):
		return coatUTF16BE
	}
	little, big := true, true
	for i := 0; i < 8; i += 2 {
		little = little && plain(content[i]) && content[i+1] == 0
		big = big && plain(content[i+1]) && content[i] == 0
	}
	switch {
	case little:
		return coatUTF16LE
	case big:
		return coatUTF16BE
	}
	return coatNone
}

// lookUTF16 looks in data[from:to], which is whole lines, for runs of ASCII with a
// zero byte between any two characters, as programs hold them.
func (v *visit) lookUTF16(from, to int) {
	if bytes.IndexByte(v.data[from:to], 0) < 0 {
		return
	}
	const least = 2 * 16 // bytes
	pair := func(i int) bool { return v.data[i+1] == 0 && plain(v.data[i]) }
	for i := from; i+least <= to; i += least - 2 {
		start := i
		if v.data[i] == 0 {
			start++
		}
		if !pair(start) {
			continue
		}
		end := start + 2
		for start-2 >= from && pair(start-2) {
			start -= 2
		}
		for end+2 <= to && pair(end) {
			end += 2
		}
		if end-start >= least {
			v.undress(coatUTF16LE, span{start, end}, start, false)
		}
		if end-start >= least && end < to && plain(v.data[end]) { // the upper bytes may come first
			first := start + 1
			if start > from && v.data[start-1] == 0 {
				first = start - 1
			}
			v.undress(coatUTF16BE, span{first, end + 1}, start, false)
		}
		i = max(i, end-least+2)
	}
}
