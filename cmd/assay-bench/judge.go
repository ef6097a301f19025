package main

import (
	"cmp"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
)

// A sample of our findings is judged by a person, who looks at each place and
// fills in a verdict. The file holds no text of what was found.

// A judgement is one line of such a file.
type judgement struct {
	Sample  string // which sample drew it; a file holds several
	Module  string // the tree: module@version, npm:package@version, deb:source@version or go@version
	Path    string
	Line    int
	Rule    string
	Verdict string // one of verdicts, or empty until someone has looked
}

// The verdicts are the answers. The first two are worth a reviewer's look.
const (
	verdictTrue        = "true"        // works or once worked, as key material always does, be it in a test
	verdictWorth       = "worth"       // made up, but written out as a real one would be: a test's or sample's password
	verdictPlaceholder = "placeholder" // stands for one: an example that nobody could take for real, a template
	verdictFalse       = "false"       // no credential
)

var verdicts = []string{verdictTrue, verdictWorth, verdictPlaceholder, verdictFalse}

var judgedHeader = []string{"sample", "module", "path", "line", "rule", "verdict"}

// draw takes n places at random, one of each finding at most, and sorts them.
// The order of all does not matter.
func draw(all []judgement, n int, seed uint64) []judgement {
	pool := slices.Clone(all)
	slices.SortFunc(pool, compareJudgements)
	rng := rand.New(rand.NewPCG(seed, 0))
	rng.Shuffle(len(pool), func(i, j int) { pool[i], pool[j] = pool[j], pool[i] })
	drawn := pool[:min(n, len(pool))]
	slices.SortFunc(drawn, compareJudgements)
	return drawn
}

func compareJudgements(a, b judgement) int {
	return cmp.Or(cmp.Compare(a.Sample, b.Sample), cmp.Compare(a.Module, b.Module), cmp.Compare(a.Path, b.Path), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Rule, b.Rule))
}

// writeJudgements writes the remark on how a sample was drawn, and its lines.
func writeJudgements(w io.Writer, remark string, all []judgement) error {
	for line := range strings.Lines(remark) {
		if _, err := fmt.Fprintf(w, "# %s\n", strings.TrimSuffix(line, "\n")); err != nil {
			return err
		}
	}
	out := csv.NewWriter(w)
	lines := [][]string{judgedHeader}
	for _, j := range all {
		lines = append(lines, []string{j.Sample, j.Module, j.Path, strconv.Itoa(j.Line), j.Rule, j.Verdict})
	}
	return out.WriteAll(lines)
}

// readJudgements reads what writeJudgements wrote, once or more often. Lines that
// start with # are remarks.
func readJudgements(r io.Reader) ([]judgement, error) {
	in := csv.NewReader(r)
	in.Comment, in.FieldsPerRecord = '#', len(judgedHeader)
	header, err := in.Read()
	if errors.Is(err, io.EOF) {
		return nil, errors.New("empty, want a header " + strings.Join(judgedHeader, ","))
	}
	if err != nil {
		return nil, err
	}
	if !slices.Equal(header, judgedHeader) {
		return nil, fmt.Errorf("header %s, want %s", strings.Join(header, ","), strings.Join(judgedHeader, ","))
	}
	var all []judgement
	for {
		fields, err := in.Read()
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err != nil {
			return nil, err
		}
		if slices.Equal(fields, judgedHeader) { // of the next sample
			continue
		}
		j, err := parseJudgement(fields)
		if err != nil {
			at, _ := in.FieldPos(0)
			return nil, fmt.Errorf("line %d: %w", at, err)
		}
		all = append(all, j)
	}
}

func parseJudgement(fields []string) (judgement, error) {
	j := judgement{Sample: fields[0], Module: fields[1], Path: fields[2], Rule: fields[4], Verdict: fields[5]}
	if j.Verdict != "" && !slices.Contains(verdicts, j.Verdict) {
		return j, fmt.Errorf("verdict %q, want one of %s", j.Verdict, strings.Join(verdicts, ", "))
	}
	var err error
	j.Line, err = strconv.Atoi(fields[3])
	return j, err
}

// samplesOf returns the samples that all holds, in the order in which they start.
func samplesOf(all []judgement) []string {
	var names []string
	for _, j := range all {
		if !slices.Contains(names, j.Sample) {
			names = append(names, j.Sample)
		}
	}
	return names
}

// A tally counts findings by verdict, those without one under "".
type tally map[string]int

// judged is how many findings have a verdict.
func (t tally) judged() int {
	n := 0
	for _, v := range verdicts {
		n += t[v]
	}
	return n
}

func (t tally) worth() int { return t[verdictTrue] + t[verdictWorth] }

// cells are the counts, the share worth a look and the share that is false, both
// of what is judged.
func (t tally) cells() []string {
	var cells []string
	for _, v := range append(slices.Clone(verdicts), "") {
		cells = append(cells, fmt.Sprint(t[v]))
	}
	n := t.judged()
	return append(cells, percent(t.worth(), n), wilson(t.worth(), n), percent(t[verdictFalse], n), wilson(t[verdictFalse], n))
}

// judgedTable counts the verdicts of each sample, or within one sample of each
// group that groupOf tells.
func judgedTable(title string, all []judgement, groupOf func(judgement) string) table {
	tallies := map[string]tally{}
	var groups []string
	for _, j := range all {
		g := groupOf(j)
		if tallies[g] == nil {
			tallies[g] = tally{}
			groups = append(groups, g)
		}
		tallies[g][j.Verdict]++
	}
	slices.Sort(groups)
	var t table
	t.add(slices.Concat([]string{title}, verdicts, []string{"open", "worth a look", "95 %", "false", "95 %"})...)
	for _, g := range groups {
		t.add(append([]string{g}, tallies[g].cells()...)...)
	}
	return t
}
