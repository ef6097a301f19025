//go:build unix

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/assayhq/assay/audit"
	"github.com/assayhq/assay/audit/fakeaws"
	"github.com/assayhq/assay/scan/faults"
)

// A writeFault fails one call about a file.
type writeFault struct {
	call string
	file string // what its path ends with
	n    int    // which of those calls, from 1
	fail syscall.Errno
}

// judge fails the call and says in hit whether it came.
func (f writeFault) judge(dir string, hit *bool) faults.Judge {
	seen := 0
	return func(c faults.Call) faults.Verdict {
		if c.Name != f.call || !c.In(dir) || !strings.HasSuffix(c.Path, f.file) {
			return faults.Verdict{}
		}
		if seen++; seen != f.n {
			return faults.Verdict{}
		}
		*hit = true
		return faults.Verdict{Fail: f.fail}
	}
}

// toldInOneLine checks that a run failed and said why: one line, and none with a name
// that nobody gave.
func (f writeFault) toldInOneLine(t *testing.T, got ended) {
	t.Helper()
	lines := strings.Count(got.stderr, "\n") - strings.Count(got.stderr, "\n  ") // without the hint
	if got.code != exitUsage || lines != 1 || !strings.Contains(got.stderr, f.fail.Error()) || strings.Contains(got.stderr, ".assay-") {
		t.Errorf("%+v: code %d\n%s", f, got.code, got.stderr)
	}
}

// outFolder makes a folder with files in it.
func outFolder(t *testing.T, files map[string]string) string {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// textOf returns what a file holds, "" if it is not there.
func textOf(dir, name string) string {
	text, _ := os.ReadFile(filepath.Join(dir, name))
	return string(text)
}

// saving are the flags of the audits below, which ask for little.
var saving = [...]string{"audit", "-q", "--no-config", "--region", "eu-west-1", "--rate", "1000", "--check", "SM-ROT", "--save", "inv.jsonl"}

// demoAWS is a made-up AWS that runs of the program ask.
func demoAWS(t *testing.T) {
	t.Helper()
	cloud := fakeaws.New(fakeaws.Options{Seed: 1})
	account := fakeaws.Demo(cloud)
	server, err := fakeaws.Start(cloud)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() })
	pointAt(t, server.URL, account)
}

// Whatever fails while an inventory is saved: yesterday's is still there, nothing half
// is, and the next run goes on from what could be kept.
func TestAuditThatCannotBeSaved(t *testing.T) {
	if testing.Short() {
		t.Skip("it starts a program for each fault")
	}
	demoAWS(t)
	audited := func(dir string, judge faults.Judge, flags ...string) ended {
		return finish(t, assayIn(t, dir, slices.Concat(saving[:], []string{"--report", "jsonl=a.jsonl"}, flags)...), judge)
	}
	cleanDir := outFolder(t, nil)
	clean := audited(cleanDir, nil)
	secrets := strings.Count(textOf(cleanDir, "inv.jsonl"), `"type":"secret"`)
	if clean.code != exitFindings || secrets == 0 {
		t.Fatalf("code %d, %d secrets\n%s", clean.code, secrets, clean.stderr)
	}
	for _, f := range []writeFault{
		{"openat", ".tmp", 2, syscall.EACCES}, // the first is that of the report
		{"write", ".tmp", 1, syscall.ENOSPC},
		{"renameat", ".partial", 1, syscall.EACCES},
		{"write", ".partial", 2, syscall.ENOSPC},
		{"write", ".partial", 20, syscall.ENOSPC},
		{"openat", ".tmp", 3, syscall.ENOSPC},
		{"fsync", ".tmp", 1, syscall.EIO},
		{"close", ".tmp", 1, syscall.ENOSPC},
		{"renameat", "inv.jsonl", 1, syscall.EACCES},
		{"unlinkat", ".partial", 1, syscall.EACCES},
	} {
		dir, hit := outFolder(t, map[string]string{"inv.jsonl": yesterday, "a.jsonl": yesterday}), false
		got := audited(dir, f.judge(dir, &hit))
		if !hit {
			t.Fatalf("%+v: it did not come", f)
		}
		f.toldInOneLine(t, got)
		saved := textOf(dir, "inv.jsonl")
		if f.call != "unlinkat" && saved != yesterday || textOf(dir, "a.jsonl") != yesterday {
			t.Errorf("%+v: what was there is gone", f)
		}
		if left := unfinished(t, dir); len(left) > 0 {
			t.Errorf("%+v: left %v", f, left)
		}
		checkGoesOn(t, f, dir, audited(dir, nil, "--resume"), secrets)
	}
}

