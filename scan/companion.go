package scan

import (
	"unicode/utf8"

	"github.com/assayhq/assay/report"
)

// An offset tells where a companion stands from where its credential does: in
// lines, so that an edit that moves both leaves it, and in columns.
type offset struct {
	lines, more            int // from the first line of the credential; lines after the first
	startColumn, endColumn int
}

func offsetOf(credential, companion report.Region) offset {
	return offset{
		companion.StartLine - credential.StartLine, companion.EndLine - companion.StartLine,
		companion.StartColumn, companion.EndColumn,
	}
}

// from returns where the companion of a credential stands.
func (o offset) from(credential report.Region) report.Region {
	first := credential.StartLine + o.lines
	return report.Region{StartLine: first, StartColumn: o.startColumn, EndLine: first + o.more, EndColumn: o.endColumn}
}

// companion returns the other half of what stands at a place, nil where it is
// alone.
func (p *place) companion() *report.Companion {
	title := p.match.Beside.Title
	if title == "" {
		return nil
	}
	return &report.Companion{
		What: title, Region: p.beside.from(p.region), Credential: len(p.match.Rule.Companion.Rules) > 0,
	}
}

// near returns the region of data[start:end], which stands before or behind where l
// is. No more is gone through than lies between, and a line: a content may hold
// many pairs. first is the column of data[0].
func (l locator) near(start, end, first int) report.Region {
	if start >= l.at {
		return l.region(start, end)
	}
	back := locator{data: l.data, at: start}
	back.seek(l.at)
	at := locator{data: l.data, at: start, line: l.line - back.line}
	if back.line == 0 {
		at.column = l.column - back.column
		return at.region(start, end)
	}
	begin, _ := lineStart(l.data, start, start)
	at.column = 1 + utf8.RuneCount(l.data[begin:start])
	if begin == 0 {
		at.column += first - 1
	}
	return at.region(start, end)
}
