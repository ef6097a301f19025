package scan

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/assayhq/assay/report"
)

// However a repository is divided, and in whatever order the reports of its shards are
// merged, the result is what one run writes: with merges, credentials that move between
// files, come back, stand at HEAD or in the working tree only, in messages and names, in
// objects that no commit has, in the index, and files that Git LFS keeps elsewhere.
func TestShardsAreTheWhole(t *testing.T) {
	for seed := range uint64(3) {
		r := drawnRepo(t, rand.New(rand.NewPCG(seed, 12)))
		want := shardedReport(t, r, report.Shard{}, report.ConfidenceMedium)
		for _, n := range []int{1, 3, 7} {
			var saved []report.Saved
			for i := range n {
				text := shardedReport(t, r, report.Shard{Index: i + 1, Of: n}, report.ConfidenceMedium)
				saved = append(saved, report.SavedText(fmt.Sprint(i+1), []byte(text)))
			}
			rand.Shuffle(n, func(i, j int) { saved[i], saved[j] = saved[j], saved[i] })
			var got bytes.Buffer
			if err := report.Merge(saved, report.NewJSONL(&got)); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got.String()); diff != "" {
				t.Fatalf("seed %d, %d shards (-one run +merged):\n%s", seed, n, diff)
			}
		}
	}
}

// drawnRepo makes a repository in which few credentials stand in many places.
func drawnRepo(t *testing.T, rnd *rand.Rand) *repo {
	r := newRepo(t)
	var names []string
	var steps []step
	content := func() string {
		var text string
		for range rnd.IntN(4) {
			text += fmt.Sprintf("line %d\n", rnd.IntN(9))
			if rnd.IntN(3) == 0 {
				text += token(t, rnd.Uint64N(4)) + "\n"
			}
			if rnd.IntN(4) == 0 {
				text += fmt.Sprintf("password = \"%s\"\n", expand(t, "github-personal-access-token", "{base62:14}", rnd.Uint64N(3)))
			}
		}
		return text
	}
	paths := []string{"a", "a.txt", "d/e", "d/f.env", "tests/x", "z"}
	for i := range 4 + rnd.IntN(8) {
		s := step{name: fmt.Sprintf("c%d", i), files: map[string]string{}, late: rnd.IntN(300) - 150}
		if i > 0 {
			s.parents = append(s.parents, names[rnd.IntN(len(names))])
			if other := names[rnd.IntN(len(names))]; rnd.IntN(3) == 0 && other != s.parents[0] {
				s.parents = append(s.parents, other)
			}
		}
		for _, p := range paths {
			if rnd.IntN(3) > 0 {
				s.files[p] = content()
			}
		}
		names, steps = append(names, s.name), append(steps, s)
	}
	r.draw(steps...)
	r.git("symbolic-ref", "HEAD", "refs/heads/"+names[rnd.IntN(len(names))])
	r.git("reset", "-q", "--hard")
	r.git("tag", "-a", "-m", "see "+token(t, 1), "v1")
	r.feed(token(t, rnd.Uint64N(6))+"\nloose\n", "hash-object", "-w", "--stdin")
	r.write("staged", content()+token(t, 2))
	r.git("add", "staged")
	for _, p := range paths[:rnd.IntN(len(paths))] {
		r.write(p, content())
	}
	r.write(".npmrc", content())
	r.write(token(t, 3), "x")
	if rnd.IntN(2) == 0 {
		r.git("repack", "-adq", "--window=50")
	}
	for i := range 3 {
		r.feed(fmt.Sprintf("version https://git-lfs.github.com/spec/v1\noid sha256:%064x\nsize %d\n", i+1, 100+i), "hash-object", "-w", "--stdin")
	}
	return r
}

// shardedReport scans a shard of a repository, or all of it, with the rule about names
// of files and decisions by place, by fingerprint and by confidence.
func shardedReport(t *testing.T, r *repo, shard report.Shard, least report.Confidence) string {
	t.Helper()
	repository := r.open()
	history, files := repository.History(), files(t, r.dir, ".")
	own, err := repository.GitFiles()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { own.Close() })
	history.Only(shard)
	files.Only(shard)
	own.Only(shard)
	ignores, err := report.ParseIgnores(".assayignore", []byte("path=d/** reason=\"known\" rule=github-personal-access-token\npath=nowhere reason=\"gone\"\n"))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	var to report.Handler = report.NewJSONL(&out)
	d := &report.Decisions{Least: least, Today: "2026-11-21", Whole: true, Ignores: []*report.Ignores{ignores}}
	if shard.Of == 0 {
		to = report.Ignoring(report.IgnoreOptions{Files: d.Ignores, Today: d.Today, Whole: true, Least: least}, report.AtLeast(least, to))
		d = nil
	}
	hygiene := NewHygiene(builtin(), to)
	if shard.Of > 0 {
		hygiene.Share()
	}
	see := hygiene.Folder(r.dir)
	for _, e := range namesIn(t, r.dir) {
		if shard.Has(e) {
			see(e)
		}
	}
	run := report.Run{Tool: "assay", Command: "scan", Target: ".", Shard: shard, Decisions: d, Rules: builtin().Descriptions(HygieneRule())}
	if err := hygiene.Begin(run); err != nil {
		t.Fatal(err)
	}
	summary, err := Run(context.Background(), []Source{files, history, own}, builtin(), hygiene, Options{Shares: shard.Of > 0})
	if err := errors.Join(err, hygiene.End(summary)); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func namesIn(t *testing.T, dir string) (names []string) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !e.IsDir() {
			names = append(names, filepath.ToSlash(e.Name()))
		}
	}
	return names
}
