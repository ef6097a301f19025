package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"github.com/spf13/cobra"
)

func diffCommand(b *bench) *cobra.Command {
	s := &session{bench: b}
	var confidence string
	cmd := &cobra.Command{
		Use: "diff [CORPUS...]", Short: "List what gitleaks reports and assay does not",
		Long: `Run gitleaks and assay on the same input and write one TSV line for each place
that gitleaks reports and assay does not: corpus, gitleaks' rule, path, line,
commit, how many places assay reports in the same file, and an empty cell for the
verdict. No text of the input is written. A credential that assay reports at
another place, as it groups copies, is counted and not listed.`,
		RunE: func(cmd *cobra.Command, names []string) error {
			chosen, err := find(names, func(corpus) bool { return true })
			if err != nil {
				return fmt.Errorf("%w: %w", err, errUsage)
			}
			if s.programs, err = s.programsFor(cmd.Context(), s.takesPart); err != nil {
				return err
			}
			fmt.Fprintln(cmd.OutOrStdout(), "corpus\trule\tpath\tline\tcommit\tours_in_path\tverdict")
			return s.eachOf(cmd.Context(), chosen, func(p place) error {
				c, err := s.compare(cmd.Context(), p, confidence)
				if err != nil {
					return fmt.Errorf("corpus %s: %w", p.Name, err)
				}
				s.say("%s: gitleaks %d places, %d reported by assay too, %d as copies elsewhere, %d not",
					p.Name, c.theirs, c.same, c.elsewhere, len(c.missing))
				return writeDifferences(cmd.OutOrStdout(), c.missing)
			})
		},
	}
	cmd.Flags().StringVar(&confidence, "min-confidence", "medium", "the tier from which on assay reports")
	return cmd
}

func (b *bench) eachOf(ctx context.Context, chosen []corpus, do func(place) error) error {
	for _, c := range chosen {
		places, err := b.prepare(ctx, c)
		if err != nil {
			return err
		}
		for _, p := range places {
			if err := do(p); err != nil {
				return err
			}
		}
	}
	return nil
}

func judgeCommand(b *bench) *cobra.Command {
	cmd := &cobra.Command{Use: "judge", Short: "Draw findings for a person to judge, and count the verdicts"}
	cmd.AddCommand(drawCommand(b), countCommand())
	return cmd
}

// A drawing is what `judge draw` is asked for.
type drawing struct {
	Count int // 0 for all
	Typed bool
	Out   string
}

func drawCommand(b *bench) *cobra.Command {
	s := &session{bench: b, Without: []string{"gitleaks", "rg"}}
	var d drawing
	cmd := &cobra.Command{
		Use: "draw [CORPUS...]", Short: "Draw findings of assay in folders at random",
		Long: `Scan the folder corpora named, or else the trees that decide, at the default gate
and write a random sample of the findings as CSV: sample, tree, path, line, rule
and an empty cell for the verdict. The same --seed draws the same sample from the
same findings. No text of a finding is written.

The verdicts, of which the first two are worth a reviewer's look:

  true         a credential or key material that works or once worked
  worth        made up, but written out as a real one would be
  placeholder  stands for one: an example that nobody could take for real
  false        no credential

The sample named findings takes all findings. --typed draws the sample named typed
instead: findings of high confidence by rules of vendors' and keys' formats, at
places outside tests and documents. --out adds to a file, which may hold another
sample already; verdicts are never overwritten.`,
		RunE: func(cmd *cobra.Command, names []string) error {
			chosen, err := treesNamed(names)
			if err != nil {
				return err
			}
			if s.programs, err = s.programsFor(cmd.Context(), s.takesPart); err != nil {
				return err
			}
			var all []judgement
			err = s.eachOf(cmd.Context(), chosen, func(p place) error {
				found, err := s.findings(cmd.Context(), p, d)
				all = append(all, found...)
				return err
			})
			if err != nil {
				return err
			}
			return s.save(cmd, d, names, all)
		},
	}
	cmd.Flags().IntVar(&d.Count, "count", 200, "how many findings to draw, 0 for all")
	cmd.Flags().BoolVar(&d.Typed, "typed", false, "draw findings of vendors' formats with high confidence outside tests and documents")
	cmd.Flags().StringVar(&d.Out, "out", "", "add to this file instead of writing to the standard output")
	return cmd
}

// findings scans a folder and returns the first place of every finding that d
// wants.
func (s *session) findings(ctx context.Context, p place, d drawing) ([]judgement, error) {
	s.say("scanning %s", p.Name)
	_, found, err := s.assayScan("assay", "--no-history", p.Dir).once(ctx, 0)
	if err != nil {
		return nil, fmt.Errorf("corpus %s: %w", p.Name, err)
	}
	return d.wanted(p, found.Spots), nil
}

// save draws from all, and writes the sample with a remark on how it was drawn.
func (s *session) save(cmd *cobra.Command, d drawing, names []string, all []judgement) error {
	drawn := all
	if d.Count > 0 {
		drawn = draw(all, d.Count, s.seed)
	}
	slices.SortFunc(drawn, compareJudgements)
	remark := d.remark(s.seed, names, len(drawn), len(all), time.Now())
	s.say("%s", remark)
	if d.Out == "" {
		return writeJudgements(cmd.OutOrStdout(), remark, drawn)
	}
	return addSample(d.Out, d.name(), remark, drawn)
}

// addSample adds a sample to a file, which must not have one of that name.
func addSample(file, name, remark string, drawn []judgement) error {
	f, err := os.OpenFile(file, os.O_CREATE|os.O_RDWR|os.O_APPEND, 0o644)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if info.Size() > 0 {
		have, err := readJudgements(f)
		if err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
		if slices.Contains(samplesOf(have), name) {
			return fmt.Errorf("%s: holds a sample named %s; take it out or name another file", file, name)
		}
	}
	return errors.Join(writeJudgements(f, remark, drawn), f.Close())
}

func countCommand() *cobra.Command {
	return &cobra.Command{
		Use: "count FILE", Short: "Count the verdicts in a file that draw made", Args: cobra.ExactArgs(1),
		Long: `Count the verdicts of each sample in a file that draw made, then within each sample
by tree and by rule: how many are worth a reviewer's look (true or worth) and how
many are false, of those that have a verdict, with Wilson's intervals for 95 %.`,
		RunE: func(cmd *cobra.Command, args []string) error {
			f, err := os.Open(args[0])
			if err != nil {
				return err
			}
			defer f.Close()
			all, err := readJudgements(f)
			if err != nil {
				return fmt.Errorf("%s: %w", args[0], err)
			}
			return writeCounts(cmd.OutOrStdout(), all)
		},
	}
}

// writeCounts prints a table of the samples and two of each sample.
func writeCounts(w io.Writer, all []judgement) error {
	tables := []table{judgedTable("sample", all, func(j judgement) string { return j.Sample })}
	for _, name := range samplesOf(all) {
		of := slices.DeleteFunc(slices.Clone(all), func(j judgement) bool { return j.Sample != name })
		tables = append(tables,
			judgedTable(name+" by tree", of, func(j judgement) string { return j.Module }),
			judgedTable(name+" by rule", of, func(j judgement) string { return j.Rule }))
	}
	for i, t := range tables {
		if i > 0 {
			if _, err := fmt.Fprintln(w); err != nil {
				return err
			}
		}
		if err := t.write(w); err != nil {
			return err
		}
	}
	return nil
}
