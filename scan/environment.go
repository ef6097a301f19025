package scan

import (
	"path/filepath"
	"strconv"
	"strings"

	"github.com/assayhq/assay/rules"
)

// OpenHooked opens the repository that a hook of Git runs in: the one that GIT_DIR
// and GIT_WORK_TREE name, or else the one that path lies in. Objects are also looked
// for where GIT_OBJECT_DIRECTORY, GIT_QUARANTINE_PATH and
// GIT_ALTERNATE_OBJECT_DIRECTORIES say: what is pushed lies in quarantine until the
// hook pre-receive lets it in.
func OpenHooked(getenv func(string) string, path string, set *rules.Set) (*Repository, error) {
	return hooked(getenv, path, set, openRepository)
}

// OpenStaged is OpenHooked for a hook that no more is asked of than Staged: as with
// FindRepository, other refs than HEAD are not read.
func OpenStaged(getenv func(string) string, path string, set *rules.Set) (*Repository, error) {
	return hooked(getenv, path, set, openIndexed)
}

func hooked(getenv func(string) string, path string, set *rules.Set, open opener) (*Repository, error) {
	also := objectDirs(getenv)
	gitDir := getenv("GIT_DIR")
	if gitDir == "" {
		return find(path, set, open, also)
	}
	worktree, gitDir, err := named(getenv("GIT_WORK_TREE"), gitDir)
	if err != nil {
		return nil, err
	}
	return open(worktree, gitDir, set, also...)
}

// named makes the paths absolute of a repository whose own directory is gitDir. An
// empty worktree is the current folder, unless that is the repository's own directory.
func named(worktree, gitDir string) (string, string, error) {
	gitDir, err := filepath.Abs(gitDir)
	if err != nil {
		return "", "", err
	}
	if !isGitDir(gitDir) {
		return "", "", ErrNoRepository
	}
	bare := worktree == ""
	if worktree, err = filepath.Abs(worktree); err != nil {
		return "", "", err
	}
	if bare && worktree == gitDir {
		worktree = ""
	}
	return worktree, gitDir, nil
}

// objectDirs lists the object directories that the environment names.
func objectDirs(getenv func(string) string) (dirs []string) {
	for _, name := range []string{"GIT_OBJECT_DIRECTORY", "GIT_QUARANTINE_PATH"} {
		if dir := getenv(name); dir != "" {
			dirs = append(dirs, dir)
		}
	}
	return append(dirs, splitDirs(getenv("GIT_ALTERNATE_OBJECT_DIRECTORIES"))...)
}

// splitDirs reads a list of directories as Git does: one that begins with a double
// quote is written as in C and may hold the separator.
func splitDirs(list string) (dirs []string) {
	for list != "" {
		dir := ""
		if quoted, err := strconv.QuotedPrefix(list); err == nil && list[0] == '"' {
			list = strings.TrimPrefix(list[len(quoted):], string(filepath.ListSeparator))
			dir, _ = strconv.Unquote(quoted) // QuotedPrefix has checked it
		} else {
			dir, list, _ = strings.Cut(list, string(filepath.ListSeparator))
		}
		if dir != "" {
			dirs = append(dirs, dir)
		}
	}
	return dirs
}
