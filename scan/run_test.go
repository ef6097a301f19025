package scan

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/assayhq/assay/report"
)

// everything is a repository with credentials in all places, and its sources.
func everything(t *testing.T) *repo {
	r := newRepo(t)
	var steps []step
	files := map[string]string{}
	for i := range uint64(12) {
		files[fmt.Sprintf("dir%d/f%d", i%3, i)] = fmt.Sprintf("key = %q\nother = %q\n", token(t, i), token(t, i%4))
		s := step{name: "main", files: map[string]string{}}
		for path, content := range files {
			s.files[path] = fmt.Sprint("# ", i, "\n", content)
		}
		if i > 0 {
			s.parents = []string{"main"}
		}
		steps = append(steps, s)
	}
	r.draw(steps...)
	r.git("reset", "-q", "--hard")
	r.git("tag", "-a", "-m", "a tag "+token(t, 20), "v1")
	r.git("commit", "-q", "--allow-empty", "-m", "a message "+token(t, 21))
	r.commit("name-"+token(t, 22), "content")
	for i := range uint64(3 * batch) {
		r.write(fmt.Sprintf("new/f%d", i), token(t, 30+i%10)+"\n"+token(t, i%4))
	}
	return r
}

// sources opens all that a scan of a repository examines.
func (r *repo) sources() ([]Source, Options) {
	r.t.Helper()
	opened := r.open()
	h := opened.History()
	own, err := opened.GitFiles()
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { own.Close() })
	return []Source{files(r.t, r.dir, "."), h, own}, Options{LineHashes: true}
}

// The number of workers, and how often a scan is run, change no byte.
func TestRunDeterministic(t *testing.T) {
	r := everything(t)
	var want string
	for _, workers := range []int{1, 1, 2, 3, 7, 16} {
		sources, opt := r.sources()
		opt.Workers = workers
		got := jsonl(t, opt, sources...)
		if want == "" {
			want = got
			if n := strings.Count(got, `"type":"finding"`); n != 12+1+1+1+10 {
				t.Fatalf("%d findings", n)
			}
		}
		if got != want {
			t.Fatalf("%d workers: another report", workers)
		}
	}
}

// Whether objects are loose or packed changes no finding.
func TestRunPacked(t *testing.T) {
	r := everything(t)
	findings := func() string {
		h := r.open().History()
		var lines []string
		for line := range strings.Lines(jsonl(t, Options{}, h)) {
			if strings.Contains(line, `"type":"finding"`) {
				lines = append(lines, line)
			}
		}
		return strings.Join(lines, "")
	}
	loose := findings()
	r.git("repack", "-q", "-adf", "--window=50")
	if packed := findings(); packed != loose {
		t.Error(cmp.Diff(loose, packed))
	}
}

// counted calls at with the number of each unit, counted over all sources, when
// it is begun.
type counted struct {
	Source
	at func()
}

func (c counted) Units(ctx context.Context) iter.Seq2[Unit, error] {
	return func(yield func(Unit, error) bool) {
		for u, err := range c.Source.Units(ctx) {
			if u != nil {
				unit := u
				u = func() iter.Seq2[Blob, error] {
					return func(yield func(Blob, error) bool) {
						for b, err := range unit() {
							c.at()
							if !yield(b, err) {
								return
							}
						}
					}
				}
			}
			if !yield(u, err) {
				return
			}
		}
	}
}

// Wherever a run is interrupted, it ends, reports part of what the whole run
// reports, and says that it was interrupted.
func TestRunInterrupted(t *testing.T) {
	r := everything(t)
	sources, opt := r.sources()
	whole := &record{}
	if _, err := Run(t.Context(), sources, builtin(), whole, opt); err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{}
	for _, f := range whole.findings {
		known[f.Fingerprint] = true
	}
	before := runtime.NumGoroutine()
	some := 0
	rapid.Check(t, func(rt *rapid.T) {
		sources, opt := r.sources()
		opt.Workers = rapid.IntRange(1, 4).Draw(rt, "workers")
		left := make(chan struct{}, rapid.IntRange(1, 200).Draw(rt, "blobs"))
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		for i := range sources {
			sources[i] = counted{sources[i], func() {
				select {
				case left <- struct{}{}:
				default:
					cancel()
				}
			}}
		}
		got := &record{}
		summary, err := Run(ctx, sources, builtin(), got, opt)
		if err != nil || summary.Interrupted != (ctx.Err() != nil) {
			rt.Fatalf("summary %+v, error %v", summary, err)
		}
		for _, f := range got.findings {
			if !known[f.Fingerprint] {
				rt.Fatalf("new finding %+v", f)
			}
		}
		if summary.Interrupted && len(got.findings) > 0 && len(got.findings) < len(whole.findings) {
			some++
		}
	})
	if some == 0 {
		t.Error("no run was interrupted in the middle")
	}
	settled(t, before)
}

