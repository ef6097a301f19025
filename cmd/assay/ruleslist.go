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
	"github.com/assayhq/assay/report"
	"github.com/assayhq/assay/rules"
)

// ruleQuery says which rules and checks a list shows. What is empty asks nothing.
type ruleQuery struct {
	words      []string
	provider   string
	tags       []string
	confidence string
	compliance checkFlags // of which frameworks alone count
}

func (a *app) rulesList() *cobra.Command {
	var q ruleQuery
	format, asJSON := "text", false
	c := &cobra.Command{
		Use:   "list [WORD...]",
		Short: "List the built-in rules and checks, or those in whose id, title, provider, tags or text every word stands",
		Long: `List the built-in rules and the checks of audits, or those in whose id, title,
provider, tags or text every WORD stands. --provider, --tag and --confidence narrow
the list; the first two leave out the checks, which have neither.

The column "literals" shows what has to stand in a text for the rule to be tried:
prefixes as they are, keywords after "~", in any case.`,
		Example: `  assay rules list github
  assay rules list --provider aws --confidence high
  assay rules list --tag payment --json
  assay rules list SM-ROT
  assay rules list --compliance fsbp`,
		RunE: func(_ *cobra.Command, words []string) error {
			q.words = words
			if asJSON {
				format = "json"
			}
			if err := q.check(); err != nil {
				return err
			}
			return a.listRules(q.rules(), q.checks(), format)
		},
	}
	c.Flags().StringVar(&format, "format", "text", "text or json")
	c.Flags().BoolVar(&asJSON, "json", false, "write JSON Lines, with all that a rule says")
	c.Flags().StringVar(&q.provider, "provider", "", "rules of this `provider`")
	c.Flags().StringArrayVar(&q.tags, "tag", nil, "rules with this `tag`; repeatable")
	c.Flags().StringSliceVar(&q.compliance.compliance, "compliance", nil, "checks that support these `frameworks`; \"assay audit compliance\" lists them")
	c.Flags().StringVar(&q.confidence, "confidence", "", "rules of this `confidence`: low, medium or high")
	c.MarkFlagsMutuallyExclusive("format", "json")
	completions := map[string]cobra.CompletionFunc{
		"provider":   completeFrom(func(r *rules.Rule) []string { return []string{r.Provider} }),
		"tag":        completeFrom(func(r *rules.Rule) []string { return r.Tags }),
		"confidence": cobra.FixedCompletions([]string{"low", "medium", "high"}, cobra.ShellCompDirectiveNoFileComp),
	}
	for flag, complete := range completions {
		if err := c.RegisterFlagCompletionFunc(flag, complete); err != nil {
			panic(err) // the flag is registered above
		}
	}
	return c
}

// check refuses what no rule can have: an empty list would look like an answer.
func (q *ruleQuery) check() error {
	has := func(f func(r rules.Rule) bool) bool { return slices.ContainsFunc(rules.Builtin(), f) }
	if q.provider != "" && !has(func(r rules.Rule) bool { return r.Provider == q.provider }) {
		return withHint(fmt.Errorf("--provider: no built-in rule is of %q", q.provider), "assay rules list %s looks for the word everywhere", q.provider)
	}
	for _, tag := range q.tags {
		if !has(func(r rules.Rule) bool { return slices.Contains(r.Tags, tag) }) {
			return withHint(fmt.Errorf("--tag: no built-in rule has the tag %q", tag), "assay rules explain ID shows the tags of a rule")
		}
	}
	if _, err := q.compliance.frameworks(); err != nil {
		return err
	}
	var c report.Confidence
	if q.confidence != "" && (c.UnmarshalText([]byte(q.confidence)) != nil || c == report.ConfidencePlaceholder) {
		return withHint(fmt.Errorf("--confidence: %q is unknown", q.confidence), "use low, medium or high")
	}
	return nil
}

