package scan

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/assayhq/assay/report"
	"github.com/assayhq/assay/scan/faults"
)

// The tests here let system calls fail, one in each run, and see what the run says:
// that it is incomplete, or all that it says without the fault. A copy of this
// program does the runs, see TestMain.

// everyFault in the environment has each call fail in each way. Otherwise some do.
const everyFault = "ASSAY_EVERY_FAULT"

// A faultCase is something to scan.
type faultCase struct {
	name string
	make func(t *testing.T) (dir string)
	scan func(dir string) outcome // in the copy
}

var faultCases = []faultCase{
	{"folder", faultFolder, func(dir string) outcome { return scanAll(openFaultFolder(dir), true, nil) }},
	{"repository", faultRepository, func(dir string) outcome { return scanAll(openFaultRepository(dir, ""), true, nil) }},
	{"staged", faultRepository, func(dir string) outcome { return scanAll(openFaultStaged(dir), false, nil) }},
	{"range", faultRepository, func(dir string) outcome { return scanAll(openFaultRange(dir), false, nil) }},
	{"state", faultRepository, func(dir string) outcome { return scanAll(openFaultRepository(dir, dir+"/state"), true, nil) }},
	{"reports", faultFolder, func(dir string) outcome { return scanAll(openFaultFolder(dir), true, intoFiles(dir+"/out")) }},
}

// intoFiles has the report written to files as well.
func intoFiles(dir string) func(report.Handler) (report.Handler, func(), error) {
	return func(to report.Handler) (report.Handler, func(), error) {
		var files []*report.File
		closeAll := func() {
			for _, f := range files {
				f.Close()
			}
		}
		all := []report.Handler{to}
		for name, format := range map[string]func(io.Writer) report.Handler{"a.jsonl": report.NewJSONL, "b.json": report.NewJSON} {
			f, err := report.NewFile(filepath.Join(dir, name), format)
			if err != nil {
				closeAll()
				return nil, nil, err
			}
			files, all = append(files, f), append(all, f)
		}
		return report.Tee(all...), closeAll, nil
	}
}

// An outcome is what came of one scan.
type outcome struct {
	Prints, Findings []string
	Notices          []string
	Summary          report.Summary
	Err              string // why there is no report
	Goroutines       int    // how many there are now
	Files            int    // that are open now
}

// scanAll opens and examines sources. Refs of places count where the scan promises
// to say if one cannot be read.
func scanAll(open openSources, refs bool, wrap func(report.Handler) (report.Handler, func(), error)) (o outcome) {
	var closes []func() error
	defer func() {
		for _, c := range slices.Backward(closes) {
			c()
		}
		o.Goroutines, o.Files = left()
	}()
	seen := &record{}
	err := func() error {
		sources, err := open(&closes)
		if err != nil {
			return err
		}
		to := report.Handler(recording{seen})
		if wrap != nil {
			var done func()
			if to, done, err = wrap(to); err != nil {
				return err
			}
			defer done()
		}
		if err := to.Begin(report.Run{Tool: "assay", Command: "scan"}); err != nil {
			return err
		}
		o.Summary, err = Run(context.Background(), sources, builtin(), to, Options{Workers: 2, LineHashes: true})
		return errors.Join(err, to.End(o.Summary))
	}()
	if err != nil {
		o.Err = err.Error()
	}
	for _, f := range seen.findings {
		o.Prints = append(o.Prints, f.Fingerprint)
		for i := range f.Occurrences {
			if !refs {
				f.Occurrences[i].Refs = nil
			}
		}
		line, err := json.Marshal(f.Occurrences)
		if err != nil {
			o.Err = err.Error()
		}
		o.Findings = append(o.Findings, f.Fingerprint+" "+string(line))
	}
	for _, n := range seen.notices {
		o.Notices = append(o.Notices, n.Subject+": "+n.Err.Error())
	}
	return o
}

// recording makes a Handler of a record.
type recording struct{ *record }

func (recording) Begin(report.Run) error   { return nil }
func (recording) End(report.Summary) error { return nil }

