package main

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
)

// What a hook does where assay is not found.
const (
	missingBlock = "block"
	missingPass  = "pass"
)

// A hookText is what a hook is to say.
type hookText struct {
	kind    string
	args    []string // for assay hook run
	missing string
	program string // where assay is if it is not on PATH, "" if nobody knows
	chained string // file name of the hook that runs afterwards, "" for none
}

// command is the call of assay, without what Git gives the hook.
func (t *hookText) command() string {
	words := append([]string{"hook", "run", t.kind}, t.args...)
	for i := range words {
		words[i] = shellQuote(words[i])
	}
	return strings.Join(words, " ")
}

// lost is what the shell does where assay is not found.
func (t *hookText) lost() string {
	what, anyway := "commit", " Or: git commit --no-verify"
	switch t.kind {
	case prePush:
		what, anyway = "push", " Or: git push --no-verify"
	case preReceive:
		what, anyway = "push", ""
	}
	if t.missing == missingPass {
		return fmt.Sprintf("echo 'assay: not found, so that nothing was examined; the %s goes on. Install it, or put it on PATH.' >&2", what)
	}
	return fmt.Sprintf("echo 'assay: not found, so that nothing was examined; the %s is blocked. Install it, or put it on PATH.%s' >&2; exit 1", what, anyway)
}

// readsPush reports whether Git tells a hook on standard input what is pushed.
func readsPush(kind string) bool { return kind == prePush || kind == preReceive }

// script is a hook for Git itself.
func (t *hookText) script() string { return "#!/bin/sh\n" + t.part() }

// part is what of a script is ours. What stands after it runs after it, and after the
// chained hook.
func (t *hookText) part() string {
	var b strings.Builder
	b.WriteString("assay=assay\n")
	if t.program != "" {
		fmt.Fprintf(&b, "command -v assay >/dev/null 2>&1 || assay=%s\n", shellQuote(t.program))
	}
	run := `"$assay" ` + t.command() + ` -- "$@"`
	if readsPush(t.kind) && t.chained != "" {
		b.WriteString("push=$(cat; echo .)\npush=${push%.}\n")
		run = `printf %s "$push" | ` + run
	}
	fmt.Fprintf(&b, "if command -v \"$assay\" >/dev/null 2>&1; then\n\t%s || exit\nelse\n\t%s\nfi\n", run, strings.ReplaceAll(t.lost(), "; exit 1", "\n\texit 1"))
	if t.chained != "" {
		next := `"$next" "$@"`
		if readsPush(t.kind) {
			next = `printf %s "$push" | ` + next
		}
		fmt.Fprintf(&b, "next=$(dirname \"$0\")/%s\nif [ -x \"$next\" ]; then\n\t%s || exit\nfi\n", t.chained, next)
	}
	return sealed(t.kind, b.String())
}

// lines is what stands at the top of a shell script that others wrote, which may
// read standard input after it.
func (t *hookText) lines() string {
	run := "assay " + t.command() + ` -- "$@" || exit` + "\n"
	if readsPush(t.kind) {
		run = `assay_push=$(cat)
printf '%s\n' "$assay_push" | ` + run + `if [ -n "$assay_push" ]; then exec <<END
$assay_push
END
else exec </dev/null; fi
`
	}
	if t.missing != missingPass {
		return "command -v assay >/dev/null 2>&1 || { " + t.lost() + "; }\n" + run
	}
	return "if command -v assay >/dev/null 2>&1; then\n" + run + "else " + t.lost() + "\nfi\n"
}

// Text of ours in a file begins and ends with a line that says so. The first has a
// checksum of what lies between, so that nothing is taken away that somebody changed.
const (
	sealBegin = "# assay hook "
	sealEnd   = "# assay hook end "
	sealNote  = ": assay hook uninstall takes these lines out"
)

func sealed(kind, body string) string {
	return sealBegin + kind + " " + seal(body) + sealNote + "\n" + body + sealEnd + kind + "\n"
}

func seal(body string) string {
	sum := sha256.Sum256([]byte(strings.ReplaceAll(body, "\r\n", "\n")))
	return hex.EncodeToString(sum[:6])
}

// A sealedPart is text of ours in a file.
type sealedPart struct {
	before, text, after string
	changed             bool // by somebody else
}

// findSealed looks for our text of a kind; nil: there is none.
func findSealed(file, kind string) *sealedPart {
	begin, body, end := -1, -1, -1
	for at := 0; at < len(file) && end < 0; {
		line, _, _ := strings.Cut(file[at:], "\n")
		next := min(at+len(line)+1, len(file))
		switch text := strings.TrimSpace(line); {
		case begin < 0 && strings.HasPrefix(text, sealBegin+kind+" "):
			begin, body = at, next
		case begin >= 0 && text == sealEnd+kind:
			end = at
			sum, _, _ := strings.Cut(strings.TrimPrefix(strings.TrimSpace(file[begin:body]), sealBegin+kind+" "), ":")
			return &sealedPart{file[:begin], file[begin:next], file[next:], sum != seal(unindented(file[body:end]))}
		}
		at = next
	}
	if begin < 0 {
		return nil
	}
	return &sealedPart{before: file[:begin], text: file[begin:], changed: true}
}

// unindented takes from every line the blanks that the first one begins with.
func unindented(text string) string {
	indent := text[:len(text)-len(strings.TrimLeft(text, " "))]
	var b strings.Builder
	for line := range strings.Lines(text) {
		b.WriteString(strings.TrimPrefix(line, indent))
	}
	return b.String()
}

// indented puts blanks before every line.
func indented(text, indent string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		b.WriteString(indent + line)
	}
	return b.String()
}
