package main

import (
	"errors"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// The YAML of others is edited as text, so that their comments and order stay. What is
// not written in the plain block form that everybody uses is left alone.

// yamlLines splits text into lines that keep their ends.
func yamlLines(text string) []string { return slices.Collect(strings.Lines(text)) }

// indentOf returns how many blanks a line begins with, and -1 for one that says
// nothing: empty, a comment.
func indentOf(line string) int {
	text := strings.TrimLeft(line, " ")
	if t := strings.TrimSpace(text); t == "" || t[0] == '#' {
		return -1
	}
	return len(line) - len(text)
}

// blockKey finds the line "key:" with this indentation in lines[from:to], with nothing
// but a comment after the colon. found says that the key is there, in whatever form.
func blockKey(lines []string, from, to, indent int, key string) (at int, plain, found bool) {
	for i := from; i < to; i++ {
		if indentOf(lines[i]) != indent {
			continue
		}
		name, rest, ok := strings.Cut(strings.TrimSpace(lines[i]), ":")
		if name = strings.TrimSpace(name); !ok || name != key && name != `"`+key+`"` && name != "'"+key+"'" {
			continue
		}
		rest = strings.TrimSpace(rest)
		return i, rest == "" || rest[0] == '#', true
	}
	return 0, false, false
}

// noBlock is the indentation of a block that is not there.
const noBlock = -1

// blockEnd returns where the block below line at ends, and how far its first line is
// indented; noBlock if there is none. The items of a list may stand below their key.
func blockEnd(lines []string, at int) (end, indent int) {
	outer := indentOf(lines[at])
	indent = noBlock
	for end = at + 1; end < len(lines); end++ {
		n := indentOf(lines[end])
		switch {
		case n < 0:
			continue
		case n < outer || n == outer && !isItem(lines[end]):
			return end, indent
		case indent == noBlock:
			indent = n
		}
	}
	return end, indent
}

// isItem reports whether an item of a list begins on a line.
func isItem(line string) bool { return strings.HasPrefix(strings.TrimSpace(line)+" ", "- ") }

// soundYAML returns what was put together, unless it does not read as YAML any more or
// has a key twice: then it is not for us to edit.
func soundYAML(text string) (string, error) {
	var all map[string]any
	if yaml.Unmarshal([]byte(text), &all) != nil {
		return "", errByHand
	}
	return text, nil
}

// isPlainYAML reports whether text, in the middle of a plain scalar, means itself.
func isPlainYAML(text string) bool {
	return !strings.Contains(text+" ", ": ") && !strings.Contains(text, " #") && !strings.Contains(text, "\n")
}

// insertAt puts text before line at.
func insertAt(lines []string, at int, text string) string {
	return strings.Join(lines[:at], "") + text + strings.Join(lines[at:], "")
}

// firstKey returns the line where the first key begins, with the comments above it.
func firstKey(lines []string) int {
	at := slices.IndexFunc(lines, func(l string) bool { return indentOf(l) == 0 && !strings.HasPrefix(l, "---") && l[0] != '%' })
	if at < 0 {
		return len(lines)
	}
	for at > 0 && strings.HasPrefix(lines[at-1], "#") && !strings.HasPrefix(lines[at-1], sealEnd) {
		at--
	}
	return at
}

// lefthookText adds a command to the hook of this kind.
func (j *hookJob) lefthookText(have string) (string, error) {
	run := "run: assay " + j.text.command()
	if j.text.kind == prePush {
		run += " -- '{1}'\nuse_stdin: true"
	}
	lines := yamlLines(have)
	if have != "" && !strings.HasSuffix(have, "\n") || strings.Contains(have, "\t") || !isPlainYAML(j.text.command()) {
		return "", errByHand
	}
	at, plain, found := blockKey(lines, 0, len(lines), 0, j.text.kind)
	if !found {
		body := j.text.kind + ":\n  commands:\n    assay:\n" + indented(run+"\n", "      ")
		return soundYAML(insertAt(lines, firstKey(lines), sealed(j.text.kind, body)))
	}
	end, indent := blockEnd(lines, at)
	if !plain || indent == noBlock {
		return "", errByHand
	}
	return j.lefthookInto(lines, at, end, indent, run)
}

// errTaken says that somebody wrote an entry of our name.
var errTaken = errors.New("has a command assay already, which assay hook install did not write")

// lefthookInto adds a command to a hook that has a block of its own.
func (j *hookJob) lefthookInto(lines []string, at, end, indent int, run string) (string, error) {
	command := "assay:\n" + indented(run+"\n", "  ")
	if jobs, plain, found := blockKey(lines, at+1, end, indent, "jobs"); found {
		_, inner := blockEnd(lines, jobs)
		if !plain || inner == noBlock {
			return "", errByHand
		}
		item := "- name: assay\n" + indented(run+"\n", "  ")
		return soundYAML(insertAt(lines, jobs+1, indented(sealed(j.text.kind, item), strings.Repeat(" ", inner))))
	}
	commands, plain, found := blockKey(lines, at+1, end, indent, "commands")
	if !found {
		body := "commands:\n" + indented(command, "  ")
		return soundYAML(insertAt(lines, at+1, indented(sealed(j.text.kind, body), strings.Repeat(" ", indent))))
	}
	last, inner := blockEnd(lines, commands)
	if !plain || inner <= indent {
		return "", errByHand
	}
	if _, _, taken := blockKey(lines, commands+1, last, inner, "assay"); taken {
		return "", errTaken
	}
	return soundYAML(insertAt(lines, commands+1, indented(sealed(j.text.kind, command), strings.Repeat(" ", inner))))
}

// preCommitText adds a repository of local hooks to the list of pre-commit.
func (j *hookJob) preCommitText(have string) (string, error) {
	lines := yamlLines(have)
	at, plain, found := blockKey(lines, 0, len(lines), 0, "repos")
	if !found || !plain || strings.Contains(have, "\t") || !isPlainYAML(j.text.command()) {
		return "", errByHand
	}
	end, indent := blockEnd(lines, at)
	first := slices.IndexFunc(lines[at+1:end], isItem)
	if first < 0 {
		return "", errByHand
	}
	id, name := "assay", "credentials in what is committed"
	if j.text.kind != preCommit {
		id, name = "assay-"+strings.TrimPrefix(j.text.kind, "pre-"), "credentials in what is pushed"
	}
	if j.text.kind == preMergeCommit {
		name = "credentials in what is merged"
	}
	body := "- repo: local\n  hooks:\n  - id: " + id + "\n    name: " + name + "\n    entry: assay " + j.text.command() +
		"\n    language: system\n    pass_filenames: false\n    always_run: true\n"
	return soundYAML(insertAt(lines, at+1, indented(sealed(j.text.kind, body), strings.Repeat(" ", indent))))
}
