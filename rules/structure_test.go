package rules

import (
	"encoding/base64"
	"encoding/hex"
	"math/rand/v2"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/assayhq/assay/report"
)

// drawFrom draws n characters of a template class.
func drawFrom(t *rapid.T, class string, n int) string {
	return rapid.StringOfN(rapid.SampledFrom([]rune(templateClasses[class])), n, n, -1).Draw(t, class)
}

// spoil changes one character of text[from:].
func spoil(t *rapid.T, text string, from int) string {
	i := rapid.IntRange(from, len(text)-1).Draw(t, "spoiled")
	c := byte('1')
	if text[i] == c {
		c = '2'
	}
	return text[:i] + string(c) + text[i+1:]
}

// A token with its checksum fits; with one other character it does not.
func TestChecksums(t *testing.T) {
	cases := map[string]struct {
		body func(t *rapid.T) string
		from int // what stands before is not covered by the checksum
	}{
		"github":          {func(t *rapid.T) string { return "gh" + "p_" + drawFrom(t, "base62", 30) }, 4},
		"npm":             {func(t *rapid.T) string { return "np" + "m_" + drawFrom(t, "base62", 30) }, 4},
		"gitlab-routable": {func(t *rapid.T) string { return "gl" + "pat-" + drawFrom(t, "base64url", 27) + ".01.0z" }, 0},
		"grafana":         {func(t *rapid.T) string { return "gl" + "sa_" + drawFrom(t, "base62", 32) + "_" }, 5},
		"atlassian":       {func(t *rapid.T) string { return "AT" + "ATT3" + drawFrom(t, "base64url", 170) + "=" }, 0},
		"bech32":          {func(t *rapid.T) string { return "AGE-SECRET-" + "KEY-1" + drawFrom(t, "BECH32", 52) }, len("AGE-SECRET-KEY-1")},
		"nkey":            {func(t *rapid.T) string { return "SU" + "AM" + drawFrom(t, "base32", 50) }, 0},
	}
	for name, c := range cases {
		t.Run(name, rapid.MakeCheck(func(t *rapid.T) {
			s := structures[name]
			body := c.body(t)
			token := body + s.seal(body)
			if v := s.verify([]byte(token)); !v.fits {
				t.Fatalf("%s: %s", token, v.doubt)
			}
			v := s.verify([]byte(spoil(t, token, c.from)))
			if confidence, doubt := v.lower(report.ConfidenceHigh); v.fits || confidence != report.ConfidenceLow || doubt == "" {
				t.Fatalf("%s spoiled: %v %s %q", token, v.fits, confidence, doubt)
			}
			if s.verify([]byte(token[:rapid.IntRange(0, len(token)-1).Draw(t, "cut")])).fits {
				t.Fatalf("%s fits when cut", token)
			}
		}))
	}
}

// What no issued token could be tried on is doubted when it does not fit, not more.
func TestUntriedChecksums(t *testing.T) {
	cases := map[string]func(t *rapid.T) string{
		"azure":      func(t *rapid.T) string { return drawFrom(t, "base62", 52) + "JQ" + "QJ99BCACYeBjFXJ3w3AAABACOG" },
		"cloudflare": func(t *rapid.T) string { return "cf" + "ut_" + drawFrom(t, "base62", 40) },
		"confluent":  func(t *rapid.T) string { return "cf" + "lt" + drawFrom(t, "base64", 54) },
		"zuplo":      func(t *rapid.T) string { return "zp" + "ka_" + drawFrom(t, "loweralnum", 32) + "_" },
	}
	for name, body := range cases {
		t.Run(name, rapid.MakeCheck(func(t *rapid.T) {
			s := structures[name]
			token := body(t)
			token += s.seal(token)
			if v := s.verify([]byte(token)); !v.fits {
				t.Fatalf("%s: %s", token, v.doubt)
			}
			v := s.verify([]byte(spoil(t, token, 5)))
			if confidence, doubt := v.lower(report.ConfidenceHigh); v.fits || confidence != report.ConfidenceMedium || doubt == "" {
				t.Fatalf("%s spoiled: %v %s %q", token, v.fits, confidence, doubt)
			}
		}))
	}
}

// Tokens that are made as a whole fit; with another character in them, or cut, they
// do not.
func TestMadeTokens(t *testing.T) {
	prefixes := map[string]string{"extended-key": "xp" + "rv", "grafana-cloud": "gl" + "c_", "onepassword": "op" + "s_", "pypi": "py" + "pi-", "sentry": "sn" + "trys_"}
	for name, s := range structures {
		if s.make == nil {
			continue
		}
		t.Run(name, rapid.MakeCheck(func(t *rapid.T) {
			token := prefixes[name] + s.make(rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1)))
			if v := s.verify([]byte(token)); !v.fits {
				t.Fatalf("%s: %s", token, v.doubt)
			}
			if s.verify([]byte(token[:len(token)/3])).fits {
				t.Fatalf("%s fits when cut", token)
			}
			if s.proves && s.verify([]byte(spoil(t, token, 0))).fits {
				t.Fatalf("%s fits when spoiled", token)
			}
		}))
	}
}

