package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"golang.org/x/term"

	"github.com/assayhq/assay/report"
	"github.com/assayhq/assay/scan"
)

// A push is what a hook is told of one.
type push struct {
	updates  []scan.Update
	from, to string                // revisions, where no update says it
	has      func(ref string) bool // whether the other side has what a ref names
}

// source returns what the push brings.
func (p *push) source(repo *scan.Repository) (scan.Source, error) {
	if p.to != "" {
		u, err := repo.ResolveUpdate(p.from, p.to)
		if err != nil {
			return nil, err
		}
		p.updates = append(p.updates, u)
	}
	return repo.Incoming(p.updates, p.has), nil
}

// hookRunFlags are those of assay scan that a hook may need.
type hookRunFlags struct {
	scan   scanFlags
	gate   gateFlags
	quiet  bool
	colour string
}

func (a *app) hookRun() *cobra.Command {
	c := &cobra.Command{
		Use:   "run KIND",
		Short: "Examine what a hook of Git is about; hooks call it",
		Long: `Examine what a hook of Git is about, and say in short what stops it and how to go on.
assay hook install writes the hooks that call it. The exit codes are those of assay
scan: 0 lets the commit or push through.`,
		DisableFlagsInUseLine: true,
		RunE: func(c *cobra.Command, args []string) error { // a help that ends with 0 would let everything through
			if len(args) > 0 {
				return unknownCommand(c, args[0])
			}
			return withHint(errors.New("the kind of hook is missing"), "write it as: assay hook run pre-commit; --help lists the others")
		},
	}
	for _, kind := range []struct{ name, args, short, long string }{
		{preCommit, "", "Examine what the next commit would bring", `The index is read as Git would commit it, also for git commit -a and git commit PATH.`},
		{preMergeCommit, "", "Examine what the merge that is to be committed would bring", `What one of the merged branches has is not new.`},
		{prePush, "[REMOTE [URL]]", "Examine what a push brings, as Git tells it on standard input", `Commits that the remote has, as far as is known here, are not examined: those that
the push replaces and those of its remote-tracking branches. Without REMOTE those of
all remotes count. Refs that are deleted bring nothing.

Under pre-commit, which keeps standard input to itself, PRE_COMMIT_FROM_REF and
PRE_COMMIT_TO_REF say what is pushed; it tells no more than one ref of a push. At
another of its stages what is staged is examined, so that the hook never passes
without having looked at something.`},
		{preReceive, "", "Examine what a server is to receive, as Git tells it on standard input", `What is pushed is read from quarantine, before it is let in. What any ref of the
repository leads to is not new. Comments in what is pushed count unless
--no-tree-suppressions or --config-from says otherwise.`},
		{hookFiles, "[FILE...]", "Examine files as they are in the working tree", `For pre-commit run --all-files, and whoever else names files.`},
	} {
		c.AddCommand(a.hookRunKind(kind.name, kind.args, kind.short, kind.long))
	}
	return c
}

func (a *app) hookRunKind(kind, args, short, long string) *cobra.Command {
	f := &hookRunFlags{scan: scanFlags{minConfidence: report.ConfidenceMedium}}
	c := &cobra.Command{
		Use: strings.TrimSpace(kind + " " + args), Short: short, Long: long,
		RunE: func(c *cobra.Command, args []string) error { return a.runHook(c.Context(), c.Flags(), f, kind, args) },
	}
	f.scan.registerRules(c.Flags())
	f.scan.suppress.registerFrom(c.Flags())
	f.gate.register(c.Flags())
	c.Flags().BoolVarP(&f.quiet, "quiet", "q", false, "say nothing where nothing is found")
	c.Flags().StringVar(&f.colour, "color", "auto", "`when` to colour text: auto, always, never")
	return c
}

// runHook examines what a hook is about. Its message is for people, and goes where Git
// sends what all hooks but pre-push write: standard error.
func (a *app) runHook(ctx context.Context, fs *pflag.FlagSet, f *hookRunFlags, kind string, args []string) error {
	stage, paths, err := a.hookTarget(&f.scan, kind, args)
	if err != nil || len(paths) == 0 {
		return err
	}
	f.scan.root = "."
	job, err := a.prepare(fs, &f.scan, paths)
	if err != nil {
		return err
	}
	defer job.targets.close()
	text, err := a.textOptions(&outputFlags{colour: f.colour}, a.stderr)
	if err != nil {
		return err
	}
	gate := &report.Gate{Severity: f.gate.failOn, Confidence: max(f.scan.minConfidence, report.ConfidenceLow)}
	message := report.NewHook(a.stderr, report.HookOptions{
		TextOptions: text, Stage: stage, Gate: gate, Lenient: f.gate.exitZero, AllowIncomplete: f.gate.allowIncomplete,
		NoComments: f.scan.noInlineAllow || f.scan.suppress.noTree, Ignore: a.ignoreCommandFor(&f.scan, stage), Quiet: f.quiet,
	})
	if err := a.runScan(ctx, &f.scan, job, f.scan.filter()(f.scan.minConfidence, hookFindings{message, excludes(f.scan.exclude)}), false); err != nil {
		return err
	}
	a.exit = f.gate.exitCode(gate)
	return nil
}

