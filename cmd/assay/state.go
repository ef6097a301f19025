package main

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/pflag"

	"github.com/assayhq/assay/scan"
)

// stateFlags say where history scans remember what they examined.
type stateFlags struct {
	file        string // --state
	incremental bool
}

func (f *stateFlags) register(fs *pflag.FlagSet) {
	fs.BoolVar(&f.incremental, "incremental", false, "examine only what is new in the object store since the last run")
	fs.StringVar(&f.file, "state", "", "the same, remembering in `file` and not in the user's cache folder")
}

// together refuses on the command line what does not go together. In the
// environment and in a configuration --incremental is a wish for the runs that it
// concerns.
func (f *scanFlags) together(fs *pflag.FlagSet) error {
	if err := onePart(fs); err != nil {
		return err
	}
	for _, flag := range []string{"resume", "clone-to"} {
		if fs.Changed(flag) {
			return withHint(fmt.Errorf("--%s is about several repositories, and one is examined", flag), "name them as several PATHs, or with --repos, --repos-in or --clone; or leave it out")
		}
	}
	for _, state := range []string{"state", "incremental"} {
		for _, other := range []string{"staged", "range", "no-history"} {
			if fs.Changed(state) && fs.Changed(other) {
				return withHint(fmt.Errorf("--%s remembers the whole object store, which --%s does not read", state, other), "leave one of them out")
			}
		}
	}
	return nil
}

// onePart refuses flags that each say which part of a repository is examined.
func onePart(fs *pflag.FlagSet) error {
	first := ""
	for _, flag := range []string{"staged", "range", "history-only", "no-history"} {
		switch {
		case !fs.Changed(flag):
		case first == "":
			first = flag
		default:
			return withHint(fmt.Errorf("--%s and --%s do not go together: each says what is examined", first, flag), "leave one of them out")
		}
	}
	return nil
}

// remember has a history keep a state, if that was asked for.
func (a *app) remember(t *targets, f *stateFlags, repo *scan.Repository, history *scan.History) error {
	if f.file == "" && !f.incremental {
		return nil
	}
	folders := repo.Folders()
	name, err := f.name(folders[len(folders)-1], len(t.states))
	if err != nil {
		return err
	}
	for _, dir := range folders {
		if within(name, dir) {
			return withHint(fmt.Errorf("the state %s lies in the repository that it is about, where the next scan would examine it", name), "--state names a file elsewhere")
		}
	}
	if f.file == "" {
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			return withHint(fmt.Errorf("cache folder %s: %w", filepath.Dir(name), pathless(err)), "--state names a file to remember in")
		}
	}
	state := scan.NewState(name, version+revision())
	history.Remember(state)
	t.states = append(t.states, namedState{name, state})
	return nil
}

// A namedState is a state and the file that it is kept in.
type namedState struct {
	name string
	*scan.State
}

// name returns the file for the repository with that common directory, before
// which the run had n others.
func (f *stateFlags) name(common string, n int) (string, error) {
	id := sha256.Sum256([]byte(resolved(common)))
	short := hex.EncodeToString(id[:16])
	switch {
	case f.file != "" && n == 0:
		return f.file, nil
	case f.file != "":
		return f.file + "." + short, nil // one file holds one repository
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", withHint(fmt.Errorf("there is no cache folder: %w", err), "--state names a file to remember in")
	}
	return filepath.Join(cache, "assay", short+".state"), nil
}

// within reports whether a file, which need not be there, lies in a folder.
func within(name, dir string) bool {
	rel, err := filepath.Rel(resolved(dir), filepath.Join(resolved(filepath.Dir(name)), filepath.Base(name)))
	return err == nil && filepath.IsLocal(rel)
}

// resolved returns an absolute path without symbolic links, as far as it is there.
func resolved(path string) string {
	abs, err := filepath.Abs(path)
	if err != nil {
		return path
	}
	for there, rest := abs, ""; ; there, rest = filepath.Dir(there), filepath.Join(filepath.Base(there), rest) {
		if real, err := filepath.EvalSymlinks(there); err == nil {
			return filepath.Join(real, rest)
		}
		if there == filepath.Dir(there) {
			return abs
		}
	}
}

// tellStates says on standard error what went wrong with states. That costs time
// and nothing else, so no report holds it.
func (a *app) tellStates(states []namedState) {
	for _, s := range states {
		if err := s.Problem(); err != nil {
			fmt.Fprintf(a.stderr, "assay: state %s: %v\n", s.name, err)
		}
	}
}
