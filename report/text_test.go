package report

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

func textOf(t *testing.T, o TextOptions, c reportCase) string {
	t.Helper()
	var b strings.Builder
	if err := c.tell(NewText(&b, o)); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// The last line says what to make of the run.
func TestTextVerdict(t *testing.T) {
	for _, c := range []struct {
		summary Summary
		notices int
		want    string
	}{
		{Summary{}, 0, "Clean: no findings, and everything was examined"},
		{Summary{Findings: [5]int{4: 1}}, 0, "1 finding"},
		{Summary{Findings: [5]int{1, 2, 0, 4, 5000}}, 0, "5,007 findings"},
		{Summary{NotExamined: 1}, 1, "Incomplete: no findings, and 1 thing not examined"},
		{Summary{Findings: [5]int{4: 2}, NotExamined: 3}, 3, "Incomplete: 2 findings, and 3 things not examined"},
		{Summary{}, 2, "Incomplete: no findings, and 2 things not examined"},
		{Summary{Interrupted: true, NotExamined: 1}, 1, "Interrupted: incomplete, no findings so far"},
	} {
		text := textOf(t, TextOptions{}, reportCase{notices: make([]Notice, c.notices), summary: c.summary})
		lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
		if got := lines[len(lines)-1]; got != c.want {
			t.Errorf("%+v: %q, want %q", c.summary, got, c.want)
		}
	}
}

// No list hides that it is longer than what it shows.
func TestTextSaysHowManyMore(t *testing.T) {
	f := Finding{Occurrences: make([]Location, 1206)}
	for i := range f.Occurrences {
		f.Occurrences[i] = Location{Path: fmt.Sprintf("file-%d", i), Refs: []string{"a", "b", "c", "d"}, RefsMore: 2}
	}
	c := reportCase{findings: []Finding{f}}
	for i := range 250 {
		c.notices = append(c.notices, Notice{fmt.Sprintf("notice-%d", i), errors.New("x"), nil, ""})
	}
	text := textOf(t, TextOptions{}, c)
	for _, want := range []string{"and 1,200 more places\n", "and 150 more;", "a, b, c and 3 more refs", "file-5 ", "notice-99:"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing", want)
		}
	}
	for _, hidden := range []string{"file-6 ", "notice-100:"} {
		if strings.Contains(text, hidden) {
			t.Errorf("%q stands there", hidden)
		}
	}
}

// Hostile text adds no line: what is harmless in its place gives as many.
func TestTextLinesCannotBeForged(t *testing.T) {
	bad := hostileCase()
	good := hostileCase()
	good.findings = []Finding{harmless(good.findings[0])}
	good.notices = []Notice{{"x", errors.New("y"), nil, ""}}
	if got, want := strings.Count(textOf(t, TextOptions{}, bad), "\n"), strings.Count(textOf(t, TextOptions{}, good), "\n"); got != want {
		t.Errorf("%d lines, want %d", got, want)
	}
}

func harmless(f Finding) Finding {
	f.Message, f.Excerpt, f.Fingerprint = "x", "x", "x"
	for i := range f.Occurrences {
		l := &f.Occurrences[i]
		if l.Path != "" {
			l.Path = "x"
		}
		l.Object, l.Type, l.Introduced, l.Removed = "x", "x", &Commit{ID: "x"}, &Commit{ID: "x"}
		for j := range l.Refs {
			l.Refs[j] = "x"
		}
	}
	return f
}

func TestTextKeepsWidth(t *testing.T) {
	f := worktreeFinding()
	f.Excerpt = strings.Repeat("größe ", 40)
	c := reportCase{run: testRun(), findings: []Finding{f}, summary: cases()[2].summary}
	for line := range strings.Lines(textOf(t, TextOptions{Width: 60}, c)) {
		tooLong := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")) > 60
		unbreakable := strings.Contains(line, "fingerprint") || strings.Contains(line, ":1  only in") || strings.Contains(line, ":9  still in") || strings.HasPrefix(line, "  left out")
		if tooLong && !unbreakable {
			t.Errorf("too long: %s", line)
		}
	}
}

func TestTextColours(t *testing.T) {
	c := cases()[2]
	if text := textOf(t, TextOptions{}, c); strings.Contains(text, "\x1b") {
		t.Error("colours that nobody asked for")
	}
	coloured := textOf(t, TextOptions{Colour: ColourAlways}, c)
	if !strings.Contains(coloured, "\x1b[1;37;41mCRITICAL\x1b[0m") {
		t.Error("no colours")
	}
	if diff := cmp.Diff(textOf(t, TextOptions{}, c), uncoloured(coloured)); diff != "" {
		t.Errorf("colours change the text:\n%s", diff)
	}
}

func TestStanding(t *testing.T) {
	for want, l := range map[string]Location{
		"":                               {Path: "a"},
		"still in the working tree":      {InWorktree: true, Object: "1"},
		"still at HEAD, on refs/tags/v1": {AtHead: true, Refs: []string{"refs/tags/v1"}},
		"only in history":                {Object: "1"},
		"only in history, removed in dddddddddd by Jane Doe <jane@example.com>, 2024-03-10": {Object: "1", Removed: testCommit("d", 9)},
	} {
		if got := standing(l); got != want {
			t.Errorf("%+v: %q, want %q", l, got, want)
		}
	}
}

func TestSizes(t *testing.T) {
	for n, want := range map[int64]string{
		0: "0 bytes", 1: "1 byte", 999: "999 bytes", 1000: "1.0 kB", 999_949: "999.9 kB", 999_950: "1.0 MB", 1_500_000_000: "1.5 GB",
		1 << 62: "4611.7 PB",
	} {
		if got := size(n); got != want {
			t.Errorf("size(%d) = %q, want %q", n, got, want)
		}
	}
	for n, want := range map[int64]string{0: "0", 999: "999", 1000: "1,000", 1234567: "1,234,567", -1000: "-1,000", -100: "-100"} {
		if got := thousands(n); got != want {
			t.Errorf("thousands(%d) = %q, want %q", n, got, want)
		}
	}
}

func TestWrap(t *testing.T) {
	text := "one two three four five six seven eight nine ten"
	for width, want := range map[int][]string{
		0:  {text},
		19: {text},
		20: {"one two three four", "five six seven eight", "nine ten"},
	} {
		if diff := cmp.Diff(want, wrap(text, width)); diff != "" {
			t.Errorf("width %d: %s", width, diff)
		}
	}
	long := strings.Repeat("x", 50)
	if diff := cmp.Diff([]string{"a", long, "b"}, wrap("a "+long+" b", 20)); diff != "" {
		t.Error(diff)
	}
}
