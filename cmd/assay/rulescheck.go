package main

import (
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/assayhq/assay/rules"
)

func (a *app) rulesLint() *cobra.Command {
	return &cobra.Command{
		Use:   "lint FILE...",
		Short: "Check rule files: keys, patterns, ids, literals, examples",
		Long: `Check rule files and say on which line what is wrong and how to mend it.

What no scan would take, such as an unknown key or a broken pattern, ends with exit
code 2, as it would there. What works and should not stay so ends with 1: literals
that slow scans down, patterns without a bound, values that include their operator,
examples that are not found, an id that a built-in rule has, no remedy.`,
		Example: `  assay rules lint rules/acme.toml`,
		Args:    cobra.MinimumNArgs(1),
		RunE: func(_ *cobra.Command, names []string) error {
			own, err := readAllRules(names)
			if err != nil {
				return err
			}
			problems := rules.Lint(own, rules.Builtin())
			mask := masker() // they quote literals and examples
			for _, p := range problems {
				fmt.Fprintln(a.stdout, mask(p.String()))
			}
			if len(problems) > 0 {
				a.exit = exitFindings
				_, err = fmt.Fprintf(a.stdout, "%s, %s\n", plural(len(own), "rule"), plural(len(problems), "problem"))
				return err
			}
			_, err = fmt.Fprintf(a.stdout, "%s, no problems\n", plural(len(own), "rule"))
			return err
		},
	}
}

func (a *app) rulesTest() *cobra.Command {
	return &cobra.Command{
		Use:   "test [FILE...]",
		Short: "Run the examples of rule files, or of the built-in rules",
		Long: `Fill the examples and non-examples of rule files, or of the built-in rules, and run
all rules on each: an example must be found by its own rule, and no non-example
may be. What fails is named with the reason, and the exit code is 1.`,
		Example: `  assay rules test rules/acme.toml`,
		RunE: func(_ *cobra.Command, names []string) error {
			own, err := readAllRules(names)
			if err != nil {
				return err
			}
			set, err := rules.Compile(beside(own, rules.Builtin()))
			if err != nil {
				return err
			}
			return a.testRules(set, own)
		},
	}
}

// testRules runs the examples of rules of the set.
func (a *app) testRules(set *rules.Set, own []rules.Rule) error {
	var ids []string
	examples := 0
	for _, r := range own {
		ids = append(ids, r.ID)
		examples += len(r.Examples) + len(r.NonExamples)
	}
	failed, mask := set.TestExamples(ids...), masker()
	for _, f := range failed {
		fmt.Fprintln(a.stdout, mask(f.Error()))
	}
	outcome := "every one as it should be"
	if len(failed) > 0 {
		a.exit = exitFindings
		outcome = plural(len(failed), "failure")
	}
	_, err := fmt.Fprintf(a.stdout, "%s, %s, %s\n", plural(len(own), "rule"), plural(examples, "example"), outcome)
	return err
}

func (a *app) rulesSchema() *cobra.Command {
	return &cobra.Command{
		Use:   "schema",
		Short: "Print the JSON Schema of rule files, for editors",
		Long: `Print the JSON Schema (draft 2020-12) of rule files. An editor with a language server
for TOML, such as Even Better TOML or taplo, then completes and checks their keys:
put "#:schema ./assay-rules.schema.json" on the first line of the rule file.`,
		Example: `  assay rules schema > rules/assay-rules.schema.json`,
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			_, err := a.stdout.Write(rules.Schema())
			return err
		},
	}
}

// readAllRules reads the rules of the named files, the built-in ones without.
func readAllRules(names []string) ([]rules.Rule, error) {
	if len(names) == 0 {
		return rules.Builtin(), nil
	}
	var all []rules.Rule
	var errs []error
	for _, name := range names {
		own, err := readRules(name)
		all = append(all, own...)
		errs = append(errs, err)
	}
	return all, errors.Join(errs...)
}

// beside returns rules and those of others whose ids they do not have.
func beside(own, others []rules.Rule) []rules.Rule {
	ids := map[string]bool{}
	for _, r := range own {
		ids[r.ID] = true
	}
	return slices.Concat(own, slices.DeleteFunc(slices.Clone(others), func(r rules.Rule) bool { return ids[r.ID] }))
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
