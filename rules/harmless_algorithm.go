package rules

// algorithm reports whether value is the name of an algorithm, alone or with its sizes
// and modes, as a call takes it beside the name of a key: ed25519, aes256-gcm96, rsa-2048.
func algorithm(value []byte) bool {
	const least, most = 4, 24 // bytes
	if len(value) < least || len(value) > most {
		return false
	}
	named := false
	for i := 0; i < len(value); {
		end := i + 1
		switch b := value[i]; {
		case is(b, isLetter):
			end = skip(value, i, isLetter, len(value))
			var low [8]byte
			if !algorithmWords().has(letters(low[:0], value[i:end])) {
				return false
			}
			named = true
		case is(b, isDigit):
			end = skip(value, i, isDigit, len(value))
			if !algorithmSizes().has(value[i:end]) {
				return false
			}
		case b != '-' && b != '_' && b != '/':
			return false
		}
		i = end
	}
	return named
}

// algorithmWords are the parts of the names that cryptography gives to algorithms, modes
// and curves; algorithmSizes the numbers in them: bits, versions, the primes of curves.
var (
	algorithmWords = wordSet("aes aria blake camellia cbc ccm cfb chacha cmac ctr curve dsa ecb ecdh ecdsa ed eddsa gcm hkdf hmac kmac " +
		"md ml mldsa mlkem oaep ofb pkcs poly prime ps pss rsa secp sha siv slhdsa v x xchacha xts k r p es rs hs")
	algorithmSizes = wordSet("1 2 3 5 12 20 44 64 65 87 96 128 160 192 224 256 384 448 512 521 768 1024 1305 2048 3072 4096 8192 25519")
)
