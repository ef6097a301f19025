package scan

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/assayhq/assay/report"
	"github.com/assayhq/assay/scan/archive"
)

// examine returns what one blob holds, cut into windows of the given size where
// it has more to read.
func examine(b Blob, size int) result {
	e := newExaminers(builtin(), Options{})()
	e.chunk = size
	var r result
	e.blob(context.Background(), &b, &r)
	return r
}

// Of what is no edit's base nothing is kept for each match but its place: neither of a
// long content nor of members of a container.
func TestWindowsKeepNothing(t *testing.T) {
	lines := strings.Repeat(token(t, 1)+"\n", 30_000)
	for name, content := range map[string]string{"long.txt": lines, "a.zip": zipped(t, 8, "a", lines[:len(lines)/3], "b", lines[:len(lines)/3], "c", lines[:len(lines)/3])} {
		e := newExaminers(builtin(), Options{})()
		e.chunk = seam + 8<<10
		b, r := Blob{Path: name, Content: []byte(content)}, result{}
		e.blob(context.Background(), &b, &r)
		if len(r.places) != 30_000 || cap(e.seen) > 15_000 {
			t.Errorf("%s: %d places, %d kept", name, len(r.places), cap(e.seen))
		}
	}
}

// A content read in windows gives what it gives in one piece: the same matches in
// the same places, wherever the seams fall.
func TestWindowsWhole(t *testing.T) {
	size := seam + 8<<10
	pem := expand(t, "privatekey-rsa", "{pem:RSA PRIVATE KEY}", 7)
	pieces := []string{
		token(t, 1), token(t, 2) + "\n", "password = \"tr0ub4dor&3x\"\n", pem, // assay:allow made up for the test
		"x" + token(t, 3), "key: " + token(t, 4) + " # assay:allow", "# assay:allow-next-line\r\n" + token(t, 5) + "\n",
		"é日本\U0001F600 ", "\xff\xfe", "\r", "\n", "\r\n", "some words of text\n", "\"quoted\"",
	}
	id, secret := expand(t, "aws-access-key-id", "AKIA{base32:16}", 1), expand(t, "aws-secret-access-key", "aws_secret_access_key = {base64:40}", 1)
	pieces = append(pieces, id+"\n"+secret+"\n", secret+"\r"+id, id+" é "+secret)
	ends := []string{"\n", "\r\n", "\r", " "}
	rapid.Check(t, func(t *rapid.T) {
		var content []byte
		end := rapid.SampledFrom(ends).Draw(t, "line end")
		filler := strings.Repeat("a line of harmless text"+end, 1000)
		for range rapid.IntRange(1, 12).Draw(t, "pieces") {
			n := rapid.IntRange(0, len(filler)).Draw(t, "filler")
			if rapid.Bool().Draw(t, "at a seam") {
				next := (len(content)/(size-seam)+1)*(size-seam) + rapid.SampledFrom([]int{0, lead, seam}).Draw(t, "edge")
				n = max(0, next-len(content)-rapid.IntRange(0, 60).Draw(t, "before"))
			}
			for ; n > len(filler); n -= len(filler) {
				content = append(content, filler...)
			}
			content = append(content, filler[:n]...)
			content = append(content, rapid.SampledFrom(pieces).Draw(t, "piece")...)
		}
		first := content[:rapid.IntRange(0, min(len(content), size)).Draw(t, "first")]
		want := examine(Blob{Path: "a.txt", Content: content}, size)
		got := examine(Blob{Path: "a.txt", Content: first, Rest: bytes.NewReader(content[len(first):])}, size)
		if len(got.gaps) > 0 || got.counts != want.counts {
			t.Fatalf("gaps %v, counts %v, want %v", got.gaps, got.counts, want.counts)
		}
		if diff := cmp.Diff(shown(want.places), shown(got.places)); diff != "" {
			t.Fatalf("%d bytes: -whole +windows\n%s", len(content), diff)
		}
	})
}

// shown is what finds say, except the excerpts: they reach as far as there is text,
// and mask what the matches of their window say.
func shown(finds []place) []string {
	var all []string
	for _, f := range finds {
		all = append(all, fmt.Sprintf("%s %x %+v %v %v", f.match.Rule.ID, f.print[:4], f.region, f.suppressed, f.match.Confidence))
	}
	return all
}

