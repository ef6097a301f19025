package scan

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A sourceCase is one kind of Source. Opened anew it gives the same content each
// time; spoil damages one blob of at least three.
type sourceCase struct {
	name string
	make func(t *testing.T) (open func(t *testing.T) Source, spoil func(t *testing.T))
}

var sourceCases = []sourceCase{
	{"files", func(t *testing.T) (func(*testing.T) Source, func(*testing.T)) {
		var all []string
		for i := range 3 * batch {
			all = append(all, fmt.Sprintf("d%d/f%d", i%7, i), fmt.Sprintf("content %d", i))
		}
		dir := folderOf(t, all...)
		return func(t *testing.T) Source { return files(t, dir, ".") }, nil
	}},
	{"stream", func(t *testing.T) (func(*testing.T) Source, func(*testing.T)) {
		return func(t *testing.T) Source { return Stream{Name: "-", Reader: strings.NewReader("content")} }, nil
	}},
	{"history loose", func(t *testing.T) (func(*testing.T) Source, func(*testing.T)) {
		r := manyCommits(t)
		open := func(t *testing.T) Source { return r.open().History() }
		return open, func(t *testing.T) { spoilLoose(t, r, r.git("rev-parse", "HEAD:f7")) }
	}},
	{"history packed", func(t *testing.T) (func(*testing.T) Source, func(*testing.T)) {
		r := manyCommits(t)
		r.git("repack", "-q", "-adf")
		return func(t *testing.T) Source { return r.open().History() }, nil
	}},
	{"git files", func(t *testing.T) (func(*testing.T) Source, func(*testing.T)) {
		r := manyCommits(t)
		return func(t *testing.T) Source {
			f, err := r.open().GitFiles()
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { f.Close() })
			return f
		}, nil
	}},
	{"staged", func(t *testing.T) (func(*testing.T) Source, func(*testing.T)) {
		r := manyCommits(t)
		for i := range 3 * rangeBatch {
			r.write(fmt.Sprintf("s%d", i), fmt.Sprintf("staged %d", i))
		}
		r.git("add", ".")
		open := func(t *testing.T) Source {
			s, err := r.open().Staged(StagedOptions{})
			if err != nil {
				t.Fatal(err)
			}
			return s
		}
		return open, func(t *testing.T) { spoilLoose(t, r, r.git("rev-parse", ":s7")) }
	}},
	{"range", func(t *testing.T) (func(*testing.T) Source, func(*testing.T)) {
		r := manyCommits(t)
		open := func(t *testing.T) Source {
			s, err := r.open().Range("HEAD~15..HEAD")
			if err != nil {
				t.Fatal(err)
			}
			return s
		}
		return open, func(t *testing.T) { spoilLoose(t, r, r.git("rev-parse", "HEAD:f17")) }
	}},
}

// manyCommits makes a history of 18 commits, in loose objects, and a working tree.
func manyCommits(t *testing.T) *repo {
	r := newRepo(t)
	var steps []step
	files := map[string]string{}
	for i := range 18 {
		files[fmt.Sprintf("f%d", i)] = fmt.Sprintf("content %d", i)
		files["dir/same"] = fmt.Sprintf("changed in %d", i)
		s := step{name: "main", files: maps.Clone(files)}
		if i > 0 {
			s.parents = []string{"main"}
		}
		steps = append(steps, s)
	}
	r.draw(steps...)
	r.git("reset", "-q", "--hard")
	return r
}

// spoilLoose damages a loose object.
func spoilLoose(t *testing.T, r *repo, id string) {
	t.Helper()
	name := filepath.Join(r.dir, ".git/objects", id[:2], id[2:])
	if err := errors.Join(os.Chmod(name, 0o666), os.WriteFile(name, []byte("x"), 0o666)); err != nil {
		t.Fatal(err)
	}
}

// contents reads a source and returns what it yields, in order, and its gaps.
func contents(ctx context.Context, s Source) (all []string, gaps []error) {
	for unit, err := range s.Units(ctx) {
		if err != nil {
			gaps = append(gaps, err)
			continue
		}
		more, bad := unitContents(unit)
		all, gaps = append(all, more...), append(gaps, bad...)
	}
	return all, gaps
}

func unitContents(unit Unit) (all []string, gaps []error) {
	for b, err := range unit() {
		if err != nil {
			gaps = append(gaps, err)
			continue
		}
		all = append(all, fmt.Sprintf("%s %s %q %s", b.Type, b.ID, b.Path, b.Content))
	}
	return all, gaps
}

