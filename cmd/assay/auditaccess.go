package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/assayhq/assay/audit"
)

// accessFlags are the flags of assay audit access.
type accessFlags struct {
	auditFlags
	json bool
}

func (a *app) auditAccess() *cobra.Command {
	f := &accessFlags{}
	c := &cobra.Command{
		Use:   "access [SECRET]",
		Short: "Say who can read a secret, against who did",
		Long: `Say which users, roles, accounts and services can read each secret, or the one that is
named, and which of them did. What decides is the policies of identities and groups,
permissions boundaries, the policy of the secret and that of its key, grants, and where
they may be read the control policies of the organization, as AWS documents their
evaluation. It is decided here, from what was collected; AWS is not asked to simulate.

allowed      its policies let it read the secret
conditional  it depends on the request (an address, MFA, ...), on another account, or
             on a condition that assay does not understand: the reason is given
unknown      a policy or a fact could not be had

For one secret it prints a statement for its resource policy that leaves it to those
that read it or rotate it. Look for what runs more rarely than the window of events is
long before you use it.

Exit codes: 0, 2 usage, 3 something could not be told.`,
		Example: `  assay audit access prod/billing/db
  assay audit access --inventory today.jsonl
  assay audit access prod/billing/db --inventory today.jsonl --json`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) == 1 {
				f.collect.secret = args[0]
			}
			return a.access(c.Context(), c.Flags(), f)
		},
	}
	f.session.register(c.Flags())
	f.collect.register(c.Flags())
	c.Flags().MarkHidden("secret")
	c.Flags().StringSliceVar(&f.inventory, "inventory", nil, "read saved inventory `files` and ask AWS nothing; --scope access or all made them")
	f.config.register(c.Flags(), "the current folder")
	c.Flags().BoolVar(&f.json, "json", false, "print a JSON object for each secret, one on a line")
	return c
}

// access runs the command.
func (a *app) access(ctx context.Context, fs *pflag.FlagSet, f *accessFlags) error {
	if err := f.offline(fs); err != nil {
		return err
	}
	config, err := a.settleAudit(fs, &f.config)
	if err != nil {
		return err
	}
	if err := f.collect.valid(); err != nil {
		return err
	}
	settings, err := config.Audit.Settings.Merge()
	if err != nil {
		return withHint(fmt.Errorf("%s: audit.%w", config.name, err), "the README lists the keys of [audit]")
	}
	mask, prose, err := maskers()
	if err != nil {
		return err
	}
	f.checks.scope, f.checks.only, f.checks.exclude = "access", nil, nil
	checks, err := f.checks.asking()
	if err != nil {
		return err
	}
	o := f.collect.options(f.checks.operations(checks), mask, prose)
	o.TagValues = settings.TagKeys()
	inv, err := a.inventory(ctx, &f.auditFlags, o)
	if err != nil {
		return err
	}
	if !inv.Identified() {
		return withHint(fmt.Errorf("inventory %s: it holds no identities", strings.Join(f.inventory, ",")), "assay audit --scope access --save FILE makes one that does")
	}
	told := &accessWriter{out: a.stdout, mask: mask, json: f.json, one: f.collect.secret != ""}
	for one, err := range inv.Access(settings) {
		if err == nil {
			err = told.secret(one)
		}
		if err != nil {
			return err
		}
	}
	return a.endAccess(told, inv)
}

// endAccess ends the report and says what is missing of it.
func (a *app) endAccess(told *accessWriter, inv *audit.Inventory) error {
	if err := told.end(); err != nil {
		return err
	}
	for _, n := range inv.AccessNotices() {
		told.unsure = true
		fmt.Fprintf(a.stderr, "assay: not examined: %s: %s\n", plainText(n.Subject), plainText(told.mask(n.Err.Error())))
	}
	if told.unsure {
		a.exit = exitIncomplete
	}
	return nil
}

// An accessWriter prints who can read secrets: one in detail, or a line for each.
type accessWriter struct {
	out       io.Writer
	mask      func(string) string
	json, one bool
	rows      [][]string
	unsure    bool // something could not be told
}

func (w *accessWriter) secret(a *audit.Access) error {
	w.unsure = w.unsure || a.NotEvaluated != "" || slices.ContainsFunc(a.Readers, func(r audit.Reader) bool { return r.Decision == audit.Undecided })
	switch {
	case w.json:
		text, err := json.Marshal(a)
		if err == nil {
			_, err = io.WriteString(w.out, w.mask(string(text))+"\n")
		}
		return err
	case w.one:
		return w.detail(a)
	}
	w.rows = append(w.rows, w.row(a))
	return nil
}

