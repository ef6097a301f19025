package kit

// This is the only file of the package that starts a program: git, to build what is
// best built by Git itself. Nothing of it runs while a case is examined.

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"strings"
)

// git runs git in the site and returns what it says.
func (s *Site) git(args ...string) string { return s.gitIn(s.Dir, "", args...) }

// feed is git with a standard input.
func (s *Site) feed(stdin string, args ...string) string { return s.gitIn(s.Dir, stdin, args...) }

// gitIn runs git in a folder, apart from any configuration of this machine.
func (s *Site) gitIn(dir, stdin string, args ...string) string {
	cmd := exec.Command("git", append([]string{"-c", "core.fsync=none", "-c", "gc.auto=0", "-c", "protocol.file.allow=always", "-c", "init.defaultBranch=main", "-c", "commit.gpgSign=false"}, args...)...)
	cmd.Dir = dir
	cmd.Stdin = strings.NewReader(stdin)
	cmd.Env = []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + s.Side, "LC_ALL=C", "GIT_CONFIG_GLOBAL=" + os.DevNull, "GIT_CONFIG_NOSYSTEM=1",
		"GIT_AUTHOR_NAME=Ada", "GIT_AUTHOR_EMAIL=ada@example.org", "GIT_AUTHOR_DATE=1700000000 +0000",
		"GIT_COMMITTER_NAME=Ada", "GIT_COMMITTER_EMAIL=ada@example.org", "GIT_COMMITTER_DATE=1700000000 +0000",
		"GIT_TERMINAL_PROMPT=0", "GIT_TEMPLATE_DIR=",
	}
	var out, said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &said
	if err := cmd.Run(); err != nil {
		panic(failure{fmt.Errorf("git %s: %w: %s", strings.Join(args, " "), err, said.String())})
	}
	return strings.TrimSuffix(out.String(), "\n")
}

// HasGit reports whether the cases can be built here.
func HasGit() bool {
	_, err := exec.LookPath("git")
	return err == nil
}

// commitAll commits everything in the working tree.
func (s *Site) commitAll(message string) string {
	s.git("add", "-A")
	s.git("commit", "-q", "--allow-empty", "-m", message)
	return s.git("rev-parse", "HEAD")
}
