package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/assayhq/assay/report"
)

func (a *app) reportDiff() *cobra.Command {
	var format string
	least := report.ConfidenceLow
	g := gateFlags{}
	c := &cobra.Command{
		Use:   "diff OLD NEW",
		Short: "Say what two reports do not agree on",
		Long: `Compare two saved reports of scans, or of audits: what is new, what is changed
(severity, confidence, whether it counts, its places), what is gone, and what is
unknown, for the new run may not have looked where it was: its rule was off, its
file not examined, more was excluded or allowed by comments than before, its check
could not judge. And what was examined differently: files,
commits, regions, rules, exclusions, and what could not be examined.

A finding is the same if its fingerprint is, so moved lines and renamed files make
nothing new. Something that was suppressed or in the baseline and now counts is new.

Exit codes: 0 nothing new at or above --fail-on, 1 something, 2 usage, 3 something
was not examined in one of the runs.`,
		Example: `  assay report diff main.json branch.json
  assay report diff --fail-on high --format json yesterday.jsonl today.jsonl`,
		Args: cobra.ExactArgs(2),
		RunE: func(_ *cobra.Command, names []string) error {
			return a.diffReports(names, format, report.Gate{Severity: g.failOn, Confidence: least}, &g)
		},
	}
	c.Flags().StringVar(&format, "format", "text", "text or json")
	c.Flags().TextVar(&least, "min-confidence", least, "fail from this `confidence` on: low, medium, high")
	g.register(c.Flags())
	return c
}

func (a *app) diffReports(names []string, format string, gate report.Gate, g *gateFlags) error {
	var to report.DiffHandler
	switch format {
	case "text":
		to = report.NewDiffText(a.stdout)
	case "json":
		to = report.NewDiffJSON(a.stdout)
	default:
		return withHint(fmt.Errorf("--format %q is unknown", format), "use text or json")
	}
	saved, err := a.saved(names)
	if err != nil {
		return err
	}
	end := &diffEnd{DiffHandler: to}
	if err := report.Diff(saved[0], saved[1], gate, end); err != nil {
		return withHint(err, "%s", partHint(err, "a report is the whole of what --format json or jsonl wrote"))
	}
	a.exit = g.diffCode(end.summary)
	return nil
}

// A diffEnd keeps what a comparison ended with.
type diffEnd struct {
	report.DiffHandler
	summary report.DiffSummary
}

func (d *diffEnd) End(s report.DiffSummary) error {
	d.summary = s
	return d.DiffHandler.End(s)
}

// diffCode is the verdict on a comparison.
func (f *gateFlags) diffCode(s report.DiffSummary) int {
	switch {
	case s.Incomplete && !f.allowIncomplete:
		return exitIncomplete
	case s.Failing > 0 && !f.exitZero:
		return int(f.exitCode1)
	}
	return exitClean
}
