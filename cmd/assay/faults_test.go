//go:build unix

package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/assayhq/assay/report"
	"github.com/assayhq/assay/rules"
	"github.com/assayhq/assay/scan/faults"
)

// exposed makes a folder with n files in it, each with a credential of its own, and a
// folder for reports beside it with one of yesterday in it.
func exposed(t *testing.T, n int) (dir string) {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	rule := rules.Rule{Rule: report.Rule{ID: "faults"}, Structure: "github"}
	files := map[string]string{"out/a.json": yesterday}
	for i := range n {
		text, err := rule.Expand("key = ghp_{base62:30}{seal}\n", uint64(i))
		if err != nil {
			t.Fatal(err)
		}
		files[fmt.Sprintf("in/f%d", i)] = text
	}
	for name, text := range files {
		name = filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(name), 0o777), os.WriteFile(name, []byte(text), 0o666)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

const yesterday = "the report of yesterday"

// An ended is a run of the program that is over.
type ended struct {
	code           int // -1: a signal ended it
	stdout, stderr string
}

// assayIn returns a run of the program that is to begin in dir.
func assayIn(t *testing.T, dir string, args ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Args = append([]string{"assay"}, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), raceOptions+"="+atOnce, "HOME="+filepath.Join(dir, "home"), "XDG_CACHE_HOME=")
	return cmd
}

// finish runs cmd and, if judge is not nil, has it judge the calls.
func finish(t *testing.T, cmd *exec.Cmd, judge faults.Judge) ended {
	t.Helper()
	var out, errs bytes.Buffer
	if cmd.Stdout == nil {
		cmd.Stdout = &out
	}
	cmd.Stderr = &errs
	var err error
	if judge == nil {
		err = cmd.Run()
	} else {
		wait, unsupported := faults.Start(cmd, judge)
		if errors.Is(unsupported, faults.ErrUnsupported) {
			t.Skip(unsupported)
		}
		if unsupported != nil {
			t.Fatal(unsupported)
		}
		err = cmd.Wait()
		if err := wait(); err != nil {
			t.Fatal(err)
		}
	}
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return ended{cmd.ProcessState.ExitCode(), out.String(), errs.String()}
}

