package scan

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/assayhq/assay/scan/object"
)

// slowlyStaged is what Staged has to say: every entry of the index whose object is
// none of those that HEAD and what is merged have under the same path, and those
// objects. It is found without cached trees.
func slowlyStaged(r *repo) []string {
	parents := []map[string]string{{}}
	if r.try("rev-parse", "-q", "--verify", "HEAD") != "" {
		parents[0] = r.files("HEAD")
	}
	if merged := r.try("rev-parse", "-q", "--verify", "MERGE_HEAD"); merged != "" && merged != r.try("rev-parse", "HEAD") {
		parents = append(parents, r.files(merged))
	}
	announced := map[string]bool{}
	for _, path := range nul(r.git("diff", "--name-only", "--diff-filter=A", "-z", "--ita-invisible-in-index")) {
		announced[path] = true
	}
	var all []string
	for _, e := range nul(r.git("ls-files", "-s", "-z")) {
		about, path, _ := strings.Cut(e, "\t")
		f := strings.Fields(about)
		line, had := path+" "+f[1], false
		for _, files := range parents {
			if had = had || files[path] == f[1]; files[path] != "" {
				line += " " + files[path]
			}
		}
		if f[0] != "160000" && !had && !announced[path] {
			all = append(all, line)
		}
	}
	return all
}

// files returns the objects of a commit by path.
func (r *repo) files(commit string) map[string]string {
	all := map[string]string{}
	for _, e := range nul(r.git("ls-tree", "-r", "-z", commit)) {
		about, path, _ := strings.Cut(e, "\t")
		all[path] = strings.Fields(about)[2]
	}
	return all
}

func nul(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return r == 0 })
}