// rules returns the rules that are asked for.
func (q *ruleQuery) rules() []rules.Rule {
	if q.compliance.compliance != nil {
		return nil
	}
	return slices.DeleteFunc(explained(), func(r rules.Rule) bool {
		return !holdsAll(strings.Join(append([]string{r.ID, r.Title, r.Provider, r.Text}, r.Tags...), "\n"), q.words) ||
			q.provider != "" && r.Provider != q.provider ||
			q.confidence != "" && r.Confidence.String() != q.confidence ||
			!containsAll(r.Tags, q.tags)
	})
}

// checks returns the checks that are asked for.
func (q *ruleQuery) checks() []*audit.Check {
	if q.provider != "" || len(q.tags) > 0 {
		return nil
	}
	frameworks, _ := q.compliance.frameworks() // checked before
	return slices.DeleteFunc(audit.Checks(), func(c *audit.Check) bool {
		return frameworks != nil && !c.SupportsAny(frameworks) || !holdsAll(c.ID+"\n"+c.Title+"\n"+c.Text, q.words) || q.confidence != "" && c.Confidence.String() != q.confidence
	})
}

func containsAll(list, wanted []string) bool {
	return !slices.ContainsFunc(wanted, func(w string) bool { return !slices.Contains(list, w) })
}

func holdsAll(text string, words []string) bool {
	text = strings.ToLower(text)
	return !slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(text, strings.ToLower(w)) })
}

func (a *app) listRules(found []rules.Rule, checks []*audit.Check, format string) error {
	switch format {
	case "text":
		return a.listText(found, checks)
	case "json":
		return a.listJSON(found, checks)
	}
	return withHint(fmt.Errorf("--format %q is unknown", format), "use text or json")
}

func (a *app) listText(found []rules.Rule, checks []*audit.Check) error {
	if len(found)+len(checks) == 0 {
		return withHint(errors.New("no rule and no check is like that"), "take fewer words; assay rules list shows all")
	}
	w := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "ID\tSEVERITY\tCONFIDENCE\tLITERALS\tSTRUCTURE\tTITLE")
	for _, c := range checks {
		fmt.Fprintf(w, "%s\t%s\t%s\t-\t-\t%s\n", c.ID, c.Severity, c.Confidence, c.Title)
	}
	for _, r := range found {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", r.ID, r.Severity, r.Confidence, literalsOf(&r), orHyphen(r.Structure), r.Title)
	}
	return w.Flush()
}

func orHyphen(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

// A list shows so many literals of a rule, and so many characters of each.
const (
	shownLiterals  = 2
	literalColumns = 20
)

// literalsOf returns the first literals of a rule and how many more there are.
func literalsOf(r *rules.Rule) string {
	list := printable(r.Prefixes)
	for _, k := range r.Keywords {
		list = append(list, "~"+strings.TrimSpace(k))
	}
	shown := list[:min(len(list), shownLiterals)]
	for i, l := range shown {
		if r := []rune(l); len(r) > literalColumns {
			shown[i] = string(r[:literalColumns]) + "..."
		}
	}
	text := strings.Join(shown, " ")
	if more := len(list) - shownLiterals; more > 0 {
		text += fmt.Sprintf(" +%d", more)
	}
	return text
}

func (a *app) listJSON(found []rules.Rule, checks []*audit.Check) error {
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
		if err := enc.Encode(describeRule(&r)); err != nil {
			return err
		}
	}
	return nil
}

// describeRule is a rule in JSON, with the keys of rule files.
func describeRule(r *rules.Rule) map[string]any {
	all := map[string]any{
		"id": r.ID, "title": r.Title, "provider": r.Provider, "text": r.Text, "remedy": r.Remedy,
		"severity": r.Severity, "confidence": r.Confidence, "tags": r.Tags, "references": r.References,
		"prefixes": printable(r.Prefixes), "keywords": r.Keywords, "pattern": r.Pattern, "grammar": r.Grammar,
		"structure": r.Structure, "min_entropy": r.MinEntropy, "paths": r.Paths, "since": r.Since,
	}
	if c := r.Companion; len(c.Rules) > 0 || c.Pattern != "" {
		all["companion"] = map[string]any{"rules": c.Rules, "pattern": c.Pattern, "title": c.Title, "within": c.Within, "required": c.Required}
	}
	return all
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
