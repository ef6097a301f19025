package scan

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/assayhq/assay/rules"
	"github.com/assayhq/assay/scan/object"
)

// ErrNoRepository says that a path is not the root of a Git repository.
var ErrNoRepository = errors.New("not a Git repository")

// A Repository is a Git repository opened for reading. Nothing that it says is
// executed, and no git program is started.
type Repository struct {
	Worktree string // the root of the working tree, "" for a bare repository
	gitDir   string // of this working tree
	common   string // the directory with the objects and refs
	set      *rules.Set
	store    *object.Store
	head     object.ID // zero on an unborn branch
	lostHead error     // why head is zero although HEAD names an object
	refs     []object.Ref
	problems []error // files, refs and HEAD that cannot be read

	own       string          // the common directory as reports name it, with a slash at the end
	at        string          // put before the paths in history; "" unless it is a submodule's
	elsewhere []*object.Store // whose objects are examined with another repository
	memory    int64           // that reading may take, 0 for the default
	modules   []string        // directories of submodules, relative to common

	peeled      sync.Once // guards what tips returns
	tipList     []tip
	tipProblems []error
}

// A tip is a ref and the commit that it leads to.
type tip struct {
	name   string
	commit object.ID
}

// OpenRepository opens the repository whose working tree or bare directory path
// is. The rules are used to mask what the repository's own text could give away.
// Parts that cannot be read become gaps of the scan, not errors.
func OpenRepository(path string, set *rules.Set) (*Repository, error) {
	worktree, gitDir, err := discover(path)
	if err != nil {
		return nil, err
	}
	return openRepository(worktree, gitDir, set)
}

// FindRepository opens the repository that path lies in, as git does for a
// command that runs in a folder of the working tree. It reads no more than the
// index and a look at HEAD need: only Staged may be asked for.
func FindRepository(path string, set *rules.Set) (*Repository, error) {
	return find(path, set, openIndexed, nil)
}

// An opener opens the repository that a working tree and its Git directory are of.
// also are further object directories.
type opener func(worktree, gitDir string, set *rules.Set, also ...string) (*Repository, error)

// find opens the repository that path lies in.
func find(path string, set *rules.Set, open opener, also []string) (*Repository, error) {
	dir, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	for {
		worktree, gitDir, err := discover(dir)
		if err == nil {
			return open(worktree, gitDir, set, also...)
		}
		parent := filepath.Dir(dir)
		if !errors.Is(err, ErrNoRepository) || parent == dir {
			return nil, err
		}
		dir = parent
	}
}

// openIndexed is the opener for Staged. In a repository of a million objects the
// refs and the indexes of packs would take longer than the scan.
func openIndexed(worktree, gitDir string, set *rules.Set, also ...string) (*Repository, error) {
	r, err := newRepository(worktree, gitDir, set, object.Options{LookUp: true, Also: also})
	if err != nil {
		return nil, err
	}
	if id, ok := object.Head(gitDir, r.common); ok {
		r.setHead(id)
	} else {
		r.readRefs()
	}
	return r, nil
}

// openRepository is the opener for everything else.
func openRepository(worktree, gitDir string, set *rules.Set, also ...string) (*Repository, error) {
	r, err := newRepository(worktree, gitDir, set, object.Options{Also: also})
	if err == nil {
		r.readRefs()
	}
	return r, err
}

func newRepository(worktree, gitDir string, set *rules.Set, opts object.Options) (*Repository, error) {
	common, err := commonDir(gitDir)
	if err != nil {
		return nil, err
	}
	if own := filepath.Join(gitDir, "objects"); gitDir != common && exists(own) {
		opts.Also = append(opts.Also, own) // nothing to Git, and a place to hide things
	}
	store, err := object.OpenWith(common, opts)
	if err != nil {
		return nil, fmt.Errorf("open object store: %w", err)
	}
	return &Repository{Worktree: worktree, gitDir: gitDir, common: common, own: gitPrefix, set: set, store: store}, nil
}

// problem names a part of the repository that could not be read as seen from
// the repository.
func (r *Repository) problem(p object.Problem) error {
	return &Gap{Subject: r.inGit(p.Subject), Err: plain(p.Err)}
}

