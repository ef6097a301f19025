package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

// errUsage marks what the caller got wrong.
var errUsage = errors.New("see assay-bench --help")

// run is the whole program: 0 done, 1 something failed, 2 wrong use.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	root := newRoot(stderr)
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return 0
	}
	fmt.Fprintln(stderr, "assay-bench:", strings.ReplaceAll(err.Error(), "\n", ": "))
	if errors.Is(err, errUsage) {
		return 2
	}
	return 1
}

func newRoot(stderr io.Writer) *cobra.Command {
	b := &bench{log: stderr}
	root := &cobra.Command{
		Use: "assay-bench", SilenceErrors: true, SilenceUsage: true,
		Short: "Measure assay beside its peers and beside what the job costs at least",
		Long: "assay-bench fetches and builds corpora, builds gitleaks and assay, runs them in\nturn on the same input and prints medians and ratios. " +
			"The package comment says what\neach suite measures and how to read the columns (go doc ./cmd/assay-bench).\n\nCorpora:\n" + corpusHelp() + "\nSuites:\n" + suiteHelp(),
		PersistentPreRunE: func(*cobra.Command, []string) error { return b.locate() },
		CompletionOptions: cobra.CompletionOptions{DisableDefaultCmd: true},
	}
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return fmt.Errorf("%w: %w", err, errUsage) })
	flags := root.PersistentFlags()
	flags.StringVar(&b.cache, "cache", "", "folder for corpora and programs (default: assay-bench in the user's cache folder)")
	flags.StringVar(&b.source, "source", ".", "module root of assay, which is built from there")
	flags.StringVar(&b.built, "assay", "", "measure this program as assay instead of building it")
	flags.Uint64Var(&b.seed, "seed", 1, "seed of what is generated or drawn at random")
	root.AddCommand(buildCommand(b), runCommand(b), diffCommand(b), judgeCommand(b), wordsCommand(b), trainCommand(b), readCommand())
	return root
}

func corpusHelp() string {
	var t table
	for _, c := range corpora() {
		about := c.About
		if c.OnRequest {
			about += " (only where named)"
		}
		t.add(fmt.Sprintf("%-18s%s", c.Name, about))
	}
	return tableText(t)
}

func suiteHelp() string {
	var t table
	for _, s := range suites() {
		about := s.About
		if s.OnRequest {
			about += " (only where named)"
		}
		t.add(fmt.Sprintf("%-18s%s", s.Name, about))
	}
	return tableText(t)
}

func tableText(t table) string {
	var out strings.Builder
	t.write(&out) // a Builder takes everything
	return out.String()
}

// locate makes the folders absolute and makes the cache.
func (b *bench) locate() error {
	if b.cache == "" {
		dir, err := os.UserCacheDir()
		if err != nil {
			return fmt.Errorf("no cache folder: %w; name one with --cache", err)
		}
		b.cache = filepath.Join(dir, "assay-bench")
	}
	var err error
	if b.cache, err = filepath.Abs(b.cache); err != nil {
		return err
	}
	if b.source, err = filepath.Abs(b.source); err != nil {
		return err
	}
	return os.MkdirAll(filepath.Join(b.cache, "corpora"), 0o755)
}

func buildCommand(b *bench) *cobra.Command {
	return &cobra.Command{
		Use: "build [CORPUS...]", Short: "Fetch and build the corpora and gitleaks, and say what they hold",
		Long: "Fetch and build the corpora named, or all that a run takes unasked, and gitleaks.\nWhat is there already stays. The first build fetches about 4 GB and takes up to an hour.",
		RunE: func(cmd *cobra.Command, names []string) error {
			chosen, err := find(names, func(corpus) bool { return true })
			if err != nil {
				return fmt.Errorf("%w: %w", err, errUsage)
			}
			if _, err := b.gitleaks(cmd.Context()); err != nil {
				return err
			}
			for _, c := range chosen {
				places, err := b.prepare(cmd.Context(), c)
				if err != nil {
					return err
				}
				for _, p := range places {
					fmt.Fprintf(cmd.OutOrStdout(), "%s: %s\n  %s\n", p.Name, p.Facts, p.Dir)
				}
			}
			return nil
		},
	}
}

