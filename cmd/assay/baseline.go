package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/assayhq/assay/report"
)

// baselineName is the baseline that commands write unless another is named.
const baselineName = ".assay-baseline.jsonl"

func (a *app) baselineCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "baseline",
		Short: "Keep a list of what is known, so that scans report what is new",
		Long: `A baseline lists the credentials that a team knows of and has not dealt with yet.
assay scan --baseline FILE reports, and fails on, only what it does not have.

Its file is JSON Lines: one credential on each line with its fingerprint, rule and
paths, sorted, without times and line numbers. The same findings give the same
bytes, an edit that moves lines changes nothing, and lines of two branches can be
put together in any order. Git does so by itself with the line that the commands
add to .gitattributes. Nothing of a credential is in it but a keyed hash.

A baseline hides what nobody has looked at. What was looked at and may stay
belongs into .assayignore, with a reason: see assay ignore and assay triage.`,
	}
	c.AddCommand(a.baselineCreate(), a.baselineUpdate(), a.baselineDiff(), a.baselinePrune())
	return c
}

// A baselineRun is what the commands have in common: a scan and a file.
type baselineRun struct {
	scan scanFlags
	name string // of the file
	*survey
}

// baselineCmd makes a command that scans and then does something with the file.
func (a *app) baselineCmd(use, short string, do func(ctx context.Context, fs *pflag.FlagSet, r *baselineRun, paths []string) error) *cobra.Command {
	r := &baselineRun{scan: scanFlags{minConfidence: report.ConfidenceMedium}}
	c := &cobra.Command{
		Use: use + " [PATH...]", Short: short,
		RunE: func(c *cobra.Command, paths []string) error {
			if len(paths) == 0 {
				paths = []string{"."}
			}
			// In a configuration the key is about scans, and so is the variable.
			if !c.Flags().Changed("baseline") {
				r.scan.suppress.baseline = filepath.Join(folderOf(paths[0]), baselineName)
				c.Flags().Lookup("baseline").Changed = true
			}
			r.name, r.scan.suppress.baseline = r.scan.suppress.baseline, ""
			return do(c.Context(), c.Flags(), r, paths)
		},
	}
	r.scan.register(c.Flags())
	c.Flags().Lookup("baseline").Usage = "the baseline's `file` (default " + baselineName + " in PATH)"
	return c
}

// folderOf is path, or the folder of the file that it names.
func folderOf(path string) string {
	if info, err := os.Stat(path); path == "-" || err == nil && !info.IsDir() {
		return filepath.Dir(path)
	}
	return path
}

func (a *app) baselineCreate() *cobra.Command {
	force := false
	c := a.baselineCmd("create", "Write a baseline of what a scan finds now", func(ctx context.Context, fs *pflag.FlagSet, r *baselineRun, paths []string) (err error) {
		if _, err := os.Lstat(r.name); err == nil && !force {
			return withHint(fmt.Errorf("%s is there already", r.name), "assay baseline update adds to it, --force writes it anew")
		}
		if r.survey, err = a.survey(ctx, fs, &r.scan, paths, nil); err != nil {
			return err
		}
		b := report.NewBaseline(r.name)
		addAll(b, r.credentials())
		if err := a.writeBaseline(r.name, b); err != nil {
			return err
		}
		on, err := turnOnBaseline(r.name)
		if err != nil {
			return err
		}
		fmt.Fprintf(a.stdout, "%s: %d known\n", r.name, len(b.Entries()))
		if on {
			fmt.Fprintf(a.stdout, "%s names it now: scans, hook and CI report only what is new\n", configName)
		} else {
			fmt.Fprintf(a.stdout, "assay scan --baseline %s reports only what is new\n", r.name)
		}
		a.tellIncomplete(r.survey)
		return nil
	})
	c.Flags().BoolVar(&force, "force", false, "replace a baseline that is there")
	return c
}

// turnOnBaseline has the configuration beside a new baseline name it, if assay init
// left the line for it. It reports whether it did.
func turnOnBaseline(name string) (bool, error) {
	file := filepath.Join(filepath.Dir(name), configName)
	text, err := os.ReadFile(file)
	if err != nil || filepath.Base(name) != baselineName || !bytes.Contains(text, []byte("\n"+offBaseline)) {
		return false, nil // there is no such line
	}
	return true, writeKept(file, bytes.Replace(text, []byte("\n"+offBaseline), []byte("\n"+strings.TrimPrefix(offBaseline, "# ")), 1))
}

func (a *app) writeBaseline(name string, b *report.Baseline) error {
	if err := writeKept(name, b.Bytes()); err != nil {
		return err
	}
	return a.tellMergeable(name)
}

// tellMergeable sees to .gitattributes.
func (a *app) tellMergeable(name string) error {
	wrote, err := mergeable(name)
	if wrote {
		fmt.Fprintf(a.stderr, "assay: added merge=union for %s to .gitattributes, so that branches merge; commit it too\n", filepath.Base(name))
	}
	return err
}

