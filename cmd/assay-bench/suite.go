package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// A session is one call of `assay-bench run`.
type session struct {
	*bench
	programs
	Rounds       int
	StartRounds  int
	Slow         time.Duration
	Corpora      []string
	Secrets      int     // in a region of the account that the suite audit makes up
	Everywhere   bool    // in each of its regions
	Organization int     // accounts of the organization that the suite audit makes up, 0 for one account
	Scale        float64 // of its quotas, 1 for AWS's own
	Records      int     // of the trail that the suite trails makes up
	Repositories int     // that the suites many and soak make up, 0 for as many as their bars ask for
	SmallOnes    int     // small ones, beside these
	Case         string  // of the kit: a part of the names of those that run
	Small        bool    // the kit at the scale of the tests
	Years        int     // that the suite access makes up
	Without      []string
	CredData     string
	Examples     string
	Exclude      []string
	Time         time.Duration // that each target of the suite fuzz gets, with what earlier runs gave it, and the suite soak in all
	AtOnce       int           // targets of it that run side by side
	Targets      string        // which of them, a regular expression
}

// A suite is a set of measurements that answer one question.
type suite struct {
	Name  string
	About string
	run   func(context.Context, *session) ([]result, error)
	// OnRequest keeps the suite out of a run that names none.
	OnRequest bool
	// Alone says that it needs none of the programs that others measure.
	Alone bool
}

func suites() []suite {
	return []suite{
		{Name: "folder", About: "what a scan of files costs, beside gitleaks, ripgrep and plain reading", run: folderSuite},
		{Name: "history", About: "what a scan of a Git history costs, beside gitleaks and git reading all objects", run: historySuite},
		{Name: "incremental", About: "what a scan with nothing new costs, beside the first one that leaves a state", run: incrementalSuite},
		{Name: "growth", About: "how the cost of a history scan grows with the objects, up to 1,200,000", run: growthSuite, OnRequest: true},
		{Name: "startup", About: "how long a start and a scan of one staged file take, beside an empty program and git diff", run: startupSuite},
		{Name: "audit", About: "how long the audit of a large account takes, beside what the quotas allow", run: auditSuite, OnRequest: true},
		{Name: "trails", About: "how many records of a trail of CloudTrail a second of CPU time reads, made up", run: trailsSuite, OnRequest: true},
		{Name: "access", About: "what is found and what is flagged in made-up years of reads of secrets", run: accessSuite, OnRequest: true},
		{Name: "many", About: "what a scan of many repositories costs, beside the largest alone, killed and resumed", run: manySuite, OnRequest: true},
		{Name: "accuracy", About: "what is found and what is flagged in labelled data, given by --creddata and --examples", run: accuracySuite},
		{Name: "words", About: "what is found and what is flagged among passwords that people choose, generated", run: wordsSuite},
		{Name: "trees", About: "how much is reported in large well-known source trees, beside gitleaks", run: treesSuite, OnRequest: true},
		{Name: "kit", About: "what is found, and what else happens, in hostile input at full scale", run: kitSuite, OnRequest: true},
		{Name: "fuzz", About: "whether every fuzz target of the module holds, and for how long it has by now", run: fuzzSuite, OnRequest: true, Alone: true},
		{Name: "soak", About: "whether all that is planted in random repositories is found, and nothing else, in every way to scan", run: soakSuite, OnRequest: true},
	}
}

func suitesNamed(names []string) ([]suite, error) {
	all := suites()
	if len(names) == 0 {
		return slices.DeleteFunc(all, func(s suite) bool { return s.OnRequest }), nil
	}
	var found []suite
	for _, name := range names {
		i := slices.IndexFunc(all, func(s suite) bool { return s.Name == name })
		if i < 0 {
			return nil, fmt.Errorf("no suite %q, use one of %s", name, strings.Join(suiteNames(), ", "))
		}
		found = append(found, all[i])
	}
	return found, nil
}

func suiteNames() []string {
	var names []string
	for _, s := range suites() {
		names = append(names, s.Name)
	}
	return names
}

func (s *session) takesPart(tool string) bool { return !slices.Contains(s.Without, tool) }

// A result is what one suite says about one corpus.
type result struct {
	Suite     string          `json:"suite"`
	Corpus    string          `json:"corpus"`
	Facts     string          `json:"facts,omitempty"`
	Repo      *repoFacts      `json:"repository,omitempty"`
	Reference string          `json:"reference,omitempty"` // the tool that the ratios compare
	Rows      []row           `json:"rows,omitempty"`
	Ratios    []ratios        `json:"ratios,omitempty"`
	Bars      []bar           `json:"must_hold,omitempty"`
	Growth    []growthRow     `json:"growth,omitempty"`
	Notes     []string        `json:"notes,omitempty"`
	CredData  []credDataScore `json:"creddata,omitempty"`
	Examples  []exampleScore  `json:"examples,omitempty"`
	Words     []wordScore     `json:"words,omitempty"`
	Trees     []treeScore     `json:"trees,omitempty"`
	Kit       []kitScore      `json:"kit,omitempty"`
	Fuzzing   []fuzzRun       `json:"fuzzing,omitempty"`
}

// ratios compare the reference with one other tool. Below 1 means that the
// reference takes less.
type ratios struct {
	Tool string  `json:"tool"`
	CPU  float64 `json:"reference_cpu_of_tool"`
	Wall float64 `json:"reference_wall_of_tool"`
}

