package scan

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"testing"
)

// faultFolder makes a folder with files in folders, archives in an archive, and
// UTF-16.
func faultFolder(t *testing.T) string {
	t.Helper()
	inner, outer := &bytes.Buffer{}, &bytes.Buffer{}
	for _, z := range []struct {
		to            io.Writer
		name, content string
	}{{inner, "in.env", "key=" + token(t, 1) + "\n"}, {outer, "inner.zip", ""}} {
		w := zip.NewWriter(z.to)
		f, err := w.Create(z.name)
		if err != nil {
			t.Fatal(err)
		}
		if z.content == "" {
			z.content = inner.String()
		}
		if _, err := io.WriteString(f, z.content); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
	}
	dir := folderOf(t, "in/a", "key = "+token(t, 2), "in/sub/b", "key = "+token(t, 3), "in/c.zip", outer.String(), "in/empty", "", "out/a.jsonl", "old\n")
	return dir
}

// faultRepository makes a repository with objects in a pack, as deltas, and loose, a
// submodule's worth of files beside them, and something staged.
func faultRepository(t *testing.T) string {
	r := newRepo(t)
	var lines strings.Builder
	for i := range 200 {
		fmt.Fprintf(&lines, "line %d of a file that does not compress to nothing %x\n", i, i*i*7919)
	}
	r.commit("big", lines.String(), "a", "key = "+token(t, 1)+"\n")
	r.commit("big", lines.String()+"key = "+token(t, 2)+"\n", "a", "gone\n")
	r.git("tag", "-a", "-m", "a tag", "v1")
	r.git("repack", "-q", "-adf")
	r.git("pack-refs", "--all")
	r.commit("c", "key = "+token(t, 3)+"\n")
	r.commit("c", "key = "+token(t, 4)+"\n")
	r.write("staged", "key = "+token(t, 5)+"\n")
	r.git("add", "staged")
	return filepath.Dir(r.dir)
}

// openSources opens what a case scans, and says how it is closed.
type openSources func(closes *[]func() error) ([]Source, error)

func openFaultFolder(dir string) openSources {
	return func(closes *[]func() error) ([]Source, error) {
		f, err := NewFiles(dir+"/in", ".", nil)
		if err != nil {
			return nil, err
		}
		*closes = append(*closes, f.Close)
		return []Source{f}, nil
	}
}

// openFaultRepository opens a repository as the program does, with a state if that
// has a name.
func openFaultRepository(dir, state string) openSources {
	dir += "/repo"
	return func(closes *[]func() error) ([]Source, error) {
		r, err := OpenRepository(dir, builtin())
		if err != nil {
			return nil, err
		}
		*closes = append(*closes, r.Close)
		files, err := NewFiles(dir, ".", nil)
		if err != nil {
			return nil, err
		}
		*closes = append(*closes, files.Close)
		own, err := r.GitFiles()
		if err != nil {
			return nil, err
		}
		*closes = append(*closes, own.Close)
		history := r.History()
		if state != "" {
			history.Remember(NewState(state, "test"))
		}
		return []Source{files, history, own}, nil
	}
}

func openFaultStaged(dir string) openSources {
	dir += "/repo"
	return func(closes *[]func() error) ([]Source, error) {
		r, err := OpenStaged(func(string) string { return "" }, dir, builtin())
		if err != nil {
			return nil, err
		}
		*closes = append(*closes, r.Close)
		s, err := r.Staged(StagedOptions{})
		return []Source{s}, err
	}
}

func openFaultRange(dir string) openSources {
	dir += "/repo"
	return func(closes *[]func() error) ([]Source, error) {
		r, err := OpenRepository(dir, builtin())
		if err != nil {
			return nil, err
		}
		*closes = append(*closes, r.Close)
		s, err := r.Range("HEAD~2..HEAD")
		return []Source{s}, err
	}
}
