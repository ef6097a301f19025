package main

import (
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// A labelled data set in the layout of CredData: source files under
// data/REPOSITORY, labels in meta/REPOSITORY.csv.
//
// A unit is a range of lines that has a label. It is true where one of the
// labels on the range is T. A finding covers every unit that its lines touch.

// notCredentials are categories of CredData whose values open nothing.
var notCredentials = []string{"UUID", "AWS S3 Bucket", "Nonce", "Salt", "Firebase Domain"}

// A unit is a labelled range of lines.
type unit struct {
	path        string
	first, last int
	label       byte            // T credential, F none, X example
	categories  map[string]bool // of the T labels
}

// isTrue reports whether the range holds a credential.
func (u *unit) isTrue() bool { return u.label == 'T' }

// within reports whether every category of the unit is one of those given.
func (u *unit) within(categories []string) bool {
	for c := range u.categories {
		if !slices.Contains(categories, c) {
			return false
		}
	}
	return true
}

// readUnits reads all label files of a folder.
func readUnits(meta string) ([]*unit, error) {
	files, err := filepath.Glob(filepath.Join(meta, "*.csv"))
	if err != nil {
		return nil, err
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("%s: no label files", meta)
	}
	var all []*unit
	for _, file := range files {
		units, err := readLabels(file)
		if err != nil {
			return nil, fmt.Errorf("labels %s: %w", file, err)
		}
		all = append(all, units...)
	}
	return all, nil
}

func readLabels(file string) ([]*unit, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	records, err := csv.NewReader(f).ReadAll()
	if err != nil || len(records) == 0 {
		return nil, err
	}
	columns, err := columnsOf(records[0], "FilePath", "LineStart", "LineEnd", "GroundTruth", "Category")
	if err != nil {
		return nil, err
	}
	type span struct {
		path        string
		first, last int
	}
	at := map[span]*unit{}
	var units []*unit
	for _, r := range records[1:] {
		s := span{path: r[columns[0]]}
		if s.first, err = strconv.Atoi(r[columns[1]]); err != nil {
			return nil, err
		}
		if s.last, err = strconv.Atoi(r[columns[2]]); err != nil {
			return nil, err
		}
		u := at[s]
		if u == nil {
			u = &unit{path: s.path, first: s.first, last: s.last, categories: map[string]bool{}}
			at[s], units = u, append(units, u)
		}
		u.add(r[columns[3]], r[columns[4]])
	}
	return units, nil
}

func columnsOf(header []string, names ...string) ([]int, error) {
	var columns []int
	for _, name := range names {
		i := slices.Index(header, name)
		if i < 0 {
			return nil, fmt.Errorf("no column %s", name)
		}
		columns = append(columns, i)
	}
	return columns, nil
}

// add takes in one label of the range. T wins over F, F over X.
func (u *unit) add(truth, category string) {
	switch {
	case truth == "T":
		u.label = 'T'
		for c := range strings.SplitSeq(category, ":") {
			u.categories[c] = true
		}
	case u.label == 'T':
	case truth == "F" || u.label == 'F':
		u.label = 'F'
	default:
		u.label = 'X'
	}
}

// A credDataScore is what one scanner reached.
type credDataScore struct {
	Tool       string `json:"tool"`
	TP         int    `json:"tp"` // true units covered
	FN         int    `json:"fn"`
	FP         int    `json:"fp"` // other units covered by a finding that covers no true one
	Unlabelled int    `json:"unlabelled"`
	// PrecisionStrict counts findings on lines without a label as false,
	// PrecisionLabelled leaves them out.
	PrecisionStrict   float64         `json:"precision_strict"`
	PrecisionLabelled float64         `json:"precision_labelled"`
	Recall            float64         `json:"recall"`
	F1Strict          float64         `json:"f1_strict"`
	F1Labelled        float64         `json:"f1_labelled"`
	Categories        []categoryScore `json:"categories"`
}

// A categoryScore counts the true units of one category and those found.
type categoryScore struct {
	Category string `json:"category"`
	True     int    `json:"true"`
	Found    int    `json:"found"`
}

var dataPath = regexp.MustCompile(`(?:^|[/\\!:])(data[/\\][0-9a-f]{8}[/\\].+)$`)

// labelPath is the path of a spot as the labels write it.
func labelPath(path string) (string, bool) {
	m := dataPath.FindStringSubmatch(path)
	if m == nil {
		return "", false
	}
	return strings.ReplaceAll(m[1], `\`, "/"), true
}

// scoreCredData compares what a scanner reported in the folder dir with the
// labels. Units whose every category is excluded do not count either way.
func scoreCredData(tool, dir string, spots []spot, units []*unit, exclude []string) credDataScore {
	byPath := map[string][]*unit{}
	for _, u := range units {
		byPath[u.path] = append(byPath[u.path], u)
	}
	type place struct {
		path string
		line int
	}
	hit, wrong, unlabelled := map[*unit]bool{}, map[*unit]bool{}, map[place]bool{}
	for _, s := range spots {
		path, ok := labelPath(s.under(dir))
		if !ok {
			continue
		}
		covered := covering(byPath[path], s)
		if len(covered) == 0 {
			unlabelled[place{path, s.Line}] = true
		}
		isTrue := slices.ContainsFunc(covered, (*unit).isTrue)
		for _, u := range covered {
			hit[u] = hit[u] || u.isTrue() == isTrue
			wrong[u] = wrong[u] || !isTrue
		}
	}
	score := credDataScore{Tool: tool, Unlabelled: len(unlabelled)}
	categories := map[string]*categoryScore{}
	for _, u := range units {
		switch {
		case wrong[u]:
			score.FP++
		case u.isTrue() && !u.within(exclude):
			score.count(u, hit[u], categories)
		}
	}
	score.rates()
	for _, c := range categories {
		score.Categories = append(score.Categories, *c)
	}
	slices.SortFunc(score.Categories, func(a, b categoryScore) int {
		if a.True != b.True {
			return b.True - a.True
		}
		return strings.Compare(a.Category, b.Category)
	})
	return score
}

// covering are the units that the lines of s touch.
func covering(units []*unit, s spot) []*unit {
	return slices.DeleteFunc(slices.Clone(units), func(u *unit) bool {
		return u.first > max(s.Line, s.EndLine) || s.Line > u.last
	})
}

func (s *credDataScore) count(u *unit, hit bool, categories map[string]*categoryScore) {
	for c := range u.categories {
		if categories[c] == nil {
			categories[c] = &categoryScore{Category: c}
		}
		categories[c].True++
		if hit {
			categories[c].Found++
		}
	}
	if hit {
		s.TP++
	} else {
		s.FN++
	}
}

func (s *credDataScore) rates() {
	s.Recall = part(s.TP, s.TP+s.FN)
	s.PrecisionStrict = part(s.TP, s.TP+s.FP+s.Unlabelled)
	s.PrecisionLabelled = part(s.TP, s.TP+s.FP)
	s.F1Strict = harmonic(s.PrecisionStrict, s.Recall)
	s.F1Labelled = harmonic(s.PrecisionLabelled, s.Recall)
}

func part(a, b int) float64 {
	if b == 0 {
		return 0
	}
	return float64(a) / float64(b)
}

func harmonic(a, b float64) float64 {
	if a+b == 0 {
		return 0
	}
	return 2 * a * b / (a + b)
}

func credDataTable(scores []credDataScore) table {
	if len(scores) == 0 {
		return nil
	}
	var t table
	t.add("", "TP", "FN", "FP", "unlabelled", "precision", "(labelled)", "recall", "F1", "(labelled)")
	for _, s := range scores {
		t.add(s.Tool, fmt.Sprint(s.TP), fmt.Sprint(s.FN), fmt.Sprint(s.FP), fmt.Sprint(s.Unlabelled),
			three(s.PrecisionStrict), three(s.PrecisionLabelled), three(s.Recall), three(s.F1Strict), three(s.F1Labelled))
	}
	return t
}

func three(f float64) string { return fmt.Sprintf("%.3f", f) }

// categoryTable shows the recall of each scanner by category.
func categoryTable(scores []credDataScore) table {
	if len(scores) == 0 {
		return nil
	}
	var t table
	header := []string{"recall by category", "true"}
	for _, s := range scores {
		header = append(header, s.Tool)
	}
	t.add(header...)
	for i, c := range scores[0].Categories {
		line := []string{c.Category, fmt.Sprint(c.True)}
		for _, s := range scores {
			line = append(line, three(part(s.Categories[i].Found, c.True)))
		}
		t.add(line...)
	}
	return t
}
