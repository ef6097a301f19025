package rules

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"pgregory.net/rapid"
)

// dressing puts a coat on, in one of the ways in which people and programs do.
type dressing struct {
	name string
	put  func(text []byte) []byte
	cost int // how many coats it is
}

var dressings = []dressing{
	{"base64", encoded(base64.StdEncoding), 1},
	{"base64 without padding", encoded(base64.RawStdEncoding), 1},
	{"base64 for URLs", encoded(base64.URLEncoding), 1},
	{"base64 for URLs without padding", encoded(base64.RawURLEncoding), 1},
	{"base64 in lines of 76", inLines(76, "\r\n"), 1},
	{"base64 in lines of 64, indented", inLines(64, "\n    "), 1},
	{"base64 in lines of 64, in a string", inLines(64, `\n`), 1},
	{"base64 as JSON of PHP", func(text []byte) []byte {
		return bytes.ReplaceAll(encoded(base64.StdEncoding)(text), []byte("/"), []byte(`\/`))
	}, 2},
	{"gzip in base64", func(text []byte) []byte { return encoded(base64.StdEncoding)(gzipped(text)) }, 2},
	{"zlib in base64", func(text []byte) []byte { return encoded(base64.StdEncoding)(packedBy(zlibWriter)(text)) }, 2},
	{"zip in base64", func(text []byte) []byte { return encoded(base64.StdEncoding)(packedBy(zipWriter)(text)) }, 2},
	{"UTF-16 in base64", func(text []byte) []byte { return encoded(base64.StdEncoding)(inUTF16(text, 0)) }, 2},
	{"UTF-16 in base64, the high byte first", func(text []byte) []byte { return encoded(base64.StdEncoding)(inUTF16(text, 1)) }, 2},
	{"hexadecimal digits", func(text []byte) []byte { return hex.AppendEncode(nil, text) }, 1},
	{"upper-case hexadecimal digits", func(text []byte) []byte { return bytes.ToUpper(hex.AppendEncode(nil, text)) }, 1},
	{"percent-encoding", func(text []byte) []byte { return []byte(url.PathEscape(string(text))) }, 1},
	{"percent-encoding of all", eachByte("%%%02X"), 1},
	{`\u0041`, eachByte(`\u%04x`), 1},
	{`\x41`, eachByte(`\x%02x`), 1},
	{`\101`, eachByte(`\%03o`), 1},
	{`\u{41}`, eachByte(`\u{%x}`), 1},
	{"&#65;", eachByte("&#%d;"), 1},
	{"&#0000065;", eachByte("&#%07d;"), 1},
	{`\x{41}`, eachByte(`\x{%x}`), 1},
	{"&#x41;", eachByte("&#x%X;"), 1},
}

func encoded(e *base64.Encoding) func([]byte) []byte {
	return func(text []byte) []byte { return e.AppendEncode(nil, text) }
}

func inLines(width int, sep string) func([]byte) []byte {
	return func(text []byte) []byte {
		lines := slices.Collect(slices.Chunk(encoded(base64.StdEncoding)(text), width))
		return bytes.Join(lines, []byte(sep))
	}
}

func eachByte(format string) func([]byte) []byte {
	return func(text []byte) (out []byte) {
		for _, b := range text {
			out = fmt.Appendf(out, format, b)
		}
		return out
	}
}

func gzipped(text []byte) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	z.Write(text)
	z.Close()
	return b.Bytes()
}

func packedBy(make func(io.Writer) (member io.Writer, end func() error)) func(text []byte) []byte {
	return func(text []byte) []byte {
		var b bytes.Buffer
		w, end := make(&b)
		if _, err := w.Write(text); err != nil {
			panic(err)
		}
		if err := end(); err != nil {
			panic(err)
		}
		return b.Bytes()
	}
}

func zlibWriter(to io.Writer) (io.Writer, func() error) {
	w := zlib.NewWriter(to)
	return w, w.Close
}

