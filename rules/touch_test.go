package rules

import (
	"fmt"
	"strings"
	"testing"

	"github.com/assayhq/assay/report"
)

// github returns a token with a checksum, another one for each seed.
func github(t testing.TB, seed uint64) string {
	t.Helper()
	r := Rule{Structure: "github"}
	text, err := r.Expand("ghp_{base62:30}{seal}", seed)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// found returns what a set finds with high confidence, one per line.
func found(set *Set, text string) string {
	var all []string
	for _, m := range set.Find(nil, []byte(text)) {
		if m.Confidence >= report.ConfidenceHigh {
			all = append(all, string(m.Value([]byte(text))))
		}
	}
	return strings.Join(all, "\n")
}

// A checksum tells a token from all other text, whatever touches it.
func TestSealedTouchesAnything(t *testing.T) {
	set, token := compileBuiltin(t), github(t, 1)
	for _, format := range []string{
		"TOKEN=\x1b[32m%s\x1b[0m", `echo "\033[32m%s\033[0m"`, "__%s__", "token_%s", "1%s", "href=3D\"?token=3D%s\"", "\x0012%sN)", "GODEBUG%sruntime",
		strings.Repeat("abcd", 20) + "/%s",
	} {
		if got := found(set, fmt.Sprintf(format, token)); got != token {
			t.Errorf("%q: found %q", format, got)
		}
	}
	other := []byte(token)
	other[10] ^= 3
	for _, text := range []string{"x" + string(other), "1" + string(other) + "2"} {
		if got := found(set, text); got != "" {
			t.Errorf("%q of a token whose checksum does not fit", got)
		}
	}
	if got, want := found(set, token+github(t, 2)), token+"\n"+github(t, 2); got != want {
		t.Errorf("two that touch each other: %q", got)
	}
}

// A length or an x before a coat is no part of what is beneath.
func TestCoatsTouchWords(t *testing.T) {
	set, token := compileBuiltin(t), github(t, 1)
	wide, high := "", ""
	for _, c := range token {
		wide, high = wide+string(c)+"\x00", high+"\x00"+string(c)
	}
	for name, text := range map[string]string{
		"strings of .NET": "\x01\x02\x00\x51" + wide + "\x00\x13h\x00e\x00", "strings of a property list": "\xd1\x6f\x10\x28" + high + "\x08\x09",
		"bytes of PostgreSQL": `1	\\x` + fmt.Sprintf("%x", token) + "\n",
	} {
		if got := found(set, text); got != token {
			t.Errorf("%s: found %q", name, got)
		}
	}
}

// What is written in pieces is found as if it stood in one.
func TestJoined(t *testing.T) {
	set, token := compileBuiltin(t), github(t, 1)
	a, b := token[:4], token[4:]
	c, d := token[:17], token[17:]
	for _, text := range []string{
		`t = "` + a + `" + "` + b + `";`, `t = ("` + c + `"` + "\n     \"" + d + `")`, "$t = '" + c + "' . '" + d + "';", `t = "` + c + `" +` + "\r\n\t\t\"" + d + `"`,
		"T=" + c + "\\\n" + d + "\n", `T="` + c + `"'` + d + `'`, "\ttoken = " + c + `"` + d + `"`, "t: \"" + c + "\\\n    " + d + `"`, "token: " + c + "=\r\n" + d + "\r\n",
		"t = `" + c + "` +\n`" + d + "`", `"` + token[:8] + `" + "` + token[8:20] + `" + "` + token[20:] + `"`, strings.ReplaceAll(token, "_", `\_`),
		"> token: " + c + "=\n> " + d + "\n", strings.ReplaceAll(token, "_", "&lowbar;"),
	} {
		if got := found(set, text); got != token {
			t.Errorf("%q: found %q", text, got)
		}
	}
	for _, text := range []string{
		`["` + c + `", "` + d + `"]`, `"` + c + `" + x + "` + d + `"`, c + " " + d, c + "\n" + d, `"` + c + `": "` + d + `"`,
	} {
		if got := found(set, text); got != "" {
			t.Errorf("%q: found %q", text, got)
		}
	}
}

// Lists of numbers are read as the bytes that they are.
func TestNumbers(t *testing.T) {
	set, token := compileBuiltin(t), github(t, 1)
	list := func(format, between string) string {
		var all []string
		for _, c := range []byte(token) {
			all = append(all, fmt.Sprintf(format, c))
		}
		return strings.Join(all, between)
	}
	for _, text := range []string{
		`{"type":"Buffer","data":[` + list("%d", ",") + `]}`, "t = bytes([" + list("%d", ", ") + "])", "unsigned char t[40] = {\n  " + list("0x%02x", ",\n  ") + "\n};",
		"byte[] t = new byte[] {" + list("%d", ", ") + "};", "t := []byte{" + list("0x%02x", ", ") + "}", "String.fromCharCode(" + list("%d", ",") + ")", "char[] t = {" + list("'%c'", ", ") + "};",
		"\"T\"=hex(1):" + list("%02x,00", ",\\\r\n  ") + "\r\n", "\"T\"=hex:" + list("%02x", ",") + "\r\n",
	} {
		if got := found(set, text); got != token {
			t.Errorf("%q: found %q", text, got)
		}
	}
	for _, text := range []string{"[]byte{" + list("%d", ", ")[:60], "unsigned char t[] = {" + strings.Repeat("0x67, ", 100), "Uint8Array", "bytes([0x", "=hex(1):6"} {
		if got := found(set, text); got != "" {
			t.Errorf("%q: found %q", text, got)
		}
	}
}
