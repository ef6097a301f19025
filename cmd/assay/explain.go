package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/assayhq/assay/report"
)

func (a *app) explainCommand() *cobra.Command {
	f := &scanFlags{minConfidence: report.ConfidencePlaceholder}
	from := ""
	c := &cobra.Command{
		Use:   "explain FINGERPRINT [PATH...]",
		Short: "Say all that is known of one finding: every place, how to look at it, what to do",
		Long: `Say all that is known of one finding. The first digits of its fingerprint do, if no
other finding begins with them. The finding is taken from a report in json or jsonl
that --from names, or else looked for by another scan.

The credential itself is not printed; the commands that show the places are.`,
		Example: `  assay explain 3c9f20
  assay explain 3c9f20 --from assay.json`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return a.explainFinding(c.Context(), c.Flags(), f, args[0], args[1:], from)
		},
	}
	f.register(c.Flags())
	c.Flags().StringVar(&from, "from", "", "take it from this report, a `file` in json or jsonl")
	return c
}

func (a *app) explainFinding(ctx context.Context, fs *pflag.FlagSet, f *scanFlags, print string, paths []string, from string) error {
	// What is suppressed or in the baseline is explained too.
	f.suppress.show = true
	list, err := a.findings(ctx, fs, f, paths, from)
	if err != nil {
		return err
	}
	finding, err := findingNamed(list, print)
	if err != nil {
		return err
	}
	return a.printFinding(finding, list.Run.Rules)
}

// findings reads a report, or scans.
func (a *app) findings(ctx context.Context, fs *pflag.FlagSet, f *scanFlags, paths []string, from string) (*report.List, error) {
	if from != "" {
		return readReport(from)
	}
	s, err := a.survey(ctx, fs, f, paths, nil)
	if err != nil {
		return nil, err
	}
	a.tellIncomplete(s)
	return s.List, nil
}

// readReport reads the findings of a report.
func readReport(name string) (*report.List, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, withHint(fmt.Errorf("report %s: %w", name, pathless(err)), "assay scan --report json=FILE writes one")
	}
	defer file.Close()
	list, err := report.ReadList(file)
	if err != nil {
		return nil, withHint(fmt.Errorf("report %s: %w", name, err), "assay scan --report json=FILE writes one that can be read")
	}
	return list, nil
}

// leastDigits is how much of a fingerprint has to be given.
const leastDigits = 4

// findingNamed returns the one finding whose fingerprint begins with text.
func findingNamed(list *report.List, text string) (found report.Finding, err error) {
	digits := strings.ToLower(strings.TrimPrefix(text, "assay/v1:"))
	if len(digits) < leastDigits || strings.Trim(digits, "0123456789abcdef") != "" {
		return found, withHint(errors.New("not a fingerprint, nor the beginning of one"), "a report shows it: assay/v1: and 64 hex digits, of which %d are needed", leastDigits)
	}
	n := 0
	for _, f := range list.Findings {
		if strings.HasPrefix(f.Fingerprint, "assay/v1:"+digits) {
			found = f
			n++
		}
	}
	switch n {
	case 0:
		return found, withHint(errors.New("no finding has this fingerprint"), "it depends on the salt; and what is gone cannot be explained without --from")
	case 1:
		return found, nil
	}
	return found, withHint(fmt.Errorf("%d findings begin with these digits", n), "give more of them")
}

func (a *app) printFinding(f report.Finding, all []report.Rule) error {
	w := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	line := func(label, text string) {
		if text != "" {
			fmt.Fprintf(w, "%s\t%s\n", label, report.Inert(text))
		}
	}
	rule := ruleNamed(all, f.RuleID)
	line("fingerprint", f.Fingerprint)
	line("rule", f.RuleID)
	line("what", f.Message)
	line("severity", f.Severity.String())
	line("confidence", f.Confidence.String())
	line("excerpt", strings.TrimSpace(f.Excerpt))
	if s := f.Suppression; s != nil {
		line("suppressed", "by "+s.By+": "+s.Reason)
	}
	line("baseline", f.Baseline.String())
	for _, l := range f.Occurrences {
		explainPlace(line, l)
	}
	line("remedy", rule.Remedy)
	line("references", strings.Join(rule.References, "  "))
	line("suppress", `assay ignore add `+f.Fingerprint+` --reason "WHY" --expires 90d`)
	return w.Flush()
}

// explainPlace says where a credential stands, and how to look at it.
func explainPlace(line func(label, text string), l report.Location) {
	line("", " ")
	line("place", placeOf(report.Finding{Occurrences: []report.Location{l}}))
	if l.Introduced != nil {
		line("  introduced", l.Introduced.ID+" "+l.Introduced.Author)
	}
	if l.Removed != nil {
		line("  removed", l.Removed.ID+" "+l.Removed.Author)
	}
	var now []string
	if l.InWorktree {
		now = append(now, "in the working tree")
	}
	if l.AtHead {
		now = append(now, "at HEAD")
	}
	line("  now", strings.Join(append(now, l.Refs...), ", "))
	line("  look", lookAt(l))
}

// lookAt is a command that shows the place.
func lookAt(l report.Location) string {
	switch {
	case l.Resource != nil:
		return ""
	case l.InWorktree || l.Object == "":
		return fmt.Sprintf(`"${EDITOR:-vi}" +%d -- %s`, max(l.Region.StartLine, 1), shellQuote(l.Path))
	case l.Type == "tree":
		return "git ls-tree " + l.Object
	case l.Region.StartLine > 0:
		return fmt.Sprintf("git cat-file -p %s | sed -n %dp", l.Object, l.Region.StartLine)
	}
	return "git cat-file -p " + l.Object
}

// shellQuote makes text one word for a shell.
func shellQuote(text string) string {
	if text != "" && strings.Trim(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._/") == "" {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}

func ruleNamed(all []report.Rule, id string) report.Rule {
	for _, r := range all {
		if r.ID == id {
			return r
		}
	}
	return report.Rule{ID: id}
}
