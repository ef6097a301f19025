package rules

// Programs keep text as lists of numbers, one for each byte: arrays of C, Java, Go and
// Python, buffers of Node in JSON, values in the registry of Windows. Lists are looked
// for behind the words that announce them.

const (
	leastNumbers = 16 // shorter lists hold no credential
	announced    = 64 // bytes between the word and the list
)

// numberLiterals announce lists.
var numberLiterals = []struct {
	coat coat
	text string
}{
	{coatNumbers, `"Buffer"`}, {coatNumbers, "Buffer.from("}, {coatNumbers, "bytes(["}, {coatNumbers, "bytearray("}, {coatNumbers, "Uint8Array"}, {coatNumbers, "fromCharCode("},
	{coatNumbers, "unsigned char"}, {coatNumbers, "uint8_t"}, {coatNumbers, "byte[]"}, {coatNumbers, "[]byte{"}, {coatNumbers, "char[]"}, {coatNumbers, "[u8"},
	{coatPairs, "=hex("}, {coatPairs, "=hex:"},
}

// tryNumbers decodes the list that the literal data[start:end] announces.
func (v *visit) tryNumbers(k coat, start, end int) {
	data := v.data
	for i := end - 1; i < min(len(data), end+announced); i++ {
		switch data[i] {
		case '[', '{', '(', ':':
		default:
			continue
		}
		var buf [peek]byte
		text, _ := k.decode(buf[:0], data[i+1:min(len(data), i+1+peek*announced)], peek)
		if len(text) < leastNumbers {
			continue
		}
		if !readable(text[:leastNumbers]) && encodingOf(text) == coatNone {
			return
		}
		content, used := k.decode(v.text[:0], data[i+1:min(len(data), i+1+maxRun)], maxRun)
		v.text = content
		at := span{i + 1, i + 1 + used}
		v.reading.far = append(v.reading.far, far{start, end, max(0, start-1), min(len(data), at.to+announced), -int(k)})
		v.undress(k, at, start, true)
		return
	}
}

// undoNumbers decodes a list, pairs of hexadecimal digits or numbers as programs write them.
func undoNumbers(dst, src []byte, limit int, one func(src []byte, i int) (b byte, next int)) ([]byte, int) {
	used := 0
	for ; limit > 0; limit-- {
		i := used
		for i < len(src) && i-used < announced && isSeparator(src[i]) {
			i++
		}
		b, next := one(src, i)
		if next == i {
			break
		}
		dst, used = append(dst, b), next
	}
	return dst, used
}

// isSeparator reports whether c may stand between numbers of a list.
func isSeparator(c byte) bool {
	return c == ',' || c == ' ' || c == '\n' || c == '\r' || c == '\t' || c == '\\' || c == '[' || c == ':'
}

// numberAt reads a byte as 103, 0x67 or 'g'. next is i where there is none.
func numberAt(src []byte, i int) (b byte, next int) {
	if at(src, i) == '\'' && at(src, i+2) == '\'' {
		return src[i+1], i + 3
	}
	n, base, start := 0, 10, i
	if at(src, i) == '0' && at(src, i+1)|0x20 == 'x' {
		base, start = 16, i+2
	}
	next = start
	for next < start+3 && hexDigit(at(src, next)) >= 0 && hexDigit(at(src, next)) < base {
		n, next = n*base+hexDigit(src[next]), next+1
	}
	if next == start || n > 0xff || isWord(at(src, next)) {
		return 0, i
	}
	return byte(n), next
}

// pairAt reads a byte as two hexadecimal digits.
func pairAt(src []byte, i int) (b byte, next int) {
	high, low := hexDigit(at(src, i)), hexDigit(at(src, i+1))
	if high < 0 || low < 0 || isWord(at(src, i+2)) {
		return 0, i
	}
	return byte(high<<4 | low), i + 2
}
