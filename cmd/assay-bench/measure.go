package main

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// A contender is one program that does one job.
type contender struct {
	Name string
	// args makes the command line. Scratch is an empty folder that lives for one
	// run: home of the program and room for its report.
	args func(scratch string) []string
	dir  string   // where it is started
	env  []string // beside the clean environment
	// before makes ready for a run, and is no part of what is measured; may be nil.
	before func() error
	ok     []int // exit codes besides 0 that are no failure
	// toFile is the file in scratch that takes the standard output, or empty.
	toFile string
	report string // the file in scratch that holds the report
	read   reader // how to read it; nil for a program that finds nothing
}

// reportFile is the name of every report in its scratch folder.
const reportFile = "report"

// once runs c one time and reads its report.
func (c contender) once(ctx context.Context, watch time.Duration) (usage, scan, error) {
	scratch, err := os.MkdirTemp("", "assay-bench-")
	if err != nil {
		return usage{}, scan{}, err
	}
	defer os.RemoveAll(scratch)
	if c.before != nil {
		if err := c.before(); err != nil {
			return usage{}, scan{}, err
		}
	}
	cmd := command{args: c.args(scratch), dir: c.dir, ok: c.ok, watch: watch, env: append(cleanEnv(scratch), c.env...)}
	if c.toFile != "" {
		out, err := os.Create(filepath.Join(scratch, c.toFile))
		if err != nil {
			return usage{}, scan{}, err
		}
		defer out.Close()
		cmd.stdout = out
	}
	u, err := cmd.run(ctx)
	if err != nil || c.read == nil {
		return u, scan{}, err
	}
	s, err := readReport(filepath.Join(scratch, c.report), c.read)
	return u, s, err
}

// A row is what the runs of one contender came to: medians.
type row struct {
	Tool     string        `json:"tool"`
	Runs     int           `json:"runs"`
	CPU      time.Duration `json:"cpu_ns"`
	Wall     time.Duration `json:"wall_ns"`
	RSS      int64         `json:"peak_rss_bytes,omitempty"`
	Anon     int64         `json:"peak_anonymous_bytes,omitempty"`
	Scans    bool          `json:"scans"` // it looks for credentials
	Findings int           `json:"findings"`
	Places   int           `json:"places"`
	Note     string        `json:"note,omitempty"`

	usages []usage
	last   scan
}

// A schedule says how often the contenders run.
type schedule struct {
	Rounds int
	// Slow is the CPU time from which on one run has to do.
	Slow  time.Duration
	Watch time.Duration // interval of looks at the memory, 0 for none
}

// interleave runs all contenders in turn, round after round, so that a change
// of the machine's pace meets all of them. A contender that fails is not run
// again; its row says why.
func interleave(ctx context.Context, s schedule, contenders []contender) ([]row, error) {
	rows := make([]row, len(contenders))
	for i, c := range contenders {
		rows[i] = row{Tool: c.Name, Scans: c.read != nil}
	}
	for round := range s.Rounds {
		for i, c := range contenders {
			if rows[i].done(round, s.Slow) {
				continue
			}
			u, found, err := c.once(ctx, s.Watch)
			if ctx.Err() != nil {
				return nil, ctx.Err()
			}
			rows[i].add(u, found, err)
		}
	}
	for i := range rows {
		rows[i].settle()
	}
	return rows, nil
}

func (r *row) done(round int, slow time.Duration) bool {
	return len(r.usages) < round || round > 0 && slow > 0 && r.usages[0].CPU > slow
}

func (r *row) add(u usage, found scan, err error) {
	if err != nil {
		r.Note = "failed: " + err.Error()
		return
	}
	if n := len(r.usages); n > 0 && r.Findings != found.Findings {
		r.Note = fmt.Sprintf("findings differ between runs: %d, %d", r.Findings, found.Findings)
	} else if found.Incomplete {
		r.Note = "incomplete"
	}
	r.usages = append(r.usages, u)
	r.Findings, r.Places, r.last = found.Findings, len(found.Spots), found
}

func (r *row) settle() {
	r.Runs = len(r.usages)
	r.CPU = medianOf(r.usages, func(u usage) time.Duration { return u.CPU })
	r.Wall = medianOf(r.usages, func(u usage) time.Duration { return u.Wall })
	r.RSS = medianOf(r.usages, func(u usage) int64 { return u.RSS })
	r.Anon = medianOf(r.usages, func(u usage) int64 { return u.Anon })
}

func medianOf[T int64 | time.Duration](all []usage, value func(usage) T) T {
	values := make([]T, len(all))
	for i, u := range all {
		values[i] = value(u)
	}
	return median(values)
}

// median is the middle value, the mean of the two middle ones of an even
// number, and zero of none.
func median[T int64 | time.Duration](values []T) T {
	if len(values) == 0 {
		return 0
	}
	sorted := slices.Clone(values)
	slices.SortFunc(sorted, cmp.Compare)
	middle := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[middle]
	}
	return sorted[middle-1] + (sorted[middle]-sorted[middle-1])/2
}
