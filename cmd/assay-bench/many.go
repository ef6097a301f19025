package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// What has to hold for a scan of many repositories.
const (
	mostMemoryOfLargest = 1.25 // anonymous memory of a run, of that of the largest repository alone
	mostOverhead        = 20   // milliseconds of wall time for a small repository
)

// manyKills is how often the run that is resumed is killed.
const manyKills = 8

// manySuite scans generated repositories in one run: of all sizes, the largest alone,
// killed again and again and resumed; then a great many small ones.
func manySuite(ctx context.Context, s *session) ([]result, error) {
	dir, err := os.MkdirTemp(s.cache, "many-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	sized, err := s.manySized(ctx, filepath.Join(dir, "sized"))
	if err != nil {
		return nil, err
	}
	if err := os.RemoveAll(filepath.Join(dir, "sized")); err != nil {
		return nil, err
	}
	small, err := s.manySmall(ctx, filepath.Join(dir, "small"))
	return []result{sized, small}, err
}

// manySized scans repositories between 1 and 50 MB of content, spread evenly over the
// logarithm: many are small and few are large, as in an organisation.
func (s *session) manySized(ctx context.Context, dir string) (result, error) {
	rng := rand.New(rand.NewPCG(s.seed, 0))
	largest, content := "", 0.0
	for i := range s.repositories(300) {
		megabytes := math.Pow(50, rng.Float64())
		if i == 0 {
			megabytes = 50
		}
		name := filepath.Join(dir, fmt.Sprintf("team-%d", i%7), fmt.Sprintf("repo-%d.git", i))
		if megabytes > content {
			largest, content = name, megabytes
		}
		if err := manyRepository(ctx, name, s.seed+uint64(i), megabytes); err != nil {
			return result{}, err
		}
		if i%50 == 49 {
			s.say("%d repositories are made", i+1)
		}
	}
	rows, err := interleave(ctx, schedule{Rounds: s.Rounds, Slow: s.Slow, Watch: watchInterval}, []contender{
		s.assayScan(assayName, "--quiet", "--repos-in", dir), s.assayScan("the largest alone", "--quiet", "--repos-in", largest),
	})
	if err != nil {
		return result{}, err
	}
	facts, err := readFacts(ctx, largest)
	if err != nil {
		return result{}, err
	}
	r := newResult("many", place{corpus: corpus{Name: "sized"}, Facts: fmt.Sprintf("%d repositories of 1 to 50 MB, the largest of %s, seed %d", s.repositories(300), size(facts.Bytes), s.seed)}, rows)
	if rows[1].Anon > 0 {
		r.Bars = append(r.Bars, most("memory of all / of the largest alone", share(rows[0].Anon, rows[1].Anon), mostMemoryOfLargest))
	}
	r.Notes, err = s.manyKilled(ctx, rng, dir, rows[0].Wall)
	return r, err
}

// manyRepository makes a bare repository with about so much content. A commit of the
// generator brings some 5.5 kB.
func manyRepository(ctx context.Context, dir string, seed uint64, megabytes float64) error {
	if err := initBare(ctx, dir); err != nil {
		return err
	}
	if err := os.RemoveAll(filepath.Join(dir, "hooks")); err != nil {
		return err
	}
	commits := int(megabytes * 180)
	return fastImport(ctx, dir, func(w *bufio.Writer) error {
		generate(w, generatorOptions{Seed: seed, Commits: commits, Files: max(10, commits/20), Plants: 1 + commits/200})
		return nil // a broken pipe shows when w is flushed
	})
}

// manyKilled runs the scan with parts that are kept, kills it at random times, lets it
// end, and compares the report with that of a run that nobody disturbed.
func (s *session) manyKilled(ctx context.Context, rng *rand.Rand, dir string, wall time.Duration) ([]string, error) {
	scratch, err := os.MkdirTemp("", "assay-bench-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(scratch)
	undisturbed, err := s.manyReport(ctx, scratch, dir)
	if err != nil {
		return nil, err
	}
	var notes []string
	for range manyKills {
		after := time.Duration(rng.Float64() * float64(wall) / 3)
		limited, stop := context.WithTimeout(ctx, after)
		_, err := s.manyReport(limited, scratch, dir, "--resume", filepath.Join(scratch, "parts"))
		stop()
		if err == nil {
			notes = append(notes, fmt.Sprintf("ended before it was killed after %s", duration(after)))
			break
		}
		if !errors.Is(err, context.DeadlineExceeded) {
			return nil, err
		}
		notes = append(notes, fmt.Sprintf("killed after %s", duration(after)))
	}
	start := time.Now()
	resumed, err := s.manyReport(ctx, scratch, dir, "--resume", filepath.Join(scratch, "parts"))
	if err != nil {
		return nil, err
	}
	if !bytes.Equal(resumed, undisturbed) {
		return nil, fmt.Errorf("the report of the resumed run differs: %d bytes, undisturbed %d", len(resumed), len(undisturbed))
	}
	return append(notes, fmt.Sprintf("resumed in %s to the same %d bytes as undisturbed", duration(time.Since(start)), len(resumed))), nil
}

// manyReport returns the report of a scan.
func (s *session) manyReport(ctx context.Context, scratch, dir string, more ...string) ([]byte, error) {
	var out bytes.Buffer
	args := append([]string{s.programs.assay, "scan", "--no-config", "--quiet", "--format", "json", "--repos-in", dir}, more...)
	_, err := command{args: args, env: cleanEnv(scratch), stdout: &out, ok: []int{1, 3}}.run(ctx)
	return out.Bytes(), err
}

// smallDistinct is how many of the small repositories are not the same but for their
// names: the others share their files, so that a disk has room for all.
const smallDistinct = 200

// manySmall scans repositories of one commit.
func (s *session) manySmall(ctx context.Context, dir string) (result, error) {
	var made []string
	for i := range s.SmallOnes {
		name := filepath.Join(dir, fmt.Sprint(i/1000), fmt.Sprintf("small-%d.git", i))
		if i < smallDistinct {
			if err := manyRepository(ctx, name, s.seed+uint64(i), 0.1); err != nil {
				return result{}, err
			}
			made = append(made, name)
			continue
		}
		if err := shareTree(made[i%len(made)], name); err != nil {
			return result{}, err
		}
	}
	rows, err := interleave(ctx, schedule{Rounds: 1, Watch: watchInterval}, []contender{
		s.assayScan(assayName, "--quiet", "--repos-in", dir), s.assayScan("the first thousand", "--quiet", "--repos-in", filepath.Join(dir, "0")),
	})
	if err != nil {
		return result{}, err
	}
	r := newResult("many", place{corpus: corpus{Name: "small"}, Facts: fmt.Sprintf("%d repositories of a few commits, seed %d", s.SmallOnes, s.seed)}, rows)
	r.Bars = append(r.Bars, most("milliseconds for a repository", float64(rows[0].Wall)/1e6/float64(s.SmallOnes), mostOverhead))
	return r, nil
}

// shareTree makes a folder like another one, whose files it shares. Folders that hold
// nothing but what a scan does not need are left out.
func shareTree(from, to string) error {
	entries, err := os.ReadDir(from)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(to, 0o755); err != nil {
		return err
	}
	for _, e := range entries {
		next := shareTree
		switch {
		case !e.IsDir():
			next = os.Link
		case slices.Contains([]string{"branches", "hooks", "info", "tags"}, e.Name()):
			continue
		}
		if err := next(filepath.Join(from, e.Name()), filepath.Join(to, e.Name())); err != nil {
			return err
		}
	}
	return nil
}
