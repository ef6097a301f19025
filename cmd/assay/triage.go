package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/assayhq/assay/report"
)

func (a *app) triageCommand() *cobra.Command {
	f := &scanFlags{minConfidence: report.ConfidenceMedium}
	t := &triage{app: a}
	from := ""
	c := &cobra.Command{
		Use:   "triage [PATH...]",
		Short: "Walk through findings and decide about each",
		Long: `Show one finding after the other and ask what it is:

  t  true: a credential, to be dealt with; --baseline FILE notes it there
  f  false: no credential; a line in .assayignore says so
  x  fixed: revoked, so that it may stay in history; likewise
  a  accepted until a day, for a reason; likewise
  s  decide later      b  back to the one before      l  how to look at it
  q  write what was decided, and end

What .assayignore and the baseline hold already is not asked again; --baseline ""
asks about what a configuration's baseline holds. Nothing is written before the end;
the end of the input, or an interrupt, is one.`,
		RunE: func(c *cobra.Command, paths []string) error {
			return a.triage(c.Context(), c.Flags(), f, t, paths, from)
		},
	}
	f.register(c.Flags())
	c.Flags().StringVar(&from, "from", "", "take the findings from this report, a `file` in json or jsonl")
	c.Flags().StringVar(&t.owner, "owner", "", "who answers for what is decided")
	return c
}

// A triage is a walk through findings.
type triage struct {
	*app
	owner    string
	lines    <-chan string // of the input; closed at its end
	ctx      context.Context
	rules    []report.Rule
	findings []report.Finding
	verdicts map[int]verdict // by index of the finding
}

// A verdict is what somebody decided about a finding.
type verdict struct {
	key     byte // of the question
	reason  string
	expires string
}

// verdictWords name the keys for the closing line, in its order.
var verdictWords = []struct {
	key  byte
	word string
}{{'t', "true"}, {'f', "false"}, {'x', "fixed"}, {'a', "accepted"}}

// errQuit ends the walk.
var errQuit = errors.New("end of the walk")

func (a *app) triage(ctx context.Context, fs *pflag.FlagSet, f *scanFlags, t *triage, paths []string, from string) error {
	if len(paths) == 0 {
		paths = []string{"."}
	}
	ignores, baseline := f.suppress.ignoreFile, f.suppress.baseline
	if ignores == "" {
		ignores = filepath.Join(folderOf(paths[0]), ignoreName)
	}
	for _, made := range []*string{&f.suppress.ignoreFile, &f.suppress.baseline} {
		if _, err := os.Stat(*made); errors.Is(err, os.ErrNotExist) {
			*made = "" // it is made at the end
		}
	}
	list, err := a.findings(ctx, fs, f, paths, from)
	if err == nil && from != "" {
		list, err = a.undecided(f, list, ignores)
	}
	if err != nil {
		return err
	}
	t.rules, t.findings = list.Run.Rules, (&survey{List: list}).credentials()
	t.ctx, t.verdicts = ctx, map[int]verdict{}
	t.lines = t.read()
	t.walk()
	return t.write(ignores, baseline)
}

// undecided leaves out of a report what is decided already.
func (a *app) undecided(f *scanFlags, list *report.List, ignores string) (*report.List, error) {
	left := &report.List{Run: list.Run}
	var to report.Handler = left
	if f.suppress.baseline != "" {
		b, err := readBaseline(f.suppress.baseline)
		if err != nil {
			return nil, err
		}
		to = report.Against(b, report.ConfidenceLow, to)
	}
	if _, err := os.Stat(ignores); err == nil {
		file, err := readIgnores(ignores)
		if err != nil {
			return nil, err
		}
		to = report.Ignoring(report.IgnoreOptions{Files: []*report.Ignores{file}, Today: a.now().Format(time.DateOnly)}, to)
	}
	for _, x := range list.Findings {
		if !x.Counts() || x.Confidence == report.ConfidencePlaceholder {
			continue
		}
		if err := to.Finding(x); err != nil {
			return nil, err
		}
	}
	return left, nil
}

// read hands on the lines of the input, so that an interrupt need not wait for one.
func (t *triage) read() <-chan string {
	lines := make(chan string)
	go func() {
		defer close(lines)
		in := bufio.NewScanner(t.stdin)
		for in.Scan() {
			select {
			case lines <- in.Text():
			case <-t.ctx.Done():
				return
			}
		}
	}()
	return lines
}

// ask prints a question and returns the answer.
func (t *triage) ask(question string) (string, error) {
	fmt.Fprint(t.stdout, question)
	select {
	case line, ok := <-t.lines:
		if !ok {
			fmt.Fprintln(t.stdout)
			return "", errQuit
		}
		return strings.TrimSpace(line), nil
	case <-t.ctx.Done():
		fmt.Fprintln(t.stdout)
		return "", errQuit
	}
}

// walk asks about one finding after the other.
func (t *triage) walk() {
	for i := 0; i < len(t.findings); {
		t.show(i)
		next, err := t.decide(i)
		if err != nil {
			return
		}
		i = max(0, next)
	}
}

