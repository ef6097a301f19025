package report

import (
	"slices"
	"strings"
)

// regionsListed is how many rows of the coverage are written.
const regionsListed = 40

// Statuses of a CoverageRow.
const (
	statusExamined    = "examined"
	statusDisabled    = "disabled"
	statusNotExamined = "not examined"
)

func (a *auditText) severalAccounts() bool {
	return a.coverage != nil && slices.ContainsFunc(a.coverage.Rows, func(r CoverageRow) bool { return r.Account != a.coverage.Rows[0].Account })
}

// A coverageLine is a row of the coverage as text shows it.
type coverageLine struct {
	CoverageRow
	services []CoverageCalls // one for each service
	secrets  int
}

// trouble reports whether l says that something is missing.
func (l coverageLine) trouble() bool {
	return l.Status != statusExamined || slices.ContainsFunc(l.services, func(n CoverageCalls) bool { return n.Denied+n.Failed > 0 })
}

// listCoverage writes what was asked where and what came of it: a line for each
// region with secrets or with trouble, and one for all others.
func (a *auditText) listCoverage(s Summary) {
	if a.coverage == nil || len(a.coverage.Rows) == 0 {
		return
	}
	services := services(a.coverage.Operations)
	// The number of secrets is known if as many were judged as were found.
	known := a.secrets == s.Resources["secret"]
	var lines []coverageLine
	var disabled []CoverageRow
	quiet := 0
	for _, row := range a.coverage.Rows {
		line := coverageLine{row, a.coverage.byService(row, services), a.regions[regionKey{row.Account, row.Region}]}
		switch {
		case row.Status == statusDisabled:
			disabled = append(disabled, row)
		case known && line.secrets == 0 && !line.trouble():
			quiet++
		default:
			lines = append(lines, line)
		}
	}
	a.printf("%s\n", a.paint(bold, "Coverage")+a.paint(dim, "  requests by service, and what was refused"))
	if len(lines) > regionsListed && a.severalAccounts() {
		lines = byAccount(lines)
	}
	a.coverageTable(lines, services, known)
	if quiet > 0 {
		a.printf("  %s, no secrets\n", regionsExamined(quiet, len(lines)))
	}
	a.listDisabled(disabled)
	a.listEvents()
	a.printf("\n")
}

func regionsExamined(n, listed int) string {
	what := "region"
	if listed > 0 {
		what = "more region"
	}
	if n == 1 {
		return count(n, what) + ": examined"
	}
	return count(n, what) + ": all examined"
}

