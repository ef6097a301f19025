package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/assayhq/assay/report"
	"github.com/assayhq/assay/rules"
	"github.com/assayhq/assay/scan"
)

// gitleaksName is the name under which the program answers as gitleaks does.
const gitleaksName = "gitleaks"

// gitleaksFlags are the flags of gitleaks 8.30. Those that mean nothing here are taken
// all the same, so that scripts keep running, and said on standard error.
type gitleaksFlags struct {
	verb        string
	config      string
	exitCode    exitCode
	reportPath  string
	format      string
	template    string
	baseline    string
	ignorePath  string
	logLevel    string
	verbose     bool
	noColor     bool
	noBanner    bool
	ignoreAllow bool
	redact      uint
	enable      []string
	maxFile     int
	maxDecode   int
	maxArchive  int
	timeout     int
	diagnostics string
	diagnosed   string

	source    string
	logOpts   string
	wider     []string // words of logOpts that are not obeyed
	platform  string
	staged    bool
	preCommit bool
	noGit     bool
	pipe      bool
	symlinks  bool
}

// A gitleaksVerb is a command of gitleaks.
type gitleaksVerb struct {
	name, use, short string
	aliases          []string
	hidden           bool // in gitleaks, too
}

var gitleaksVerbs = [...]gitleaksVerb{
	{name: "git", use: "git [REPOSITORY]", short: "Scan the history of a repository, as gitleaks git does"},
	{name: "dir", use: "dir [PATH]", short: "Scan files, as gitleaks dir does", aliases: []string{"file", "directory"}},
	{name: "stdin", use: "stdin", short: "Scan standard input, as gitleaks stdin does"},
	{name: "detect", use: "detect", short: "Scan a repository, as gitleaks detect does", hidden: true},
	{name: "protect", use: "protect", short: "Scan what is about to be committed, as gitleaks protect does", hidden: true},
}

// gitleaksCommand makes a command that understands what the verb's flags are in
// gitleaks.
func (a *app) gitleaksCommand(v gitleaksVerb) *cobra.Command {
	f := &gitleaksFlags{verb: v.name}
	c := &cobra.Command{
		Use: v.use, Short: v.short, Aliases: v.aliases, Hidden: v.hidden, Args: cobra.MaximumNArgs(1),
		Long: v.short + `.

The flags are those of gitleaks 8.30, and so are the files that are read: a
.gitleaks.toml, or what --config, GITLEAKS_CONFIG or GITLEAKS_CONFIG_TOML says, counts
as it does there, and our built-in rules stand in for the default configuration. The
report is ours, in the format that --report-format names, and never holds a
credential. Flags that mean nothing here are taken and named on standard error.

Exit codes are those of assay scan; called as gitleaks, 3 becomes 1.`,
		RunE: func(c *cobra.Command, args []string) error {
			return a.gitleaks(c.Context(), c.Flags(), f, args)
		},
	}
	f.register(c.Flags())
	return c
}

func (f *gitleaksFlags) register(fs *pflag.FlagSet) {
	fs.StringVarP(&f.config, "config", "c", "", "configuration `file` of gitleaks")
	f.exitCode = exitFindings
	fs.Var(&f.exitCode, "exit-code", "exit code for findings, 0 to 255")
	fs.StringVarP(&f.reportPath, "report-path", "r", "", "report `file`; - is standard output")
	fs.StringVarP(&f.format, "report-format", "f", "", "`format` of the report: json, csv, junit, sarif")
	fs.StringVar(&f.template, "report-template", "", "not supported: templates could print credentials")
	fs.StringVarP(&f.baseline, "baseline-path", "b", "", "report of gitleaks, or baseline of assay, whose findings are known")
	fs.StringVarP(&f.ignorePath, "gitleaks-ignore-path", "i", ".", "`path` of a .gitleaksignore, or of its folder")
	fs.StringVarP(&f.logLevel, "log-level", "l", "info", "error and fatal show no progress")
	fs.BoolVarP(&f.verbose, "verbose", "v", false, "taken: findings are always shown")
	fs.BoolVar(&f.noColor, "no-color", false, "no colour")
	fs.BoolVar(&f.noBanner, "no-banner", false, "taken: there is no banner")
	fs.BoolVar(&f.ignoreAllow, "ignore-gitleaks-allow", false, "report also what a comment in the source allows")
	fs.UintVar(&f.redact, "redact", 100, "taken: credentials are never shown")
	fs.Lookup("redact").NoOptDefVal = "100"
	fs.StringSliceVar(&f.enable, "enable-rule", nil, "only rules with these `ids`")
	fs.IntVar(&f.maxFile, "max-target-megabytes", 0, "taken: files of any size are examined")
	fs.IntVar(&f.maxDecode, "max-decode-depth", 5, "taken: up to four encodings are undone")
	fs.IntVar(&f.maxArchive, "max-archive-depth", 0, "archives in each other that are looked into")
	fs.IntVar(&f.timeout, "timeout", 0, "`seconds` after which the scan ends incomplete; 0 is never")
	fs.StringVar(&f.diagnostics, "diagnostics", "", "taken and not obeyed")
	fs.StringVar(&f.diagnosed, "diagnostics-dir", "", "taken and not obeyed")
	f.registerVerb(fs)
}