func newResult(suite string, p place, rows []row) result {
	r := result{Suite: suite, Corpus: p.Name, Facts: p.Facts, Repo: p.repo, Rows: rows}
	i := slices.IndexFunc(rows, func(r row) bool { return r.Runs > 0 })
	if i < 0 {
		return r
	}
	ref := rows[i]
	r.Reference = ref.Tool
	for _, other := range rows {
		if other.Tool != ref.Tool && other.CPU > 0 && other.Wall > 0 {
			r.Ratios = append(r.Ratios, ratios{other.Tool, float64(ref.CPU) / float64(other.CPU), float64(ref.Wall) / float64(other.Wall)})
		}
	}
	return r
}

// failed reports whether a contender of r broke.
func (r result) failed() bool {
	return slices.ContainsFunc(r.Rows, func(r row) bool { return strings.HasPrefix(r.Note, "failed") })
}

// write prints r for people.
func (r result) write(w io.Writer) error {
	title := r.Suite + ": " + r.Corpus
	if r.Facts != "" {
		title += " (" + r.Facts + ")"
	}
	if _, err := fmt.Fprintln(w, title); err != nil {
		return err
	}
	tables := []table{r.costs(), barTable(r.Bars), growthTable(r.Growth), credDataTable(r.CredData), categoryTable(r.CredData),
		recallTable(r.Examples), flaggedTable(r.Examples), wordTable(r.Words), treeTable(r.Trees), kitTable(r.Kit), fuzzTable(r.Fuzzing)}
	for _, t := range append(tables, wordGroupTables(r.Words)...) {
		if len(t) == 0 {
			continue
		}
		if err := t.write(w); err != nil {
			return err
		}
		if _, err := fmt.Fprintln(w); err != nil {
			return err
		}
	}
	for _, note := range r.Notes {
		if _, err := fmt.Fprintln(w, "  "+note); err != nil {
			return err
		}
	}
	return nil
}

func (r result) costs() table {
	var t table
	if i := slices.IndexFunc(r.Rows, func(row row) bool { return row.Tool == r.Reference }); i >= 0 {
		t = r.medians(r.Rows[i])
	}
	for _, row := range r.Rows {
		if row.Note != "" {
			t.add(row.Tool + ": " + row.Note)
		}
	}
	return t
}

// medians shows the rows beside the reference.
func (r result) medians(ref row) table {
	name, _, _ := strings.Cut(ref.Tool, " ")
	var t table
	t.add("", "runs", "CPU", "wall", "CPU "+name+"/it", "it/"+name, "wall "+name+"/it", "peak RSS", "anonymous", "findings", "places")
	for _, row := range r.Rows {
		findings, places := "", ""
		if row.Scans && row.Runs > 0 {
			findings, places = fmt.Sprint(row.Findings), fmt.Sprint(row.Places)
		}
		t.add(row.Tool, fmt.Sprint(row.Runs), duration(row.CPU), duration(row.Wall), ratio(ref.CPU, row.CPU), ratio(row.CPU, ref.CPU),
			ratio(ref.Wall, row.Wall), sizeOr(row.RSS), sizeOr(row.Anon), findings, places)
	}
	return t
}

// present drops the contenders whose program is left out.
func present(all ...contender) []contender {
	return slices.DeleteFunc(all, func(c contender) bool { return c.args("")[0] == "" })
}

// assayScan is a run of our scanner with its report in jsonl. Exit 1 means
// findings, 3 that something was not examined; both are results.
func (s *session) assayScan(name string, args ...string) contender {
	return contender{
		Name: name, ok: []int{1, 3}, toFile: reportFile, report: reportFile, read: readAssay,
		args: func(string) []string {
			return append([]string{s.programs.assay, "scan", "--no-config", "--format", "jsonl"}, args...)
		},
	}
}

// oneWorker limits a run of our scanner to one core.
func oneWorker(c contender) contender {
	args := c.args
	c.Name = oneWorkerName
	c.env = append(c.env, "GOMAXPROCS=1")
	c.args = func(scratch string) []string { return append(args(scratch), "--workers", "1") }
	return c
}

// gitleaksScan is a run of gitleaks. Its report has no credential in it.
func (s *session) gitleaksScan(args ...string) contender {
	return contender{
		Name: gitleaksName, report: reportFile, read: readGitleaks,
		args: func(scratch string) []string {
			return append([]string{s.programs.gitleaks}, append(args, "--redact", "--no-banner", "--log-level=error", "--exit-code=0",
				"--report-format=json", "--report-path="+filepath.Join(scratch, reportFile))...)
		},
	}
}

// unredacted is a run of gitleaks whose report holds the credentials, to tell
// which are the same. It lies in a folder that is removed, and nothing of it is
// printed.
func unredacted(c contender) contender {
	args := c.args
	c.args = func(scratch string) []string {
		return slices.DeleteFunc(args(scratch), func(a string) bool { return a == "--redact" })
	}
	return c
}

// writeJSON writes the whole run for programs.
func writeJSON(w io.Writer, m machine, seed uint64, results []result) error {
	e := json.NewEncoder(w)
	e.SetIndent("", " ")
	return e.Encode(struct {
		Machine machine  `json:"machine"`
		Seed    uint64   `json:"seed"`
		Results []result `json:"results"`
	}{m, seed, results})
}

// repositories is how many a suite makes up that asks for usual of them.
func (s *session) repositories(usual int) int { return cmp.Or(s.Repositories, usual) }