// services are the parts of operations before the colon, in order.
func services(operations []string) []string {
	var list []string
	for _, o := range operations {
		service, _, _ := strings.Cut(o, ":")
		list = append(list, service)
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// byService adds up the requests of row for each of services.
func (c *Coverage) byService(row CoverageRow, services []string) []CoverageCalls {
	sums := make([]CoverageCalls, len(services))
	for operation, n := range c.asked(row) {
		service, _, _ := strings.Cut(operation, ":")
		i := slices.Index(services, service)
		sums[i] = sums[i].plus(n)
	}
	return sums
}

// coverageTable writes lines under a head. Services of which nothing was asked
// have no column. If there are too many lines those with trouble come first.
func (a *auditText) coverageTable(lines []coverageLine, services []string, known bool) {
	if len(lines) == 0 {
		return
	}
	more := len(lines) - regionsListed
	if more > 0 {
		slices.SortStableFunc(lines, func(x, y coverageLine) int { return boolRank(x.trouble()) - boolRank(y.trouble()) })
		lines = lines[:regionsListed]
	}
	table := [][]tableCell{{{text: "region", style: dim}}}
	if known {
		table[0] = append(table[0], tableCell{"secrets", dim})
	}
	var columns []int
	for i, service := range services {
		if slices.ContainsFunc(lines, func(l coverageLine) bool { return l.services[i].total() > 0 }) {
			columns = append(columns, i)
			table[0] = append(table[0], tableCell{escape(service), dim})
		}
	}
	for _, l := range lines {
		row := []tableCell{{text: a.regionOf(Resource{Account: l.Account, Region: l.Region})}}
		if known {
			row = append(row, secretsCell(l))
		}
		for _, i := range columns {
			row = append(row, callsCell(l.services[i]))
		}
		if l.Status != statusExamined {
			row = append(row, statusCell(l.Status))
		}
		table = append(table, row)
	}
	a.table(table)
	if more > 0 {
		a.printf("  and %s; the formats json and jsonl list them\n", count(more, "more region"))
	}
}

func statusCell(status string) tableCell {
	if status == statusNotExamined {
		status = strings.ToUpper(status)
	}
	return tableCell{escape(status), yellow}
}

// secretsCell is the number of secrets, unless it could not be learnt.
func secretsCell(l coverageLine) tableCell {
	if l.secrets == 0 && l.trouble() {
		return tableCell{"?", yellow}
	}
	return tableCell{text: thousands(int64(l.secrets))}
}

// boolRank puts what is true first.
func boolRank(b bool) int {
	if b {
		return 0
	}
	return 1
}

// callsCell is the number of requests, or what is wrong with them.
func callsCell(n CoverageCalls) tableCell {
	var wrong []string
	if n.Denied > 0 {
		wrong = append(wrong, "DENIED "+thousands(int64(n.Denied)))
	}
	if n.Failed > 0 {
		wrong = append(wrong, "FAILED "+thousands(int64(n.Failed)))
	}
	switch {
	case wrong != nil:
		return tableCell{strings.Join(wrong, ", ") + " of " + thousands(int64(n.total())), red}
	case n.OK == 0 && n.Absent > 0:
		return tableCell{"none here", dim}
	case n.OK == 0:
		return tableCell{"-", dim}
	}
	return tableCell{text: thousands(int64(n.OK))}
}

// A tableCell is text that is escaped already, and how to show it.
type tableCell struct {
	text  string
	style style
}

// table writes rows with columns of one width, the first to the left and the
// others to the right. A row may be longer than the first: that cell stands free.
func (h *textHandler) table(rows [][]tableCell) {
	widths := make([]int, len(rows[0]))
	for _, row := range rows {
		for i := range widths {
			widths[i] = max(widths[i], runes(row[i].text))
		}
	}
	if h.tooWide(rows, widths) {
		h.untabled(rows)
		return
	}
	for _, row := range rows {
		h.printf("  %s%s", h.painted(row[0]), strings.Repeat(" ", widths[0]-runes(row[0].text)))
		for i, c := range row[1:] {
			blanks := 0
			if i+1 < len(widths) {
				blanks = widths[i+1] - runes(c.text)
			}
			h.printf("  %s%s", strings.Repeat(" ", blanks), h.painted(c))
		}
		h.printf("\n")
	}
}

// tooWide reports whether a terminal would break the lines of a table.
func (h *textHandler) tooWide(rows [][]tableCell, widths []int) bool {
	width, free := 0, 0
	for _, w := range widths {
		width += 2 + w
	}
	for _, row := range rows {
		for _, c := range row[len(widths):] {
			free = max(free, 2+runes(c.text))
		}
	}
	return h.options.Width > 0 && width+free > h.options.Width
}

// untabled writes what table does for a terminal that is too narrow: each cell
// behind the head of its column.
func (h *textHandler) untabled(rows [][]tableCell) {
	for _, row := range rows[1:] {
		var parts []string
		for i, c := range row[1:] {
			switch {
			case c.text == "-":
			case i+1 < len(rows[0]):
				parts = append(parts, rows[0][i+1].text+" "+c.text)
			default:
				parts = append(parts, c.text)
			}
		}
		h.hanging(row[0], strings.Join(parts, ", "))
	}
}

func (h *textHandler) painted(c tableCell) string {
	if c.style == "" {
		return c.text
	}
	return h.paint(c.style, c.text)
}

// listEvents says which intervals the events of CloudTrail cover, and where.
func (a *auditText) listEvents() {
	var intervals []string
	regions := map[string][]string{}
	for _, row := range a.coverage.Rows {
		if row.Events == "" {
			continue
		}
		if regions[row.Events] == nil {
			intervals = append(intervals, row.Events)
		}
		regions[row.Events] = append(regions[row.Events], a.regionOf(Resource{Account: row.Account, Region: row.Region}))
	}
	for i, interval := range intervals[:min(len(intervals), subjectsListed)] {
		where := ""
		if len(intervals) > 1 {
			where = " in " + several(regions[interval])
		}
		a.hanging(tableCell{}, "CloudTrail events: "+escape(interval)+where)
		if more := len(intervals) - subjectsListed; more > 0 && i == subjectsListed-1 {
			a.printf("  and %s; the formats json and jsonl list them\n", count(more, "more interval"))
		}
	}
}
