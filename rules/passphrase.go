package rules

import (
	"bytes"
	"encoding/binary"

	"github.com/assayhq/assay/report"
)

// passphraseNeeded is what is said of a private key that a passphrase protects. Who
// finds it may try passphrases, unnoticed and as fast as the derivation allows.
var passphraseNeeded = inspection{worst: report.ConfidenceLow, doubt: "It is encrypted with a passphrase, and as safe as that."}

// encryptedPGP reports whether packet, a secret key of OpenPGP in version 4,
// is encrypted. What cannot be read counts as not encrypted.
// https://www.rfc-editor.org/rfc/rfc9580#section-5.5.3
func encryptedPGP(packet []byte) bool {
	body := packetBody(packet)
	if len(body) < 6 || body[0] != 4 {
		return false
	}
	public, ok := publicLength(body[5], body[6:])
	if !ok || 6+public >= len(body) {
		return false
	}
	return body[6+public] != 0 // the S2K usage; 0 is plain text
}

// packetBody returns what follows the header of a packet in the old or the new
// format, nil where the header is cut off.
func packetBody(packet []byte) []byte {
	if len(packet) < 6 {
		return nil
	}
	n := 0
	switch tag := packet[0]; {
	case tag&0x40 == 0: // old: the last two bits say how long the length is
		n = [...]int{2, 3, 5, 1}[tag&3]
	case packet[1] < 192:
		n = 2
	case packet[1] == 255:
		n = 6
	default:
		n = 3
	}
	return packet[n:]
}

// publicLength returns how many bytes of a key's parameters are public, by the
// number of its algorithm.
func publicLength(algorithm byte, params []byte) (int, bool) {
	integers, curve := 0, false
	switch algorithm {
	case 1, 2, 3: // RSA
		integers = 2
	case 16: // Elgamal
		integers = 3
	case 17: // DSA
		integers = 4
	case 18, 19, 22: // ECDH, ECDSA, EdDSA: a curve, a point
		integers, curve = 1, true
	default:
		return 0, false
	}
	n := 0
	if curve {
		if len(params) == 0 {
			return 0, false
		}
		n = 1 + int(params[0])
	}
	for range integers {
		if n+2 > len(params) {
			return 0, false
		}
		n += 2 + (int(binary.BigEndian.Uint16(params[n:]))+7)/8
	}
	if algorithm == 18 { // how the key is derived
		if n >= len(params) {
			return 0, false
		}
		n += 1 + int(params[n])
	}
	return n, n <= len(params)
}

// ssh2Magic starts the binary form of a private key of SSH.com.
var ssh2Magic = []byte{0x3f, 0x6f, 0xf9, 0xeb}

// encryptedSSH2 reports whether der, a private key of SSH.com, names a cipher.
func encryptedSSH2(der []byte) bool {
	if len(der) < 8 || !bytes.HasPrefix(der, ssh2Magic) {
		return false
	}
	kind, rest := sshString(der[8:])
	cipher, _ := sshString(rest)
	return len(kind) > 0 && len(cipher) > 0 && string(cipher) != "none"
}

// sshString cuts a string with its length before it off data.
func sshString(data []byte) (s, rest []byte) {
	if len(data) < 4 {
		return nil, nil
	}
	n := binary.BigEndian.Uint32(data)
	if data = data[4:]; uint64(n) > uint64(len(data)) {
		return nil, nil
	}
	return data[:n], data[n:]
}