// unfinished lists temporary files below dir.
func unfinished(t *testing.T, dir string) (all []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		if strings.HasSuffix(path, ".tmp") || strings.Contains(path, ".new-") {
			all = append(all, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// Whenever a signal comes, the program ends soon and says so. A report is not there,
// or is whole; if it lacks something it says that the run was interrupted.
func TestSignals(t *testing.T) {
	signals := []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP}
	interrupted := 0
	for i, n := range []int{1, 3, 6, 10, 15, 30, 50, 80} {
		dir := exposed(t, 40)
		cmd := assayIn(t, dir, "scan", "-q", "--report", "json=out/a.json", "--report", "jsonl=out/b.jsonl", "in")
		seen := 0
		got := finish(t, cmd, func(c faults.Call) faults.Verdict {
			if seen++; c.In(dir) && seen == n {
				if err := cmd.Process.Signal(signals[i%len(signals)]); err != nil {
					t.Error(err)
				}
				time.Sleep(20 * time.Millisecond) // the program hears of it meanwhile
			}
			return faults.Verdict{}
		})
		text, err := os.ReadFile(filepath.Join(dir, "out/a.json"))
		if err != nil {
			t.Fatal(err)
		}
		whole := bytes.Contains(text, []byte(`"interrupted":false,"complete":true`)) && bytes.Count(text, []byte(`"fingerprint"`)) == 40
		switch {
		case got.code == exitFindings && whole: // it came too late
		case got.code == exitInterrupted && (string(text) == yesterday || bytes.Contains(text, []byte(`"interrupted":true,"complete":false`))):
			interrupted++
		default:
			t.Errorf("%v at call %d: code %d, %s\n%.300s", signals[i%len(signals)], n, got.code, got.stderr, text)
		}
		if left := unfinished(t, dir); len(left) > 0 {
			t.Errorf("at call %d: left %v", n, left)
		}
	}
	if interrupted == 0 {
		t.Error("no run was interrupted")
	}
}

// Whatever fails while reports are written: the program says so in one line, what
// stood there before stands there, and nothing else is left. What it could write is
// whole.
func TestReportsThatCannotBeWritten(t *testing.T) {
	for _, call := range []string{"openat", "write", "fsync", "close", "renameat", "fchmod", "fstat"} {
		dir := exposed(t, 3)
		failed := ""
		got := finish(t, assayIn(t, dir, "scan", "-q", "--report", "json=out/a.json", "--report", "jsonl=out/b.jsonl", "in"), func(c faults.Call) faults.Verdict {
			if failed == "" && c.Name == call && c.In(dir+"/out") {
				failed = c.Path
				return faults.Verdict{Fail: syscall.ENOSPC}
			}
			return faults.Verdict{}
		})
		if failed == "" || got.code != exitUsage || strings.Count(got.stderr, "assay: ") != 1 || !strings.Contains(got.stderr, "no space left") {
			t.Errorf("%s fails for %q: code %d\n%s", call, failed, got.code, got.stderr)
		}
		if left := unfinished(t, dir); len(left) > 0 {
			t.Errorf("%s fails: left %v", call, left)
		}
		for _, name := range []string{"a.json", "b.jsonl"} {
			text, err := os.ReadFile(filepath.Join(dir, "out", name))
			if err != nil || string(text) == yesterday {
				continue
			}
			if bytes.Count(text, []byte(`"fingerprint":"`)) != 3 {
				t.Errorf("%s fails: %s is half\n%s", call, name, text)
			}
		}
	}
}

// What a shell can do to a program's streams and limits costs it no clear word.
func TestNarrowShell(t *testing.T) {
	dir := exposed(t, 200)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		script string
		code   int
		stderr string
	}{
		{`assay scan -q in >/dev/full`, exitUsage, "no space left on device"},
		{`assay scan -q --format json in | :`, exitUsage, "broken pipe"},
		{`assay rules list | :`, exitUsage, "broken pipe"},
		{`assay scan -q in >&-`, exitFindings, ""},
		{`assay scan -q in 2>&-`, exitFindings, ""},
		{`assay scan -q in <&-`, exitFindings, ""},
		{`ulimit -f 8; assay scan -q --format json in >out/too-large`, exitUsage, "file too large"},
		{`ulimit -f 8; assay scan -q --report json=out/b.json in`, exitUsage, "file too large"},
		{`ulimit -n 16; assay scan -q in`, exitFindings, ""},
		{`unset HOME; assay scan -q in`, exitFindings, ""},
		{`TMPDIR=/nonexistent assay scan -q --report json=out/b.json in`, exitFindings, ""},
	} {
		if _, err := os.Stat("/dev/full"); err != nil && strings.Contains(c.script, "/dev/full") {
			continue
		}
		cmd := exec.Command("bash", "-c", `assay() { (exec -a assay "$0" "$@"); }; set -o pipefail; `+c.script, self)
		cmd.Dir, cmd.Env = dir, assayIn(t, dir).Env
		if got := finish(t, cmd, nil); got.code != c.code || !strings.Contains(got.stderr, c.stderr) || strings.Count(got.stderr, "assay: ") > 1 {
			t.Errorf("%s: code %d, want %d\n%s", c.script, got.code, c.code, got.stderr)
		}
		if left := unfinished(t, dir); len(left) > 0 {
			t.Errorf("%s: left %v", c.script, left)
		}
	}
}

// Runs side by side that write the same report and the same state do not harm each
// other: each says what it found, and what they leave is whole.
func TestRunsAtOnce(t *testing.T) {
	dir := exposed(t, 5)
	git := func(args ...string) {
		t.Helper()
		cmd := exec.Command("git", append([]string{"-C", filepath.Join(dir, "in"), "-c", "user.name=Ada", "-c", "user.email=ada@example.com"}, args...)...)
		cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_NOSYSTEM=1")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v\n%s", args, err, out)
		}
	}
	git("init", "-q")
	git("add", ".")
	git("commit", "-q", "-m", "all")
	args := []string{"scan", "-q", "--state", "../state", "--report", "json=../out/a.json", "--format", "jsonl", "."}
	var runs sync.WaitGroup
	codes := make([]ended, 4)
	for i := range codes {
		cmd := assayIn(t, filepath.Join(dir, "in"), args...)
		runs.Go(func() { codes[i] = finish(t, cmd, nil) })
	}
	runs.Wait()
	last := finish(t, assayIn(t, filepath.Join(dir, "in"), args...), nil)
	for _, got := range append(codes, last) {
		if got.code != exitFindings || strings.Count(got.stdout, `"type":"finding"`) != 5 || got.stderr != "" {
			t.Errorf("code %d, %s%s", got.code, got.stdout, got.stderr)
		}
	}
	if !strings.Contains(last.stdout, `"remembered":`) {
		t.Errorf("nothing is remembered: %s", last.stdout)
	}
	text, err := os.ReadFile(filepath.Join(dir, "out/a.json"))
	if err != nil || !bytes.Contains(text, []byte(`"complete":true`)) {
		t.Errorf("report: %v\n%s", err, text)
	}
	if left := unfinished(t, dir); len(left) > 0 {
		t.Errorf("left %v", left)
	}
}
