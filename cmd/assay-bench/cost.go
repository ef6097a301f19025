package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// watchInterval is short against the runs whose memory is of interest, and long
// against the 20 microseconds that one look takes.
const watchInterval = 10 * time.Millisecond

// literals are words that a scanner for credentials has to look for, as ripgrep
// is given them. Any list of 20 common words costs about the same.
var literals = []string{
	"password", "passwd", "secret", "token", "api_key", "apikey", "access_key", "private key", "client_id", "credential",
	"authorization", "bearer", "aws", "github", "gitlab", "slack", "stripe", "heroku", "connectionstring", "webhook",
}

// folderSuite scans each folder.
func folderSuite(ctx context.Context, s *session) ([]result, error) {
	return s.eachPlace(ctx, "folder", s.Corpora, func(c corpus) bool { return !c.Repo }, func(p place) ([]contender, error) {
		scan := s.assayScan(assayName, "--no-history", p.Dir)
		return present(scan, oneWorker(scan), s.gitleaksScan("dir", p.Dir), s.ripgrepIn(p.Dir), contender{
			Name: "read", args: func(string) []string { return []string{s.self, "read", p.Dir} },
		}), nil
	})
}

// ripgrepIn counts lines with one of the literals in all files, as a scan sees
// them: hidden and ignored ones too. It exits with 2 where it could not read a file.
func (s *session) ripgrepIn(dir string) contender {
	return contender{Name: "rg", ok: []int{1}, args: func(string) []string {
		args := []string{s.programs.ripgrep, "--no-config", "--no-ignore", "--hidden", "-i", "-F", "-c"}
		for _, l := range literals {
			args = append(args, "-e", l)
		}
		return append(args, dir)
	}}
}

// historySuite scans the object store of each repository.
func historySuite(ctx context.Context, s *session) ([]result, error) {
	results, err := s.eachPlace(ctx, "history", s.Corpora, corpus.isRepo, func(p place) ([]contender, error) {
		scan := s.assayScan(assayName, "--history-only", p.Dir)
		return present(scan, oneWorker(scan), s.gitleaksScan("git", p.Dir), s.catFile(p.Dir)), nil
	})
	for i := range results {
		results[i].Bars = historyBars(results[i].Rows)
	}
	return results, err
}

// catFile is Git writing all objects of a repository to nowhere.
func (s *session) catFile(repo string) contender {
	return contender{Name: catFileName, dir: repo, args: func(string) []string {
		return []string{s.programs.git, "cat-file", "--batch-all-objects", "--batch", "--unordered", "--buffer"}
	}}
}

// corporaOr is the corpora that were asked for, or else the usual ones of a suite.
func (s *session) corporaOr(usual ...string) []string {
	if len(s.Corpora) > 0 {
		return s.Corpora
	}
	return usual
}

// eachPlace measures the contenders of every corpus with one of the names, or
// of all that take part unasked where there is none, as far as they are to be kept.
func (s *session) eachPlace(ctx context.Context, suite string, names []string, keep func(corpus) bool, contenders func(place) ([]contender, error)) ([]result, error) {
	chosen, err := find(names, keep)
	if err != nil {
		return nil, err
	}
	var results []result
	for _, c := range chosen {
		places, err := s.prepare(ctx, c)
		if err != nil {
			return results, err
		}
		for _, p := range places {
			all, err := contenders(p)
			if err != nil {
				return results, err
			}
			r, err := s.measure(ctx, suite, p, all)
			if err != nil {
				return results, err
			}
			results = append(results, r)
		}
	}
	return results, nil
}

// measure reads everything once, so that no contender waits for the disk, and
// then runs the contenders.
func (s *session) measure(ctx context.Context, suite string, p place, contenders []contender) (result, error) {
	s.say("measuring %s", p.Name)
	if err := readTree(p.Dir, io.Discard); err != nil {
		return result{}, err
	}
	rows, err := interleave(ctx, schedule{Rounds: s.Rounds, Slow: s.Slow, Watch: watchInterval}, contenders)
	if err != nil {
		return result{}, err
	}
	r := newResult(suite, p, rows)
	r.Notes, err = plantNotes(p, rows)
	return r, err
}

// readTree reads every regular file below dir: the least that a scan can do.
// Files that cannot be read are told to w.
func readTree(dir string, w io.Writer) error {
	buf := make([]byte, 1<<20)
	return filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err == nil && e.Type().IsRegular() {
			err = readThrough(path, buf)
		}
		if err != nil {
			fmt.Fprintln(w, err)
		}
		return nil
	})
}

func readThrough(path string, buf []byte) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	for err == nil {
		_, err = f.Read(buf)
	}
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