func (t *triage) show(i int) {
	f := t.findings[i]
	fmt.Fprintf(t.stdout, "\n%d of %d  %s  %s\n", i+1, len(t.findings), strings.ToUpper(f.Severity.String()), report.Inert(f.Message))
	fmt.Fprintf(t.stdout, "  rule     %s, %s confidence\n", f.RuleID, f.Confidence)
	fmt.Fprintf(t.stdout, "  where    %s\n", placeOf(f))
	if len(f.Occurrences) > 1 {
		fmt.Fprintf(t.stdout, "  also     %d more places\n", len(f.Occurrences)-1)
	}
	if len(f.Occurrences) > 0 && f.Occurrences[0].Introduced != nil {
		c := f.Occurrences[0].Introduced
		fmt.Fprintf(t.stdout, "  by       %s, %s\n", report.Inert(c.Author), c.Date.UTC().Format(time.DateOnly))
	}
	if text := strings.TrimSpace(f.Excerpt); text != "" {
		fmt.Fprintf(t.stdout, "  excerpt  %s\n", report.Inert(text))
	}
	if v, ok := t.verdicts[i]; ok {
		fmt.Fprintf(t.stdout, "  decided  %s\n", wordOf(v.key))
	}
}

func wordOf(key byte) string {
	for _, w := range verdictWords {
		if w.key == key {
			return w.word
		}
	}
	return ""
}

// decide asks until there is an answer, and returns the index to go on with.
func (t *triage) decide(i int) (next int, err error) {
	for {
		answer, err := t.ask("(t)rue (f)alse (x) fixed (a)ccept until (s)kip (b)ack (l)ook (q)uit: ")
		if err != nil {
			return 0, err
		}
		switch strings.ToLower(answer) {
		case "t", "true":
			t.verdicts[i] = verdict{key: 't'}
			return i + 1, nil
		case "f", "false":
			return i + 1, t.because(i, 'f', "no credential")
		case "x", "fixed":
			return i + 1, t.because(i, 'x', "revoked")
		case "a", "accept":
			return i + 1, t.accept(i)
		case "s", "skip", "":
			delete(t.verdicts, i)
			return i + 1, nil
		case "b", "back":
			return i - 1, nil
		case "l", "look":
			t.look(i)
		case "q", "quit":
			return 0, errQuit
		default:
			fmt.Fprintln(t.stdout, "  one of t, f, x, a, s, b, l, q")
		}
	}
}

// because asks for a reason, which has a default.
func (t *triage) because(i int, key byte, usual string) error {
	reason, err := t.ask("  reason [" + usual + "]: ")
	if err != nil {
		return err
	}
	if reason == "" {
		reason = usual
	}
	t.verdicts[i] = verdict{key: key, reason: reason}
	return nil
}

// accept asks until when something may stay, and why.
func (t *triage) accept(i int) error {
	v := verdict{key: 'a'}
	for v.expires == "" {
		day, err := t.ask("  last day, as 2027-01-31 or 90d [90d]: ")
		if err != nil {
			return err
		}
		if day == "" {
			day = "90d"
		}
		if v.expires, err = t.lastDay(day); err != nil {
			fmt.Fprintf(t.stdout, "  %v\n", err)
		}
	}
	for v.reason == "" {
		reason, err := t.ask("  reason: ")
		if err != nil {
			return err
		}
		v.reason = reason
	}
	t.verdicts[i] = v
	return nil
}

// look says how to see all places.
func (t *triage) look(i int) {
	for _, l := range t.findings[i].Occurrences {
		fmt.Fprintf(t.stdout, "  %s\n", report.Inert(lookAt(l)))
	}
	fmt.Fprintf(t.stdout, "  %s\n", report.Inert(ruleNamed(t.rules, t.findings[i].RuleID).Remedy))
}

// write writes what was decided and says how the walk ended.
func (t *triage) write(ignores, baseline string) error {
	var entries []report.Ignore
	var confirmed []report.Finding
	for i, f := range t.findings {
		v, ok := t.verdicts[i]
		switch {
		case !ok:
		case v.key == 't':
			confirmed = append(confirmed, f)
		default:
			entries = append(entries, report.Ignore{Fingerprint: f.Fingerprint, Rule: f.RuleID, Owner: t.owner, Expires: v.expires, Reason: v.reason})
		}
	}
	if len(entries) > 0 {
		if err := t.writeIgnores(ignores, entries); err != nil {
			return err
		}
	}
	if len(confirmed) > 0 && baseline != "" {
		if err := t.note(baseline, confirmed); err != nil {
			return err
		}
	}
	if len(confirmed) > 0 {
		fmt.Fprintln(t.stdout, "\nTo be dealt with:")
	}
	for _, f := range confirmed {
		fmt.Fprintf(t.stdout, "  %s  %s\n    %s\n", placeOf(f), f.RuleID, report.Inert(ruleNamed(t.rules, f.RuleID).Remedy))
	}
	_, err := fmt.Fprintln(t.stdout, t.tally())
	return err
}

// note puts findings into a baseline, which it makes if need be.
func (t *triage) note(name string, confirmed []report.Finding) error {
	b := report.NewBaseline(name)
	if _, err := os.Stat(name); err == nil {
		if b, err = readBaseline(name); err != nil {
			return err
		}
	}
	added := addAll(b, confirmed)
	if err := t.writeBaseline(name, b); err != nil {
		return err
	}
	_, err := fmt.Fprintf(t.stdout, "%s: %d added, %d known\n", name, added, len(b.Entries()))
	return err
}

// tally counts the verdicts.
func (t *triage) tally() string {
	var parts []string
	for _, w := range verdictWords {
		n := 0
		for _, v := range t.verdicts {
			if v.key == w.key {
				n++
			}
		}
		if n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, w.word))
		}
	}
	return strings.Join(slices.Concat(parts, []string{fmt.Sprintf("%d not decided", len(t.findings)-len(t.verdicts))}), ", ")
}
