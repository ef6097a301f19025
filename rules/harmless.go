package rules

import "bytes"

// harmless reports whether value is, by its own form, something that may be
// known to all: a digest, a colour, a number, a public key, a certificate.
func harmless(value []byte) bool {
	return digest(value) || charset(value) || algorithm(value) || keySet(value) || negotiated(value) || colour(value) || number(value) || timestamp(value) || address(value) || verifier(value) || publicNKey(value) || public(value)
}

// verifier reports whether value is the public key of a signed note, as those of Go's
// checksum database are: name+hash+key, the hash of four bytes.
func verifier(value []byte) bool {
	i := bytes.IndexByte(value, '+')
	if i <= 0 || at(value, i+9) != '+' || at(value, i+10) != 'A' || !is(value[0], isAlnum) {
		return false
	}
	for _, b := range value[i+1 : i+9] {
		if hexDigit(b) < 0 {
			return false
		}
	}
	return !hasFold(value, 0, "private")
}

// digest reports whether value is a digest that names its algorithm, sha256:...
// or sha512-..., or an identifier, urn:..., arn:...
func digest(value []byte) bool {
	for _, scheme := range [...]string{"urn:", "arn:", "h1:", "md5:", "did:", "hmac-sha", "amzn1.account."} {
		if hasFold(value, 0, scheme) {
			return true
		}
	}
	if !hasFold(value, 0, "sha") {
		return false
	}
	i := skip(value, 3, isDigit, 3)
	return i > 3 && (at(value, i) == ':' || at(value, i) == '-' || at(value, i) == '=')
}

// charset reports whether value is the name of a set of characters or of a signature,
// the argument of what handles a credential: password.encode("utf-8"), "HS256".
func charset(value []byte) bool {
	for _, name := range [...]string{"utf-8", "utf8", "utf-16", "utf16", "ascii", "us-ascii", "latin-1", "latin1", "iso-8859-1", "cp1252", "base64", "hex"} {
		if len(value) >= len(name) && len(value) <= len(name)+2 && hasFold(value, 0, name) {
			return true
		}
	}
	return len(value) == 5 && value[1] == 'S' && bytes.IndexByte([]byte("EHPR"), value[0]) >= 0 && skip(value, 2, isDigit, 3) == 5 // RFC 7518, 3.1
}

// negotiated reports whether value is something that a protocol shows to everybody:
// an NTLM message before the last one (MS-NLMP, 2.2.1), the scope of a signature of AWS,
// a list of ciphers for TLS.
func negotiated(value []byte) bool {
	return bytes.HasPrefix(value, []byte("TlRMTVNTUAAB")) || bytes.HasPrefix(value, []byte("TlRMTVNTUAAC")) ||
		bytes.HasSuffix(value, []byte("4_request")) || bytes.HasPrefix(value, []byte("Credential=")) || bytes.Count(value, []byte(":!")) >= 2 || value[0] == '!' && bytes.Contains(value, []byte(":!"))
}

// fingerprint reports whether value is the id or the fingerprint of the OpenPGP key
// that name speaks of.
func fingerprint(name, value []byte) bool {
	if n := len(value); n != 16 && n != 40 || indexFold(name, 0, len(name), "gpg") < 0 && indexFold(name, 0, len(name), "pgp") < 0 {
		return false
	}
	return shapeOf(value).hex
}

// keySet reports whether value is a set of keys in JSON (RFC 7517,
// 5): the private part of one of them is read by itself.
func keySet(value []byte) bool {
	if value[0] != '{' {
		return false
	}
	i := skip(value, 1, isSpace, maxBlanks)
	for at(value, i) == '\\' {
		i++
	}
	return is(at(value, i), isQuote) && hasFold(value, i+1, "keys")
}

// publicNKey reports whether value is the public key of an account, a user, an operator, a
// server, a cluster or a curve of NATS; private ones begin with S, seeds with SU, SA, SO.
func publicNKey(value []byte) bool {
	const length = 56 // 35 bytes in base32: the kind, 32 of the key, a checksum
	if len(value) != length || bytes.IndexByte([]byte("ACNOUX"), value[0]) < 0 {
		return false
	}
	for _, b := range value {
		if !is(b, isUpper) && (b < '2' || b > '7') {
			return false
		}
	}
	return true
}

// timestamp reports whether value is a moment of the years 1970 to 2099, as databases and
// file names write it: 20150102030405.
func timestamp(value []byte) bool {
	if len(value) != 14 || skip(value, 0, isDigit, 14) != 14 {
		return false
	}
	two := func(i int) int { return int(value[i]-'0')*10 + int(value[i+1]-'0') }
	century, month, day := two(0), two(4), two(6)
	return (century == 19 && two(2) >= 70 || century == 20) && month >= 1 && month <= 12 && day >= 1 && day <= 31 && two(8) < 24 && two(10) < 60 && two(12) < 60
}

// address reports whether value is an address of IPv6 or of a device, or a range of such.
func address(value []byte) bool {
	const longest = 43 // bytes, with the length of a prefix
	colons := 0
	for _, b := range value {
		switch {
		case b == ':':
			colons++
		case hexDigit(b) < 0 && b != '/' && b != '.':
			return false
		}
	}
	return colons >= 2 && len(value) <= longest
}