// hookFindings leaves out what is about lines of suppressions and not about what a
// hook stops: that a line has expired is for a scan to report. It also leaves out
// excluded paths, of which the source of a push knows nothing.
type hookFindings struct {
	report.Handler
	excluded func(path string, folder bool) bool
}

func (h hookFindings) Finding(f report.Finding) error {
	for _, r := range report.IgnoreRules() {
		if f.RuleID == r.ID {
			return nil
		}
	}
	var left []report.Location
	for i, l := range f.Occurrences {
		if l.Path == "" || !h.excluded(l.Path, false) {
			left = append(left, l)
		} else if i == 0 {
			f.Excerpt = "" // of a line that is left out
		}
	}
	if f.Occurrences = left; len(left) == 0 {
		return nil
	}
	return h.Handler.Finding(f)
}

// ignoreCommandFor is the command that writes a suppression which counts the next time
// the hook runs, from the folder that the user is in. On a server there is none.
func (a *app) ignoreCommandFor(f *scanFlags, stage report.HookStage) string {
	file := f.suppress.ignoreFile
	switch {
	case stage == report.HookReceive, f.suppress.noTree && file == "":
		return ""
	case file == "":
		file = strings.Repeat("../", strings.Count(a.getenv("GIT_PREFIX"), "/")) + ignoreName
	}
	if file == ignoreName {
		return "assay ignore add"
	}
	return "assay ignore add --file " + shellQuote(file)
}

// hookTarget sets f to what a hook of this kind is about, and returns what to open. No
// paths are returned where there is nothing to examine.
func (a *app) hookTarget(f *scanFlags, kind string, args []string) (stage report.HookStage, paths []string, err error) {
	switch kind {
	case hookFiles:
		f.noHistory, f.listed = true, true
		for _, name := range args {
			if name == "-" { // a file of that name, not standard input
				name = "./-"
			}
			paths = append(paths, name)
		}
		return report.HookFiles, paths, nil
	case prePush:
		stage, err = a.pushTarget(f, args)
	case preReceive:
		stage, f.push = report.HookReceive, &push{has: func(string) bool { return true }}
		f.push.updates, err = a.readUpdates(scan.ReadReceive)
	default:
		f.staged, f.merged = true, mergedCommits(a.environ())
	}
	return stage, []string{"."}, err
}

// pushTarget finds out what is pushed.
func (a *app) pushTarget(f *scanFlags, args []string) (stage report.HookStage, err error) {
	remote := a.getenv("PRE_COMMIT_REMOTE_NAME")
	if len(args) > 0 {
		remote = args[0]
	}
	f.push = &push{has: remoteRefs(remote)}
	to := a.getenv("PRE_COMMIT_TO_REF")
	switch {
	case to != "":
		f.push.from, f.push.to = a.getenv("PRE_COMMIT_FROM_REF"), to
	case a.getenv("PRE_COMMIT") == "":
		f.push.updates, err = a.readUpdates(scan.ReadPush)
	case remote != "": // a whole history, which has no commit to count from
		f.push.to = a.getenv("PRE_COMMIT_LOCAL_BRANCH")
		if f.push.to == "" {
			f.push.to = "HEAD"
		}
	default:
		f.push, f.staged, f.merged = nil, true, mergedCommits(a.environ())
		return report.HookCommit, nil
	}
	return report.HookPush, err
}

// remoteRefs returns the test for refs that tell what a remote has. Of one that is
// named by its address nothing is known.
func remoteRefs(remote string) func(ref string) bool {
	below := "refs/remotes/"
	if remote != "" {
		below += remote + "/"
	}
	return func(ref string) bool { return strings.HasPrefix(ref, below) }
}

// readUpdates reads what Git says on standard input.
func (a *app) readUpdates(read func(r io.Reader) ([]scan.Update, error)) ([]scan.Update, error) {
	if file, ok := a.stdin.(*os.File); ok && term.IsTerminal(int(file.Fd())) {
		return nil, withHint(errors.New("nothing tells what is pushed"), "Git calls this command; assay scan --range A..B examines commits that you name")
	}
	updates, err := read(a.stdin)
	if err != nil {
		return nil, fmt.Errorf("what is pushed: %w", err)
	}
	return updates, nil
}

// mergedCommits are the commits that git merge is about to merge: it names each in a
// variable before MERGE_HEAD exists.
func mergedCommits(environ []string) (ids []string) {
	for _, v := range environ {
		name, _, _ := strings.Cut(v, "=")
		if id, ok := strings.CutPrefix(name, "GITHEAD_"); ok {
			ids = append(ids, id)
		}
	}
	return ids
}
