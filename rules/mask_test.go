package rules

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

var maskRules = `
[[rule]]
id = "acme-token"
title = "Acme token"
prefixes = ["acme_"]
pattern = 'acme_[a-z]{8}'
boundary = "none"
[[rule]]
id = "url-password"
title = "Password in a URL"
keywords = ["://"]
grammar = "url-userinfo"
`

func TestMask(t *testing.T) {
	set := parseRules(t, maskRules)
	for text, want := range map[string]string{
		"":                                    "",
		"nothing here":                        "nothing here",
		"key acme_qwzkvbjf end":               "key acme_<8 characters> end",
		`"acme_qwzkvbjf"`:                     `"acme_<8 characters>"`,
		"acme_qwzkvbjf acme_plmnbvcx":         "acme_<8 characters> acme_<8 characters>",
		"acme_qwzkvbjfREST":                   "acme_<12 characters>",
		"headacme_qwzkvbjf":                   "<17 characters>",
		"acme_qwzkvbjf-1+2~3.4":               "acme_<14 characters>.4",
		"acme_qwzkvbjfé!":                     "acme_<9 characters>!",
		"acme_qwzkvbjfacme_plmnbvcx":          "acme_<21 characters>",
		"ftp://jane:" + "hX7kQ2vB9@host/path": "ftp://jane:" + "<9 characters>@host/path",
	} {
		if got := set.Mask(text); got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
}

// A part of a text shows of a match that reaches into it no more than the whole.
func TestAppendMaskedPart(t *testing.T) {
	set := parseRules(t, maskRules)
	data := []byte("a acme_qwzkvbjf - acme_plzxwqty c")
	matches := set.Find(nil, data)
	secret := regexp.MustCompile(`[qwzkvbjfplxty]`)
	for start := range len(data) + 1 {
		for end := start; end <= len(data); end++ {
			got := AppendMasked(nil, data, start, end, matches)
			shown := regexp.MustCompile(`<\d+ characters>`).ReplaceAll(got, nil)
			if secret.Match(shown) {
				t.Fatalf("%d-%d: %s", start, end, got)
			}
		}
	}
	if got := string(AppendMasked([]byte("x"), data, 0, 2, matches)); got != "xa " {
		t.Errorf("got %q", got)
	}
}

// Strings that are joined to one that holds a credential hold the rest of it.
func TestMaskJoined(t *testing.T) {
	set := compileBuiltin(t)
	a, b := strings.Join([]string{"wz!Kq", "7Rt#", "vB2x"}, ""), strings.Join([]string{"Lm$9p", "Xc%4"}, "")
	for text, want := range map[string]string{
		`PASSWORD='` + a + `'"'"'` + b + `' run`:          `PASSWORD='<27 characters>' run`,
		`PASSWORD="` + a + `"'` + b + `' run`:             `PASSWORD="<24 characters>' run`,
		`{"password": "` + a + `", "also": "shown this"}`: `{"password": "<13 characters>", "also": "shown this"}`,
		`PASSWORD='` + a + `'"no end`:                     `PASSWORD='<13 characters>'"no end`,
		`PASSWORD='` + a + `''`:                           `PASSWORD='<13 characters>''`,
	} {
		if got := set.Mask(text); got != want {
			t.Errorf("%s\nnot %s", got, want)
		}
	}
}

// Of a match in a random text nothing survives but its public prefix, and the
// rest of the text stays as it is.
func TestMaskRandom(t *testing.T) {
	set := compileBuiltin(t)
	all := set.Rules()
	rapid.Check(t, func(t *rapid.T) { checkMask(t, set, drawText(t, all)) })
}

func FuzzMask(f *testing.F) {
	f.Add([]byte("https://u:" + "p4ssw0rd@h token=\xff\xc3(" + "aB3dE6gH9jK2mN5"))
	f.Fuzz(func(t *testing.T, data []byte) { checkMask(t, compileBuiltin(t), data) })
}

// checkMask reads the masked text beside the original. Between two masks stands
// the original's text, and a mask says how many characters it hides.
func checkMask(t interface {
	Helper()
	Fatalf(string, ...any)
}, set *Set, data []byte) {
	t.Helper()
	matches := set.Find(nil, data)
	masked := AppendMasked(nil, data, 0, len(data), matches)
	shown := make([]bool, len(data)) // by byte of data
	at, i := 0, 0
	for i < len(masked) {
		if at < len(data) && masked[i] == data[at] && !hidden(masked[i:], matches, at) {
			shown[at] = true
			at, i = at+1, i+1
			continue
		}
		n, length := hiddenLength(masked[i:])
		if length == 0 {
			t.Fatalf("%q became %q: neither text nor mask at %d", data, masked, i)
		}
		for range n {
			_, size := utf8.DecodeRune(data[at:])
			at += size
		}
		i += length
	}
	if at != len(data) {
		t.Fatalf("%q became %q, which lacks the end", data, masked)
	}
	for _, m := range matches {
		for k := m.Start + m.Public; k < m.End; k++ {
			if shown[k] {
				t.Fatalf("%q became %q: byte %d of %s is shown", data, masked, k, m.Rule.ID)
			}
		}
	}
}

var maskText = regexp.MustCompile(`^<(\d+) characters>`)

func hiddenLength(masked []byte) (characters, length int) {
	loc := maskText.FindSubmatchIndex(masked)
	if loc == nil {
		return 0, 0
	}
	n, err := strconv.Atoi(string(masked[loc[2]:loc[3]]))
	if err != nil {
		return 0, 0
	}
	return n, loc[1]
}

// hidden reports whether masked starts with a mask at data[at], where the text
// itself has a bracket, too.
func hidden(masked []byte, matches []Match, at int) bool {
	n, _ := hiddenLength(masked)
	return n > 0 && slices.ContainsFunc(matches, func(m Match) bool { return m.Start+m.Public <= at && at < m.End })
}

// The mask covers the whole token, but no more than widenLimit.
func TestMaskWidens(t *testing.T) {
	set := parseRules(t, maskRules)
	long := strings.Repeat("A", 2000)
	got := set.Mask(long + "acme_qwzkvbjf" + long)
	if want := long[:2000-widenLimit] + "<" + strconv.Itoa(2*widenLimit+13) + " characters>" + long[:2000-widenLimit]; got != want {
		t.Errorf("%d bytes, want %d", len(got), len(want))
	}
}
