package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// chainedSuffix is what the name of a hook that was there before gets.
const chainedSuffix = ".before-assay"

// maxHook bounds the files that are edited, in bytes.
const maxHook = 1 << 20

// A hookJob is one kind of hook on its way in or out.
type hookJob struct {
	*app
	place *hookPlace
	text  hookText
}

// installHooks installs hooks in the repository that dir lies in.
func (a *app) installHooks(ctx context.Context, dir string, f *hookFlags, args []string) error {
	if err := f.check(); err != nil {
		return err
	}
	place, err := findHooks(ctx, dir)
	if err != nil {
		return err
	}
	kinds := f.types
	if len(kinds) == 0 {
		kinds = []string{preCommit}
		if place.bare {
			kinds = []string{preReceive}
		}
	}
	for _, kind := range kinds {
		if err := a.tryHookFlags(kind, args); err != nil {
			return err
		}
		j := &hookJob{a, place, hookText{kind: kind, args: args, missing: f.missing}}
		if err := j.install(f); err != nil {
			return err
		}
	}
	return nil
}

// tryHookFlags refuses flags that would make every hook fail.
func (a *app) tryHookFlags(kind string, args []string) error {
	c, rest, err := a.hookCommand().Find([]string{"run", kind})
	if err == nil && len(rest) == 0 {
		err = c.ParseFlags(args)
	}
	if err == nil && c.Flags().NArg() > 0 {
		err = fmt.Errorf("%q is no flag", c.Flags().Arg(0))
	}
	if err != nil {
		return withHint(fmt.Errorf("flags of the hook: %w", err), "assay hook run %s --help lists them", kind)
	}
	return nil
}

func (j *hookJob) install(f *hookFlags) error {
	manager, err := j.manager(f.manager)
	if err != nil {
		return err
	}
	if manager != byGit {
		return j.managed(manager)
	}
	if j.place.shared && !f.global {
		return withHint(fmt.Errorf("core.hooksPath names %s for all your repositories", shownName(j.place.hooks)),
			"--global writes there; git config --local core.hooksPath .git/hooks gives this repository hooks of its own")
	}
	return j.installScript()
}

// hookFile is where Git looks for a hook of this kind.
func (j *hookJob) hookFile() string { return filepath.Join(j.place.hooks, j.text.kind) }

// installScript writes a hook that Git runs itself.
func (j *hookJob) installScript() error {
	name := j.hookFile()
	kept := name + chainedSuffix
	if err := j.staysIn(name); err != nil {
		return err
	}
	if j.place.own {
		j.text.program = program()
	}
	have, err := readHook(name)
	part, text := findSealed(have, j.text.kind), ""
	switch {
	case err != nil && !errors.Is(err, os.ErrNotExist):
		return err
	case part != nil && part.changed:
		return j.changedByHand(name)
	case part != nil:
		if _, err := os.Lstat(kept); err == nil {
			j.text.chained = filepath.Base(kept)
		}
		if text = part.before + j.text.part() + part.after; text == have {
			return j.say("%s: is there already\n", j.shown(name))
		}
	case err == nil:
		if _, err := os.Lstat(kept); err == nil {
			return withHint(fmt.Errorf("%s: there is a hook of somebody else, and %s as well", j.shown(name), filepath.Base(kept)), "put them together, or remove one")
		}
		if err := os.Rename(name, kept); err != nil {
			return fmt.Errorf("%s: %w", j.shown(name), pathless(err))
		}
		j.text.chained = filepath.Base(kept)
	}
	if part == nil {
		text = j.text.script()
	}
	if err := writeScript(name, text); err != nil {
		if part == nil && j.text.chained != "" {
			err = errors.Join(err, os.Rename(kept, name))
		}
		return err
	}
	if j.text.chained != "" {
		return j.say("%s: installed; the hook that was there runs after it, as %s\n", j.shown(name), j.text.chained)
	}
	return j.say("%s: installed\n", j.shown(name))
}

func (j *hookJob) changedByHand(name string) error {
	return withHint(fmt.Errorf("%s: the lines of assay were changed by hand", j.shown(name)), "take them out by hand, then run it again")
}

// staysIn refuses a file of the tree that lies elsewhere. What lies where only the user
// says, such as in .git, may.
func (j *hookJob) staysIn(name string) error {
	if filepath.Dir(name) == j.place.hooks && !j.place.inTree {
		return nil
	}
	return staysIn(j.place.top, name, j.shown(name))
}

