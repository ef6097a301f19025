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
	Module  string // module@version, or go@version
	Path    string
	Line    int
	Rule    string
	Verdict string // one of verdicts, or empty until someone has looked
}

// verdicts are the answers: a credential, be it one that only tests use; the
// shape of one in a document, an example or a template; or nothing of the kind.
var verdicts = []string{"true", "placeholder", "false"}

var judgedHeader = []string{"module", "path", "line", "rule", "verdict"}

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
	return cmp.Or(cmp.Compare(a.Module, b.Module), cmp.Compare(a.Path, b.Path), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Rule, b.Rule))
}

func writeJudgements(w io.Writer, all []judgement) error {
	out := csv.NewWriter(w)
	lines := [][]string{judgedHeader}
	for _, j := range all {
		lines = append(lines, []string{j.Module, j.Path, strconv.Itoa(j.Line), j.Rule, j.Verdict})
	}
	return out.WriteAll(lines)
}

// readJudgements reads what writeJudgements wrote. Lines that start with # are
// remarks.
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
		j, err := parseJudgement(fields)
		if err != nil {
			at, _ := in.FieldPos(0)
			return nil, fmt.Errorf("line %d: %w", at, err)
		}
		all = append(all, j)
	}
}

func parseJudgement(fields []string) (judgement, error) {
	j := judgement{Module: fields[0], Path: fields[1], Rule: fields[3], Verdict: fields[4]}
	if j.Verdict != "" && !slices.Contains(verdicts, j.Verdict) {
		return j, fmt.Errorf("verdict %q, want one of %s", j.Verdict, strings.Join(verdicts, ", "))
	}
	var err error
	j.Line, err = strconv.Atoi(fields[2])
	return j, err
}

// judgedTable counts the verdicts of each rule and of all.
func judgedTable(all []judgement) table {
	counts := map[string]map[string]int{}
	add := func(rule, verdict string) {
		if counts[rule] == nil {
			counts[rule] = map[string]int{}
		}
		counts[rule][verdict]++
	}
	var rules []string
	for _, j := range all {
		add(j.Rule, j.Verdict)
		add("all", j.Verdict)
		rules = append(rules, j.Rule)
	}
	slices.Sort(rules)
	var t table
	t.add("rule", "true", "placeholder", "false", "open", "true of judged")
	for _, rule := range append(slices.Compact(rules), "all") {
		c := counts[rule]
		t.add(rule, fmt.Sprint(c["true"]), fmt.Sprint(c["placeholder"]), fmt.Sprint(c["false"]), fmt.Sprint(c[""]),
			percent(c["true"], c["true"]+c["placeholder"]+c["false"]))
	}
	return t
}
