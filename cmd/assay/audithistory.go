package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/assayhq/assay/audit/history"
	"github.com/assayhq/assay/report"
)

func (a *app) auditHistory() *cobra.Command {
	var target, format string
	c := &cobra.Command{
		Use:   "history FILE",
		Short: "List earlier audits and how the score went",
		Long: `List the runs that "assay audit --history FILE" recorded, oldest first, and how the
score of each target went. A run is numbers: when its facts were collected, the score
with the range in which it would lie if everything could be judged, findings by
severity, secrets. It holds no name of a secret.

FILE is a database of SQLite with the table runs, which other programs can read.`,
		Example: `  assay audit --inventory testdata/aws/demo.jsonl --history runs.db --report html=posture.html
  assay audit history runs.db
  assay audit history prune runs.db --keep 365`,
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, names []string) error {
			runs, err := readHistory(names[0])
			if err != nil {
				return err
			}
			runs = slices.DeleteFunc(runs, func(r report.PostureRun) bool { return target != "" && r.Target != target })
			switch format {
			case "text":
				return a.historyText(runs)
			case "jsonl":
				return a.historyJSON(runs)
			}
			return withHint(fmt.Errorf("--format %q is unknown", format), "use text or jsonl")
		},
	}
	c.Flags().StringVar(&target, "target", "", "only runs of this `target`, as the list names it")
	c.Flags().StringVar(&format, "format", "text", "text or jsonl")
	c.AddCommand(a.historyPrune())
	return c
}

func readHistory(name string) ([]report.PostureRun, error) {
	runs, err := history.Read(name)
	if err != nil {
		return nil, withHint(fmt.Errorf("history %s: %w", name, pathless(err)), "assay audit --history FILE makes one")
	}
	return runs, nil
}

func (a *app) historyPrune() *cobra.Command {
	var keep int
	var before string
	c := &cobra.Command{
		Use:   "prune FILE",
		Short: "Remove old runs from a history",
		Long: `Remove runs: with --keep all but the last ones of each target, with --before those
whose facts were collected before a day. With both, a run goes that either names.`,
		Example: "  assay audit history prune runs.db --keep 365\n  assay audit history prune runs.db --before 2026-01-01",
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, names []string) error {
			if !c.Flags().Changed("keep") && before == "" {
				return withHint(errors.New("it is not said which runs go"), "use --keep or --before")
			}
			if keep < 0 {
				return fmt.Errorf("--keep is %d", keep)
			}
			var day time.Time
			if before != "" {
				var err error
				if day, err = time.Parse(time.DateOnly, before); err != nil {
					return withHint(fmt.Errorf("--before %q is no day", before), "write it as 2026-01-31")
				}
			}
			if !c.Flags().Changed("keep") {
				keep = -1
			}
			return a.prune(names[0], keep, day)
		},
	}
	c.Flags().IntVar(&keep, "keep", 0, "keep the last `runs` of each target")
	c.Flags().StringVar(&before, "before", "", "remove runs from before this `day`")
	return c
}

// prune removes all but the last keep runs of each target, unless keep is negative,
// and those before a day.
func (a *app) prune(name string, keep int, day time.Time) error {
	runs, err := readHistory(name)
	if err != nil {
		return err
	}
	later := map[string]int{} // runs of a target that are to come
	for _, r := range runs {
		later[r.Target]++
	}
	removed, err := history.Prune(name, func(r report.PostureRun) bool {
		left := later[r.Target]
		later[r.Target]--
		return (keep < 0 || left <= keep) && !r.At.Before(day)
	})
	if err != nil {
		return fmt.Errorf("history %s: %w", name, pathless(err))
	}
	_, err = fmt.Fprintf(a.stdout, "%d removed, %d left\n", removed, len(runs)-removed)
	return err
}

// sparks draw a score by eighths.
var sparks = []rune("▁▂▃▄▅▆▇█")

