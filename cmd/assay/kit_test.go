package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/assayhq/assay/scan/kit"
)

// Every case of the kit of hostile input, at small scale: what was planted is found,
// no run looks clean that is not, and nothing else happens that must not. The same
// cases run at full scale, each in a process of its own, with assay-bench run kit.
func TestKit(t *testing.T) {
	if testing.Short() {
		t.Skip("900 repositories take a minute")
	}
	if !kit.HasGit() {
		t.Skip("git is not installed")
	}
	temp := t.TempDir()
	t.Setenv("TMPDIR", temp)
	home, scale := t.TempDir(), kit.Small
	if underRace {
		scale = kit.Tiny
	}
	names := map[string]bool{}
	for _, c := range kit.Cases() {
		if names[c.Name] {
			t.Errorf("two cases are called %q", c.Name)
		}
		names[c.Name] = true
	}
	t.Run("cases", func(t *testing.T) {
		for i, c := range kit.Cases() {
			if underRace && i%3 != 0 {
				continue // all run without the detector, which looks for races alone
			}
			t.Run(c.Family+"/"+strings.ReplaceAll(c.Name, "/", ":"), func(t *testing.T) {
				t.Parallel()
				v, err := c.Run(t.TempDir(), scale, inProcess(t, home))
				if err != nil {
					t.Fatal(err)
				}
				for _, fault := range v.Faults {
					t.Errorf("%s: %s: %s", c.Promise, c.Name, fault)
				}
			})
		}
	})
	if left, err := os.ReadDir(temp); err != nil || len(left) > 0 {
		t.Errorf("temporary files are left: %v, %v", left, err)
	}
}

// inProcess runs the program's code as a command would.
func inProcess(t *testing.T, home string) kit.Program {
	return func(call kit.Call) (kit.Outcome, error) {
		ctx, stop := context.WithTimeout(t.Context(), time.Minute)
		defer stop()
		env := append([]string{"HOME=" + home, "XDG_CACHE_HOME=" + filepath.Join(home, "cache"), "NO_COLOR=1"}, call.Env...)
		var stdout, stderr bytes.Buffer
		a := &app{
			name: "assay", stdin: strings.NewReader(call.Stdin), stdout: &stdout, stderr: &stderr, now: time.Now,
			environ: func() []string { return env }, getenv: func(name string) string { return lookUp(env, name) },
		}
		exit := a.run(ctx, call.Args)
		return kit.Outcome{Exit: exit, Stdout: stdout.Bytes(), Stderr: stderr.Bytes()}, nil
	}
}

// lookUp returns the last value that a name has in an environment.
func lookUp(env []string, name string) (value string) {
	for _, setting := range env {
		if v, ok := strings.CutPrefix(setting, name+"="); ok {
			value = v
		}
	}
	return value
}
