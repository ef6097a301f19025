package scan

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// scanRange examines what commits brought.
func scanRange(t testing.TB, r *Repository, spec string) *record {
	t.Helper()
	s, err := r.Range(spec)
	if err != nil {
		t.Fatal(err)
	}
	return run(t, Options{}, s)
}

func TestRange(t *testing.T) {
	k, k2, k3 := token(t, 1), token(t, 2), token(t, 3)
	type files = map[string]string
	old := files{"old": "old = " + k + "\n"}
	with := func(more ...string) files {
		all := files{"old": old["old"]}
		for i := 0; i < len(more); i += 2 {
			all[more[i]] = more[i+1]
		}
		return all
	}
	r := newRepo(t, "--bare")
	ids := r.draw(
		step{name: "root", parents: nil, files: old},
		step{name: "touched", parents: []string{"root"}, files: files{"old": "# a line more\nold = " + k + "\n"}},
		step{name: "added", parents: []string{"root"}, files: with("new", k2)},
		step{name: "gone", parents: []string{"added"}, files: old},
		step{name: "moved", parents: []string{"root"}, files: files{"elsewhere": old["old"]}},
		step{name: "named", parents: []string{"root"}, files: with("dir/"+k3, "x", "dir/other", "x")},
		step{name: "beside", parents: []string{"named"}, files: with("dir/"+k3, "x", "dir/other", "y")},
		step{name: "side", parents: []string{"root"}, files: with("side", k3)},
		step{name: "merge", parents: []string{"added", "side"}, files: with("new", k2, "side", k3)},
		step{name: "evil", parents: []string{"added", "side"}, files: with("new", k2, "side", k3, "born", token(t, 4))},
		step{name: "unrelated", parents: nil, files: files{"x": token(t, 5)}},
	)
	opened := r.open()
	for spec, want := range map[string]string{
		"root..root":              "",
		"root..touched":           "", // it was there before
		"root..added":             "new from added on added,evil,merge",
		"root..gone":              "new from added to gone on added,evil,merge",
		"added..gone":             "",
		"root..moved":             "elsewhere from moved on moved",
		"root..named":             "tree",
		"named..beside":           "",
		"root..merge":             "new from added on added,evil,merge; side from side on evil,merge,side",
		"side..merge":             "new from added on added,evil,merge",
		"side..evil":              "born from evil on evil; new from added on added,evil,merge",
		"root..unrelated":         "x from unrelated on unrelated",
		"merge..root":             "",
		"added~1..added":          "new from added on added,evil,merge",
		"root..merge^2":           "side from side on evil,merge,side",
		"refs/heads/root..evil^1": "new from added on added,evil,merge",
	} {
		got := scanRange(t, opened, spec).complete(t)
		if told := strings.Join(tellAll(got, ids), "; "); told != want {
			t.Errorf("%s: %q, want %q", spec, told, want)
		}
	}
}

func TestRangeUsage(t *testing.T) {
	r := newRepo(t)
	r.draw(step{name: "main", parents: nil, files: map[string]string{"a": "a"}}, step{name: "other", parents: nil, files: map[string]string{"b": "b"}})
	opened := r.open()
	for _, spec := range []string{"main", "main...other", "nothing..main", "main..nothing", "main~1..other", "main^2..other", "main~x..other", "1111111111..main"} {
		if _, err := opened.Range(spec); err == nil {
			t.Errorf("%s is accepted", spec)
		}
	}
	if _, err := newRepo(t).open().Range("HEAD..HEAD"); err == nil || !strings.Contains(err.Error(), "no commit yet") {
		t.Errorf("error %v", err)
	}
}

