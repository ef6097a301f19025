package main

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"
)

// A fuzzTarget is one fuzz test of the module.
type fuzzTarget struct {
	Package string // import path
	Name    string
	dir     string
	module  string // folder of the module that it belongs to
}

// fuzzModules are the folders of the modules that have targets.
var fuzzModules = []string{".", ".ci/gogit"}

// fuzzFirst are the packages whose targets come first: those that read the most
// bytes of strangers.
var fuzzFirst = []string{"scan/object", "scan/archive", "scan", "rules", "audit", "audit/history", "report"}

// fuzzSuite gives every fuzz target of the module the time that is asked for,
// together with what earlier runs gave it, and says what came of it.
func fuzzSuite(ctx context.Context, s *session) ([]result, error) {
	f := fuzzing{session: s, dir: filepath.Join(s.cache, "fuzz"), built: map[string]error{}}
	targets, err := f.targets(ctx)
	if err != nil {
		return nil, err
	}
	if err := f.load(); err != nil {
		return nil, err
	}
	f.runAll(ctx, targets)
	r := result{Suite: "fuzz", Corpus: fmt.Sprint(len(targets), " targets"), Fuzzing: f.sums(targets)}
	for _, sum := range r.Fuzzing {
		if sum.Finding != "" {
			r.Rows = append(r.Rows, row{Tool: path.Base(sum.Package) + " " + sum.Name, Note: "failed: " + sum.Finding})
		}
	}
	return []result{r}, ctx.Err()
}

type fuzzing struct {
	*session
	dir string // of programs, inputs that brought something new, and the log

	mu     sync.Mutex
	built  map[string]error // by package
	log    []fuzzRun
	commit string
}

// A fuzzRun is one line of the log: what one run of one target came to.
type fuzzRun struct {
	Package string        `json:"package"`
	Name    string        `json:"target"`
	Commit  string        `json:"commit"`
	Start   time.Time     `json:"start"`
	Wall    time.Duration `json:"wall_ns"`
	CPU     time.Duration `json:"cpu_ns"`
	Execs   int64         `json:"executions"`
	New     int64         `json:"new_inputs"`
	Total   int64         `json:"inputs"` // that brought something new, of all runs
	RSS     int64         `json:"peak_rss_bytes"`
	Finding string        `json:"finding,omitempty"` // how it broke, empty if it held
}

var fuzzName = regexp.MustCompile(`(?m)^func (Fuzz\w*)\(\w+ \*testing\.F\)`)

// targets lists the fuzz tests, the most important first.
func (f *fuzzing) targets(ctx context.Context) ([]fuzzTarget, error) {
	only, err := regexp.Compile(f.Targets)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", err, errUsage)
	}
	var all []fuzzTarget
	for _, module := range fuzzModules {
		found, err := f.targetsIn(ctx, filepath.Join(f.source, module))
		if err != nil {
			return nil, err
		}
		all = append(all, found...)
	}
	all = slices.DeleteFunc(all, func(t fuzzTarget) bool { return !only.MatchString(t.Package + "." + t.Name) })
	slices.SortStableFunc(all, func(a, b fuzzTarget) int { return cmp.Compare(a.rank(), b.rank()) })
	return all, nil
}

func (f *fuzzing) targetsIn(ctx context.Context, module string) (all []fuzzTarget, err error) {
	list := command{args: []string{"go", "list", "-find", "-json=Dir,ImportPath,TestGoFiles,XTestGoFiles", "./..."}, dir: module, env: goEnv()}
	out, err := list.output(ctx)
	if err != nil {
		return nil, err
	}
	for dec := json.NewDecoder(bytes.NewReader(out)); dec.More(); {
		var p struct {
			Dir, ImportPath           string
			TestGoFiles, XTestGoFiles []string
		}
		if err := dec.Decode(&p); err != nil {
			return nil, err
		}
		for _, file := range append(p.TestGoFiles, p.XTestGoFiles...) {
			text, err := os.ReadFile(filepath.Join(p.Dir, file))
			if err != nil {
				return nil, err
			}
			for _, m := range fuzzName.FindAllSubmatch(text, -1) {
				all = append(all, fuzzTarget{p.ImportPath, string(m[1]), p.Dir, module})
			}
		}
	}
	return all, nil
}

func (t fuzzTarget) rank() int {
	i := slices.IndexFunc(fuzzFirst, func(p string) bool { return strings.HasSuffix(t.Package, "assay/"+p) })
	if i < 0 {
		return len(fuzzFirst)
	}
	return i
}

// load reads the log of earlier runs. A last line that a stopped run left half
// written is left out.
func (f *fuzzing) load() error {
	if err := os.MkdirAll(f.dir, 0o755); err != nil {
		return err
	}
	data, err := os.ReadFile(f.logFile())
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	for line := range bytes.Lines(data) {
		var r fuzzRun
		if json.Unmarshal(line, &r) == nil {
			f.log = append(f.log, r)
		}
	}
	return err
}

func (f *fuzzing) logFile() string { return filepath.Join(f.dir, "log.jsonl") }

// add writes r to the log and says it.
func (f *fuzzing) add(r fuzzRun) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.log = append(f.log, r)
	line, err := json.Marshal(r)
	if err != nil {
		return err
	}
	out, err := os.OpenFile(f.logFile(), os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o644)
	if err != nil {
		return err
	}
	_, err = out.Write(append(line, '\n'))
	f.say("%s", r)
	return errors.Join(err, out.Close())
}

