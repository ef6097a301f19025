package main

// This is the only file that starts programs: the Go command that fetches and
// builds, npm, apt-get and tar that fetch and unpack, Git that builds and reads repositories, and the scanners that are
// measured. All of them get an environment that is made here, so that neither
// the configuration of the machine nor a variable of the caller has a say.

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// A command is a program to start.
type command struct {
	args   []string
	dir    string
	env    []string
	stdin  io.Reader
	stdout io.Writer
	stderr io.Writer     // gets the standard error too; may be nil
	limits bool          // of kit cases, see limitProcess
	ok     []int         // exit codes besides 0 that are no failure
	watch  time.Duration // how often to look at the memory of the process, 0 for never
	// started is told the process as soon as it runs; may be nil.
	started func(pid int)
}

// A usage is what one run of a command took.
type usage struct {
	CPU  time.Duration // user and system, with the children that it waited for
	Wall time.Duration
	RSS  int64 // peak resident bytes, 0 where unknown
	Anon int64 // peak of it without mapped files, in bytes, 0 where unknown
	Exit int
}

// run starts c and waits for it. A failure is told with the reason that
// the program wrote to its standard error.
func (c command) run(ctx context.Context) (usage, error) {
	cmd := exec.CommandContext(ctx, c.args[0], c.args[1:]...)
	cmd.Dir, cmd.Env, cmd.Stdin, cmd.Stdout = c.dir, c.env, c.stdin, c.stdout
	said := &tail{}
	cmd.Stderr = said
	if c.stderr != nil {
		cmd.Stderr = io.MultiWriter(said, c.stderr)
	}
	start := time.Now()
	if err := cmd.Start(); err != nil {
		return usage{}, fmt.Errorf("%s: %w", filepath.Base(c.args[0]), err)
	}
	if c.limits {
		limitProcess(cmd.Process.Pid)
	}
	if c.started != nil {
		c.started(cmd.Process.Pid)
	}
	watching := watchMemory(cmd.Process.Pid, c.watch)
	err := cmd.Wait()
	u := usage{Wall: time.Since(start)}
	seen := watching.stop()
	state := cmd.ProcessState
	if state == nil {
		return u, err
	}
	u.CPU, u.Exit = state.UserTime()+state.SystemTime(), state.ExitCode()
	u.Anon, u.RSS = seen.anon, max(seen.peak, peakOf(state))
	if ctx.Err() != nil {
		return u, ctx.Err()
	}
	return u, c.judge(err, u.Exit, said)
}

func (c command) judge(err error, exit int, said *tail) error {
	var failed *exec.ExitError
	if err == nil || errors.As(err, &failed) && slices.Contains(c.ok, exit) {
		return nil
	}
	if line := said.reason(); line != "" {
		return fmt.Errorf("%s: %w: %s", strings.Join(c.shown(), " "), err, line)
	}
	return fmt.Errorf("%s: %w", strings.Join(c.shown(), " "), err)
}

// shown is the command with the program's folder left out and a long list of
// arguments cut short.
func (c command) shown() []string {
	shown := append([]string{filepath.Base(c.args[0])}, c.args[1:]...)
	if len(shown) > 8 {
		shown = append(shown[:8:8], "...")
	}
	return shown
}

// output runs c and returns its standard output.
func (c command) output(ctx context.Context) ([]byte, error) {
	var out bytes.Buffer
	c.stdout = &out
	_, err := c.run(ctx)
	return out.Bytes(), err
}

// A server is the made-up AWS in a process of its own.
type server struct {
	cmd *exec.Cmd
	env []string // points the SDK at it
}

// startServer starts it and waits until it has said where it listens.
func startServer(ctx context.Context, program string, args ...string) (*server, error) {
	s := &server{cmd: exec.CommandContext(ctx, program, args...)}
	s.cmd.Env = cleanEnv("")
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if setting, ok := strings.CutPrefix(lines.Text(), "export "); ok {
			s.env = append(s.env, setting)
		}
		if strings.HasPrefix(lines.Text(), "export AWS_REGION=") { // the last
			return s, nil
		}
	}
	s.stop()
	return nil, errors.Join(errors.New("the made-up AWS did not start"), lines.Err())
}

func (s *server) stop() {
	s.cmd.Process.Kill() // it holds nothing that could be lost
	s.cmd.Wait()
}

// A tail keeps the end of what is written to it.
type tail struct{ buf []byte }

const tailSize = 4 << 10

func (t *tail) Write(p []byte) (int, error) {
	t.buf = append(t.buf, p...)
	if len(t.buf) > 2*tailSize {
		t.buf = append(t.buf[:0], t.buf[len(t.buf)-tailSize:]...)
	}
	return len(p), nil
}

// reason is the last line that Git calls fatal, or else the last line that is
// not empty.
func (t *tail) reason() string {
	last := ""
	for line := range strings.Lines(strings.TrimSpace(string(t.buf))) {
		line = strings.TrimSpace(line)
		if line != "" && !strings.HasPrefix(last, "fatal: ") || strings.HasPrefix(line, "fatal: ") {
			last = line
		}
	}
	return last
}

// program finds an installed program.
func program(name string) (string, error) { return exec.LookPath(name) }

// cleanEnv is the environment of Git and of every program that is measured. The
// home folder is one of our own, so that no configuration of the user and no
// state of an earlier run is met.
func cleanEnv(home string) []string {
	env := []string{
		"HOME=" + home,
		"LC_ALL=C",
		"GIT_CONFIG_GLOBAL=" + os.DevNull,
		"GIT_CONFIG_NOSYSTEM=1",
		"GIT_TERMINAL_PROMPT=0",
	}
	for _, name := range []string{"PATH", "TMPDIR", "SYSTEMROOT"} {
		if v, ok := os.LookupEnv(name); ok {
			env = append(env, name+"="+v)
		}
	}
	return env
}

// goEnv is the environment of the Go command: the caller's, which knows the
// module proxy, without what would change what is built.
func goEnv(set ...string) []string {
	env := slices.DeleteFunc(os.Environ(), func(v string) bool {
		return strings.HasPrefix(v, "GIT_") || strings.HasPrefix(v, "GOFLAGS=")
	})
	return append(append(env, "GOWORK=off", "GOFLAGS=-modcacherw -buildvcs=false"), set...)
}

// fetchEnv is the environment of npm and apt-get: the caller's, which knows the
// registry and the mirror, with messages that are always the same.
func fetchEnv() []string { return append(os.Environ(), "LC_ALL=C", "NO_UPDATE_NOTIFIER=1") }

// gitIn returns a Git command that works in dir.
func gitIn(dir string, args ...string) command {
	return command{args: append([]string{"git"}, args...), dir: dir, env: cleanEnv(dir)}
}