// settled waits until the goroutines that were started have ended.
func settled(t *testing.T, before int) {
	t.Helper()
	for deadline := time.Now().Add(5 * time.Second); runtime.NumGoroutine() > before; runtime.Gosched() {
		if time.Now().After(deadline) {
			t.Fatalf("%d goroutines, %d before", runtime.NumGoroutine(), before)
		}
	}
}

// failing is a Sink that fails after some calls.
type failing struct{ left, calls int }

var errFull = errors.New("no space left")

func (f *failing) call() error {
	f.calls++
	if f.left--; f.left < 0 {
		return errFull
	}
	return nil
}

func (f *failing) Finding(report.Finding) error { return f.call() }
func (f *failing) Verdict(report.Verdict) error { return f.call() }
func (f *failing) Notice(report.Notice) error   { return f.call() }

// A report that cannot be written ends the run, with its own error and no other.
func TestRunSinkFails(t *testing.T) {
	r := everything(t)
	r.write(".git/refs/heads/broken", strings.Repeat("1", 40)+"\n")
	before := runtime.NumGoroutine()
	for n := range 5 {
		sources, opt := r.sources()
		sink := &failing{left: n}
		_, err := Run(t.Context(), sources, builtin(), sink, opt)
		if err != errFull || sink.calls != n+1 {
			t.Errorf("after %d calls: error %v, %d calls", n, err, sink.calls)
		}
	}
	settled(t, before)
}

// panicky is a source whose blobs make the examination panic.
type panicky struct{ where string }

func (p panicky) Units(context.Context) iter.Seq2[Unit, error] {
	return func(yield func(Unit, error) bool) {
		yield(func() iter.Seq2[Blob, error] {
			return func(yield func(Blob, error) bool) {
				if p.where == "begin" {
					panic("a text that is not to be seen")
				}
				yield(Blob{Path: "before", Content: []byte("x")}, nil)
				yield(Blob{Path: "bad", Rest: panicReader{p.where == "blob"}}, nil)
				if p.where == "unit" {
					panic("a text that is not to be seen")
				}
				yield(Blob{Path: "after", Content: []byte("x")}, nil)
			}
		}, nil)
		if p.where == "source" {
			panic("a text that is not to be seen")
		}
	}
}

type panicReader struct{ panics bool }

func (p panicReader) Read([]byte) (int, error) {
	if p.panics {
		panic("a text that is not to be seen")
	}
	return 0, io.EOF
}

func TestRunPanic(t *testing.T) {
	for where, want := range map[string]struct {
		subject string
		files   int
	}{"blob": {"bad", 3 - 1}, "unit": {"what follows bad in its unit", 2}, "begin": {"a unit of the source", 0}, "source": {"a source", 3}} {
		t.Run(where, func(t *testing.T) {
			got := run(t, Options{Workers: 1}, panicky{where}, Stream{Name: "-", Reader: strings.NewReader("x")})
			got.noticed(t, want.subject, "internal error (string), please report it")
			if n := len(got.notices); n != 1 {
				t.Errorf("notices %v", got.notices)
			}
			if n := got.summary.Files; where != "source" && n != want.files+1 {
				t.Errorf("%d files examined, want %d", n, want.files+1)
			}
		})
	}
}

// gapped is a source of nothing but gaps.
type gapped []error

func (g gapped) Units(context.Context) iter.Seq2[Unit, error] {
	return func(yield func(Unit, error) bool) {
		for _, err := range g {
			if !yield(nil, err) {
				return
			}
		}
	}
}

// A gap that is met twice is told once, joined ones are told one by one, and
// beyond a number they are counted.
func TestRunGaps(t *testing.T) {
	one, two := &Gap{Subject: "one", Err: io.ErrUnexpectedEOF}, &Gap{Subject: "two", Err: io.ErrUnexpectedEOF}
	got := run(t, Options{}, gapped{one, one, errors.Join(one, two), fmt.Errorf("bare")})
	if len(got.notices) != 3 || got.summary.NotExamined != 3 {
		t.Errorf("%v, %+v", got.notices, got.summary)
	}
	got.noticed(t, "the source", "bare")
	var many gapped
	for i := range maxGaps + 5 {
		many = append(many, &Gap{Subject: fmt.Sprint(i), Err: io.ErrUnexpectedEOF})
	}
	got = run(t, Options{}, many)
	if len(got.notices) != maxGaps+1 || got.summary.NotExamined != maxGaps+5 {
		t.Errorf("%d notices, %+v", len(got.notices), got.summary)
	}
	got.noticed(t, "notices", fmt.Sprintf("5 more than the %d", maxGaps))
}