func (r fuzzRun) String() string {
	end := "held"
	if r.Finding != "" {
		end = r.Finding
	}
	return fmt.Sprintf("%s %s %s: %s, %d executions, %d new inputs, %s: %s", r.Start.Format(time.DateTime),
		path.Base(r.Package), r.Name, duration(r.Wall), r.Execs, r.New, sizeOr(r.RSS), end)
}

// runAll runs several targets side by side. What breaks one of them is in the
// log and costs no other.
func (f *fuzzing) runAll(ctx context.Context, targets []fuzzTarget) {
	if out, err := gitIn(f.source, "rev-parse", "--short", "HEAD").output(ctx); err == nil {
		f.commit = strings.TrimSpace(string(out))
	}
	next := make(chan fuzzTarget)
	var wait sync.WaitGroup
	for range max(1, f.AtOnce) {
		wait.Go(func() {
			for t := range next {
				if err := f.runTarget(ctx, t); err != nil && ctx.Err() == nil {
					f.say("%s: %v", t.Name, err)
				}
			}
		})
	}
	for _, t := range targets {
		if ctx.Err() == nil {
			next <- t
		}
	}
	close(next)
	wait.Wait()
}

// runTarget gives t what it lacks of the time that is asked for.
func (f *fuzzing) runTarget(ctx context.Context, t fuzzTarget) error {
	lacks := (f.Time - f.sum(t).Wall).Round(time.Second)
	if lacks <= 0 {
		return nil
	}
	program := filepath.Join(f.dir, strings.ReplaceAll(t.Package, "/", "-")+".test")
	if err := f.build(ctx, t, program); err != nil {
		return err
	}
	run := fuzzRun{Package: t.Package, Name: t.Name, Commit: f.commit, Start: time.Now()}
	watch := newFuzzWatch(&run)
	c := command{dir: t.dir, stderr: watch, stdout: &lines{do: watch.line}, watch: time.Second, started: watch.guard, env: append(os.Environ(), "GOMEMLIMIT="+fuzzGoMemory, "GOTRACEBACK=all"),
		args: []string{program, "-test.run=^$", "-test.fuzz=^" + t.Name + "$", "-test.fuzztime=" + lacks.String(), "-test.parallel=1",
			"-test.fuzzminimizetime=5s", "-test.fuzzcachedir=" + filepath.Join(f.dir, "inputs", t.Package)}}
	u, err := c.run(ctx)
	watch.stop()
	run.Wall, run.CPU, run.RSS = u.Wall, u.CPU, max(u.RSS, watch.peak)
	if err != nil && ctx.Err() == nil {
		run.Finding = cmp.Or(watch.finding(), err.Error())
	}
	return f.add(run)
}

// build compiles the tests of a package with the counters that fuzzing needs.
func (f *fuzzing) build(ctx context.Context, t fuzzTarget, program string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	err, done := f.built[t.Package]
	if !done {
		c := command{args: []string{"go", "test", "-c", "-fuzz=.", "-o", program, t.Package}, dir: t.module, env: goEnv()}
		_, err = c.run(ctx)
		f.built[t.Package] = err
	}
	return err
}

// sum adds up the runs of one target. Its finding is that of the last run.
func (f *fuzzing) sum(t fuzzTarget) fuzzRun {
	f.mu.Lock()
	defer f.mu.Unlock()
	sum := fuzzRun{Package: t.Package, Name: t.Name}
	for _, r := range f.log {
		if r.Package == t.Package && r.Name == t.Name {
			sum.Wall, sum.CPU, sum.Execs, sum.New = sum.Wall+r.Wall, sum.CPU+r.CPU, sum.Execs+r.Execs, sum.New+r.New
			sum.Total, sum.RSS, sum.Finding, sum.Commit = r.Total, max(sum.RSS, r.RSS), r.Finding, r.Commit
		}
	}
	return sum
}

func (f *fuzzing) sums(targets []fuzzTarget) []fuzzRun {
	var sums []fuzzRun
	for _, t := range targets {
		sums = append(sums, f.sum(t))
	}
	return sums
}

func fuzzTable(sums []fuzzRun) (t table) {
	if len(sums) == 0 {
		return nil
	}
	t.add("target", "wall", "CPU", "executions", "new inputs", "inputs", "peak RSS", "last run")
	for _, r := range sums {
		end := cmp.Or(r.Finding, "held")
		if r.Wall == 0 {
			end = "-"
		}
		t.add(path.Base(r.Package)+" "+r.Name, duration(r.Wall), duration(r.CPU), fmt.Sprint(r.Execs), fmt.Sprint(r.New), fmt.Sprint(r.Total), sizeOr(r.RSS), end)
	}
	return t
}

// lines calls do for each line that is written to it.
type lines struct {
	do  func(string)
	buf []byte
}

func (l *lines) Write(p []byte) (int, error) {
	l.buf = append(l.buf, p...)
	for {
		n, line, _ := bufio.ScanLines(l.buf, false)
		if n == 0 {
			return len(p), nil
		}
		l.do(string(line))
		l.buf = l.buf[n:]
	}
}
