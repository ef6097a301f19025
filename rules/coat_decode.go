package rules

import (
	"bytes"
	"compress/gzip"
	"io"
	"unicode/utf8"
)

// decode appends to dst what src stands for, at most limit bytes, and returns how
// many bytes of src it took. It stops at what does not belong to the coat.
func (k coat) decode(dst, src []byte, limit int) (text []byte, used int) {
	switch k {
	case coatBase64:
		return undoBase64(dst, src, limit)
	case coatHex:
		return undoHex(dst, src, limit)
	case coatUTF16LE:
		return undoUTF16(dst, src, limit, 0, 1)
	case coatUTF16BE:
		return undoUTF16(dst, src, limit, 1, 0)
	case coatGzip:
		return undoGzip(dst, src, limit)
	case coatPacked:
		return undoPacked(dst, src, limit)
	case coatNumbers:
		return undoNumbers(dst, src, limit, numberAt)
	case coatPairs:
		return undoNumbers(dst, src, limit, pairAt)
	case coatJoined:
		return undoJoined(dst, src, limit)
	}
	return k.undoEscapes(dst, src, limit)
}

const noDigit = 0xff

// digits64 holds the value of each byte in either alphabet of base64.
var digits64 = func() (t [256]uint8) {
	for c := range t {
		t[c] = uint8(base64Digit(byte(c))) // -1 becomes noDigit
	}
	return t
}()

// undoBase64 decodes both alphabets. It steps over line breaks, also over those
// that a string literal writes as \n, and the blanks behind them.
func undoBase64(dst, src []byte, limit int) ([]byte, int) {
	i, end := 0, len(dst)+limit
	for i+4 <= len(src) && len(dst)+3 <= end {
		a, b, c, d := digits64[src[i]], digits64[src[i+1]], digits64[src[i+2]], digits64[src[i+3]]
		if a|b|c|d == noDigit {
			n := breakLength(src[i:])
			if n == 0 {
				break
			}
			i += n
			continue
		}
		dst = append(dst, a<<2|b>>4, b<<4|c>>2, c<<6|d)
		i += 4
	}
	return restOfBase64(dst, src, i, end)
}

// restOfBase64 decodes digit by digit from i on: lines need not end with four.
func restOfBase64(dst, src []byte, i, end int) ([]byte, int) {
	bits, n, used := uint32(0), 0, i
	for i < len(src) && len(dst) < end {
		d := digits64[src[i]]
		if d == noDigit {
			skipped := breakLength(src[i:])
			if skipped == 0 {
				break
			}
			i += skipped
			continue
		}
		bits, n, i = bits<<6|uint32(d), n+6, i+1
		if n >= 8 {
			n -= 8
			dst, used = append(dst, byte(bits>>n)), i
		}
	}
	return dst, used
}

// breakLength returns the length of the line break at the beginning of text, with
// the blanks that indent the next line, or 0.
func breakLength(text []byte) int {
	i := 0
	switch {
	case at(text, 0) == '\n':
		i = 1
	case at(text, 0) == '\r' && at(text, 1) == '\n':
		i = 2
	case bytes.HasPrefix(text, []byte(`\n`)):
		return 2
	case bytes.HasPrefix(text, []byte(`\r\n`)):
		return 4
	default:
		return 0
	}
	return skip(text, i, isBlank, maxBlanks)
}

func undoHex(dst, src []byte, limit int) ([]byte, int) {
	i := 0
	for ; i+2 <= len(src) && limit > 0; i, limit = i+2, limit-1 {
		hi, lo := hexDigit(src[i]), hexDigit(src[i+1])
		if hi < 0 || lo < 0 {
			break
		}
		dst = append(dst, byte(hi<<4|lo))
	}
	return dst, i
}

// undoUTF16 decodes pairs of bytes, of which low and high are the offsets.
func undoUTF16(dst, src []byte, limit, low, high int) ([]byte, int) {
	i, end := 0, len(dst)+limit
	for i+2 <= len(src) {
		r, n := rune(src[i+low])|rune(src[i+high])<<8, 2
		if 0xd800 <= r && r < 0xdc00 && i+4 <= len(src) {
			if next := rune(src[i+2+low]) | rune(src[i+2+high])<<8; 0xdc00 <= next && next < 0xe000 {
				r, n = (r-0xd800)<<10|(next-0xdc00)+0x10000, 4
			}
		}
		text := utf8.AppendRune(dst, r) // half of a pair becomes the replacement character
		if len(text) > end {
			break
		}
		dst, i = text, i+n
	}
	return dst, i
}

// Little text shrinks to less than a twentieth. More is not unpacked: it would
// be a way to make a scan slow.
const (
	maxGzip  = 4 << 20 // bytes that are unpacked
	maxRatio = 20
)

