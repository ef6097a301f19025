package scan

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/assayhq/assay/rules"
)

// A keeper scans a repository with a state and without one.
type keeper struct {
	*repo
	file string
	set  *rules.Set
	opt  Options
}

func newKeeper(t testing.TB, args ...string) *keeper {
	t.Helper()
	return &keeper{repo: newRepo(t, args...), file: filepath.Join(t.TempDir(), "state"), set: builtin()}
}

// open opens the repository with its history.
func (k *keeper) history() (*Repository, *History) {
	k.t.Helper()
	r, err := OpenRepository(k.dir, k.set)
	if err != nil {
		k.t.Fatal(err)
	}
	return r, r.History()
}

// full scans without a state.
func (k *keeper) full() *record {
	k.t.Helper()
	r, h := k.history()
	defer r.Close()
	return k.run(h)
}

// next scans with the state.
func (k *keeper) next() (*record, error) {
	k.t.Helper()
	r, h := k.history()
	defer r.Close()
	state := NewState(k.file, "test")
	h.Remember(state)
	return k.run(h), state.Problem()
}

func (k *keeper) run(h *History) *record {
	k.t.Helper()
	got := &record{}
	var err error
	if got.summary, err = Run(context.Background(), []Source{h}, k.set, got, k.opt); err != nil {
		k.t.Fatal(err)
	}
	return got
}

