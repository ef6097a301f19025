package main

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"
	"unicode"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"github.com/assayhq/assay/audit"
	"github.com/assayhq/assay/rules"
)

func (a *app) rulesCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "rules",
		Short: "List, explain, check and test rules, list and explain the checks of audits",
	}
	c.AddCommand(a.rulesList(), a.rulesExplain(), a.rulesLint(), a.rulesTest())
	return c
}

func (a *app) rulesList() *cobra.Command {
	var format string
	c := &cobra.Command{
		Use:   "list [WORD...]",
		Short: "List the built-in rules and checks, or those whose id or title holds every word",
		Example: `  assay rules list github
  assay rules list SM-ROT`,
		RunE: func(_ *cobra.Command, words []string) error {
			return a.listRules(matching(words), matchingChecks(words), format)
		},
	}
	c.Flags().StringVar(&format, "format", "text", "text or json")
	return c
}

func matching(words []string) []rules.Rule {
	return slices.DeleteFunc(slices.Clone(rules.Builtin()), func(r rules.Rule) bool { return !holdsAll(r.ID+" "+r.Title, words) })
}

func matchingChecks(words []string) []*audit.Check {
	return slices.DeleteFunc(audit.Checks(), func(c *audit.Check) bool { return !holdsAll(c.ID+" "+c.Title, words) })
}

func holdsAll(text string, words []string) bool {
	text = strings.ToLower(text)
	return !slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(text, strings.ToLower(w)) })
}

func (a *app) listRules(found []rules.Rule, checks []*audit.Check, format string) error {
	switch format {
	case "text":
		w := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
		fmt.Fprintln(w, "ID\tSEVERITY\tCONFIDENCE\tTITLE")
		for _, c := range checks {
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", c.ID, c.Severity, c.Confidence, c.Title)
		}
		for _, r := range found {
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", r.ID, r.Severity, r.Confidence, r.Title)
		}
		return w.Flush()
	case "json":
		enc := json.NewEncoder(a.stdout)
		for _, c := range checks {
			err := enc.Encode(map[string]any{
				"id": c.ID, "title": c.Title, "severity": c.Severity, "confidence": c.Confidence, "controls": c.Controls,
				"needs": c.Needs, "uses": c.Uses,
			})
			if err != nil {
				return err
			}
		}
		for _, r := range found {
			err := enc.Encode(map[string]any{
				"id": r.ID, "title": r.Title, "provider": r.Provider, "severity": r.Severity, "confidence": r.Confidence,
				"prefixes": printable(r.Prefixes), "keywords": r.Keywords, "pattern": r.Pattern, "grammar": r.Grammar,
			})
			if err != nil {
				return err
			}
		}
		return nil
	}
	return withHint(fmt.Errorf("--format %q is unknown", format), "use text or json")
}

func (a *app) rulesExplain() *cobra.Command {
	why, noModel := false, false
	c := &cobra.Command{
		Use:   "explain ID | --why",
		Short: "Say what a rule finds or a check judges, or why a text on standard input is reported or not",
		Long: `Say what a rule finds or a check judges, how, and what to do about a finding.

With --why, read a text from standard input and say which rules were tried in it,
which values were looked at, and what decided about each. The text itself is not
printed. A path that lowers or excludes a finding is not considered.`,
		Example: `  assay rules explain github-personal-access-token
  assay rules explain --why < config.yaml`,
		Args: func(_ *cobra.Command, args []string) error {
			if why == (len(args) == 0) && len(args) < 2 {
				return nil
			}
			return withHint(errors.New("explain takes an id, or --why and a text on standard input"), "assay rules list shows the ids")
		},
		RunE: func(_ *cobra.Command, args []string) error {
			if why {
				return a.explainText(noModel)
			}
			for _, r := range rules.Builtin() {
				if r.ID == args[0] {
					return a.explain(&r)
				}
			}
			for _, c := range audit.Checks() {
				if c.ID == strings.ToUpper(args[0]) {
					return a.explainCheck(c)
				}
			}
			return withHint(fmt.Errorf("there is no rule or check %q", args[0]), "assay rules list shows the ids")
		},
	}
	c.Flags().BoolVar(&why, "why", false, "say why the text on standard input is reported or not")
	c.Flags().BoolVar(&noModel, "no-model", false, "with --why: judge by the tables set by hand, as assay scan --no-model does")
	return c
}

