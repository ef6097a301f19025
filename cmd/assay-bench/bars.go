package main

import (
	"fmt"
	"slices"
	"strings"
)

// What has to hold, as shares and bytes that are measured in one run. A bar that
// is missed is shown and fails nothing: figures of a busy machine say little.
const (
	mostCPUOfGit       = 0.6  // CPU time of a history scan, of that of Git writing all objects
	leastCPUOfGitleaks = 15   // CPU time of gitleaks, of that of a history scan
	mostWallOfOneCore  = 0.6  // wall time on all cores, of that on one
	mostOfFirstRun     = 0.05 // a run that finds nothing new, of the one before it
	mostAnonymous      = 500  // megabytes of 10^6 bytes, mapped files aside
)

// The names of contenders whose rows the bars compare.
const (
	assayName      = "assay"
	oneWorkerName  = "assay, 1 worker"
	catFileName    = "git cat-file"
	gitleaksName   = "gitleaks"
	firstRunName   = "first run"
	nothingNewName = "nothing new"
)

// A bar is a figure and how far it may go.
type bar struct {
	What  string  `json:"what"`
	Value float64 `json:"value"`
	Limit float64 `json:"limit"`
	Least bool    `json:"least"` // Limit is the least that Value may be, not the most
	Holds bool    `json:"holds"`
}

func most(what string, value, limit float64) bar {
	return bar{What: what, Value: value, Limit: limit, Holds: value <= limit}
}

func least(what string, value, limit float64) bar {
	return bar{What: what, Value: value, Limit: limit, Least: true, Holds: value >= limit}
}

// historyBars are those of a history scan. A bar whose programs did not all run
// is left out.
func historyBars(rows []row) []bar {
	var bars []bar
	assay, ok := rowOf(rows, assayName)
	if !ok {
		return nil
	}
	if git, ok := rowOf(rows, catFileName); ok {
		bars = append(bars, most("CPU assay / git cat-file", share(assay.CPU, git.CPU), mostCPUOfGit))
	}
	if peer, ok := rowOf(rows, gitleaksName); ok {
		bars = append(bars, least("CPU gitleaks / assay", share(peer.CPU, assay.CPU), leastCPUOfGitleaks))
	}
	if one, ok := rowOf(rows, oneWorkerName); ok {
		bars = append(bars, most("wall assay / assay with one worker", share(assay.Wall, one.Wall), mostWallOfOneCore))
	}
	return bars
}

// incrementalBars are those of a run that finds nothing new.
func incrementalBars(rows []row) []bar {
	first, ok := rowOf(rows, firstRunName)
	second, too := rowOf(rows, nothingNewName)
	if !ok || !too {
		return nil
	}
	return []bar{
		most("CPU nothing new / first run", share(second.CPU, first.CPU), mostOfFirstRun),
		most("wall nothing new / first run", share(second.Wall, first.Wall), mostOfFirstRun),
	}
}

// memoryBar is that of the peak memory of our scanner, where it is known.
func memoryBar(rows []row) []bar {
	assay, ok := rowOf(rows, assayName)
	if !ok || assay.Anon == 0 {
		return nil
	}
	return []bar{most("MB of anonymous memory of assay", float64(assay.Anon)/1e6, mostAnonymous)}
}

// rowOf is the row of a contender that ran.
func rowOf(rows []row, tool string) (row, bool) {
	i := slices.IndexFunc(rows, func(r row) bool { return r.Tool == tool && r.Runs > 0 && r.CPU > 0 && r.Wall > 0 })
	if i < 0 {
		return row{}, false
	}
	return rows[i], true
}

func barTable(bars []bar) table {
	if len(bars) == 0 {
		return nil
	}
	var t table
	t.add("must hold", "is", "limit", "")
	for _, b := range bars {
		limit, verdict := "at most ", "missed"
		if b.Least {
			limit = "at least "
		}
		if b.Holds {
			verdict = "holds"
		}
		t.add(b.What, threeDigits(b.Value), limit+strings.TrimSuffix(fmt.Sprintf("%.2f", b.Limit), ".00"), verdict)
	}
	return t
}
