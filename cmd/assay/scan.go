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
	suppress      suppressFlags
	config        configFlags
	archives      archiveFlags
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
examined too: --exclude leaves paths out.

What archives, compressed files, images of containers, SQLite databases and
PDF documents hold is examined as well, also where they hold each other.`,
		Example: `  assay scan .
  assay scan --no-history --exclude 'vendor/' .
  assay scan --staged
  assay scan --range origin/main..HEAD
  assay scan --incremental .
  assay scan --baseline .assay-baseline.jsonl .
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
	for _, flag := range []string{"disable", "only"} {
		if err := c.RegisterFlagCompletionFunc(flag, completeRules); err != nil {
			panic(err) // the flag is registered above
		}
	}
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
	f.suppress.register(fs)
	fs.BoolVar(&f.noModel, "no-model", false, "judge values without a vendor's format by rules set by hand, not by the trained model")
	f.archives.register(fs)
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
	job, err := a.prepare(fs, f, paths)
	if err != nil {
		return err
	}
	defer job.targets.close()
	out, err := a.openOutput(&f.output, f.filter(), f.minConfidence, &f.gate)
	if err != nil {
		return err
	}
	defer out.close()
	job.targets.ignore(out.temporary())
	if err := a.runScan(ctx, f, job, out.Handler, out.wants("sarif")); err != nil {
		return err
	}
	a.exit = f.gate.exitCode(out.gate)
	return nil
}

// A scanJob is a scan that is ready to run.
type scanJob struct {
	config   *config
	set      *rules.Set
	targets  *targets
	hygiene  *scan.Hygiene // nil where its rule is off
	suppress *suppressions
}

// prepare reads everything that a scan depends on and opens what it examines.
func (a *app) prepare(fs *pflag.FlagSet, f *scanFlags, paths []string) (*scanJob, error) {
	if len(paths) == 0 {
		paths = []string{"."}
	}
	if err := f.together(fs); err != nil {
		return nil, err
	}
	whole := f.whole(fs, paths) && !fs.Changed("no-history")
	config, err := a.settle(fs, f, paths[0])
	if err == nil {
		err = f.archives.check()
	}
	if err != nil {
		return nil, err
	}
	job := &scanJob{config: config}
	if job.set, err = activeRules(f, config); err != nil {
		return nil, err
	}
	if f.active(scan.HygieneRule().ID) {
		job.hygiene = scan.NewHygiene(job.set, nil)
	}
	if job.suppress, err = a.suppressions(f, paths); err != nil {
		return nil, err
	}
	job.suppress.whole = whole && !job.suppress.above && !f.staged && f.commits == "" && !f.historyOnly
	job.targets, err = a.targets(f, paths, job.set, job.hygiene)
	return job, err
}

// runScan examines the targets and tells to what was found.
func (a *app) runScan(ctx context.Context, f *scanFlags, job *scanJob, to report.Handler, lineHashes bool) error {
	to = job.handler(to)
	if err := to.Begin(describeRun(job.set, job.targets, job.config)); err != nil {
		return err
	}
	var progress scan.Progress
	watch := a.watch(f.output.quiet, func() string {
		return fmt.Sprintf("%d pieces examined, %d MB", progress.Blobs.Load(), progress.Bytes.Load()>>20)
	})
	opt := scan.Options{
		Workers: f.workers, Salt: job.config.salt(a.getenv), LineHashes: lineHashes,
		IgnoreInlineAllow: f.noInlineAllow || f.suppress.noTree, Progress: &progress,
		Archives: f.archives.limits(), ExcludeMember: memberExcluder(f),
	}
	var total report.Summary
	var errs []error
	for _, t := range job.targets.list {
		summary, err := scan.Run(ctx, t, job.set, to, opt)
		total = total.Plus(summary)
		errs = append(errs, err)
	}
	watch.stop()
	a.tellStates(job.targets.states)
	total.RulesActive = job.set.Len()
	if n := job.config.refused; n > 0 {
		total = total.Plus(report.Summary{Refused: map[string]int{report.RefusedSettings: n}})
	}
	empty := examinedSomething(total)
	if empty != nil { // no report may look clean either
		errs = append(errs, to.Notice(report.Notice{Subject: job.set.Mask(job.targets.name), Err: empty}))
	}
	errs = append(errs, to.End(total))
	if err := errors.Join(errs...); err != nil {
		return withHint(fmt.Errorf("the report could not be written: %w", err), "what was found is not complete in any report")
	}
	if empty != nil {
		return withHint(empty, "check the path and --exclude")
	}
	return nil
}

// handler puts in front of next what adds findings and what takes them away.
func (j *scanJob) handler(next report.Handler) report.Handler {
	next = j.suppress.handler(j.set, next)
	if j.hygiene == nil {
		return next
	}
	j.hygiene.Handler = next
	return j.hygiene
}

// active reports whether flags leave a rule on that is not in the rules' set.
func (f *scanFlags) active(id string) bool {
	return !slices.Contains(f.disable, id) && (len(f.only) == 0 || slices.Contains(f.only, id))
}

// whole reports whether a scan of paths looks at all that the suppressions there
// are about, as far as the command line tells: what a configuration leaves out is
// left out every time.
func (f *scanFlags) whole(fs *pflag.FlagSet, paths []string) bool {
	partial := false
	for _, flag := range []string{"exclude", "only", "disable", "staged", "range", "history-only"} {
		partial = partial || fs.Changed(flag)
	}
	return !partial && len(paths) == 1 && folderOf(paths[0]) == paths[0]
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
		if id != scan.HygieneRule().ID && !slices.ContainsFunc(all, func(r rules.Rule) bool { return r.ID == id }) {
			return withHint(fmt.Errorf("--%s: there is no rule %q", flag, id), "assay rules list shows the ids")
		}
	}
	return nil
}