// shown is the name of a file for people, from the root of the working tree on.
func (j *hookJob) shown(name string) string {
	if rel, err := filepath.Rel(j.place.top, name); err == nil && filepath.IsLocal(rel) {
		name = rel
	}
	return shownName(name)
}

func (j *hookJob) say(format string, args ...any) error {
	_, err := fmt.Fprintf(j.stdout, format, args...)
	return err
}

// readHook reads a file that may be edited.
func readHook(name string) (string, error) {
	info, err := os.Stat(name)
	switch {
	case err == nil && !info.Mode().IsRegular():
		err = errors.New("not a regular file")
	case err == nil && info.Size() > maxHook:
		err = fmt.Errorf("longer than %d bytes", maxHook)
	}
	var data []byte
	if err == nil {
		data, err = os.ReadFile(name)
	}
	if err != nil {
		return "", fmt.Errorf("%s: %w", shownName(name), pathless(err))
	}
	return string(data), nil
}

// writeScript writes a file that Git can run.
func writeScript(name, text string) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
		return fmt.Errorf("%s: %w", shownName(filepath.Dir(name)), pathless(err))
	}
	if err := writeKept(name, []byte(text)); err != nil {
		return err
	}
	return os.Chmod(name, 0o755)
}

func (a *app) uninstallHooks(ctx context.Context, f *hookFlags) error {
	if err := f.check(); err != nil {
		return err
	}
	place, err := findHooks(ctx, "")
	if err != nil {
		return err
	}
	kinds := f.types
	if len(kinds) == 0 {
		kinds = installable[:]
	}
	removed := 0
	for _, kind := range kinds {
		j := &hookJob{a, place, hookText{kind: kind}}
		n, err := j.uninstall(f)
		removed += n
		if err != nil {
			return err
		}
	}
	if removed == 0 {
		fmt.Fprintln(a.stdout, "there is no hook of assay here")
	}
	return nil
}

// uninstall takes a kind of hook out wherever it was written.
func (j *hookJob) uninstall(f *hookFlags) (removed int, err error) {
	files := map[string][]string{byHusky: {j.huskyFile()}, byLefthook: j.filesOf(byLefthook), byPreCommit: j.filesOf(byPreCommit)}
	if !j.place.shared || f.global {
		files[byGit] = []string{j.hookFile()}
	}
	for _, manager := range managers {
		if f.manager != "" && f.manager != manager {
			continue
		}
		for _, name := range files[manager] {
			done, err := j.takeOut(name)
			if err != nil {
				return removed, err
			}
			if done {
				removed++
			}
		}
	}
	return removed, nil
}

// takeOut takes our text out of a file, and puts back what it had replaced. It reports
// false where there is none.
func (j *hookJob) takeOut(name string) (bool, error) {
	have, err := readHook(name)
	if errors.Is(err, os.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	part := findSealed(have, j.text.kind)
	switch {
	case part == nil:
		return false, nil
	case part.changed:
		return false, j.changedByHand(name)
	}
	if err := j.staysIn(name); err != nil {
		return false, err
	}
	rest := part.before + part.after
	_, err = os.Lstat(name + chainedSuffix)
	more, kept := strings.TrimSpace(rest) != "" && strings.TrimSpace(rest) != "#!/bin/sh", err == nil
	switch {
	case more && kept: // to leave either would lose the other
		return false, withHint(fmt.Errorf("%s: there are lines of somebody else in it, and %s as well", j.shown(name), filepath.Base(name)+chainedSuffix),
			"move those lines to %s, then run it again", filepath.Base(name)+chainedSuffix)
	case more:
		return true, errors.Join(writeKept(name, []byte(rest)), j.say("%s: the lines of assay are out\n", j.shown(name)))
	case kept:
		if err := os.Rename(name+chainedSuffix, name); err != nil {
			return false, fmt.Errorf("%s: %w", j.shown(name), pathless(err))
		}
		return true, j.say("%s: the hook that was there before is back\n", j.shown(name))
	}
	if err := os.Remove(name); err != nil {
		return false, fmt.Errorf("%s: %w", j.shown(name), pathless(err))
	}
	return true, j.say("%s: removed\n", j.shown(name))
}