func runCommand(b *bench) *cobra.Command {
	s := &session{bench: b}
	var jsonFile string
	cmd := &cobra.Command{
		Use: "run [SUITE...]", Short: "Measure, and print medians and ratios",
		Long: "Run the suites named, or all that run unasked. Suites:\n" + suiteHelp(),
		RunE: func(cmd *cobra.Command, names []string) error {
			chosen, err := suitesNamed(names)
			if err == nil {
				_, err = find(s.Corpora, func(corpus) bool { return true })
			}
			if err == nil && slices.Contains(names, "accuracy") && s.CredData == "" && s.Examples == "" {
				err = errors.New("the suite accuracy needs --creddata DIR or --examples FILE")
			}
			if err != nil {
				return fmt.Errorf("%w: %w", err, errUsage)
			}
			return s.runSuites(cmd.Context(), cmd.OutOrStdout(), chosen, jsonFile)
		},
	}
	flags := cmd.Flags()
	flags.IntVar(&s.Rounds, "rounds", 5, "rounds of all suites that measure, but startup")
	flags.IntVar(&s.StartRounds, "start-rounds", 30, "rounds of the suite startup")
	flags.DurationVar(&s.Slow, "slow", 30*time.Second, "a contender whose first run takes more CPU time than this runs once; 0 for no limit")
	flags.IntVar(&s.Secrets, "secrets", 5_000, "secrets of the account that the suite audit makes up")
	flags.IntVar(&s.Organization, "organization", 0, "so many `accounts`, with that many secrets in each of their 17 regions")
	flags.BoolVar(&s.Everywhere, "everywhere", false, "that many in each of its 17 regions")
	flags.Float64Var(&s.Scale, "scale", 50, "quotas of that account, as a multiple of AWS's own")
	flags.IntVar(&s.Repositories, "repositories", 0, "repositories that a suite makes up: many, of 1 to 50 MB (default 300), or soak, if the time allows (default 1000)")
	flags.IntVar(&s.SmallOnes, "small-ones", 50_000, "small repositories that the suite many makes up")
	flags.IntVar(&s.Records, "records", 10_000_000, "records of the trail that the suite trails makes up; a tenth of it for the one of which all are of interest")
	flags.StringVar(&s.Case, "case", "", "cases of the suite kit with this in their family/name, instead of all")
	flags.BoolVar(&s.Small, "small", false, "run the suite kit at the scale of the tests")
	flags.IntVar(&s.Years, "years", 3, "years that the suite access makes up, of --seed and the seeds after it")
	flags.StringSliceVar(&s.Corpora, "corpus", nil, "corpora to measure, instead of all that take part unasked")
	flags.StringVar(&jsonFile, "json", "", "also write the figures to this file as JSON")
	flags.StringVar(&s.CredData, "creddata", "", "folder with data/ and meta/ of CredData, for the suite accuracy")
	flags.StringVar(&s.Examples, "examples", "", "file of published examples, one JSON object a line, for the suite accuracy")
	flags.StringSliceVar(&s.Exclude, "exclude", notCredentials, "categories of CredData that are no credentials")
	flags.DurationVar(&s.Time, "time", 10*time.Minute, "time that each target of the suite fuzz gets, with what earlier runs gave it, and the suite soak in all")
	flags.IntVar(&s.AtOnce, "at-once", 1, "targets of it that run side by side")
	flags.StringVar(&s.Targets, "targets", "", "which of them, as a `regexp` of PACKAGE.NAME")
	withoutFlag(cmd, s)
	return cmd
}

func withoutFlag(cmd *cobra.Command, s *session) {
	cmd.Flags().StringSliceVar(&s.Without, "without", nil, "programs to leave out: assay, gitleaks, rg")
}

// runSuites prints each result as soon as a suite is done. A contender that
// failed makes the run fail at the end.
func (s *session) runSuites(ctx context.Context, w io.Writer, chosen []suite, jsonFile string) error {
	var err error
	alone := !slices.ContainsFunc(chosen, func(c suite) bool { return !c.Alone })
	if s.programs, err = s.programsFor(ctx, func(tool string) bool { return !alone && s.takesPart(tool) }); err != nil {
		return err
	}
	m, err := s.machine(ctx, s.cache)
	if err != nil {
		return err
	}
	if err := m.write(w); err != nil {
		return err
	}
	var results []result
	for _, suite := range chosen {
		more, err := suite.run(ctx, s)
		results = append(results, more...)
		for _, r := range more {
			err = errors.Join(err, r.write(w))
		}
		if err != nil {
			return fmt.Errorf("suite %s: %w", suite.Name, err)
		}
	}
	if jsonFile != "" {
		if err := saveJSON(jsonFile, m, s.seed, results); err != nil {
			return err
		}
	}
	if i := slices.IndexFunc(results, result.failed); i >= 0 {
		return fmt.Errorf("suite %s, corpus %s: a program failed, see above", results[i].Suite, results[i].Corpus)
	}
	return nil
}

func saveJSON(file string, m machine, seed uint64, results []result) error {
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	return errors.Join(writeJSON(f, m, seed, results), f.Close())
}

// readCommand is the contender that only reads.
func readCommand() *cobra.Command {
	return &cobra.Command{
		Use: "read DIR", Hidden: true, Args: cobra.ExactArgs(1),
		PersistentPreRunE: func(*cobra.Command, []string) error { return nil }, // no cache is needed
		RunE: func(cmd *cobra.Command, args []string) error {
			return readTree(args[0], cmd.ErrOrStderr())
		},
	}
}