// inGit names a file as seen from the repository.
func (r *Repository) inGit(name string) string {
	if rel, err := filepath.Rel(r.common, name); err == nil && filepath.IsLocal(rel) {
		return r.own + filepath.ToSlash(rel)
	}
	return name
}

// Close releases the store.
func (r *Repository) Close() error { return r.store.Close() }

// discover tells what path is: the root of a working tree, or a repository's own
// directory.
func discover(path string) (worktree, gitDir string, err error) {
	path, err = filepath.Abs(path)
	if err != nil {
		return "", "", err
	}
	dotGit := filepath.Join(path, ".git")
	info, err := os.Stat(dotGit)
	switch {
	case err != nil && !absent(err):
		return "", "", fmt.Errorf("nobody can tell whether it is a repository: .git: %w", plain(err))
	case err == nil && info.IsDir() && isGitDir(dotGit):
		if real, err := filepath.EvalSymlinks(dotGit); err == nil {
			dotGit = real // a link to the repository, which Git follows too
		}
		return path, dotGit, nil
	case err == nil && info.Mode().IsRegular():
		target, err := readLink(dotGit)
		return path, target, err
	case isGitDir(path):
		return "", path, nil
	case err == nil && info.IsDir() && (exists(filepath.Join(dotGit, "objects")) || exists(filepath.Join(dotGit, "HEAD")) && exists(filepath.Join(dotGit, "refs"))):
		return "", "", errBroken
	}
	return "", "", ErrNoRepository
}

// errBroken is not ErrNoRepository: to examine such a folder as if it had no
// history would be a lie.
var errBroken = errors.New(".git is damaged: HEAD, objects or refs is missing, so that history cannot be examined; --no-history examines the files")

// isGitDir applies Git's own test.
func isGitDir(dir string) bool {
	if !exists(filepath.Join(dir, "HEAD")) {
		return false
	}
	if exists(filepath.Join(dir, "commondir")) {
		return true // a linked working tree: objects and refs lie elsewhere
	}
	return isFolder(filepath.Join(dir, "objects")) && isFolder(filepath.Join(dir, "refs"))
}

// isFolder reports whether a folder is there, as exists does.
func isFolder(name string) bool {
	info, err := os.Stat(name)
	return err == nil && info.IsDir() || err != nil && !absent(err)
}

// exists reports whether a file is there. Where nobody can tell it is taken to be:
// whoever opens it then says what is wrong.
func exists(name string) bool {
	_, err := os.Lstat(name)
	return err == nil || !absent(err)
}

// maxLink bounds the small files that say where a repository lies.
const maxLink = 64 << 10

// readLink reads a .git file: "gitdir: " and a path.
func readLink(file string) (string, error) {
	text, err := readSmall(file)
	if err != nil {
		return "", err
	}
	target, ok := strings.CutPrefix(strings.TrimRight(text, "\r\n"), "gitdir: ")
	if !ok {
		return "", ErrNoRepository // some other file of that name
	}
	if !filepath.IsAbs(target) {
		target = filepath.Join(filepath.Dir(file), target)
	}
	if !isGitDir(target) {
		return "", errLost
	}
	return target, nil
}

// errLost does not say where the file leads: its text comes from the input.
var errLost = errors.New(".git is a file that names a repository which is not there, so that history cannot be examined; --no-history examines the files")

// commonDir follows the commondir file of a linked working tree.
func commonDir(gitDir string) (string, error) {
	text, err := readSmall(filepath.Join(gitDir, "commondir"))
	if errors.Is(err, fs.ErrNotExist) {
		return gitDir, nil
	}
	if err != nil {
		return "", err
	}
	target := strings.TrimRight(text, "\r\n")
	if !filepath.IsAbs(target) {
		target = filepath.Join(gitDir, target)
	}
	return filepath.Clean(target), nil
}

func readSmall(file string) (string, error) {
	info, err := os.Stat(file)
	if err != nil {
		return "", err
	}
	if !info.Mode().IsRegular() || info.Size() > maxLink {
		return "", fmt.Errorf("%s: not a small regular file", file)
	}
	text, err := os.ReadFile(file)
	return string(text), err
}
