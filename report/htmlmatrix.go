package report

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
)

// A matrixView is a table of marks.
type matrixView struct {
	Lead    string
	Columns []string
	Rows    []matrixRow
}

type matrixRow struct {
	ID, Name, Token string
	Cells           []matrixCell
}

type matrixCell struct{ Class, Mark, Title string }

// newCell says what came of a check in a place.
func newCell(s *Score) matrixCell {
	if s == nil || *s == (Score{}) {
		return matrixCell{"n", "·", "nothing to judge"}
	}
	title := fmt.Sprintf("%d failed, %d passed, %d not evaluated", s.Failed, s.Passed, s.NotEvaluated)
	switch {
	case s.Failed > 0:
		return matrixCell{"f", "✕ " + strconv.Itoa(s.Failed), title}
	case s.NotEvaluated > 0:
		return matrixCell{"u", "? " + strconv.Itoa(s.NotEvaluated), title}
	}
	return matrixCell{"p", "✓", title}
}

// A column is where checks looked: a region of an account, or a whole account.
type column struct{ account, region string }

const (
	// regionColumns is how many regions have columns of their own; of more the accounts do.
	regionColumns = 24
	// accountColumns is how many accounts have columns, those with most that failed.
	accountColumns = 40
)

// matrix tells of each check what came of it where, nil if nothing was judged.
func (p *auditPage) matrix() *matrixView {
	cells, sums := p.cells(func(c accountCheck) column { return column{c.account, c.region} })
	what := "a region of an account"
	if len(sums) > regionColumns {
		cells, sums = p.cells(func(c accountCheck) column { return column{account: c.account} })
		what = "an account"
	}
	if len(sums) == 0 {
		return nil
	}
	columns := slices.SortedFunc(maps.Keys(sums), func(a, b column) int {
		return cmp.Or(cmp.Compare(a.account, b.account), cmp.Compare(a.region, b.region))
	})
	v := &matrixView{Lead: "A column is " + what + ". What could not be judged is no pass."}
	columns, alike := p.quiet(columns, cells, sums)
	if more := len(columns) - accountColumns; more > 0 {
		slices.SortStableFunc(columns, func(a, b column) int { return cmp.Compare(sums[b].Failed, sums[a].Failed) })
		columns = columns[:accountColumns]
		v.Lead += fmt.Sprintf(" The %d with most that failed are shown, %d are not.", accountColumns, more)
	}
	several := slices.ContainsFunc(columns, func(c column) bool { return c.account != columns[0].account })
	for _, c := range columns {
		title := c.title(several)
		if n := alike[c]; n > 1 {
			title = fmt.Sprintf("%d quiet regions", n)
			v.Lead += fmt.Sprintf(" In %d the same checks passed and nothing else was there to judge; they share one.", n)
		}
		v.Columns = append(v.Columns, title)
	}
	v.Rows = p.matrixRows(columns, cells)
	return v
}

// quiet leaves one of those columns in which the same few checks passed and no other
// judged anything, and says for how many it stands.
func (p *auditPage) quiet(columns []column, cells map[column]map[string]*Score, sums map[column]*Score) ([]column, map[column]int) {
	signature := func(c column) string {
		if sums[c].Failed+sums[c].NotEvaluated > 0 {
			return ""
		}
		return join(" ", slices.Sorted(maps.Keys(cells[c]))...)
	}
	counts := map[string]int{}
	for _, c := range columns {
		counts[signature(c)]++
	}
	delete(counts, "")
	most := ""
	for s, n := range counts {
		if n > counts[most] || n == counts[most] && s < most {
			most = s
		}
	}
	if counts[most] < 3 {
		return columns, nil
	}
	var rest []column
	var one column
	for _, c := range columns {
		if signature(c) == most {
			one = c
		} else {
			rest = append(rest, c)
		}
	}
	return append(rest, one), map[column]int{one: counts[most]}
}

// title names the account only where there are several.
func (c column) title(several bool) string {
	if c.region == "" || several {
		return cmp.Or(join(" ", c.account, c.region), "no account")
	}
	return escape(c.region)
}

// cells adds up the verdicts of checks by columns.
func (p *auditPage) cells(at func(accountCheck) column) (map[column]map[string]*Score, map[column]*Score) {
	cells, sums := map[column]map[string]*Score{}, map[column]*Score{}
	for key, s := range p.tally.parts {
		c := at(key)
		if cells[c] == nil {
			cells[c] = map[string]*Score{}
		}
		scoreOf(cells[c], key.check).plus(*s)
		scoreOf(sums, c).plus(*s)
	}
	return cells, sums
}

// plus adds verdicts.
func (s *Score) plus(o Score) {
	s.Passed += o.Passed
	s.Failed += o.Failed
	s.NotEvaluated += o.NotEvaluated
}

func (p *auditPage) matrixRows(columns []column, cells map[column]map[string]*Score) []matrixRow {
	var rows []matrixRow
	for _, c := range p.checks {
		row := matrixRow{ID: escape(c.ID), Name: escape(c.Title), Token: p.token(c.ID)}
		for _, at := range columns {
			row.Cells = append(row.Cells, newCell(cells[at][c.ID]))
		}
		rows = append(rows, row)
	}
	return rows
}

// cross is the table of scores by account and framework.
func (p *auditPage) cross(accounts, frameworks []string) *matrixView {
	v := &matrixView{}
	for _, f := range frameworks {
		v.Columns = append(v.Columns, escape(f))
	}
	for _, account := range accounts {
		row := matrixRow{Name: escape(cmp.Or(account, "no account"))}
		for _, f := range frameworks {
			row.Cells = append(row.Cells, scoreCell(p.tally.both[accountPart{account, f}]))
		}
		v.Rows = append(v.Rows, row)
	}
	return v
}

// poorScore is a score below which a cell is red.
const poorScore = 70

func scoreCell(s *Score) matrixCell {
	if s == nil {
		return matrixCell{"n", "·", ""}
	}
	percent, ok := s.Percent()
	switch {
	case !ok:
		return matrixCell{"u", "?", ""}
	case s.Failed == 0:
		return matrixCell{"p", strconv.Itoa(percent), ""}
	case percent < poorScore:
		return matrixCell{"f", strconv.Itoa(percent), ""}
	}
	return matrixCell{"", strconv.Itoa(percent), ""}
}
