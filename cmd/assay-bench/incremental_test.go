package main

import (
	"os"
	"path/filepath"
	"testing"
)

func TestStateScansShareOneState(t *testing.T) {
	state := filepath.Join(t.TempDir(), "state")
	s := &session{programs: programs{assay: "assay"}}
	first, second := s.stateScans(state, "repo.git")
	for _, c := range []contender{first, second} {
		args := c.args("")
		if at := len(args) - 3; args[at] != "--state" || args[at+1] != state || args[at+2] != "repo.git" {
			t.Errorf("%s: arguments %q", c.Name, args)
		}
	}
	if err := first.before(); err != nil {
		t.Errorf("first run without a state: %v", err)
	}
	if err := second.before(); err == nil {
		t.Error("the second run starts although the first left no state")
	}
	if err := os.WriteFile(state, []byte("left by a run"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := second.before(); err != nil {
		t.Errorf("second run with a state: %v", err)
	}
	if err := first.before(); err != nil {
		t.Errorf("first run with an old state: %v", err)
	}
	if _, err := os.Stat(state); !os.IsNotExist(err) {
		t.Errorf("the first run starts with a state: %v", err)
	}
}

func TestARunThatCannotBeMadeReadyFails(t *testing.T) {
	c := testProgram(t, "gitleaks")
	c.before = func() error { return os.ErrNotExist }
	rows, err := interleave(t.Context(), schedule{Rounds: 2}, []contender{c})
	if err != nil {
		t.Fatal(err)
	}
	if rows[0].Runs != 0 || rows[0].Note != "failed: "+os.ErrNotExist.Error() {
		t.Errorf("row %+v", rows[0])
	}
}