// left counts goroutines and open files, once those that are about to end have ended.
func left() (goroutines, files int) {
	for range 1000 {
		if goroutines = runtime.NumGoroutine(); goroutines <= 1 {
			break
		}
		time.Sleep(time.Millisecond)
	}
	fds, _ := os.ReadDir("/proc/self/fd")
	return goroutines, len(fds)
}

// copyOf in the environment has this program do runs of a case in the folder that
// is its argument, one for each line that it reads.
const copyOf = "ASSAY_FAULT_CASE"

// faultCopy does the runs, if this is the copy.
func faultCopy() {
	i := slices.IndexFunc(faultCases, func(c faultCase) bool { return c.name == os.Getenv(copyOf) })
	if i < 0 {
		return
	}
	out := json.NewEncoder(os.Stdout)
	for in := bufio.NewScanner(os.Stdin); in.Scan(); {
		if err := out.Encode(faultCases[i].scan(os.Args[1])); err != nil {
			panic(err)
		}
	}
	os.Exit(0)
}

// A way is how a call fails.
type way struct {
	name    string
	verdict faults.Verdict
	calls   []string // that can fail so; nil for all
	// change, if it is not nil, is done to the file before the call.
	change func(path string) error
}

var (
	opens = []string{"openat", "openat2"}
	reads = []string{"read", "pread"}
)

var ways = []way{
	{name: "EIO", verdict: faults.Verdict{Fail: syscall.EIO}},
	{name: "EACCES", verdict: faults.Verdict{Fail: syscall.EACCES}, calls: append([]string{"fstatat", "renameat", "readlinkat", "mmap"}, opens...)},
	{name: "EMFILE", verdict: faults.Verdict{Fail: syscall.EMFILE}, calls: opens},
	{name: "ENOMEM", verdict: faults.Verdict{Fail: syscall.ENOMEM}, calls: append([]string{"mmap", "getdents"}, opens...)},
	{name: "ENOSPC", verdict: faults.Verdict{Fail: syscall.ENOSPC}, calls: []string{"write", "fsync", "renameat", "openat"}},
	{name: "EINTR", verdict: faults.Verdict{Fail: syscall.EINTR}, calls: append([]string{"getdents", "write"}, append(reads, opens...)...)},
	{name: "half a read", verdict: faults.Verdict{Half: true}, calls: reads},
	{name: "early end", verdict: faults.Verdict{Empty: true}, calls: reads},
	{name: "removed", change: os.Remove},
	{name: "cut short", change: func(path string) error { return os.Truncate(path, 10) }},
	{name: "grown", change: func(path string) error { return appendTo(path, "\nmore\n") }},
}

func appendTo(path, text string) error {
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	return errors.Join(err, f.Close())
}

// A trial is a program under judgement: the n-th call of the next run fails.
type trial struct {
	mu         sync.Mutex
	dir        string
	way        way
	nth        int  // 0: none
	persistent bool // and all after it
	seen       int
	fired      []faults.Call // the first calls that failed
	changed    savedFile
}

// A savedFile is a file as it was before it was changed.
type savedFile struct {
	path string // "" for none
	data []byte
	mode os.FileMode
}

func saveFile(path string) (savedFile, bool) {
	info, err := os.Lstat(path)
	if err != nil || !info.Mode().IsRegular() {
		return savedFile{}, false
	}
	data, err := os.ReadFile(path)
	return savedFile{path, data, info.Mode()}, err == nil
}

