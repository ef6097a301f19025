package rules

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"regexp"
	"strings"
	"sync"
)

// verifyPEM looks into an armoured private key: the text between the BEGIN and
// END lines must decode to what the label says. The newlines may be written as
// \n inside a string, and the lines may be quoted and joined by + as in source.
func verifyPEM(token []byte) inspection {
	label, body, ok := splitPEM(token)
	if !ok {
		return badChecksum("frame")
	}
	encrypted := bytes.Contains(body, []byte("ENCRYPTED"))
	der := decodeBody(body)
	switch {
	case len(der) < 32: // less than the shortest key, Ed25519
		return badChecksum("content")
	case strings.HasPrefix(label, "SSH2") && encryptedSSH2(der):
		return passphraseNeeded
	case encrypted || strings.HasPrefix(label, "SSH2"):
		return inspected(relativeEntropy(der) > 0.5) // nothing but the look of it can be judged
	case strings.HasPrefix(label, "PGP") && isSecretKeyPacket(der[0]) && encryptedPGP(der):
		return passphraseNeeded
	case strings.HasPrefix(label, "PGP"):
		return inspected(isSecretKeyPacket(der[0]))
	case strings.HasPrefix(label, "OPENSSH"):
		return inspected(bytes.HasPrefix(der, []byte("openssh-key-v1\x00")))
	}
	return inspected(isSequence(der))
}

func inspected(ok bool) inspection {
	if ok {
		return fits
	}
	return badChecksum("content")
}

// splitPEM takes the label and the text between the armour lines of a key. The
// END line may be missing: then the body is what there is.
func splitPEM(token []byte) (label string, body []byte, ok bool) {
	begin, dashes, finish := "-----BEGIN ", "-----", "-----END"
	if bytes.HasPrefix(token, []byte("---- BEGIN ")) { // SSH.com
		begin, dashes, finish = "---- BEGIN ", " ----", "---- END"
	}
	i := bytes.Index(token, []byte(begin))
	if i < 0 {
		return "", nil, false
	}
	rest := token[i+len(begin):]
	j := bytes.Index(rest, []byte(dashes))
	if j < 0 {
		return "", nil, false
	}
	label, body = string(rest[:j]), rest[j+len(dashes):]
	if k := bytes.Index(body, []byte(finish)); k >= 0 {
		body = body[:k]
	}
	return label, body, true
}

// decodeBody collects the base-64 text of a body and decodes it as far as it
// goes. Header lines ("Proc-Type: ...", "Version: ...") and the checksum line of
// PGP are left out, escape sequences and punctuation between the lines too.
func decodeBody(body []byte) []byte {
	body = escapedBreak().ReplaceAll(body, []byte("\n"))
	body = quotedBreak().ReplaceAll(body, []byte("\n"))
	var text []byte
	for line := range bytes.Lines(body) {
		line = bareLine(line)
		if bytes.ContainsAny(line, ": ") || bytes.HasPrefix(line, []byte("=")) {
			continue
		}
		text = append(text, line...)
	}
	text = bytes.TrimRight(text, "=")
	der := make([]byte, base64.RawStdEncoding.DecodedLen(len(text)))
	n, _ := base64.RawStdEncoding.Decode(der, text)
	return der[:n]
}

// escapedBreak is a line break as string literals write it. quotedBreak is all that stands between two lines in quotes:
// the closing quote, what joins them, such as + or key +=, the opening quote.
var (
	escapedBreak = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\\[rnt]`) })
	quotedBreak  = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile("[\"'`](?:[^\"'`0-9A-Za-z\n]{0,20}|[^\"'`\n]{0,20}\n[^\"'`\n]{0,80})[\"'`]")
	})
)

// bareLine takes off what stands around a line of base 64: blanks, quotes, the
// marks of comments, commas. A plus sign or slash stays, for it may be content.
func bareLine(line []byte) []byte {
	const around = " \t\r\n\"'`,;\\.()|>#*"
	line = bytes.Trim(line, around)
	if after, ok := bytes.CutPrefix(line, []byte("//")); ok && (len(after) == 0 || after[0] == ' ') {
		line = bytes.TrimLeft(after, around)
	}
	return line
}

// isSecretKeyPacket reports whether a packet of OpenPGP that begins with tag is
// a secret key, number 5, in the old or the new format.
// https://www.rfc-editor.org/rfc/rfc9580#section-4.2
func isSecretKeyPacket(tag byte) bool { return tag&0xfc == 0x80|5<<2 || tag == 0xc0|5 }

// isSequence reports whether der starts with an ASN.1 sequence of about its own
// length, as every PKCS#1, PKCS#8 and SEC 1 key does.
func isSequence(der []byte) bool {
	if len(der) < 4 || der[0] != 0x30 {
		return false
	}
	length, header := int(der[1]), 2
	switch der[1] {
	case 0x81:
		length, header = int(der[2]), 3
	case 0x82:
		length, header = int(binary.BigEndian.Uint16(der[2:])), 4
	}
	// Base 64 that lost its last characters to trimming still counts.
	return header+length <= len(der)+2 && header+length >= len(der)-2
}
