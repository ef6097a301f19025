package report

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden files instead of comparing with them")

// TestConformance plays every case to every format. A new format is in it as
// soon as it stands in Formats.
func TestConformance(t *testing.T) {
	for _, v := range variants() {
		t.Run(v.name, func(t *testing.T) {
			for _, c := range cases() {
				t.Run(c.name, func(t *testing.T) {
					testGolden(t, v, c)
					testWriteErrors(t, v, c)
				})
			}
			testOrder(t, v)
			testZeroValues(t, v)
		})
	}
}

func testGolden(t *testing.T, v variant, c reportCase) {
	t.Helper()
	got := render(t, v, c)
	if again := render(t, v, c); !bytes.Equal(got, again) {
		t.Error("two runs differ")
	}
	testInert(t, v, got)
	if v.name == "html" {
		got = pageAlone(got)
	}
	golden := filepath.Join("testdata", c.name+"."+v.name)
	if *update {
		if err := os.WriteFile(golden, got, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("not as %s (-want +got):\n%s", golden, diff)
	}
}

func render(t *testing.T, v variant, c reportCase) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := c.tell(v.New(&b)); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// testInert holds promise P9: nothing but printable characters and line ends.
func testInert(t *testing.T, v variant, got []byte) {
	t.Helper()
	text := string(got)
	if v.name == "csv" { // RFC 4180 has lines end so
		text = strings.ReplaceAll(text, "\r\n", "\n")
	}
	if strings.Contains(v.name, "colour") {
		text = uncoloured(text)
	}
	if !utf8.ValidString(text) || strings.ContainsRune(text, utf8.RuneError) || strings.Contains(text, `\ufffd`) {
		t.Error("the report holds bytes that are not UTF-8, or lost some")
	}
	for _, r := range text {
		if r != '\n' && !unicode.IsPrint(r) {
			t.Errorf("the report holds %U", r)
		}
	}
	if !strings.HasSuffix(text, "\n") {
		t.Error("the last line has no end")
	}
}

// uncoloured takes the colours away that text writes itself.
func uncoloured(text string) string {
	for _, s := range append(slices.Clone(severityColours[:]), bold, dim, red, yellow, cyan, green, "0") {
		text = strings.ReplaceAll(text, "\x1b["+string(s)+"m", "")
	}
	return text
}

// testWriteErrors fails the n-th write for n = 1, 2, 3 ... until there is none
// left to fail.
func testWriteErrors(t *testing.T, v variant, c reportCase) {
	t.Helper()
	for _, short := range []error{nil, errors.New("no space left")} {
		for n := 1; ; n++ {
			w := &failingWriter{failAt: n, err: short}
			h := v.New(w)
			err := c.tell(h)
			if w.failAt > 0 {
				if n == 1 {
					t.Error("nothing was written")
				}
				if err != nil {
					t.Errorf("no write failed, and %v", err)
				}
				break
			}
			want := short
			if short == nil {
				want = io.ErrShortWrite
			}
			if !errors.Is(err, want) {
				t.Fatalf("write %d failed: got %v, want %v", n, err, want)
			}
			if after := h.End(c.summary); !errors.Is(after, want) {
				t.Fatalf("after write %d failed, End returns %v", n, after)
			}
			if w.after {
				t.Fatalf("after write %d failed, more was written", n)
			}
		}
	}
}

// A failingWriter fails its failAt-th write with err, or writes too little and
// says nothing if err is nil. failAt is 0 afterwards.
type failingWriter struct {
	failAt int
	err    error
	after  bool
}

func (w *failingWriter) Write(p []byte) (int, error) {
	switch w.failAt {
	case 0:
		w.after = true
		return len(p), nil
	case 1:
		w.failAt = 0
		return len(p) / 2, w.err
	}
	w.failAt--
	return len(p), nil
}

// testOrder makes the calls that may not be made.
func testOrder(t *testing.T, v variant) {
	t.Helper()
	finding := func(h Handler) error { return h.Finding(worktreeFinding()) }
	verdict := func(h Handler) error { return h.Verdict(Verdict{}) }
	notice := func(h Handler) error { return h.Notice(Notice{Subject: "x"}) }
	begin := func(h Handler) error { return h.Begin(testRun()) }
	end := func(h Handler) error { return h.End(Summary{}) }
	type call = func(Handler) error
	for i, calls := range [][]call{
		{finding}, {verdict}, {notice}, {end}, {begin, begin}, {begin, end, end}, {begin, end, finding}, {begin, end, verdict},
		{begin, end, notice}, {begin, end, begin},
	} {
		var b bytes.Buffer
		h := v.New(&b)
		last := len(calls) - 1
		for _, c := range calls[:last] {
			if err := c(h); err != nil {
				t.Fatal(err)
			}
		}
		size := b.Len()
		if err := calls[last](h); err == nil {
			t.Errorf("order %d: the last call should fail", i)
		}
		if b.Len() != size {
			t.Errorf("order %d: the last call wrote", i)
		}
	}
}

// testZeroValues checks that a producer's mistake costs no panic.
func testZeroValues(t *testing.T, v variant) {
	t.Helper()
	c := reportCase{
		findings: []Finding{{}, {Severity: 200, Confidence: 200, Occurrences: []Location{{Region: Region{-1, -1, -1, -1}}}}},
		notices:  []Notice{{}},
	}
	if err := c.tell(v.New(io.Discard)); err != nil {
		t.Error(err)
	}
	c.run = Run{Command: "audit", Coverage: &Coverage{Operations: []string{"x"}, Rows: []CoverageRow{{}, {Calls: make([]CoverageCalls, 3)}}}}
	c.verdicts, c.findings = []Verdict{{}, {Outcome: 200}}, []Finding{{Occurrences: []Location{{Resource: &Resource{}}}}}
	if err := c.tell(v.New(io.Discard)); err != nil {
		t.Error(err)
	}
}

func BenchmarkFormats(b *testing.B) {
	f := worktreeFinding()
	for _, v := range Formats {
		b.Run(v.Name, func(b *testing.B) {
			h := v.New(io.Discard)
			if err := h.Begin(testRun()); err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				if err := h.Finding(f); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func TestFormatNamed(t *testing.T) {
	for i, f := range Formats {
		if got, err := FormatNamed(f.Name); err != nil || got.Name != f.Name {
			t.Errorf("FormatNamed(%q) = %q, %v", f.Name, got.Name, err)
		}
		if f.About == "" || f.New == nil {
			t.Errorf("%s is not complete", f.Name)
		}
		if i > 0 && Formats[i-1].Name >= f.Name {
			t.Errorf("%s is not in order", f.Name)
		}
	}
	if _, err := FormatNamed("xml"); err == nil || !strings.Contains(err.Error(), "asff, codequality, csv, github, gitlab, gitleaks-json, html, json, jsonl, junit, markdown, ocsf, sarif, text") {
		t.Errorf("unknown format: %v", err)
	}
}

func TestTeeCallsAll(t *testing.T) {
	broken := NewJSONL(&failingWriter{failAt: 1, err: errors.New("no space left")})
	var b bytes.Buffer
	err := cases()[2].tell(forgiving{Tee(broken, NewJSONL(&b))})
	if err != nil || !strings.Contains(b.String(), `"type":"summary"`) {
		t.Errorf("the other report ends %q, %v", b.String()[max(0, b.Len()-80):], err)
	}
}

// forgiving goes on after an error, as no real producer does.
type forgiving struct{ h Handler }

func (f forgiving) Begin(r Run) error       { f.h.Begin(r); return nil }
func (f forgiving) Finding(x Finding) error { f.h.Finding(x); return nil }
func (f forgiving) Verdict(v Verdict) error { f.h.Verdict(v); return nil }
func (f forgiving) Notice(n Notice) error   { f.h.Notice(n); return nil }
func (f forgiving) End(s Summary) error     { f.h.End(s); return nil }

func ExampleTee() {
	gate := &Gate{Severity: SeverityHigh, Confidence: ConfidenceMedium}
	var b bytes.Buffer
	h := AtLeast(ConfidenceMedium, Tee(gate, NewJSONL(&b)))
	h.Begin(Run{Tool: "assay"})
	h.Finding(Finding{RuleID: "example", Severity: SeverityCritical, Confidence: ConfidenceHigh})
	h.Finding(Finding{RuleID: "example", Severity: SeverityCritical, Confidence: ConfidenceLow})
	h.End(Summary{})
	fmt.Println(gate.Findings(), "counted,", gate.Summary().LeftOut, "left out,", strings.Count(b.String(), "\n"), "lines")
	// Output: 1 counted, 1 left out, 3 lines
}
