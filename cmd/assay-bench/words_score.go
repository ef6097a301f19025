package main

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
)

// A wordScore is what one scanner reached in one half.
type wordScore struct {
	Tool string    `json:"tool"`
	Half string    `json:"half"`
	All  wordCount `json:"all"`
	// Literal counts the twins that are texts where a password could be one too:
	// labels, names, translations. Calls, references, types and prose are easier.
	Literal   wordCount            `json:"literal"`
	Kinds     map[string]wordCount `json:"kinds"`
	Grammars  map[string]wordCount `json:"grammars"`
	Languages map[string]wordCount `json:"languages"`
	Elsewhere int                  `json:"elsewhere"` // lines reported that are no case
}

// A wordCount counts cases.
type wordCount struct {
	Passwords int `json:"passwords"`
	Found     int `json:"found"`
	Twins     int `json:"twins"`
	Flagged   int `json:"flagged"`
}

func (c wordCount) with(l wordLabel, hit bool) wordCount {
	all, some := &c.Passwords, &c.Found
	if !l.Credential {
		all, some = &c.Twins, &c.Flagged
	}
	*all++
	if hit {
		*some++
	}
	return c
}

// scoreWords compares what a scanner reported in dir with the labels. A case is
// hit where anything is reported in its lines.
func scoreWords(tool, dir string, spots []spot, labels []wordLabel) []wordScore {
	hits := hitLines(dir, spots)
	scores := map[string]*wordScore{}
	for _, l := range labels {
		s := scores[l.Half]
		if s == nil {
			s = &wordScore{Tool: tool, Half: l.Half, Kinds: map[string]wordCount{}, Grammars: map[string]wordCount{}, Languages: map[string]wordCount{}}
			scores[l.Half] = s
		}
		hit := false
		for line := l.Line; line <= l.EndLine; line++ {
			at := wordLine{l.Path, line}
			hit = hit || hits[at]
			delete(hits, at)
		}
		s.All = s.All.with(l, hit)
		if l.Credential || literalTwin(l.Kind) {
			s.Literal = s.Literal.with(l, hit)
		}
		s.Kinds[l.Kind] = s.Kinds[l.Kind].with(l, hit)
		s.Grammars[l.Grammar] = s.Grammars[l.Grammar].with(l, hit)
		s.Languages[l.Language] = s.Languages[l.Language].with(l, hit)
	}
	for at := range hits {
		if s := scores[halfOf(at.path)]; s != nil {
			s.Elsewhere++
		}
	}
	var sorted []wordScore
	for _, half := range []string{tuningName, decidingName} {
		if s := scores[half]; s != nil {
			sorted = append(sorted, *s)
		}
	}
	return sorted
}

// A wordLine is a line of a file of the set.
type wordLine struct {
	path string
	line int
}

func hitLines(dir string, spots []spot) map[wordLine]bool {
	hits := map[wordLine]bool{}
	for _, s := range spots {
		path := s.relative(dir)
		for line := s.Line; line <= max(s.Line, s.EndLine); line++ {
			hits[wordLine{path, line}] = true
		}
	}
	return hits
}

func halfOf(path string) string {
	half, _, _ := strings.Cut(path, "/")
	return half
}

// What has to hold in the half that decides.
const (
	leastPasswords = 0.85 // found
	mostTwins      = 0.05 // flagged
)

func wordBars(scores []wordScore) []bar {
	i := slices.IndexFunc(scores, func(s wordScore) bool { return s.Tool == assayName && s.Half == decidingName })
	if i < 0 {
		return nil
	}
	all, literal := scores[i].All, scores[i].Literal
	return []bar{
		least("passwords found, deciding half", part(all.Found, all.Passwords), leastPasswords),
		most("twins flagged, deciding half", part(all.Flagged, all.Twins), mostTwins),
		most("literal twins flagged, deciding half", part(literal.Flagged, literal.Twins), mostTwins),
	}
}

func wordTable(scores []wordScore) table {
	if len(scores) == 0 {
		return nil
	}
	var t table
	t.add("", "half", "passwords", "found", "95 %", "twins", "flagged", "95 %", "literal ones", "flagged", "95 %", "elsewhere")
	for _, s := range scores {
		c := s.All
		t.add(s.Tool, s.Half, fmt.Sprint(c.Passwords), percent(c.Found, c.Passwords), wilson(c.Found, c.Passwords),
			fmt.Sprint(c.Twins), percent(c.Flagged, c.Twins), wilson(c.Flagged, c.Twins),
			fmt.Sprint(s.Literal.Twins), percent(s.Literal.Flagged, s.Literal.Twins), wilson(s.Literal.Flagged, s.Literal.Twins), fmt.Sprint(s.Elsewhere))
	}
	return t
}

// groupTables show the same by kind, grammar and language, a table for each
// half and grouping, with the scanners side by side.
func wordGroupTables(scores []wordScore) []table {
	var tables []table
	for _, half := range []string{tuningName, decidingName} {
		of := slices.DeleteFunc(slices.Clone(scores), func(s wordScore) bool { return s.Half != half })
		if len(of) == 0 {
			continue
		}
		tables = append(tables,
			wordGroupTable(half+" half, by kind", of, func(s wordScore) map[string]wordCount { return s.Kinds }),
			wordGroupTable(half+" half, by grammar", of, func(s wordScore) map[string]wordCount { return s.Grammars }),
			wordGroupTable(half+" half, by language", of, func(s wordScore) map[string]wordCount { return s.Languages }))
	}
	return tables
}

func wordGroupTable(title string, scores []wordScore, groups func(wordScore) map[string]wordCount) table {
	header := []string{title, "passwords"}
	for _, s := range scores {
		header = append(header, s.Tool, "95 %")
	}
	header = append(header, "twins")
	for _, s := range scores {
		header = append(header, s.Tool, "95 %")
	}
	t := table{header}
	all := groups(scores[0])
	names := slices.SortedFunc(maps.Keys(all), func(a, b string) int {
		return cmp.Or(cmp.Compare(min(all[b].Passwords, 1), min(all[a].Passwords, 1)), cmp.Compare(a, b))
	})
	for _, name := range names {
		line := []string{name, fmt.Sprint(all[name].Passwords)}
		for _, s := range scores {
			c := groups(s)[name]
			line = append(line, percent(c.Found, c.Passwords), wilson(c.Found, c.Passwords))
		}
		line = append(line, fmt.Sprint(all[name].Twins))
		for _, s := range scores {
			c := groups(s)[name]
			line = append(line, percent(c.Flagged, c.Twins), wilson(c.Flagged, c.Twins))
		}
		t.add(line...)
	}
	return t
}

// wilson is the interval of Wilson in which a share lies with 95 % confidence,
// in percent.
func wilson(some, of int) string {
	if of == 0 {
		return "-"
	}
	const z = 1.96
	n, p := float64(of), part(some, of)
	mid := (p + z*z/(2*n)) / (1 + z*z/n)
	off := z / (1 + z*z/n) * math.Sqrt(p*(1-p)/n+z*z/(4*n*n))
	return fmt.Sprintf("%.1f-%.1f", 100*max(0, mid-off), 100*min(1, mid+off))
}