// restore puts the file back.
func (s savedFile) restore() error {
	if s.path == "" {
		return nil
	}
	if err := os.Remove(s.path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return os.WriteFile(s.path, s.data, s.mode)
}

func (p *trial) judge(c faults.Call) faults.Verdict {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !c.In(p.dir) || c.Is("close", "unlinkat") || p.way.calls != nil && !c.Is(p.way.calls...) {
		return faults.Verdict{}
	}
	p.seen++
	if p.nth == 0 || p.seen < p.nth || p.seen > p.nth && !p.persistent {
		return faults.Verdict{}
	}
	if p.way.change != nil && !p.alter(c.Path) {
		p.nth++ // the next one is about a file
		return faults.Verdict{}
	}
	if len(p.fired) < 3 {
		p.fired = append(p.fired, c)
	}
	return p.way.verdict
}

// alter changes a file; false means that there is nothing to change.
func (p *trial) alter(path string) bool {
	before, ok := saveFile(path)
	ours := strings.Contains(path, ".new-") || strings.HasSuffix(path, ".tmp")
	if !ok || ours || p.changed.path != "" || p.way.change(path) != nil {
		return false
	}
	p.changed = before
	return true
}

// arm says what fails in the next run.
func (p *trial) arm(w way, nth int, persistent bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.way, p.nth, p.persistent, p.seen, p.fired, p.changed = w, nth, persistent, 0, nil, savedFile{}
}

// A copied is the copy of this program.
type copied struct {
	*trial
	in    io.Writer
	out   *bufio.Reader
	reset func()
}

// run does one run.
func (c *copied) run(t *testing.T) (o outcome) {
	t.Helper()
	if c.reset != nil {
		c.reset()
	}
	if _, err := io.WriteString(c.in, "\n"); err != nil {
		t.Fatal(err)
	}
	line, err := c.out.ReadBytes('\n')
	if err != nil {
		t.Fatalf("the program ended: %v (%v)", err, c.fired)
	}
	if err := json.Unmarshal(line, &o); err != nil {
		t.Fatal(err)
	}
	return o
}

// startCopy starts a copy for a case.
func startCopy(t *testing.T, c faultCase, dir string) *copied {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self, dir)
	cmd.Env = append(os.Environ(), copyOf+"="+c.name)
	cmd.Stderr = os.Stderr
	in, err1 := cmd.StdinPipe()
	out, err2 := cmd.StdoutPipe()
	if err := errors.Join(err1, err2); err != nil {
		t.Fatal(err)
	}
	p := &trial{dir: dir}
	wait, err := faults.Start(cmd, p.judge)
	if errors.Is(err, faults.ErrUnsupported) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(in.Close(), cmd.Wait(), wait()); err != nil {
			t.Error(err)
		}
	})
	return &copied{trial: p, in: in, out: bufio.NewReader(out)}
}

// Whatever call of a scan fails, however, once or from then on: the run says that it
// is incomplete, or says what it says without the fault.
func TestFaults(t *testing.T) {
	for _, c := range faultCases {
		t.Run(c.name, func(t *testing.T) {
			dir, err := filepath.EvalSymlinks(c.make(t))
			if err != nil {
				t.Fatal(err)
			}
			runs := startCopy(t, c, dir)
			runs.reset = func() { os.Remove(dir + "/state") }
			want := runs.run(t)
			want = runs.run(t) // the first one set up what stays
			if len(want.Prints) == 0 || len(want.Notices) > 0 || want.Err != "" {
				t.Fatalf("without a fault: %+v", want)
			}
			before := filesIn(t, dir)
			for _, w := range ways {
				for _, persistent := range []bool{false, true} {
					n, failed := runs.each(t, w, persistent, want)
					t.Logf("%s, persistent %v: %d points, %d runs incomplete", w.name, persistent, n, failed)
				}
			}
			if after := filesIn(t, dir); !slices.Equal(before, after) {
				t.Errorf("files left: %v", after)
			}
		})
	}
}

// each lets one call after the other fail until a run passes without a fault.
func (c *copied) each(t *testing.T, w way, persistent bool, want outcome) (points, failed int) {
	step := 13
	if os.Getenv(everyFault) != "" {
		step = 1
	} else if testing.Short() {
		step = 101
	}
	if persistent && (w.name == "EINTR" || w.change != nil) {
		return 0, 0 // it would be asked for again for ever, or is done once
	}
	for n := 1; ; n += step {
		c.arm(w, n, persistent)
		got := c.run(t)
		c.mu.Lock()
		fired, changed := c.fired, c.changed
		c.mu.Unlock()
		if len(fired) == 0 {
			return points, failed
		}
		points++
		if got.Err != "" || len(got.Notices) > 0 {
			failed++
		}
		bad := broken(got, want)
		if changed.path == "" {
			bad = append(bad, differs(got, want)...)
		} else if len(differs(got, want)) > 0 {
			c.arm(way{}, 0, false)
			bad = append(bad, lost(got, want, c.run(t))...)
		}
		if err := changed.restore(); err != nil {
			t.Fatal(err)
		}
		for _, fault := range bad {
			t.Errorf("%s at call %d %+v, persistent %v: %s", w.name, n, fired, persistent, fault)
		}
	}
}

