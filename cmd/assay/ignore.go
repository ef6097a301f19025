package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/assayhq/assay/report"
	"github.com/assayhq/assay/rules"
)

func (a *app) ignoreCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "ignore",
		Short: "Keep .assayignore: what may stay, why, who says so, until when",
		Long: `.assayignore says on each line what assay is to leave as it is, and why:

  assay/v1:HEX expires=2027-01-31 owner=@payments reason="key of the vendor's sandbox"
  path=test/fixtures/** reason="made up" rule=generic-password
  gap=vendor/model.bin reason="examined by its vendor"

A line names a fingerprint, a rule, a pattern for paths, or several of these,
which then have to hold together; gap= names what could not be examined and is
accepted. In patterns * and ? stand for anything but a slash, ** for anything.
A reason is needed, owner and last day are not. Lines that have expired, that hide
nothing, or that hide too much are reported by assay scan.

A line stands for itself, so that lines of two branches can be put together in any
order; Git does so by itself with the line that assay adds to .gitattributes.
Where two lines are about the same, the one that ends first counts.`,
	}
	c.AddCommand(a.ignoreAdd(), a.ignoreList(), a.ignorePrune())
	return c
}

// ignoreFlags are what a new line says.
type ignoreFlags struct {
	file    string
	entry   report.Ignore
	expires string
}

func registerIgnoreFile(fs *pflag.FlagSet, file *string) {
	fs.StringVar(file, "file", ignoreName, "the `file` of suppressions")
}

func (a *app) ignoreAdd() *cobra.Command {
	f := &ignoreFlags{}
	c := &cobra.Command{
		Use:   "add [FINGERPRINT...] --reason TEXT",
		Short: "Add lines to .assayignore",
		Example: `  assay ignore add assay/v1:HEX --reason "key of the vendor's sandbox" --expires 90d
  assay ignore add --rule generic-password --path 'test/fixtures/**' --reason "made up"`,
		RunE: func(_ *cobra.Command, prints []string) error { return a.addIgnores(f, prints) },
	}
	fs := c.Flags()
	registerIgnoreFile(fs, &f.file)
	fs.StringVar(&f.entry.Rule, "rule", "", "only findings of the rule, or family of rules, with this `id`")
	fs.StringVar(&f.entry.Path, "path", "", "only places whose path matches this `pattern`")
	fs.StringVar(&f.entry.Gap, "gap", "", "accept that what matches this `pattern` is not examined")
	fs.StringVar(&f.entry.Reason, "reason", "", "why; needed")
	fs.StringVar(&f.entry.Owner, "owner", "", "who answers for it")
	fs.StringVar(&f.expires, "expires", "", "the last `day`, as 2027-01-31 or 90d from today")
	return c
}

func (a *app) addIgnores(f *ignoreFlags, prints []string) error {
	e := f.entry
	var err error
	if e.Expires, err = a.lastDay(f.expires); err != nil {
		return err
	}
	if strings.TrimSpace(e.Reason) == "" {
		return withHint(errors.New("no reason is given"), `say why it may stay: --reason "key of the vendor's sandbox"`)
	}
	if len(prints) == 0 {
		prints = []string{""}
	}
	var entries []report.Ignore
	for _, p := range prints {
		e.Fingerprint = fullFingerprint(p)
		entries = append(entries, e)
	}
	return a.writeIgnores(f.file, entries)
}

// fullFingerprint puts the version before bare digits.
func fullFingerprint(text string) string {
	if full := "assay/v1:" + text; report.IsFingerprint(full) {
		return full
	}
	return text
}

// lastDay reads a day, or a number of days from today.
func (a *app) lastDay(text string) (string, error) {
	if text == "" {
		return "", nil
	}
	today := a.now().Format(time.DateOnly)
	day := text
	if digits, ok := strings.CutSuffix(text, "d"); ok {
		if n, err := strconv.Atoi(digits); err == nil && n >= 0 && n < 36525 {
			day = a.now().AddDate(0, 0, n).Format(time.DateOnly)
		}
	}
	if _, err := time.Parse(time.DateOnly, day); err != nil {
		return "", withHint(errors.New("the last day is not understood"), "write it as 2027-01-31 or as 90d")
	}
	if day < today {
		return "", withHint(fmt.Errorf("the last day, %s, is past", day), "today is %s", today)
	}
	return day, nil
}

// writeIgnores adds entries to a file, which it makes if need be.
func (a *app) writeIgnores(name string, entries []report.Ignore) error {
	data, err := readKept(name, maxIgnores)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("suppressions %s: %w", name, err)
	}
	file, err := report.ParseIgnores(shownName(name), data)
	if err != nil {
		return err
	}
	set, err := rules.Compile(rules.Builtin())
	if err != nil {
		return err
	}
	added := 0
	for _, e := range entries {
		for _, text := range []string{e.Reason, e.Owner, e.Path, e.Gap} {
			if set.Mask(text) != text {
				return withHint(errors.New("a credential stands in what is to be written"), "name it by its fingerprint")
			}
		}
		ok, err := file.Add(e)
		if err != nil {
			return withHint(err, "assay ignore --help shows lines")
		}
		if ok {
			added++
		}
		if why := e.Wide(); why != "" {
			fmt.Fprintf(a.stderr, "assay: too wide: %s; scans will report the line\n", why)
		}
	}
	if added > 0 {
		if err := writeKept(name, file.Bytes()); err != nil {
			return err
		}
		if err := a.tellMergeable(name); err != nil {
			return err
		}
	}
	_, err = fmt.Fprintf(a.stdout, "%s: %d added, %d lines\n", name, added, len(file.Entries))
	return err
}