// row is what the list of all secrets says of one.
func (w *accessWriter) row(a *audit.Access) []string {
	if a.NotEvaluated != "" {
		return []string{a.Name, a.Region, "-", "-", "-", "not evaluated: " + a.NotEvaluated}
	}
	conditional, unknown, read := 0, 0, 0
	for _, r := range a.Readers {
		switch r.Decision {
		case audit.Conditional:
			conditional++
		case audit.Undecided:
			unknown++
		}
		if r.Reads > 0 {
			read++
		}
	}
	var notes []string
	if conditional > 0 {
		notes = append(notes, fmt.Sprintf("%d under a condition", conditional))
	}
	if unknown > 0 {
		notes = append(notes, fmt.Sprintf("%d unknown", unknown))
	}
	did, unused := "-", "-"
	if a.From != nil {
		did = strconv.Itoa(read + len(a.Others))
		unused = strconv.Itoa(len(a.Unused))
	}
	return []string{a.Name, a.Region, strconv.Itoa(len(a.Readers)), did, unused, strings.Join(notes, ", ")}
}

func (w *accessWriter) end() error {
	if w.json || w.one {
		return nil
	}
	return w.table("", []string{"SECRET", "REGION", "CAN READ", "DID", "UNUSED", ""}, w.rows)
}

// table prints rows in columns.
func (w *accessWriter) table(indent string, head []string, rows [][]string) error {
	t := tabwriter.NewWriter(w.out, 0, 0, 2, ' ', 0)
	for _, row := range slices.Concat([][]string{head}, rows) {
		for i := range row {
			row[i] = plainText(w.mask(row[i]))
		}
		fmt.Fprintln(t, strings.TrimRight(indent+strings.Join(row, "\t"), "\t "))
	}
	return t.Flush()
}

// detail prints all that is known of one secret.
func (w *accessWriter) detail(a *audit.Access) error {
	fmt.Fprintf(w.out, "%s\n%s\n\n", plainText(w.mask(a.Name)), plainText(w.mask(a.ARN)))
	if a.NotEvaluated != "" {
		_, err := fmt.Fprintf(w.out, "Not evaluated: %s\n\n", plainText(w.mask(a.NotEvaluated)))
		return err
	}
	var rows [][]string
	for _, r := range a.Readers {
		name := string(r.Decision)
		if r.Administrator {
			name += ", administrator"
		}
		if r.Rotates {
			name += ", rotates it"
		}
		rows = append(rows, []string{r.Principal, name, reads(a, r), strings.Join(r.Why, "; ")})
	}
	for _, r := range a.Others {
		rows = append(rows, []string{r.Principal, "-", reads(a, r), "read it, and no policy that is known lets it"})
	}
	if len(rows) == 0 {
		fmt.Fprintln(w.out, "  Nobody can read it, by the policies that are known.")
	} else if err := w.table("  ", []string{"PRINCIPAL", "", "READ", "BY"}, rows); err != nil {
		return err
	}
	fmt.Fprintln(w.out)
	if a.From != nil {
		fmt.Fprintf(w.out, "  Reads are those from %s to %s; %d that can read it did not.\n", a.From.Format(time.DateOnly), a.To.Format(time.DateOnly), len(a.Unused))
	}
	for _, limit := range a.Limits {
		fmt.Fprintf(w.out, "  Note: %s.\n", plainText(w.mask(limit)))
	}
	return w.proposal(a)
}

func (w *accessWriter) proposal(a *audit.Access) error {
	if a.Proposal == nil {
		_, err := fmt.Fprintln(w.out)
		return err
	}
	text, err := a.Proposal.JSON()
	if err == nil {
		_, err = fmt.Fprintf(w.out, "\n  Added to its resource policy, this statement leaves it to those that read it:\n\n%s\n", w.mask(string(text)))
	}
	return err
}

// reads says how often somebody read, and when last.
func reads(a *audit.Access, r audit.Reader) string {
	switch {
	case a.From == nil:
		return "not asked"
	case r.Reads == 0:
		return "never"
	}
	return fmt.Sprintf("%d, %s", r.Reads, r.LastRead.Format(time.DateOnly))
}

// plainText is text for a terminal: quoted if it holds anything that does not print.
func plainText(text string) string {
	if strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return strconv.Quote(text)
	}
	return text
}
