package scan

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// withModule returns a repository that has another one, made by fill, below
// .git/modules.
func withModule(t *testing.T, name string, fill func(m *repo)) *repo {
	t.Helper()
	m, r := newRepo(t), newRepo(t)
	r.commit("own", "harmless")
	m.commit("start", "harmless")
	fill(m)
	to := filepath.Join(r.dir, ".git/modules", filepath.FromSlash(name))
	if err := errors.Join(os.MkdirAll(filepath.Dir(to), 0o777), os.Rename(filepath.Join(m.dir, ".git"), to)); err != nil {
		t.Fatal(err)
	}
	return r
}

// all examines a repository as a scan without limits does.
func (r *repo) all(opt Options) *record {
	r.t.Helper()
	return run(r.t, opt, r.everything()...)
}

func (r *repo) everything() []Source {
	r.t.Helper()
	opened := r.open()
	sources := []Source{files(r.t, r.dir, "."), opened.History()}
	for _, m := range opened.Modules() {
		r.t.Cleanup(func() { m.Close() })
		sources = append(sources, m.History())
	}
	own, err := opened.GitFiles()
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { own.Close() })
	return append(sources, own)
}

// skippedStores fails the test if an object store was passed over.
func (r *record) skippedStores(t *testing.T) {
	t.Helper()
	if n := r.summary.Skipped["object store of another repository"]; n > 0 {
		t.Errorf("%d object stores were not examined", n)
	}
}

// What a module's history holds is reported under the path where the module says
// that it is checked out, unless that is no place for it.
func TestModulePaths(t *testing.T) {
	const inGit = ".git/modules/na/me/"
	for _, c := range []struct{ said, want string }{
		{"../../../../ext/sub", "ext/sub/"},
		{`"../../../../with # sign"`, "with # sign/"},
		{"", inGit},
		{"../../../..", inGit},
		{"../../../../..", inGit},
		{"../../../../../elsewhere", inGit},
		{"../../../../.git", inGit},
		{"../../../../.GIT/hooks", inGit},
		{"/", inGit},
	} {
		t.Run(c.said, func(t *testing.T) {
			r := withModule(t, "na/me", func(m *repo) {
				m.commit("dir/gone", token(t, 1))
				m.commit("dir/gone", "")
				m.git("commit", "-q", "--allow-empty", "-m", token(t, 2))
				m.feed(token(t, 3), "hash-object", "-w", "--stdin")
				if err := errors.Join(os.RemoveAll(filepath.Join(m.dir, ".git/logs")), os.Remove(filepath.Join(m.dir, ".git/COMMIT_EDITMSG"))); err != nil {
					t.Fatal(err)
				}
			})
			r.write(".git/modules/na/me/config", "[core]\n\tworktree = "+c.said+"\n")
			got := r.all(Options{}).complete(t)
			got.skippedStores(t)
			places := got.places()
			slices.Sort(places)
			want := []string{c.want + "dir/gone:1:1", c.want + ":1:1", c.want + ":6:1"}
			if slices.Sort(want); !slices.Equal(places, want) {
				t.Errorf("found %v, want %v", places, want)
			}
		})
	}
}

// An absolute path below the working tree is one, too.
func TestModulePathAbsolute(t *testing.T) {
	r := withModule(t, "a", func(m *repo) { m.commit("f", token(t, 1)) })
	r.write(".git/modules/a/config", "[core]\n\tworktree = "+r.dir+"/sub\n")
	if got := r.all(Options{}).complete(t).places(); !slices.Equal(got, []string{"sub/f:1:1"}) {
		t.Errorf("found %v", got)
	}
}

// Two modules that say the same path are told apart.
func TestModulesAtOnePath(t *testing.T) {
	r := withModule(t, "a", func(m *repo) { m.commit("f", token(t, 1)) })
	o := withModule(t, "b", func(m *repo) { m.commit("f", token(t, 2)) })
	if err := os.Rename(filepath.Join(o.dir, ".git/modules/b"), filepath.Join(r.dir, ".git/modules/b")); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"a", "b"} {
		r.write(".git/modules/"+name+"/config", "[core]\n\tworktree = ../../../sub\n")
	}
	got := r.all(Options{}).complete(t).places()
	if slices.Sort(got); !slices.Equal(got, []string{".git/modules/b/f:1:1", "sub/f:1:1"}) {
		t.Errorf("found %v", got)
	}
}

// A credential in a blob that both repositories have is one finding with each of
// its paths once.
func TestModuleTwin(t *testing.T) {
	r := withModule(t, "a", func(m *repo) { m.commit("theirs", token(t, 1)) })
	r.write(".git/modules/a/config", "[core]\n\tworktree = ../../../sub\n")
	r.commit("ours", token(t, 1))
	got := r.all(Options{}).complete(t)
	if want := []string{"ours:1:1", "sub/theirs:1:1"}; len(got.findings) != 1 || !slices.Equal(got.places(), want) {
		t.Errorf("%d findings at %v, want one at %v", len(got.findings), got.places(), want)
	}
}

