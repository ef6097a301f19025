package report

import (
	"fmt"
	"strings"
)

// byAccount puts the regions of an account that have no trouble into one line, for
// audits of so many accounts that nobody would read a line for each region.
func byAccount(lines []coverageLine) []coverageLine {
	var folded []coverageLine
	at, regions := map[string]int{}, map[string]int{}
	for _, l := range lines {
		i, known := at[l.Account]
		switch {
		case l.trouble():
			folded = append(folded, l)
			continue
		case known:
			sum := &folded[i]
			sum.secrets += l.secrets
			for j, n := range l.services {
				sum.services[j] = sum.services[j].plus(n)
			}
		default:
			at[l.Account] = len(folded)
			folded = append(folded, l)
		}
		if regions[l.Account]++; regions[l.Account] > 1 {
			folded[at[l.Account]].Region = count(regions[l.Account], "region")
		}
	}
	return folded
}

// listDisabled says which regions are not enabled, and in how many of several accounts.
func (a *auditText) listDisabled(rows []CoverageRow) {
	if len(rows) == 0 {
		return
	}
	accounts := map[string]bool{} // of which any region is known
	for _, row := range a.coverage.Rows {
		if row.Status != statusNotExamined {
			accounts[row.Account] = true
		}
	}
	in := map[string]int{} // by region
	for _, row := range rows {
		in[row.Region]++
	}
	var everywhere, somewhere []string
	for _, row := range rows {
		switch n := in[row.Region]; {
		case n == 0: // it is listed
		case n == len(accounts):
			everywhere = append(everywhere, escape(row.Region))
		default:
			somewhere = append(somewhere, fmt.Sprintf("%s (%s)", escape(row.Region), count(n, "account")))
		}
		in[row.Region] = 0
	}
	where := "the account"
	if len(accounts) > 1 {
		where = "all " + count(len(accounts), "account")
	}
	a.disabled(everywhere, where)
	a.disabled(somewhere, "some accounts")
}

func (a *auditText) disabled(regions []string, where string) {
	if len(regions) > 0 {
		a.hanging(tableCell{}, count(len(regions), "region")+" disabled in "+where+": "+strings.Join(regions, ", "))
	}
}
