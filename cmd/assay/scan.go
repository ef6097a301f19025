package main

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/assayhq/assay/report"
	"github.com/assayhq/assay/rules"
	"github.com/assayhq/assay/scan"
)

// scanFlags are the flags of assay scan. Each can also stand in the environment
// (ASSAY_MIN_CONFIDENCE) and in the [scan] table of .assay.toml.
type scanFlags struct {
	staged        bool
	commits       string // --range
	noHistory     bool
	historyOnly   bool
	exclude       []string
	disable       []string
	only          []string
	minConfidence report.Confidence
	placeholders  bool
	noInlineAllow bool
	noModel       bool
	config        configFlags
	workers       int
	state         stateFlags
	output        outputFlags
	gate          gateFlags
}

func (a *app) scanCommand() *cobra.Command {
	f := &scanFlags{minConfidence: report.ConfidenceMedium}
	c := &cobra.Command{
		Use:   "scan [PATH...|-]",
		Short: "Find credentials in files and Git history",
		Long: `Examine what PATH names, by default the current folder.

The root of a Git repository is examined whole: the working tree and the object
store with every commit, also those that no branch reaches. Any other folder or
file is examined as it lies there. "-" reads standard input.

Findings are grouped by credential, with every place where it stands. What could
not be examined is named, and the exit code is 3. Files that Git ignores are
examined too: --exclude leaves paths out.`,
		Example: `  assay scan .
  assay scan --no-history --exclude 'vendor/' .
  assay scan --staged
  assay scan --range origin/main..HEAD
  assay scan --incremental .
  git diff | assay scan -
  assay scan --format sarif . > assay.sarif
  assay scan --report sarif=assay.sarif --report json=assay.json .`,
		RunE: func(c *cobra.Command, args []string) error {
			return a.scan(c.Context(), c.Flags(), f, args)
		},
	}
	f.register(c.Flags())
	f.state.register(c.Flags())
	f.output.register(c.Flags())
	f.gate.register(c.Flags())
	c.MarkFlagsMutuallyExclusive("staged", "range", "history-only", "no-history")
	return c
}

func (f *scanFlags) register(fs *pflag.FlagSet) {
	fs.BoolVar(&f.staged, "staged", false, "examine what the index would commit")
	fs.StringVar(&f.commits, "range", "", "examine what the commits `A..B` brought")
	fs.BoolVar(&f.noHistory, "no-history", false, "examine the working tree only")
	fs.BoolVar(&f.historyOnly, "history-only", false, "examine the object store only")
	fs.StringArrayVar(&f.exclude, "exclude", nil, "leave out paths that match a gitignore `pattern`; repeatable")
	fs.StringArrayVar(&f.disable, "disable", nil, "switch off the rule with this `id`; repeatable")
	fs.StringArrayVar(&f.only, "only", nil, "switch on only the rule with this `id`; repeatable")
	fs.TextVar(&f.minConfidence, "min-confidence", f.minConfidence, "report from this `confidence` on: placeholder, low, medium, high")
	fs.BoolVar(&f.placeholders, "placeholders", false, "show placeholders too; they never fail a run")
	fs.BoolVar(&f.noInlineAllow, "no-inline-allow", false, "report also what a comment in the source allows")
	fs.BoolVar(&f.noModel, "no-model", false, "judge values without a vendor's format by rules set by hand, not by the trained model")
	f.config.register(fs, "PATH")
	fs.IntVar(&f.workers, "workers", 0, "goroutines that examine (default one for each processor)")
}

// filter chooses what of the findings is reported.
func (f *scanFlags) filter() confidenceFilter {
	if f.placeholders {
		return report.WithPlaceholders
	}
	return report.AtLeast
}

// scan runs the command.
func (a *app) scan(ctx context.Context, fs *pflag.FlagSet, f *scanFlags, paths []string) error {
	if len(paths) == 0 {
		paths = []string{"."}
	}
	if err := f.together(fs); err != nil {
		return err
	}
	config, err := a.settle(fs, f, paths[0])
	if err != nil {
		return err
	}
	set, err := activeRules(f, config)
	if err != nil {
		return err
	}
	targets, err := a.targets(f, paths, set, config)
	if err != nil {
		return err
	}
	defer targets.close()
	out, err := a.openOutput(&f.output, f.filter(), f.minConfidence, &f.gate)
	if err != nil {
		return err
	}
	defer out.close()
	targets.ignore(out.temporary())
	return a.runScan(ctx, f, set, targets, out, config)
}

