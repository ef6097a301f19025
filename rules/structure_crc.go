package rules

import (
	"encoding/base32"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"strings"
)

// Atlassian's tokens end in eight upper-case hexadecimal digits: the CRC-32 of
// all that stands before them, "=" included.
// https://support.atlassian.com/atlassian-account/docs/manage-api-tokens-for-your-atlassian-account/
func verifyAtlassian(token []byte) inspection {
	n := len(token) - 8
	if n < 0 || sealAtlassian(string(token[:n])) != string(token[n:]) {
		return badChecksum("checksum")
	}
	return fits
}

func sealAtlassian(body string) string {
	return fmt.Sprintf("%08X", crc32.ChecksumIEEE([]byte(body)))
}

// Cloudflare's tokens are a prefix up to "_", 40 random characters and the CRC-32
// of these in hexadecimal.
// https://developers.cloudflare.com/fundamentals/api/get-started/token-formats/
func verifyCloudflare(token []byte) inspection {
	return endsIn(token, 8, sealCloudflare, hexCRC32)
}

func sealCloudflare(body string) string {
	return hexCRC32(body[strings.IndexByte(body, '_')+1:])
}

// Zuplo's keys are "zpka_", 32 random characters, "_" and their CRC-32 in
// hexadecimal.
// https://zuplo.com/docs/articles/api-key-leak-detection
func verifyZuplo(token []byte) inspection {
	return endsIn(token, 8, sealZuplo, hexCRC32)
}

func sealZuplo(body string) string {
	body = strings.TrimSuffix(body, "_")
	return hexCRC32(body[strings.IndexByte(body, '_')+1:])
}

func hexCRC32(body string) string {
	return fmt.Sprintf("%08x", crc32.ChecksumIEEE([]byte(body)))
}

// Confluent's secrets are "cflt", 54 random characters and the CRC-32 of these,
// little-endian, in base64 without padding.
// https://docs.confluent.io/cloud/current/security/authenticate/workload-identities/service-accounts/api-keys/overview.html
func verifyConfluent(token []byte) inspection {
	return endsIn(token, 6, sealConfluent, base64CRC32)
}

func sealConfluent(body string) string { return base64CRC32(strings.TrimPrefix(body, "cflt")) }

func base64CRC32(body string) string {
	sum := binary.LittleEndian.AppendUint32(nil, crc32.ChecksumIEEE([]byte(body)))
	return base64.RawStdEncoding.EncodeToString(sum)
}

// endsIn reports whether the last n bytes of a token are what one of seals makes of
// those before: descriptions leave open whether a checksum covers the prefix. No
// token that was really issued could be had to try these checks on, so what does
// not fit is doubted, and stays in the default gate.
func endsIn(token []byte, n int, seals ...func(body string) string) inspection {
	for _, seal := range seals {
		if at := len(token) - n; at >= 0 && seal(string(token[:at])) == string(token[at:]) {
			return fits
		}
	}
	return odd("Its checksum does not fit, so it may be made up.")
}

// The seeds of NATS are base 32 of two bytes for "S" and the kind of the key, 32
// of the seed and the CRC-16 of all before, little-endian.
// https://github.com/nats-io/nkeys
func verifyNKey(token []byte) inspection {
	raw, err := base32NoPad.DecodeString(string(token))
	if err != nil || len(raw) != nkeyBytes+2 {
		return badChecksum("encoding")
	}
	if crc16(raw[:nkeyBytes]) != binary.LittleEndian.Uint16(raw[nkeyBytes:]) {
		return badChecksum("checksum")
	}
	return fits
}

// sealNKey completes 54 characters with four: two bits of the seed, the checksum
// and two bits that are always zero.
func sealNKey(body string) string {
	raw, err := base32NoPad.DecodeString(body + "A")
	if err != nil || len(raw) != nkeyBytes {
		return ""
	}
	raw = binary.LittleEndian.AppendUint16(raw, crc16(raw))
	return base32NoPad.EncodeToString(raw)[len(body):]
}

const nkeyBytes = 2 + 32 // of the kind and of the seed

var base32NoPad = base32.StdEncoding.WithPadding(base32.NoPadding)

// crc16 is the CRC-16 of XMODEM: polynomial 0x1021, high bit first, from zero.
func crc16(data []byte) uint16 {
	var crc uint16
	for _, b := range data {
		crc ^= uint16(b) << 8
		for range 8 {
			carry := crc & 0x8000
			crc <<= 1
			if carry != 0 {
				crc ^= 0x1021
			}
		}
	}
	return crc
}
