package report

import "iter"

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

// total is how many requests were made.
func (n CoverageCalls) total() int { return n.OK + n.Denied + n.Failed }

func (n CoverageCalls) plus(o CoverageCalls) CoverageCalls {
	return CoverageCalls{n.OK + o.OK, n.Denied + o.Denied, n.Failed + o.Failed}
}