// runScan examines the targets and writes the reports.
func (a *app) runScan(ctx context.Context, f *scanFlags, set *rules.Set, targets *targets, out *outputs, config *config) error {
	if err := out.Begin(describeRun(set, targets, config)); err != nil {
		return err
	}
	var progress scan.Progress
	watch := a.watch(f.output.quiet, func() string {
		return fmt.Sprintf("%d pieces examined, %d MB", progress.Blobs.Load(), progress.Bytes.Load()>>20)
	})
	opt := scan.Options{
		Workers: f.workers, Salt: config.salt(a.getenv), LineHashes: out.wants("sarif"),
		IgnoreInlineAllow: f.noInlineAllow, Progress: &progress,
	}
	var total report.Summary
	var errs []error
	for _, t := range targets.list {
		summary, err := scan.Run(ctx, t, set, out, opt)
		total = total.Plus(summary)
		errs = append(errs, err)
	}
	watch.stop()
	a.tellStates(targets.states)
	total.RulesActive = set.Len()
	empty := examinedSomething(total)
	if empty != nil { // no report may look clean either
		errs = append(errs, out.Notice(report.Notice{Subject: set.Mask(targets.name), Err: empty}))
	}
	errs = append(errs, out.End(total))
	if err := errors.Join(errs...); err != nil {
		return withHint(fmt.Errorf("the report could not be written: %w", err), "what was found is not complete in any report")
	}
	if empty != nil {
		return withHint(empty, "check the path and --exclude")
	}
	a.exit = f.gate.exitCode(out.gate)
	return nil
}

// examinedSomething refuses to call a run clean that read nothing.
func examinedSomething(s report.Summary) error {
	passedOver := s.Excluded
	for _, n := range s.Skipped {
		passedOver += n
	}
	if s.Bytes > 0 || passedOver == 0 || s.NotExamined > 0 || s.Interrupted || s.Files+s.Blobs+s.Commits+s.Remembered > 0 {
		return nil
	}
	return errors.New("nothing was examined: everything there is excluded or no regular file")
}

func describeRun(set *rules.Set, targets *targets, config *config) report.Run {
	return report.Run{
		Tool: "assay", Version: version, Command: "scan",
		Target: set.Mask(targets.name), Config: set.Mask(config.name), Rules: set.Descriptions(),
	}
}

// activeRules compiles the rules that flags and configuration leave on.
func activeRules(f *scanFlags, config *config) (*rules.Set, error) {
	all, err := config.rules()
	if err != nil {
		return nil, err
	}
	if err := known(all, f.disable, "disable"); err != nil {
		return nil, err
	}
	if err := known(all, f.only, "only"); err != nil {
		return nil, err
	}
	if len(f.disable)+len(f.only) > 0 {
		all = slices.DeleteFunc(slices.Clone(all), func(r rules.Rule) bool {
			return slices.Contains(f.disable, r.ID) || len(f.only) > 0 && !slices.Contains(f.only, r.ID)
		})
	}
	if len(all) == 0 {
		return nil, withHint(errors.New("no rule is active, so nothing could be found"), "check --disable, --only and extend-builtin in the configuration")
	}
	return compileFor(all, f.noModel)
}

// compileFor compiles rules with the built-in model or without any.
func compileFor(all []rules.Rule, noModel bool) (*rules.Set, error) {
	if noModel {
		return rules.Compile(all, rules.WithModel(nil))
	}
	return rules.Compile(all)
}

func known(all []rules.Rule, ids []string, flag string) error {
	for _, id := range ids {
		if !slices.ContainsFunc(all, func(r rules.Rule) bool { return r.ID == id }) {
			return withHint(fmt.Errorf("--%s: there is no rule %q", flag, id), "assay rules list shows the ids")
		}
	}
	return nil
}
