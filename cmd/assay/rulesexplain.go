package main

import (
	"errors"
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/assayhq/assay/audit"
	"github.com/assayhq/assay/rules"
)

func (a *app) rulesExplain() *cobra.Command {
	var q whyQuery
	why := false
	c := &cobra.Command{
		Use:   "explain ID | --why [--rule ID]",
		Short: "Say what a rule finds or a check judges, or why a text on standard input is reported or not",
		Long: `Say what a rule finds or a check judges, how, and what to do about a finding.

With --why, read a text from standard input and say which rules were tried in it,
which values were looked at, and what decided about each. With --rule too, say of
this one rule why it finds something in the text or does not: no literal, no match
of its pattern, what touches the value, entropy, structure, allowed values, another
rule that takes the same text. --file asks a rule of your own file.

The text itself is not printed. A path that lowers or excludes a finding is not
considered.`,
		Example: `  assay rules explain github-personal-access-token
  assay rules explain --why < config.yaml
  assay rules explain --why --rule aws-secret-access-key < config.yaml
  assay rules explain --why --rule acme-token --file acme.toml < config.yaml`,
		ValidArgsFunction: completeIDs,
		Args: func(_ *cobra.Command, args []string) error {
			switch {
			case !why && (q.rule != "" || q.file != ""):
				return withHint(errors.New("--rule and --file go with --why and a text on standard input"), "assay rules explain ID says what a rule finds")
			case why == (len(args) == 0) && len(args) < 2:
				return nil
			}
			return withHint(errors.New("explain takes an id, or --why and a text on standard input"), "assay rules list shows the ids")
		},
		RunE: func(_ *cobra.Command, args []string) error {
			if why {
				return a.explainText(q)
			}
			return a.explainID(args[0])
		},
	}
	c.Flags().BoolVar(&why, "why", false, "say why the text on standard input is reported or not")
	c.Flags().StringVar(&q.rule, "rule", "", "with --why: ask the rule with this `id`")
	c.Flags().StringVar(&q.file, "file", "", "with --why: add the rules of this `file`")
	c.Flags().BoolVar(&q.noModel, "no-model", false, "with --why: judge by the tables set by hand, as assay scan --no-model does")
	if err := c.RegisterFlagCompletionFunc("rule", completeRules); err != nil {
		panic(err) // the flag is registered above
	}
	return c
}

func (a *app) explainID(id string) error {
	for _, r := range explained() {
		if r.ID == id {
			return a.explain(&r)
		}
	}
	for _, c := range audit.Checks() {
		if c.ID == strings.ToUpper(id) {
			return a.explainCheck(c)
		}
	}
	return withHint(fmt.Errorf("there is no rule or check %q", id), "assay rules list shows the ids")
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
	line("provider", r.Provider)
	line("what", r.Text)
	line("severity", r.Severity.String())
	line("confidence", r.Confidence.String())
	line("tags", strings.Join(r.Tags, "  "))
	line("how", strings.Join(howItMatches(r), "\n"))
	line("prefixes", strings.Join(printable(r.Prefixes), "  "))
	line("keywords", strings.Join(r.Keywords, "  "))
	line("pattern", r.Pattern)
	line("grammar", r.Grammar)
	line("structure", r.Structure)
	line("allowed", strings.Join(r.Allowed, "  "))
	line("paths", strings.Join(r.Paths, "  "))
	line("remedy", r.Remedy)
	line("references", strings.Join(r.References, "\n"))
	line("since", r.Since)
	return w.Flush()
}

// howItMatches says in sentences how a rule finds.
func howItMatches(r *rules.Rule) []string {
	var how []string
	say := func(format string, args ...any) { how = append(how, fmt.Sprintf(format, args...)) }
	switch {
	case r.Grammar != "":
		say("At each keyword, in any case, the grammar %q reads a name and a value, and both are judged.", r.Grammar)
	case len(r.Prefixes) > 0:
		say("At each prefix, as it is written, the pattern must match from there on.")
	case r.Before > 0:
		say("At each keyword, in any case, the pattern must match from at most %d bytes before it to %d behind it, on its line.", r.Before, r.Window)
	default:
		say("At each keyword, in any case, the pattern must match within %d bytes behind it, on its line.", r.Window)
	}
	if r.Grammar == "" {
		say("%s", boundaryWords[r.Boundary])
	}
	if r.MinEntropy > 0 {
		say("The value must be as random as %.2f of what its length allows.", r.MinEntropy)
	}
	if r.Structure != "" {
		say("Its inner form is checked (%s); what fails is reported with less confidence and the reason.", r.Structure)
	}
	return append(how, companionWords(r)...)
}

var boundaryWords = [...]string{
	rules.BoundaryWord:  "No letter, digit or underscore may touch the value.",
	rules.BoundaryRight: "No letter, digit or underscore may stand right behind the value.",
	rules.BoundaryNone:  "Anything may touch the value.",
}

func companionWords(r *rules.Rule) []string {
	c := r.Companion
	what := c.Title
	if len(c.Rules) > 0 {
		what = "what " + strings.Join(c.Rules, " or ") + " finds"
	}
	switch {
	case what == "":
		return nil
	case c.Required:
		return []string{fmt.Sprintf("It counts only with %s at most %d lines away; the two are one finding.", what, c.Within)}
	}
	return []string{fmt.Sprintf("With %s at most %d lines away it is one finding.", what, c.Within)}
}
