package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

func (a *app) manCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "man DIR",
		Short: "Write manual pages into a folder",
		Long: `Write a manual page for each command into the folder DIR, as assay.1, assay-scan.1
and so on. "man -l DIR/assay.1" shows one; in a folder man1 below one of MANPATH
man finds them by name.`,
		Example: "  assay man ~/.local/share/man/man1",
		Args:    cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			if err := os.MkdirAll(args[0], 0o777); err != nil {
				return fmt.Errorf("%s: %w", args[0], pathless(err))
			}
			root := a.rootCommand(nil)
			root.InitDefaultCompletionCmd()
			n, err := writePages(root, args[0])
			if err == nil {
				_, err = fmt.Fprintf(a.stdout, "%d pages in %s\n", n, args[0])
			}
			return err
		},
	}
}

// writePages writes the pages of c and of all below it, and returns how many.
func writePages(c *cobra.Command, dir string) (n int, err error) {
	if !c.IsAvailableCommand() && c.HasParent() {
		return 0, nil
	}
	name := filepath.Join(dir, pageName(c)+".1")
	if err := os.WriteFile(name, manPage(c), 0o644); err != nil {
		return 0, fmt.Errorf("%s: %w", name, pathless(err))
	}
	n = 1
	for _, sub := range c.Commands() {
		more, err := writePages(sub, dir)
		if n += more; err != nil {
			return n, err
		}
	}
	return n, nil
}

// pageName is "assay-baseline-create".
func pageName(c *cobra.Command) string { return strings.ReplaceAll(c.CommandPath(), " ", "-") }

// manPage is the page of a command in the macros of man(7). It has no date, so that
// the same program writes the same bytes.
func manPage(c *cobra.Command) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, ".TH %s 1 \"\" %s \"assay\"\n", quoted(strings.ToUpper(pageName(c))), quoted("assay "+version))
	fmt.Fprintf(&b, ".SH NAME\n%s \\- %s\n", roff(pageName(c)), roff(c.Short))
	fmt.Fprintf(&b, ".SH SYNOPSIS\n.B %s\n", roff(c.UseLine()))
	if text := c.Long; text != "" {
		fmt.Fprintf(&b, ".SH DESCRIPTION\n%s", paragraphs(text))
	}
	options(&b, "OPTIONS", c.NonInheritedFlags())
	if c.HasExample() {
		fmt.Fprintf(&b, ".SH EXAMPLES\n%s", verbatim(c.Example))
	}
	related(&b, c)
	return []byte(b.String())
}

// options describes flags, each with its default.
func options(b *strings.Builder, title string, fs *pflag.FlagSet) {
	if !fs.HasAvailableFlags() {
		return
	}
	fmt.Fprintf(b, ".SH %s\n", title)
	fs.VisitAll(func(f *pflag.Flag) {
		if f.Hidden {
			return
		}
		value, usage := pflag.UnquoteUsage(f)
		names := "--" + f.Name
		if f.Shorthand != "" {
			names = "-" + f.Shorthand + ", " + names
		}
		if !slices.Contains([]string{"", "false", "0", "[]"}, f.DefValue) {
			usage += " (default " + f.DefValue + ")"
		}
		fmt.Fprintf(b, ".TP\n.B %s\n%s\n", roff(strings.TrimSpace(names+" "+value)), roff(usage))
	})
}

// related names the commands above and below.
func related(b *strings.Builder, c *cobra.Command) {
	var pages []string
	if c.HasParent() {
		pages = append(pages, pageName(c.Parent()))
	}
	for _, sub := range c.Commands() {
		if sub.IsAvailableCommand() {
			pages = append(pages, pageName(sub))
		}
	}
	if len(pages) == 0 {
		return
	}
	b.WriteString(".SH SEE ALSO\n")
	for i, p := range pages {
		end := ","
		if i == len(pages)-1 {
			end = ""
		}
		fmt.Fprintf(b, ".BR %s (1)%s\n", roff(p), end)
	}
}

// paragraphs sets prose, and keeps the lines of what is set in from the margin.
func paragraphs(text string) string {
	var b strings.Builder
	for _, part := range strings.Split(strings.TrimSpace(text), "\n\n") {
		if strings.HasPrefix(part, "  ") || strings.Contains(part, "\n  ") {
			b.WriteString(".PP\n" + verbatim(part))
			continue
		}
		b.WriteString(".PP\n" + roff(part) + "\n")
	}
	return b.String()
}

// verbatim keeps lines as they are.
func verbatim(text string) string { return ".nf\n" + roff(text) + "\n.fi\n" }

// roff is text that formats as itself: a backslash begins an escape, a hyphen is
// not what people copy, and a dot or an apostrophe at the start of a line a request.
func roff(text string) string {
	text = strings.NewReplacer(`\`, `\e`, "-", `\-`, "'", `\(aq`, "`", `\(ga`, "^", `\(ha`, "~", `\(ti`).Replace(text)
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		if strings.HasPrefix(line, ".") {
			lines[i] = `\&` + line
		}
	}
	return strings.Join(lines, "\n")
}

// quoted is an argument of a request.
func quoted(text string) string { return `"` + strings.ReplaceAll(roff(text), `"`, `\(dq`) + `"` }