// plantNotes says how many planted credentials each scanner reported, where the
// place has planted ones. A plant counts as found when its path is reported.
func plantNotes(p place, rows []row) ([]string, error) {
	data, err := os.ReadFile(filepath.Join(p.Dir, plantsFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var plants []plant
	if err := json.Unmarshal(data, &plants); err != nil {
		return nil, fmt.Errorf("%s: %w", plantsFile, err)
	}
	var notes []string
	for _, r := range rows {
		if r.Scans && r.Runs > 0 {
			notes = append(notes, plantNote(p, plants, r))
		}
	}
	return notes, nil
}

func plantNote(p place, plants []plant, r row) string {
	reported := map[string]bool{}
	for _, s := range r.last.Spots {
		reported[s.relative(p.Dir)] = true
	}
	var found, all [2]int
	for _, plant := range plants {
		i := 0
		if plant.Merge {
			i = 1
		}
		all[i]++
		if reported[plant.Path] {
			found[i]++
		}
	}
	return fmt.Sprintf("planted credentials found by %s: %d of %d from ordinary commits, %d of %d born in merges", r.Tool, found[0], all[0], found[1], all[1])
}

// startupSuite measures starts and scans of one staged file. No memory is
// watched here, because a look would cost a part of what is measured.
func startupSuite(ctx context.Context, s *session) ([]result, error) {
	nothing := contender{Name: "empty program", args: func(string) []string { return []string{s.empty} }}
	version := contender{Name: "assay version", args: func(string) []string { return []string{s.programs.assay, "version"} }}
	if s.programs.assay == "" {
		version.args = func(string) []string { return []string{""} }
	}
	r, err := s.start(ctx, place{corpus: corpus{Name: "version"}}, present(version, nothing))
	if err != nil {
		return nil, err
	}
	results := []result{r}
	for _, files := range []int{5_000, 20_000} {
		p, err := s.staged(ctx, files)
		if err != nil {
			return results, err
		}
		r, err := s.start(ctx, p, s.stagedContenders(p.Dir))
		if err != nil {
			return results, err
		}
		results = append(results, r)
	}
	return results, nil
}

func (s *session) start(ctx context.Context, p place, contenders []contender) (result, error) {
	s.say("measuring start: %s", p.Name)
	if _, err := interleave(ctx, schedule{Rounds: 1}, contenders); err != nil { // bring everything into memory
		return result{}, err
	}
	rows, err := interleave(ctx, schedule{Rounds: s.StartRounds}, contenders)
	return newResult("startup", p, rows), err
}

func (s *session) stagedContenders(repo string) []contender {
	// As a hook runs it: a person reads the text, nobody the jsonl report, whose
	// head lists every rule.
	ours := contender{Name: "assay --staged", ok: []int{1, 3}, args: func(string) []string {
		return []string{s.programs.assay, "scan", "--no-config", "--staged"}
	}}
	theirs := s.gitleaksScan("git", "--staged")
	theirs.Name = "gitleaks --staged"
	diff := contender{Name: "git diff --cached", ok: []int{1}, args: func(string) []string {
		return []string{s.programs.git, "diff", "--cached", "--quiet"}
	}}
	all := present(ours, theirs, diff)
	for i := range all {
		all[i].dir = repo
	}
	return all
}

// staged is a repository with a working tree of generated files, one of which
// is changed and staged.
func (s *session) staged(ctx context.Context, files int) (place, error) {
	name := fmt.Sprintf("staged-%d", files)
	c := corpus{Name: name, build: func(ctx context.Context, _ *bench, dir string) error { return buildStaged(ctx, dir, files) }}
	dir := filepath.Join(s.cache, "corpora", fmt.Sprintf("%s-%d", name, generatorVersion))
	err := s.once(ctx, c, dir)
	return place{corpus: c, Dir: dir, Facts: fmt.Sprintf("%d files, one staged", files)}, err
}

func buildStaged(ctx context.Context, dir string, files int) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	if _, err := gitIn(dir, "init", "--quiet", "--initial-branch=main", ".").run(ctx); err != nil {
		return err
	}
	var changed string
	err := fastImport(ctx, dir, func(w *bufio.Writer) error {
		g := generate(w, generatorOptions{Seed: 1, Commits: 1, Files: files})
		changed = g.paths[files/2] // git diff stops at the first difference
		return nil
	})
	if err != nil {
		return err
	}
	if _, err := gitIn(dir, "reset", "--quiet", "--hard").run(ctx); err != nil {
		return err
	}
	f, err := os.OpenFile(filepath.Join(dir, filepath.FromSlash(changed)), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	if _, err := f.WriteString("// One more line.\n"); err != nil {
		return errors.Join(err, f.Close())
	}
	if err := f.Close(); err != nil {
		return err
	}
	_, err = gitIn(dir, "add", changed).run(ctx)
	return err
}
