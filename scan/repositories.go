package scan

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"path"
	"path/filepath"
)

// An Identity is which repository a path is, and which of its working trees.
type Identity struct {
	Common   string // the directory with the objects, which linked working trees share with the main one
	Worktree string // the root of the working tree; "" where path is a repository's own directory
	Linked   bool   // a linked working tree, not the main one
}

// IdentifyRepository looks at what path is and opens nothing. An error is
// ErrNoRepository, or says what is damaged.
func IdentifyRepository(path string) (Identity, error) {
	worktree, gitDir, err := discover(path)
	if err != nil {
		return Identity{}, err
	}
	common, err := commonDir(gitDir)
	if err != nil {
		return Identity{}, err
	}
	for _, dir := range []*string{&worktree, &gitDir, &common} {
		if real, err := filepath.EvalSymlinks(*dir); err == nil && *dir != "" {
			*dir = real
		}
	}
	return Identity{Common: common, Worktree: worktree, Linked: common != gitDir}, nil
}

// FoundRepositories yields the paths, relative to dir and with slashes, of the
// repositories in dir: roots of working trees and bare ones, in the order of their
// names. Links are not followed, and nothing in a repository is looked at. An error
// says why what is at the path could not be.
func FoundRepositories(dir string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) { foundIn(dir, ".", yield) }
}

// foundIn reports false where yield wants no more.
func foundIn(dir, at string, yield func(string, error) bool) bool {
	name := filepath.Join(dir, filepath.FromSlash(at))
	switch _, _, err := discover(name); {
	case err == nil:
		return yield(at, nil)
	case !errors.Is(err, ErrNoRepository):
		return yield(at, err)
	}
	entries, err := os.ReadDir(name)
	if err != nil && !yield(at, plain(err)) {
		return false
	}
	for _, e := range entries {
		if e.IsDir() && !foundIn(dir, path.Join(at, e.Name()), yield) {
			return false
		}
	}
	return true
}

// Listing tells apart the states of the repository: it changes with the name, size,
// time and mode of any file of its working tree and store. Nothing else is read.
func (r *Repository) Listing() string {
	sum := sha256.New()
	last := ""
	for _, root := range r.Folders() { // the working tree first, which mostly holds the others
		if rel, err := filepath.Rel(last, root); last != "" && err == nil && filepath.IsLocal(rel) {
			continue
		}
		last = root
		filepath.WalkDir(root, func(name string, e fs.DirEntry, err error) error {
			fmt.Fprintf(sum, "%q %v ", name, err)
			if e != nil {
				if info, err := e.Info(); err == nil {
					fmt.Fprintln(sum, info.Size(), info.ModTime().UnixNano(), info.Mode())
				}
			}
			return nil // what cannot be read is listed as such
		})
	}
	return hex.EncodeToString(sum.Sum(nil))
}
