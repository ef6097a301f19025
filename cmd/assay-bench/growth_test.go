package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestGrowthSizesAreCorporaOnRequest(t *testing.T) {
	found, err := find(growthNames(), corpus.isRepo)
	if err != nil || len(found) != len(growthSizes()) {
		t.Fatalf("%d corpora, %v", len(found), err)
	}
	b := &bench{seed: 7}
	for _, c := range found {
		if !c.OnRequest || !strings.HasSuffix(b.version(c), "-seed7") {
			t.Errorf("%s: on request %v, in the cache as %s", c.Name, c.OnRequest, b.version(c))
		}
	}
}

func TestGrowthIsNoPartOfARunThatNamesNoSuite(t *testing.T) {
	unasked, err := suitesNamed(nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range unasked {
		if s.OnRequest {
			t.Errorf("the suite %s runs unasked", s.Name)
		}
	}
	if asked, err := suitesNamed([]string{"growth"}); err != nil || len(asked) != 1 {
		t.Errorf("asked for growth: %d suites, %v", len(asked), err)
	}
}

func TestLinesOfGeneratedFiles(t *testing.T) {
	short, _ := stream(generatorOptions{Seed: 1, Commits: 1, Files: 30})
	usual, _ := stream(generatorOptions{Seed: 1, Commits: 1, Files: 30, Lines: usualLines})
	long, _ := stream(generatorOptions{Seed: 1, Commits: 1, Files: 30, Lines: 10 * usualLines})
	if !bytes.Equal(short, usual) {
		t.Error("0 lines are not the usual ones")
	}
	if n := len(long) / len(usual); n < 8 || n > 12 {
		t.Errorf("ten times the lines make a stream %d times as long", n)
	}
}

func TestGrowthTable(t *testing.T) {
	git := ran(catFileName, 4*time.Second, 5*time.Second)
	assay := ran(assayName, 2*time.Second, time.Second)
	assay.Anon = 3 << 20
	rows := growthRows([]result{
		{Corpus: "small", Repo: &repoFacts{Objects: 1 << 10, Bytes: 5 << 20}, Rows: []row{assay, git}},
		{Corpus: "no repository", Rows: []row{assay, git}},
		{Corpus: "failed", Repo: &repoFacts{Objects: 1}, Rows: []row{{Tool: assayName, Note: "failed"}, git}},
	})
	if len(rows) != 2 {
		t.Fatalf("%d rows, want 2", len(rows))
	}
	table := growthTable(rows)
	if got, want := strings.Join(table[1], "|"), "small|1024|5.0 MiB|2.00 s|4.00 s|0.50|1.00 s|5.00 s|3.0 MiB|3072 B|-"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got, want := strings.Join(table[2], "|"), "failed|1|0.0 KiB|-|4.00 s|-|-|5.00 s|-|-|-"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestImportPackFindsThePack(t *testing.T) {
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("git is not installed")
	}
	from, to := filepath.Join(t.TempDir(), "from"), filepath.Join(t.TempDir(), "to")
	small := growthSize{commits: 100, lines: usualLines}
	if err := small.build(t.Context(), &bench{seed: 1, log: t.Output()}, from); err != nil {
		t.Fatal(err)
	}
	packs, _ := filepath.Glob(filepath.Join(from, "objects", "pack", "*.pack"))
	if len(packs) != 1 {
		t.Fatalf("packs %v, want one", packs)
	}
	pack, err := os.ReadFile(packs[0])
	if err != nil {
		t.Fatal(err)
	}
	if err := initBare(t.Context(), to); err != nil {
		t.Fatal(err)
	}
	if err := importPack(t.Context(), to, []byte("PACK and more, but no pack")); err == nil {
		t.Error("no error where no pack is")
	}
	archive := append(append([]byte("what stands before"), pack...), "what stands behind"...)
	if err := importPack(t.Context(), to, archive); err != nil {
		t.Fatal(err)
	}
	if err := nameTips(t.Context(), to); err != nil {
		t.Fatal(err)
	}
	want, err := readFacts(t.Context(), from)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := readFacts(t.Context(), to); err != nil || got != want {
		t.Errorf("got %+v, %v, want %+v", got, err, want)
	}
}
