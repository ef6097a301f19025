package main

import (
	"cmp"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"

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
	commits       string   // --range
	merged        []string // for staged: commits that are merged, see scan.StagedOptions
	push          *push    // of a hook; nil: none
	shard         string   // --shard
	listed        bool     // a program lists the paths: those that are excluded are left out
	root          string   // whose configuration and suppressions count; "" for that of the first path
	noHistory     bool
	historyOnly   bool
	exclude       []string
	disable       []string
	only          []string
	enable        []string // --enable-rule of gitleaks: ids of its rules
	minConfidence report.Confidence
	placeholders  bool
	noInlineAllow bool
	noModel       bool
	suppress      suppressFlags
	config        configFlags
	archives      archiveFlags
	workers       int
	memory        memoryFlag
	state         stateFlags
	many          manyFlags
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
PDF documents hold is examined as well, also where they hold each other.

Several repositories (PATHs that are repositories, --repos, --repos-in, --clone)
make one report, in which paths begin with the repository's name. They are examined
one after the other; what cannot be opened or fetched costs itself only. The
configuration is that of the current folder or --config, for all of them; --baseline
and --ignore-file are for all, with paths as the report has them. A repository's own
.assayignore and comments count for its own places only, and not at all with
--no-tree-suppressions. What is fetched is read over http and https without
starting a program; ASSAY_GIT_TOKEN and ASSAY_GIT_USER say who asks, and go to the
host of the URL alone (ASSAY_GIT_HOST names the hosts where there are several).`,
		Example: `  assay scan .
  assay scan --no-history --exclude 'vendor/' .
  assay scan --staged
  assay scan --range origin/main..HEAD
  assay scan --range origin/main..HEAD --config-from origin/main
  assay scan --incremental .
  assay scan --baseline .assay-baseline.jsonl .
  git diff | assay scan -
  assay scan --repos-in /srv/git --resume parts --report json=all.json
  assay scan --repos list.txt --clone-to mirrors --incremental
  assay scan --format sarif . > assay.sarif
  assay scan --report sarif=assay.sarif --report json=assay.json .`,
		RunE: func(c *cobra.Command, args []string) error {
			return a.scan(c.Context(), c.Flags(), f, args)
		},
	}
	f.register(c.Flags())
	f.suppress.registerFrom(c.Flags())
	f.state.register(c.Flags())
	c.Flags().StringVar(&f.shard, "shard", "", shardText)
	f.many.register(c.Flags())
	f.output.register(c.Flags())
	f.gate.register(c.Flags())
	for _, flag := range []string{"disable", "only"} {
		if err := c.RegisterFlagCompletionFunc(flag, completeRules); err != nil {
			panic(err) // the flag is registered above
		}
	}
	completeWords(c)
	return c
}

func (f *scanFlags) register(fs *pflag.FlagSet) {
	fs.BoolVar(&f.staged, "staged", false, "examine what the index would commit")
	fs.StringVar(&f.commits, "range", "", "examine what the commits `A..B` brought")
	fs.BoolVar(&f.noHistory, "no-history", false, "examine the working tree only")
	fs.BoolVar(&f.historyOnly, "history-only", false, "examine the object store only")
	f.registerRules(fs)
}

// registerRules adds the flags that are not about what is examined.
func (f *scanFlags) registerRules(fs *pflag.FlagSet) {
	fs.StringArrayVar(&f.exclude, "exclude", nil, "leave out paths that match a gitignore `pattern`; repeatable")
	fs.StringArrayVar(&f.disable, "disable", nil, "switch off the rule with this `id`; repeatable")
	fs.StringArrayVar(&f.only, "only", nil, "switch on only the rule with this `id`; repeatable")
	fs.TextVar(&f.minConfidence, "min-confidence", f.minConfidence, "report from this `confidence` on: placeholder, low, medium, high")
	fs.BoolVar(&f.placeholders, "placeholders", false, "show placeholders too; they never fail a run")
	fs.BoolVar(&f.noInlineAllow, "no-inline-allow", false, "report also what a comment in the source allows")
	f.suppress.register(fs)
	fs.BoolVar(&f.noModel, "no-model", false, "judge values without a vendor's format by rules set by hand, not by the trained model")
	f.archives.register(fs)
	f.memory.register(fs)
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
	if f.many.asked() || severalRepositories(fs, paths) {
		return a.scanMany(ctx, fs, f, paths)
	}
	job, err := a.prepare(fs, f, paths)
	if err != nil {
		return err
	}
	defer job.targets.close()
	out, err := a.openScanOutput(f, job)
	if err != nil {
		return err
	}
	defer out.close()
	if err := refuseASFF(out); err != nil {
		return err
	}
	if f.output.pseudonymise {
		if err := out.pseudonymise(job.config.salt(a.getenv), nil); err != nil {
			return err
		}
	}
	job.targets.ignore(out.temporary())
	if err := a.runScan(ctx, f, job, out.Handler, out.wants("sarif")); err != nil {
		return err
	}
	a.exit = f.gate.exitCode(out.gate)
	return nil
}

func refuseASFF(out *outputs) error {
	if !out.wants("asff") {
		return nil
	}
	return withHint(errors.New("the format asff is of resources of AWS, and a scan finds none"), "ocsf says the same to other consumers; sarif is for code scanning")
}

// A scanJob is a scan that is ready to run.
type scanJob struct {
	config   *config
	set      *rules.Set
	targets  *targets
	hygiene  *scan.Hygiene // nil where its rule is off
	suppress *suppressions
	extent   string       // see report.Run
	shard    report.Shard // see report.Run
	divided  string       // see report.Run
	decided  *report.Decisions
}

// extent is what f has examined, see report.Run.
func (f *scanFlags) extent() string {
	switch {
	case f.staged:
		return "staged"
	case f.commits != "", f.push != nil:
		return "range"
	}
	return ""
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
	root := cmp.Or(f.root, paths[0])
	job, err := a.prepareRules(fs, f, root)
	defer f.suppress.commit.close()
	if err != nil {
		return nil, err
	}
	if job.shard, err = f.sharded(fs, paths); err != nil {
		return nil, err
	}
	if job.suppress, err = a.suppressions(f, root, paths); err != nil {
		return nil, err
	}
	if err := job.suppress.addForeign(f, root, job, job.config.salt(a.getenv)); err != nil {
		return nil, err
	}
	for _, n := range job.suppress.notes {
		fmt.Fprintf(a.stderr, "assay: %s\n", n)
	}
	job.suppress.whole = whole && !job.suppress.above && !f.staged && f.push == nil && f.commits == "" && !f.historyOnly
	if job.shard.Of > 0 {
		if job.hygiene != nil {
			job.hygiene.Share()
		}
		if job.decided, err = job.decisions(f); err != nil {
			return nil, err
		}
	}
	job.targets, err = a.targets(f, paths, job.set, job.hygiene, job.shard)
	if err == nil && job.decided != nil {
		job.decided.Layout = hex.EncodeToString(job.targets.layout.Sum(nil)[:16])
	}
	return job, err
}

// prepareRules reads the configuration that counts for a scan of root, and compiles
// the rules.
func (a *app) prepareRules(fs *pflag.FlagSet, f *scanFlags, root string) (*scanJob, error) {
	config, err := a.settle(fs, f, root)
	if err == nil {
		err = errors.Join(f.archives.check(), f.memory.check())
	}
	if err != nil {
		return nil, err
	}
	limitMemory(f.memory.soft())
	a.tellForeign(config)
	job := &scanJob{config: config, extent: f.extent()}
	if job.set, err = activeRules(f, config); err != nil {
		return nil, err
	}
	if f.active(scan.HygieneRule().ID) {
		job.hygiene = scan.NewHygiene(job.set, nil)
	}
	return job, nil
}

// options are the settings of a run.
func (f *scanFlags) options(salt []byte, lineHashes bool, progress *scan.Progress) scan.Options {
	return scan.Options{
		Workers: f.workers, Memory: f.memory.bytes(), Salt: salt, LineHashes: lineHashes,
		IgnoreInlineAllow: f.noInlineAllow || f.suppress.noTree, Progress: progress,
		Archives: f.archives.limits(), ExcludeMember: memberExcluder(f),
	}
}

// runScan examines the targets and tells to what was found.
func (a *app) runScan(ctx context.Context, f *scanFlags, job *scanJob, to report.Handler, lineHashes bool) error {
	to = job.handler(to)
	if err := to.Begin(job.describe()); err != nil {
		return err
	}
	var progress scan.Progress
	watch := a.watch(f.output.quiet, func() string {
		return fmt.Sprintf("%d pieces examined, %d MB", progress.Blobs.Load(), progress.Bytes.Load()>>20)
	})
	opt := f.options(job.config.salt(a.getenv), lineHashes || job.shard.Of > 0, &progress)
	opt.Shares = job.shard.Of > 0
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
	if n := job.config.refused; n > 0 && job.shard.Index <= 1 {
		total = total.Plus(report.Summary{Refused: map[string]int{report.RefusedSettings: n}})
	}
	empty := examinedSomething(total)
	if job.shard.Of > 0 {
		empty = nil // what is there may belong to other shards
	}
	if empty != nil { // no report may look clean either
		errs = append(errs, to.Notice(report.Notice{Subject: job.set.Mask(job.targets.name), Err: empty}))
	}
	errs = append(errs, to.End(total))
	if err := firstOfEach(errs); err != nil {
		return withHint(fmt.Errorf("the report could not be written: %w", err), "what was found is not complete in any report")
	}
	if empty != nil {
		return withHint(empty, "check the path and --exclude")
	}
	return nil
}

// firstOfEach joins errors that say different things: a disk that is full says the same
// of every finding.
func firstOfEach(errs []error) error {
	said := map[string]bool{}
	var all []error
	for _, err := range errs {
		if err != nil && !said[err.Error()] {
			said[err.Error()] = true
			all = append(all, err)
		}
	}
	return errors.Join(all...)
}

// handler puts in front of next what adds findings and what takes them away.
func (j *scanJob) handler(next report.Handler) report.Handler {
	if j.shard.Of == 0 { // else report.Sharing sees to it
		next = j.suppress.handler(j.set, next)
	}
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

func (j *scanJob) describe(more ...report.Rule) report.Run {
	if j.hygiene != nil {
		more = append(more, scan.HygieneRule())
	}
	return report.Run{
		Tool: "assay", Version: version, Command: "scan",
		Target: j.set.Mask(j.targets.name), Extent: j.extent, Shard: j.shard, Divided: j.divided, Decisions: j.decided, Config: j.set.Mask(j.config.name), Rules: j.set.Descriptions(more...),
	}
}

// activeRules compiles the rules that flags and configuration leave on.
func activeRules(f *scanFlags, config *config) (*rules.Set, error) {
	file, err := config.rules()
	if err != nil {
		return nil, err
	}
	all := file.Rules
	if err := f.enableOnly(all); err != nil {
		return nil, err
	}
	if err := known(all, config.Rules.Disable, config.name+": rules.disable"); err != nil {
		return nil, err
	}
	if err := known(all, f.disable, "--disable"); err != nil {
		return nil, err
	}
	if err := known(all, f.only, "--only"); err != nil {
		return nil, err
	}
	if len(f.disable)+len(f.only) > 0 {
		all = rules.Only(all, func(r *rules.Rule) bool { return f.active(r.ID) })
		if err := paired(all); err != nil {
			return nil, err
		}
	}
	if len(all) == 0 {
		return nil, withHint(errors.New("no rule is active, so nothing could be found"), "check --disable, --only and extend-builtin in the configuration")
	}
	off, err := config.switchedOff(file.Rules, len(all))
	if err != nil {
		return nil, err
	}
	return compileFor(rules.File{Rules: all, Allow: file.Allow}, f.noModel, rules.WithMasks(off))
}

// switchedOff compiles all rules that are known, of which active ones count: the others
// mask. It returns nil where no rule is switched off.
func (c *config) switchedOff(own []rules.Rule, active int) (*rules.Set, error) {
	if c.foreign != nil {
		own = beside(own, c.foreign.Rules)
	}
	all := beside(rules.Builtin(), own)
	if len(all) == active {
		return nil, nil
	}
	return rules.Compile(all)
}

// compileFor compiles rules with the built-in model or without any.
func compileFor(all rules.File, noModel bool, more ...rules.Option) (*rules.Set, error) {
	options := append(more, rules.WithAllow(all.Allow))
	if noModel {
		options = append(options, rules.WithModel(nil))
	}
	return rules.Compile(all.Rules, options...)
}

// paired refuses rules that would find nothing: those that find only beside what
// other rules find, where those are off.
func paired(all []rules.Rule) error {
	on := map[string]bool{}
	for i := range all {
		on[all[i].ID] = true
	}
	for i := range all {
		beside := &all[i].Companion
		if beside.Required && len(beside.Rules) > 0 && !slices.ContainsFunc(beside.Rules, func(id string) bool { return on[id] }) {
			return withHint(fmt.Errorf("the rule %s finds only beside what %s finds, which is off", all[i].ID, strings.Join(beside.Rules, " or ")),
				"switch both on or both off")
		}
	}
	return nil
}

func known(all []rules.Rule, ids []string, where string) error {
	for _, id := range ids {
		if id != scan.HygieneRule().ID && !slices.ContainsFunc(all, func(r rules.Rule) bool { return r.ID == id }) {
			return withHint(fmt.Errorf("%s: there is no rule %q", where, id), "assay rules list shows the ids")
		}
	}
	return nil
}