// labelled returns a writer of aligned lines, and what adds one with a text.
func (a *app) labelled() (*tabwriter.Writer, func(label, text string)) {
	w := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	return w, func(label, text string) {
		for line := range strings.Lines(text) {
			fmt.Fprintf(w, "%s\t%s\n", label, strings.TrimSuffix(line, "\n"))
			label = ""
		}
	}
}

func (a *app) explainCheck(c *audit.Check) error {
	w, line := a.labelled()
	line("check", c.ID)
	line("title", c.Title)
	line("what", c.Text)
	line("severity", c.Severity.String())
	line("confidence", c.Confidence.String())
	line("needs", joined(c.Needs))
	line("uses", joined(c.Uses))
	line("console", c.Remedy)
	line("cli", c.CLI)
	line("terraform", c.Terraform)
	line("supports", strings.Join(c.Controls, "  "))
	line("references", strings.Join(c.References, "  "))
	return w.Flush()
}

func joined(ops []audit.Operation) string {
	var list []string
	for _, op := range ops {
		list = append(list, string(op))
	}
	return strings.Join(list, "  ")
}

func (a *app) explain(r *rules.Rule) error {
	w, line := a.labelled()
	line("rule", r.ID)
	line("title", r.Title)
	line("what", r.Text)
	line("severity", r.Severity.String())
	line("confidence", r.Confidence.String())
	line("prefixes", strings.Join(printable(r.Prefixes), "  "))
	line("keywords", strings.Join(r.Keywords, "  "))
	line("pattern", r.Pattern)
	line("grammar", r.Grammar)
	line("structure", r.Structure)
	line("remedy", r.Remedy)
	line("references", strings.Join(r.References, "  "))
	line("since", r.Since)
	return w.Flush()
}

func (a *app) rulesLint() *cobra.Command {
	return &cobra.Command{
		Use:   "lint FILE...",
		Short: "Check rule files: keys, patterns, ids",
		Args:  cobra.MinimumNArgs(1),
		RunE: func(_ *cobra.Command, names []string) error {
			set, err := loadRules(names)
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(a.stdout, "%d rules, no problems\n", len(set.Rules()))
			return err
		},
	}
}

func (a *app) rulesTest() *cobra.Command {
	return &cobra.Command{
		Use:   "test [FILE...]",
		Short: "Run the examples of rule files, or of the built-in rules",
		RunE: func(_ *cobra.Command, names []string) error {
			set, err := loadRules(names)
			if err != nil {
				return err
			}
			if errs := set.TestExamples(); len(errs) > 0 {
				return errors.Join(errs...)
			}
			_, err = fmt.Fprintf(a.stdout, "%d rules, every example as it should be\n", len(set.Rules()))
			return err
		},
	}
}

// loadRules compiles the rules of the named files, the built-in ones without.
func loadRules(names []string) (*rules.Set, error) {
	if len(names) == 0 {
		return rules.Compile(rules.Builtin())
	}
	var all []rules.Rule
	var errs []error
	for _, name := range names {
		own, err := readRules(name)
		all = append(all, own...)
		errs = append(errs, err)
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return rules.Compile(all)
}

// printable returns prefixes as they can be shown: those that are no text in
// hexadecimal.
func printable(prefixes []string) []string {
	shown := slices.Clone(prefixes)
	for i, p := range shown {
		if strings.ContainsFunc(p, func(r rune) bool { return !unicode.IsPrint(r) || r == utf8.RuneError }) {
			shown[i] = "hex " + hex.EncodeToString([]byte(p))
		}
	}
	return shown
}
