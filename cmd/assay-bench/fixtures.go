package main

import (
	"archive/tar"
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// The fixtures of go-git are packs that others made, with real projects in the
// large ones. A repository below fixtureMinimum is left out: there a run
// measures how a program starts, not how it reads.
const (
	fixturesModule  = "github.com/go-git/go-git-fixtures/v5"
	fixturesVersion = "v5.1.1"
	fixtureMinimum  = 1 << 20 // bytes of packs
)

// buildFixtures unpacks the large fixtures into bare repositories below dir.
func buildFixtures(ctx context.Context, b *bench, dir string) error {
	mods, err := fetch(ctx, filepath.Join(b.cache, "mod"), fixturesModule, fixturesVersion)
	if err != nil {
		return err
	}
	data := filepath.Join(mods[0].Dir, "data")
	entries, err := os.ReadDir(data)
	if err != nil {
		return err
	}
	for _, e := range entries {
		info, err := e.Info()
		if err != nil {
			return err
		}
		name, ext := e.Name(), filepath.Ext(e.Name())
		if info.Size() < fixtureMinimum || ext != ".pack" && ext != ".tgz" {
			continue
		}
		repo := filepath.Join(dir, strings.TrimSuffix(name, ext)[:12]+".git")
		if err := unpackFixture(ctx, filepath.Join(data, name), repo); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

func unpackFixture(ctx context.Context, file, repo string) error {
	if err := initBare(ctx, repo); err != nil {
		return err
	}
	if filepath.Ext(file) == ".tgz" {
		if err := unpackArchive(file, repo); err != nil {
			return err
		}
	} else if err := copyPack(ctx, file, repo); err != nil {
		return err
	}
	return nameTips(ctx, repo)
}

// copyPack puts a pack and its index into a repository; Git makes the index
// where none is shipped.
func copyPack(ctx context.Context, pack, repo string) error {
	to := filepath.Join(repo, "objects", "pack", filepath.Base(pack))
	if err := copyFile(pack, to); err != nil {
		return err
	}
	idx := strings.TrimSuffix(pack, ".pack") + ".idx"
	err := copyFile(idx, strings.TrimSuffix(to, ".pack")+".idx")
	if errors.Is(err, fs.ErrNotExist) {
		_, err = gitIn(repo, "index-pack", to).run(ctx)
	}
	return err
}

func copyFile(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	return writeFile(to, in)
}

func writeFile(to string, in io.Reader) error {
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return err
	}
	out, err := os.Create(to)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}

// unpackArchive takes the objects out of an archived repository, and nothing
// else: no configuration, no hook.
func unpackArchive(file, repo string) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		return err
	}
	for r := tar.NewReader(z); ; {
		h, err := r.Next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if name := objectPath(h.Name); h.Typeflag == tar.TypeReg && name != "" {
			if err := writeFile(filepath.Join(repo, name), r); err != nil {
				return err
			}
		}
	}
}

// objectPath is the path of a file of the object store inside a repository, or
// empty for another file.
func objectPath(name string) string {
	name = filepath.ToSlash(filepath.Clean("/" + name))
	name = strings.TrimPrefix(strings.TrimPrefix(name, "/"), ".git/")
	if !strings.HasPrefix(name, "objects/") {
		return ""
	}
	return filepath.FromSlash(name)
}

// nameTips gives every commit that is no parent of another a branch, because
// the peers read only what a ref reaches.
func nameTips(ctx context.Context, repo string) error {
	commits, err := listCommits(ctx, repo)
	if err != nil {
		return err
	}
	c := gitIn(repo, "rev-list", "--no-walk=unsorted", "--parents", "--stdin")
	c.stdin = bytes.NewReader(commits)
	out, err := c.output(ctx)
	if err != nil {
		return err
	}
	var refs bytes.Buffer
	for i, id := range tips(string(out)) {
		fmt.Fprintf(&refs, "create refs/heads/tip-%d %s\n", i, id)
	}
	c = gitIn(repo, "update-ref", "--stdin")
	c.stdin = &refs
	if _, err := c.run(ctx); err != nil {
		return err
	}
	_, err = gitIn(repo, "symbolic-ref", "HEAD", "refs/heads/tip-0").run(ctx)
	return err
}

// listCommits is the ids of all commits of the store, one a line.
func listCommits(ctx context.Context, repo string) ([]byte, error) {
	out, err := gitIn(repo, "cat-file", "--batch-all-objects", "--batch-check=%(objecttype) %(objectname)").output(ctx)
	var commits bytes.Buffer
	for lines := bufio.NewScanner(bytes.NewReader(out)); lines.Scan(); {
		if id, ok := strings.CutPrefix(lines.Text(), "commit "); ok {
			commits.WriteString(id + "\n")
		}
	}
	return commits.Bytes(), err
}

// tips returns, sorted, the commits of lines "commit parent..." that are no
// parent themselves.
func tips(lines string) []string {
	parent := map[string]bool{}
	var all []string
	for line := range strings.Lines(lines) {
		ids := strings.Fields(line)
		if len(ids) == 0 {
			continue
		}
		all = append(all, ids[0])
		for _, p := range ids[1:] {
			parent[p] = true
		}
	}
	all = slices.DeleteFunc(all, func(id string) bool { return parent[id] })
	slices.Sort(all)
	return all
}
