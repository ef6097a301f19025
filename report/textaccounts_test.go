package report

import (
	"fmt"
	"strings"
	"testing"
)

// An organization takes a line for each account, and one for each place with trouble.
func TestAuditTextOfAnOrganization(t *testing.T) {
	coverage := &Coverage{Operations: []string{"kms:DescribeKey"}}
	add := func(account, region, status string, n CoverageCalls) {
		coverage.Rows = append(coverage.Rows, CoverageRow{account, region, status, "", []CoverageCalls{n}})
	}
	for i := range 20 {
		account := fmt.Sprintf("%012d", i)
		if i == 7 {
			add(account, "all", statusNotExamined, CoverageCalls{Denied: 1})
			continue
		}
		for r := range 17 {
			n := CoverageCalls{OK: 20}
			if i == 3 && r == 4 {
				n.Denied = 5
			}
			add(account, fmt.Sprintf("r%d", r), statusExamined, n)
		}
		add(account, "off", statusDisabled, CoverageCalls{})
		if i > 10 {
			add(account, "rare", statusDisabled, CoverageCalls{})
		}
	}
	text := textOf(t, TextOptions{}, reportCase{
		run: Run{Command: "audit", Rules: testChecks(), Coverage: coverage}, summary: Summary{Resources: map[string]int{"secret": 1}},
	})
	_, table, _ := strings.Cut(text, "Coverage")
	table, _, _ = strings.Cut(table, "\n\n")
	for _, want := range []string{
		"\n  000000000000/17 regions             340\n", "\n  000000000003/16 regions             320\n", "\n  000000000003/r4          DENIED 5 of 25\n",
		"\n  000000000007/all          DENIED 1 of 1  NOT EXAMINED\n", "\n  1 region disabled in all 19 accounts: off\n", "\n  1 region disabled in some accounts: rare (9 accounts)",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing in\n%s", want, table)
		}
	}
	if n := strings.Count(table, "\n"); n > 35 {
		t.Errorf("the table has %d lines", n)
	}
}
