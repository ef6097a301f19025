package rules

import (
	"encoding/base64"
	"encoding/binary"
	"math/bits"
	"strings"
)

// Azure's identifiable keys are base 64 with a signature at a fixed place near
// the end, which says whose they are, and a Marvin32 checksum behind it. In those
// of 84 characters the checksum is cut to the last four; in the others the last
// six, or four bytes, hold the whole of it.
// https://github.com/microsoft/security-utilities
func verifyAzure(token []byte) inspection {
	text := standardAlphabet.Replace(strings.TrimRight(string(token), "="))
	if len(text) == azureAnnotated && annotated(text) {
		return endsIn([]byte(text), 4, sealAzure)
	}
	if len(text) < 24 || !strings.Contains(azureSignatures, azureSignature(text)) {
		return odd("It has no signature of Azure where its length asks for one.")
	}
	if azureSignature(text) == "+ASt" {
		return endsIn([]byte(text), 6, sealAzure)
	}
	return fits // other services start the checksum with seeds of their own
}

var standardAlphabet = strings.NewReplacer("-", "+", "_", "/")

// azureAnnotated is the length of a key in the common annotated form.
const azureAnnotated = 84

// azureSignatures of Storage, Batch, Cosmos DB, Search, Functions, API Management and
// Container Registry.
const azureSignatures = "+ASt +ABa ACDb AzSe AzFu APIM +ACR"

func annotated(text string) bool { return len(text) > 52 && strings.HasPrefix(text[52:], "JQQJ9") }

// azureSignature returns the four characters before the checksum.
func azureSignature(text string) string { return text[len(text)-10 : len(text)-6] }

// sealAzure returns the checksum of body: four characters in the common annotated
// form, else six.
func sealAzure(body string) string {
	if annotated(body) && len(body) == azureAnnotated-4 {
		raw, err := base64.RawStdEncoding.DecodeString(body)
		if err != nil {
			return ""
		}
		return base64.RawStdEncoding.EncodeToString(marvin(raw)[:3])
	}
	// The checksum starts within a character when the key has other than a
	// multiple of three bytes: the bits before it are zero.
	whole, err := base64.RawStdEncoding.DecodeString(body + "AAAAAA")
	if err != nil || len(whole) < 4 {
		return ""
	}
	n := len(whole) - 4
	return base64.RawStdEncoding.EncodeToString(append(whole[:n:n], marvin(whole[:n])...))[len(body):]
}

// marvin returns the Marvin32 checksum of data under the seed that Microsoft's
// libraries use where a service has none of its own: the text "Default0".
func marvin(data []byte) []byte {
	return binary.LittleEndian.AppendUint32(nil, marvinOf(0x44656661756c7430, data))
}

func marvinOf(seed uint64, data []byte) uint32 {
	m := marvinState{uint32(seed), uint32(seed >> 32)}
	for len(data) >= 4 {
		m.add(binary.LittleEndian.Uint32(data))
		data = data[4:]
	}
	var last [4]byte
	copy(last[:], data)
	last[len(data)] = 0x80
	m.add(binary.LittleEndian.Uint32(last[:]))
	m.add(0)
	return m.a ^ m.b
}

type marvinState struct{ a, b uint32 }

func (m *marvinState) add(v uint32) {
	m.a += v
	m.b ^= m.a
	m.a = bits.RotateLeft32(m.a, 20) + m.b
	m.b = bits.RotateLeft32(m.b, 9) ^ m.a
	m.a = bits.RotateLeft32(m.a, 27)
	m.a += m.b
	m.b = bits.RotateLeft32(m.b, 19)
}
