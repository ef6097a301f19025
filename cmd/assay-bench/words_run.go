package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"
)

// wordTimes is how often a run writes each host.
const wordTimes = 40

// wordsSuite scores what is reported among passwords that people choose.
func wordsSuite(ctx context.Context, s *session) ([]result, error) {
	dir, err := os.MkdirTemp("", "assay-bench-words-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	labels, err := s.writeWords(ctx, dir, wordTimes)
	if err != nil {
		return nil, err
	}
	dir = filepath.Join(dir, wordFilesFolder)
	s.say("scoring %s", dir)
	rows, err := interleave(ctx, schedule{Rounds: 1}, present(
		s.assayScan(assayName, "--no-history", dir),
		s.assayScan("assay without model", "--no-history", "--no-model", dir),
		s.assayScan("assay low", "--no-history", "--min-confidence", "low", dir),
		s.gitleaksScan("dir", dir)))
	if err != nil {
		return nil, err
	}
	r := newResult("words", place{corpus: corpus{Name: "human passwords and their twins"}, Facts: fmt.Sprintf("%d cases, seed %d", len(labels), s.seed)}, rows)
	for _, row := range rows {
		if row.Runs > 0 {
			r.Words = append(r.Words, scoreWords(row.Tool, dir, row.last.Spots, labels)...)
		}
	}
	r.Bars = wordBars(r.Words)
	r.Notes = append(r.Notes, "rules and models are set while looking at the tuning half; the deciding half shares no list, language or file with it")
	return []result{r}, nil
}

// What a set consists of: the files, and beside their folder the labels.
const (
	wordFilesFolder = "files"
	wordLabelsFile  = "labels.jsonl"
)

// writeWords writes both halves into dir.
func (b *bench) writeWords(ctx context.Context, dir string, times int) ([]wordLabel, error) {
	halves, err := wordHalves()
	if err != nil {
		return nil, err
	}
	if err := b.fetchWords(ctx, halves); err != nil {
		return nil, err
	}
	var labels []wordLabel
	for _, h := range halves {
		for _, f := range h.files(b.seed, times) {
			file := f.filePath(filepath.Join(dir, wordFilesFolder))
			if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
				return nil, err
			}
			if err := os.WriteFile(file, []byte(f.Text), 0o600); err != nil {
				return nil, err
			}
			labels = append(labels, f.Labels...)
		}
	}
	return labels, saveLabels(filepath.Join(dir, wordLabelsFile), labels)
}

func saveLabels(file string, labels []wordLabel) error {
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	w := bufio.NewWriter(f)
	e := json.NewEncoder(w)
	for _, l := range labels {
		if err := e.Encode(l); err != nil {
			return errors.Join(err, f.Close())
		}
	}
	return errors.Join(w.Flush(), f.Close())
}

func wordsCommand(b *bench) *cobra.Command {
	var times int
	cmd := &cobra.Command{Use: "words", Short: "Write passwords that people choose, and their harmless twins"}
	build := &cobra.Command{
		Use: "build DIR", Short: "Write the files and labels of the suite words", Args: cobra.ExactArgs(1),
		Long: `Write the files of the suite words into DIR/files, each half in a folder of its
own, and one line of JSON for each case into DIR/labels.jsonl: the half, path,
lines, whether a credential stands there, its kind, grammar and language. The
passwords are in the files only. The same --seed writes the same set. DIR must
be new or empty.`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if entries, err := os.ReadDir(args[0]); err == nil && len(entries) > 0 {
				return fmt.Errorf("%s is not empty: %w", args[0], errUsage)
			}
			labels, err := b.writeWords(cmd.Context(), args[0], times)
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "%d cases, seed %d\n", len(labels), b.seed)
			return err
		},
	}
	build.Flags().IntVar(&times, "times", wordTimes, "how often each of the files is written, with other values each time")
	cmd.AddCommand(build)
	return cmd
}
