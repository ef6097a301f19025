package main

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// incrementalSuite scans each history twice with one state file: at first there
// is none, then there is nothing new. The packs of others are too small for
// this; there the start of a program is what a run takes.
func incrementalSuite(ctx context.Context, s *session) ([]result, error) {
	dir, err := os.MkdirTemp("", "assay-bench-state-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	state := filepath.Join(dir, "state")
	results, err := s.eachPlace(ctx, "incremental", s.corporaOr("versions", "commits"), corpus.isRepo, func(p place) ([]contender, error) {
		first, second := s.stateScans(state, p.Dir)
		return present(first, second), nil
	})
	for i := range results {
		results[i].Bars = incrementalBars(results[i].Rows)
	}
	return results, err
}

// stateScans are a scan that starts without a state file and leaves one, and a
// scan that starts with what the one before it left.
func (s *session) stateScans(state, repo string) (first, second contender) {
	first = s.assayScan(firstRunName, "--history-only", "--state", state, repo)
	first.before = func() error { return forget(state) }
	second = s.assayScan(nothingNewName, "--history-only", "--state", state, repo)
	second.before = func() error {
		_, err := os.Stat(state) // without it the run would be a first one
		return err
	}
	return first, second
}

func forget(state string) error {
	err := os.Remove(state)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