// undoGzip unpacks what it can. All of src counts as used.
func undoGzip(dst, src []byte, limit int) ([]byte, int) {
	z, err := gzip.NewReader(bytes.NewReader(src))
	if err != nil {
		return dst, 0
	}
	b := bytes.NewBuffer(dst)
	// What came before an error, such as the lack of the checksum, counts.
	io.Copy(b, io.LimitReader(z, int64(min(limit, maxGzip, maxRatio*len(src)))))
	return b.Bytes(), len(src)
}

// undoEscapes decodes the escapes of the coat and copies all else.
func (k coat) undoEscapes(dst, src []byte, limit int) ([]byte, int) {
	i, end := 0, len(dst)+limit
	lead := k.lead()
	for i < len(src) && len(dst) < end {
		if src[i] != lead {
			n := bytes.IndexByte(src[i:], lead)
			if n < 0 {
				n = len(src) - i
			}
			n = min(n, end-len(dst))
			dst, i = append(dst, src[i:i+n]...), i+n
			continue
		}
		r, n := k.escape(src[i:])
		switch {
		case n == 0:
			dst, n = append(dst, lead), 1
		case r < 0: // a byte, and no character
			dst = append(dst, byte(^r))
		case len(dst)+max(1, utf8.RuneLen(r)) > end:
			return dst, i
		default:
			dst = utf8.AppendRune(dst, r)
		}
		i += n
	}
	return dst, i
}

// lead is the byte that begins every escape of the coat.
func (k coat) lead() byte {
	switch k {
	case coatPercent:
		return '%'
	case coatBackslash:
		return '\\'
	}
	return '&'
}

// escape reads the escape at the beginning of text: the character, or the
// complement of a byte, and the length, 0 if it is none.
func (k coat) escape(text []byte) (r rune, n int) {
	switch k {
	case coatPercent:
		return digitsAt(text, 1, 2, 16)
	case coatBackslash:
		return backslash(text)
	}
	return reference(text)
}

// digitsAt reads a byte of n digits at text[i]. The length is 0 where they are not all there.
func digitsAt(text []byte, i, n, base int) (r rune, length int) {
	r, ok := numeral(text, i, n, base)
	if !ok {
		return 0, 0
	}
	if r >= utf8.RuneSelf {
		return ^(r & 0xff), i + n
	}
	return r, i + n
}

func numeral(text []byte, i, n, base int) (r rune, ok bool) {
	for k := range n {
		d := hexDigit(at(text, i+k))
		if d < 0 || d >= base {
			return 0, false
		}
		r = r*rune(base) + rune(d)
	}
	return r, n > 0 && r <= utf8.MaxRune
}

// backslash reads an escape of JSON, JavaScript, Java, C or Python.
func backslash(text []byte) (r rune, n int) {
	switch c := at(text, 1); c {
	case 'n':
		return '\n', 2
	case 't':
		return '\t', 2
	case 'r':
		return '\r', 2
	case '/', '\\', '"', '\'', '`', '_': // the last one in Markdown and LaTeX
		return rune(c), 2
	case 'x':
		if at(text, 2) == '{' { // Perl
			return unicodeEscape(text)
		}
		return digitsAt(text, 2, 2, 16)
	case 'u', 'U':
		return unicodeEscape(text)
	case '0', '1', '2', '3':
		return digitsAt(text, 1, 3, 8)
	}
	return 0, 0
}

// unicodeEscape reads \u0041, \u{41} or \U00000041.
func unicodeEscape(text []byte) (r rune, n int) {
	i, digits := 2, 4
	if text[1] == 'U' {
		digits = 8
	} else if at(text, 2) == '{' {
		for i, digits = 3, 0; digits < 6 && hexDigit(at(text, i+digits)) >= 0; digits++ {
		}
	}
	r, ok := numeral(text, i, digits, 16)
	if n = i + digits; i == 3 {
		ok = ok && at(text, n) == '}'
		n++
	}
	if !ok {
		return 0, 0
	}
	return r, n
}

// namedReferences are those that XML knows.
var namedReferences = [...]struct {
	text string
	r    rune
}{{"&quot;", '"'}, {"&lowbar;", '_'}, {"&equals;", '='}, {"&amp;", '&'}, {"&lt;", '<'}, {"&gt;", '>'}, {"&apos;", '\''}}

// reference reads a character reference of XML or HTML.
func reference(text []byte) (r rune, n int) {
	if at(text, 1) != '#' {
		for _, named := range namedReferences {
			if bytes.HasPrefix(text, []byte(named.text)) {
				return named.r, len(named.text)
			}
		}
		return 0, 0
	}
	i, base := 2, 10
	if at(text, 2)|0x20 == 'x' {
		i, base = 3, 16
	}
	digits := 0
	for digits < 7 && hexDigit(at(text, i+digits)) >= 0 && hexDigit(at(text, i+digits)) < base {
		digits++
	}
	r, ok := numeral(text, i, digits, base)
	if !ok || at(text, i+digits) != ';' {
		return 0, 0
	}
	return r, i + digits + 1
}
