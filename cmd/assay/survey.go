package main

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/pflag"

	"github.com/assayhq/assay/report"
)

// A survey is a scan whose findings are looked at by a command.
type survey struct {
	*report.List
	job *scanJob
	// complete says that all was examined that suppressions and baselines are about.
	// Who asks for --no-history means by that what is in the files.
	complete bool
}

// survey scans paths. salt, unless it is nil, keys the fingerprints.
func (a *app) survey(ctx context.Context, fs *pflag.FlagSet, f *scanFlags, paths []string, salt *string) (*survey, error) {
	whole := f.whole(fs, paths)
	job, err := a.prepare(fs, f, paths)
	if err != nil {
		return nil, err
	}
	defer job.targets.close()
	job.config.keyed = salt
	list := &report.List{}
	if err := a.runScan(ctx, f, job, report.AtLeast(f.minConfidence, list), false); err != nil {
		return nil, err
	}
	if list.Summary.Interrupted {
		return nil, errInterrupted
	}
	return &survey{list, job, whole && !f.staged && f.commits == "" && !f.historyOnly && list.Summary.Complete()}, nil
}

// credentials are the findings but those about suppressions.
func (s *survey) credentials() []report.Finding {
	own := report.IgnoreRules()
	return slices.DeleteFunc(slices.Clone(s.Findings), func(f report.Finding) bool {
		return slices.ContainsFunc(own, func(r report.Rule) bool { return r.ID == f.RuleID })
	})
}

// tellIncomplete says on standard error what a command's result does not rest on,
// and sets the exit code.
func (a *app) tellIncomplete(s *survey) {
	if n := s.Summary.NotExamined; n > 0 {
		fmt.Fprintf(a.stderr, "assay: %d things were not examined; assay scan names them\n", n)
		a.exit = exitIncomplete
	}
}

// errPartial says that a scan cannot tell what is gone.
var errPartial = errors.New("the scan did not look at everything, so what it did not meet may still be there")

// partial is errPartial with what to do.
func partial() error {
	return withHint(errPartial, "scan the whole tree, without --staged, --range, --exclude or the like, and mend what assay scan names as not examined")
}

// placeOf is where a finding stands, for one line.
func placeOf(f report.Finding) string {
	if len(f.Occurrences) == 0 {
		return "-"
	}
	l := f.Occurrences[0]
	text := l.Path
	if text == "" {
		text = l.Type + " " + l.Object
	}
	if l.Region.StartLine > 0 {
		text = fmt.Sprintf("%s:%d", text, l.Region.StartLine)
	}
	return report.Inert(text)
}