// More places than are held are a notice, not a full memory.
func TestRunPlacesBounded(t *testing.T) {
	var c collector = *newCollector(builtin())
	f := place{sight: &sight{match: &builtin().Find(nil, []byte(token(t, 1)))[0]}, path: "a"}
	c.places = maxPlaces - 1
	c.add(0, result{places: []place{f, f}, over: 3})
	c.close()
	if c.places != maxPlaces || c.over != 4 || len(c.gaps) != 1 || c.summary.Complete() {
		t.Errorf("%d places, %d over, gaps %v", c.places, c.over, c.gaps)
	}
	r := result{places: make([]place, maxPlaces-1), most: maxPlaces}
	r.add(f)
	r.add(f)
	if len(r.places) != maxPlaces || r.over != 1 {
		t.Errorf("%d places, %d over", len(r.places), r.over)
	}
}

// Of one credential fewer places are held: a report tells of them all at once. Whoever
// may take little memory holds less, from the worker on.
func TestRunPlacesOfOne(t *testing.T) {
	line := token(t, 1) + "\n"
	content := strings.Repeat(line, share(placesEach, LeastMemory)+5) + token(t, 2)
	got := run(t, Options{Memory: LeastMemory}, heldBlobs{{Path: "a.txt", Content: []byte(content)}})
	if len(got.findings) != 2 || len(got.findings[0].Occurrences) != share(placesEach, LeastMemory) {
		t.Fatalf("%d findings, the first in %d places", len(got.findings), len(got.findings[0].Occurrences))
	}
	got.noticed(t, "findings", "5 places beyond")
}

// Findings come in the order of the files, then of the commits that brought them,
// then of their paths.
func TestRunOrder(t *testing.T) {
	r := newRepo(t)
	var steps []step
	want := "a:1:1 new:1:1"
	for i := range uint64(8) {
		path := fmt.Sprintf("f%d", 7-i)
		s := step{name: "main", files: map[string]string{path: token(t, 2*i), path + "x": token(t, 2*i+1)}}
		if i > 0 {
			s.parents = []string{"main"}
		}
		steps = append(steps, s)
		want += fmt.Sprintf(" %s:1:1 %sx:1:1", path, path)
	}
	r.draw(append(steps, step{name: "main", parents: []string{"main"}, files: map[string]string{"a": token(t, 20)}})...)
	r.git("reset", "-q", "--hard")
	r.write("new", token(t, 21))
	sources, opt := r.sources()
	got := run(t, opt, sources...).complete(t)
	if strings.Join(got.places(), " ") != want {
		t.Errorf("got %v, want %s", got.places(), want)
	}
}

// Attribution that fails in whatever way costs itself.
func TestRunAttributorFails(t *testing.T) {
	r := newRepo(t)
	r.draw(step{name: "main", parents: nil, files: map[string]string{"a": token(t, 1)}})
	for _, by := range []Attributor{brokenAttributor{Source: r.open().History()}, brokenAttributor{r.open().History(), true}} {
		got := run(t, Options{}, by)
		if strings.Join(got.places(), " ") != "blob:1:1" || len(got.notices) != 1 || strings.Contains(got.notices[0].Err.Error(), token(t, 9)) {
			t.Errorf("%v, %v", got.places(), got.notices)
		}
	}
}

type brokenAttributor struct {
	Source
	panics bool
}

func (b brokenAttributor) Attribute(context.Context, []Held) (Attribution, error) {
	if b.panics {
		panic(bytes.ErrTooLarge)
	}
	return Attribution{}, errors.New("broken")
}

// LineHashes are those of GitHub for the line in the file, also where it is
// longer than a window.
func TestRunLineHashes(t *testing.T) {
	long := strings.Repeat("a line of text\n", chunk/10) + token(t, 1) + "\n"
	dir := folderOf(t, "short", "x\n"+token(t, 2)+"\n", "long", long)
	got := run(t, Options{LineHashes: true}, files(t, dir, ".")).complete(t)
	for i, content := range []string{long, "x\n" + token(t, 2) + "\n"} {
		l := got.findings[i].Occurrences[0]
		hashes, err := report.LineHashes(strings.NewReader(content), []int{l.Region.StartLine})
		if err != nil || l.LineHash == "" || l.LineHash != hashes[l.Region.StartLine] {
			t.Errorf("%s: hash %q, want %q", filepath.Base(l.Path), l.LineHash, hashes[l.Region.StartLine])
		}
	}
}
