package report

import (
	"iter"
	"slices"
	"strings"
)

// asked yields the operations of which row asked something, and what came of it.
func (c *Coverage) asked(row CoverageRow) iter.Seq2[string, CoverageCalls] {
	return func(yield func(string, CoverageCalls) bool) {
		for i, n := range row.Calls[:min(len(row.Calls), len(c.Operations))] {
			if n != (CoverageCalls{}) && !yield(c.Operations[i], n) {
				return
			}
		}
	}
}

// row returns that of the region of r, nil if there is none.
func (c *Coverage) row(r Resource) *CoverageRow {
	if c == nil {
		return nil
	}
	i := slices.IndexFunc(c.Rows, func(row CoverageRow) bool { return row.Account == r.Account && row.Region == r.Region })
	if i < 0 {
		return nil
	}
	return &c.Rows[i]
}

// examined reports whether the region of r was.
func (c *Coverage) examined(r Resource) bool {
	row := c.row(r)
	return row != nil && row.Status == statusExamined
}

// refused returns an operation of the service of r that had no answer in its region,
// "" if there is none.
func (c *Coverage) refused(r Resource) string {
	row, parts := c.row(r), strings.SplitN(r.ARN, ":", 4)
	if row == nil || len(parts) < 4 {
		return ""
	}
	for operation, n := range c.asked(*row) {
		if n.Denied+n.Failed > 0 && strings.HasPrefix(operation, parts[2]+":") {
			return operation
		}
	}
	return ""
}

// total is how many requests were made.
func (n CoverageCalls) total() int { return n.OK + n.Denied + n.Failed + n.Absent }

func (n CoverageCalls) plus(o CoverageCalls) CoverageCalls {
	return CoverageCalls{n.OK + o.OK, n.Denied + o.Denied, n.Failed + o.Failed, n.Absent + o.Absent}
}
