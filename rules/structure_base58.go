package rules

import (
	"crypto/sha256"
	"math/big"
	"math/rand/v2"
	"strings"
)

// base58 is Bitcoin's alphabet, in the order of the values.
const base58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"

// Private keys in the wallet import format, and extended keys, are base 58 of a
// version, a key, and the first four bytes of the SHA-256 of the SHA-256 of both.
// https://en.bitcoin.it/wiki/Base58Check_encoding
func verifyBase58Check(token []byte) inspection {
	if len(token) > maxBase58 {
		return badChecksum("length")
	}
	raw, ok := decodeBase58(string(token))
	if !ok || len(raw) < 5 {
		return badChecksum("encoding")
	}
	n := len(raw) - 4
	if sum := doubleSHA256(raw[:n]); string(sum[:4]) != string(raw[n:]) {
		return badChecksum("checksum")
	}
	return fits
}

// maxBase58 bounds the work of a conversion, which is quadratic. An extended
// key has 111 characters.
const maxBase58 = 128

func doubleSHA256(data []byte) [sha256.Size]byte {
	first := sha256.Sum256(data)
	return sha256.Sum256(first[:])
}

func decodeBase58(text string) ([]byte, bool) {
	n, base := new(big.Int), big.NewInt(int64(len(base58)))
	for _, c := range []byte(text) {
		v := strings.IndexByte(base58, c)
		if v < 0 {
			return nil, false
		}
		n.Add(n.Mul(n, base), big.NewInt(int64(v)))
	}
	zeros := len(text) - len(strings.TrimLeft(text, base58[:1]))
	return append(make([]byte, zeros), n.Bytes()...), true
}

func encodeBase58(raw []byte) string {
	n, base, rest := new(big.Int).SetBytes(raw), big.NewInt(int64(len(base58))), new(big.Int)
	var back []byte
	for n.Sign() > 0 {
		n.QuoRem(n, base, rest)
		back = append(back, base58[rest.Int64()])
	}
	for _, b := range raw {
		if b != 0 {
			break
		}
		back = append(back, base58[0])
	}
	for i, j := 0, len(back)-1; i < j; i, j = i+1, j-1 {
		back[i], back[j] = back[j], back[i]
	}
	return string(back)
}

// makeBase58Check returns a private key of Bitcoin's main network, compressed.
func makeBase58Check(rng *rand.Rand) string {
	raw := append(append([]byte{0x80}, randomBytes(rng, 32)...), 1)
	sum := doubleSHA256(raw)
	return encodeBase58(append(raw, sum[:4]...))
}

// makeExtendedKey returns what follows "xprv" in a key made from random bytes.
// https://github.com/bitcoin/bips/blob/master/bip-0032.mediawiki
func makeExtendedKey(rng *rand.Rand) string {
	raw := append([]byte{0x04, 0x88, 0xad, 0xe4, 3}, randomBytes(rng, 4+4+32)...)
	raw = append(append(raw, 0), randomBytes(rng, 32)...)
	sum := doubleSHA256(raw)
	return strings.TrimPrefix(encodeBase58(append(raw, sum[:4]...)), "xprv")
}

func randomBytes(rng *rand.Rand, n int) []byte {
	out := make([]byte, n)
	for i := range out {
		out[i] = byte(rng.Uint32())
	}
	return out
}