// slowRegion finds line and column by going through the text from its start.
func slowRegion(text []byte, start, end int) report.Region {
	position := func(offset int) (line, column int) {
		line, column = 1, 1
		for i := 0; i < offset; {
			_, n := utf8.DecodeRune(text[i:])
			column++
			if text[i] == '\n' || text[i] == '\r' && (i+1 == len(text) || text[i+1] != '\n') {
				line, column = line+1, 1
			}
			i += n
		}
		return line, column
	}
	var r report.Region
	r.StartLine, r.StartColumn = position(start)
	r.EndLine, r.EndColumn = position(end)
	return r
}

func TestLocator(t *testing.T) {
	letters := []string{"a", "b", "\n", "\r", "\r\n", "é", "\U0001F600", "ab cd"}
	rapid.Check(t, func(t *rapid.T) {
		var text []byte
		offsets := []int{0}
		for _, l := range rapid.SliceOfN(rapid.SampledFrom(letters), 1, 60).Draw(t, "text") {
			text = append(text, l...)
			offsets = append(offsets, len(text))
		}
		at := locator{data: text, line: 1, column: 1}
		from := 0
		for from < len(offsets) {
			from += rapid.IntRange(0, 5).Draw(t, "step")
			to := from + rapid.IntRange(0, 5).Draw(t, "length")
			if to >= len(offsets) {
				return
			}
			start, end := offsets[from], offsets[to]
			if got, want := at.region(start, end), slowRegion(text, start, end); got != want {
				t.Fatalf("%q[%d:%d]: %+v, want %+v", text, start, end, got, want)
			}
		}
	})
}

// Lines are counted as report.LineHashes counts them, so that region and hash are
// about the same line.
func TestLocatorLineHashes(t *testing.T) {
	text := "one\rtwo\r\nthree\n\rfour\r\r\nfive " + token(t, 1) + "\rsix"
	got := examine(Blob{Path: "a", Content: []byte(text)}, chunk).places[0]
	hashes, err := report.LineHashes(strings.NewReader(text), []int{1, 2, 3, 4, 5, 6, 7, 8})
	if err != nil {
		t.Fatal(err)
	}
	alone, err := report.LineHashes(strings.NewReader("five "+token(t, 1)+"\rsix"), []int{1})
	if err != nil {
		t.Fatal(err)
	}
	if hashes[got.region.StartLine] != alone[1] {
		t.Errorf("found in line %d, whose hash is %s; want %s in %v", got.region.StartLine, hashes[got.region.StartLine], alone[1], hashes)
	}
}

func TestLineBounds(t *testing.T) {
	for _, c := range []struct {
		text       string
		at, reach  int
		start, end int // -1: not within reach
	}{
		{"abc", 1, 9, 0, 3},
		{"a\nbc\nd", 3, 9, 2, 4},
		{"a\rbc\rd", 3, 9, 2, 4},
		{"a\r\nbc\r\nd", 4, 9, 3, 5},
		{"abcdefgh", 4, 3, -1, -1},
		{"abcdefgh", 4, 4, 0, 8},
		{"", 0, 1, 0, 0},
		{"a\n", 2, 9, 2, 2},
	} {
		start, ok := lineStart([]byte(c.text), c.at, c.reach)
		if ok != (c.start >= 0) || ok && start != c.start {
			t.Errorf("lineStart(%q, %d, %d) = %d, %v, want %d", c.text, c.at, c.reach, start, ok, c.start)
		}
		end, ok := lineEnd([]byte(c.text), c.at, c.reach)
		if ok != (c.end >= 0) || ok && end != c.end {
			t.Errorf("lineEnd(%q, %d, %d) = %d, %v, want %d", c.text, c.at, c.reach, end, ok, c.end)
		}
	}
}

// What was read before an error is examined, and the error is a gap.
func TestWindowsError(t *testing.T) {
	broken := errors.New("the disk is broken")
	rest := io.MultiReader(strings.NewReader("x\n"+token(t, 1)+"\n"), iotest.ErrReader(broken))
	got := run(t, Options{}, Stream{Name: "-", Reader: rest})
	got.noticed(t, "-", broken.Error())
	if !slices.Equal(got.places(), []string{"-:2:1"}) {
		t.Errorf("found %v", got.places())
	}
}

