package main

import (
	"math/rand/v2"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
)

// A random repository depends on its seed alone, and Git finds nothing wrong with it.
func TestSoakRepositories(t *testing.T) {
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("git is not installed")
	}
	build := func(seed uint64) (*soaked, string) {
		t.Helper()
		room := t.TempDir()
		k := &soaked{ctx: t.Context(), room: room, dir: filepath.Join(room, "repo"), rng: rand.New(rand.NewPCG(seed, 13)), assay: "true"}
		if err := k.build(); err != nil {
			t.Fatal(err)
		}
		if err := k.git("fsck", "--strict", "--no-dangling"); err != nil {
			t.Error(err)
		}
		refs, err := k.gitWith(nil, "for-each-ref", "refs/heads")
		if err != nil {
			t.Fatal(err)
		}
		return k, refs
	}
	k, refs := build(5)
	again, same := build(5)
	if refs != same || !slices.Equal(k.plants, again.plants) {
		t.Errorf("seed 5 makes\n%s and then\n%s", refs, same)
	}
	if len(k.plants) == 0 || k.commits == 0 {
		t.Errorf("%d plants in %d commits", len(k.plants), k.commits)
	}
	if _, others := build(6); others == refs {
		t.Error("seeds 5 and 6 make the same")
	}
}

func TestSoakCompares(t *testing.T) {
	k := &soaked{}
	want := map[string]string{"a": "text", "b": "a stash"}
	if err := k.same("it", map[string]bool{"a": true, "b": true}, want); err != nil {
		t.Error(err)
	}
	if err := k.same("it", map[string]bool{"a": true, "c": true}, want); err == nil || err.Error() != `it lacks ["a stash"] and has 1 others` {
		t.Errorf("error %v", err)
	}
}
