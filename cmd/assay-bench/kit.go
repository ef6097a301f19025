package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/assayhq/assay/scan/kit"
)

// What every case of the kit has to hold.
const (
	mostKitMemory = 512 << 20       // bytes resident, mapped files among them
	mostKitTime   = 5 * time.Minute // wall time; a busy machine takes its share of it
)

// A kitScore is how a family of cases went.
type kitScore struct {
	Family     string        `json:"family"`
	Cases      int           `json:"cases"`
	Plants     int           `json:"plants"`
	Found      int           `json:"found"`
	Missed     int           `json:"missed"`
	FalseClean int           `json:"false_clean"`
	Failed     int           `json:"failed"` // cases
	RSS        int64         `json:"peak_rss"`
	RSSOf      string        `json:"peak_rss_of"`
	Wall       time.Duration `json:"slowest"`
	WallOf     string        `json:"slowest_of"`
}

func kitTable(scores []kitScore) table {
	if len(scores) == 0 {
		return nil
	}
	var t table
	t.add("", "cases", "plants", "found", "missed", "false clean", "failed", "peak RSS", "of", "slowest", "of")
	for _, f := range scores {
		if f.Cases == 0 {
			continue
		}
		t.add(f.Family, fmt.Sprint(f.Cases), fmt.Sprint(f.Plants), fmt.Sprint(f.Found), fmt.Sprint(f.Missed), fmt.Sprint(f.FalseClean), fmt.Sprint(f.Failed),
			sizeOr(f.RSS), f.RSSOf, duration(f.Wall), f.WallOf)
	}
	return t
}

// kitSuite runs the cases one after the other.
func kitSuite(ctx context.Context, s *session) ([]result, error) {
	r := result{Suite: "kit", Corpus: "hostile input"}
	for _, family := range kit.Families() {
		r.Kit = append(r.Kit, kitScore{Family: family})
	}
	failed := 0
	for _, c := range kit.Cases() {
		if !strings.Contains(c.Family+"/"+c.Name, s.Case) {
			continue
		}
		i := slices.Index(kit.Families(), c.Family)
		faults, err := s.kitCase(ctx, c, &r.Kit[i])
		if err != nil {
			return []result{r}, err
		}
		for _, f := range faults {
			r.Notes = append(r.Notes, fmt.Sprintf("%s/%s (%s): %s", c.Family, c.Name, c.Promise, f))
		}
		if len(faults) > 0 {
			r.Kit[i].Failed++
			failed++
		}
	}
	if failed > 0 {
		return []result{r}, fmt.Errorf("%d cases failed", failed)
	}
	return []result{r}, nil
}

// kitCase runs one case and adds it to the score of its family.
func (s *session) kitCase(ctx context.Context, c kit.Case, score *kitScore) (faults []string, err error) {
	dir, err := os.MkdirTemp(s.cache, "kit-")
	if err != nil {
		return nil, err
	}
	defer removeShut(dir)
	scale := kit.Full
	if s.Small {
		scale = kit.Small
	}
	var took usage
	v, err := c.Run(dir, scale, func(call kit.Call) (out kit.Outcome, err error) {
		out, took, err = s.kitProgram(ctx, dir, call)
		return out, err
	})
	if err != nil {
		return nil, err
	}
	faults = v.Faults
	if took.RSS > mostKitMemory {
		faults = append(faults, fmt.Sprintf("%s resident, more than %s", size(took.RSS), size(mostKitMemory)))
	}
	if took.Wall >= mostKitTime {
		faults = append(faults, fmt.Sprintf("stopped after %s", duration(took.Wall)))
	}
	score.add(c.Name, v, took)
	return faults, nil
}

func (k *kitScore) add(name string, v kit.Verdict, took usage) {
	k.Cases++
	k.Plants += v.Plants
	k.Found += v.Found
	k.Missed += v.Missed
	if v.FalseClean {
		k.FalseClean++
	}
	if took.RSS > k.RSS {
		k.RSS, k.RSSOf = took.RSS, name
	}
	if took.Wall > k.Wall {
		k.Wall, k.WallOf = took.Wall, name
	}
}

// kitProgram is assay as a case has it run.
func (s *session) kitProgram(ctx context.Context, dir string, call kit.Call) (kit.Outcome, usage, error) {
	home := filepath.Join(dir, "home")
	if err := os.Mkdir(home, 0o777); err != nil {
		return kit.Outcome{}, usage{}, err
	}
	limited, stop := context.WithTimeout(ctx, mostKitTime)
	defer stop()
	var stdout, stderr bytes.Buffer
	run := command{
		args: append([]string{s.programs.assay}, call.Args...), dir: home,
		env:   append(append(cleanEnv(home), "TMPDIR="+call.Temp), call.Env...),
		stdin: strings.NewReader(call.Stdin), stdout: &stdout, stderr: &stderr,
		ok: []int{1, 2, 3}, watch: 10 * time.Millisecond, limits: true,
	}
	took, err := run.run(limited)
	if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
		took.Exit, err = -1, nil // a verdict, not a failure of ours
	}
	return kit.Outcome{Exit: took.Exit, Stdout: stdout.Bytes(), Stderr: stderr.Bytes()}, took, err
}

// removeShut removes a case, also folders that it made unreadable.
func removeShut(dir string) {
	if os.RemoveAll(dir) == nil {
		return
	}
	_ = filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if d != nil && d.IsDir() {
			_ = os.Chmod(path, 0o700)
		}
		return nil
	})
	_ = os.RemoveAll(dir) // what is left lies in the cache
}
