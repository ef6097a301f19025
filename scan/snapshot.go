package scan

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"strings"

	"github.com/assayhq/assay/rules"
	"github.com/assayhq/assay/scan/object"
)

// A Snapshot is the files of one commit. Close releases it.
type Snapshot struct {
	Folder string // the folder that was asked for, in the commit, with slashes; "." for its root

	repo *Repository
	tree object.ID
}

// OpenSnapshot opens the commit that a revision names, see Repository.Resolve, in the
// repository that path lies in. ErrNoRepository says that there is none.
func OpenSnapshot(path, revision string) (*Snapshot, error) {
	repo, err := find(path, nil, openRefs, nil)
	if err != nil {
		return nil, err
	}
	s := &Snapshot{repo: repo, Folder: "."}
	if err := s.open(path, revision); err != nil {
		return nil, errors.Join(err, repo.Close())
	}
	return s, nil
}

// openRefs is the opener for looking things up by the names of refs.
func openRefs(worktree, gitDir string, set *rules.Set, also ...string) (*Repository, error) {
	r, err := newRepository(worktree, gitDir, set, object.Options{LookUp: true, Also: also})
	if err == nil {
		r.readRefs()
	}
	return r, err
}

// FileAt returns the content of a file in the commit that a revision names, as
// Snapshot.ReadFile does.
func (r *Repository) FileAt(revision, path string, limit int) ([]byte, error) {
	s := &Snapshot{repo: r}
	if err := s.resolve(revision); err != nil {
		return nil, err
	}
	return s.ReadFile(path, limit)
}

func (s *Snapshot) open(folder, revision string) error {
	err := s.resolve(revision)
	if err != nil || s.repo.Worktree == "" {
		return err
	}
	abs, err := filepath.Abs(folder)
	if err == nil {
		folder, err = filepath.Rel(s.repo.Worktree, abs)
	}
	s.Folder = filepath.ToSlash(folder)
	return err
}

func (s *Snapshot) resolve(revision string) error {
	id, err := s.repo.Resolve(revision)
	if err != nil {
		return err
	}
	commit, err := s.repo.readCommit(id)
	if err != nil {
		return fmt.Errorf("commit %s: %w", id, err)
	}
	s.tree = commit.Tree
	return nil
}

// Close releases the repository.
func (s *Snapshot) Close() error { return s.repo.Close() }

var errNoFile = errors.New("not a regular file")

// ReadFile returns what a file of at most limit bytes held in the commit, as it is
// stored, without filters. The name has slashes and is relative to the root of the
// commit. If there is none the error is fs.ErrNotExist. No link is followed.
func (s *Snapshot) ReadFile(name string, limit int) ([]byte, error) {
	id, mode := s.tree, uint32(modeFolder)
	for part := range strings.SplitSeq(path.Clean(name), "/") {
		if mode != modeFolder {
			return nil, fs.ErrNotExist
		}
		entry, err := s.entry(id, part)
		if err != nil {
			return nil, err
		}
		id, mode = entry.ID, entry.Mode&modeMask
	}
	if mode != modeFile {
		return nil, errNoFile
	}
	_, data, err := s.repo.store.Read(id)
	switch {
	case err != nil:
		return nil, cause(err)
	case len(data) > limit:
		return nil, fmt.Errorf("longer than %d bytes", limit)
	}
	return data, nil
}

// modeFile is the type of a regular file, see modeMask.
const modeFile = 0o100000

// entry finds a name in a tree.
func (s *Snapshot) entry(tree object.ID, name string) (object.TreeEntry, error) {
	kind, data, err := s.repo.store.Read(tree)
	switch {
	case err != nil:
		return object.TreeEntry{}, cause(err)
	case kind != object.Tree:
		return object.TreeEntry{}, errNoTree
	}
	for e, err := range object.ParseTree(data, tree.Size()) {
		if err != nil {
			return e, err
		}
		if string(e.Name) == name {
			return e, nil
		}
	}
	return object.TreeEntry{}, fs.ErrNotExist
}
