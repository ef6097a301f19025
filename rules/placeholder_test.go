package rules

import (
	"math/rand/v2"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestPlaceholder(t *testing.T) {
	for _, value := range []string{
		"", "${PASSWORD}", "$PASSWORD", "$(cat file)", "{{ .Values.password }}", "{{password}}", "<%= secret %>", "#{password}", "%PASSWORD%",
		"<your password>", "[password]", "{password}", "@PASSWORD@", "%(password)s", "&lt;password&gt;", "xxxxxxxx", "********", "......", "ABCXXXXXXDEF",
		"0000000000000000", "abababab", "changeme", "change-me-please", "your-api-key", "YOUR_API_KEY_HERE", "my_secret", "test123", "password", "Password1",
		"secret-key", "foo bar", "example", "AKIDEXAMPLE", "dummy", "redacted", "insert-token-here", "Passwort", "todo", "-anonymous@", "deadbeefcafebad", "QUFBQUFBQUFBQUFBQUFBQUFB",
	} {
		if !placeholder([]byte(value)) {
			t.Errorf("%q is a placeholder", value)
		}
	}
	for _, value := range []string{
		"hunter2", "correct horse", "Winter2024!", "qm{{h}o)p${e]n", "a$b$c$d$e1", "trustno1", "supersecret1", "letmeinnow", "5%sale%9", "pa55w0rd", "v9%(^+7gr@c",
	} {
		if placeholder([]byte(value)) {
			t.Errorf("%q is no placeholder", value)
		}
	}
}

func TestBoasts(t *testing.T) {
	for value, want := range map[string]bool{
		"supersecret123": true, "my-super-secret-key": true, "SuperSecure123!@#": true, "TOP_SECRET_value": true, "secret": false, "superb secretary": false, "": false,
	} {
		if got := boasts([]byte(value)); got != want {
			t.Errorf("boasts(%q) = %v", value, got)
		}
	}
}

func TestSequence(t *testing.T) {
	for _, value := range []string{
		"123456", "1234567890", "abcdefgh", "AbCdEfGhIjKl", "a1b2c3d4e5f6", "9876543210", "000102030405060708090a0b0c0d0e0f", "aabbccddeeff", "0123456789abcdef", "def456", "d4e5f6",
		strings.Repeat("k3Rw8sPq1z", 3),
	} {
		if !sequence([]byte(value)) {
			t.Errorf("%q is a sequence", value)
		}
	}
	for _, value := range []string{"hunter2", "abc123xyz", "1984", "stuvwins"[:4] + "89rq", "deadbeef", "def465", "d4f5e6"} {
		if sequence([]byte(value)) {
			t.Errorf("%q is no sequence", value)
		}
	}
}

// Of random text nearly nothing may be taken for a placeholder.
func TestRandomTextIsNoPlaceholder(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, class := range []string{"hex", "base62", "base64url", "loweralnum"} {
		alphabet := templateClasses[class]
		wrong := 0
		for range 20_000 {
			value := make([]byte, 16+rng.IntN(32))
			for i := range value {
				value[i] = alphabet[rng.IntN(len(alphabet))]
			}
			if placeholder(value) || sequence(value) {
				wrong++
			}
		}
		if wrong > 20 {
			t.Errorf("%s: %d of 20000 random values are placeholders", class, wrong)
		}
	}
}

func TestPlaceholderNeverPanics(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		value := []byte(strings.Join(rapid.SliceOfN(rapid.SampledFrom(append(fragments, "{{", "}}", "%}", "<%", "#{")), 0, 12).Draw(t, "value"), ""))
		placeholder(value)
		sequence(value)
	})
}
