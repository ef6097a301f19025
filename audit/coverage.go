package audit

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/assayhq/assay/report"
)

// Coverage returns the table that heads a report: what was asked in which
// region, and what came of it.
func (inv *Inventory) Coverage() *report.Coverage {
	asked := map[Operation]bool{}
	for _, d := range inv.cells {
		if d.record != nil {
			for _, c := range d.record.Calls {
				asked[c.Operation] = true
			}
		}
	}
	table := &report.Coverage{}
	columns := slices.Sorted(maps.Keys(asked))
	for _, op := range columns {
		table.Operations = append(table.Operations, string(op))
	}
	for _, at := range inv.sorted() {
		table.Rows = append(table.Rows, inv.coverageRow(at, columns))
	}
	return table
}

func (inv *Inventory) coverageRow(at cell, columns []Operation) report.CoverageRow {
	r := inv.region(at, Settings{})
	row := report.CoverageRow{Account: at.account, Region: at.region, Status: strings.ReplaceAll(string(r.Status), "-", " "), Calls: make([]report.CoverageCalls, len(columns))}
	if r.Events != nil {
		row.Events = fmt.Sprintf("%d, %s", r.Events.Events, r.Interval())
	}
	for _, c := range r.Calls {
		i, _ := slices.BinarySearch(columns, c.Operation)
		row.Calls[i] = report.CoverageCalls{OK: c.OK, Denied: c.Denied, Failed: c.Failed, Absent: c.Absent}
	}
	return row
}

// Target names what the inventory is about: the accounts, and the secret if it
// is about one.
func (inv *Inventory) Target() string {
	var accounts []string
	for _, at := range inv.sorted() {
		if !slices.Contains(accounts, at.account) {
			accounts = append(accounts, at.account)
		}
	}
	target := strings.Join(accounts, ", ")
	if inv.Secret != "" {
		target = strings.TrimSpace(target + " " + inv.Secret)
	}
	return target
}
