package main

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/assayhq/assay/report"
	"github.com/assayhq/assay/rules"
	"github.com/assayhq/assay/scan"
)

// targets is what a run examines, in the order of the command line.
type targets struct {
	name   string // for the report's head
	list   []target
	closes []func() error
	states []namedState
	set    *rules.Set
	skip   map[string]bool // absolute paths of files that the run itself writes

	shard   report.Shard  // to which belongs what is examined
	layout  hash.Hash     // of the repositories of a shard
	hygiene *scan.Hygiene // is told which files there are; nil: nobody is
}

// A target is sources that are examined and reported together.
type target []scan.Source

func (t *targets) close() {
	for _, c := range slices.Backward(t.closes) {
		c() // nothing was written through them
	}
}

// ignore leaves out the named files, which this run writes.
func (t *targets) ignore(names []string) {
	for _, n := range names {
		if abs, err := filepath.Abs(n); err == nil {
			t.skip[abs] = true
		}
	}
}

// targets opens what paths name.
func (a *app) targets(f *scanFlags, paths []string, set *rules.Set, hygiene *scan.Hygiene, shard report.Shard) (*targets, error) {
	t := &targets{name: strings.Join(paths, " "), set: set, skip: map[string]bool{}, hygiene: hygiene, shard: shard, layout: sha256.New()}
	var loose []scan.Source // files and folders outside repositories share one report
	excluded := t.excluder(f, ".")
	for _, path := range paths {
		if f.listed && excluded(filepath.ToSlash(filepath.Clean(path)), false) {
			continue
		}
		if err := a.target(t, &loose, f, path, set); err != nil {
			t.close()
			return nil, err
		}
	}
	if len(t.list) == 0 {
		limitMemory(min(filesLimit, f.memory.soft()))
	}
	if len(loose) > 0 {
		t.list = append(t.list, loose)
	}
	return t, nil
}

// target opens one path.
func (a *app) target(t *targets, loose *[]scan.Source, f *scanFlags, path string, set *rules.Set) error {
	if path == "-" {
		*loose = append(*loose, scan.Stream{Name: "-", Reader: a.stdin})
		return nil
	}
	info, err := os.Stat(path)
	if err != nil {
		return withHint(fmt.Errorf("%s: %w", path, pathless(err)), "check the path; - reads standard input")
	}
	repo, err := a.repository(f, path, info, set)
	switch {
	case err == nil:
	case !errors.Is(err, scan.ErrNoRepository):
		return fmt.Errorf("%s: %w", path, err)
	case f.staged || f.push != nil || f.commits != "" || f.historyOnly:
		return withHint(fmt.Errorf("%s: %w", path, err), "--staged, --range and --history-only need the root of a Git repository")
	}
	if err == nil {
		t.closes = append(t.closes, repo.Close)
		return a.repositoryTarget(t, f, path, repo)
	}
	files, err := t.files(f, path, info)
	if err == nil && !f.noHistory {
		files.WithNested(set, f.memory.bytes())
	}
	*loose = append(*loose, files)
	return err
}

// repository opens the repository that path is the root of. Hooks of Git say in
// the environment where it lies.
func (a *app) repository(f *scanFlags, path string, info fs.FileInfo, set *rules.Set) (*scan.Repository, error) {
	switch {
	case !info.IsDir(), f.noHistory:
		return nil, scan.ErrNoRepository
	case f.staged:
		return scan.OpenStaged(a.getenv, path, set)
	case f.push != nil:
		return scan.OpenHooked(a.getenv, path, set)
	}
	return scan.OpenRepository(path, set)
}