func TestSources(t *testing.T) {
	for _, c := range sourceCases {
		t.Run(c.name, func(t *testing.T) {
			open, spoil := c.make(t)
			whole, gaps := contents(t.Context(), open(t))
			if len(whole) == 0 || len(gaps) > 0 {
				t.Fatalf("%d blobs, gaps %v", len(whole), gaps)
			}
			t.Run("each once", func(t *testing.T) { eachOnce(t, whole) })
			t.Run("fixed order", func(t *testing.T) {
				if again, _ := contents(t.Context(), open(t)); !slices.Equal(whole, again) {
					t.Error(cmp.Diff(whole, again))
				}
			})
			t.Run("side by side", func(t *testing.T) { sideBySide(t, open(t), whole) })
			t.Run("stops", func(t *testing.T) { stops(t, open(t)) })
			if spoil != nil {
				t.Run("one bad blob", func(t *testing.T) { oneBad(t, open, spoil, whole) })
			}
		})
	}
}

// eachOnce checks that no object or path comes twice.
func eachOnce(t *testing.T, whole []string) {
	seen := map[string]bool{}
	for _, b := range whole {
		if seen[b] {
			t.Errorf("twice: %s", b)
		}
		seen[b] = true
	}
}

// sideBySide reads all units at the same time.
func sideBySide(t *testing.T, s Source, whole []string) {
	var parts [][]string
	var wg sync.WaitGroup
	var units []Unit
	for u, err := range s.Units(t.Context()) {
		if err == nil {
			units = append(units, u)
		}
	}
	parts = make([][]string, len(units))
	for i, u := range units {
		wg.Go(func() { parts[i], _ = unitContents(u) })
	}
	wg.Wait()
	if got := slices.Concat(parts...); !slices.Equal(got, whole) {
		t.Error(cmp.Diff(whole, got))
	}
}

// stops breaks off everywhere a source can be broken off.
func stops(t *testing.T, s Source) {
	done, cancel := context.WithCancel(t.Context())
	cancel()
	for u, err := range s.Units(done) {
		if err == nil && u != nil {
			for range u() {
				break
			}
		}
		break
	}
	if summary, err := Run(done, []Source{s}, builtin(), &record{}, Options{Workers: 2}); err != nil || !summary.Interrupted {
		t.Errorf("summary %+v, error %v", summary, err)
	}
}

// oneBad checks that a damaged blob becomes one gap, and that the others come all
// the same.
func oneBad(t *testing.T, open func(*testing.T) Source, spoil func(*testing.T), whole []string) {
	spoil(t)
	rest, gaps := contents(t.Context(), open(t))
	if len(gaps) != 1 || len(rest) != len(whole)-1 {
		t.Fatalf("%d of %d blobs, gaps %v", len(rest), len(whole), gaps)
	}
	var g *Gap
	if !errors.As(gaps[0], &g) || g.Subject == "" {
		t.Errorf("gap %v has no subject", gaps[0])
	}
	for _, b := range rest {
		if !slices.Contains(whole, b) {
			t.Errorf("new: %s", b)
		}
	}
}

// A file that vanishes between the listing of its folder and its turn costs
// itself.
func TestFilesVanish(t *testing.T) {
	dir := folderOf(t, "a", "a", "b", token(t, 1), "c", token(t, 2), "sub/d", token(t, 3))
	s := files(t, dir, ".")
	f := vanishing{s, func() {
		for _, name := range []string{"b", "sub"} {
			if err := os.RemoveAll(filepath.Join(dir, name)); err != nil {
				t.Fatal(err)
			}
		}
	}}
	got := run(t, Options{}, f)
	got.noticed(t, "b", "no such file")
	got.noticed(t, "sub/d", "no such file")
	if want := []string{"c:1:1"}; !slices.Equal(got.places(), want) || got.summary.NotExamined != 2 {
		t.Errorf("found %v, want %v; %+v", got.places(), want, got.summary)
	}
}

// vanishing calls remove when a source was listed, before its units are read.
type vanishing struct {
	Source
	remove func()
}

func (v vanishing) Units(ctx context.Context) iter.Seq2[Unit, error] {
	return func(yield func(Unit, error) bool) {
		for u, err := range v.Source.Units(ctx) {
			v.remove()
			if !yield(u, err) {
				return
			}
		}
	}
}

// An object that does not fit its id is a gap, and is examined all the same.
func TestRangeMismatch(t *testing.T) {
	r := newRepo(t)
	r.commit("a", "harmless")
	r.commit("b", "harmless too")
	id := r.git("rev-parse", "HEAD:b")
	other := r.feed(token(t, 1), "hash-object", "-w", "--stdin")
	from := filepath.Join(r.dir, ".git/objects", other[:2], other[2:])
	to := filepath.Join(r.dir, ".git/objects", id[:2], id[2:])
	if err := errors.Join(os.Chmod(to, 0o666), os.Rename(from, to)); err != nil {
		t.Fatal(err)
	}
	s, err := r.open().Range("HEAD~1..HEAD")
	if err != nil {
		t.Fatal(err)
	}
	got := run(t, Options{}, s)
	got.noticed(t, id, "does not match")
	if want := []string{"b:1:1"}; !slices.Equal(got.places(), want) {
		t.Errorf("found %v, want %v", got.places(), want)
	}
}
