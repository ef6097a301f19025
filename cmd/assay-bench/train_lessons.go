package main

import (
	"bytes"
	"cmp"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/assayhq/assay/report"
	"github.com/assayhq/assay/rules"
)

// A lesson is one value that the grammars propose, with what it is known to be.
type lesson struct {
	rules.Candidate
	group  string // lessons of one group stand on one side of every split
	truth  bool
	weight int64 // in sixteenths
}

// A lessonFile is a file with its labels.
type lessonFile struct {
	path  string // as the labels write it
	group string // the repository, or the language of the suite words
	words bool   // it is one of the suite words
	data  []byte
	units []*unit
	lines []int // offsets at which lines start
}

// readLessonFiles reads the files of CredData, ordered by path.
func readLessonFiles(dir string) ([]*lessonFile, error) {
	units, err := readUnits(filepath.Join(dir, "meta"))
	if err != nil {
		return nil, err
	}
	byPath := map[string][]*unit{}
	for _, u := range units {
		byPath[u.path] = append(byPath[u.path], u)
	}
	var all []*lessonFile
	err = filepath.WalkDir(filepath.Join(dir, "data"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		f := newLessonFile(filepath.ToSlash(rel), data)
		f.group, _, _ = strings.Cut(strings.TrimPrefix(f.path, "data/"), "/")
		f.units = byPath[f.path]
		all = append(all, f)
		return nil
	})
	return all, err
}

func newLessonFile(path string, data []byte) *lessonFile {
	f := &lessonFile{path: path, data: data, lines: []int{0}}
	for i, b := range data {
		if b == '\n' {
			f.lines = append(f.lines, i+1)
		}
	}
	return f
}

// wordLessons takes over a file of the suite words.
func wordLessons(from wordFile) *lessonFile {
	f := newLessonFile(from.Path, []byte(from.Text))
	f.words, f.group = true, "words in "+from.Labels[0].Language
	for _, l := range from.Labels {
		u := &unit{path: from.Path, first: l.Line, last: l.EndLine, label: 'F'}
		if l.Credential {
			u.label, u.categories = 'T', map[string]bool{l.Kind: true}
		}
		f.units = append(f.units, u)
	}
	return f
}

// line returns the number of the line that an offset is on, from 1.
func (f *lessonFile) line(offset int) int {
	i, ok := slices.BinarySearch(f.lines, offset)
	if ok {
		return i + 1
	}
	return i
}

// text reports whether the file is text, as Git decides it.
func (f *lessonFile) text() bool { return bytes.IndexByte(f.data[:min(8000, len(f.data))], 0) < 0 }

// lessons returns what there is to learn in the file: the values that the
// grammars propose, that are left to be weighed, that no typed rule claims and
// that the path leaves alone.
func (f *lessonFile) lessons(set *rules.Set, exclude []string) []lesson {
	if !f.text() {
		return nil
	}
	typed := slices.DeleteFunc(set.Find(nil, f.data), func(m rules.Match) bool { return !m.Typed() || m.Confidence < report.ConfidenceMedium })
	var all []lesson
	for _, c := range set.Candidates(f.data) {
		claimed := slices.ContainsFunc(typed, func(m rules.Match) bool { return m.Start < c.End && c.Start < m.End })
		if !c.Weighed || claimed || !f.counts(set, c.Match) {
			continue
		}
		if l, ok := f.lesson(c, exclude); ok {
			all = append(all, l)
		}
	}
	// Of what several rules propose, the one that says most about its name counts.
	slices.SortFunc(all, func(a, b lesson) int {
		return cmp.Or(a.Start-b.Start, a.End-b.End, slices.Compare(b.Traits[:], a.Traits[:]))
	})
	return slices.CompactFunc(all, func(a, b lesson) bool { return a.Start == b.Start && a.End == b.End })
}

// counts reports whether a match would be reported at the path of the file if the
// model were sure of it.
func (f *lessonFile) counts(set *rules.Set, m rules.Match) bool {
	m.Confidence = report.ConfidenceMedium
	m, ok := set.At(f.path, m)
	return ok && m.Confidence >= report.ConfidenceMedium
}

// lesson labels a candidate. Excluded categories teach nothing.
func (f *lessonFile) lesson(c rules.Candidate, exclude []string) (lesson, bool) {
	l := lesson{Candidate: c, group: f.group, weight: 16}
	units := covering(f.units, spot{Line: f.line(c.Start), EndLine: f.line(c.End - 1)})
	l.truth = slices.ContainsFunc(units, (*unit).isTrue)
	return l, !l.truth || slices.ContainsFunc(units, func(u *unit) bool { return u.isTrue() && !u.within(exclude) })
}

// spots returns what a set reports in the file at the default gate.
func (f *lessonFile) spots(set *rules.Set) []spot {
	var all []spot
	for _, m := range set.Find(nil, f.data) {
		if !m.Typed() && !f.text() {
			continue
		}
		if m, ok := set.At(f.path, m); ok && m.Confidence >= report.ConfidenceMedium {
			all = append(all, spot{Path: f.path, Line: f.line(m.Start), EndLine: f.line(m.End - 1)})
		}
	}
	return all
}
