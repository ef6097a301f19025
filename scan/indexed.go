package scan

import (
	"encoding/binary"
	"io"
	"iter"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/assayhq/assay/scan/object"
)

// indexRef is what the refs of a Span name for what only the index holds.
const indexRef = "index"

// indexed adds to an attribution where the index has the blobs that no commit
// holds: those that were staged, and not committed or not yet. It is not part of
// what a State remembers, for the index changes with every git add.
func indexed(s Source, a Attribution, held []Held) Attribution {
	h, ok := s.(*History)
	if !ok || a.Placed == nil {
		return a
	}
	open := map[object.ID][]int{}
	for _, o := range held {
		if o.Type == object.Blob && !a.Placed[o.ID] {
			open[o.ID] = o.Credentials
		}
	}
	if len(open) == 0 {
		return a
	}
	for _, file := range h.repo.indexes() {
		x, err := readIndex(file, h.repo.store.HashSize())
		if err != nil {
			continue // its text is examined as a file, and its blobs are reported by id
		}
		for _, e := range x.entries {
			if credentials, ok := open[x.id(e)]; ok {
				a.stage(h.repo.at+x.path(e), x.id(e), credentials)
			}
		}
	}
	return a
}

// indexes returns the index files of the repository's working trees. No symbolic
// link is followed below the common directory.
func (r *Repository) indexes() (files []string) {
	dirs := []string{r.gitDir}
	if r.common != r.gitDir {
		dirs = append(dirs, r.common)
	}
	trees := filepath.Join(r.common, "worktrees")
	if info, err := os.Lstat(trees); err == nil && info.IsDir() {
		entries, _ := os.ReadDir(trees) // the refs' gaps tell if it cannot be read
		for _, e := range entries {
			if dir := filepath.Join(trees, e.Name()); e.IsDir() && dir != r.gitDir {
				dirs = append(dirs, dir)
			}
		}
	}
	for _, dir := range dirs {
		file := filepath.Join(dir, "index")
		if info, err := os.Lstat(file); err == nil && info.Mode().IsRegular() {
			files = append(files, file)
		}
	}
	return files
}

// stage adds a blob of the index to an attribution.
func (a Attribution) stage(path string, blob object.ID, credentials []int) {
	for _, c := range credentials {
		spans := a.Spans[c]
		i, known := slices.BinarySearchFunc(spans, path, func(s Span, path string) int { return strings.Compare(s.Path, path) })
		if !known {
			a.Spans[c] = slices.Insert(slices.Clip(spans), i, Span{Path: path, Blob: blob, Age: math.MaxInt, Refs: []string{indexRef}})
		}
	}
	a.Placed[blob] = true
}

// compressedNames is the version of an index that writes of each path only what
// differs from the one before, so that its text does not show the others.
const compressedNames = 4

// stagedNames yields the paths in indexes whose text does not show them.
func (r *Repository) stagedNames() iter.Seq2[Unit, error] {
	return func(yield func(Unit, error) bool) {
		for _, file := range r.indexes() {
			if indexVersion(file) != compressedNames {
				continue
			}
			var unit Unit
			x, err := readIndex(file, r.store.HashSize())
			if err != nil {
				err = &Gap{Subject: r.inGit(file), Err: err}
			} else {
				unit = blobs([]Blob{{Path: r.inGit(file), Content: []byte(x.names)}})
			}
			if !yield(unit, err) {
				return
			}
		}
	}
}

// indexVersion returns the version of an index, 0 if it is none.
func indexVersion(file string) int {
	f, err := os.Open(file)
	if err != nil {
		return 0
	}
	defer f.Close()
	var head [indexHead]byte
	if _, err := io.ReadFull(f, head[:]); err != nil || string(head[:4]) != "DIRC" {
		return 0
	}
	return int(binary.BigEndian.Uint32(head[4:]))
}