// A range is what is reachable from one and not from the other, whatever the
// shape of the history.
func TestRangeCommits(t *testing.T) {
	r := newRepo(t, "--bare")
	rapid.Check(t, func(rt *rapid.T) {
		var steps []step
		behind := map[string]map[string]bool{}
		skewed := rapid.Bool().Draw(rt, "skewed")
		for i := range rapid.IntRange(2, 25).Draw(rt, "commits") {
			s := step{name: fmt.Sprintf("c%02d", i), files: map[string]string{"a": fmt.Sprint(i)}}
			if skewed {
				s.late = rapid.IntRange(-1000, 1000).Draw(rt, "late")
			}
			behind[s.name] = map[string]bool{s.name: true}
			for _, p := range rapid.SliceOfNDistinct(rapid.IntRange(max(0, i-4), max(0, i-1)), 0, min(i, 3), rapid.ID[int]).Draw(rt, "parents") {
				s.parents = append(s.parents, steps[p].name)
				maps.Copy(behind[s.name], behind[steps[p].name])
			}
			steps = append(steps, s)
		}
		from := rapid.SampledFrom(steps).Draw(rt, "from").name
		to := rapid.SampledFrom(steps).Draw(rt, "to").name
		ids := r.draw(steps...)
		var want []string
		for name := range behind[to] {
			if !behind[from][name] {
				want = append(want, ids[name])
			}
		}
		slices.Sort(want)
		opened := r.open()
		defer opened.Close()
		walk := newRangeWalk(opened)
		walk.push(parseID(t, ids[from]), known)
		walk.push(parseID(t, ids[to]), wanted)
		walk.run()
		var got []string
		for _, id := range walk.found() {
			got = append(got, id.String())
		}
		if skewed { // it may be too much then, and never too little
			got = slices.DeleteFunc(got, func(id string) bool { return !slices.Contains(want, id) })
		}
		if !slices.Equal(got, want) {
			rt.Fatalf("%s..%s: %d commits, want %d", from, to, len(got), len(want))
		}
	})
}

// A commit or tree that is missing costs itself and what hangs on it, and says so.
func TestRangeMissing(t *testing.T) {
	build := func() (*repo, map[string]string) {
		r := newRepo(t, "--bare")
		return r, r.draw(
			step{name: "root", parents: nil, files: map[string]string{"a": "a"}},
			step{name: "one", parents: []string{"root"}, files: map[string]string{"a": "a", "d/f": "f"}},
			step{name: "two", parents: []string{"one"}, files: map[string]string{"a": token(t, 1), "d/f": "f"}},
		)
	}
	remove := func(r *repo, id string) {
		if err := os.Remove(filepath.Join(r.dir, "objects", id[:2], id[2:])); err != nil {
			t.Fatal(err)
		}
	}
	r, ids := build()
	remove(r, ids["one"])
	got := scanRange(t, r.open(), "root..two")
	got.noticed(t, "commit "+ids["one"], "not found")
	if !slices.Equal(got.places(), []string{"a:1:1"}) {
		t.Errorf("found %v", got.places())
	}
	r, _ = build()
	remove(r, r.git("rev-parse", "root:a")) // the range does not need it
	if got := scanRange(t, r.open(), "root..two").complete(t); len(got.findings) != 1 {
		t.Errorf("found %v", got.places())
	}
	r, _ = build()
	tree := r.git("rev-parse", "two:d")
	remove(r, tree)
	got = scanRange(t, r.open(), "root..two")
	got.noticed(t, "tree "+tree, "not found")
	if len(got.notices) != 1 || !slices.Equal(got.places(), []string{"a:1:1"}) {
		t.Errorf("found %v, notices %v", got.places(), got.notices)
	}
}

// To tell what refs hold, only the folders are read where something was found:
// the others may be large, or missing in a partial clone.
func TestRangeReadsLittle(t *testing.T) {
	r := newRepo(t, "--bare")
	r.draw(
		step{name: "root", files: map[string]string{"large/a": "a", "d/e/f": "f", "d/g/h": "h"}},
		step{name: "main", parents: []string{"root"}, files: map[string]string{"large/a": "a", "d/e/f": token(t, 1), "d/g/h": "h"}},
	)
	for _, name := range []string{"main:large", "main:d/g"} {
		id := r.git("rev-parse", name)
		if err := os.Remove(filepath.Join(r.dir, "objects", id[:2], id[2:])); err != nil {
			t.Fatal(err)
		}
	}
	got := scanRange(t, r.open(), "root..main").complete(t)
	if len(got.findings) != 1 || !got.findings[0].Occurrences[0].AtHead || len(got.findings[0].Occurrences[0].Refs) != 1 {
		t.Errorf("%+v", got.findings)
	}
}

