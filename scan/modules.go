package scan

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/assayhq/assay/scan/object"
)

// Limits of the search for repositories below a Git directory. A project with
// hundreds of submodules is known; one with thousands is not.
const (
	maxModules = 1000
	maxFolders = 20 * maxModules // looked into
)

// Modules opens the repositories of submodules, which Git keeps below its own
// directory (modules/NAME, where a name may hold slashes, and inside of those
// again), checked out or not. The caller closes them. What cannot be opened
// becomes a gap of r's History.
//
// A module's objects are reported under the path where its configuration says
// that it is checked out, or else under the path of its directory. Its other files
// lie in r's GitFiles. What two repositories read from the same alternate is
// examined with the first one that does.
func (r *Repository) Modules() []*Repository {
	found := findModules(r.common)
	r.problems = append(r.problems, found.gaps...)
	r.modules = found.dirs
	all := []*Repository{r}
	taken := map[string]bool{}
	for _, dir := range found.dirs {
		m, err := r.module(dir)
		if err != nil {
			r.problems = append(r.problems, &Gap{Subject: gitPrefix + dir, Err: err})
			continue
		}
		if m.at = r.checkout(m); m.at == "" || taken[m.at] {
			m.at = m.own
		}
		taken[m.at] = true
		m.shareWith(all)
		all = append(all, m)
	}
	return all[1:]
}

// module opens the repository of a submodule. dir is relative to the common
// directory. Where HEAD or refs are missing the objects are still there to be read.
func (r *Repository) module(dir string) (*Repository, error) {
	name := filepath.Join(r.common, filepath.FromSlash(dir))
	store, err := object.Open(name)
	if err != nil {
		return nil, plain(err)
	}
	if r.memory > 0 {
		store.LimitMemory(r.memory)
	}
	m := &Repository{memory: r.memory, gitDir: name, common: name, own: gitPrefix + dir + "/", set: r.set, store: store}
	if !isGitDir(name) {
		m.problems = append(m.problems, &Gap{Subject: gitPrefix + dir, Err: errHeadless})
	}
	m.readRefs()
	return m, nil
}

var (
	errHeadless = errors.New("this submodule's repository is damaged: HEAD or refs is missing; its objects are examined")
	errNoStore  = errors.New("this submodule's repository is damaged: it has no objects of its own, so that its history cannot be examined")
	errLinked   = errors.New("this submodule's repository is a symbolic link, which is not followed")
)

// checkout returns where in the working tree a module says that it is checked
// out, with a slash at the end; "" if that is no place below the working tree. The
// module may lie: what it says names things in the report and opens nothing.
func (r *Repository) checkout(m *Repository) string {
	said := object.Worktree(m.common)
	if said == "" || r.Worktree == "" {
		return ""
	}
	if !filepath.IsAbs(said) {
		said = filepath.Join(m.common, said)
	}
	rel, err := filepath.Rel(r.Worktree, said)
	if err != nil || rel == "." || !filepath.IsLocal(rel) {
		return ""
	}
	rel = filepath.ToSlash(rel)
	if first, _, _ := strings.Cut(rel, "/"); strings.EqualFold(first, ".git") {
		return ""
	}
	return rel + "/"
}

// shareWith leaves out what is examined with other repositories.
func (m *Repository) shareWith(others []*Repository) {
	for _, o := range others {
		if o.store.Shares(m.store) {
			m.elsewhere = append(m.elsewhere, o.store)
		}
	}
}

// newUnits returns the units of the store without what is examined with another
// repository.
func (r *Repository) newUnits() []object.Unit {
	if len(r.elsewhere) == 0 {
		return r.store.Units()
	}
	return r.store.UnitsExcept(r.shared)
}

// shared reports whether an object is examined with another repository.
func (r *Repository) shared(id object.ID) bool {
	return slices.ContainsFunc(r.elsewhere, func(s *object.Store) bool { return s.Has(id) })
}

// A moduleList is where below a common directory repositories lie, relative to
// it, those that hold others first.
type moduleList struct {
	root  string
	dirs  []string
	gaps  []error
	stack []moduleFolder
}

// A moduleFolder is a folder to look into.
type moduleFolder struct {
	name  string
	below bool // a repository or on the way to one; else a folder called modules
}

// findModules searches below a common directory. No symbolic link is followed, so
// that the search comes to an end.
func findModules(common string) *moduleList {
	l := &moduleList{root: common}
	l.inside("")
	for n := 0; len(l.stack) > 0; n++ {
		if len(l.dirs) == maxModules || n == maxFolders {
			l.gap("modules", fmt.Errorf("more than %d repositories of submodules, or %d folders, lie there; the others were not examined", maxModules, maxFolders))
			break
		}
		at := l.stack[len(l.stack)-1]
		l.stack = l.stack[:len(l.stack)-1]
		l.visit(at)
	}
	return l
}

func (l *moduleList) gap(dir string, err error) {
	l.gaps = append(l.gaps, &Gap{Subject: gitPrefix + dir, Err: err})
}

func (l *moduleList) has(dir, name string) bool { return l.lstat(path.Join(dir, name)) != nil }

// lstat returns nil for what is not there. What nobody can look at is a gap.
func (l *moduleList) lstat(name string) fs.FileInfo {
	info, err := os.Lstat(filepath.Join(l.root, filepath.FromSlash(name)))
	if err != nil && !absent(err) {
		l.gap(name, plain(err))
	}
	return info
}

// inside puts the folders onto the stack that hold the modules of a repository.
// Linked working trees keep modules of their own.
func (l *moduleList) inside(dir string) {
	trees := path.Join(dir, "worktrees")
	if info := l.lstat(trees); info != nil && info.IsDir() {
		for _, e := range slices.Backward(l.entries(trees)) {
			if e.IsDir() {
				l.modules(path.Join(trees, e.Name(), "modules"))
			}
		}
	}
	l.modules(path.Join(dir, "modules"))
}

func (l *moduleList) modules(dir string) {
	info := l.lstat(dir)
	switch {
	case info == nil:
	case info.IsDir():
		l.stack = append(l.stack, moduleFolder{name: dir})
	case info.Mode()&fs.ModeSymlink != 0:
		l.gap(dir, errLinked)
	}
}

// visit decides about a folder.
func (l *moduleList) visit(at moduleFolder) {
	switch {
	case at.below && l.has(at.name, "objects"):
		l.dirs = append(l.dirs, at.name)
		l.inside(at.name)
		return
	case at.below && l.has(at.name, "HEAD"):
		l.gap(at.name, errNoStore)
		return
	}
	for _, e := range slices.Backward(l.entries(at.name)) {
		name := path.Join(at.name, e.Name())
		switch {
		case e.IsDir():
			l.stack = append(l.stack, moduleFolder{name, true})
		case e.Type()&fs.ModeSymlink != 0:
			l.gap(name, errLinked)
		}
	}
}

// entries lists a folder; one that is not there has none.
func (l *moduleList) entries(dir string) []fs.DirEntry {
	entries, err := os.ReadDir(filepath.Join(l.root, filepath.FromSlash(dir)))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		l.gap(dir, plain(err))
	}
	return entries
}
