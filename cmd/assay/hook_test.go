package main

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// edits are the ways in which hooks of others are added to.
func edits(j *hookJob) map[string]func(string) (string, error) {
	return map[string]func(string) (string, error){"husky": j.huskyText, "lefthook": j.lefthookText, "pre-commit": j.preCommitText}
}

// Whatever is added to a file is found there, and can be taken out without a trace.
func FuzzHookEdits(f *testing.F) {
	for _, seed := range []string{
		"", "#!/bin/sh\nexit 0\n", "#!/usr/bin/env sh\n. \"$(dirname -- \"$0\")/_/husky.sh\"\n\nnpm test", "#!/usr/bin/env node\n", "#!",
		"# top\npre-commit:\n  parallel: true\n  commands:\n    # a\n    lint:\n      run: x\n", "pre-push:\n  jobs:\n  - run: x\n", "pre-commit: {}\n",
		"pre-commit:\npre-push:\n  commands:\n", "---\n%\n\"pre-commit\":\n    scripts:\n        a.sh: {}\n",
		"repos:\n- repo: local\n  hooks: []\n", "repos: # all\n    # first\n    - repo: local\n", "repos: []", "repos:\n", "a: |\n  repos:\n",
		"# assay hook pre-commit 0: by hand\n# assay hook end pre-commit\n",
	} {
		f.Add(seed, seed != "", "high")
	}
	f.Fuzz(func(t *testing.T, have string, push bool, level string) {
		j := &hookJob{text: hookText{kind: preCommit, args: []string{"--fail-on", level}, missing: missingBlock}}
		if push {
			j.text.kind = prePush
		}
		for name, edit := range edits(j) {
			if findSealed(have, j.text.kind) != nil {
				continue // it is taken out first
			}
			text, err := edit(have)
			if err != nil {
				continue
			}
			part := findSealed(text, j.text.kind)
			if part == nil || part.changed && !strings.Contains(level, "\n") {
				t.Fatalf("%s: not found again, or changed, in %q", name, text)
			}
			if rest := part.before + part.after; !part.changed && rest != have && !(name == "husky" && have == "" && rest == "#!/bin/sh\n") {
				t.Fatalf("%s: %q is left of %q", name, rest, have)
			}
		}
	})
}

// What is added reads as YAML in every form that people write, once, and beside what
// was there.
func TestHookEditsAreYAML(t *testing.T) {
	config := map[string]func(string) any{
		"pre-commit": func(text string) any {
			var c struct {
				Repos []struct{ Hooks []map[string]any }
			}
			if err := yaml.Unmarshal([]byte(text), &c); err != nil || len(c.Repos) == 0 || len(c.Repos[0].Hooks) == 0 {
				return err
			}
			return fmt.Sprintln(len(c.Repos), c.Repos[0].Hooks[0]["entry"])
		},
		"lefthook": func(text string) any {
			var c map[string]struct {
				Commands map[string]map[string]any
				Jobs     []map[string]any
			}
			if err := yaml.Unmarshal([]byte(text), &c); err != nil {
				return err
			}
			h := c[preCommit]
			if len(h.Jobs) > 0 {
				return fmt.Sprintln(len(h.Jobs), h.Jobs[0]["run"])
			}
			return fmt.Sprintln(len(h.Commands), h.Commands["assay"]["run"])
		},
	}
	for _, c := range []struct{ manager, have, want string }{
		{"pre-commit", "repos:\n-   repo: x\n    hooks:\n    -   id: y\n", "2 assay hook run pre-commit\n"},
		{"pre-commit", "repos:\n- repo: x\n  hooks:\n  - id: y\n- repo: z\n  hooks: []\nfail_fast: true\n", "3 assay hook run pre-commit\n"},
		{"pre-commit", "repos:\n# all\n-\n  repo: x\n  hooks: []\n", "2 assay hook run pre-commit\n"},
		{"pre-commit", "'repos' :\n    -   repo: x\n        hooks: []\n", "2 assay hook run pre-commit\n"},
		{"pre-commit", "repos:\n- {repo: x\n", ""},
		{"pre-commit", "repos:\n- repo: x\nfail_fast: a\nfail_fast: b\n", ""},
		{"lefthook", "'pre-commit':\n  commands:\n    lint:\n      run: x\n", "2 assay hook run pre-commit\n"},
		{"lefthook", "pre-commit :\n  jobs:\n  - run: x\n", "2 assay hook run pre-commit\n"},
		{"lefthook", "pre-push:\n  commands: {}\n", "1 assay hook run pre-commit\n"},
		{"lefthook", "pre-commit:\n  commands:\n    lint:\n      run: x\n    assay:\n      run: y\n", ""},
		{"lefthook", "pre-commit:\n  commands:\n    \"assay\" : {run: y}\n", ""},
		{"lefthook", "? pre-commit\n: {commands: {}}\n", ""},
	} {
		j := &hookJob{text: hookText{kind: preCommit, missing: missingBlock}}
		text, err := edits(j)[c.manager](c.have)
		if err != nil && c.want != "" || err == nil && config[c.manager](text) != c.want {
			t.Errorf("%s, %q: %v, %v in\n%s", c.manager, c.have, err, config[c.manager](text), text)
		}
	}
}

// The scripts are scripts, with whatever flags.
func TestHookScripts(t *testing.T) {
	for _, kind := range installable {
		for _, missing := range []string{missingBlock, missingPass} {
			for _, chained := range []string{"", kind + chainedSuffix} {
				x := &hookText{kind: kind, args: []string{"--exclude", `a 'b' "$c" \`}, missing: missing, program: "/odd path/it's/assay", chained: chained}
				for what, text := range map[string]string{"script": x.script(), "lines": x.lines()} {
					c := exec.Command("sh", "-n")
					c.Stdin = strings.NewReader(text)
					if out, err := c.CombinedOutput(); err != nil {
						t.Errorf("%s of %s: %v\n%s\n%s", what, kind, err, out, text)
					}
				}
			}
		}
	}
}

// What somebody changed between our lines is noticed.
func TestFindSealed(t *testing.T) {
	text := "a\n" + indented(sealed(preCommit, "one:\n  two\n"), "    ") + "b\n"
	part := findSealed(text, preCommit)
	if part == nil || part.changed || part.before != "a\n" || part.after != "b\n" {
		t.Fatalf("%+v", part)
	}
	if crlf := findSealed(strings.ReplaceAll(text, "\n", "\r\n"), preCommit); crlf == nil || crlf.changed || crlf.after != "b\r\n" {
		t.Errorf("with other ends of lines: %+v", crlf)
	}
	if findSealed(text, prePush) != nil {
		t.Error("it is found under another kind")
	}
	for _, other := range []string{
		strings.Replace(text, "two", "too", 1), strings.Replace(text, "    # assay hook end pre-commit\n", "", 1),
		strings.Replace(text, "two\n", "two\n\n", 1),
	} {
		if part := findSealed(other, preCommit); part == nil || !part.changed {
			t.Errorf("%q counts as ours", other)
		}
	}
}

func TestIsBelow(t *testing.T) {
	dir := t.TempDir()
	if err := os.Symlink(dir, dir+"/link"); err != nil {
		t.Skip(err)
	}
	if !isBelow(dir, dir+"/link/not/there") || isBelow(dir+"/a", dir+"/ab") {
		t.Error("links and names alike")
	}
}