func (a *app) repositoryTarget(t *targets, f *scanFlags, path string, repo *scan.Repository) error {
	repo.LimitMemory(f.memory.bytes())
	switch {
	case f.staged:
		staged, err := repo.Staged(scan.StagedOptions{
			Getenv: a.getenv, Merged: f.merged, Exclude: t.excluder(f, ""), Fresh: t.freshlyStaged(),
		})
		if err != nil {
			return err
		}
		t.list = append(t.list, target{staged})
		return nil
	case f.push != nil:
		incoming, err := f.push.source(repo)
		if err != nil {
			return err
		}
		t.list = append(t.list, target{incoming})
		return nil
	case f.commits != "":
		commits, err := repo.Range(f.commits)
		if err != nil {
			return err
		}
		t.list = append(t.list, target{commits})
		return nil
	}
	var one target
	if repo.Worktree != "" && !f.historyOnly {
		files, err := t.open(f, path, ".")
		if err != nil {
			return err
		}
		files.WithNested(t.set, f.memory.bytes())
		one = append(one, files)
	}
	modules := repo.Modules()
	for _, m := range modules {
		t.closes = append(t.closes, m.Close)
	}
	own, err := repo.GitFiles()
	if err != nil {
		return err
	}
	t.closes = append(t.closes, own.Close)
	own.Only(t.shard)
	for _, r := range append([]*scan.Repository{repo}, modules...) {
		if err := t.lay(r); err != nil {
			return err
		}
		history := r.History()
		history.Only(t.shard)
		if err := a.remember(t, &f.state, r, history); err != nil {
			return err
		}
		one = append(one, history)
	}
	one = append(one, own)
	apart, err := repo.WorktreeFiles()
	if err != nil {
		return err
	}
	if apart != nil {
		t.closes = append(t.closes, apart.Close)
		apart.Only(t.shard)
		one = append(one, apart)
	}
	t.list = append(t.list, one)
	return nil
}

// files opens a file or folder that is no repository. Paths below the current
// folder are reported as they were given, so that they can be clicked on; others
// relative to what was named.
func (t *targets) files(f *scanFlags, path string, info fs.FileInfo) (*scan.Files, error) {
	link, err := os.Lstat(path)
	if err != nil {
		return nil, err
	}
	if filepath.IsLocal(path) && link.Mode()&fs.ModeSymlink == 0 {
		return t.open(f, ".", filepath.ToSlash(filepath.Clean(path)))
	}
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real // the user named it: this one link is followed
	}
	if info.IsDir() {
		return t.open(f, path, ".")
	}
	return t.open(f, filepath.Dir(path), filepath.Base(path))
}

func (t *targets) open(f *scanFlags, root, start string) (*scan.Files, error) {
	files, err := scan.NewFiles(root, start, t.watched(t.excluder(f, root), root))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", root, pathless(err))
	}
	t.closes = append(t.closes, files.Close)
	files.Only(t.shard)
	return files, nil
}

// excluder returns the test for paths, relative to root, that are left out.
func (t *targets) excluder(f *scanFlags, root string) func(path string, folder bool) bool {
	excluded := excludes(f.exclude)
	abs, err := filepath.Abs(root)
	return func(path string, folder bool) bool {
		if err == nil && len(t.skip) > 0 && t.skip[filepath.Join(abs, filepath.FromSlash(path))] {
			return true
		}
		return excluded(path, folder)
	}
}

// excludes returns the test for paths that gitignore patterns leave out.
func excludes(list []string) func(path string, folder bool) bool {
	return scan.ParsePatterns(strings.Join(list, "\n"), "").Match
}

// watched returns exclude that tells the paths of the files in root that it leaves
// in.
func (t *targets) watched(exclude func(string, bool) bool, root string) func(string, bool) bool {
	if t.hygiene == nil {
		return exclude
	}
	see := t.hygiene.Folder(root)
	return func(path string, folder bool) bool {
		if exclude(path, folder) {
			return true
		}
		if !folder && t.shard.Has(path) {
			see(path)
		}
		return false
	}
}

// freshlyStaged returns what is to be told the paths of files that are new.
func (t *targets) freshlyStaged() func(path string) {
	if t.hygiene == nil {
		return nil
	}
	return t.hygiene.Staged()
}
