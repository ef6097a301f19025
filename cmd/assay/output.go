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
	sarifHistory report.History
}

func (f *outputFlags) register(fs *pflag.FlagSet) {
	var names []string
	for _, format := range report.Formats {
		names = append(names, format.Name)
	}
	fs.StringVar(&f.format, "format", "text", "`format` on standard output: "+strings.Join(names, ", "))
	fs.StringArrayVar(&f.reports, "report", nil, "write a report to a file, as `FORMAT=FILE`; repeatable")
	fs.BoolVarP(&f.quiet, "quiet", "q", false, "no progress on standard error")
	fs.StringVar(&f.colour, "color", "auto", "`when` to colour text: auto, always, never")
	fs.TextVar(&f.sarifHistory, "sarif-history", report.HistoryOmit, "credentials that only history holds in SARIF: omit, `include`")
}

// gateFlags decide about the exit code.
type gateFlags struct {
	failOn          report.Severity
	exitCode1       int
	exitZero        bool
	allowIncomplete bool
}

func (f *gateFlags) register(fs *pflag.FlagSet) {
	fs.TextVar(&f.failOn, "fail-on", report.SeverityLow, "fail from this `severity` on: info, low, medium, high, critical")
	fs.IntVar(&f.exitCode1, "exit-code", exitFindings, "exit code for findings")
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
		return f.exitCode1
	}
	return exitClean
}

// outputs is every report of a run as one Handler.
type outputs struct {
	report.Handler
	gate    *report.Gate
	files   []*report.File
	formats []string
}

// A confidenceFilter hands findings on by their confidence.
type confidenceFilter func(report.Confidence, report.Handler) report.Handler

// openOutput opens the reports before anything is examined, so that a path that
// cannot be written is known at once.
// filter is report.AtLeast or one of its kin.
func (a *app) openOutput(f *outputFlags, filter confidenceFilter, least report.Confidence, g *gateFlags) (*outputs, error) {
	o := &outputs{gate: &report.Gate{Severity: g.failOn, Confidence: max(least, report.ConfidenceLow)}}
	toStdout, err := a.format(f.format, f, a.stdout)
	if err != nil {
		return nil, err
	}
	handlers := []report.Handler{toStdout, o.gate}
	o.formats = append(o.formats, f.format)
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
		handlers = append(handlers, file)
	}
	o.Handler = filter(least, report.Tee(handlers...))
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
		return report.NewText(w, options), err
	case "sarif":
		return report.NewSARIF(w, report.SARIFOptions{History: f.sarifHistory}), nil
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
}
