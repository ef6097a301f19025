package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/assayhq/assay/scan/kit"
)

// Over all repositories that name programs, in one run, no program is started: the
// run is traced, and neither makes a process nor executes anything. The tracer is
// our own, for one that has to be installed would leave this untested where it is not.
func TestKitTraced(t *testing.T) {
	if !kit.HasGit() {
		t.Skip("git is not installed")
	}
	args := []string{"scan", "--quiet", "--format", "jsonl"}
	marks := map[string]string{}
	for _, c := range kit.Cases() {
		if c.Family != "programs" {
			continue
		}
		dir := t.TempDir()
		site, err := c.Site(dir, kit.Small)
		if err != nil {
			t.Fatal(err)
		}
		args = append(args, site.Dir)
		marks[c.Name] = filepath.Join(site.Side, kit.Mark)
	}
	program, err := exec.LookPath("assay") // TestMain made it
	if err != nil {
		t.Fatal(err)
	}
	trace(t, 2, "/bin/sh", "-c", "/bin/true; :") // the tracer sees a process, and what it runs
	exit := trace(t, 0, program, args...)
	if exit != exitFindings && exit != exitIncomplete {
		t.Errorf("exit code %d", exit)
	}
	for name, mark := range marks {
		if _, err := os.Lstat(mark); err == nil {
			t.Errorf("%s: the program was started", name)
		}
	}
}

// trace runs a program under ptrace and compares how many processes it and those
// that it starts make. It returns the exit code.
func trace(t *testing.T, want int, program string, args ...string) int {
	t.Helper()
	runtime.LockOSThread() // whoever traces is a thread
	defer runtime.UnlockOSThread()
	cmd := exec.Command(program, args...)
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir(), "TMPDIR=" + t.TempDir()}
	// A group of its own, so that to wait for it takes nothing from other tests.
	cmd.SysProcAttr = &syscall.SysProcAttr{Ptrace: true, Setpgid: true}
	if err := cmd.Start(); err != nil {
		if errors.Is(err, syscall.EPERM) {
			t.Skip("ptrace is not allowed here")
		}
		t.Fatal(err)
	}
	pid := cmd.Process.Pid
	end := time.AfterFunc(2*time.Minute, func() { syscall.Kill(-pid, syscall.SIGKILL) })
	defer end.Stop()
	exit, events, err := follow(pid)
	if err != nil {
		cmd.Process.Kill()
		t.Fatalf("%s: %v", program, err)
	}
	if len(events) != want {
		t.Errorf("%s: %d processes or programs started, want %d: %s", filepath.Base(program), len(events), want, strings.Join(events, ", "))
	}
	return exit
}

// follow lets a stopped process and its threads run to their end and lists what it
// starts.
func follow(pid int) (exit int, events []string, err error) {
	var status syscall.WaitStatus
	if _, err := syscall.Wait4(pid, &status, syscall.WALL, nil); err != nil {
		return 0, nil, err
	}
	const options = syscall.PTRACE_O_TRACECLONE | syscall.PTRACE_O_TRACEFORK | syscall.PTRACE_O_TRACEVFORK | syscall.PTRACE_O_TRACEEXEC
	if err := syscall.PtraceSetOptions(pid, options); err != nil {
		return 0, nil, err
	}
	if err := syscall.PtraceCont(pid, 0); err != nil {
		return 0, nil, err
	}
	for {
		thread, err := syscall.Wait4(-pid, &status, syscall.WALL, nil)
		if err != nil {
			return 0, events, err
		}
		switch {
		case thread == pid && status.Exited():
			return status.ExitStatus(), events, nil
		case thread == pid && status.Signaled():
			return 128 + int(status.Signal()), events, nil
		case !status.Stopped():
			continue
		}
		signal := 0
		switch cause := status.TrapCause(); {
		case cause == syscall.PTRACE_EVENT_FORK || cause == syscall.PTRACE_EVENT_VFORK:
			events = append(events, "a process")
		case cause == syscall.PTRACE_EVENT_EXEC:
			name, _ := os.Readlink(filepath.Join("/proc", strconv.Itoa(thread), "exe")) // says less without it
			events = append(events, "program "+name)
		case status.StopSignal() != syscall.SIGTRAP && status.StopSignal() != syscall.SIGSTOP:
			signal = int(status.StopSignal())
		}
		// A thread that is gone by now is waited for above.
		if err := syscall.PtraceCont(thread, signal); err != nil && !errors.Is(err, syscall.ESRCH) {
			return 0, events, err
		}
	}
}
