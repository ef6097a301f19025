package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/assayhq/assay/audit"
	"github.com/assayhq/assay/report"
)

// doctorFlags are those of assay doctor.
type doctorFlags struct {
	aws     bool
	session sessionFlags
	region  string
	format  string
}

func (a *app) doctorCommand() *cobra.Command {
	f := &doctorFlags{}
	c := &cobra.Command{
		Use:   "doctor [PATH]",
		Short: "Look whether assay works here: Git, hook, a planted canary, rules, configuration",
		Long: `Look whether assay works in a repository, under the settings that a scan of it has:

  git            the version that runs the hooks
  program        whether a hook finds assay on PATH
  configuration  which file counts, and what in it makes scans see less
  rules          how many are active, from which confidence on their findings count,
                 and what switches off or adds some
  salt           whether fingerprints are keyed with one of your own
  canary         credentials made up on the spot are planted in a file outside the
                 repository, and scanned: each must be found, and fail the run
  hook           whether Git, or the manager that it calls, runs assay before a commit
  suppressions   lines that have expired or hide too much
  hygiene        files for secrets that Git would take
  aws            with --aws, whose credentials an audit would use

Exit codes: 0 all is well, 1 something is wrong, 2 usage or a broken configuration,
3 something could not be looked at.`,
		Example: `  assay doctor
  assay doctor --format json
  assay doctor --aws --profile prod`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			path := "."
			if len(args) > 0 {
				path = args[0]
			}
			return a.doctor(c.Context(), f, path)
		},
	}
	fs := c.Flags()
	fs.BoolVar(&f.aws, "aws", false, "ask AWS who you are: one request, sts:GetCallerIdentity")
	f.session.register(fs)
	fs.StringVar(&f.region, "region", "", "the `region` whose endpoint is asked")
	fs.StringVar(&f.format, "format", "text", "text or json")
	return c
}

// A diagnosis is what doctor says of one thing.
type diagnosis struct {
	Check  string `json:"check"`
	Status string `json:"status"` // statusOK and its kin
	Detail string `json:"detail"`
	Hint   string `json:"hint,omitempty"`
}

const (
	statusOK      = "ok"
	statusNote    = "note"    // worth knowing, nothing is wrong
	statusBad     = "bad"     // makes the exit code 1
	statusUnknown = "unknown" // makes the exit code 3
)

// A patient is what doctor looks at.
type patient struct {
	path  string // the folder
	root  string // the repository that holds it, or path
	flags *pflag.FlagSet
	scan  *scanFlags
	gate  *gateFlags
	job   *scanJob
}

// doctor runs the command.
func (a *app) doctor(ctx context.Context, f *doctorFlags, path string) error {
	if f.format != "text" && f.format != "json" {
		return withHint(fmt.Errorf("--format %q is unknown", f.format), "use text or json")
	}
	p, err := a.admit(path)
	if err != nil {
		return err
	}
	defer p.job.targets.close()
	all := []diagnosis{checkGit(ctx), checkProgram(), checkConfig(p), a.checkRules(p), a.checkSalt(p)}
	all = append(all, a.checkCanary(ctx, p)...)
	all = append(all, a.checkHook(ctx, p), a.checkSuppressions(p), checkHygiene(ctx, p))
	if f.aws {
		all = append(all, a.checkAWS(ctx, f))
	}
	for i := range all { // paths and names may be anything
		all[i].Detail, all[i].Hint = p.job.set.Mask(all[i].Detail), p.job.set.Mask(all[i].Hint)
	}
	a.exit = verdictOf(all)
	return a.tellDiagnoses(f.format, all)
}

// admit settles what a scan of path would be.
func (a *app) admit(path string) (*patient, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, withHint(fmt.Errorf("%s: %w", path, pathless(err)), "name a folder")
	}
	if !info.IsDir() {
		return nil, withHint(fmt.Errorf("%s is no folder", path), "name a folder")
	}
	above := upToRepository(path)
	p := &patient{
		path: path, root: above[len(above)-1],
		flags: pflag.NewFlagSet("doctor", pflag.ContinueOnError), scan: &scanFlags{minConfidence: report.ConfidenceMedium}, gate: &gateFlags{},
	}
	p.scan.register(p.flags)
	p.gate.register(p.flags)
	p.job, err = a.prepare(p.flags, p.scan, []string{path})
	return p, err
}

// verdictOf is the exit code.
func verdictOf(all []diagnosis) int {
	code := exitClean
	for _, d := range all {
		switch {
		case d.Status == statusUnknown:
			return exitIncomplete
		case d.Status == statusBad:
			code = exitFindings
		}
	}
	return code
}

func (a *app) tellDiagnoses(format string, all []diagnosis) error {
	if format == "json" {
		out := json.NewEncoder(a.stdout)
		out.SetIndent("", "  ")
		return out.Encode(struct {
			Schema string      `json:"schema"`
			Checks []diagnosis `json:"checks"`
		}{"assay-doctor/v1", all})
	}
	for _, d := range all {
		fmt.Fprintf(a.stdout, "%-8s %-14s %s\n", d.Status, d.Check, d.Detail)
		if d.Hint != "" {
			fmt.Fprintf(a.stdout, "%24s%s\n", "", d.Hint)
		}
	}
	return nil
}