// Vectors that the specifications give.
func TestPublishedVectors(t *testing.T) {
	zero := strings.Repeat("abandon ", 11)
	for token, c := range map[string]struct {
		structure string
		want      inspection
	}{
		zero + "about":      {"mnemonic", fits},
		zero + "abandon":    {"mnemonic", badChecksum("checksum")},
		zero + "assay":      {"mnemonic", alien},
		zero[:80] + "about": {"mnemonic", alien},
		"a12uel" + "5l":     {"bech32", fits},
		"A12UEL" + "5L":     {"bech32", fits},
		"a12UEL" + "5L":     {"bech32", badChecksum("checksum")},
		"split1check" + "upstagehandshakeupstreamerranterredcaperred2y9e3w": {"bech32", fits},
		"2NEpo7TZRRrLZSi2U": {"base58check", badChecksum("checksum")}, // "Hello World!", without a checksum
		"q7zK2mX9bTw" + strings.Repeat("A", 10) + strings.Repeat("k3Bv9QzR7tLmWxPd", 3)[:43]: {"dropbox", fits},
		"q7zK2mX9bTw" + strings.Repeat("A", 9) + strings.Repeat("k3Bv9QzR7tLmWxPd", 3)[:44]:  {"dropbox", odd("It has not the zeros of a token of Dropbox.")},
		"0OIl": {"base58check", badChecksum("encoding")},
	} {
		if got := structures[c.structure].verify([]byte(token)); got != c.want {
			t.Errorf("%s %q: %+v, want %+v", c.structure, token, got, c.want)
		}
	}
	if got := crc16([]byte("123456789")); got != 0x31c3 {
		t.Errorf("CRC-16 of XMODEM: %04x", got)
	}
	if got := encodeBase58([]byte("Hello World!")); got != "2NEpo7TZRRrLZSi2U" {
		t.Errorf("base 58: %s", got)
	}
}

// Marvin32 with the seed of its published vectors.
func TestMarvin(t *testing.T) {
	for text, want := range map[string]uint32{"": 0x302009bc, "af": 0x3592e206, "e70f": 0xfdab5e04} {
		data, err := hex.DecodeString(text)
		if err != nil {
			t.Fatal(err)
		}
		if got := marvinOf(0x004fb61a001bdbcc, data); got != want {
			t.Errorf("%s: %08x, want %08x", text, got, want)
		}
	}
}

// The CRC-32 of 123456789 is cbf43926 in every description of the checksum; this
// is how the vendors write it.
func TestChecksumNotation(t *testing.T) {
	for name, want := range map[string]string{"github": "3jZRME", "npm": "3jZRME", "gitlab-routable": "1kl8mjq", "grafana": "2639f4cb"} {
		if got := structures[name].seal("123456789"); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
}

func TestVerifyAWSKeyID(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		id := "AK" + "IA" + drawFrom(t, "base32", 16)
		if !verifyAWSKeyID([]byte(id)).fits {
			t.Fatal(id)
		}
		i := rapid.IntRange(4, 19).Draw(t, "spoiled")
		if other := id[:i] + rapid.SampledFrom([]string{"0", "1", "8", "9"}).Draw(t, "digit") + id[i+1:]; verifyAWSKeyID([]byte(other)).fits {
			t.Fatal(other)
		}
		if verifyAWSKeyID([]byte(id[:19])).fits || verifyAWSKeyID([]byte(id+"A")).fits {
			t.Fatal("another length fits")
		}
	})
}

func TestVerifySlack(t *testing.T) {
	for text, want := range map[string]bool{
		"xo" + "xb-123456789012-123456789012-" + strings.Repeat("aB3", 8): true,
		"xo" + "xb-123456789012-" + strings.Repeat("aB3", 8):              true,
		"xo" + "xb-" + strings.Repeat("aB3", 8):                           false,
		"xo" + "xb-123456789012-abc":                                      false,
		"":                                                                false,
	} {
		v := verifySlack([]byte(text))
		if confidence, doubt := v.lower(report.ConfidenceHigh); v.fits != want || !want && (confidence != report.ConfidenceMedium || doubt == "") {
			t.Errorf("%q: %v %s %q", text, v.fits, confidence, doubt)
		}
	}
}

func TestVerifyJWT(t *testing.T) {
	enc := func(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }
	padded := func(s string) string { return base64.URLEncoding.EncodeToString([]byte(s)) }
	header, payload := `{"alg":"HS256"}`, `{"sub":"1"}`
	for text, want := range map[string]bool{
		enc(header) + "." + enc(payload) + ".c2ln":             true,
		padded(header) + "." + padded(payload) + ".c2ln":       true,
		enc(header) + "." + enc(payload) + ".":                 true,
		enc(`{"alg":"RSA-OAEP","enc":"A256GCM"}`) + ".k.i.c.t": true,
		enc(header) + "." + enc(payload):                       false,
		enc(`{"typ":"JWT"}`) + "." + enc(payload) + ".c2ln":    false,
		enc(header) + "." + enc(`["sub"]`) + ".c2ln":           false,
		enc(header) + "." + enc(`{"sub":`) + ".c2ln":           false,
		enc(header)[1:] + "." + enc(payload) + ".c2ln":         false,
		enc(header) + ".!!!.c2ln":                              false,
		"..":                                                   false,
	} {
		if v := verifyJWT([]byte(text)); v.fits != want {
			t.Errorf("%q: %v", text, v.fits)
		}
	}
}

// No check panics, and what does not fit has a reason.
func FuzzStructures(f *testing.F) {
	for _, name := range StructureNames() {
		f.Add(name, []byte("-----BEGIN x_y.z-----a-b.c_d"))
		f.Add(name, []byte("e30.e30.e30"))
	}
	f.Fuzz(func(t *testing.T, name string, token []byte) {
		s, ok := structures[name]
		if !ok {
			t.Skip()
		}
		confidence, doubt := s.verify(token).lower(report.ConfidenceHigh)
		if (confidence == report.ConfidenceHigh) != (doubt == "") {
			t.Errorf("%s: %s, %q", name, confidence, doubt)
		}
		if s.seal != nil {
			s.seal(string(token))
		}
	})
}
