package main

import (
	"context"
	"fmt"
	"slices"
)

// A treeScore says how much two scanners report in one tree.
type treeScore struct {
	Tree     string `json:"tree"`
	Files    int    `json:"files"`
	Ours     loud   `json:"assay"`
	Gitleaks loud   `json:"gitleaks"`
}

// loud is what a person gets to read from a scanner.
type loud struct {
	Findings int `json:"findings"` // credentials, whatever the number of their places
	Places   int `json:"places"`
}

func (l loud) plus(m loud) loud { return loud{l.Findings + m.Findings, l.Places + m.Places} }

// treesSuite scans each tree once with both scanners at their default gates.
func treesSuite(ctx context.Context, s *session) ([]result, error) {
	chosen, err := treesNamed(s.Corpora)
	if err != nil {
		return nil, err
	}
	r := result{Suite: "trees", Corpus: "large well-known source trees"}
	err = s.eachOf(ctx, chosen, func(p place) error {
		score, err := s.scoreTree(ctx, p)
		r.Trees = append(r.Trees, score)
		return err
	})
	return []result{r}, err
}

func (s *session) scoreTree(ctx context.Context, p place) (treeScore, error) {
	s.say("scanning %s", p.Name)
	score := treeScore{Tree: p.Name + " " + p.Origin}
	var err error
	if score.Files, _, err = countFiles(p.Dir); err != nil {
		return score, err
	}
	for _, side := range []struct {
		c  contender
		to *loud
	}{{s.assayScan(assayName, "--no-history", p.Dir), &score.Ours}, {unredacted(s.gitleaksScan("dir", p.Dir)), &score.Gitleaks}} {
		if len(present(side.c)) == 0 {
			continue
		}
		_, found, err := side.c.once(ctx, 0)
		if err != nil {
			return score, fmt.Errorf("corpus %s: %w", p.Name, err)
		}
		*side.to = loudOf(found)
	}
	return score, nil
}

// loudOf counts credentials and places. gitleaks reports one finding for each
// place; the same text found by the same rule is one credential.
func loudOf(s scan) loud {
	type credential struct {
		finding      int
		rule, secret string
	}
	seen := map[credential]bool{}
	for _, at := range s.Spots {
		if at.Secret == "" {
			seen[credential{finding: at.Finding}] = true
			continue
		}
		seen[credential{-1, at.Rule, at.Secret}] = true
	}
	return loud{len(seen), len(s.Spots)}
}

// treeTable shows findings and places per 1,000 files. The last line sums up.
func treeTable(all []treeScore) table {
	if len(all) == 0 {
		return nil
	}
	var t table
	t.add("tree", "files", "assay findings", "per 1,000", "gitleaks findings", "per 1,000", "assay places", "per 1,000", "gitleaks places", "per 1,000")
	sum := treeScore{Tree: "all"}
	for _, s := range all {
		sum.Files += s.Files
		sum.Ours, sum.Gitleaks = sum.Ours.plus(s.Ours), sum.Gitleaks.plus(s.Gitleaks)
	}
	for _, s := range append(slices.Clone(all), sum) {
		line := []string{s.Tree, fmt.Sprint(s.Files)}
		for _, n := range []int{s.Ours.Findings, s.Gitleaks.Findings, s.Ours.Places, s.Gitleaks.Places} {
			line = append(line, fmt.Sprint(n), perThousand(n, s.Files))
		}
		t.add(line...)
	}
	return t
}

func perThousand(n, files int) string {
	if files == 0 {
		return "-"
	}
	return fmt.Sprintf("%.1f", 1000*float64(n)/float64(files))
}
