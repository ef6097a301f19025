package report

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestEscape(t *testing.T) {
	for in, want := range map[string]string{
		"":                          "",
		"Größe 🔑 \\ \"x\"":          "Größe 🔑 \\ \"x\"",
		"a\x1b[2Jb":                 `a\x1b[2Jb`,
		"line\r\nline\ttab\x00\x7f": `line\x0d\x0aline\x09tab\x00\x7f`,
		"\u009b31m":                 `\u009b31m`,
		"\u202eabc\u2066\ufeff":     `\u202eabc\u2066\ufeff`,
		"\U000e0041":                `\U000e0041`,
		"\xff\xe2\x82":              `\xff\xe2\x82`,
		"\ufffd":                    "\ufffd",
	} {
		if got := escape(in); got != want {
			t.Errorf("escape(%q) = %q, want %q", in, got, want)
		}
	}
	if got := validUTF8("\x1b\u202e\xff"); got != "\x1b\u202e\\xff" {
		t.Errorf("validUTF8 gives %q", got)
	}
}

func FuzzInert(f *testing.F) {
	f.Add(hostile)
	f.Add("\ufffd\xff")
	f.Fuzz(func(t *testing.T, s string) {
		for _, r := range escape(s) {
			if !unicode.IsPrint(r) {
				t.Fatalf("escape(%q) holds %U", s, r)
			}
		}
		valid := validUTF8(s)
		if !utf8.ValidString(valid) || utf8.ValidString(s) && valid != s {
			t.Fatalf("validUTF8(%q) = %q", s, valid)
		}
		text, err := marshal(valid)
		if err != nil {
			t.Fatal(err)
		}
		if strings.ContainsFunc(string(text), func(r rune) bool { return !unicode.IsPrint(r) }) {
			t.Fatalf("marshal(%q) = %q", valid, text)
		}
		var back string
		if err := json.Unmarshal(text, &back); err != nil || back != valid {
			t.Fatalf("%q came back as %q, %v", valid, back, err)
		}
	})
}
