package main

// One of the two files of the program that start another (hookgit.go is the other): assay doctor asks Git for its
// version, because that is the Git whose hooks run assay. It does so outside of any
// repository and with an empty environment, so that nothing that is scanned can
// say what is started.

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"strings"
	"time"
)

// gitWait is how long Git may take to say its version.
const gitWait = 5 * time.Second

// gitVersion asks the Git on PATH for its version, such as "2.39.5".
func gitVersion(ctx context.Context) (string, error) {
	program, err := exec.LookPath("git")
	if err != nil {
		return "", errors.New("git is not on PATH")
	}
	ctx, stop := context.WithTimeout(ctx, gitWait)
	defer stop()
	c := exec.CommandContext(ctx, program, "--version")
	c.Dir, c.Env = os.TempDir(), []string{"GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=" + os.DevNull, "LC_ALL=C"}
	out, err := c.Output()
	if err != nil {
		return "", errors.New("git --version fails")
	}
	words := strings.Fields(string(out))
	if len(words) < 3 || words[0] != "git" {
		return "", errors.New("git --version says something else than a version")
	}
	return words[2], nil
}

// onPath returns where the program of this name is found by a hook.
func onPath(name string) (string, error) { return exec.LookPath(name) }
