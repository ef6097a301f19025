package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestFuzzWatchReads(t *testing.T) {
	var run fuzzRun
	w := newFuzzWatch(&run)
	for _, line := range []string{
		"fuzz: elapsed: 0s, gathering baseline coverage: 0/2 completed",
		"fuzz: elapsed: 3s, execs: 11076 (3686/sec), new interesting: 26 (total: 28)",
		"--- FAIL: FuzzX (3.20s)", "    --- FAIL: FuzzX (0.00s)", "        x_test.go:9: odd", "    ", "    Failing input written to testdata/fuzz/FuzzX/1",
	} {
		if _, err := w.Write([]byte(line[:len(line)/2])); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(line[len(line)/2:] + "\n")); err != nil {
			t.Fatal(err)
		}
	}
	if run.Execs != 11076 || run.New != 26 || run.Total != 28 {
		t.Errorf("%+v", run)
	}
	if got, want := w.finding(), "x_test.go:9: odd; Failing input written to testdata/fuzz/FuzzX/1"; got != want {
		t.Errorf("finding %q, want %q", got, want)
	}
}

// Runs of one target add up, over a log whose last line is half written.
func TestFuzzLogAddsUp(t *testing.T) {
	f := fuzzing{session: &session{bench: &bench{log: &strings.Builder{}}}, dir: t.TempDir()}
	for _, r := range []fuzzRun{
		{Package: "p", Name: "FuzzA", Wall: time.Minute, Execs: 5, New: 2, Total: 2, Finding: "broke"}, {Package: "p", Name: "FuzzB", Wall: time.Hour},
		{Package: "p", Name: "FuzzA", Wall: time.Minute, Execs: 7, New: 1, Total: 3},
	} {
		if err := f.add(r); err != nil {
			t.Fatal(err)
		}
	}
	log, err := os.OpenFile(filepath.Join(f.dir, "log.jsonl"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := log.WriteString(`{"package":"p","target":"FuzzA","wal`); err != nil {
		t.Fatal(err)
	}
	log.Close()
	again := fuzzing{session: f.session, dir: f.dir}
	if err := again.load(); err != nil {
		t.Fatal(err)
	}
	sum := again.sum(fuzzTarget{Package: "p", Name: "FuzzA"})
	if sum.Wall != 2*time.Minute || sum.Execs != 12 || sum.New != 3 || sum.Total != 3 || sum.Finding != "" {
		t.Errorf("%+v", sum)
	}
}

func TestFuzzTargetsAreListed(t *testing.T) {
	f := fuzzing{session: &session{bench: &bench{source: filepath.Join("..", "..")}}}
	all, err := f.targets(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, t := range all {
		seen[filepath.Base(t.Package)+"."+t.Name] = true
	}
	for _, want := range []string{"object.FuzzPack", "archive.FuzzZip", "rules.FuzzFind", "gogit.FuzzAsGoGit"} {
		if !seen[want] {
			t.Errorf("%s is not among the %d targets", want, len(all))
		}
	}
	if all[0].rank() != 0 {
		t.Errorf("%s comes first", all[0].Name)
	}
}
