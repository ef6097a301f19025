package main

import (
	"fmt"
	"path"
	"slices"
	"strings"
	"time"
)

// name is that of the sample.
func (d drawing) name() string {
	if d.Typed {
		return "typed"
	}
	return "findings"
}

// wanted returns one place of each finding that may be drawn: its first, or with
// Typed its first outside tests and documents.
func (d drawing) wanted(p place, spots []spot) []judgement {
	var all []judgement
	last := -1
	for _, s := range spots {
		rel := s.relative(p.Dir)
		if s.Finding == last || d.Typed && !(s.typed() && inProduct(rel)) {
			continue
		}
		last = s.Finding
		all = append(all, judgement{Sample: d.name(), Module: p.Origin, Path: rel, Line: s.Line, Rule: s.Rule})
	}
	return all
}

// typed reports whether a spot was found with high confidence by a rule that
// knows a format, and not by the name beside a value alone.
func (s spot) typed() bool { return s.High && !strings.HasPrefix(s.Rule, "generic-") }

// remark says how a sample was drawn, for the head of its lines.
func (d drawing) remark(seed uint64, names []string, drawn, of int, now time.Time) string {
	args := []string{"assay-bench", "--seed", fmt.Sprint(seed), "judge", "draw", "--count", fmt.Sprint(d.Count)}
	if d.Typed {
		args = append(args, "--typed")
	}
	return fmt.Sprintf("Sample %s: %d of %d findings, %s, drawn on %s.\n"+
		"true: works or once worked, or key material. worth: made up, but written out as a real one would be.\n"+
		"placeholder: stands for one, nobody could take it for real. false: no credential.",
		d.name(), drawn, of, strings.Join(append(args, names...), " "), now.UTC().Format(time.DateOnly))
}

// aside are words of folder and file names that hold tests, samples or documents.
// Words that start with test are such ones too.
func aside(word string) bool {
	return strings.HasPrefix(word, "test") || slices.Contains([]string{
		"fixture", "fixtures", "spec", "specs", "mock", "mocks", "mirage", "e2e", "integration", "stub", "stubs", "fake", "fakes",
		"fuzz", "benchmark", "benchmarks", "demo", "demos", "example", "examples", "sample", "samples",
		"doc", "docs", "documentation", "guide", "guides", "tutorial", "tutorials", "changelog", "changelogs", "changes", "readme",
	}, word)
}

// inProduct reports whether a path, with slashes, is of the code that ships, by
// the words of its names: no test, fixture, sample or document.
func inProduct(file string) bool {
	switch strings.ToLower(path.Ext(file)) {
	case ".md", ".mdx", ".rst", ".txt", ".adoc", ".1", ".3", ".8": // manual pages too
		return false
	}
	return !slices.ContainsFunc(pathWords(file), aside)
}

// pathWords splits a path where its case or its signs do, in lower case.
func pathWords(file string) []string {
	var words []string
	start := 0
	cut := func(end int) {
		if end > start {
			words = append(words, strings.ToLower(file[start:end]))
		}
	}
	for i := range len(file) {
		switch c := file[i]; {
		case strings.IndexByte("/._- @", c) >= 0:
			cut(i)
			start = i + 1
		case i > 0 && 'A' <= c && c <= 'Z' && 'a' <= file[i-1] && file[i-1] <= 'z':
			cut(i)
			start = i
		}
	}
	cut(len(file))
	return words
}