func zipWriter(to io.Writer) (io.Writer, func() error) {
	w := zip.NewWriter(to)
	first, err := w.Create("first")
	if err == nil {
		_, err = io.WriteString(first, "nothing")
	}
	member, bad := w.Create("a")
	if err != nil || bad != nil {
		panic(errors.Join(err, bad))
	}
	return member, w.Close
}

// inUTF16 encodes text, with the low byte of each unit at the offset low.
func inUTF16(text []byte, low int) []byte {
	var out []byte
	for _, u := range utf16.Encode([]rune(string(text))) {
		pair := [2]byte{}
		pair[low], pair[1-low] = byte(u), byte(u>>8)
		out = append(out, pair[:]...)
	}
	return out
}

// Credentials of these rules are found wherever they stand.
var typedExamples = [][2]string{
	{"github-personal-access-token", "ghp_{base62:30}{seal}"}, {"npm-access-token", "npm_{base62:30}{seal}"},
	{"gitlab-personal-access-token", "glpat-{base62:20}"}, {"stripe-secret-key", "sk_live_{base62:24}"}, {"sendgrid-api-key", "SG.{base62:22}.{base62:43}"},
}

func drawTyped(t interface{ Fatal(...any) }, set *Set, choice int, seed uint64) (id, token string) {
	example := typedExamples[choice%len(typedExamples)]
	token, err := set.lookup(example[0]).Expand(example[1], seed)
	if err != nil {
		t.Fatal(err)
	}
	return example[0], token
}

// Whatever coats a credential wears, one over the other, it is found where the
// encoded text stands, and taking off the coats again brings it.
func TestCoatsComeOff(t *testing.T) {
	set := compileBuiltin(t)
	rapid.Check(t, func(t *rapid.T) {
		_, token := drawTyped(t, set, rapid.IntRange(0, len(typedExamples)-1).Draw(t, "rule"), rapid.Uint64Range(1, 50).Draw(t, "seed"))
		text := []byte(rapid.SampledFrom([]string{"token: \"%s\"\n", "{\"a\": \"b\", \"key\": \"%s\"}", "a line\nexport KEY=\"%s\"\nand another one of some length", "\"%s\""}).Draw(t, "in"))
		text = bytes.Replace(text, []byte("%s"), []byte(token), 1)
		worn := ""
		for left := maxCoats; left > 0; {
			d := rapid.SampledFrom(dressings).Draw(t, "coat")
			next := d.put(text)
			if d.cost > left || len(next) > 12<<10 {
				break
			}
			text, left, worn = next, left-d.cost, d.name+" of "+worn
			if rapid.Bool().Draw(t, "in a line") {
				text = slices.Concat([]byte("x = \""), text, []byte("\";"))
			}
		}
		before := rapid.SampledFrom([]string{"", "\n", "a: b\n  data: ", "(\"", "x;base64,"}).Draw(t, "before")
		after := rapid.SampledFrom([]string{"", "\n", "\"", "\nb: c\n", "\" word"}).Draw(t, "after")
		data := slices.Concat([]byte(before), text, []byte(after))
		matches := set.Find(nil, data)
		checkMatches(t, data, matches)
		for _, m := range matches {
			from, to := m.Extent()
			if m.Typed() && string(m.Value(data)) == token && from >= len(before) && from <= m.Start && m.End <= to && to <= len(before)+len(text) {
				return
			}
		}
		for _, m := range matches {
			from, to := m.Extent()
			t.Logf("%s at %d to %d, masked %d to %d of %d to %d: %q", m.Coats(), m.Start, m.End, from, to, len(before), len(before)+len(text), m.Value(data))
		}
		t.Fatalf("%s is not found in %s: %q, but %+v", token, worn, data, matches)
	})
}

// The region of a match is the digits that hold it, and no more.
func TestCoatRegion(t *testing.T) {
	set := compileBuiltin(t)
	id, token := drawTyped(t, set, 0, 1)
	for n := range 7 {
		text := strings.Repeat("x", n) + " " + token + " y"
		data := []byte(base64.StdEncoding.EncodeToString([]byte(text)))
		first, last := 8*(n+1)/6, (8*(n+1+len(token))+5)/6
		m := set.Find(nil, data)
		if len(m) != 1 || m[0].Rule.ID != id || m[0].Start != first || m[0].End != last || m[0].Coats() != "base64" {
			t.Errorf("%d before: %+v, want %d to %d", n, m, first, last)
		}
		if from, to := m[0].Extent(); from != 0 || to != len(data) {
			t.Errorf("%d to %d are masked of %d", from, to, len(data))
		}
	}
}

