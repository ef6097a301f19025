package main

import (
	"context"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
)

// A wiring says what has assay run before a commit.
type wiring struct {
	file  string // the hook itself, or what a manager of hooks is told; "" for nothing
	fault string // why Git does not get there, "" if it does
	hint  string
}

// calling matches a line that has assay look at a commit: a call of the program, or
// the name of one of our hooks in the configuration of pre-commit.
const calling = `\bassay["']?\s+(scan\b|hook\s+run\s+(pre-commit|files)\b)|\bid:\s*["']?assay(-system|-files)?["']?\s*([,}#]|$)`

// wiredHook returns what has assay run before a commit in the repository at root. What
// Git gets to comes before what it does not.
func (a *app) wiredHook(ctx context.Context, root string) (wiring, error) {
	place, err := findHooks(ctx, root)
	if err != nil {
		return wiring{}, err
	}
	j := &hookJob{a, place, hookText{kind: preCommit}}
	var first wiring
	for _, w := range j.wirings() {
		if w.fault == "" {
			return w, nil
		}
		if first.file == "" {
			first = w
		}
	}
	return first, nil
}

// wirings lists the files that call assay.
func (j *hookJob) wirings() (all []wiring) {
	calls := regexp.MustCompile(calling)
	dead := j.notRun()
	add := func(fault string, files ...string) {
		for _, name := range files {
			if !hasLine(name, calls) {
				continue
			}
			w := wiring{file: j.shown(name)}
			switch {
			case fault != "":
				w.fault, w.hint = "Git does not get there", strings.TrimPrefix(fault, "; ")
			case dead:
				w.fault, w.hint = "Git runs no hook that is not executable", "chmod +x "+shellQuote(j.shown(j.hookFile()))
			}
			all = append(all, w)
		}
	}
	add("", j.hookFile())
	husky := j.afterHusky()
	if husky == "" && !isThere(j.hookFile()) {
		husky = "; now run: npx husky" // it makes what Git runs
	}
	add(husky, j.huskyFile())
	add(j.afterLefthook(), j.filesOf(byLefthook)...)
	for _, name := range otherLefthook {
		add(j.afterLefthook(), filepath.Join(j.place.top, name))
	}
	add(j.afterPreCommit(), j.filesOf(byPreCommit)...)
	return all
}

// notRun reports whether the file is there in which Git looks for the hook, and Git
// passes it over. On Windows it asks for no permission.
func (j *hookJob) notRun() bool {
	info, err := os.Stat(j.hookFile())
	return err == nil && runtime.GOOS != "windows" && info.Mode()&0o111 == 0
}

// hasLine reports whether a line of a file that is no comment matches.
func hasLine(name string, wanted *regexp.Regexp) bool {
	text, _ := readHook(name) // what cannot be read says nothing
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); !strings.HasPrefix(line, "#") && wanted.MatchString(line) {
			return true
		}
	}
	return false
}
