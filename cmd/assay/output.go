package main

import (
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/pflag"
	"golang.org/x/term"

	"github.com/assayhq/assay/report"
)

// outputFlags say what is written where.
type outputFlags struct {
	format       string
	reports      []string
	quiet        bool
	colour       string
	pseudonymise bool
	sarif        report.SARIFOptions
}

func (f *outputFlags) register(fs *pflag.FlagSet) {
	f.registerReports(fs, "text")
	fs.BoolVarP(&f.quiet, "quiet", "q", false, "no progress on standard error")
}

// registerReports adds the flags of commands that show no progress.
func (f *outputFlags) registerReports(fs *pflag.FlagSet, usual string) {
	var names []string
	for _, format := range report.Formats {
		names = append(names, format.Name)
	}
	fs.StringVar(&f.format, "format", usual, "`format` on standard output: "+strings.Join(names, ", "))
	fs.StringArrayVar(&f.reports, "report", nil, "write a report to a file, as `FORMAT=FILE`; repeatable")
	fs.StringVar(&f.colour, "color", "auto", "`when` to colour text: auto, always, never")
	fs.BoolVar(&f.pseudonymise, "pseudonymise", false, "put made-up names in the place of those of people, roles, resources and addresses, for a report that leaves the team; needs a salt of your own")
	fs.TextVar(&f.sarif.History, "sarif-history", report.HistoryOmit, "`what` becomes of credentials that only history holds in SARIF: omit, include")
	fs.StringVar(&f.sarif.Category, "sarif-category", "", "`name` that code scanning keeps the results under; ranges have -range behind it (default assay-scan)")
}

// gateFlags decide about the exit code.
type gateFlags struct {
	failOn          report.Severity
	exitCode1       exitCode
	exitZero        bool
	allowIncomplete bool
}

func (f *gateFlags) register(fs *pflag.FlagSet) {
	fs.TextVar(&f.failOn, "fail-on", report.SeverityLow, "fail from this `severity` on: info, low, medium, high, critical")
	f.exitCode1 = exitFindings
	fs.Var(&f.exitCode1, "exit-code", "exit code for findings, 0 to 255")
	fs.BoolVar(&f.exitZero, "exit-zero", false, "exit 0 despite findings")
	fs.BoolVar(&f.allowIncomplete, "allow-incomplete", false, "do not exit 3 where something could not be examined")
}

// exitCode is the verdict on a run that ended.
func (f *gateFlags) exitCode(g *report.Gate) int {
	s := g.Summary()
	switch {
	case s.Interrupted:
		return exitInterrupted
	case !s.Complete() && !f.allowIncomplete:
		return exitIncomplete
	case g.Findings() > 0 && !f.exitZero:
		return int(f.exitCode1)
	}
	return exitClean
}

// outputs is every report of a run as one Handler.
type outputs struct {
	report.Handler
	gate    *report.Gate
	raw     []report.Handler // of a shard: reports that are merged
	files   []*report.File
	formats []string
	closes  []func() error
}

// A confidenceFilter hands findings on by their confidence.
type confidenceFilter func(report.Confidence, report.Handler) report.Handler

// openOutput opens the reports before anything is examined, so that a path that
// cannot be written is known at once.
// filter is report.AtLeast or one of its kin.
func (a *app) openOutput(f *outputFlags, filter confidenceFilter, least report.Confidence, g *gateFlags) (*outputs, error) {
	return a.openOutputs(f, filter, least, g, report.Shard{})
}

// openScanOutput is openOutput for a scan, which may be one of a shard.
func (a *app) openScanOutput(f *scanFlags, job *scanJob) (*outputs, error) {
	return a.openOutputs(&f.output, f.filter(), f.minConfidence, &f.gate, job.shard)
}

