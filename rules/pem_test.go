package rules

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/binary"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// A key of each kind in PEM. The numbers are drawn anew for each run.
func keyRSA(t *testing.T) []byte {
	k, err := rsa.GenerateKey(rand.Reader, 1024)
	must(t, err)
	return pem.EncodeToMemory(&pem.Block{Type: "RSA" + " PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(k)})
}

func keyPKCS8(t *testing.T) []byte {
	_, k, err := ed25519.GenerateKey(rand.Reader)
	must(t, err)
	der, err := x509.MarshalPKCS8PrivateKey(k)
	must(t, err)
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE" + " KEY", Bytes: der})
}

func keyEC(t *testing.T) []byte {
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	der, err := x509.MarshalECPrivateKey(k)
	must(t, err)
	return pem.EncodeToMemory(&pem.Block{Type: "EC" + " PRIVATE KEY", Bytes: der})
}

// keyOpenSSH writes an Ed25519 key without a passphrase as ssh-keygen does:
// PROTOCOL.key of the OpenSSH sources.
func keyOpenSSH(t *testing.T) []byte {
	public, k, err := ed25519.GenerateKey(rand.Reader)
	must(t, err)
	field := func(dst, b []byte) []byte {
		return append(binary.BigEndian.AppendUint32(dst, uint32(len(b))), b...)
	}
	blob := field(field(nil, []byte("ssh-ed25519")), public)
	check := make([]byte, 4)
	_, err = rand.Read(check)
	must(t, err)
	secret := append(append(check[:4:4], check...), blob...)
	secret = field(field(secret, k), []byte("jane@shop"))
	for i := byte(1); len(secret)%8 != 0; i++ {
		secret = append(secret, i)
	}
	der := append([]byte(nil), "openssh-key-v1\x00"...)
	der = field(field(field(der, []byte("none")), []byte("none")), nil)
	der = binary.BigEndian.AppendUint32(der, 1)
	der = field(field(der, blob), secret)
	return pem.EncodeToMemory(&pem.Block{Type: "OPENSSH" + " PRIVATE KEY", Bytes: der})
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// keyKinds are the kinds, by the second word of the rule's id.
var keyKinds = map[string]func(*testing.T) []byte{"rsa": keyRSA, "pkcs8": keyPKCS8, "ec": keyEC, "openssh": keyOpenSSH}

// eachLine writes every line of a key between before and after, and joins them.
func eachLine(key []byte, before, after, between string) []byte {
	lines := strings.Split(strings.TrimSpace(string(key)), "\n")
	for i, l := range lines {
		lines[i] = before + l + after
	}
	return []byte(strings.Join(lines, between))
}

// keyCoats are the ways in which keys stand in files.
var keyCoats = map[string]func(key []byte) []byte{
	"as is":        func(k []byte) []byte { return k },
	"CRLF":         func(k []byte) []byte { return bytes.ReplaceAll(k, []byte("\n"), []byte("\r\n")) },
	"indented":     func(k []byte) []byte { return eachLine(k, "\t\t", "", "\n") },
	"YAML block":   func(k []byte) []byte { return append([]byte("key: |\n"), eachLine(k, "  ", "", "\n")...) },
	"escaped":      func(k []byte) []byte { return []byte(`key = "` + strings.ReplaceAll(string(k), "\n", `\n`) + `"`) },
	"escaped CRLF": func(k []byte) []byte { return []byte(`key = "` + strings.ReplaceAll(string(k), "\n", `\r\n`) + `"`) },
	"escaped twice": func(k []byte) []byte {
		return []byte(`"{\"key\": \"` + strings.ReplaceAll(string(k), "\n", `\\n`) + `\"}"`)
	},
	"joined by plus": func(k []byte) []byte { return append([]byte("String key = "), eachLine(k, `"`, `\n"`, " +\n    ")...) },
	"plus in front":  func(k []byte) []byte { return append([]byte("key = "), eachLine(k, `"`, `\n"`, "\n    + ")...) },
	"single quotes":  func(k []byte) []byte { return append([]byte("key = "), eachLine(k, "'", "',", "\n    ")...) },
	"joined and commented": func(k []byte) []byte {
		return append([]byte("key = "), eachLine(k, `"`, `\n"`, " + // a key\n\t\t\t")...)
	},
	"appended": func(k []byte) []byte {
		return append([]byte("key = "), eachLine(k, `"`, `"`, "; // a key\n    key += ")...)
	},
	"one line":     func(k []byte) []byte { return eachLine(k, `"`, `\n"`, " + ") },
	"back-ticks":   func(k []byte) []byte { return []byte("const key = `" + string(k) + "`") },
	"comment":      func(k []byte) []byte { return eachLine(k, "// ", "", "\n") },
	"hash comment": func(k []byte) []byte { return eachLine(k, "# ", "", "\n") },
	"continued":    func(k []byte) []byte { return eachLine(k, "", `\`, "\n") },
	"JSON": func(k []byte) []byte {
		text, err := json.Marshal(map[string]string{"private_key": string(k)})
		if err != nil {
			panic(err)
		}
		return text
	},
}

// Real keys are found with full confidence in every coat. Their lines begin and
// end with any character of base 64, + and / included, and hold runs of A.
func TestPrivateKeys(t *testing.T) {
	set := compileBuiltin(t)
	for kind, generate := range keyKinds {
		id := "privatekey-" + kind
		for range 50 {
			key := generate(t)
			for coat, wear := range keyCoats {
				text := wear(key)
				matches := set.Find(nil, text)
				if len(matches) != 1 || matches[0].Rule.ID != id || matches[0].Doubt != "" {
					t.Fatalf("%s, %s: found %s", id, coat, describeMatches(matches, text))
				}
			}
		}
	}
}

// describeMatches lists matches without their text.
func describeMatches(matches []Match, text []byte) string {
	if len(matches) == 0 {
		return fmt.Sprintf("nothing in %d bytes", len(text))
	}
	var b strings.Builder
	for _, m := range matches {
		fmt.Fprintf(&b, "%s at %d-%d of %d: %s %s; ", m.Rule.ID, m.Start, m.End, len(text), m.Confidence, m.Doubt)
	}
	return b.String()
}

// What only has the frame of a key is none.
func TestVerifyPEM(t *testing.T) {
	frame := func(label, body string) string {
		return "-----BEGIN " + label + "-----\n" + body + "\n-----END " + label + "-----"
	}
	random := func(n int) string { return string(randomBase64(t, n)) }
	rsaLabel, pgpLabel := "RSA"+" PRIVATE KEY", "PGP"+" PRIVATE KEY BLOCK"
	cases := []struct {
		name, text string
		fits       bool
	}{
		{"a key", string(keyRSA(t)), true},
		{"without its end", strings.Split(string(keyRSA(t)), "-----END")[0], true},
		{"dots", frame(rsaLabel, strings.Repeat(".", 80)), false},
		{"random text", frame(rsaLabel, "A"+random(800)), false},
		{"one letter", frame(rsaLabel, strings.Repeat("x", 800)), false},
		{"half of a key", strings.Join(strings.SplitAfter(string(keyRSA(t)), "\n")[:5], "") + "-----END " + rsaLabel + "-----", false},
		{"no body", frame(rsaLabel, ""), false},
		{"another format", frame("OPENSSH"+" PRIVATE KEY", random(400)), false},
		{"encrypted", frame(rsaLabel, "Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\n"+random(800)), true},
		{"encrypted, one letter", frame(rsaLabel, "Proc-Type: 4,ENCRYPTED\n\n"+strings.Repeat("x", 800)), false},
		{"PGP", frame(pgpLabel, "Version: GnuPG v1\n\nlQ"+random(400)+"\n=abcd"), true},
		{"PGP, one letter", frame(pgpLabel, strings.Repeat("x", 800)), false},
		{"no frame", "-----BEGIN", false},
	}
	for _, c := range cases {
		if got := verifyPEM([]byte(c.text)).fits; got != c.fits {
			t.Errorf("%s: fits is %v", c.name, got)
		}
	}
}

func randomBase64(t *testing.T, n int) []byte {
	raw := make([]byte, n)
	_, err := rand.Read(raw)
	must(t, err)
	for i, b := range raw {
		raw[i] = templateClasses["base64"][b%64]
	}
	return raw
}

func FuzzVerifyPEM(f *testing.F) {
	f.Add([]byte("-----BEGIN x-----\n\\n\"+/\"\n"))
	f.Add([]byte("-----BEGIN PGP-----\n: \n=\n-----END"))
	f.Fuzz(func(t *testing.T, token []byte) {
		v := verifyPEM(token)
		if !v.fits && v.doubt == "" {
			t.Error("no reason given")
		}
	})
}

// mpi returns an integer of OpenPGP of n random bytes.
func mpi(t *testing.T, n int) []byte {
	raw := make([]byte, n)
	_, err := rand.Read(raw)
	must(t, err)
	raw[0] |= 0x80
	return append([]byte{byte(8 * n >> 8), byte(8 * n)}, raw...)
}

// Keys that a passphrase protects are told apart from those that lie open.
func TestPassphraseNeeded(t *testing.T) {
	curve := append([]byte{9}, "\x2b\x06\x01\x04\x01\xda\x47\x0f\x01"...)
	for _, c := range []struct {
		name      string
		algorithm byte
		public    []byte
		usage     byte
		want      bool
	}{
		{"RSA, open", 1, slices.Concat(mpi(t, 256), mpi(t, 3)), 0, false},
		{"RSA, encrypted", 1, slices.Concat(mpi(t, 256), mpi(t, 3)), 254, true},
		{"DSA, encrypted", 17, slices.Concat(mpi(t, 128), mpi(t, 20), mpi(t, 128), mpi(t, 128)), 254, true},
		{"EdDSA, open", 22, slices.Concat(curve, mpi(t, 33)), 0, false},
		{"EdDSA, encrypted", 22, slices.Concat(curve, mpi(t, 33)), 254, true},
		{"ECDH, encrypted", 18, slices.Concat(curve, mpi(t, 33), []byte{3, 1, 8, 7}), 255, true},
		{"unknown", 99, mpi(t, 256), 254, false},
		{"cut off", 1, mpi(t, 40)[:20], 254, false},
	} {
		body := slices.Concat([]byte{4, 1, 2, 3, 4, c.algorithm}, c.public, []byte{c.usage}, mpi(t, 40))
		for header, packet := range map[string][]byte{
			"old": append([]byte{0x95, byte(len(body) >> 8), byte(len(body))}, body...),
			"new": append([]byte{0xc5, 0xff, 0, 0, byte(len(body) >> 8), byte(len(body))}, body...),
		} {
			block := pem.EncodeToMemory(&pem.Block{Type: "PGP" + " PRIVATE KEY BLOCK", Bytes: packet})
			v := verifyPEM(block)
			if got := v == passphraseNeeded; got != c.want || !got && !v.fits {
				t.Errorf("%s, %s header: %+v", c.name, header, v)
			}
		}
	}
}

func TestEncryptedSSH2(t *testing.T) {
	text := func(s string) []byte { return append([]byte{0, 0, 0, byte(len(s))}, s...) }
	for cipher, want := range map[string]bool{"none": false, "3des-cbc": true, "": false} {
		der := slices.Concat(ssh2Magic, []byte{0, 0, 1, 0}, text("rsa"), text(cipher), mpi(t, 60))
		if got := encryptedSSH2(der); got != want {
			t.Errorf("cipher %q: encrypted is %v", cipher, got)
		}
	}
	if encryptedSSH2(append(slices.Clone(ssh2Magic), 0, 0, 1, 0, 0xff, 0xff, 0xff, 0xff)) {
		t.Error("a length beyond the end is no cipher")
	}
}