// checkGoesOn checks the run after one that failed.
func checkGoesOn(t *testing.T, f writeFault, dir string, got ended, secrets int) {
	t.Helper()
	inv, err := audit.ReadInventory(strings.NewReader(textOf(dir, "inv.jsonl")))
	if err != nil || !inv.Complete() || got.code != exitFindings || got.stderr != "" {
		t.Errorf("after %+v: code %d, %v\n%s", f, got.code, err, got.stderr)
	}
	if n := strings.Count(textOf(dir, "inv.jsonl"), `"type":"secret"`); n != secrets {
		t.Errorf("after %+v: %d secrets, want %d", f, n, secrets)
	}
	if textOf(dir, "inv.jsonl.partial") != "" {
		t.Errorf("after %+v: the partial inventory is still there", f)
	}
}

// A disk that fills up in the middle of a record leaves one that can be gone on from.
func TestAuditOnAFullDisk(t *testing.T) {
	demoAWS(t)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := outFolder(t, nil)
	cmd := exec.Command("bash", append([]string{"-c", `ulimit -f 16; exec -a assay "$0" "$@"`, self}, saving[:]...)...)
	cmd.Dir, cmd.Env = dir, assayIn(t, dir).Env
	f := writeFault{fail: syscall.EFBIG}
	f.toldInOneLine(t, finish(t, cmd, nil))
	kept := textOf(dir, "inv.jsonl.partial")
	if len(kept) == 0 || strings.HasSuffix(kept, "\n") {
		t.Errorf("%d bytes are kept, and no record is half", len(kept))
	}
	got := finish(t, assayIn(t, dir, append(saving[:], "--resume")...), nil)
	checkGoesOn(t, f, dir, got, strings.Count(textOf(dir, "inv.jsonl"), `"type":"secret"`))
}

// Whatever fails while a run is recorded: the history is as it was, and what else was
// written is whole.
func TestHistoryThatCannotBeWritten(t *testing.T) {
	demo, err := filepath.Abs(filepath.Join("..", "..", "testdata", "aws", "demo.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	audited := func(dir string, judge faults.Judge) ended {
		return finish(t, assayIn(t, dir, "audit", "-q", "--no-config", "--inventory", demo, "--check", "SM-ROT", "--history", "runs.db"), judge)
	}
	before := outFolder(t, nil)
	clean := audited(before, nil)
	if clean.code != exitFindings {
		t.Fatalf("code %d\n%s", clean.code, clean.stderr)
	}
	runs := textOf(before, "runs.db")
	for _, f := range []writeFault{
		{"openat", ".lock", 1, syscall.EACCES}, {"close", ".lock", 1, syscall.ENOSPC}, {"openat", ".tmp", 1, syscall.EACCES},
		{"write", ".tmp", 1, syscall.ENOSPC}, {"fchmod", ".tmp", 1, syscall.EPERM}, {"fsync", ".tmp", 1, syscall.EIO},
		{"close", ".tmp", 1, syscall.ENOSPC}, {"renameat", "runs.db", 1, syscall.EACCES},
	} {
		dir, hit := outFolder(t, map[string]string{"runs.db": runs}), false
		got := audited(dir, f.judge(dir, &hit))
		if !hit {
			t.Fatalf("%+v: it did not come", f)
		}
		f.toldInOneLine(t, got)
		if left, err := os.ReadDir(dir); err != nil || len(left) != 1 || textOf(dir, "runs.db") != runs {
			t.Errorf("%+v: left %v, %v", f, left, err)
		}
		if !strings.Contains(got.stderr, "history runs.db: ") || !strings.Contains(got.stderr, "the reports are complete") || got.stdout != clean.stdout {
			t.Errorf("%+v: %s", f, got.stderr)
		}
	}
}

// A broken collection is gone on with for a day, and not before it was begun: its
// facts are judged as if they were of now.
func TestResumeAsksTheClock(t *testing.T) {
	name := filepath.Join("..", "..", "testdata", "aws", "demo.jsonl")
	begun, err := readInventory(name)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		after time.Duration
		says  string
	}{{0, ""}, {maxResume, ""}, {maxResume + time.Second, "too long ago"}, {-time.Second, "still to come"}} {
		o := &audit.Options{Now: begun.Collected.Add(c.after)}
		_, err := earlier(name, true, o)
		if (err != nil) != (c.says != "") || err != nil && !strings.Contains(err.Error(), c.says) {
			t.Errorf("after %v: %v", c.after, err)
		}
		if err == nil && !o.Now.Equal(begun.Collected) {
			t.Errorf("after %v: its clock is %v", c.after, o.Now)
		}
	}
}
