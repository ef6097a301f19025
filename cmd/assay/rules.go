package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/assayhq/assay/rules"
)

func (a *app) rulesCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "rules",
		Short: "List, explain, check and test rules",
	}
	c.AddCommand(a.rulesList(), a.rulesExplain(), a.rulesLint(), a.rulesTest())
	return c
}

func (a *app) rulesList() *cobra.Command {
	var format string
	c := &cobra.Command{
		Use:   "list [WORD...]",
		Short: "List the built-in rules, or those whose id or title holds every word",
		RunE: func(_ *cobra.Command, words []string) error {
			return a.listRules(matching(rules.Builtin(), words), format)
		},
	}
	c.Flags().StringVar(&format, "format", "text", "text or json")
	return c
}

func matching(all []rules.Rule, words []string) []rules.Rule {
	var found []rules.Rule
	for _, r := range all {
		text := strings.ToLower(r.ID + " " + r.Title)
		hit := true
		for _, w := range words {
			hit = hit && strings.Contains(text, strings.ToLower(w))
		}
		if hit {
			found = append(found, r)
		}
	}
	return found
}

func (a *app) listRules(all []rules.Rule, format string) error {
	switch format {
	case "text":
		w := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
		fmt.Fprintln(w, "ID\tSEVERITY\tCONFIDENCE\tTITLE")
		for _, r := range all {
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", r.ID, r.Severity, r.Confidence, r.Title)
		}
		return w.Flush()
	case "json":
		enc := json.NewEncoder(a.stdout)
		for _, r := range all {
			err := enc.Encode(map[string]any{
				"id": r.ID, "title": r.Title, "provider": r.Provider, "severity": r.Severity, "confidence": r.Confidence,
				"prefixes": r.Prefixes, "keywords": r.Keywords, "pattern": r.Pattern, "grammar": r.Grammar,
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
	return &cobra.Command{
		Use:   "explain ID",
		Short: "Say what a rule finds, how, and what to do about a finding",
		Args:  cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			for _, r := range rules.Builtin() {
				if r.ID == args[0] {
					return a.explain(&r)
				}
			}
			return withHint(fmt.Errorf("there is no rule %q", args[0]), "assay rules list shows the ids")
		},
	}
}

func (a *app) explain(r *rules.Rule) error {
	w := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	line := func(label, text string) {
		if text != "" {
			fmt.Fprintf(w, "%s\t%s\n", label, text)
		}
	}
	line("rule", r.ID)
	line("title", r.Title)
	line("what", r.Text)
	line("severity", r.Severity.String())
	line("confidence", r.Confidence.String())
	line("prefixes", strings.Join(r.Prefixes, "  "))
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