// registerVerb adds the flags that only some verbs have.
func (f *gitleaksFlags) registerVerb(fs *pflag.FlagSet) {
	f.source = "."
	if f.verb == "detect" || f.verb == "protect" {
		fs.StringVarP(&f.source, "source", "s", ".", "`path` to scan")
	}
	if f.verb == "git" || f.verb == "detect" || f.verb == "protect" {
		fs.StringVar(&f.logOpts, "log-opts", "", "which commits: A..B, a commit, -N, --all")
	}
	if f.verb == "git" || f.verb == "detect" {
		fs.StringVar(&f.platform, "platform", "", "taken: reports have no links")
	}
	if f.verb == "git" || f.verb == "protect" {
		fs.BoolVar(&f.staged, "staged", false, "scan what is staged")
	}
	switch f.verb {
	case "git":
		fs.BoolVar(&f.preCommit, "pre-commit", false, "scan what is not committed")
	case "dir":
		fs.BoolVar(&f.symlinks, "follow-symlinks", false, "taken: links are counted and not followed")
	case "detect":
		fs.BoolVar(&f.noGit, "no-git", false, "scan the files")
		fs.BoolVar(&f.pipe, "pipe", false, "scan standard input")
		fs.BoolVar(&f.symlinks, "follow-symlinks", false, "taken: links are counted and not followed")
	}
}

// gitleaks runs a verb as a scan.
func (a *app) gitleaks(ctx context.Context, fs *pflag.FlagSet, f *gitleaksFlags, args []string) error {
	path := f.source
	if len(args) > 0 && args[0] != "" {
		path = args[0]
	}
	job := &scanFlags{minConfidence: report.ConfidenceMedium}
	own := pflag.NewFlagSet("scan", pflag.ContinueOnError)
	job.register(own)
	job.state.register(own)
	job.output.register(own)
	job.gate.register(own)
	if f.reading() {
		path = "-"
	}
	settings, err := f.settings(path)
	if err == nil {
		err = a.gitleaksConfig(job, own, f)
	}
	for _, s := range settings {
		err = errors.Join(err, own.Set(s[0], s[1]))
	}
	if err != nil {
		return err
	}
	job.config.exact, job.enable = true, f.enable
	job.suppress.gitleaks = f.ignoreFiles()
	for _, text := range f.unmet(fs) {
		fmt.Fprintf(a.stderr, "assay: %s\n", text)
	}
	if f.timeout > 0 {
		var stop func()
		ctx, stop = context.WithTimeout(ctx, time.Duration(f.timeout)*time.Second)
		defer stop()
	}
	if err := a.scan(ctx, own, job, []string{path}); err != nil {
		return err
	}
	a.asGitleaks(ctx)
	return nil
}

// asGitleaks makes the exit code one that callers of gitleaks know.
func (a *app) asGitleaks(ctx context.Context) {
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		fmt.Fprintln(a.stderr, "assay: --timeout ended the scan; the report holds what was found so far")
		a.exit = exitIncomplete
	}
	if a.exit == exitIncomplete && a.name == gitleaksName {
		fmt.Fprintln(a.stderr, "assay: something could not be examined, see the report; the exit code would be 3, and is 1 for callers of gitleaks")
		a.exit = exitFindings
	}
}

// reading reports whether standard input is scanned.
func (f *gitleaksFlags) reading() bool { return f.verb == "stdin" || f.pipe && !f.noGit }

// history reports whether commits are scanned.
func (f *gitleaksFlags) history() bool {
	return f.verb == "git" && !f.staged && !f.preCommit || f.verb == "detect" && !f.noGit && !f.pipe
}

// settings are the flags of a scan that those of gitleaks mean.
func (f *gitleaksFlags) settings(path string) (list [][2]string, err error) {
	set := func(flag, value string) { list = append(list, [2]string{flag, value}) }
	switch {
	case f.reading():
	case f.history():
		r, err := readLogOpts(f.logOpts, commitsIn(path))
		if err != nil {
			return nil, err
		}
		f.wider = r.unmet
		if r.commits == "" {
			set("history-only", "true")
		} else {
			set("range", r.commits)
		}
	case f.staged:
		set("staged", "true")
	default:
		set("no-history", "true")
	}
	set("exit-code", f.exitCode.String())
	set("max-archive-depth", strconv.Itoa(f.maxArchive))
	if f.ignoreAllow {
		set("no-inline-allow", "true")
	}
	if f.baseline != "" {
		set("baseline", f.baseline)
	}
	if f.noColor {
		set("color", "never")
	}
	if f.logLevel == "error" || f.logLevel == "fatal" {
		set("quiet", "true")
	}
	return list, f.report(set)
}

