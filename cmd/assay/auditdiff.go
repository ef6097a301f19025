package main

import (
	"encoding/json"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/assayhq/assay/audit"
	"github.com/assayhq/assay/report"
)

func (a *app) auditDiff() *cobra.Command {
	var format string
	var checks checkFlags
	var config configFlags
	c := &cobra.Command{
		Use:   "diff OLD NEW",
		Short: "Say what became better and worse between two saved inventories",
		Long: `Judge two saved inventories by the same checks and say what differs: what fails
now and did not (worse), what is new and fails, what can no longer be judged
(unknown), what was mended (better), and what failed and is gone.

Exit codes: 0 nothing is worse, 1 something is worse or new, 2 usage, 3 something
could not be judged in either.`,
		Args: cobra.ExactArgs(2),
		RunE: func(c *cobra.Command, names []string) error {
			given := c.Flags().Changed("format")
			settled, err := a.settleAudit(c.Flags(), &config)
			if err != nil {
				return err
			}
			if !given && format != "jsonl" { // what stands elsewhere is meant for reports
				format = "text"
			}
			return a.diff(names, format, &checks, settled)
		},
	}
	c.Flags().StringVar(&format, "format", "text", "text or jsonl")
	checks.register(c.Flags())
	config.register(c.Flags(), "the current folder")
	return c
}

func (a *app) diff(names []string, format string, f *checkFlags, config *config) error {
	settings, err := config.Audit.Settings.Merge()
	if err != nil {
		return fmt.Errorf("%s: audit.%w", config.name, err)
	}
	mask, _, err := maskers()
	if err != nil {
		return err
	}
	before, err := readInventory(names[0])
	if err != nil {
		return err
	}
	now, err := readInventory(names[1])
	if err != nil {
		return err
	}
	checks, err := f.judging(before, now)
	if err != nil {
		return err
	}
	d, err := (&audit.Judge{Checks: checks, Settings: settings, Salt: config.salt(a.getenv), Mask: mask}).Compare(before, now)
	if err != nil {
		return err
	}
	a.exit = diffCode(d)
	switch format {
	case "text":
		return a.diffText(d)
	case "jsonl":
		return a.diffJSON(d)
	}
	return withHint(fmt.Errorf("--format %q is unknown", format), "use text or jsonl")
}

// diffCode is the verdict on a comparison.
func diffCode(d *audit.Diff) int {
	counts := d.Counts()
	switch {
	case d.NotExamined > 0:
		return exitIncomplete
	case counts[audit.Worse]+counts[audit.New] > 0:
		return exitFindings
	}
	return exitClean
}

func (a *app) diffText(d *audit.Diff) error {
	for _, c := range d.Changes {
		_, err := fmt.Fprintf(a.stdout, "%-8s %-10s %s %s\n         %s\n", c.Kind, c.RuleID, report.Inert(c.Resource.Region), report.Inert(c.Resource.Name), report.Inert(c.Text))
		if err != nil {
			return err
		}
	}
	counts := d.Counts()
	_, err := fmt.Fprintf(a.stdout, "%d worse, %d new, %d unknown, %d better, %d gone, %d as bad as before\n",
		counts[audit.Worse], counts[audit.New], counts[audit.Unknown], counts[audit.Better], counts[audit.Gone], d.Unchanged)
	if err == nil && d.NotExamined > 0 {
		_, err = fmt.Fprintf(a.stdout, "Incomplete: %d notices say what could not be judged; assay audit --inventory FILE lists them\n", d.NotExamined)
	}
	return err
}

// A diffRecord is one line of the format jsonl.
type diffRecord struct {
	Change   audit.ChangeKind `json:"change"`
	RuleID   string           `json:"rule_id"`
	Severity report.Severity  `json:"severity"`
	Account  string           `json:"account"`
	Region   string           `json:"region"`
	ARN      string           `json:"arn"`
	Name     string           `json:"name"`
	Text     string           `json:"text"`
}

func (a *app) diffJSON(d *audit.Diff) error {
	out := json.NewEncoder(a.stdout)
	for _, c := range d.Changes {
		err := out.Encode(diffRecord{c.Kind, c.RuleID, c.Severity, c.Resource.Account, c.Resource.Region, c.Resource.ARN, c.Resource.Name, c.Text})
		if err != nil {
			return err
		}
	}
	return nil
}
