package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
)

// accuracySuite scores what is reported in labelled data. All figures come from
// one run each of the same programs on the same files.
func accuracySuite(ctx context.Context, s *session) ([]result, error) {
	var results []result
	if s.CredData != "" {
		r, err := s.credData(ctx)
		if err != nil {
			return nil, err
		}
		results = append(results, r)
	}
	if s.Examples != "" {
		r, err := s.examples(ctx)
		if err != nil {
			return results, err
		}
		results = append(results, r)
	}
	return results, nil
}

func (s *session) credData(ctx context.Context) (result, error) {
	units, err := readUnits(filepath.Join(s.CredData, "meta"))
	if err != nil {
		return result{}, err
	}
	dir, err := filepath.Abs(filepath.Join(s.CredData, "data"))
	if err != nil {
		return result{}, err
	}
	rows, err := s.judged(ctx, dir)
	if err != nil {
		return result{}, err
	}
	r := newResult("accuracy", place{corpus: corpus{Name: "CredData"}, Facts: fmt.Sprintf("%d labelled ranges", len(units))}, rows)
	for _, row := range rows {
		if row.Runs > 0 {
			r.CredData = append(r.CredData, scoreCredData(row.Tool, dir, row.last.Spots, units, s.Exclude))
		}
	}
	return r, nil
}

func (s *session) examples(ctx context.Context) (result, error) {
	examples, err := readExamples(s.Examples)
	if err != nil {
		return result{}, err
	}
	dir, err := os.MkdirTemp("", "assay-bench-examples-")
	if err != nil {
		return result{}, err
	}
	defer os.RemoveAll(dir)
	if err := lay(dir, examples); err != nil {
		return result{}, err
	}
	rows, err := s.judged(ctx, dir)
	if err != nil {
		return result{}, err
	}
	r := newResult("accuracy", place{corpus: corpus{Name: "examples"}, Facts: fmt.Sprintf("%d examples", len(examples))}, rows)
	for _, row := range rows {
		if row.Runs > 0 {
			r.Examples = append(r.Examples, scoreExamples(row.Tool, examples, flagged(dir, row.last.Spots)))
		}
	}
	return r, nil
}

// judged runs our scanner at its default gate, with and without its model, and at
// each tier, and the peer.
func (s *session) judged(ctx context.Context, dir string) ([]row, error) {
	s.say("scoring %s", dir)
	contenders := []contender{s.assayScan("assay", "--no-history", dir), s.assayScan("assay without model", "--no-history", "--no-model", dir)}
	for _, tier := range []string{"high", "medium", "low", "placeholder"} {
		contenders = append(contenders, s.assayScan("assay "+tier, "--no-history", "--min-confidence", tier, dir))
	}
	return interleave(ctx, schedule{Rounds: 1}, present(append(contenders, s.gitleaksScan("dir", dir))...))
}