// A shallow clone has a range whose commits are all there; of another one it says
// what is missing. A shallow file alone hides nothing.
func TestRangeShallow(t *testing.T) {
	r := newRepo(t, "--bare")
	ids := r.draw(
		step{name: "root", parents: nil, files: map[string]string{"a": "a"}},
		step{name: "one", parents: []string{"root"}, files: map[string]string{"a": token(t, 1)}},
		step{name: "two", parents: []string{"one"}, files: map[string]string{"a": token(t, 2)}},
		step{name: "three", parents: []string{"two"}, files: map[string]string{"a": token(t, 3)}},
	)
	clone := newRepo(t)
	clone.git("fetch", "-q", "--depth=2", "file://"+r.dir, "three:three")
	scanRange(t, clone.open(), "three~1..three").complete(t)
	clone.git("fetch", "-q", "--depth=1", "file://"+r.dir, "root:root")
	got := scanRange(t, clone.open(), "root..three")
	got.noticed(t, "commit "+ids["one"], "fetch-depth: 0")

	if err := os.WriteFile(filepath.Join(r.dir, "shallow"), []byte(ids["two"]+"\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	if got := scanRange(t, r.open(), "root..three").complete(t); len(got.findings) != 3 {
		t.Errorf("found %v", got.places())
	}
}

// A staged scan names files as they are in the index, and examines their names.
func TestStaged(t *testing.T) {
	r := newRepo(t)
	r.commit("kept", token(t, 1), "dir/kept", token(t, 2))
	r.write("dir/new", token(t, 3))
	r.write("name/"+token(t, 4), "x")
	r.write("kept", "changed "+token(t, 5))
	r.git("add", ".")
	r.write("dir/new", "not what is staged")
	s, err := r.open().Staged(StagedOptions{})
	if err != nil {
		t.Fatal(err)
	}
	got := run(t, Options{}, s).complete(t)
	if want := []string{"dir/new:1:1", "kept:1:9", "name/ghp_<36 characters>:0:0"}; !slices.Equal(got.places(), want) {
		t.Errorf("found %v, want %v", got.places(), want)
	}
	s, err = r.open().Staged(StagedOptions{Exclude: func(path string, _ bool) bool { return strings.HasPrefix(path, "name/") }})
	if err != nil {
		t.Fatal(err)
	}
	if got := run(t, Options{}, s).complete(t); len(got.findings) != 2 || got.summary.Excluded != 1 {
		t.Errorf("found %v, %+v", got.places(), got.summary)
	}
}

// Without a readable HEAD all that is staged is examined, and the reason is told.
func TestStagedHeadDamaged(t *testing.T) {
	r := newRepo(t)
	r.commit("a", token(t, 1))
	opened := r.open()
	spoilLoose(t, r, r.git("rev-parse", "HEAD"))
	s, err := opened.Staged(StagedOptions{})
	if err != nil {
		t.Fatal(err)
	}
	got := run(t, Options{}, s)
	got.noticed(t, "HEAD", "")
	if !slices.Equal(got.places(), []string{"a:1:1"}) {
		t.Errorf("found %v", got.places())
	}
}

// Refs, a head, shallow files and stores that cannot be read are told, once.
func TestHistoryProblems(t *testing.T) {
	missing := strings.Repeat("1", 40)
	for name, c := range map[string]struct {
		file, content   string
		subject, reason string
	}{
		"ref to nothing":      {".git/refs/heads/lost", missing + "\n", "refs/heads/lost", "not found"},
		"ref of nonsense":     {".git/refs/heads/odd", "nonsense\n", ".git/refs/heads/odd", "damaged"},
		"head to nothing":     {".git/HEAD", missing + "\n", "HEAD", "not found"},
		"shallow of nonsense": {".git/shallow", "nonsense\n", ".git/shallow", "damaged"},
		"lost alternate":      {".git/objects/info/alternates", "/nowhere/objects\n", "/nowhere/objects", "no such file"},
		"file for a folder":   {".git/objects/ab", "x", ".git/objects/ab", "not a directory"},
		"pack without index":  {".git/objects/pack/pack-x.pack", "PACK", "pack-x.pack", ""},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRepo(t)
			r.draw(step{name: "main", parents: nil, files: map[string]string{"a": token(t, 1)}})
			if err := os.RemoveAll(filepath.Join(r.dir, c.file)); err != nil {
				t.Fatal(err)
			}
			r.write(c.file, c.content)
			got := r.scan()
			got.noticed(t, c.subject, c.reason)
			if len(got.findings) != 1 || len(got.notices) != 1 {
				t.Errorf("found %v, notices %v", got.places(), got.notices)
			}
		})
	}
}

// Damage that scan and attribution both meet is told once.
func TestHistoryDamage(t *testing.T) {
	r := newRepo(t)
	ids := r.draw(step{name: "one", parents: nil, files: map[string]string{"a": token(t, 1), "d/b": "b"}}, step{name: "main", parents: []string{"one"}, files: map[string]string{"a": token(t, 2), "d/b": "c"}})
	for _, id := range []string{r.git("rev-parse", "one:d"), r.git("rev-parse", "main:d/b"), ids["one"]} {
		spoilLoose(t, r, id)
	}
	got := r.scan()
	// The branch "one" is a fourth thing that cannot be read.
	if len(got.notices) != 4 || len(got.findings) != 2 {
		t.Errorf("found %v, notices %v", got.places(), got.notices)
	}
}

