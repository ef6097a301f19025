package rules

import (
	"encoding/base64"
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