// said is what a report says, apart from how much work it was.
func (r *record) said(t testing.TB) string {
	t.Helper()
	s := r.summary
	s.Blobs, s.Commits, s.Trees, s.Tags, s.Members, s.Bytes, s.Remembered = 0, 0, 0, 0, 0, 0, 0
	var notices []string
	for _, n := range r.notices {
		notices = append(notices, n.Subject+": "+n.Err.Error())
	}
	text, err := json.MarshalIndent([]any{r.findings, notices, s}, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// agree fails the test unless a run with the state says what one without it says.
// It returns the run with the state.
func (k *keeper) agree(what string) *record {
	k.t.Helper()
	want := k.full()
	got, _ := k.next()
	if diff := cmp.Diff(want.said(k.t), got.said(k.t)); diff != "" {
		k.t.Fatalf("%s: the run with a state differs (-without +with):\n%s", what, diff)
	}
	w, g := want.summary, got.summary
	if all := g.Blobs + g.Commits + g.Trees + g.Tags + g.Remembered; all != w.Blobs+w.Commits+w.Trees+w.Tags {
		k.t.Fatalf("%s: %d objects examined or remembered, there are %d", what, all, w.Blobs+w.Commits+w.Trees+w.Tags)
	}
	return got
}

// idle fails the test unless a run with the state examines nothing.
func (k *keeper) idle(what string) {
	k.t.Helper()
	if s := k.agree(what).summary; s.Blobs+s.Commits+s.Trees+s.Tags > 0 || s.Bytes > 0 || s.Remembered == 0 {
		k.t.Fatalf("%s: examined once more: %+v", what, s)
	}
}

func (k *keeper) examined(what string, objects int) {
	k.t.Helper()
	if s := k.agree(what).summary; s.Blobs+s.Commits+s.Trees+s.Tags != objects {
		k.t.Fatalf("%s: want %d objects examined: %+v", what, objects, s)
	}
}

func TestState(t *testing.T) {
	k := newKeeper(t)
	k.commit("a", "clean\n", "dir/b", token(t, 1)+"\n")
	k.examined("first", 5)
	k.idle("second")
	k.git("gc", "-q")
	k.idle("packed")
	k.commit("a", token(t, 2)+" # assay:allow\n")
	k.examined("one commit", 3)
	k.commit("dir/b", "gone\n")
	k.examined("taken away", 4)
	k.git("branch", "old", "HEAD~1")
	k.examined("a branch", 0)
	k.idle("the branch again")
	k.git("branch", "-m", "old", "older")
	k.examined("a branch renamed", 0)
	k.git("branch", "-m", "older", "old")
	k.git("branch", "-D", "old")
	k.examined("no branch", 0)
	k.git("tag", "-a", "-m", "holds "+token(t, 3), "v1")
	k.examined("a tag", 1)
	k.git("commit", "-q", "--allow-empty", "-m", "has "+token(t, 4))
	k.examined("a message", 1)
	k.idle("last")
	k.git("checkout", "-q", "--detach", "HEAD~1")
	k.examined("another HEAD", 0)
	for i := range 5 { // some of them come before those that are remembered
		k.git("tag", "-a", "-m", "again "+token(t, 3), fmt.Sprint("again", i))
		k.examined("another tag", 1)
	}
}

// A blob that no commit holds is reported beside those that commits hold.
func TestStateLooseBlob(t *testing.T) {
	k := newKeeper(t)
	k.commit("a", token(t, 1)+"\n")
	k.feed("loose "+token(t, 1)+"\n", "hash-object", "-w", "--stdin")
	if got := k.agree("first"); len(got.findings[0].Occurrences) != 2 {
		t.Errorf("%+v", got.findings)
	}
	k.idle("second")
	k.commit("b", "clean\n")
	k.examined("third", 3)
	k.idle("last")
}

// A limit that attribution hit is hit in every run.
func TestStateLimit(t *testing.T) {
	k := newKeeper(t)
	deep := strings.Repeat("d/", maxDepth+2)
	k.draw(step{name: "main", files: map[string]string{"a": token(t, 1) + "\n", deep + "a": token(t, 2) + "\n"}})
	for range 3 {
		k.agree("deep").noticed(t, "history", "deep")
	}
}

// What garbage collection took away is not reported, nor remembered.
func TestStateForgetsWhatIsGone(t *testing.T) {
	k := newKeeper(t)
	k.commit("a", token(t, 1)+"\n")
	k.git("checkout", "-q", "-b", "side")
	k.commit("b", token(t, 2)+"\n", "c", token(t, 3)+" # assay:allow\n")
	k.git("checkout", "-q", "main")
	k.agree("first")
	k.git("branch", "-D", "side")
	k.examined("branch gone", 0)
	k.git("reflog", "expire", "--expire=all", "--all")
	k.git("gc", "-q", "--prune=now")
	if got := k.agree("pruned"); len(got.findings) != 1 || got.summary.Suppressed != 0 {
		t.Errorf("%d findings, %d suppressed", len(got.findings), got.summary.Suppressed)
	}
	k.idle("again")
}

// Other rules, another salt, other options or another version of the program
// make a state worthless.
func TestStateKey(t *testing.T) {
	k := newKeeper(t)
	k.commit("a", token(t, 1)+"\n", "b", token(t, 2)+" # assay:allow\n")
	fewer := slices.DeleteFunc(slices.Clone(rules.Builtin()), func(r rules.Rule) bool { return r.ID == "github-personal-access-token" })
	other := slices.Clone(rules.Builtin())
	i := slices.IndexFunc(other, func(r rules.Rule) bool { return r.ID == "github-personal-access-token" })
	other[i].Allowed = []string{".*"}
	for _, change := range []func(){
		func() { k.set = compile(t, fewer) },
		func() { k.set = compile(t, other) },
		func() { k.set = builtin() },
		func() { k.opt.Salt = []byte("of its own") },
		func() { k.opt.LineHashes = true },
		func() { k.opt.IgnoreInlineAllow = true },
	} {
		if s := k.agree("changed").summary; s.Remembered > 0 {
			t.Fatalf("believed: %+v", s)
		}
		k.idle("again")
		change()
	}
	_, h := k.history()
	state := NewState(k.file, "another version")
	h.Remember(state)
	if s := k.run(h).summary; s.Remembered > 0 || !errors.Is(state.Problem(), errOtherKey) {
		t.Errorf("believed another version: %+v, %v", s, state.Problem())
	}
}

func compile(t testing.TB, list []rules.Rule) *rules.Set {
	t.Helper()
	set, err := rules.Compile(list)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// Two runs at once write one after the other, whichever began first.
func TestStateTwoRuns(t *testing.T) {
	k := newKeeper(t)
	k.commit("a", token(t, 1)+"\n")
	k.agree("first")
	r, early := k.history()
	defer r.Close()
	early.Remember(NewState(k.file, "test"))
	k.commit("b", token(t, 2)+"\n")
	k.examined("late", 3)
	k.run(early) // it saw the store before the commit
	k.agree("both")
	k.idle("again")

	done := make(chan *record)
	k.commit("c", token(t, 3)+"\n")
	for range 4 {
		go func() {
			got, _ := k.next()
			done <- got
		}()
	}
	want := k.full().said(t)
	for range 4 {
		if got := (<-done).said(t); got != want {
			t.Error(cmp.Diff(want, got))
		}
	}
	k.idle("after all")
}

// An interrupted run writes nothing.
func TestStateInterrupted(t *testing.T) {
	k := newKeeper(t)
	k.commit("a", token(t, 1)+"\n")
	r, h := k.history()
	defer r.Close()
	h.Remember(NewState(k.file, "test"))
	ctx, stop := context.WithCancel(context.Background())
	stop()
	if _, err := Run(ctx, []Source{h}, k.set, &record{}, k.opt); err != nil {
		t.Fatal(err)
	}
	if exists(k.file) {
		t.Error("it wrote a state")
	}
}

// No state holds a credential.
func TestStateHoldsNoCredential(t *testing.T) {
	k := newKeeper(t)
	k.commit("a", "x = "+token(t, 1)+"\n", "dir/"+token(t, 2), "y\n")
	k.git("tag", "-a", "-m", token(t, 3), "v1")
	k.agree("first")
	data, err := os.ReadFile(k.file)
	if err != nil {
		t.Fatal(err)
	}
	for seed := range uint64(3) {
		if secret := token(t, seed+1); bytes.Contains(data, []byte(secret[4:])) {
			t.Errorf("token %d stands in the state", seed+1)
		}
	}
}

// A state and a worktree scanned together keep the order of a full report.
func TestStateBesideFiles(t *testing.T) {
	k := newKeeper(t)
	k.commit("a", token(t, 1)+"\n", "b", token(t, 2)+"\n", "c", token(t, 3)+"\n")
	k.git("tag", "-a", "-m", token(t, 2)+" "+token(t, 4), "v1")
	k.commit("c", "clean\n", "e", token(t, 5)+"\n", "f", token(t, 6)+"\n", "g", token(t, 7)+"\n")
	k.git("rm", "-q", "e", "f", "g")
	k.commit()
	var all []string
	for seed := range uint64(8) {
		all = append(all, fmt.Sprint(seed), token(t, seed)+"\n")
	}
	later := folderOf(t, all...)
	scan := func(state *State) string {
		r, h := k.history()
		defer r.Close()
		h.Remember(state)
		return (&record{findings: run(t, k.opt, files(t, k.dir, "."), h, files(t, later, ".")).findings}).said(t)
	}
	want := scan(nil)
	for range 3 {
		if got := scan(NewState(k.file, "test")); got != want {
			t.Fatal(cmp.Diff(want, got))
		}
		k.write("d", token(t, 3)+"\n")
		want = scan(nil)
	}
}

// TestStateHistories lets random things happen to a repository.
func TestStateHistories(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		k := newKeeper(t, rapid.SampledFrom([]string{"--object-format=sha1", "--object-format=sha256"}).Draw(rt, "format"))
		k.commit("start", "nothing\n")
		n := 0
		for i := range rapid.IntRange(1, 5).Draw(rt, "steps") {
			k.happen(rt, &n)
			if rapid.Bool().Draw(rt, "scan") {
				k.agree(fmt.Sprintf("step %d", i))
			}
		}
		k.agree("last")
		k.idle("again")
	})
}

// happen does one thing to a repository.
func (k *keeper) happen(rt *rapid.T, n *int) {
	draw := func(label string, most int) int { return rapid.IntRange(0, most).Draw(rt, label) }
	*n++
	content := func() string {
		lines := []string{token(k.t, uint64(draw("token", 5))), "nothing", fmt.Sprint(draw("number", 3)), token(k.t, 7) + " # assay:allow"}
		return lines[draw("line", 3)] + "\n" + lines[draw("line", 3)] + "\n"
	}
	path := func() string { return []string{"a", "b", "dir/a", "dir/sub/c.py"}[draw("path", 3)] }
	branch := fmt.Sprintf("b%d", draw("branch", 3))
	switch draw("what", 9) {
	case 0, 1, 2:
		k.commit(path(), content(), path(), content())
	case 3:
		k.git("checkout", "-q", "-B", branch)
	case 4:
		k.git("checkout", "-q", "-B", "other", "HEAD")
		k.commit(path(), content())
		k.git("checkout", "-q", "-")
		k.git("merge", "-q", "-s", "ours", "-m", "merge "+token(k.t, uint64(draw("token", 5))), "other")
		k.git("branch", "-D", "other")
	case 5:
		k.git("update-ref", "-d", "refs/heads/"+branch)
		k.git("symbolic-ref", "HEAD", "refs/heads/main")
		k.git("reset", "-q", "--hard")
	case 6:
		k.git("reflog", "expire", "--expire=all", "--all")
		k.git("gc", "-q", "--prune=now")
	case 7:
		k.git("repack", "-q", "-d")
	case 8:
		k.git("tag", "-f", "-a", "-m", content(), branch)
	case 9:
		k.git("commit", "-q", "--allow-empty", "-m", content())
		k.opt.Salt = []byte{byte(draw("salt", 1))}
	}
}
