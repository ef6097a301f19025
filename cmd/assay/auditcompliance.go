package main

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/assayhq/assay/audit"
	"github.com/assayhq/assay/report"
)

// frameworks returns those that are asked for, nil for none.
func (f *checkFlags) frameworks() ([]report.Framework, error) {
	if len(f.compliance) == 0 {
		return nil, nil
	}
	list, err := audit.FrameworksNamed(f.compliance)
	if err != nil {
		return nil, withHint(fmt.Errorf("--compliance: %w", err), "assay audit compliance lists them")
	}
	return list, nil
}

func (a *app) auditCompliance() *cobra.Command {
	format := "text"
	c := &cobra.Command{
		Use:   "compliance [FRAMEWORK...]",
		Short: "List frameworks, their controls, and the checks that support them",
		Long: `List the frameworks that --compliance takes, or the controls of those that are
named: the checks that support each, and of what no check covers, why. Only controls
about how credentials are kept are listed.

A check supports a control with evidence. Whether a control is met, assay does not
say: that is for whoever knows the rest.`,
		Example: `  assay audit compliance
  assay audit compliance pci-dss-4.0.1
  assay audit compliance nist-800-53-r5 --format csv
  assay audit --compliance nist-800-53-r5 --scope all`,
		RunE: func(_ *cobra.Command, ids []string) error {
			list := audit.Frameworks()
			if len(ids) > 0 {
				var err error
				if list, err = audit.FrameworksNamed(ids); err != nil {
					return err
				}
			}
			switch {
			case format == "text" && len(ids) == 0:
				return a.listFrameworks(list)
			case format == "text":
				return a.listControls(list)
			case format == "json":
				return a.listFrameworksJSON(list)
			case format == "csv":
				return a.listFrameworksCSV(list)
			}
			return withHint(fmt.Errorf("--format %q is unknown", format), "use text, json or csv")
		},
	}
	c.Flags().StringVar(&format, "format", "text", "text, json (one control a line) or csv")
	return c
}

func (a *app) listFrameworks(list []report.Framework) error {
	w := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "FRAMEWORK\tCONTROLS\tWITH CHECKS\tTITLE")
	for _, f := range list {
		fmt.Fprintf(w, "%s\t%d\t%d\t%s\n", f.ID, len(f.Controls), checked(f), f.Title)
	}
	return w.Flush()
}

// checked counts the controls that a check supports.
func checked(f report.Framework) (n int) {
	for _, c := range f.Controls {
		if len(c.Checks) > 0 {
			n++
		}
	}
	return n
}

func (a *app) listControls(list []report.Framework) error {
	for i, f := range list {
		if i > 0 {
			fmt.Fprintln(a.stdout)
		}
		fmt.Fprintf(a.stdout, "%s\n%s\n", f.Title, f.URL)
		if f.Note != "" {
			fmt.Fprintln(a.stdout, f.Note)
		}
		w := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
		for _, c := range f.Controls {
			by := strings.Join(c.Checks, " ")
			switch {
			case by == "":
				by = "no check: " + c.Gap
			case c.Gap != "":
				by += "; not covered: " + c.Gap
			}
			fmt.Fprintf(w, "  %s\t%s\t%s\n", c.ID, c.Title, by)
		}
		if err := w.Flush(); err != nil {
			return err
		}
	}
	return nil
}

// A controlLine is a control in JSON.
type controlLine struct {
	Framework string   `json:"framework"`
	ID        string   `json:"id"`
	Title     string   `json:"title"`
	Checks    []string `json:"checks"`
	Gap       string   `json:"gap,omitempty"`
}

func (a *app) listFrameworksJSON(list []report.Framework) error {
	out := json.NewEncoder(a.stdout)
	for _, f := range list {
		for _, c := range f.Controls {
			if err := out.Encode(controlLine{f.ID, c.ID, c.Title, append([]string{}, c.Checks...), c.Gap}); err != nil {
				return err
			}
		}
	}
	return nil
}

func (a *app) listFrameworksCSV(list []report.Framework) error {
	out := csv.NewWriter(a.stdout)
	out.Write([]string{"framework", "control", "title", "checks", "gap"})
	for _, f := range list {
		for _, c := range f.Controls {
			out.Write([]string{f.ID, c.ID, c.Title, strings.Join(c.Checks, " "), c.Gap})
		}
	}
	out.Flush()
	return out.Error()
}