func checkGit(ctx context.Context) diagnosis {
	version, err := gitVersion(ctx)
	if err != nil {
		return diagnosis{"git", statusNote, err.Error(), "scans do without; hooks need it"}
	}
	return diagnosis{"git", statusOK, report.Inert(version), ""}
}

func checkProgram() diagnosis {
	file, err := onPath("assay")
	if err != nil {
		return diagnosis{"program", statusBad, "assay is not on PATH, so no hook finds it", "put the program into a folder of PATH"}
	}
	return diagnosis{"program", statusOK, report.Inert(file) + ", " + version, ""}
}

// checkConfig says which configuration counts and what in it makes scans see or
// fail less.
func checkConfig(p *patient) diagnosis {
	d := diagnosis{"configuration", statusOK, "none: the defaults count", "assay init writes one"}
	if p.job.config.name != "" {
		d.Detail, d.Hint = report.Inert(p.job.config.name), ""
	}
	if p.root != p.path {
		d.Detail += "; a scan of " + report.Inert(p.root) + " may have another"
	}
	var less []string
	add := func(when bool, what string) {
		if when {
			less = append(less, what)
		}
	}
	add(len(p.scan.exclude) > 0, fmt.Sprintf("leaves out %q", p.scan.exclude))
	add(len(p.scan.disable) > 0, fmt.Sprintf("switches off %q", p.scan.disable))
	add(len(p.scan.only) > 0, fmt.Sprintf("has only %q", p.scan.only))
	add(p.scan.minConfidence > report.ConfidenceMedium, "reports from confidence "+p.scan.minConfidence.String()+" on")
	add(p.scan.noHistory, "skips history")
	add(p.gate.failOn > report.SeverityLow, "fails from "+p.gate.failOn.String()+" on")
	add(p.gate.exitZero, "never fails")
	add(p.gate.allowIncomplete, "passes what is incomplete")
	if less != nil {
		d.Status, d.Hint = statusNote, "it "+report.Inert(strings.Join(less, ", "))
	}
	return d
}

func (a *app) checkSalt(p *patient) diagnosis {
	if p.job.config.salt(a.getenv) == nil {
		return diagnosis{"salt", statusNote, "the public default: who has a report can try guesses of weak passwords", "assay init makes one"}
	}
	return diagnosis{"salt", statusOK, "one of your own", ""}
}

func (a *app) checkHook(ctx context.Context, p *patient) diagnosis {
	if _, err := os.Lstat(filepath.Join(p.root, ".git")); err != nil {
		return diagnosis{"hook", statusNote, "this is no Git repository", ""}
	}
	w, err := a.wiredHook(ctx, p.root)
	switch {
	case err != nil:
		return diagnosis{"hook", statusUnknown, report.Inert(err.Error()), ""}
	case w.file == "":
		return diagnosis{"hook", statusBad, "none runs assay before a commit", "assay hook install"}
	case w.fault != "":
		return diagnosis{"hook", statusBad, report.Inert(w.file + " calls assay, but " + w.fault), report.Inert(w.hint)}
	}
	return diagnosis{"hook", statusOK, report.Inert(w.file), ""}
}

// checkSuppressions counts the lines of .assayignore by what is wrong with them.
func (a *app) checkSuppressions(p *patient) diagnosis {
	lines, expired, wide := 0, 0, 0
	for _, file := range p.job.suppress.obeyed {
		for _, e := range file.Entries {
			lines++
			if e.Expired(p.job.suppress.today) {
				expired++
			}
			if e.Wide() != "" {
				wide++
			}
		}
	}
	d := diagnosis{"suppressions", statusOK, fmt.Sprintf("%d lines", lines), ""}
	if p.job.suppress.baseline != nil {
		d.Detail += fmt.Sprintf(", %d known by the baseline", len(p.job.suppress.baseline.Entries()))
	}
	if expired+wide > 0 {
		d.Status, d.Hint = statusBad, fmt.Sprintf("%d have expired, %d hide too much: assay ignore list", expired, wide)
	}
	return d
}

// checkAWS asks who would audit.
func (a *app) checkAWS(ctx context.Context, f *doctorFlags) diagnosis {
	profile, regions := "", []string(nil)
	if len(f.session.profiles) > 0 {
		profile = f.session.profiles[0]
	}
	if f.region != "" {
		regions = []string{f.region}
	}
	cfg, err := audit.NewSession(ctx, f.session.options(a, profile, regions))
	if err == nil {
		var account, arn string
		if account, arn, err = audit.Identify(ctx, cfg); err == nil {
			return diagnosis{"aws", statusOK, report.Inert(arn + ", account " + account), ""}
		}
	}
	d := diagnosis{"aws", statusUnknown, report.Inert(err.Error()), ""}
	var session *audit.SessionError
	if errors.As(err, &session) {
		d.Hint = session.Hint
	}
	return d
}