// commitsIn tells which revisions the repository of path has.
func commitsIn(path string) func(revision string) bool {
	return func(revision string) bool {
		s, err := scan.OpenSnapshot(folderOf(path), revision)
		if err == nil {
			s.Close() // nothing was written through it
		}
		return err == nil
	}
}

// gitleaksFormats are our names of the formats.
var gitleaksFormats = map[string]string{"json": "gitleaks-json", "csv": "csv", "junit": "junit", "sarif": "sarif"}

// report says where the report goes.
func (f *gitleaksFlags) report(set func(flag, value string)) error {
	if f.template != "" || f.format == "template" {
		return withHint(errors.New("--report-template is not supported: a template could print credentials"), "use --report-format json, csv, junit or sarif")
	}
	if f.reportPath == "" && f.format == "" {
		return nil
	}
	name := cmp.Or(strings.ToLower(strings.TrimSpace(f.format)), strings.TrimPrefix(strings.ToLower(filepath.Ext(f.reportPath)), "."))
	format := gitleaksFormats[name]
	if format == "" {
		return withHint(fmt.Errorf("--report-format %q is unknown", name), "use json, csv, junit or sarif")
	}
	switch f.reportPath {
	case "": // a format without a file says nothing
	case "-":
		set("format", format)
	default:
		set("report", format+"="+f.reportPath)
	}
	return nil
}

// gitleaksConfig finds the configuration in the order of gitleaks; that of the folder
// is found later.
func (a *app) gitleaksConfig(job *scanFlags, own *pflag.FlagSet, f *gitleaksFlags) error {
	name := cmp.Or(f.config, a.getenv("GITLEAKS_CONFIG"))
	if name != "" {
		return own.Set("config", name)
	}
	job.config.text = a.getenv("GITLEAKS_CONFIG_TOML")
	return nil
}

// ignoreFiles are the files that --gitleaks-ignore-path names, as far as they exist.
func (f *gitleaksFlags) ignoreFiles() (list []string) {
	for _, name := range []string{f.ignorePath, filepath.Join(f.ignorePath, gitleaksIgnoreName)} {
		if info, err := os.Stat(name); err == nil && info.Mode().IsRegular() {
			list = append(list, name)
		}
	}
	return list
}

// unmet says which flags that were given are not obeyed, and what happens instead.
func (f *gitleaksFlags) unmet(fs *pflag.FlagSet) (list []string) {
	for _, x := range [...]struct{ flag, text string }{
		{"max-target-megabytes", "--max-target-megabytes is not obeyed: files of any size are examined"},
		{"max-decode-depth", "--max-decode-depth is not obeyed: up to four encodings are undone"},
		{"follow-symlinks", "--follow-symlinks is not obeyed: links are counted and not followed"},
		{"diagnostics", "--diagnostics is not obeyed"},
	} {
		if fs.Changed(x.flag) {
			list = append(list, x.text)
		}
	}
	if fs.Changed("redact") && f.redact < 100 {
		list = append(list, "--redact: no part of a credential is ever shown")
	}
	if f.verb == "protect" && !f.staged || f.preCommit && !f.staged {
		list = append(list, "the files of the working tree are examined whole, not only what changed in them; --staged examines what is about to be committed")
	}
	if len(f.wider) > 0 {
		list = append(list, fmt.Sprintf("--log-opts: %s is not obeyed: more is examined", report.Inert(strings.Join(f.wider, " "))))
	}
	return list
}

// enableOnly has only the rules count that --enable-rule names, by the ids of gitleaks
// or ours.
func (f *scanFlags) enableOnly(all []rules.Rule) error {
	for _, id := range f.enable {
		bound := []string{id}
		if !slices.ContainsFunc(all, func(r rules.Rule) bool { return r.ID == id }) {
			bound = rules.BindGitleaks(id)
		}
		if len(bound) == 0 {
			return withHint(fmt.Errorf("--enable-rule: there is no rule %q", id), "assay rules list shows the ids")
		}
		f.only = append(f.only, bound...)
	}
	return nil
}

// flagsFirst moves flags that stand before the verb behind it: gitleaks takes them
// there, and our commands have their own.
func flagsFirst(args []string) []string {
	valued := regexp.MustCompile(`^(-[crfbli]|--(config|exit-code|report-path|report-format|report-template|baseline-path|log-level|max-target-megabytes|enable-rule|gitleaks-ignore-path|max-decode-depth|max-archive-depth|timeout|diagnostics|diagnostics-dir))$`)
	for i := 0; i < len(args) && strings.HasPrefix(args[i], "-"); i++ {
		if valued.MatchString(args[i]) {
			i++
		}
		if i+1 < len(args) && !strings.HasPrefix(args[i+1], "-") {
			return slices.Concat(args[i+1:i+2], args[:i+1], args[i+2:])
		}
	}
	return args
}
