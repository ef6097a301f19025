package rules

import (
	"crypto/sha256"
	_ "embed"
	"math/rand/v2"
	"strings"
	"sync"
)

// The English words of BIP-39, sorted, one a line.
// https://github.com/bitcoin/bips/blob/master/bip-0039/english.txt
//
//go:embed mnemonic_words.txt
var mnemonicText string

type mnemonicList struct {
	words []string
	index map[string]int
}

var mnemonicWords = sync.OnceValue(func() mnemonicList {
	l := mnemonicList{words: strings.Fields(mnemonicText), index: map[string]int{}}
	for i, w := range l.words {
		l.index[w] = i
	}
	return l
})

// Each word of a recovery phrase stands for eleven bits. The last bits, one for
// three words, are the beginning of the SHA-256 of those before. Of other text
// some word is not in the list, and then it is no recovery phrase at all.
// https://github.com/bitcoin/bips/blob/master/bip-0039.mediawiki
func verifyMnemonic(token []byte) inspection {
	words := strings.Fields(string(token))
	if n := len(words); n < 12 || n > 24 || n%3 != 0 {
		return alien
	}
	var b bitWriter
	for _, w := range words {
		v, ok := mnemonicWords().index[w]
		if !ok {
			return alien
		}
		b.write(v, mnemonicBits)
	}
	entropy := len(words) / 3 * 4 // bytes
	sum := sha256.Sum256(b.bytes[:entropy])
	check := len(words) / 3 // bits
	if b.bytes[entropy]>>(8-check) != sum[0]>>(8-check) {
		return badChecksum("checksum")
	}
	return fits
}

const mnemonicBits = 11 // that a word stands for

// A bitWriter appends bits, the highest first.
type bitWriter struct {
	bytes []byte
	n     int // bits
}

func (b *bitWriter) write(v, bits int) {
	for i := bits - 1; i >= 0; i-- {
		if b.n%8 == 0 {
			b.bytes = append(b.bytes, 0)
		}
		b.bytes[b.n/8] |= byte(v>>i&1) << (7 - b.n%8)
		b.n++
	}
}

// makeMnemonic returns a recovery phrase of twelve words.
func makeMnemonic(rng *rand.Rand) string {
	raw := randomBytes(rng, 16)
	sum := sha256.Sum256(raw)
	raw = append(raw, sum[0])
	var words []string
	for i := range 12 {
		v := 0
		for at := i * mnemonicBits; at < (i+1)*mnemonicBits; at++ {
			v = v<<1 | int(raw[at/8]>>(7-at%8)&1)
		}
		words = append(words, mnemonicWords().words[v])
	}
	return strings.Join(words, " ")
}
