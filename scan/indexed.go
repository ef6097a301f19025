package scan

import (
	"encoding/binary"
	"errors"
	"io"
	"iter"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/assayhq/assay/report"
	"github.com/assayhq/assay/scan/object"
)

// indexRef is what the refs of a Span name for what only the index holds.
const indexRef = "index"

// indexed adds to an attribution where the index has the blobs that no commit
// holds: those that were staged, and not committed or not yet. A tree may hold them
// already, as git write-tree and a commit that was taken back leave one. It is not part
// of what a State remembers, for the index changes with every git add.
func indexed(s Source, a Attribution, held []Held) (Attribution, error) {
	h, ok := s.(*History)
	if !ok || a.Placed == nil {
		return a, nil
	}
	open, homed := map[object.ID][]int{}, map[object.ID]bool{}
	for _, o := range held {
		homeless := func(credential int) bool { return len(a.Spans[credential]) == 0 }
		if o.Type == object.Blob && (!a.Placed[o.ID] || slices.ContainsFunc(o.Credentials, homeless)) {
			open[o.ID], homed[o.ID] = o.Credentials, a.Placed[o.ID]
		}
	}
	if len(open) == 0 {
		return a, nil
	}
	files, err := h.repo.indexes()
	for _, file := range files {
		x, bad := readIndex(file, h.repo.store.HashSize())
		if bad != nil { // its text is examined as a file, and its blobs are reported by id
			err = errors.Join(err, &Gap{Subject: h.repo.inGit(file), Err: bad})
			continue
		}
		for _, e := range x.entries {
			if credentials, ok := open[x.id(e)]; ok {
				a.stage(h.repo.at+string(x.path(e)), x.id(e), credentials, homed[x.id(e)])
			}
		}
	}
	return a, err
}

// unread reports whether an error is the system's, and not about what was read.
func unread(err error) bool {
	var errno syscall.Errno
	return errors.As(err, &errno)
}

// indexes returns the index files of the repository's working trees. No symbolic
// link is followed below the common directory. The error is about those that nobody
// can look for.
func (r *Repository) indexes() (files []string, err error) {
	dirs := []string{r.gitDir}
	if r.common != r.gitDir {
		dirs = append(dirs, r.common)
	}
	trees := filepath.Join(r.common, "worktrees")
	info, bad := os.Lstat(trees)
	if bad == nil && info.IsDir() {
		var entries []os.DirEntry
		entries, bad = os.ReadDir(trees)
		for _, e := range entries {
			if dir := filepath.Join(trees, e.Name()); e.IsDir() && dir != r.gitDir {
				dirs = append(dirs, dir)
			}
		}
	}
	if bad != nil && !absent(bad) {
		err = &Gap{Subject: r.inGit(trees), Err: plain(bad)}
	}
	for _, dir := range dirs {
		file := filepath.Join(dir, "index")
		info, bad := os.Lstat(file)
		switch {
		case bad == nil && info.Mode().IsRegular():
			files = append(files, file)
		case bad != nil && !absent(bad):
			err = errors.Join(err, &Gap{Subject: r.inGit(file), Err: plain(bad)})
		}
	}
	return files, err
}

// stage adds a blob of the index to an attribution.
// placed says that a tree has it as well.
func (a Attribution) stage(path string, blob object.ID, credentials []int, placed bool) {
	for _, c := range credentials {
		spans := a.Spans[c]
		i, known := slices.BinarySearchFunc(spans, path, func(s Span, path string) int { return strings.Compare(s.Path, path) })
		if !known {
			a.Spans[c] = slices.Insert(slices.Clip(spans), i, Span{Path: path, Blob: blob, Age: math.MaxInt, Refs: []string{indexRef}, staged: true, homeless: placed})
		}
	}
	a.Placed[blob] = true
}

// compressedNames is the version of an index that writes of each path only what
// differs from the one before, so that its text does not show the others.
const compressedNames = 4

// stagedNames yields the paths in indexes whose text does not show them.
func (r *Repository) stagedNames(shard report.Shard) iter.Seq2[Unit, error] {
	return func(yield func(Unit, error) bool) {
		files, err := r.indexes()
		if err != nil && !yield(nil, err) {
			return
		}
		for _, file := range files {
			if !shard.Has(r.inGit(file)) {
				continue
			}
			version, err := indexVersion(file)
			if err == nil && version != compressedNames {
				continue
			}
			var x *gitIndex
			if err == nil {
				x, err = readIndex(file, r.store.HashSize())
			}
			if err != nil {
				err = &Gap{Subject: r.inGit(file), Err: plain(err)}
			}
			if !yield(namesOf(r.inGit(file), x), err) {
				return
			}
		}
	}
}

// namesOf is the unit of the names in an index, nil if there is none.
func namesOf(file string, x *gitIndex) Unit {
	if x == nil {
		return nil
	}
	return blobs([]Blob{{Path: file, Content: x.names}})
}

// indexVersion returns the version of an index, 0 if it is none.
func indexVersion(file string) (int, error) {
	f, err := os.Open(file)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	var head [indexHead]byte
	if _, err := io.ReadFull(f, head[:]); unread(err) {
		return 0, err
	} else if err != nil || string(head[:4]) != "DIRC" {
		return 0, nil
	}
	return int(binary.BigEndian.Uint32(head[4:])), nil
}
