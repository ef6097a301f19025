package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

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

func drawCommand(b *bench) *cobra.Command {
	s := &session{bench: b, Without: []string{"gitleaks", "rg"}}
	var number int
	var out string
	cmd := &cobra.Command{
		Use: "draw [CORPUS...]", Short: "Draw findings of assay in folders at random",
		Long: `Scan the folder corpora named, or all that a run takes unasked, and write a random
sample of the findings as CSV: module@version, path, line, rule and an empty cell
for the verdict, which is true (a credential, be it one that only tests use),
placeholder (the shape of one, in an example or a template) or false. The same
--seed draws the same sample from the same findings.`,
		RunE: func(cmd *cobra.Command, names []string) error {
			chosen, err := find(names, func(c corpus) bool { return !c.Repo && c.Origin != "" })
			if err != nil {
				return fmt.Errorf("%w: %w", err, errUsage)
			}
			all, err := s.findings(cmd.Context(), chosen)
			if err != nil {
				return err
			}
			drawn := draw(all, number, b.seed)
			b.say("drew %d of %d findings with seed %d", len(drawn), len(all), b.seed)
			if out == "" {
				return writeJudgements(cmd.OutOrStdout(), drawn)
			}
			f, err := os.OpenFile(out, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644) // verdicts are never overwritten
			if err != nil {
				return err
			}
			return errors.Join(writeJudgements(f, drawn), f.Close())
		},
	}
	cmd.Flags().IntVar(&number, "count", 100, "how many findings to draw")
	cmd.Flags().StringVar(&out, "out", "", "write to this new file instead of the standard output")
	return cmd
}

// findings scans folders and returns the first place of every finding.
func (s *session) findings(ctx context.Context, chosen []corpus) ([]judgement, error) {
	var err error
	if s.programs, err = s.programsFor(ctx, s.takesPart); err != nil {
		return nil, err
	}
	var all []judgement
	err = s.eachOf(ctx, chosen, func(p place) error {
		s.say("scanning %s", p.Name)
		_, found, err := s.assayScan("assay", "--no-history", p.Dir).once(ctx, 0)
		if err != nil {
			return fmt.Errorf("corpus %s: %w", p.Name, err)
		}
		last := -1
		for _, spot := range found.Spots {
			if spot.Finding != last {
				last = spot.Finding
				all = append(all, judgement{Module: p.Origin, Path: filepath.ToSlash(spot.relative(p.Dir)), Line: spot.Line, Rule: spot.Rule})
			}
		}
		return nil
	})
	return all, err
}

func countCommand() *cobra.Command {
	return &cobra.Command{
		Use: "count FILE", Short: "Count the verdicts in a file that draw made", Args: cobra.ExactArgs(1),
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
			return judgedTable(all).write(cmd.OutOrStdout())
		},
	}
}