func (a *app) historyText(runs []report.PostureRun) error {
	if len(runs) == 0 {
		_, err := fmt.Fprintln(a.stdout, "No runs")
		return err
	}
	var b strings.Builder
	b.WriteString("COLLECTED         SCORE  RANGE    CRITICAL  HIGH  MEDIUM  LOW  UNJUDGED  SECRETS  TARGET\n")
	var targets []string
	trend := map[string][]int{}
	for _, r := range runs {
		score, within := "-", "-"
		if percent, ok := r.Score.Percent(); ok {
			low, high := r.Score.Range()
			score, within = strconv.Itoa(percent), fmt.Sprintf("%d-%d", low, high)
			if trend[r.Target] == nil {
				targets = append(targets, r.Target)
			}
			trend[r.Target] = append(trend[r.Target], percent)
		}
		mark := ""
		if r.Incomplete {
			mark = "  (incomplete)"
		}
		fmt.Fprintf(&b, "%-16s  %5s  %-7s  %8d  %4d  %6d  %3d  %8d  %7d  %s%s\n", r.At.UTC().Format("2006-01-02 15:04"), score, within,
			r.Findings[report.SeverityCritical], r.Findings[report.SeverityHigh], r.Findings[report.SeverityMedium], r.Findings[report.SeverityLow],
			r.Score.NotEvaluated, r.Secrets, report.Inert(r.Target), mark)
	}
	b.WriteByte('\n')
	for _, target := range targets {
		scores := trend[target]
		first, last := scores[0], scores[len(scores)-1]
		fmt.Fprintf(&b, "%s  %s  %d to %d (%+d)\n", report.Inert(target), sparkline(scores), first, last, last-first)
	}
	_, err := fmt.Fprint(a.stdout, b.String())
	return err
}

// sparkline draws the last sixty scores, between the lowest and the highest.
func sparkline(scores []int) string {
	scores = scores[max(0, len(scores)-60):]
	low, high := slices.Min(scores), slices.Max(scores)
	line := make([]rune, len(scores))
	for i, s := range scores {
		line[i] = sparks[(s-low)*(len(sparks)-1)/max(high-low, 1)]
	}
	return string(line)
}

// A historyRecord is one line of the format jsonl.
type historyRecord struct {
	Collected    time.Time      `json:"collected"`
	Version      string         `json:"version"`
	Target       string         `json:"target"`
	Checks       int            `json:"checks"`
	Secrets      int            `json:"secrets"`
	Score        *int           `json:"score"` // null where nothing could be judged
	ScoreLow     int            `json:"score_low"`
	ScoreHigh    int            `json:"score_high"`
	Passed       int            `json:"passed"`
	Failed       int            `json:"failed"`
	NotEvaluated int            `json:"not_evaluated"`
	Findings     map[string]int `json:"findings"`
	Accounts     map[string]int `json:"accounts"`   // scores
	Frameworks   map[string]int `json:"frameworks"` // scores
	Incomplete   bool           `json:"incomplete"`
}

func (a *app) historyJSON(runs []report.PostureRun) error {
	out := json.NewEncoder(a.stdout)
	for _, r := range runs {
		record := historyRecord{
			Collected: r.At.UTC(), Version: r.Version, Target: r.Target, Checks: r.Checks, Secrets: r.Secrets,
			Passed: r.Score.Passed, Failed: r.Score.Failed, NotEvaluated: r.Score.NotEvaluated, Incomplete: r.Incomplete,
			Accounts: percents(r.Accounts), Frameworks: percents(r.Frameworks), Findings: map[string]int{},
		}
		record.ScoreLow, record.ScoreHigh = r.Score.Range()
		if percent, ok := r.Score.Percent(); ok {
			record.Score = &percent
		}
		for s, n := range r.Findings {
			record.Findings[report.Severity(s).String()] = n
		}
		if err := out.Encode(record); err != nil {
			return err
		}
	}
	return nil
}

// percents leaves out what has no score.
func percents(scores map[string]report.Score) map[string]int {
	all := map[string]int{}
	for name, s := range scores {
		if percent, ok := s.Percent(); ok {
			all[name] = percent
		}
	}
	return all
}
