package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/assayhq/assay/report"
)

// reportFlags are the flags of the commands that write saved reports anew. Flags in
// the environment and in .assay.toml are about scans and audits, and mean nothing
// here: a conversion that wrote the files of --report anew would surprise.
type reportFlags struct {
	least  report.Confidence
	output outputFlags
	gate   gateFlags
}

func (f *reportFlags) register(fs *pflag.FlagSet, format string) {
	fs.TextVar(&f.least, "min-confidence", report.ConfidencePlaceholder, "write from this `confidence` on: placeholder (all that the report holds), low, medium, high")
	f.output.registerReports(fs, format)
	f.gate.register(fs)
}

func (a *app) reportCommand() *cobra.Command {
	f := &reportFlags{}
	c := &cobra.Command{
		Use:   "report FILE...",
		Short: "Turn saved reports into other formats, merge and compare them",
		Long: `Write what a scan or an audit found in another format. FILE is what --format json
or jsonl wrote, "-" is standard input. Several files are merged first, as assay
report merge does.

The report says what the run said, in every format as the run would have written
it; the exit code is the one that the run would have had with the same --fail-on.
What the run left out (--min-confidence) is not in its report and cannot be had
back. SARIF of a report has no primaryLocationLineHash unless the run wrote SARIF
too; the action that uploads to code scanning computes it.`,
		Example: `  assay scan --report json=assay.json .
  assay report --format csv assay.json > assay.csv
  assay report --report sarif=a.sarif --report junit=a.xml assay.json
  assay report --min-confidence high --fail-on critical assay.json
  assay report merge --report json=all.json shard-*.json
  assay report diff yesterday.json today.json`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(_ *cobra.Command, names []string) error {
			return a.report(f, names, len(names) > 1)
		},
	}
	f.register(c.Flags(), "text")
	completeWords(c)
	c.AddCommand(a.reportMerge(), a.reportDiff())
	return c
}

func (a *app) reportMerge() *cobra.Command {
	f := &reportFlags{}
	c := &cobra.Command{
		Use:   "merge FILE...",
		Short: "Make one report of those of the parts of a run",
		Long: `Put the reports of the shards of one scan together, or those of audits of several
regions and accounts, as if one run had found it all. (Of the shards of an audit,
assay audit --inventory judges what --save kept.) What several of them say of
one credential becomes one finding with all its places. What is in several of them
is there once. The numbers of the summary are added up, except for findings, which
are counted anew, and gaps that several parts have.

Neither the order of the files nor the way in which the work was shared out makes
a difference to the result: it is in an order of its own, which follows from what
it holds. A part that is incomplete makes the whole incomplete.

Files are read twice, and each finding when it is written: memory grows with the
number of findings, not with that of their places.`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(_ *cobra.Command, names []string) error {
			return a.report(f, names, true)
		},
	}
	f.register(c.Flags(), "json")
	completeWords(c)
	return c
}

// report writes saved reports anew.
func (a *app) report(f *reportFlags, names []string, merge bool) error {
	saved, err := a.saved(names)
	if err != nil {
		return err
	}
	out, err := a.openOutput(&f.output, report.Narrow, f.least, &f.gate)
	if err != nil {
		return err
	}
	defer out.close()
	if merge {
		to := out.Handler
		if out.wants("sarif") {
			to = report.WithLineHashes(to)
		}
		err = report.Merge(saved, to)
	} else {
		err = saved[0].Tell(out.Handler)
	}
	if err != nil {
		return withHint(err, "%s", partHint(err, "a report is the whole of what --format json or jsonl wrote; what was written of another one now is not complete"))
	}
	a.exit = f.gate.exitCode(out.gate)
	return nil
}

// partHint says what to do with the report of a shard, if that is what is wrong.
func partHint(err error, otherwise string) string {
	var part *report.PartError
	if errors.As(err, &part) {
		return part.Hint
	}
	return otherwise
}

// saved opens the reports that names are of.
func (a *app) saved(names []string) ([]report.Saved, error) {
	var list []report.Saved
	for _, name := range names {
		if name == "-" {
			text, err := io.ReadAll(a.stdin)
			if err != nil {
				return nil, fmt.Errorf("standard input: %w", pathless(err))
			}
			list = append(list, report.SavedText("standard input", text))
			continue
		}
		one, err := report.SavedAs(name)
		if err != nil {
			return nil, withHint(err, "assay scan --report json=FILE writes a report")
		}
		list = append(list, one)
	}
	return list, nil
}