func (a *app) openOutputs(f *outputFlags, filter confidenceFilter, least report.Confidence, g *gateFlags, shard report.Shard) (*outputs, error) {
	o := &outputs{gate: &report.Gate{Severity: g.failOn, Confidence: max(least, report.ConfidenceLow)}}
	toStdout, err := a.format(f.format, f, a.stdout)
	if err != nil {
		return nil, err
	}
	handlers := []report.Handler{o.gate}
	add := func(format string, h report.Handler) {
		if shard.Of > 0 && (format == "json" || format == "jsonl") {
			o.raw = append(o.raw, h)
			return
		}
		handlers = append(handlers, h)
	}
	add(f.format, toStdout)
	o.formats = append(o.formats, f.format)
	if a.onGitHub() {
		more, err := a.github(o, f.format)
		if err != nil {
			return nil, err
		}
		handlers = append(handlers, more...)
	}
	for _, spec := range f.reports {
		name, path, ok := strings.Cut(spec, "=")
		if !ok || path == "" {
			o.close()
			return nil, withHint(fmt.Errorf("--report %q names no file", spec), "write it as FORMAT=FILE, such as sarif=assay.sarif")
		}
		file, err := a.reportFile(name, path, f)
		if err != nil {
			o.close()
			return nil, err
		}
		o.files = append(o.files, file)
		o.formats = append(o.formats, name)
		add(name, file)
	}
	if shard.Of > 0 {
		o.Handler = report.CountByRepository(report.Sharing(report.Tee(o.raw...), report.Tee(handlers...)))
		return o, nil
	}
	o.Handler = filter(least, report.CountByRepository(report.Tee(handlers...)))
	return o, nil
}

func (a *app) reportFile(format, path string, f *outputFlags) (*report.File, error) {
	if _, err := report.FormatNamed(format); err != nil {
		return nil, err
	}
	return report.NewFile(path, func(w io.Writer) report.Handler {
		h, _ := a.format(format, f, w) // its name was looked up above
		return h
	})
}

// format makes the Handler of a format for w.
func (a *app) format(name string, f *outputFlags, w io.Writer) (report.Handler, error) {
	switch name {
	case "text":
		options, err := a.textOptions(f, w)
		if a.onGitHub() {
			w = report.CommandShield{W: w}
		}
		return report.NewText(w, options), err
	case "gitlab":
		return report.NewGitLab(w, report.GitLabOptions{Now: a.now}), nil
	case "asff":
		return report.NewASFF(w, report.ASFFOptions{Now: a.factsTime}), nil
	case "html":
		return report.NewHTML(w, report.HTMLOptions{Now: a.now}), nil
	case "ocsf":
		return report.NewOCSF(w, report.OCSFOptions{Now: a.factsTime}), nil
	case "sarif":
		return report.NewSARIF(w, f.sarif), nil
	}
	format, err := report.FormatNamed(name)
	if err != nil {
		return nil, err
	}
	return format.New(w), nil
}

func (a *app) textOptions(f *outputFlags, w io.Writer) (report.TextOptions, error) {
	var o report.TextOptions
	terminal, isFile := w.(*os.File)
	onTerminal := isFile && term.IsTerminal(int(terminal.Fd()))
	if onTerminal {
		if width, _, err := term.GetSize(int(terminal.Fd())); err == nil {
			o.Width = width
		}
	}
	switch f.colour {
	case "always":
		o.Colour = report.ColourAlways
	case "auto":
		if onTerminal && a.getenv("NO_COLOR") == "" && a.getenv("TERM") != "dumb" {
			o.Colour = report.ColourAlways
		}
	case "never":
	default:
		return o, withHint(fmt.Errorf("--color %q is unknown", f.colour), "use auto, always or never")
	}
	return o, nil
}

// wants reports whether a format is among the reports.
func (o *outputs) wants(format string) bool {
	for _, f := range o.formats {
		if f == format {
			return true
		}
	}
	return false
}

// temporary lists the files that reports are being written to.
func (o *outputs) temporary() []string {
	var names []string
	for _, f := range o.files {
		if name := f.Temp(); name != "" {
			names = append(names, name)
		}
	}
	return names
}

// close gives up reports that were not completed.
func (o *outputs) close() {
	for _, f := range o.files {
		f.Close() // after End it does nothing; before, the run has failed already
	}
	for _, c := range o.closes {
		c() // each piece was written in one call, whose error counted
	}
}