// colour reports whether value is a colour as style sheets write it: #d0d0d0, rgb(0, 0, 0).
func colour(value []byte) bool {
	n := len(value)
	if hasFold(value, 0, "rgb(") || hasFold(value, 0, "rgba(") || hasFold(value, 0, "hsl(") {
		return value[n-1] == ')'
	}
	if value[0] != '#' || n != 4 && n != 7 && n != 9 {
		return false
	}
	for _, b := range value[1:] {
		if hexDigit(b) < 0 {
			return false
		}
	}
	return true
}

// number reports whether value is a number with a sign, a fraction, an exponent
// or a base, or one of a machine word: -1e10, 0x00800000.
func number(value []byte) bool {
	if hasFold(value, 0, "0x") && len(value)-bytes.Count(value, []byte{'_'}) <= len("0x0123456789abcdef") {
		i := 2
		for i < len(value) && (hexDigit(value[i]) >= 0 || value[i] == '_') {
			i++
		}
		return i == len(value)
	}
	switch string(value) {
	case "2147483647", "4294967295", "9007199254740991", "9007199254740993", "9223372036854775807", "18446744073709551615": // limits of machine numbers
		return true
	}
	i := 0
	if value[0] == '-' || value[0] == '+' {
		i++
	}
	whole := skip(value, i, isDigit, len(value))
	end := whole
	if at(value, end) == '.' {
		end = skip(value, end+1, isDigit, len(value))
	}
	if end > i && at(value, end)|0x20 == 'e' {
		end++
		if b := at(value, end); b == '-' || b == '+' {
			end++
		}
		digits := end
		if end = skip(value, end, isDigit, len(value)); end == digits {
			return false
		}
	}
	return end == len(value) && (whole < end || i > 0) && whole > i
}

// public reports whether value is a public key or a certificate: in base64 or
// hexadecimal the DER form of one, or a key as OpenSSH or OpenPGP writes it.
func public(value []byte) bool {
	for _, kind := range [...]string{"ssh-", "rsa-sha2-", "ecdsa-sha2-", "sk-ssh-", "sk-ecdsa-"} {
		if bytes.HasPrefix(value, []byte(kind)) && bytes.Contains(value, []byte(" AAAA")) {
			return true
		}
	}
	if bytes.HasPrefix(value, []byte("AAAA")) && len(value) > 60 && bytes.Contains(value[:min(len(value), 24)], []byte("c3NoL")) {
		return true // "ssh-" behind its length
	}
	var buf [48]byte
	head := decodeBase64(buf[:0], value)
	if bytes.HasPrefix(head, []byte("-----BEGIN CERTIFICATE")) || bytes.HasPrefix(head, []byte("-----BEGIN PUBLIC KEY")) {
		return true
	}
	if len(value) > 80 && (hasFold(value, 0, "30") || hasFold(value, 0, "9")) {
		if raw := decodeHex(buf[:0], value); raw != nil {
			return publicDER(raw) || raw[0] == 0x98 || raw[0] == 0x99 || raw[0] == 0xc6
		}
	}
	return len(value) > 40 && publicDER(head)
}

// publicDER reports whether der begins like a SubjectPublicKeyInfo (RFC 5280,
// 4.1), a public key of PKCS #1 (RFC 8017, A.1.1) or an X.509 certificate.
func publicDER(der []byte) bool {
	outer, ok := enter(der, 0x30)
	if !ok {
		return false
	}
	if inner, ok := enter(outer, 0x30); ok {
		if at(inner, 0) == 0xa0 || at(inner, 0) == 0x02 { // the version or the serial number of a certificate
			return true
		}
		n := len(outer) - len(inner) + length(outer)
		return at(inner, 0) == 0x06 && at(outer, n) == 0x03 // an algorithm, then the key as a string of bits
	}
	return at(outer, 0) == 0x02 && length(outer) > 32 // a modulus; a private key begins with its version
}

// enter returns the contents of the element at the start of der, if it has the tag.
func enter(der []byte, tag byte) ([]byte, bool) {
	if len(der) < 4 || der[0] != tag {
		return nil, false
	}
	if der[1] < 0x80 {
		return der[2:], true
	}
	n := int(der[1] & 0x7f)
	if n > 2 {
		return nil, false
	}
	return der[2+n:], true
}

// length returns the length that the element at the start of der claims.
func length(der []byte) int {
	switch b := at(der, 1); b {
	case 0x81:
		return int(at(der, 2))
	case 0x82:
		return int(at(der, 2))<<8 | int(at(der, 3))
	default:
		return int(b)
	}
}

// decodeHex appends to dst, up to its capacity, the bytes that text stands for,
// and returns nil where text is not hexadecimal as far as it was read.
func decodeHex(dst, text []byte) []byte {
	for i := 0; i+1 < len(text) && len(dst) < cap(dst); i += 2 {
		hi, lo := hexDigit(text[i]), hexDigit(text[i+1])
		if hi < 0 || lo < 0 {
			return nil
		}
		dst = append(dst, byte(hi<<4|lo))
	}
	return dst
}