// quicklyStaged is what Staged says, of a repository opened as a hook does.
func quicklyStaged(t testing.TB, r *repo) []string {
	t.Helper()
	opened, err := FindRepository(r.dir, builtin())
	if err != nil {
		t.Fatal(err)
	}
	defer opened.Close()
	s, err := opened.Staged(StagedOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, g := range s.gaps {
		t.Error(g)
	}
	var all []string
	for _, e := range s.entries {
		line := e.path + " " + e.id.String()
		for _, before := range e.before {
			line += " " + before.String()
		}
		all = append(all, line)
	}
	return all
}

// An indexChange is something that people do to an index or to HEAD.
type indexChange func(t *rapid.T, r *repo)

// stagedPaths hold folders beside files whose names sort before and after theirs.
var stagedPaths = []string{"a", "a.b/c", "a/b/c", "a/b/d", "a/b-c", "a/b.d/e", "a-b", "ab/c", "ab/c/d", "b", "b/c", "z/y/x/w", "z/y/x/v", "z/y.x"}

var indexChanges = map[string]indexChange{
	"add": func(t *rapid.T, r *repo) {
		path := rapid.SampledFrom(stagedPaths).Draw(t, "path")
		for at := path; at != "."; at = filepath.Dir(at) { // a file where a folder is wanted
			if info, err := os.Lstat(filepath.Join(r.dir, at)); err == nil && (at == path) == info.IsDir() {
				if err := os.RemoveAll(filepath.Join(r.dir, at)); err != nil {
					t.Fatal(err)
				}
			}
		}
		r.write(path, rapid.SampledFrom([]string{"1", "2", "3"}).Draw(t, "content"))
		r.git("add", "-A", ".")
	},
	"remove": func(t *rapid.T, r *repo) {
		r.git("rm", "-r", "-q", "-f", "--ignore-unmatch", "--", rapid.SampledFrom([]string{"a", "a/b", "b", "z/y", "a.b"}).Draw(t, "path"))
	},
	"announce": func(t *rapid.T, r *repo) {
		name := rapid.SampledFrom([]string{"new", "n/ew"}).Draw(t, "name")
		r.write(name, "later")
		r.git("add", "-N", "--", name)
	},
	"merge": func(_ *rapid.T, r *repo) { // of a branch that has what is staged now
		if tree := r.try("write-tree"); tree != "" {
			r.write(".git/MERGE_HEAD", r.git("commit-tree", "-m", "x", tree)+"\n")
		}
	},
	"commit":     func(_ *rapid.T, r *repo) { r.git("commit", "-q", "--allow-empty", "-m", "x") },
	"write-tree": func(_ *rapid.T, r *repo) { r.try("write-tree") }, // all trees are remembered
	"reset":      func(_ *rapid.T, r *repo) { r.try("reset", "-q", "--soft", "HEAD~1") },
	"read-tree":  func(_ *rapid.T, r *repo) { r.try("read-tree", "HEAD~1") },
	"version": func(t *rapid.T, r *repo) {
		r.git("update-index", "--force-write-index", "--index-version", rapid.SampledFrom([]string{"2", "3", "4"}).Draw(t, "version"))
	},
	"pack":      func(_ *rapid.T, r *repo) { r.git("repack", "-a", "-d", "-q") },
	"pack refs": func(_ *rapid.T, r *repo) { r.git("pack-refs", "--all") },
	"detach":    func(_ *rapid.T, r *repo) { r.try("checkout", "-q", "--detach") },
}

// Whatever was done to the index, what is staged is what a look at every tree finds.
func TestStagedAsSlowly(t *testing.T) {
	names := slices.Sorted(maps.Keys(indexChanges))
	rapid.Check(t, func(rt *rapid.T) {
		r := newRepo(t)
		for i := range rapid.IntRange(1, 8).Draw(rt, "first") {
			r.write(stagedPaths[(i*5)%len(stagedPaths)]+"-first", fmt.Sprint(i))
		}
		r.git("add", ".")
		for range rapid.IntRange(1, 8).Draw(rt, "steps") {
			indexChanges[rapid.SampledFrom(names).Draw(rt, "change")](rt, r)
			if got, want := quicklyStaged(t, r), slowlyStaged(r); !slices.Equal(got, want) {
				rt.Fatalf("staged:\n%q\nwant\n%q", got, want)
			}
		}
	})
}

// While a merge is concluded only what no parent has is staged, and what all of them
// have there stood before.
func TestStagedMerging(t *testing.T) {
	r := newRepo(t)
	r.commit("a", "1", "d/b", "1", "d/c", "1", "e/f", "1")
	r.write("a", "2")
	r.write("d/b", "2")
	r.write("d/new", "2")
	r.git("add", ".")
	merged := r.git("commit-tree", "-m", "x", r.git("write-tree"))
	r.write("a", "3")
	r.write("d/c", "3")
	r.git("add", ".")
	staged := func() []string { return quicklyStaged(t, r) }
	if got := staged(); len(got) != 4 {
		t.Errorf("without a merge: %q", got)
	}
	r.write(".git/MERGE_HEAD", merged+"\n")
	one, two, three := r.git("rev-parse", "HEAD:a"), r.git("rev-parse", merged+":a"), r.git("rev-parse", ":a")
	want := []string{"a " + three + " " + one + " " + two, "d/c " + three + " " + one + " " + one}
	if got := staged(); !slices.Equal(got, want) || !slices.Equal(got, slowlyStaged(r)) {
		t.Errorf("staged: %q, want %q", got, want)
	}
}

// A folder that a sparse index holds as one entry is compared as a tree, however
// deep it lies.
func TestStagedSparse(t *testing.T) {
	r := newRepo(t)
	r.commit("a/b/c", "1", "a/b/d/e", "1", "a/f/g", "1", "h/i", "1")
	r.git("config", "core.sparseCheckoutCone", "true")
	r.git("sparse-checkout", "set", "--cone", "--sparse-index", "a/f")
	r.write("a/f/g", "2")
	r.git("add", "a/f/g")
	if list := r.git("ls-files", "--sparse"); !strings.Contains(list, "a/b/\n") {
		t.Skipf("this Git keeps no folder in the index: %s", list)
	}
	if got := quicklyStaged(t, r); len(got) != 1 || !strings.HasPrefix(got[0], "a/f/g ") {
		t.Errorf("staged: %q", got)
	}
	r.git("read-tree", "--empty") // what was committed is not there any more, and nothing new is
	if got := quicklyStaged(t, r); len(got) != 0 {
		t.Errorf("staged: %q", got)
	}
}

// What the index claims about folders is not believed against its entries.
func TestRememberedWrongly(t *testing.T) {
	x, err := readIndex(filepath.Join(indexRepository(t, "2", "sha1"), ".git/index"), 20)
	if err != nil {
		t.Fatal(err)
	}
	dir := slices.IndexFunc(x.entries, func(e indexEntry) bool { return x.under(e, "dir/") })
	for n, want := range map[int]bool{-1: false, 0: false, 1: false, 2: true, 3: false, 1000: false} {
		if got := x.spans(x.entries[dir:], n, "dir/"); got != want {
			t.Errorf("%d entries are all of dir: %v", n, got)
		}
	}
}

// Folders deeper than any may be are examined as if HEAD did not have them.
func TestStagedTooDeep(t *testing.T) {
	r := newRepo(t)
	r.commit("a/b", "1")
	opened := r.open()
	x, err := readIndex(filepath.Join(r.dir, ".git/index"), 20)
	if err != nil {
		t.Fatal(err)
	}
	c := comparison{Staged: &Staged{repo: opened}, index: x}
	c.compare(x.entries, nil, object.ID{}, "", maxDepth+1)
	if len(c.found) != 1 || c.found[0].path != "a/b" {
		t.Errorf("staged: %v", c.found)
	}
}

// FuzzCachedTrees feeds any bytes; what is read must name folders of the data.
func FuzzCachedTrees(f *testing.F) {
	id := strings.Repeat("i", 20)
	for _, seed := range []string{
		"\x005 0\n" + id, "\x00-1 2\na\x001 0\n" + id + "bb\x00-1 0\n", "\x003 1\n" + id + "a\x003 0\n" + id, "\x009999999999 99\n" + id, "\x00-1 -1\n", "",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		nodes := 0
		var count func(*cachedTree)
		count = func(c *cachedTree) {
			nodes++
			for _, sub := range c.children {
				count(sub)
			}
		}
		if c := readCachedTrees(data, 20); c != nil {
			count(c)
			c.child([]byte("a"))
		}
		if nodes > len(data) {
			t.Errorf("%d trees in %d bytes", nodes, len(data))
		}
	})
}