// A commit or tree that is no such thing inside is examined as text, and noticed
// where attribution needs it.
func TestHistoryMalformed(t *testing.T) {
	r := newRepo(t)
	r.draw(step{name: "main", parents: nil, files: map[string]string{"a": token(t, 1)}})
	odd := r.feed("nonsense "+token(t, 2)+"\n", "hash-object", "-w", "-t", "commit", "--literally", "--stdin")
	tree := r.feed("nonsense", "hash-object", "-w", "-t", "tree", "--literally", "--stdin")
	got := r.scan()
	got.noticed(t, "commit "+odd, "without a tree")
	got.noticed(t, "tree "+tree, "damaged")
	if want := []string{"commit:1:10", "a:1:1"}; len(got.findings) != 2 || !slices.Contains(got.places(), want[0]) || !slices.Contains(got.places(), want[1]) {
		t.Errorf("found %v, want %v", got.places(), want)
	}
}

// A .git that leads nowhere is an error and not a folder without history.
func TestOpenRepositoryBroken(t *testing.T) {
	for name, c := range map[string]struct {
		dir  string
		want error
	}{
		"none":            {folderOf(t, "a", "a"), ErrNoRepository},
		"empty":           {folderOf(t, ".git/x", "a"), ErrNoRepository},
		"some file":       {folderOf(t, ".git", "a"), ErrNoRepository},
		"lost":            {folderOf(t, ".git", "gitdir: ../nowhere\n"), errLost},
		"head is missing": {folderOf(t, ".git/objects/x", "a", ".git/refs/x", "a"), errBroken},
		"refs is missing": {folderOf(t, ".git/objects/x", "a", ".git/HEAD", "a"), errBroken},
	} {
		if _, err := OpenRepository(c.dir, builtin()); !errors.Is(err, c.want) {
			t.Errorf("%s: error %v, want %v", name, err, c.want)
		}
	}
}

// A linked working tree and a submodule's have their objects elsewhere.
func TestOpenRepositoryLinked(t *testing.T) {
	r := newRepo(t)
	r.commit("a", token(t, 1))
	r.git("worktree", "add", "-q", "-b", "other", "../linked")
	linked, err := OpenRepository(filepath.Join(filepath.Dir(r.dir), "linked"), builtin())
	if err != nil {
		t.Fatal(err)
	}
	defer linked.Close()
	h := linked.History()
	got := run(t, Options{}, h).complete(t)
	if len(got.findings) != 1 || !got.findings[0].Occurrences[0].AtHead {
		t.Errorf("%+v", got.findings)
	}
	if _, err := FindRepository(filepath.Join(r.dir, ".."), builtin()); !errors.Is(err, ErrNoRepository) {
		t.Skip("the tests run in a repository of somebody")
	}
}

// A submodule's objects are another store: met, to be read after the files. What lies
// among them and is none is a file like others.
func TestGitFilesSubmodule(t *testing.T) {
	r := newRepo(t)
	for _, f := range []string{"HEAD", "refs/x", "objects/y", "logs/HEAD"} {
		r.write(".git/modules/sub/"+f, token(t, 1)+"\n")
	}
	own, err := r.open().GitFiles()
	if err != nil {
		t.Fatal(err)
	}
	defer own.Close()
	got := run(t, Options{}, own)
	want := []string{".git/modules/sub/HEAD:1:1", ".git/modules/sub/logs/HEAD:1:1", ".git/modules/sub/objects/y:1:1", ".git/modules/sub/refs/x:1:1"}
	if !slices.Equal(got.places(), want) || len(own.opened) != 1 {
		t.Errorf("found %v, opened %d", got.places(), len(own.opened))
	}
}

// An interrupted stream ends, although nothing more comes.
func TestStreamInterrupted(t *testing.T) {
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer read.Close()
	defer write.Close()
	if _, err := write.WriteString(token(t, 1) + "\n"); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	got := &record{}
	summary, err := Run(ctx, []Source{Stream{Name: "-", Reader: read}}, builtin(), got, Options{})
	if err != nil || !summary.Interrupted {
		t.Errorf("%+v, error %v", summary, err)
	}
}
