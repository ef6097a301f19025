package main

import (
	"maps"
	"slices"

	"github.com/spf13/cobra"

	"github.com/assayhq/assay/audit"
	"github.com/assayhq/assay/report"
	"github.com/assayhq/assay/rules"
	"github.com/assayhq/assay/scan"
)

func (a *app) rulesCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "rules",
		Short: "List, explain, check and test rules, list and explain the checks of audits",
	}
	c.AddCommand(a.rulesList(), a.rulesExplain(), a.rulesLint(), a.rulesTest(), a.rulesSchema())
	return c
}

// explained returns the built-in rules, and those about files and suppressions, which
// find no credential.
func explained() []rules.Rule {
	all := slices.Clone(rules.Builtin())
	for _, r := range append(report.IgnoreRules(), scan.HygieneRule(), audit.MuteRefusedRule()) {
		all = append(all, rules.Rule{Rule: r})
	}
	return all
}

// completeRules completes the ids of rules.
func completeRules(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	var ids []string
	for _, r := range rules.Builtin() {
		ids = append(ids, cobra.CompletionWithDesc(r.ID, r.Title))
	}
	return ids, cobra.ShellCompDirectiveNoFileComp
}

// completeIDs completes the ids of rules and checks.
func completeIDs(c *cobra.Command, args []string, start string) ([]string, cobra.ShellCompDirective) {
	ids, directive := completeRules(c, args, start)
	for _, c := range audit.Checks() {
		ids = append(ids, cobra.CompletionWithDesc(c.ID, c.Title))
	}
	return ids, directive
}

// completeFrom completes what list says of the built-in rules, each once.
func completeFrom(list func(*rules.Rule) []string) cobra.CompletionFunc {
	return func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		seen := map[string]bool{}
		for _, r := range rules.Builtin() {
			for _, word := range list(&r) {
				seen[word] = true
			}
		}
		return slices.Sorted(maps.Keys(seen)), cobra.ShellCompDirectiveNoFileComp
	}
}