// A stream is told to be binary as a file is.
func TestStreamBinary(t *testing.T) {
	content := "\x00\x01 password = \"tr0ub4dor&3x\"\n" + token(t, 1) + "\n" // assay:allow made up for the test
	if got := text(t, "-", content).places(); !slices.Equal(got, []string{"-:2:1"}) {
		t.Errorf("found %v, want the token alone", got)
	}
	if got := text(t, "-", content[2:]).places(); len(got) != 2 {
		t.Errorf("found %v, want password and token", got)
	}
}

// generated is a stream of n bytes of text with a credential every so often.
type generated struct {
	n, at       int
	filler, key string
	every       int
}

func (g *generated) Read(p []byte) (int, error) {
	if g.at >= g.n {
		return 0, io.EOF
	}
	p = p[:min(len(p), g.n-g.at)]
	for i := range p {
		pos := g.at + i
		if k := pos % g.every; k < len(g.key) {
			p[i] = g.key[k]
		} else {
			p[i] = g.filler[pos%len(g.filler)]
		}
	}
	g.at += len(p)
	return len(p), nil
}

// Memory does not grow with the length of a stream, nor with that of a line.
func TestStreamMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("reads 250 MB")
	}
	key := " " + token(t, 1) + " "
	for _, c := range []struct {
		name   string
		size   int
		filler string
		column int // of the last match
	}{
		{"lines", 200 << 20, "harmless words.\n", 2},
		{"one line", 50 << 20, "harmless words, ", 48<<20 + 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			content := &generated{n: c.size, filler: c.filler, key: key, every: 16 << 20}
			debug.FreeOSMemory()
			before := memory()
			got := &record{}
			summary, err := Run(t.Context(), []Source{Stream{Name: "-", Reader: content}}, builtin(), got, Options{})
			grown := int64(memory()) - int64(before) // what was taken is kept for some minutes
			if err != nil || summary.Bytes != int64(c.size) || len(got.findings) != 1 {
				t.Fatalf("%+v, error %v", summary, err)
			}
			all := got.findings[0].Occurrences
			if want := (c.size + 16<<20 - 1) / (16 << 20); len(all) != want {
				t.Errorf("%d places, want %d", len(all), want)
			}
			if last := all[len(all)-1].Region; last.StartColumn != c.column {
				t.Errorf("last match at %+v, want column %d", last, c.column)
			}
			if grown > 64<<20 {
				t.Errorf("memory grew by %d MB", grown>>20)
			}
		})
	}
}

// memory is what the program has taken from the system for its heap, whether it
// is still in use or not.
func memory() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapSys - m.HeapReleased
}

// A line of many credentials takes time in proportion to its length.
func TestLongLineOfCredentials(t *testing.T) {
	var line bytes.Buffer
	rng := rand.New(rand.NewPCG(1, 2))
	var tokens [64]string
	for i := range tokens {
		tokens[i] = token(t, uint64(i))
	}
	for range 20_000 {
		fmt.Fprintf(&line, "%s,", tokens[rng.IntN(len(tokens))])
	}
	got := examine(Blob{Path: "a", Content: line.Bytes()}, chunk)
	if len(got.places) != 20_000 {
		t.Fatalf("%d finds", len(got.places))
	}
	last := got.places[len(got.places)-1].region
	if last.StartLine != 1 || last.StartColumn != line.Len()-41+1 {
		t.Errorf("last at %+v", last)
	}
}

// The quick counting of characters is that of package utf8, whatever stands where.
func TestRuneCount(t *testing.T) {
	piece := rapid.SampledFrom([]string{"a", "12345678", "é", "€", "𝄞", "\x00", "\xff", "\xc3", "\xe2\x82", "abcdefghijklmnop", "\r\n"})
	rapid.Check(t, func(t *rapid.T) {
		text := []byte(strings.Join(rapid.SliceOfN(piece, 0, 30).Draw(t, "text"), ""))
		if got, want := runeCount(text), utf8.RuneCount(text); got != want {
			t.Errorf("%q: %d, want %d", text, got, want)
		}
	})
}

// A file that takes too long is a gap, and what was read of it is examined.
func TestLate(t *testing.T) {
	dir := folderOf(t, "large", strings.Repeat("nothing\n", chunk/4), "small", "key = "+token(t, 1))
	limits := archive.Defaults()
	limits.Time = 1
	got := run(t, Options{Archives: &limits, Workers: 1}, files(t, dir, "."))
	got.noticed(t, "large", "takes longer")
	if want := []string{"small:1:7"}; !slices.Equal(got.places(), want) {
		t.Errorf("found %v, want %v", got.places(), want)
	}
}