// Modules in modules, with names with slashes, and those of linked worktrees.
func TestModulesFound(t *testing.T) {
	r := newRepo(t)
	r.commit("own", "harmless")
	for i, dir := range []string{
		"modules/plain", "modules/modules", "modules/with/slash", "modules/plain/modules/inner/most",
		"worktrees/w/modules/x", "modules/plain/worktrees/v/modules/y",
	} {
		m := newRepo(t)
		m.commit("f", token(t, uint64(i)))
		to := filepath.Join(r.dir, ".git", dir)
		if err := errors.Join(os.MkdirAll(filepath.Dir(to), 0o777), os.Rename(filepath.Join(m.dir, ".git"), to)); err != nil {
			t.Fatal(err)
		}
	}
	got := r.all(Options{})
	got.skippedStores(t)
	want := []string{
		".git/modules/modules/f:1:1", ".git/modules/plain/f:1:1", ".git/modules/plain/modules/inner/most/f:1:1",
		".git/modules/plain/worktrees/v/modules/y/f:1:1", ".git/modules/with/slash/f:1:1", ".git/worktrees/w/modules/x/f:1:1",
	}
	places := got.places()
	if slices.Sort(places); !slices.Equal(places, want) {
		t.Errorf("found %v, want %v", places, want)
	}
}

// What is no sound repository is named, what can be read is read, and the search
// ends.
func TestModulesDamaged(t *testing.T) {
	r := withModule(t, "headless", func(m *repo) {
		m.commit("f", token(t, 1))
		if err := os.Remove(filepath.Join(m.dir, ".git/HEAD")); err != nil {
			t.Fatal(err)
		}
	})
	r.write(".git/modules/storeless/HEAD", "ref: refs/heads/main\n")
	r.write(".git/modules/file/objects", "no folder")
	r.write(".git/modules/circle/HEAD", "ref: refs/heads/main\n")
	r.write(".git/modules/circle/refs/keep", "")
	for name, target := range map[string]string{"loop": "../..", "circle/objects": "../../objects", "circle/modules": ".."} {
		if err := os.Symlink(target, filepath.Join(r.dir, ".git/modules", filepath.FromSlash(name))); err != nil {
			t.Fatal(err)
		}
	}
	got := r.all(Options{})
	got.noticed(t, ".git/modules/headless", "HEAD or refs is missing")
	got.noticed(t, ".git/modules/storeless", "no objects of its own")
	got.noticed(t, ".git/modules/file", "not a directory")
	got.noticed(t, ".git/modules/loop", "symbolic link")
	got.noticed(t, ".git/modules/circle/modules", "symbolic link")
	if want := []string{".git/modules/headless/f:1:1"}; !slices.Equal(got.places(), want) {
		t.Errorf("found %v, want %v", got.places(), want)
	}
	if n := got.summary.Commits; n != 3 {
		t.Errorf("%d commits were examined, want 3: none twice", n)
	}
}

func TestModulesLimit(t *testing.T) {
	dir := t.TempDir()
	for i := range maxModules + 1 {
		if err := os.MkdirAll(filepath.Join(dir, "modules", fmt.Sprint(i), "objects"), 0o777); err != nil {
			t.Fatal(err)
		}
	}
	l := findModules(dir)
	if len(l.dirs) != maxModules || len(l.gaps) != 1 || !strings.Contains(l.gaps[0].Error(), "more than 1000") {
		t.Errorf("%d modules, gaps %v", len(l.dirs), l.gaps)
	}
}

// Gaps of a module say whose they are.
func TestModuleGaps(t *testing.T) {
	var id string
	r := withModule(t, "a", func(m *repo) {
		m.commit("f", "harmless")
		id = m.git("rev-parse", "HEAD:f")
		m.write(".git/shallow", m.git("rev-parse", "HEAD")+"\n")
		spoilLoose(t, m, id)
	})
	got := r.all(Options{})
	got.noticed(t, ".git/modules/a: object "+id, "")
	got.noticed(t, ".git/modules/a: history", "shallow clone")
}

// What two repositories borrow is examined once.
func TestModulesShareAlternate(t *testing.T) {
	lender := newRepo(t)
	lender.commit("f", token(t, 1))
	r := withModule(t, "a", func(m *repo) { m.commit("g", token(t, 2)) })
	o := withModule(t, "b", func(m *repo) { m.commit("h", token(t, 3)) })
	if err := os.Rename(filepath.Join(o.dir, ".git/modules/b"), filepath.Join(r.dir, ".git/modules/b")); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"a", "b"} {
		r.write(".git/modules/"+name+"/objects/info/alternates", filepath.Join(lender.dir, ".git/objects")+"\n")
	}
	got := r.all(Options{}).complete(t)
	// Both modules have a commit of their own, and the same one before it.
	if len(got.findings) != 3 || got.summary.Commits != 5 {
		t.Errorf("%d findings, %d commits, want 3 and 5", len(got.findings), got.summary.Commits)
	}
}
