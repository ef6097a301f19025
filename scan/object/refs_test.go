package object

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// put writes a file below dir.
func put(t testing.TB, dir, name, content string) {
	t.Helper()
	path := filepath.Join(dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

// refMap writes refs as "id" or "-> target", several joined.
func refMap(refs []Ref) map[string]string {
	m := make(map[string]string)
	for _, r := range refs {
		v := r.ID.String()
		if r.Target != "" {
			v = "-> " + r.Target
		}
		if !r.Peeled.IsZero() {
			v += "^" + r.Peeled.String()
		}
		m[r.Name] += v
	}
	return m
}

func TestRefs(t *testing.T) {
	one, two, three := strings.Repeat("1", 40), strings.Repeat("2", 40), strings.Repeat("3", 64)
	dir := t.TempDir()
	put(t, dir, "HEAD", "ref: refs/heads/main\n")
	put(t, dir, "ORIG_HEAD", one+"\n")
	put(t, dir, "FETCH_HEAD", one+"\t\tbranch 'a' of x\n"+two+"\tnot-for-merge\tbranch 'b' of x\n")
	put(t, dir, "COMMIT_EDITMSG", one)
	put(t, dir, "MERGE_RR", one+"\ta\x00")
	put(t, dir, "packed-refs", "# pack-refs with: peeled fully-peeled sorted\n"+
		one+" refs/heads/main\n"+one+" refs/tags/v1\n^"+two+"\n"+three+" refs/notes/long\n")
	put(t, dir, "refs/heads/main", two+"\n")
	put(t, dir, "refs/heads/a/b", one)
	put(t, dir, "refs/heads/a.lock", "")
	put(t, dir, "refs/remotes/origin/HEAD", "ref: refs/remotes/origin/main")
	put(t, dir, "worktrees/w/HEAD", two)
	put(t, dir, "worktrees/w/refs/bisect/bad", one)
	want := map[string]string{
		"HEAD": "-> refs/heads/main", "ORIG_HEAD": one, "FETCH_HEAD": one + two,
		"refs/heads/main": two, "refs/heads/a/b": one, "refs/tags/v1": one + "^" + two,
		"refs/notes/long": three, "refs/remotes/origin/HEAD": "-> refs/remotes/origin/main",
		"worktrees/w/HEAD": two, "worktrees/w/refs/bisect/bad": one,
	}
	refs, problems := Refs(dir, dir)
	if len(problems) != 0 {
		t.Errorf("problems: %v", problems)
	}
	got := refMap(refs)
	for name, v := range want {
		if got[name] != v {
			t.Errorf("%s: got %q, want %q", name, got[name], v)
		}
	}
	if len(got) != len(want) {
		t.Errorf("got %v", got)
	}
	for i := 1; i < len(refs); i++ {
		if refs[i-1].Name > refs[i].Name {
			t.Errorf("%s stands before %s", refs[i-1].Name, refs[i].Name)
		}
	}
	refs, _ = Refs(filepath.Join(dir, "worktrees", "w"), dir)
	if got := refMap(refs); got["HEAD"] != two || got["main-worktree/HEAD"] != "-> refs/heads/main" {
		t.Errorf("from the worktree: %v", got)
	}
}

func TestRefProblems(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, "HEAD", "what?")
	put(t, dir, "refs/heads/empty", "")
	put(t, dir, "refs/heads/odd", strings.Repeat("z", 40))
	put(t, dir, "refs/heads/good", strings.Repeat("1", 40))
	put(t, dir, "packed-refs", "nonsense\n^\n"+strings.Repeat("2", 40)+"\n")
	put(t, dir, "reftable/tables.list", "")
	want := []string{"HEAD", "empty", "odd", "packed-refs", "reftable"}
	if runtime.GOOS != "windows" {
		os.Symlink("../../HEAD", filepath.Join(dir, "refs/heads/out"))
		os.Symlink("refs/heads/good", filepath.Join(dir, "MERGE_HEAD"))
		os.Symlink(t.TempDir(), filepath.Join(dir, "refs/tags"))
		want = append(want, "out", "tags")
	}
	refs, problems := Refs(dir, dir)
	got := refMap(refs)
	if got["refs/heads/good"] == "" || runtime.GOOS != "windows" && got["MERGE_HEAD"] != "-> refs/heads/good" {
		t.Errorf("refs: %v", got)
	}
	for _, name := range want {
		found := false
		for _, p := range problems {
			found = found || filepath.Base(p.Subject) == name
		}
		if !found {
			t.Errorf("no problem about %s in %v", name, problems)
		}
	}
	if len(problems) != len(want) {
		t.Errorf("problems: %v", problems)
	}
}

func TestReflogs(t *testing.T) {
	one, two := strings.Repeat("1", 40), strings.Repeat("2", 40)
	zero := strings.Repeat("0", 40)
	long := strings.Repeat("m", maxLine)
	dir := t.TempDir()
	put(t, dir, "logs/HEAD", zero+" "+one+" A B <a@b> 5 +0000\tclone: from x\nodd line\n"+one+" "+two+" C <c@d> 6 +0000\n")
	put(t, dir, "logs/refs/heads/main", zero+" "+one+" A <a@b> 5 +0000\t"+long+"\nend")
	put(t, dir, "worktrees/w/logs/HEAD", one+" "+two+" W <w@w> 7 +0000\tmove\n")
	var got []ReflogEntry
	for e, err := range Reflogs(dir, dir) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, e)
	}
	if len(got) != 7 {
		t.Fatalf("%d entries", len(got))
	}
	first := got[0]
	if first.Ref != "HEAD" || first.Line != 1 || !first.Old.IsZero() || first.New.String() != one || string(first.Who.Name) != "A B" || first.Message != "clone: from x" {
		t.Errorf("%+v", first)
	}
	if got[1].Message != "odd line" || got[1].Line != 2 || !got[1].New.IsZero() {
		t.Errorf("%+v", got[1])
	}
	if got[2].New.String() != two || got[2].Message != "" || string(got[2].Who.Email) != "c@d" {
		t.Errorf("%+v", got[2])
	}
	if text := got[3].Message + got[4].Message; strings.TrimSpace(text) != long || got[4].Line != 1 {
		t.Errorf("the long line came as %d bytes, line %d", len(text), got[4].Line)
	}
	if got[5].Message != "end" || got[5].Line != 2 || got[6].Ref != "worktrees/w/HEAD" {
		t.Errorf("%+v, %+v", got[5], got[6])
	}
	for range Reflogs(dir, dir) {
		break // must not panic
	}
}

func TestShallow(t *testing.T) {
	dir := t.TempDir()
	if ids, err := Shallow(dir); ids != nil || err != nil {
		t.Errorf("no file: %v, %v", ids, err)
	}
	put(t, dir, "shallow", strings.Repeat("1", 40)+"\n"+strings.Repeat("2", 40)+"\n")
	if ids, err := Shallow(dir); len(ids) != 2 || err != nil {
		t.Errorf("%v, %v", ids, err)
	}
	put(t, dir, "shallow", "x\n"+strings.Repeat("2", 40)+"\n")
	if ids, err := Shallow(dir); len(ids) != 1 || err == nil {
		t.Errorf("%v, %v", ids, err)
	}
}
