package rules

import "strings"

// bech32 is the alphabet of BIP-173, in the order of the values.
const bech32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"

// Bech32 is a prefix, "1", and 32 characters of an alphabet without those that
// look alike, the last six of which are a checksum: the identities of age, the
// keys of Nostr.
// https://github.com/bitcoin/bips/blob/master/bip-0173.mediawiki
func verifyBech32(token []byte) inspection {
	body, sum, ok := cutBech32(string(token))
	if !ok || sealBech32(body) != sum {
		return badChecksum("checksum")
	}
	return fits
}

// cutBech32 cuts the checksum off.
func cutBech32(token string) (body, sum string, ok bool) {
	n := len(token) - bech32Sum
	if n < 0 || n <= strings.LastIndexByte(token, '1') {
		return "", "", false
	}
	return token[:n], token[n:], true
}

const bech32Sum = 6 // characters

// sealBech32 returns the checksum of body, a prefix, "1" and data, in the case
// that it is written in. It is empty for what is no bech32.
func sealBech32(body string) string {
	one := strings.LastIndexByte(body, '1')
	low := strings.ToLower(body)
	if one < 1 || low != body && strings.ToUpper(body) != body {
		return ""
	}
	p := polymod(1)
	for _, c := range []byte(low[:one]) {
		p.add(c >> 5)
	}
	p.add(0)
	for _, c := range []byte(low[:one]) {
		p.add(c & 31)
	}
	for _, c := range []byte(low[one+1:]) {
		v := strings.IndexByte(bech32, c)
		if v < 0 {
			return ""
		}
		p.add(byte(v))
	}
	sum := p.checksum()
	if low != body {
		return strings.ToUpper(sum)
	}
	return sum
}

// A polymod is the remainder of what was added, by the generator of BIP-173.
type polymod uint32

func (p *polymod) add(v byte) {
	top := *p >> 25
	*p = (*p&0x1ffffff)<<5 ^ polymod(v)
	for i, g := range [...]polymod{0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3} {
		if top>>i&1 == 1 {
			*p ^= g
		}
	}
}

func (p polymod) checksum() string {
	for range bech32Sum {
		p.add(0)
	}
	p ^= 1
	var sum [bech32Sum]byte
	for i := range sum {
		sum[i] = bech32[p>>(5*(bech32Sum-1-i))&31]
	}
	return string(sum[:])
}