func (o outcome) complete() bool { return o.Err == "" && len(o.Notices) == 0 }

// differs says how a run that looks complete differs from one without a fault.
func differs(got, want outcome) (all []string) {
	if got.complete() && (!slices.Equal(got.Findings, want.Findings) || fmt.Sprint(got.Summary) != fmt.Sprint(want.Summary)) {
		all = append(all, "it looks complete, but says something else: "+cmp.Diff(want, got))
	}
	return all
}

// lost lists what a run that looks complete lacks although it can be found both before
// and after the change to a file that came meanwhile.
func lost(got, before, after outcome) (all []string) {
	for _, p := range before.Prints {
		if got.complete() && !slices.Contains(got.Prints, p) && (after.Err != "" || slices.Contains(after.Prints, p)) {
			all = append(all, "it looks complete and lacks "+p)
		}
	}
	return all
}

// broken lists what no run may do.
func broken(got, want outcome) (all []string) {
	if got.Summary.Complete() != (len(got.Notices) == 0) {
		all = append(all, fmt.Sprintf("complete %v with %v", got.Summary.Complete(), got.Notices))
	}
	if text := got.Err + strings.Join(got.Notices, ""); strings.Contains(text, "internal error") {
		all = append(all, text)
	}
	if got.Goroutines > want.Goroutines || got.Files > want.Files {
		all = append(all, fmt.Sprintf("%d goroutines and %d files are left, not %d and %d", got.Goroutines, got.Files, want.Goroutines, want.Files))
	}
	return all
}

// Whenever the repository is packed anew under a scan, objects and refs move, and
// files go: the scan finds what it finds otherwise, or says that it is incomplete.
func TestRepackedMeanwhile(t *testing.T) {
	step := 40
	if os.Getenv(everyFault) != "" {
		step = 3
	}
	c := faultCases[slices.IndexFunc(faultCases, func(c faultCase) bool { return c.name == "repository" })]
	whole, err := filepath.EvalSymlinks(c.make(t))
	if err != nil {
		t.Fatal(err)
	}
	dir := whole + ".now"
	t.Cleanup(func() { os.RemoveAll(dir) })
	runs := startCopy(t, c, dir)
	runs.reset = func() {
		if err := errors.Join(os.RemoveAll(dir), os.CopyFS(dir, os.DirFS(whole))); err != nil {
			t.Fatal(err)
		}
	}
	runs.run(t)
	want := runs.run(t)
	git := &repo{t: t, dir: dir + "/repo", env: newRepo(t).env}
	for n := 1; ; n += step {
		var done atomic.Bool // another goroutine judges the calls
		runs.arm(way{change: func(string) error {
			done.Store(true)
			return errors.Join(git.command("", "gc", "-q", "--prune=now").Run(), git.command("", "pack-refs", "--all").Run())
		}}, n, false)
		got := runs.run(t)
		if !done.Load() {
			break
		}
		// What lies loose and what is packed differs from what it was, in files and bytes.
		got.Summary, want.Summary = report.Summary{NotExamined: got.Summary.NotExamined}, report.Summary{}
		for _, fault := range append(broken(got, want), differs(got, want)...) {
			t.Errorf("packed at call %d: %s", n, fault)
		}
		t.Logf("call %d: %d notices %q", n, len(got.Notices), got.Notices)
	}
}

func filesIn(t *testing.T, dir string) (all []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, e os.DirEntry, err error) error {
		all = append(all, path)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}
