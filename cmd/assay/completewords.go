package main

import (
	"github.com/spf13/cobra"

	"github.com/assayhq/assay/report"
)

// completeWords completes the values of those flags of c that take one of a few
// words.
func completeWords(c *cobra.Command) {
	var formats []string
	for _, f := range report.Formats {
		formats = append(formats, cobra.CompletionWithDesc(f.Name, f.About))
	}
	severities := []string{"info", "low", "medium", "high", "critical"}
	for flag, words := range map[string][]string{
		"format": formats, "min-confidence": {"placeholder", "low", "medium", "high"}, "fail-on": severities,
		"color": {"auto", "always", "never"}, "sarif-history": {"omit", "include"}, "config-from": nil, "range": nil, // no files
	} {
		if c.Flags().Lookup(flag) == nil {
			continue
		}
		if err := c.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(words, cobra.ShellCompDirectiveNoFileComp)); err != nil {
			panic(err) // the flag is there, and nobody else completes it
		}
	}
}
