package scan

import (
	"fmt"
	"path"
	"path/filepath"
	"strings"

	"github.com/assayhq/assay/rules"
	"github.com/assayhq/assay/scan/object"
)

// A nested is the repositories that lie below a folder and are no submodules that
// Git keeps elsewhere: clones, bare repositories, submodules of the old style.
type nested struct {
	set    *rules.Set
	memory int64    // see Repository.LimitMemory
	dirs   []string // their Git directories, as they were met
}

// WithNested has the objects of repositories examined that lie in the folder and are
// met on the way, within so many bytes of memory (Repository.LimitMemory). The rules mask
// what their own text could give away.
func (f *Files) WithNested(set *rules.Set, memory int64) {
	f.nested = &nested{set: set, memory: memory}
}

// found opens the repositories that were met. f closes them. others are examined
// already: what a repository shares with them is left out.
func (f *Files) found(others []*Repository) (all []Source, gaps []error) {
	if f.nested == nil {
		return nil, nil
	}
	for i, dir := range f.nested.dirs {
		if i == maxModules {
			return all, append(gaps, f.gap(dir, fmt.Errorf("more than %d repositories lie there; this one and those after it were not examined", maxModules)))
		}
		r, err := f.open(dir)
		if err != nil {
			gaps = append(gaps, f.gap(dir, err))
			continue
		}
		r.shareWith(others)
		others = append(others, r)
		f.opened = append(f.opened, r)
		history := r.History()
		history.Only(f.shard)
		all = append(all, history)
	}
	return all, gaps
}

// open opens the object store in a Git directory. Where HEAD leads says the
// directory itself, whatever other one it names as the common one.
func (f *Files) open(dir string) (*Repository, error) {
	name := filepath.Join(f.root.Name(), filepath.FromSlash(dir))
	store, err := object.Open(name)
	if err != nil {
		return nil, plain(err)
	}
	at := f.prefix + dir
	if path.Base(dir) == ".git" {
		at = f.prefix + path.Dir(dir)
	}
	r := &Repository{gitDir: name, common: name, own: f.prefix + dir + "/", at: at + "/", set: f.nested.set, store: store}
	r.LimitMemory(f.nested.memory)
	r.readRefs()
	return r, nil
}

// isStored reports whether a file is one that an object store reads which was met.
func (f *Files) isStored(name string) bool {
	const folder = "objects/"
	for at := 0; ; {
		i := strings.Index(name[at:], folder)
		if i < 0 {
			return false
		}
		at += i + len(folder)
		if f.stores[name[:at-1]] && object.IsStored(name[at:]) {
			return true
		}
	}
}

// repositories returns those whose histories are among sources.
func repositories(sources []Source) (all []*Repository) {
	for _, s := range sources {
		if h, ok := s.(*History); ok {
			all = append(all, h.repo)
		}
	}
	return all
}

// follow returns sources that those from a number on came upon while they were
// read.
func (c *collector) follow(sources []Source, from int) (more []Source) {
	for i, s := range sources[from:] {
		f, ok := s.(*Files)
		if !ok {
			continue
		}
		found, gaps := f.found(repositories(append(sources[:len(sources):len(sources)], more...)))
		for _, g := range gaps {
			c.gapAt(from+i, g)
		}
		more = append(more, found...)
	}
	return more
}
