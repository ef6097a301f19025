package scan

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/assayhq/assay/report"
	"github.com/assayhq/assay/scan/object"
)

// Whatever becomes of the file, a report lacks nothing.
func TestStateDamaged(t *testing.T) {
	k := newKeeper(t)
	k.commit("a", token(t, 1)+"\n", "b", token(t, 2)+" # assay:allow\n")
	k.commit("a", "clean\n")
	k.agree("first")
	sound, err := os.ReadFile(k.file)
	if err != nil {
		t.Fatal(err)
	}
	want := k.full().said(t)
	try := func(what string, data []byte) {
		t.Helper()
		overwrite(t, k.file, data)
		got, problem := k.next()
		if got.said(t) != want {
			t.Fatalf("%s: %s", what, cmp.Diff(want, got.said(t)))
		}
		if got.summary.Remembered > 0 || problem == nil && len(data) > 0 {
			t.Fatalf("%s: believed, %v", what, problem)
		}
	}
	for i := range sound {
		if i >= stateHead+64 && i%7 > 0 || testing.Short() && i%20 > 0 {
			continue // like its neighbours
		}
		bad := slices.Clone(sound)
		bad[i] ^= 0x41
		try(fmt.Sprintf("byte %d", i), bad)
		try(fmt.Sprintf("cut at %d", i), sound[:i])
	}
	try("something behind", append(slices.Clone(sound), 0))
}

// Whoever can make the sum right finds a parser that believes nothing else.
func TestStateForged(t *testing.T) {
	k := newKeeper(t)
	k.commit("a", token(t, 1)+"\n", "b", token(t, 2)+" # assay:allow\n")
	k.agree("first")
	sound, err := os.ReadFile(k.file)
	if err != nil {
		t.Fatal(err)
	}
	body := sound[:len(sound)-sha256.Size]
	step := 1
	if testing.Short() {
		step = 20
	}
	for i := stateHead - 8*sections; i < len(body); i += step {
		bad := slices.Clone(body)
		bad[i] ^= []byte{0x01, 0x80, 0xff}[i%3]
		sum := sha256.Sum256(bad)
		overwrite(t, k.file, append(bad, sum[:]...))
		k.next()
	}
}

// A file that is none of ours is neither read nor replaced.
func TestStateForeign(t *testing.T) {
	k := newKeeper(t)
	k.commit("a", token(t, 1)+"\n")
	elsewhere := filepath.Join(t.TempDir(), "elsewhere")
	overwrite(t, elsewhere, []byte("my thesis, all of it"))
	overwrite(t, k.file, []byte("my thesis, all of it"))
	for _, name := range []string{k.file, elsewhere} {
		if _, problem := k.next(); problem == nil {
			t.Error("no problem was told")
		}
		if text, err := os.ReadFile(name); err != nil || !strings.HasPrefix(string(text), "my thesis") {
			t.Errorf("it is gone: %q, %v", text, err)
		}
		if err := errors.Join(os.RemoveAll(k.file), os.Symlink(elsewhere, k.file)); err != nil {
			t.Fatal(err)
		}
		k.agree("foreign")
	}
	mine := k.file
	k.file = filepath.Join(t.TempDir(), "state")
	k.agree("a state")
	if err := errors.Join(os.Remove(mine), os.Symlink(k.file, mine)); err != nil {
		t.Fatal(err)
	}
	k.file = mine
	if got := k.agree("a link to a state"); got.summary.Remembered > 0 {
		t.Errorf("believed: %+v", got.summary)
	}
	k.file = t.TempDir()
	if _, problem := k.next(); problem == nil {
		t.Error("a folder was taken")
	}
	k.file = filepath.Join(t.TempDir(), "not", "there")
	if _, problem := k.next(); problem == nil {
		t.Error("a folder that is not there was taken")
	}
}

// A run that was killed while it wrote leaves the old file, and what it left
// behind goes away some day.
func TestStateKilled(t *testing.T) {
	k := newKeeper(t)
	k.commit("a", token(t, 1)+"\n")
	k.agree("first")
	left := k.file + tempMark + "left"
	overwrite(t, left, []byte(stateMagic))
	k.idle("killed")
	k.commit("b", token(t, 2)+"\n")
	k.examined("later", 3)
	if !exists(left) {
		t.Error("the file of a run that may still be writing is gone")
	}
	old := time.Now().Add(-2 * staleAfter)
	if err := os.Chtimes(left, old, old); err != nil {
		t.Fatal(err)
	}
	k.commit("c", "clean\n")
	k.agree("later still")
	entries, err := os.ReadDir(filepath.Dir(k.file))
	if err != nil || len(entries) != 1 {
		t.Errorf("%v, %v", entries, err)
	}
	if info, err := os.Stat(k.file); err != nil || info.Mode() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
}

func allocated() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.TotalAlloc
}

// FuzzState believes nothing that a state file says.
func FuzzState(f *testing.F) {
	k := newKeeper(f)
	k.commit("a", token(f, 1)+"\n", "b", token(f, 2)+" # assay:allow\n")
	k.git("tag", "-a", "-m", token(f, 3), "v1")
	k.commit("a", "clean\n")
	k.agree("first")
	sound, err := os.ReadFile(k.file)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(sound[:len(sound)-sha256.Size])
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) < stateHead {
			return
		}
		before := allocated()
		s, err := parseState(data, builtin())
		if err != nil {
			return
		}
		state := &State{set: builtin(), old: s, planned: true, unchanged: true, seen: make([]bool, s.marks.len())}
		state.unpack()
		state.unchanged = false
		state.unpack()
		c := newCollector(builtin())
		c.memories = []*State{state}
		state.recall(c, 0)
		c.emit(&record{}, Attribution{Commits: map[object.ID]*report.Commit{}})
		if used := allocated() - before; used > 1<<20+1000*uint64(len(data)) {
			t.Errorf("%d bytes allocated for %d", used, len(data))
		}
	})
}