// Several credentials in packed text are all found, though they have one place.
func TestCoatsOfSeveral(t *testing.T) {
	set := compileBuiltin(t)
	_, a := drawTyped(t, set, 0, 1)
	_, b := drawTyped(t, set, 0, 2)
	text := []byte("one: " + a + "\ntwo: " + b + "\n" + strings.Repeat("a line of text\n", 20))
	for _, data := range [][]byte{encoded(base64.StdEncoding)(text), encoded(base64.StdEncoding)(gzipped(text))} {
		var got []string
		for _, m := range set.Find(nil, data) {
			got = append(got, string(m.Value(data)))
		}
		if !slices.Equal(got, []string{a, b}) {
			t.Errorf("%d found in %q", len(got), data)
		}
	}
}

// The name of what is encoded stands outside.
// TestCoatsOfLongRuns finds what lies beyond the first piece of a run and across two of them,
// once.
func TestCoatsOfLongRuns(t *testing.T) {
	set := compileBuiltin(t)
	filler := strings.Repeat("a line of text\n", 3*maxRun/4/15+1000)
	for name, put := range map[string]func([]byte) []byte{"base64": encoded(base64.StdEncoding), "hex": func(b []byte) []byte { return hex.AppendEncode(nil, b) }} {
		for seed, at := range []int{maxRun / 2, 3*maxRun/4 - 20, 3*maxRun/4 - 4000, 3*maxRun/4 + 5000} {
			_, token := drawTyped(t, set, 0, uint64(seed+1))
			data := put([]byte(filler[:at] + "\ntoken: " + token + "\n" + filler))
			var got []string
			for _, m := range set.Find(nil, data) {
				got = append(got, string(m.Value(data)))
			}
			if !slices.Equal(got, []string{token}) {
				t.Errorf("%s: %d found, one lies at %d", name, len(got), at)
			}
		}
	}
}

func TestCoatsOfValues(t *testing.T) {
	set := compileBuiltin(t)
	for _, value := range []string{"Tr0ub4dor" + "Zq7x", "Tr0ub4dor" + "Zq7x8W", "kz8!" + "Qwz", "kz8!" + "Qw\n"} {
		data := []byte("kind: Secret\ndata:\n  username: YWRtaW4=\n  password: " + base64.StdEncoding.EncodeToString([]byte(value)) + "\n")
		m := set.Find(nil, data)
		if len(m) != 1 || string(m[0].Value(data)) != strings.TrimSpace(value) {
			t.Errorf("%q: %+v", value, m)
		}
	}
}

// No input makes a decoder fail, take more than there is, or bring more than the limit.
func FuzzDecode(f *testing.F) {
	for i, d := range dressings {
		f.Add(d.put([]byte("some text of a length")), uint8(i), uint16(20))
	}
	f.Fuzz(func(t *testing.T, src []byte, which uint8, limit uint16) {
		k := coat(which)%(coats-1) + 1
		text, used := k.decode(nil, src, int(limit))
		if len(text) > int(limit) || used < 0 || used > len(src) || !k.packs() && k != coatUTF16LE && k != coatUTF16BE && len(text) > len(src) {
			t.Fatalf("%s: %d bytes of %d, %d used", coatNames[k], len(text), len(src), used)
		}
		if again, _ := k.decode(nil, src, len(text)); !bytes.Equal(again, text) {
			t.Fatalf("%s: %q, and up to there %q", coatNames[k], text, again)
		}
		data := slices.Concat([]byte("key: "), src)
		set := compileBuiltin(t)
		matches := set.Find(nil, data)
		checkMatches(t, data, matches)
		for _, m := range matches {
			if len(m.Value(data)) == 0 {
				t.Fatalf("%q: a match without a value", data)
			}
		}
	})
}