// try runs git and returns "" where it fails.
func (r *repo) try(args ...string) string {
	out, err := r.command("", args...).Output()
	if err != nil {
		return ""
	}
	return strings.TrimSuffix(string(out), "\n")
}

// What a hook says of other object directories holds for what is staged, too.
func TestOpenStagedElsewhere(t *testing.T) {
	r := newRepo(t)
	r.commit("a", "1")
	objects := filepath.Join(r.dir, ".git", "objects")
	env := map[string]string{"GIT_OBJECT_DIRECTORY": t.TempDir(), "GIT_ALTERNATE_OBJECT_DIRECTORIES": objects}
	r.write("b", token(t, 1))
	add := r.command("", "add", ".")
	for name, value := range env {
		add.Env = append(add.Env, name+"="+value)
	}
	if out, err := add.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for name, getenv := range map[string]func(string) string{
		"found": func(key string) string { return env[key] },
		"named": func(key string) string {
			return map[string]string{"GIT_DIR": filepath.Join(r.dir, ".git"), "GIT_WORK_TREE": r.dir}[key] + env[key]
		},
	} {
		t.Run(name, func(t *testing.T) {
			opened, err := OpenStaged(getenv, r.dir, builtin())
			if err != nil {
				t.Fatal(err)
			}
			defer opened.Close()
			s, err := opened.Staged(StagedOptions{Getenv: getenv})
			if err != nil {
				t.Fatal(err)
			}
			if got := run(t, Options{}, s).complete(t); !slices.Equal(got.places(), []string{"b:1:1"}) {
				t.Errorf("found %v", got.places())
			}
		})
	}
}
