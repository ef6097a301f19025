package rules

import "bytes"

// pairInBase64 reports whether text is base64 of a user, a colon and a
// password. Few of their bytes are outside of ASCII, half of those of any other
// text that happens to be base64.
func pairInBase64(text []byte) bool {
	if len(text) < 8 || len(text)&3 == 1 {
		return false
	}
	var buf [128]byte
	pair := decodeBase64(buf[:0], text)
	foreign := 0
	for _, b := range pair {
		switch {
		case b < 0x20 && !is(b, isBreak), b == 0x7f:
			return false
		case b >= 0x80:
			foreign++
		}
	}
	i := bytes.IndexByte(pair, ':')
	return i >= 0 && i+1 < len(pair) && 4*foreign <= len(pair)
}

// decodeBase64 appends to dst, up to its capacity, the bytes that text in
// either alphabet of base64 stands for. It stops at what is no digit.
func decodeBase64(dst, text []byte) []byte {
	bits, n := uint32(0), 0
	for _, b := range text {
		d := base64Digit(b)
		if d < 0 || len(dst) == cap(dst) {
			break
		}
		bits, n = bits<<6|uint32(d), n+6
		if n >= 8 {
			n -= 8
			dst = append(dst, byte(bits>>n))
		}
	}
	return dst
}

// base64Digit returns the value of b in either alphabet of base64, or -1.
func base64Digit(b byte) int {
	switch {
	case 'A' <= b && b <= 'Z':
		return int(b - 'A')
	case 'a' <= b && b <= 'z':
		return int(b-'a') + 26
	case '0' <= b && b <= '9':
		return int(b-'0') + 52
	case b == '+' || b == '-':
		return 62
	case b == '/' || b == '_':
		return 63
	}
	return -1
}

// hexDigit returns the value of b as a hexadecimal digit, or -1.
func hexDigit(b byte) int {
	switch low := b | 0x20; {
	case is(b, isDigit):
		return int(b - '0')
	case 'a' <= low && low <= 'f':
		return int(low-'a') + 10
	}
	return -1
}

// unescape appends value to dst with the percent escapes of a URL decoded, if
// dst has room for it, and returns value as it is otherwise.
func unescape(dst, value []byte) []byte {
	if len(value) > cap(dst) || bytes.IndexByte(value, '%') < 0 {
		return value
	}
	for i := 0; i < len(value); i++ {
		b := value[i]
		if hi, lo := hexDigit(at(value, i+1)), hexDigit(at(value, i+2)); b == '%' && hi >= 0 && lo >= 0 {
			b = byte(hi<<4 | lo)
			i += 2
		}
		dst = append(dst, b)
	}
	return dst
}

// withoutPassword reports whether text is the base64 of a user and a colon.
func withoutPassword(text []byte) bool {
	var buf [64]byte
	pair := decodeBase64(buf[:0], text)
	return len(pair) > 1 && len(pair) < cap(buf) && bytes.IndexByte(pair, ':') == len(pair)-1
}
