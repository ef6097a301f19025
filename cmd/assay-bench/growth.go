package main

import (
	"context"
	"fmt"
	"slices"
)

// A growthSize is a generated history of the suite growth. The sizes differ in
// length, not in kind: there is a file for every 50 commits, as in the corpus
// commits, and a plant for every five files.
type growthSize struct {
	name    string
	about   string
	commits int
	lines   int // as in generatorOptions
}

// largest is the size that the bound on memory is given for.
const largest = "objects-5g"

// growthSizes lists the sizes. The counts are those that Git showed for these
// lengths with the usual seed; another seed changes them by a few percent.
func growthSizes() []growthSize {
	return []growthSize{
		{"objects-10k", "generated history of 10,000 objects", 1_600, usualLines},
		{"objects-100k", "generated history of 100,000 objects", 15_100, usualLines},
		{"objects-1m", "generated history of 1,000,000 objects", 149_000, usualLines},
		{largest, "generated history of 1,200,000 objects with 5 GB of blobs", 179_000, 230},
	}
}

func (z growthSize) corpus() corpus {
	return corpus{Name: z.name, About: z.about, Repo: true, OnRequest: true, seeded: true, build: z.build}
}

func (z growthSize) build(ctx context.Context, b *bench, dir string) error {
	files := z.commits / 50
	return buildGenerated(ctx, b, dir, generatorOptions{Commits: z.commits, Files: files, Lines: z.lines, Plants: files / 5})
}

func growthNames() []string {
	var names []string
	for _, z := range growthSizes() {
		names = append(names, z.name)
	}
	return names
}

// growthSuite scans histories of growing length.
func growthSuite(ctx context.Context, s *session) ([]result, error) {
	sizes := growthNames()
	isSize := func(c corpus) bool { return slices.Contains(sizes, c.Name) }
	results, err := s.eachPlace(ctx, "growth", s.corporaOr(sizes...), isSize, func(p place) ([]contender, error) {
		return present(s.assayScan(assayName, "--history-only", p.Dir), s.catFile(p.Dir)), nil
	})
	for i := range results {
		if results[i].Corpus == largest {
			results[i].Bars = memoryBar(results[i].Rows)
		}
	}
	if len(results) > 0 {
		results = append(results, result{Suite: "growth", Corpus: "side by side", Growth: growthRows(results)})
	}
	return results, err
}

// A growthRow is what one size costs our scanner and Git.
type growthRow struct {
	Corpus string    `json:"corpus"`
	Repo   repoFacts `json:"repository"`
	Assay  row       `json:"assay"`
	Git    row       `json:"git"`
}

func growthRows(results []result) []growthRow {
	var rows []growthRow
	for _, r := range results {
		assay, _ := rowOf(r.Rows, assayName)
		git, _ := rowOf(r.Rows, catFileName)
		if r.Repo != nil {
			rows = append(rows, growthRow{r.Corpus, *r.Repo, assay, git})
		}
	}
	return rows
}

// growthTable shows the sizes below each other: times first, then the memory
// without mapped files, whole and for each object.
func growthTable(rows []growthRow) table {
	if len(rows) == 0 {
		return nil
	}
	var t table
	t.add("", "objects", "bytes", "CPU assay", "CPU git", "assay/git", "wall assay", "wall git", "memory assay", "an object", "memory git")
	for _, r := range rows {
		each := "-"
		if r.Assay.Anon > 0 && r.Repo.Objects > 0 {
			each = fmt.Sprintf("%d B", r.Assay.Anon/int64(r.Repo.Objects))
		}
		t.add(r.Corpus, fmt.Sprint(r.Repo.Objects), size(r.Repo.Bytes), duration(r.Assay.CPU), duration(r.Git.CPU), ratio(r.Assay.CPU, r.Git.CPU),
			duration(r.Assay.Wall), duration(r.Git.Wall), sizeOr(r.Assay.Anon), each, sizeOr(r.Git.Anon))
	}
	return t
}