func (a *app) baselineUpdate() *cobra.Command {
	oldSalt := ""
	c := a.baselineCmd("update", "Add what is new to a baseline", func(ctx context.Context, fs *pflag.FlagSet, r *baselineRun, paths []string) error {
		b, err := readBaseline(r.name)
		if err != nil {
			return err
		}
		if r.survey, err = a.survey(ctx, fs, &r.scan, paths, nil); err != nil {
			return err
		}
		what, n := "added", 0
		if fs.Changed("old-salt") {
			before, err := a.survey(ctx, fs, &r.scan, paths, &oldSalt)
			if err != nil {
				return err
			}
			what, n = "carried over to the new salt", carry(b, before.credentials(), r.credentials())
		} else {
			n = addAll(b, r.credentials())
		}
		if err := a.writeBaseline(r.name, b); err != nil {
			return err
		}
		fmt.Fprintf(a.stdout, "%s: %d known, %d of them %s\n", r.name, len(b.Entries()), n, what)
		a.tellIncomplete(r.survey)
		return nil
	})
	c.Flags().StringVar(&oldSalt, "old-salt", "", "carry over what was found with this `salt`, and add nothing; empty for the public default")
	return c
}

// addAll adds findings and returns how many b did not have.
func addAll(b *report.Baseline, findings []report.Finding) (added int) {
	for _, f := range findings {
		if b.Add(f) {
			added++
		}
	}
	return added
}

func (a *app) baselineDiff() *cobra.Command {
	format := "text"
	c := a.baselineCmd("diff", "Say what is new against a baseline, and what is gone", func(ctx context.Context, fs *pflag.FlagSet, r *baselineRun, paths []string) error {
		if format != "text" && format != "jsonl" {
			return withHint(fmt.Errorf("--format %q is unknown", format), "use text or jsonl")
		}
		b, err := readBaseline(r.name)
		if err != nil {
			return err
		}
		if r.survey, err = a.survey(ctx, fs, &r.scan, paths, nil); err != nil {
			return err
		}
		return a.diffBaseline(b, r, format)
	})
	c.Long = `Say what a scan finds that the baseline does not have (new), and what the baseline
has that the scan does not find (gone).

Exit codes: 0 nothing is new, 1 something is new, 2 usage, 3 something could not be
examined. What is gone is told only by a scan of everything.`
	c.Flags().StringVar(&format, "format", format, "text or jsonl")
	return c
}

// A baselineChange is one line of the format jsonl.
type baselineChange struct {
	Change string `json:"change"`
	report.BaselineEntry
}

func (a *app) diffBaseline(b *report.Baseline, r *baselineRun, format string) error {
	var changes []baselineChange
	now := report.NewBaseline("")
	for _, f := range r.credentials() {
		now.Add(f)
	}
	for _, e := range now.Entries() {
		if !b.Has(e.Fingerprint) {
			changes = append(changes, baselineChange{"new", e})
		}
	}
	added := len(changes)
	if r.complete {
		for _, e := range b.Entries() {
			if !now.Has(e.Fingerprint) {
				changes = append(changes, baselineChange{"gone", e})
			}
		}
	}
	if added > 0 {
		a.exit = exitFindings
	}
	a.tellIncomplete(r.survey)
	if format == "jsonl" {
		out := json.NewEncoder(a.stdout)
		for _, c := range changes {
			if err := out.Encode(c); err != nil {
				return err
			}
		}
		return nil
	}
	for _, c := range changes {
		place := "-"
		if len(c.Places) > 0 {
			place = report.Inert(c.Places[0])
		}
		fmt.Fprintf(a.stdout, "%-4s  %s  %s  %s\n", c.Change, place, report.Inert(c.Rule), c.Fingerprint)
	}
	gone := fmt.Sprintf("%d gone", len(changes)-added)
	if !r.complete {
		gone = "what is gone is not known"
	}
	_, err := fmt.Fprintf(a.stdout, "%d new, %s, %d in the baseline\n", added, gone, len(b.Entries()))
	return err
}

func (a *app) baselinePrune() *cobra.Command {
	return a.baselineCmd("prune", "Remove from a baseline what a scan of everything finds no more", func(ctx context.Context, fs *pflag.FlagSet, r *baselineRun, paths []string) error {
		b, err := readBaseline(r.name)
		if err != nil {
			return err
		}
		// What is below the confidence asked for is there all the same.
		r.scan.minConfidence = report.ConfidenceLow
		fs.Lookup("min-confidence").Changed = true
		if r.survey, err = a.survey(ctx, fs, &r.scan, paths, nil); err != nil {
			return err
		}
		if !r.complete {
			return partial()
		}
		there := map[string]bool{}
		for _, f := range r.Findings {
			there[f.Fingerprint] = true
		}
		gone := 0
		for _, e := range b.Entries() {
			if !there[e.Fingerprint] {
				b.Remove(e.Fingerprint)
				gone++
			}
		}
		if err := writeKept(r.name, b.Bytes()); err != nil {
			return err
		}
		_, err = fmt.Fprintf(a.stdout, "%s: %d removed, %d known\n", r.name, gone, len(b.Entries()))
		return err
	})
}

// carry gives the entries of b the fingerprints that the same findings have now.
func carry(b *report.Baseline, before, now []report.Finding) (carried int) {
	old := map[string]string{} // fingerprint by what does not depend on the salt
	for _, f := range before {
		if b.Has(f.Fingerprint) {
			old[unkeyed(f)] = f.Fingerprint
		}
	}
	for _, f := range now {
		was, ok := old[unkeyed(f)]
		if !ok || was == f.Fingerprint {
			continue
		}
		b.Remove(was)
		b.Add(f)
		carried++
	}
	return carried
}

// unkeyed names a finding by its rule and places. Two credentials never stand in
// the same place.
func unkeyed(f report.Finding) string {
	text := f.RuleID
	for _, l := range f.Occurrences {
		text += fmt.Sprintf("\x00%s\x00%s\x00%v", l.Path, l.Object, l.Region)
	}
	return text
}
