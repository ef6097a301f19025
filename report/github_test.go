package report

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// No text from the input can end a command, begin one, or add a property.
func TestGitHubCommandsHold(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringOf(rapid.OneOf(rapid.Rune(), rapid.SampledFrom([]rune(":,=%\r\n#[]\x1b")))).Draw(t, "text")
		f := Finding{RuleID: text, Message: text, Severity: SeverityHigh, Occurrences: []Location{{Path: text, InWorktree: true, Region: Region{1, 2, 3, 4}}}}
		var b bytes.Buffer
		c := reportCase{run: testRun(), findings: []Finding{f}, notices: []Notice{{Subject: text, Err: errors.New(text)}}}
		if err := c.tell(NewGitHub(&b)); err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(strings.TrimSuffix(b.String(), "\n"), "\n")
		if len(lines) != 3 {
			t.Fatalf("%d lines: %q", len(lines), lines)
		}
		properties, _, _ := strings.Cut(strings.TrimPrefix(lines[0], "::error "), "::")
		for _, p := range strings.Split(properties, ",") {
			if name, _, ok := strings.Cut(p, "="); !ok || !strings.Contains(" file line endLine col endColumn title ", " "+name+" ") {
				t.Fatalf("property %q of %q", p, lines[0])
			}
		}
	})
}

// What is not annotated is counted.
func TestGitHubLimits(t *testing.T) {
	var b bytes.Buffer
	c := reportCase{run: testRun()}
	for range 12 {
		c.findings = append(c.findings, worktreeFinding())
	}
	if err := c.tell(NewGitHub(&b)); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(b.String(), "::error "); n != annotated {
		t.Errorf("%d errors, want %d", n, annotated)
	}
	if want := "15 more places in the other reports"; !strings.Contains(b.String(), want) {
		t.Errorf("the last command does not say %q: %s", want, b.String())
	}
}

func TestCommandShield(t *testing.T) {
	for in, want := range map[string]string{
		"a\n::add-mask::x\n":     "a\n: :add-mask::x\n",
		"  \t::error::x":         "  \t: :error::x",
		"x ##[add-mask]y ##[z\n": "x ## [add-mask]y ## [z\n",
		"scope::name # [x]\n":    "scope::name # [x]\n",
		"":                       "",
	} {
		var b bytes.Buffer
		n, err := CommandShield{&b}.Write([]byte(in))
		if err != nil || n != len(in) || b.String() != want {
			t.Errorf("%q becomes %q (%d, %v), want %q", in, b.String(), n, err, want)
		}
	}
	if _, err := (CommandShield{&failingWriter{failAt: 1}}).Write([]byte("text\n")); err == nil {
		t.Error("a short write passes")
	}
}

// A summary is small whatever is found, and says what it leaves out.
func TestMarkdownLimits(t *testing.T) {
	var b bytes.Buffer
	c := reportCase{run: testRun()}
	for range 1000 {
		f := hostileFinding()
		f.Occurrences[0].Path = strings.Repeat("|", 10_000)
		c.findings = append(c.findings, f)
		c.notices = append(c.notices, Notice{Subject: strings.Repeat("<", 10_000)})
	}
	if err := c.tell(NewMarkdown(&b)); err != nil {
		t.Fatal(err)
	}
	if b.Len() > 1<<20 {
		t.Errorf("%d bytes, GitHub takes a MiB", b.Len())
	}
	for _, want := range []string{"800 more findings", "and 950 more"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("it does not say %q", want)
		}
	}
}

// Text from the input is text in Markdown: no cell, link, tag or heading of its own.
func TestMarkdownEncodes(t *testing.T) {
	got := markdown("a|b <i> [x](http://y) `c` # *d* _e_ @all")
	for _, mark := range []string{"|", "<", "[", "`", "*", "_", "@", "://"} {
		if strings.Contains(got, mark) {
			t.Errorf("%q is left in %q", mark, got)
		}
	}
}