func (a *app) ignoreList() *cobra.Command {
	name, format := "", "text"
	c := &cobra.Command{
		Use: "list", Short: "List the lines of .assayignore and how they stand", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			file, err := readIgnores(name)
			if err != nil {
				return err
			}
			return a.listIgnores(maskedIgnores(file.Entries), format)
		},
	}
	registerIgnoreFile(c.Flags(), &name)
	c.Flags().StringVar(&format, "format", format, "text or jsonl")
	return c
}

// An ignoreRecord is one line of the format jsonl.
type ignoreRecord struct {
	Line        int    `json:"line"`
	State       string `json:"state"`
	Fingerprint string `json:"fingerprint,omitempty"`
	Rule        string `json:"rule,omitempty"`
	Path        string `json:"path,omitempty"`
	Gap         string `json:"gap,omitempty"`
	Expires     string `json:"expires,omitempty"`
	Owner       string `json:"owner,omitempty"`
	Reason      string `json:"reason"`
}

// maskedIgnores are entries as they may be printed: who writes the file may put a
// credential into a reason or a path.
func maskedIgnores(entries []*report.Ignore) []*report.Ignore {
	mask := masker()
	shown := make([]*report.Ignore, len(entries))
	for i, e := range entries {
		one := *e
		for _, text := range []*string{&one.Rule, &one.Path, &one.Gap, &one.Owner, &one.Reason} {
			*text = report.Inert(mask(*text))
		}
		shown[i] = &one
	}
	return shown
}

func (a *app) listIgnores(entries []*report.Ignore, format string) error {
	switch format {
	case "text":
		w := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
		fmt.Fprintln(w, "LINE\tSTATE\tEXPIRES\tWHAT")
		for _, e := range entries {
			fmt.Fprintf(w, "%d\t%s\t%s\t%s\n", e.Line, a.stateOf(e), e.Expires, report.Inert(e.String()))
		}
		return w.Flush()
	case "jsonl":
		out := json.NewEncoder(a.stdout)
		for _, e := range entries {
			err := out.Encode(ignoreRecord{e.Line, a.stateOf(e), e.Fingerprint, e.Rule, e.Path, e.Gap, e.Expires, e.Owner, e.Reason})
			if err != nil {
				return err
			}
		}
		return nil
	}
	return withHint(fmt.Errorf("--format %q is unknown", format), "use text or jsonl")
}

// stateOf says in a word how a line stands today.
func (a *app) stateOf(e *report.Ignore) string {
	switch {
	case e.Expired(a.now().Format(time.DateOnly)):
		return "expired"
	case e.Wide() != "":
		return "wide"
	}
	return "valid"
}

func (a *app) ignorePrune() *cobra.Command {
	f := &scanFlags{minConfidence: report.ConfidenceMedium}
	expired := false
	c := &cobra.Command{
		Use:   "prune [PATH]",
		Short: "Remove the lines of .assayignore that have expired or hide nothing",
		Long: `Remove lines that have expired, and those that hide nothing in a scan of everything.
Comments stay. With --expired nothing is scanned.`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, paths []string) error {
			if len(paths) == 0 {
				paths = []string{"."}
			}
			name := f.suppress.ignoreFile
			if name == "" {
				name = filepath.Join(folderOf(paths[0]), ignoreName)
				f.suppress.ignoreFile = name
				c.Flags().Lookup("ignore-file").Changed = true
			}
			file, err := readIgnores(name)
			if err != nil {
				return err
			}
			gone := map[int]bool{}
			if !expired {
				s, err := a.survey(c.Context(), c.Flags(), f, paths, nil)
				if err != nil {
					return err
				}
				if !s.complete {
					return partial()
				}
				gone = unused(s)
			}
			return a.pruneIgnores(name, file, gone)
		},
	}
	f.register(c.Flags())
	c.Flags().BoolVar(&expired, "expired", false, "remove only what has expired")
	return c
}

// unused are the lines that a scan reported as hiding nothing.
func unused(s *survey) map[int]bool {
	lines := map[int]bool{}
	for _, f := range s.Findings {
		if f.RuleID == report.RuleSuppressionUnused {
			lines[f.Occurrences[0].Region.StartLine] = true
		}
	}
	return lines
}

func (a *app) pruneIgnores(name string, file *report.Ignores, gone map[int]bool) error {
	today := a.now().Format(time.DateOnly)
	remove := slices.DeleteFunc(slices.Clone(file.Entries), func(e *report.Ignore) bool { return !gone[e.Line] && !e.Expired(today) })
	for _, e := range maskedIgnores(remove) {
		fmt.Fprintf(a.stdout, "removed  %s\n", report.Inert(e.String()))
	}
	if len(remove) > 0 {
		if err := file.Remove(remove); err != nil {
			return err
		}
		if err := writeKept(name, file.Bytes()); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintf(a.stdout, "%s: %d removed, %d lines\n", name, len(remove), len(file.Entries))
	return err
}
